/* SPDX-License-Identifier: BSD-3-Clause */
/* SDP of ours that comes back, and what only looks like it. */
#include "session_impl.h"

#include "support.h"

#define HEAD   "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define MARKED "a=rtpengine:000000000000\r\n"
#define TAIL   "m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

static struct {
	struct session s;
	struct call_side side;
	struct ng_request request;
	struct session_work work;
} rig;

static void write_sdp(const char *text)
{
	buffer_clear(&rig.s.sdp);
	buffer_text(&rig.s.sdp, text);
	session_loop_mark(&rig.work, &rig.side);
}

static int open_rig(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.s.sdp.limit = 1 << 16;
	memset(rig.s.mark_seed, 7, sizeof(rig.s.mark_seed));
	rig.request = (struct ng_request){.command_text = slice_of("offer"),
		.call_id = slice_of("c"),
		.from_tag = slice_of("f"),
		.flags = NG_BIT(NG_FLAG_LOOP_PROTECT)};
	rig.work = (struct session_work){.s = &rig.s, .request = &rig.request};
	write_sdp(HEAD MARKED TAIL);
	rig.request.sdp = buffer_all(&rig.s.sdp);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	buffer_fini(&rig.s.sdp);
	return 0;
}

static bool is_loop(void)
{
	return session_loop_is(&rig.work, &rig.side);
}

static void ours_is_known_in_its_own_request(void **state)
{
	const struct ng_request own = rig.request;

	(void)state;
	assert_int_not_equal(rig.side.mark, 0);
	assert_null(memmem(rig.s.sdp.data, rig.s.sdp.len, MARKED, strlen(MARKED)));
	assert_true(is_loop());
	rig.request.command_text = slice_of("answer");
	assert_false(is_loop());
	rig.request = own;
	rig.request.call_id = slice_of("d");
	assert_false(is_loop());
	rig.request = own;
	rig.request.from_tag = slice_of("g");
	assert_false(is_loop());
	rig.request = own;
	rig.request.call_id = slice_of("cf"); /* the same letters, cut elsewhere */
	rig.request.from_tag = slice_of("");
	assert_false(is_loop());
	rig.request = own;
	rig.request.transport++;
	assert_false(is_loop());
	rig.request = own;
	rig.request.flags = 0;
	assert_false(is_loop());
	rig.request = own;
	assert_true(is_loop());
}

static void not_a_byte_may_differ(void **state)
{
	char *text = rig.s.sdp.data;
	size_t len = rig.s.sdp.len;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		assert_false(is_loop());
		text[i] ^= 1;
		rig.request.sdp.len = i;
		assert_false(is_loop());
		rig.request.sdp.len = len;
	}
	rig.request.sdp = (struct slice){NULL, 0};
	assert_false(is_loop());
}

static void mark_alone_is_nothing(void **state)
{
	static char other[] = HEAD MARKED "m=audio 40000 RTP/AVP 0\r\n";
	const char *own = rig.s.sdp.data;
	size_t at = strlen(HEAD), len = strlen(MARKED);

	(void)state;
	memcpy(other + at, own + at, len);
	rig.request.sdp = slice_of(other);
	assert_false(is_loop());
}

/* What the side was told before is of the past: its ports may have gone. */
static void last_one_alone_is_known(void **state)
{
	char first[sizeof(HEAD MARKED TAIL)] = "";

	(void)state;
	memcpy(first, rig.s.sdp.data, rig.s.sdp.len);
	write_sdp(HEAD MARKED TAIL "m=video 0 RTP/AVP 0\r\n");
	rig.request.sdp = slice_of(first);
	assert_false(is_loop());
	rig.request.sdp = buffer_all(&rig.s.sdp);
	assert_true(is_loop());
	rig.side = (struct call_side){.mark = 0};
	assert_false(is_loop());
}

static void what_has_no_place_is_not_marked(void **state)
{
	static const char *const texts[] = {HEAD TAIL, HEAD TAIL MARKED, "",
		HEAD "a=rtpengine:00\r\n" TAIL, HEAD "a=rtpengine:\r\n", "a=rtpengine:"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_sdp(texts[i]);
		assert_int_equal(rig.side.mark, 0);
		assert_int_equal(rig.s.sdp.len, strlen(texts[i]));
		if (rig.s.sdp.len > 0)
			assert_memory_equal(rig.s.sdp.data, texts[i], rig.s.sdp.len);
		rig.request.sdp = buffer_all(&rig.s.sdp);
		assert_false(is_loop());
	}
	rig.request.flags = 0;
	write_sdp(HEAD MARKED TAIL);
	assert_int_equal(rig.side.mark, 0);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(ours_is_known_in_its_own_request),
		RIG(not_a_byte_may_differ),
		RIG(mark_alone_is_nothing),
		RIG(last_one_alone_is_known),
		RIG(what_has_no_place_is_not_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
