/* SPDX-License-Identifier: BSD-3-Clause */
#include "nego_rig.h"

#include "ng_json.h"
#include "support.h"

#include <stdlib.h>

enum { ARENA = 1 << 20, ROOM = 1 << 20, PORT_FIRST = 30000 };

struct nego_rig nego_rig;

static struct relay_sockaddr ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct relay_sockaddr){.ip = {a, b, c, d}, .family = RELAY_FAMILY_IPV4};
}

/* 2001:db8::last, and 2001:: as the fake data plane has it */
static struct relay_sockaddr ipv6(uint8_t last)
{
	struct relay_sockaddr a = {.ip = {0x20, 0x01}, .family = RELAY_FAMILY_IPV6};

	if (last != 0) {
		a.ip[2] = 0x0d;
		a.ip[3] = 0xb8;
		a.ip[15] = last;
	}
	return a;
}

static struct config_interface interface(const char *name, uint8_t last)
{
	return (struct config_interface){.name = name,
		.addresses = {{ipv4(192, 0, 2, 1), ipv4(203, 0, 113, last)}, {ipv6(0), ipv6(last)}},
		.n_addresses = 2,
		.encryption = CONFIG_SUPPORTED,
		.suites = {SUITE_AEAD_AES_256_GCM, SUITE_AES_CM_128_HMAC_SHA1_80,
			SUITE_AES_CM_128_HMAC_SHA1_32},
		.n_suites = NEGO_RIG_SUITES,
		.port_min = 20000,
		.port_max = 20999,
		.dscp = 46};
}

int nego_rig_open(void **state)
{
	struct call *call;

	(void)state;
	memset(&nego_rig, 0, sizeof(nego_rig));
	nego_rig.config.interfaces[0] = interface("a", 1);
	nego_rig.config.interfaces[1] = interface("b", 2);
	nego_rig.config.n_interfaces = 2;
	nego_rig.config.media_limit = CALL_MEDIAS_MAX;
	nego_rig.out.limit = nego_rig.message.limit = ROOM;
	ng_arena_init(&nego_rig.arena, ARENA);
	if (call_table_create(&nego_rig.calls) != 0)
		return -1;
	call = call_table_add(nego_rig.calls, "", slice_of("call"), 0);
	nego_rig.bridge = call_bridge_add(call);
	return nego_rig.bridge == NULL ? -1 : 0;
}

int nego_rig_close(void **state)
{
	(void)state;
	sdp_parse_free(nego_rig.theirs);
	sdp_parse_free(nego_rig.ours);
	buffer_fini(&nego_rig.out);
	buffer_fini(&nego_rig.message);
	ng_arena_fini(&nego_rig.arena);
	call_table_destroy(nego_rig.calls);
	return 0;
}

void nego_rig_renew(enum config_encryption a, enum config_encryption b)
{
	struct call *call = nego_rig.bridge->call;

	call_bridge_remove(call, nego_rig.bridge);
	nego_rig.bridge = call_bridge_add(call);
	assert_non_null(nego_rig.bridge);
	nego_rig.config.interfaces[0].encryption = a;
	nego_rig.config.interfaces[1].encryption = b;
}

static void ask(unsigned from, const char *more)
{
	struct buffer *m = &nego_rig.message;
	struct ng_value *dict = NULL;

	m->len = 0;
	buffer_text(m, "{\"command\":\"offer\",\"call-id\":\"c\",\"from-tag\":\"f\",\"sdp\":\"x\","
		       "\"rtpp-flags\":\"replace-origin\",\"direction\":");
	buffer_text(m, from == 0 ? "[\"a\",\"b\"]" : "[\"b\",\"a\"]");
	buffer_text(m, more);
	buffer_text(m, "}");
	ng_arena_reset(&nego_rig.arena);
	memset(&nego_rig.request, 0, sizeof(nego_rig.request));
	assert_int_equal(ng_json_decode(buffer_all(m), &nego_rig.arena, &dict), NG_OK);
	assert_int_equal(ng_request_parse(dict, &nego_rig.arena, &nego_rig.request), NG_OK);
	if (nego_rig.request.n_warnings > 0)
		fail_msg("a warning: %s", more);
}

static struct sdp *parse(struct slice text)
{
	struct sdp_fault fault;
	struct sdp *sdp = NULL;

	if (sdp_parse(text, false, &sdp, &fault) != 0)
		fail_msg("line %u: %s: %.*s", fault.line, fault.what, SLICE_ARGS(text));
	return sdp;
}

static void give_ports(void)
{
	for (uint32_t i = 0; i < nego_rig.bridge->n_medias; i++)
		for (unsigned side = 0; side < 2; side++)
			if (nego_rig_leg(i, side)->port == 0)
				nego_rig_leg(i, side)->port =
					(uint16_t)(PORT_FIRST + 4 * nego_rig.bridge->n_medias +
						   4 * i + 2 * side);
}

static bool is_foreign(void)
{
	for (size_t i = 0; i < nego_rig.theirs->n_medias; i++)
		if (negotiate_is_foreign(&nego_rig.theirs->medias[i]))
			return true;
	return false;
}

static void check(void)
{
	const struct sdp *in = nego_rig.theirs;

	nego_rig.ours = parse(buffer_all(&nego_rig.out));
	assert_int_equal(nego_rig.ours->n_medias, in->n_medias);
	if (!is_foreign()) {
		assert_false(nego_rig_says("198.51.100."));
		assert_false(nego_rig_says("2001:db8:f:"));
	}
	for (size_t i = 0; i < in->n_medias; i++)
		for (size_t j = 0; j < in->medias[i].n_crypto; j++)
			for (size_t k = 0; k < nego_rig.ours->medias[i].n_crypto; k++)
				assert_memory_not_equal(nego_rig.ours->medias[i].crypto[k].key,
					in->medias[i].crypto[j].key, 16);
}

static enum ng_error go(unsigned from, bool offer, const char *more, const char *text)
{
	struct negotiation n = {.config = &nego_rig.config,
		.request = &nego_rig.request,
		.bridge = nego_rig.bridge,
		.from = from};
	enum ng_error error;

	ask(from, more);
	sdp_parse_free(nego_rig.theirs);
	sdp_parse_free(nego_rig.ours);
	nego_rig.theirs = nego_rig.ours = NULL;
	n.sdp = nego_rig.theirs = parse(slice_of(text));
	nego_rig.out.len = 0;
	error = offer ? negotiate_offer(&n) : negotiate_answer(&n);
	if (error != NG_OK)
		return error;
	if (nego_rig.reserve == NULL)
		give_ports();
	else if (offer)
		error = nego_rig.reserve();
	if (error != NG_OK)
		return error;
	if (offer)
		nego_rig.bridge->offerer = (uint8_t)from;
	error = offer ? rewrite_offer(&n, slice_of("0123456789ab"), &nego_rig.arena, &nego_rig.out)
		      : rewrite_answer(
				&n, slice_of("0123456789ab"), &nego_rig.arena, &nego_rig.out);
	if (error == NG_OK)
		check();
	return error;
}

enum ng_error nego_rig_offer(unsigned from, const char *more, const char *sdp)
{
	return go(from, true, more, sdp);
}

enum ng_error nego_rig_answer(const char *more, const char *sdp)
{
	return go(1U - nego_rig.bridge->offerer, false, more, sdp);
}

void nego_rig_commit(void)
{
	for (uint32_t i = 0; i < nego_rig.bridge->n_medias; i++)
		for (unsigned side = 0; side < 2; side++)
			nego_rig_leg(i, side)->now = nego_rig_leg(i, side)->next;
}

void nego_rig_call(unsigned from, const char *offer, const char *answer)
{
	assert_int_equal(nego_rig_offer(from, "", offer), NG_OK);
	assert_int_equal(nego_rig_answer("", answer), NG_OK);
	nego_rig_commit();
}

bool nego_rig_says(const char *text)
{
	return memmem(nego_rig.out.data, nego_rig.out.len, text, strlen(text)) != NULL;
}

bool nego_rig_same_key(const struct call_key *a, const struct call_key *b)
{
	return a->suite == b->suite && memcmp(a->key, b->key, sizeof(a->key)) == 0 &&
	       memcmp(a->salt, b->salt, sizeof(a->salt)) == 0;
}
