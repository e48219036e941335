/* SPDX-License-Identifier: BSD-3-Clause */
/* Flags and SDES options: words of which some begin what others end. */
#include "ng_request_impl.h"

/* A flag may say what another key says: rtcp-mux-offer is rtcp-mux=offer. */
struct prefix {
	const char *begin;
	const char *key; /* NULL: not done by a relay */
};

static const struct prefix prefixes[] = {
	{"bundle-", "bundle"},
	{"endpoint-learning-", "endpoint-learning"},
	{"osrtp-", "osrtp"},
	{"replace-", "replace"},
	{"rtcp-mux-", "rtcp-mux"},
	{"sdes-", "sdes"},
	{"transcode-", NULL},
	{"t38-", NULL},
	{"t.38-", NULL},
	{"codec-accept-", NULL},
	{"codec-consume-", NULL},
	{"codec-mask-", NULL},
	{"codec-set-", NULL},
	{"codec-transcode-", NULL},
	{"from-tags-", NULL},
};

struct list_prefix {
	const char *begin;
	size_t offset;
};

#define LIST(begin, field)                                                                         \
	{                                                                                          \
		begin, offsetof(struct ng_request, field)                                          \
	}

static const struct list_prefix list_prefixes[] = {
	LIST("codec-except-", codec_except),
	LIST("codec-ignore-", codec_ignore),
	LIST("codec-offer-", codec_offer),
	LIST("codec-strip-", codec_strip),
};

static const char *const attribute_actions[] = {"add", "remove", "substitute"};

static struct ng_value *list_at(struct ng_request_reader *r, size_t offset)
{
	return (struct ng_value *)(void *)((char *)r->request + offset);
}

/* 'begin' in any spelling taken off the front. */
static bool skip(struct slice *s, const char *begin)
{
	char room[NG_WORDS_LEN_MAX];
	struct slice front = slice_first(*s, strlen(begin));

	if (!slice_is(ng_words_normal(front, room), begin) || s->len == front.len)
		return false;
	*s = slice_from(*s, front.len);
	return true;
}

static bool apply_list_prefix(struct ng_request_reader *r, struct slice flag)
{
	for (size_t i = 0; i < sizeof(list_prefixes) / sizeof(list_prefixes[0]); i++) {
		if (!skip(&flag, list_prefixes[i].begin))
			continue;
		ng_request_apply_append(r, list_at(r, list_prefixes[i].offset), flag);
		return true;
	}
	return false;
}

static bool apply_attribute_prefix(struct ng_request_reader *r, struct slice flag)
{
	if (!skip(&flag, "sdp-attr-"))
		return false;
	for (size_t i = 0; i < sizeof(attribute_actions) / sizeof(attribute_actions[0]); i++) {
		struct slice rest = flag;

		if (!slice_skip(&rest, attribute_actions[i]) || !slice_skip(&rest, "-"))
			continue;
		ng_request_dict_attribute(r, slice_of(attribute_actions[i]), rest);
		return true;
	}
	return false;
}

static bool apply_prefix(struct ng_request_reader *r, struct slice flag)
{
	const struct ng_request_key *row = r->row;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct slice rest = flag;

		if (!skip(&rest, prefixes[i].begin))
			continue;
		if (prefixes[i].key == NULL) {
			ng_request_apply_warn(r, NG_WARNING_IGNORED, flag);
			return true;
		}
		r->row = ng_request_key_find(slice_of(prefixes[i].key));
		ng_request_apply_item(r, rest);
		r->row = row;
		return true;
	}
	return false;
}

void ng_request_words_flag(struct ng_request_reader *r, struct slice flag)
{
	char room[NG_WORDS_LEN_MAX];
	uint64_t bits;

	if (ng_words_find(ng_words_flags, ng_words_normal(flag, room), &bits)) {
		r->request->flags |= bits;
		if (bits == 0)
			ng_request_apply_warn(r, NG_WARNING_IGNORED, flag);
		return;
	}
	if (!apply_list_prefix(r, flag) && !apply_attribute_prefix(r, flag) &&
		!apply_prefix(r, flag))
		ng_request_apply_warn(r, NG_WARNING_WORD, flag);
}

void ng_request_words_sdes(struct ng_request_reader *r, struct slice option)
{
	char room[NG_WORDS_LEN_MAX];
	struct ng_request *q = r->request;
	struct ng_value *list = NULL;
	struct slice suites = option;
	uint64_t bits;

	if (ng_words_find(ng_words_sdes, ng_words_normal(option, room), &bits)) {
		q->sdes |= bits;
		return;
	}
	if (skip(&suites, "only-"))
		list = &q->sdes_only;
	else if (skip(&suites, "no-"))
		list = &q->sdes_no;
	else if (skip(&suites, "order:"))
		list = &q->sdes_order;
	else if (skip(&suites, "offerer-pref:"))
		list = &q->sdes_prefer;
	if (list == NULL) {
		ng_request_apply_warn(r, NG_WARNING_WORD, option);
		return;
	}
	while (suites.len > 0 && r->words_left > 0) {
		ng_request_apply_append(r, list, slice_token(&suites, ';'));
		r->words_left--;
	}
}
