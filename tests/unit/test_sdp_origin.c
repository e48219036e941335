/* SPDX-License-Identifier: BSD-3-Clause */
/* o= over the life of a call. */
#include "sdp_write.h"

#include "sdp_plan.h"
#include "support.h"

#define OFFER                                                                                      \
	"v=0\no=alice 77 5 IN IP4 198.51.100.1\ns=tester\nc=IN IP4 198.51.100.1\nt=0 0\n"          \
	"m=audio 2000 RTP/AVP 0\na=sendrecv\n"

static struct sdp_plan plan;

static struct sdp *parse(const char *text)
{
	struct sdp *sdp = NULL;

	assert_int_equal(sdp_parse(slice_of(text), false, &sdp, NULL), 0);
	return sdp;
}

static int open_plan(void **state)
{
	struct sdp *sdp = parse(OFFER);

	memset(&plan, 0, sizeof(plan));
	sdp_plan_make(&plan, sdp, 4, NULL);
	*state = sdp;
	return 0;
}

static int close_plan(void **state)
{
	sdp_parse_free(*state);
	return 0;
}

/* A line of the result that begins so; aborts if there is none. */
static void assert_line(const struct buffer *out, const char *line)
{
	struct slice rest = buffer_all(out);

	while (rest.len > 0) {
		struct slice one = slice_cut(&rest, '\n');

		assert_true(one.len > 0 && one.ptr[one.len - 1] == '\r');
		one.len--;
		if (slice_is(one, line))
			return;
	}
	fail_msg("no line %s in %.*s", line, SLICE_ARGS(buffer_all(out)));
}

static void assert_writes(const struct sdp *sdp, const char *line)
{
	struct buffer out = {.limit = SDP_BYTES_MAX};

	assert_int_equal(sdp_write(sdp, &plan.rewrite, &out), 0);
	assert_line(&out, line);
	buffer_fini(&out);
}

/* o= after offers that come one behind the other on the same call. */
struct step {
	const char *origin; /* theirs */
	unsigned port;      /* ours, by which the SDP changes */
	const char *written;
};

#define FROM "o=alice 77 "
#define AT   " IN IP4 198.51.100.1"

static void run_steps(const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buffer text = {.limit = 4096};
		struct sdp_rewrite before = plan.rewrite;
		struct sdp *sdp;

		buffer_text(&text, "v=0\n");
		buffer_text(&text, steps[i].origin);
		buffer_text(&text, "\nc=IN IP4 198.51.100.1\nm=audio 2000 RTP/AVP 0");
		buffer_char(&text, '\0');
		sdp = parse(text.data);
		plan.medias[0].port = (uint16_t)steps[i].port;
		plan.rewrite = before;
		assert_writes(sdp, steps[i].written);
		sdp_parse_free(sdp);
		buffer_fini(&text);
	}
}

static void origin_as_it_came_without_a_flag(void **state)
{
	static const struct step steps[] = {
		{FROM "1" AT, 30000, FROM "1" AT},
		{FROM "9" AT, 30002, FROM "9" AT},
		{FROM "2" AT, 30002, FROM "2" AT},
	};

	(void)state;
	run_steps(steps, 3);
}

static void origin_address_is_ours_on_request(void **state)
{
	static const struct step steps[] = {
		{FROM "1" AT, 30000, FROM "1 IN IP4 203.0.113.1"},
		{FROM "3" AT, 30000, FROM "3 IN IP4 203.0.113.1"},
	};

	(void)state;
	plan.rewrite.replace_origin = true;
	run_steps(steps, 2);
	plan.rewrite.origin_family = 6;
	plan.rewrite.origin_address = slice_of("2001:db8::1");
	assert_writes(*state, FROM "5 IN IP6 2001:db8::1");
}

/* Theirs may change as it likes; ours changes when something else does. */
static void origin_version_of_our_own_counts_changes(void **state)
{
	static const struct step steps[] = {
		{FROM "1" AT, 30000, FROM "1" AT},
		{FROM "1" AT, 30000, FROM "1" AT},
		{FROM "2" AT, 30000, FROM "1" AT},
		{FROM "3" AT, 30000, FROM "1" AT},
		{FROM "1" AT, 30002, FROM "2" AT},
		{FROM "4" AT, 30002, FROM "2" AT},
		{FROM "4" AT, 30000, FROM "3" AT},
	};

	(void)state;
	plan.rewrite.replace_sdp_version = true;
	run_steps(steps, 7);
}

static void origin_version_grows_by_a_digit(void **state)
{
	static const struct step steps[] = {
		{FROM "9" AT, 30000, FROM "9" AT},
		{FROM "9" AT, 30002, FROM "10" AT},
		{FROM "9" AT, 30002, FROM "10" AT},
	};
	static const struct step most[] = {
		{FROM "18446744073709551615" AT, 30000, FROM "18446744073709551615" AT},
		{FROM "18446744073709551615" AT, 30002, FROM "0" AT},
	};

	(void)state;
	plan.rewrite.replace_sdp_version = true;
	run_steps(steps, 3);
	plan.state.set = false;
	run_steps(most, 2);
}

static void origin_version_is_forced_up(void **state)
{
	static const struct step steps[] = {
		{FROM "1" AT, 30000, FROM "1" AT},
		{FROM "2" AT, 30000, FROM "2" AT},
		{FROM "3" AT, 30000, FROM "3" AT},
		{FROM "3" AT, 30000, FROM "4" AT},
		{FROM "3" AT, 30002, FROM "5" AT},
	};

	(void)state;
	plan.rewrite.force_version = true;
	run_steps(steps, 5);
	plan.rewrite.replace_sdp_version = true;
	assert_writes(*state, FROM "6" AT);
}

static void origin_username_stays_the_first(void **state)
{
	static const struct step steps[] = {
		{"o=test 1 1" AT, 30000, "o=test 1 1" AT},
		{"o=test2 1 1" AT, 30000, "o=test 1 1" AT},
	};

	(void)state;
	plan.rewrite.replace_username = true;
	run_steps(steps, 2);
}

static void origin_full_hides_all_of_it(void **state)
{
	static const struct step steps[] = {
		{"o=test 1 1" AT, 30000, "o=test 1 1 IN IP4 203.0.113.1"},
		{"o=test2 2 2" AT, 30000, "o=test 1 1 IN IP4 203.0.113.1"},
		{"o=test2 2 2" AT, 30002, "o=test 1 2 IN IP4 203.0.113.1"},
	};

	(void)state;
	plan.rewrite.replace_origin_full = true;
	run_steps(steps, 3);
}

static void origin_missing_is_made(void **state)
{
	struct sdp *sdp = parse("v=0\nc=IN IP4 198.51.100.1\nm=audio 2000 RTP/AVP 0");

	(void)state;
	assert_writes(sdp, "o=- 1 1 IN IP4 203.0.113.1");
	assert_writes(sdp, "s=");
	assert_writes(sdp, "t=0 0");
	sdp_parse_free(sdp);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_plan, close_plan)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(origin_as_it_came_without_a_flag),
		TEST(origin_address_is_ours_on_request),
		TEST(origin_version_of_our_own_counts_changes),
		TEST(origin_version_grows_by_a_digit),
		TEST(origin_version_is_forced_up),
		TEST(origin_username_stays_the_first),
		TEST(origin_full_hides_all_of_it),
		TEST(origin_missing_is_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
