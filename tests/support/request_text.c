/* SPDX-License-Identifier: BSD-3-Clause */
#include "request_text.h"

#include <stdio.h>

#define NAME(id, word) [id] = (word),

static const char *const flag_names[] = {NG_FLAGS(NAME)};
static const char *const replace_names[] = {NG_REPLACES(NAME)};
static const char *const mux_names[] = {NG_MUXES(NAME)};
static const char *const bundle_names[] = {NG_BUNDLES(NAME)};
static const char *const osrtp_names[] = {NG_OSRTPS(NAME)};
static const char *const sdes_names[] = {NG_SDESES(NAME)};
static const char *const dtls_names[] = {NG_DTLSES(NAME)};
static const char *const ice_names[] = {NG_ICES(NAME)};
static const char *const learning_names[] = {"", NG_LEARNINGS(NAME)};
static const char *const transport_names[] = {"", NG_TRANSPORTS(NAME)};
static const char *const drop_names[] = {"", NG_DROPS(NAME)};
static const char *const message_names[] = {"", "request", "reply"};
static const char *const warning_names[] = {NG_WARNINGS(NAME)};
static const char *const section_names[] = {
	"session", "audio", "video", "image", "message", "other"};

static void put_text(struct buffer *out, const char *name, struct slice text)
{
	if (text.ptr == NULL)
		return;
	buffer_text(out, name);
	buffer_char(out, '=');
	buffer_slice(out, text);
	buffer_char(out, ' ');
}

static void put_set(struct buffer *out, const char *name, uint64_t set, const char *const *names)
{
	bool first = true;

	if (set == 0)
		return;
	buffer_text(out, name);
	for (unsigned i = 0; i < 64; i++) {
		if (!ng_options_has(set, i))
			continue;
		buffer_char(out, first ? '=' : ',');
		buffer_text(out, names[i]);
		first = false;
	}
	buffer_char(out, ' ');
}

static void put_choice(
	struct buffer *out, const char *name, uint64_t choice, const char *const *names)
{
	if (choice != 0)
		put_text(out, name, slice_of(names[choice]));
}

static void put_list(struct buffer *out, const char *name, const struct ng_value *list)
{
	if (list->first == NULL)
		return;
	buffer_text(out, name);
	for (const struct ng_value *v = list->first; v != NULL; v = v->next) {
		buffer_char(out, v == list->first ? '=' : ',');
		buffer_slice(out, v->text);
	}
	buffer_char(out, ' ');
}

static void put_number(struct buffer *out, const char *name, int64_t number, int64_t unset)
{
	char text[64];

	if (number == unset)
		return;
	(void)snprintf(text, sizeof(text), "%s=%lld ", name, (long long)number);
	buffer_text(out, text);
}

static void put_address(struct buffer *out, const char *name, const struct ng_address *a)
{
	if (a->family == 0)
		return;
	buffer_text(out, a->family == 4 ? "4:" : "6:");
	put_text(out, name, a->text);
}

static void put_texts(struct buffer *out, const struct ng_request *q)
{
	put_text(out, "call-id", q->call_id);
	put_text(out, "from-tag", q->from_tag);
	put_text(out, "to-tag", q->to_tag);
	put_text(out, "sdp", q->sdp);
	put_text(out, "via-branch", q->via_branch);
	put_text(out, "label", q->label);
	put_text(out, "set-label", q->set_label);
	put_text(out, "to-label", q->to_label);
	put_text(out, "metadata", q->metadata);
	put_text(out, "dtls-fingerprint", q->dtls_fingerprint);
	put_text(out, "from", q->from_interface);
	put_text(out, "to", q->to_interface);
	put_text(out, "interface", q->interface);
	put_address(out, "received-from", &q->received_from);
	put_address(out, "media-address", &q->media_address);
	put_number(out, "delete-delay", q->delete_delay, -1);
	put_number(out, "tos", q->tos, -1);
	put_number(out, "limit", q->limit, NG_REQUEST_LIST_LIMIT);
	put_number(out, "family", (int64_t)q->address_family, 0);
	put_number(out, "load-limit", (int64_t)q->supports, 0);
}

static void put_options(struct buffer *out, const struct ng_request *q)
{
	put_set(out, "flags", q->flags, flag_names);
	put_set(out, "replace", q->replace, replace_names);
	put_set(out, "mux", q->mux, mux_names);
	put_set(out, "bundle", q->bundle, bundle_names);
	put_set(out, "osrtp", q->osrtp, osrtp_names);
	put_set(out, "sdes", q->sdes, sdes_names);
	put_set(out, "dtls", q->dtls, dtls_names);
	put_set(out, "dtls-reverse", q->dtls_reverse, dtls_names);
	put_set(out, "ice", q->ice, ice_names);
	put_choice(out, "learning", q->learning, learning_names);
	put_choice(out, "transport", q->transport, transport_names);
	put_choice(out, "drop", q->drop_traffic, drop_names);
	put_choice(out, "message", q->message, message_names);
}

static void put_lists(struct buffer *out, const struct ng_request *q)
{
	put_list(out, "sdes-no", &q->sdes_no);
	put_list(out, "sdes-only", &q->sdes_only);
	put_list(out, "sdes-order", &q->sdes_order);
	put_list(out, "sdes-prefer", &q->sdes_prefer);
	put_list(out, "strip", &q->codec_strip);
	put_list(out, "except", &q->codec_except);
	put_list(out, "offer", &q->codec_offer);
	put_list(out, "ignore", &q->codec_ignore);
	put_list(out, "extmap-strip", &q->extmap_strip);
	put_list(out, "extmap-mask", &q->extmap_mask);
	put_list(out, "media-remove", &q->media_remove);
	for (size_t i = 0; i < NG_SECTION_COUNT; i++) {
		const struct ng_attributes *a = &q->attributes[i];

		if (a->add.first != NULL || a->remove.first != NULL || a->substitute.first != NULL)
			buffer_text(out, section_names[i]);
		put_list(out, "+", &a->add);
		put_list(out, "-", &a->remove);
		put_list(out, "/", &a->substitute);
	}
}

void request_text_write(const struct ng_request *request, struct buffer *out)
{
	put_texts(out, request);
	put_options(out, request);
	put_lists(out, request);
	if (request->to_tag_in_flags)
		buffer_text(out, "to-tag-in-flags ");
	for (uint32_t i = 0; i < request->n_warnings; i++) {
		buffer_char(out, '{');
		buffer_text(out, warning_names[request->warnings[i].kind]);
		buffer_char(out, ' ');
		buffer_slice(out, request->warnings[i].key);
		if (request->warnings[i].word.ptr != NULL)
			buffer_char(out, ':');
		buffer_slice(out, request->warnings[i].word);
		buffer_text(out, "} ");
	}
	put_number(out, "more-warnings", request->warnings_left, 0);
	if (out->len > 0)
		out->len--;
	buffer_char(out, '\0');
}
