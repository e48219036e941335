/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as JSON: what decodes comes back from JSON and from bencode. */
#include "fuzz.h"

#include "ng_bencode.h"
#include "ng_json.h"
#include "ng_request.h"

#include <stdlib.h>

enum { ARENA = 64 * 1024 * 1024 };

typedef int decode_fn(struct slice data, struct ng_arena *arena, struct ng_value **value);
typedef void encode_fn(const struct ng_value *value, struct buffer *out);

/* Through an encoding and back, it is in JSON what it was. */
static void check_through(
	const struct ng_value *value, encode_fn *encode, decode_fn *decode, struct ng_arena *arena)
{
	struct buffer first = {.limit = ARENA}, last = {.limit = ARENA}, between = {.limit = ARENA};
	struct ng_value *again;

	ng_json_encode(value, &first);
	encode(value, &between);
	FUZZ_CHECK(!first.failed && !between.failed);
	FUZZ_CHECK(decode(buffer_all(&between), arena, &again) == 0);
	ng_json_encode(again, &last);
	FUZZ_CHECK(slice_equal(buffer_all(&first), buffer_all(&last)));
	buffer_fini(&first);
	buffer_fini(&last);
	buffer_fini(&between);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_alloc((uint32_t)size);
	struct ng_value *value = NULL;
	struct ng_request request;
	struct ng_arena arena;
	int status;

	if (size > 0)
		memcpy(copy, data, size);
	ng_arena_init(&arena, ARENA);
	status = ng_json_decode((struct slice){(char *)copy, size}, &arena, &value);
	free(copy); /* nothing of a decoded tree points into it */
	FUZZ_CHECK((status == 0) == (value != NULL));
	if (status == 0) {
		check_through(value, ng_json_encode, ng_json_decode, &arena);
		check_through(value, ng_bencode_encode, ng_bencode_decode, &arena);
		FUZZ_CHECK(ng_request_parse(value, &arena, &request) < NG_ERROR_COUNT);
	}
	ng_arena_fini(&arena);
	return 0;
}
