/* SPDX-License-Identifier: BSD-3-Clause */
/* o= over the life of a call. */
#include "sdp_write.h"

#include "sdp_case.h"
#include "support.h"

#define OFFER                                                                                      \
	"v=0\no=alice 77 5 IN IP4 198.51.100.1\ns=tester\nc=IN IP4 198.51.100.1\nt=0 0\n"          \
	"m=audio 2000 RTP/AVP 0\na=sendrecv\n"

static struct sdp_plan plan;

static int open_plan(void **state)
{
	struct sdp *sdp = sdp_case_parse(slice_of(OFFER));

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
		struct sdp *sdp;

		buffer_text(&text, "v=0\n");
		buffer_text(&text, steps[i].origin);
		buffer_text(&text, "\nc=IN IP4 198.51.100.1\nm=audio 2000 RTP/AVP 0");
		sdp = sdp_case_parse(buffer_all(&text));
		plan.medias[0].port = (uint16_t)steps[i].port;
		sdp_case_has_line(sdp, &plan, steps[i].written);
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
	sdp_case_has_line(*state, &plan, FROM "5 IN IP6 2001:db8::1");
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
	sdp_case_has_line(*state, &plan, FROM "6" AT);
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
	struct sdp *sdp =
		sdp_case_parse(slice_of("v=0\nc=IN IP4 198.51.100.1\nm=audio 2000 RTP/AVP 0"));

	(void)state;
	sdp_case_has_line(sdp, &plan, "o=- 1 1 IN IP4 203.0.113.1");
	sdp_case_has_line(sdp, &plan, "s=");
	sdp_case_has_line(sdp, &plan, "t=0 0");
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
