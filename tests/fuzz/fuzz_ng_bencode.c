/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as bencode: what decodes is encoded to the same bytes, is found in a stream, asks for
 * something, and can be said in JSON as well. */
#include "fuzz.h"

#include "ng_bencode.h"
#include "ng_frame.h"
#include "ng_json.h"
#include "ng_reply.h"

#include <stdlib.h>

enum { ARENA = 64 * 1024 * 1024, SPLITS = 3 };

static bool has_key_twice(const struct ng_value *top)
{
	struct ng_value_walk walk;

	for (bool more = ng_value_walk_start(&walk, top); more; more = ng_value_walk_next(&walk)) {
		if (walk.closing || walk.value->kind != NG_DICT)
			continue;
		for (const struct ng_value *a = walk.value->first; a != NULL; a = a->next)
			for (const struct ng_value *b = a->next; b != NULL; b = b->next)
				if (slice_equal(a->key, b->key))
					return true;
	}
	return false;
}

/* Bytes that are replaced may make two keys one. */
static void check_json(const struct ng_value *value, struct ng_arena *arena)
{
	struct buffer out = {.limit = ARENA}, again = {.limit = ARENA};
	struct ng_value *decoded;

	ng_json_encode(value, &out);
	FUZZ_CHECK(!out.failed);
	if (value->kind == NG_DICT && ng_json_decode(buffer_all(&out), arena, &decoded) == 0) {
		ng_json_encode(decoded, &again);
		FUZZ_CHECK(slice_equal(buffer_all(&out), buffer_all(&again)));
	} else if (value->kind == NG_DICT) {
		FUZZ_CHECK(has_key_twice(value) || memmem(out.data, out.len, "\xef\xbf\xbd", 3));
	}
	buffer_fini(&out);
	buffer_fini(&again);
}

static void check_request(const struct ng_value *value, struct ng_arena *arena)
{
	struct ng_request request;
	struct buffer out = {.limit = ARENA};
	struct ng_value *reply;
	enum ng_error error = ng_request_parse(value, arena, &request);

	FUZZ_CHECK(error < NG_ERROR_COUNT);
	FUZZ_CHECK(request.n_warnings <= NG_REQUEST_WARNINGS_MAX);
	FUZZ_CHECK(request.tos >= -1 && request.tos <= 255 && request.delete_delay >= -1);
	FUZZ_CHECK(request.transport < NG_TRANSPORT_COUNT && request.learning < NG_LEARNING_COUNT);
	reply = error == NG_OK ? ng_reply_ok(arena) : ng_reply_error(arena, error);
	ng_reply_warnings(arena, reply, &request);
	ng_reply_write(reply, slice_of("c"), NG_ENCODING_BENCODE, &out);
	FUZZ_CHECK(!out.failed);
	buffer_fini(&out);
}

/* The stream comes in pieces; 'seed' says where they end. */
static void check_stream(struct slice data, bool whole, uint64_t seed)
{
	struct buffer bytes = {.limit = ARENA};
	struct ng_frame_stream stream;

	buffer_text(&bytes, "c ");
	buffer_slice(&bytes, data);
	ng_frame_start(&stream, ARENA);
	for (int i = 0; i < SPLITS && stream.state == NG_FRAME_MORE; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		(void)ng_frame_look(&stream,
			slice_first(buffer_all(&bytes), (size_t)(seed >> 33) % (bytes.len + 1)));
	}
	(void)ng_frame_look(&stream, buffer_all(&bytes));
	FUZZ_CHECK(stream.state != NG_FRAME_LONG || data.len > 5);
	FUZZ_CHECK(stream.state != NG_FRAME_WHOLE || stream.message <= bytes.len);
	if (whole && data.ptr[0] == 'd')
		FUZZ_CHECK(stream.state == NG_FRAME_WHOLE && stream.message == bytes.len);
	buffer_fini(&bytes);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_alloc((uint32_t)size);
	struct slice text = {(char *)copy, size};
	struct buffer out = {.limit = ARENA};
	struct ng_value *value = NULL;
	struct ng_arena arena;
	int status;

	if (size > 0)
		memcpy(copy, data, size);
	ng_arena_init(&arena, ARENA);
	status = ng_bencode_decode(text, &arena, &value);
	FUZZ_CHECK((status == 0) == (value != NULL));
	check_stream(text, status == 0, size);
	if (status == 0) {
		ng_bencode_encode(value, &out);
		FUZZ_CHECK(!out.failed && slice_equal(buffer_all(&out), text));
		check_json(value, &arena);
		check_request(value, &arena);
	}
	buffer_fini(&out);
	ng_arena_fini(&arena);
	free(copy);
	return 0;
}
