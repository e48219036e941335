/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys whose values are dictionaries: codec, extmap, sdp-attr. */
#include "ng_request_impl.h"

struct section_name {
	const char *name;
	enum ng_section section;
};

static const struct section_name section_names[] = {
	{"session", NG_SECTION_SESSION},
	{"global", NG_SECTION_SESSION},
	{"none", NG_SECTION_SESSION},
	{"audio", NG_SECTION_AUDIO},
	{"video", NG_SECTION_VIDEO},
	{"image", NG_SECTION_IMAGE},
	{"message", NG_SECTION_MESSAGE},
	{"other", NG_SECTION_OTHER},
};

static struct ng_attributes *find_section(struct ng_request_reader *r, struct slice name)
{
	for (size_t i = 0; i < sizeof(section_names) / sizeof(section_names[0]); i++)
		if (slice_means(name, section_names[i].name))
			return &r->request->attributes[section_names[i].section];
	return NULL;
}

/* The list that a name in 'codec' or 'extmap' means; NULL: none that we have. */
static struct ng_value *find_list(struct ng_request_reader *r, struct slice name, bool *ignored)
{
	static const char *const of_a_transcoder[] = {
		"accept", "consume", "mask", "set", "transcode"};
	struct ng_request *q = r->request;

	*ignored = false;
	if (r->row->kind == NG_KEY_EXTMAP) {
		if (slice_means(name, "strip"))
			return &q->extmap_strip;
		return slice_means(name, "mask") ? &q->extmap_mask : NULL;
	}
	if (slice_means(name, "strip"))
		return &q->codec_strip;
	if (slice_means(name, "except"))
		return &q->codec_except;
	if (slice_means(name, "offer"))
		return &q->codec_offer;
	if (slice_means(name, "ignore"))
		return &q->codec_ignore;
	for (size_t i = 0; i < sizeof(of_a_transcoder) / sizeof(of_a_transcoder[0]); i++)
		*ignored |= slice_means(name, of_a_transcoder[i]);
	return NULL;
}

static void append_each(
	struct ng_request_reader *r, const struct ng_value *value, struct ng_value *list)
{
	struct ng_request_key row = {.kind = NG_KEY_LIST,
		.offset = (size_t)((const char *)list - (const char *)r->request)};
	const struct ng_request_key *outer = r->row;

	r->row = &row;
	ng_request_apply_each(r, value, ng_request_apply_item);
	r->row = outer;
}

/* "what>by" */
static void append_pair(struct ng_request_reader *r, struct ng_value *list, struct slice pair)
{
	struct slice what = slice_cut(&pair, '>');

	if (what.len == 0 || pair.len == 0) {
		ng_request_apply_warn(r, NG_WARNING_VALUE, what);
		return;
	}
	ng_request_apply_append(r, list, what);
	ng_request_apply_append(r, list, pair);
}

/* A list of "what>by" and of [what, by]. */
static void append_pairs(
	struct ng_request_reader *r, const struct ng_value *value, struct ng_value *list)
{
	if (value->kind == NG_TEXT)
		append_pair(r, list, value->text);
	for (const struct ng_value *v = value->first; v != NULL && r->words_left > 0; v = v->next) {
		const struct ng_value *by = v->first == NULL ? NULL : v->first->next;

		r->words_left--;
		if (v->kind == NG_TEXT) {
			append_pair(r, list, v->text);
		} else if (by != NULL && v->first->text.len > 0 && by->text.len > 0) {
			ng_request_apply_append(r, list, v->first->text);
			ng_request_apply_append(r, list, by->text);
		} else {
			ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
		}
	}
}

static void apply_section(
	struct ng_request_reader *r, struct ng_attributes *section, const struct ng_value *value)
{
	for (const struct ng_value *v = value->first; v != NULL; v = v->next) {
		if (slice_means(v->key, "add"))
			append_each(r, v, &section->add);
		else if (slice_means(v->key, "remove"))
			append_each(r, v, &section->remove);
		else if (slice_means(v->key, "substitute"))
			append_pairs(r, v, &section->substitute);
		else
			ng_request_apply_warn(r, NG_WARNING_WORD, v->key);
	}
}

void ng_request_dict_attribute(
	struct ng_request_reader *r, struct slice action, struct slice section_and_text)
{
	struct slice name = slice_cut(&section_and_text, '-');
	struct ng_attributes *section = find_section(r, name);

	if (section == NULL)
		ng_request_apply_warn(r, NG_WARNING_WORD, name);
	else if (slice_is(action, "add"))
		ng_request_apply_append(r, &section->add, section_and_text);
	else if (slice_is(action, "remove"))
		ng_request_apply_append(r, &section->remove, section_and_text);
	else
		append_pair(r, &section->substitute, section_and_text);
}

static void apply_entry(struct ng_request_reader *r, const struct ng_value *entry)
{
	struct ng_attributes *section;
	struct ng_value *list;
	bool ignored;

	if (r->row->kind == NG_KEY_SDP_ATTR) {
		section = find_section(r, entry->key);
		if (section == NULL || entry->kind != NG_DICT)
			ng_request_apply_warn(r, NG_WARNING_WORD, entry->key);
		else
			apply_section(r, section, entry);
		return;
	}
	list = find_list(r, entry->key, &ignored);
	if (list != NULL)
		append_each(r, entry, list);
	else
		ng_request_apply_warn(
			r, ignored ? NG_WARNING_IGNORED : NG_WARNING_WORD, entry->key);
}

void ng_request_dict_apply(struct ng_request_reader *r, const struct ng_value *value)
{
	if (value->kind != NG_DICT) {
		ng_request_apply_warn(r, NG_WARNING_VALUE, (struct slice){NULL, 0});
		return;
	}
	for (const struct ng_value *v = value->first; v != NULL; v = v->next)
		apply_entry(r, v);
}
