/* SPDX-License-Identifier: BSD-3-Clause */
#include "dialog.h"

#include <inttypes.h>

const char *const dialog_step_names[DIALOG_STEPS] = {"offer", "answer", "delete"};

static struct slice number_text(
	struct ng_arena *arena, const char *prefix, const char *mark, uint64_t number)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "%s%s%" PRIx64, prefix, mark, number);

	return ng_arena_copy(arena, (struct slice){text, (size_t)len});
}

/* The party's tag: A calls, B answers. */
static struct slice tag_of(struct ng_arena *arena, const struct dialog *d, unsigned leg)
{
	return number_text(arena, leg == CALL_LEG_A ? "a" : "b", "", d->number);
}

static void put_texts(
	struct ng_arena *arena, struct ng_value *dict, const char *key, const char *const texts[2])
{
	struct ng_value *list = ng_value_put_list(arena, dict, key);

	for (unsigned i = 0; i < 2; i++)
		if (texts[i] != NULL)
			ng_value_append(list, ng_value_text(arena, slice_of(texts[i])));
}

static void put_sdp(const struct dialog_plan *plan, const struct dialog *d, unsigned leg,
	struct ng_arena *arena, struct ng_value *dict, struct buffer *sdp)
{
	struct party_says says = {
		.codec = plan->codec, .session = d->number, .tag = leg == CALL_LEG_A ? 1 : d->tag};

	sdp->len = 0;
	party_write(&d->call->legs[leg], &says, sdp);
	ng_value_put_text(arena, dict, "sdp", buffer_all(sdp));
}

static const char *interface_of(const struct dialog_plan *plan, const struct call_leg *leg)
{
	return leg->suite != NULL ? plan->sealed : plan->plain;
}

/* What only an offer says. */
static void put_wishes(const struct dialog_plan *plan, const struct dialog *d,
	struct ng_arena *arena, struct ng_value *dict)
{
	const struct call_leg *legs = d->call->legs;
	const char *const direction[2] = {
		interface_of(plan, &legs[CALL_LEG_A]), interface_of(plan, &legs[CALL_LEG_B])};
	const char *const limit[2] = {"load limit", NULL};

	put_texts(arena, dict, "supports", limit);
	ng_value_put_text(arena, dict, "transport-protocol",
		slice_of(legs[CALL_LEG_B].suite != NULL ? "RTP/SAVP" : "RTP/AVP"));
	ng_value_put_text(arena, dict, "DTLS", slice_of("off"));
	if (direction[0] != NULL && direction[1] != NULL)
		put_texts(arena, dict, "direction", direction);
}

/* Of the side that the reply's SDP is for, where it is not that of the SDP in the request. */
static void put_family(const struct dialog *d, enum dialog_step step, struct ng_arena *arena,
	struct ng_value *dict)
{
	uint8_t a = d->call->legs[CALL_LEG_A].gen.family;
	uint8_t b = d->call->legs[CALL_LEG_B].gen.family;
	uint8_t to = step == DIALOG_OFFER ? b : a;

	if (a != b)
		ng_value_put_text(arena, dict, "address-family",
			slice_of(to == RELAY_FAMILY_IPV6 ? "IP6" : "IP4"));
}

struct ng_value *dialog_request(const struct dialog_plan *plan, const struct dialog *d,
	enum dialog_step step, struct ng_arena *arena, struct buffer *sdp)
{
	struct ng_value *dict = ng_value_dict(arena);
	const char *const origin[2] = {"origin", NULL};

	ng_value_put_text(arena, dict, "command", slice_of(dialog_step_names[step]));
	ng_value_put_text(arena, dict, "call-id", number_text(arena, plan->prefix, "-", d->number));
	ng_value_put_text(arena, dict, "from-tag", tag_of(arena, d, CALL_LEG_A));
	if (step == DIALOG_DELETE) {
		ng_value_put_int(arena, dict, "delete-delay", 0);
		return dict;
	}
	put_texts(arena, dict, "replace", origin);
	ng_value_put_text(arena, dict, "ICE", slice_of("remove"));
	put_family(d, step, arena, dict);
	if (step == DIALOG_OFFER) {
		put_wishes(plan, d, arena, dict);
		put_sdp(plan, d, CALL_LEG_A, arena, dict, sdp);
	} else {
		ng_value_put_text(arena, dict, "to-tag", tag_of(arena, d, CALL_LEG_B));
		put_sdp(plan, d, CALL_LEG_B, arena, dict, sdp);
	}
	return dict;
}

static bool wrong(struct faults *faults, enum dialog_step step, const char *why, struct slice more)
{
	char text[FAULTS_TEXT_MAX + 1];
	int room = (int)(more.len < FAULTS_TEXT_MAX ? more.len : FAULTS_TEXT_MAX);
	int len = snprintf(text, sizeof(text), "%s: %s%s%.*s", dialog_step_names[step], why,
		more.len > 0 ? ": " : "", room, more.len > 0 ? more.ptr : "");

	faults_add(faults,
		(struct slice){text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1});
	return false;
}

static struct slice text_of(const struct ng_value *dict, const char *key)
{
	const struct ng_value *value = ng_value_get(dict, key);

	return value != NULL && value->kind == NG_TEXT ? value->text : (struct slice){NULL, 0};
}

static bool take_sdp(const struct dialog_plan *plan, struct dialog *d, enum dialog_step step,
	struct slice sdp, struct faults *faults)
{
	/* an offer's reply is for B, an answer's for A */
	struct call_leg *to = &d->call->legs[step == DIALOG_OFFER ? CALL_LEG_B : CALL_LEG_A];
	const struct call_leg *other =
		&d->call->legs[step == DIALOG_OFFER ? CALL_LEG_A : CALL_LEG_B];
	uint32_t tag;
	enum party_fault fault = party_read(sdp, to, &tag);

	if (fault != PARTY_GOOD)
		return wrong(faults, step, party_fault_texts[fault], (struct slice){NULL, 0});
	if (step == DIALOG_OFFER)
		d->tag = tag;
	else if (to->suite != NULL && tag != 1)
		return wrong(faults, step, "a=crypto has another tag than the offered one",
			(struct slice){NULL, 0});
	if (plan->own_keys && to->suite != NULL && other->suite == to->suite &&
		secret_equal(to->recv_key, other->send_key, to->suite->key_len))
		return wrong(
			faults, step, "the relay passes a party's key on", (struct slice){NULL, 0});
	return true;
}

/* The number at the end of a path of dictionaries, or -1. */
static int64_t number_at(const struct ng_value *dict, const char *const *path)
{
	for (; dict != NULL && *path != NULL; path++)
		dict = dict->kind == NG_DICT ? ng_value_get(dict, *path) : NULL;
	return dict != NULL && dict->kind == NG_INT ? dict->number : -1;
}

/* RTP packets that came from a party, by its tag; -1: not said. */
static int64_t packets_of(const struct ng_value *reply, const struct dialog *d, unsigned leg)
{
	static const char *const packets[] = {"stats", "packets", NULL};
	const struct ng_value *at = ng_value_get(reply, "tags");
	char tag[32];

	(void)snprintf(tag, sizeof(tag), "%c%" PRIx64, leg == CALL_LEG_A ? 'a' : 'b', d->number);
	at = at != NULL && at->kind == NG_DICT ? ng_value_get(at, tag) : NULL;
	at = at != NULL && at->kind == NG_DICT ? ng_value_get(at, "medias") : NULL;
	at = at != NULL && at->kind == NG_LIST ? at->first : NULL;
	at = at != NULL && at->kind == NG_DICT ? ng_value_get(at, "streams") : NULL;
	at = at != NULL && at->kind == NG_LIST ? at->first : NULL;
	return at != NULL ? number_at(at, packets) : -1;
}

static bool take_counts(const struct dialog *d, const struct ng_value *reply, struct faults *faults)
{
	static const char *const packets[] = {"totals", "RTP", "packets", NULL};
	static const char *const errors[] = {"totals", "RTP", "errors", NULL};
	const struct slice none = {NULL, 0};
	int64_t total = number_at(reply, packets);

	if (total < 0)
		return wrong(faults, DIALOG_DELETE, "no statistics", none);
	if ((uint64_t)total != d->sent[CALL_LEG_A] + d->sent[CALL_LEG_B])
		return wrong(faults, DIALOG_DELETE, "totals are not the packets sent", none);
	if (number_at(reply, errors) != 0)
		return wrong(faults, DIALOG_DELETE, "totals have errors", none);
	for (unsigned leg = 0; leg < CALL_LEGS; leg++)
		if (packets_of(reply, d, leg) != (int64_t)d->sent[leg])
			return wrong(faults, DIALOG_DELETE,
				"a party's packets are not those it sent", none);
	return true;
}

bool dialog_take(const struct dialog_plan *plan, struct dialog *d, enum dialog_step step,
	const struct ng_value *reply, struct faults *faults)
{
	struct slice result;

	if (reply->kind != NG_DICT)
		return wrong(faults, step, "reply is no dictionary", (struct slice){NULL, 0});
	result = text_of(reply, "result");
	if (slice_is(result, "error"))
		return wrong(faults, step, "error", text_of(reply, "error-reason"));
	if (slice_is(result, "load limit"))
		return wrong(faults, step, "load limit", text_of(reply, "message"));
	if (!slice_is(result, "ok"))
		return wrong(faults, step, "result is not ok", result);
	if (step != DIALOG_DELETE)
		return take_sdp(plan, d, step, text_of(reply, "sdp"), faults);
	if (text_of(reply, "warning").len > 0)
		return wrong(faults, step, "warning", text_of(reply, "warning"));
	return !plan->counts || take_counts(d, reply, faults);
}
