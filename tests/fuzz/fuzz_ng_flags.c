/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as rtpp-flags: a dictionary that both encodings can say, and a request that is what
 * the same dictionary asks for by itself. */
#include "fuzz.h"

#include "ng_bencode.h"
#include "ng_flags.h"
#include "ng_json.h"
#include "ng_request.h"
#include "ng_words.h"

#include "request_text.h"

#include <stdlib.h>

enum { ARENA = 64 * 1024 * 1024 };

static void check_encodings(const struct ng_value *dict, struct ng_arena *arena)
{
	struct buffer out = {.limit = ARENA}, again = {.limit = ARENA};
	struct ng_value *decoded;

	ng_bencode_encode(dict, &out);
	FUZZ_CHECK(!out.failed && ng_bencode_decode(buffer_all(&out), arena, &decoded) == 0);
	ng_bencode_encode(decoded, &again);
	FUZZ_CHECK(slice_equal(buffer_all(&out), buffer_all(&again)));
	out.len = 0;
	ng_json_encode(dict, &out);
	FUZZ_CHECK(!out.failed);
	buffer_fini(&out);
	buffer_fini(&again);
}

/* A key that is read elsewhere when it is not within rtpp-flags. */
static bool has_key_of_its_own(const struct ng_value *dict)
{
	for (const struct ng_value *v = dict->first; v != NULL; v = v->next) {
		char room[NG_WORDS_LEN_MAX];
		struct slice key = ng_words_normal(v->key, room);

		if (slice_is(key, "rtpp-flags") || slice_is(key, "command"))
			return true;
	}
	return false;
}

static void check_request(struct slice words, struct ng_value *dict, struct ng_arena *arena)
{
	struct ng_request by_words, by_keys;
	struct buffer a = {.limit = ARENA}, b = {.limit = ARENA};
	struct ng_value *message = ng_value_dict(arena);

	ng_value_put_text(arena, message, "rtpp-flags", words);
	ng_value_put_text(arena, message, "command", slice_of("ping"));
	ng_value_put_text(arena, dict, "command", slice_of("ping"));
	FUZZ_CHECK(ng_request_parse(message, arena, &by_words) == NG_OK);
	FUZZ_CHECK(ng_request_parse(dict, arena, &by_keys) == NG_OK);
	FUZZ_CHECK(by_words.rtpp_flags);
	/* what only the words do: to-tag and from-tag mean a flag each; and nothing is "twice" */
	by_keys.flags = by_words.flags |= by_keys.flags;
	by_words.to_tag_in_flags = false;
	by_keys.n_warnings = by_words.n_warnings = 0;
	by_keys.warnings_left = by_words.warnings_left = 0;
	request_text_write(&by_words, &a);
	request_text_write(&by_keys, &b);
	FUZZ_CHECK(slice_equal(buffer_all(&a), buffer_all(&b)));
	buffer_fini(&a);
	buffer_fini(&b);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = fuzz_alloc((uint32_t)size);
	struct slice words = {(char *)copy, size};
	struct ng_value *dict = NULL;
	struct ng_arena arena;
	int status;

	if (size > 0)
		memcpy(copy, data, size);
	ng_arena_init(&arena, ARENA);
	status = ng_flags_parse(words, &arena, &dict);
	FUZZ_CHECK((status == 0) == (dict != NULL));
	if (status == 0) {
		check_encodings(dict, &arena);
		if (!has_key_of_its_own(dict))
			check_request(words, dict, &arena);
	}
	ng_arena_fini(&arena);
	free(copy);
	return 0;
}
