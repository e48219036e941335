/* SPDX-License-Identifier: BSD-3-Clause */
/* Offers as devices write them, and what a relay makes of them, in tests/vectors/sdp. */
#include "sdp_write.h"

#include "sdp_case.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const char *folder;

static struct buffer read_file(const char *name, const char *suffix, const char *line_end)
{
	struct buffer text = {.limit = SDP_BYTES_MAX};
	char path[512];
	FILE *file;
	int c;

	(void)snprintf(path, sizeof(path), "%s/%s.%s", folder, name, suffix);
	file = fopen(path, "r");
	if (file == NULL)
		fail_msg("no %s", path);
	while ((c = fgetc(file)) != EOF) {
		if (c == '\n')
			buffer_text(&text, line_end);
		else
			buffer_char(&text, (char)c);
	}
	(void)fclose(file);
	buffer_char(&text, '\0');
	return text;
}

typedef void change_fn(struct sdp_plan *plan);

static void hide_origin(struct sdp_plan *plan)
{
	plan->rewrite.replace_origin = true;
}

static void hide_origin_full_rtcp(struct sdp_plan *plan)
{
	plan->rewrite.replace_origin = true;
	plan->rewrite.full_rtcp_attribute = true;
}

static void mark_pad_mux(struct sdp_plan *plan)
{
	plan->rewrite.loop_protect = slice_of("0123456789ab");
	plan->rewrite.generate_mid = true;
	plan->rewrite.pad_crypto = true;
	plan->medias[0].rtcp = SDP_RTCP_MUX_OFFER;
}

static void hide_origin_no_rtcp(struct sdp_plan *plan)
{
	plan->rewrite.replace_origin = true;
	plan->rewrite.no_rtcp_attribute = true;
}

static void leave(struct sdp_plan *plan)
{
	(void)plan;
}

struct vector {
	const char *name;
	uint8_t family;
	const char *proto;
	change_fn *change;
};

static const struct vector vectors[] = {
	{"baresip", 4, "RTP/AVP", hide_origin},
	{"linphone", 4, "RTP/SAVP", leave},
	{"chrome", 6, "RTP/AVP", hide_origin_full_rtcp},
	{"asterisk", 4, "RTP/SAVP", mark_pad_mux},
	{"cisco", 4, NULL, hide_origin_no_rtcp},
	{"hold", 4, NULL, leave},
	{"fax", 4, NULL, leave},
};

static void rewrite_one(const struct vector *v, const char *line_end, struct buffer *out)
{
	static struct sdp_plan plan;
	struct buffer offer = read_file(v->name, "offer", line_end);
	struct sdp *sdp = sdp_case_parse(slice_first(buffer_all(&offer), offer.len - 1));

	plan.state = (struct sdp_write_state){.set = false};
	assert_true(sdp_parse_complete(sdp));
	sdp_plan_make(&plan, sdp, v->family, v->proto);
	v->change(&plan);
	assert_int_equal(sdp_write(sdp, &plan.rewrite, out), 0);
	buffer_char(out, '\0');
	sdp_parse_free(sdp);
	buffer_fini(&offer);
}

static void write_vectors_are_as_expected(void **state)
{
	static const char *const line_ends[] = {"\n", "\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct buffer expected = read_file(vectors[i].name, "rewritten", "\r\n");

		for (size_t j = 0; j < 2; j++) {
			struct buffer out = {.limit = SDP_BYTES_MAX};

			rewrite_one(&vectors[i], line_ends[j], &out);
			print_message("%s\n", vectors[i].name);
			assert_string_equal(out.data, expected.data);
			buffer_fini(&out);
		}
		buffer_fini(&expected);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(write_vectors_are_as_expected)};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
