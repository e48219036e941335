/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as an offer and its answer, through a relay between an interface in the clear and one
 * that requires encryption: what is written can be read, has as many media, and has no key of
 * whoever sent it, nor an address, but of media that is not relayed. */
#include "fuzz.h"

#include "negotiate.h"
#include "rewrite.h"
#include "sdp_media.h"

#include <stdlib.h>

enum { ARENA = 16 << 20, PORT_FIRST = 20000 };

/* What no peer has said: ours, or a text that is not there. */
static const struct config_interface interfaces[2] = {
	{.name = "clear",
		.addresses = {{{.ip = {203, 0, 113, 1}, .family = RELAY_FAMILY_IPV4},
				      {.ip = {203, 0, 113, 1}, .family = RELAY_FAMILY_IPV4}},
			{{.ip = {0x20, 1, 0xd, 0xb8, 1}, .family = RELAY_FAMILY_IPV6},
				{.ip = {0x20, 1, 0xd, 0xb8, 1}, .family = RELAY_FAMILY_IPV6}}},
		.n_addresses = 2,
		.encryption = CONFIG_SUPPORTED,
		.suites = {SUITE_AES_CM_128_HMAC_SHA1_80, SUITE_AEAD_AES_256_GCM},
		.n_suites = 2},
	{.name = "sealed",
		.addresses = {{{.ip = {203, 0, 113, 2}, .family = RELAY_FAMILY_IPV4},
			{.ip = {203, 0, 113, 2}, .family = RELAY_FAMILY_IPV4}}},
		.n_addresses = 1,
		.encryption = CONFIG_REQUIRED,
		.suites = {SUITE_AEAD_AES_256_GCM, SUITE_AES_CM_128_HMAC_SHA1_80},
		.n_suites = 2},
};

struct relay {
	struct config config;
	struct ng_request request;
	struct ng_arena arena;
	struct call call;
	struct buffer out;
};

static void give_ports(struct call_bridge *b)
{
	for (uint32_t i = 0; i < b->n_medias; i++)
		for (unsigned side = 0; side < 2; side++)
			b->medias[i].legs[side].port = (uint16_t)(PORT_FIRST + 4 * i + 2 * side);
}

static void check_keys(const struct sdp_media *in, const struct sdp_media *out)
{
	for (size_t i = 0; i < out->n_crypto; i++) {
		FUZZ_CHECK(out->crypto[i].status == SDP_CRYPTO_USABLE);
		for (size_t j = 0; j < in->n_crypto; j++)
			FUZZ_CHECK(in->crypto[j].status != SDP_CRYPTO_USABLE ||
				   memcmp(in->crypto[j].key, out->crypto[i].key,
					   sizeof(in->crypto[j].key)) != 0);
	}
}

static void check_media(const struct negotiation *n, const struct sdp *out, size_t i)
{
	const struct sdp_media *theirs = &n->sdp->medias[i], *ours = &out->medias[i];
	const struct call_leg *leg = &n->bridge->medias[i].legs[1 - n->from];

	FUZZ_CHECK(slice_equal(ours->type, theirs->type));
	check_keys(theirs, ours);
	if (theirs->port == 0 || !leg->next.active) {
		FUZZ_CHECK(ours->port == (negotiate_is_foreign(theirs) ? theirs->port : 0));
		return;
	}
	FUZZ_CHECK(ours->port == leg->port);
	FUZZ_CHECK(ours->section.connection.zero ||
		   (slice_skip(&(struct slice){ours->section.connection.text.ptr,
				       ours->section.connection.text.len},
			    "203.0.113.") ||
			   slice_is(ours->section.connection.text, "2001:db8:100::")));
	FUZZ_CHECK(ours->rtcp_address.family == 0);
	FUZZ_CHECK(n->from == 1 || ours->n_crypto > 0);
}

static void check_keys_of_legs(const struct call_bridge *b)
{
	for (uint32_t i = 0; i < b->n_medias; i++) {
		const struct call_terms *clear = &b->medias[i].legs[0].next;
		const struct call_terms *sealed = &b->medias[i].legs[1].next;

		FUZZ_CHECK(clear->active == sealed->active);
		if (!sealed->active)
			continue;
		FUZZ_CHECK(sealed->in.suite != RELAY_PLAIN && sealed->out.suite != RELAY_PLAIN);
		FUZZ_CHECK(clear->in.suite == clear->out.suite);
		FUZZ_CHECK(memcmp(clear->out.key, sealed->out.key, SUITE_KEY_MAX) != 0);
	}
}

/* True if it went through. */
static bool pass(struct relay *r, unsigned from, bool offer, struct slice text)
{
	struct negotiation n = {.config = &r->config,
		.request = &r->request,
		.bridge = r->call.bridges,
		.from = from};
	struct sdp *in = NULL, *out = NULL;
	enum ng_error error;

	if (sdp_parse(text, false, &in, NULL) != 0)
		return false;
	n.sdp = in;
	error = !sdp_parse_complete(in) ? NG_ERROR_SDP_INCOMPLETE
		: offer                 ? negotiate_offer(&n)
					: negotiate_answer(&n);
	if (error == NG_OK) {
		give_ports(n.bridge);
		r->out.len = 0;
		error = (offer ? rewrite_offer : rewrite_answer)(
			&n, slice_of("0123456789ab"), &r->arena, &r->out);
		FUZZ_CHECK(error == NG_OK);
		FUZZ_CHECK(sdp_parse(buffer_all(&r->out), false, &out, NULL) == 0);
		FUZZ_CHECK(out->n_medias == in->n_medias);
		for (size_t i = 0; i < in->n_medias; i++)
			check_media(&n, out, i);
	}
	sdp_parse_free(in);
	sdp_parse_free(out);
	return error == NG_OK;
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct relay r = {.out.limit = 4UL * SDP_BYTES_MAX,
		.request = {.from_interface = slice_of("clear"),
			.to_interface = slice_of("sealed"),
			.tos = -1,
			.replace = NG_BIT(NG_REPLACE_ORIGIN)}};
	uint8_t *copy = fuzz_alloc((uint32_t)size);
	struct slice answer = {(const char *)copy, size}, offer;

	memcpy(r.config.interfaces, interfaces, sizeof(interfaces));
	r.config.n_interfaces = 2;
	r.config.media_limit = CALL_MEDIAS_MAX;
	if (size > 0)
		memcpy(copy, data, size);
	/* a byte that no SDP has parts the two */
	offer = slice_cut(&answer, '\1');
	ng_arena_init(&r.arena, ARENA);
	if (call_bridge_add(&r.call) != NULL && pass(&r, 0, true, offer)) {
		if (pass(&r, 1, false, answer))
			check_keys_of_legs(r.call.bridges);
		/* an answer that was refused leaves the offer as it was, and may come again */
		(void)pass(&r, 1, false, answer);
	}
	while (r.call.bridges != NULL)
		call_bridge_remove(&r.call, r.call.bridges);
	ng_arena_fini(&r.arena);
	buffer_fini(&r.out);
	free(copy);
	return 0;
}
