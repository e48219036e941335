/* SPDX-License-Identifier: BSD-3-Clause */
#include "caller.h"

#include <errno.h>
#include <openssl/rand.h>

enum {
	PORTS = (65536 - CALLER_PORT_FIRST) / 2, /* even ones: RTCP may take the next */
	SSRC_FIRST = 0x10000000,
};

bool caller_addresses(const char *text, struct call_sheet_addresses *out)
{
	struct slice rest = slice_of(text);

	out->n = 0;
	if (rest.len == 0 || rest.ptr[rest.len - 1] == ',')
		return false;
	while (rest.len > 0) {
		struct slice one = slice_cut(&rest, ',');
		char address[64];

		if (one.len >= sizeof(address) || out->n == CALL_SHEET_ADDRESSES_MAX)
			return false;
		memcpy(address, one.ptr, one.len);
		address[one.len] = '\0';
		if (!call_sheet_address(address, false, &out->list[out->n]) ||
			out->list[out->n].family != out->list[0].family)
			return false;
		out->n++;
	}
	return true;
}

uint32_t caller_room(const struct caller_options *o)
{
	uint32_t a = o->parties[CALL_LEG_A].n, b = o->parties[CALL_LEG_B].n;

	return PORTS * (a < b ? a : b);
}

const struct legs *caller_legs(const struct caller_options *o, uint32_t number)
{
	static const struct legs usual = {{NULL, &suite_table[SUITE_AES_CM_128_HMAC_SHA1_80]}};

	if (o->n_legs > 0)
		return &o->legs[number % o->n_legs];
	return &usual;
}

static struct relay_sockaddr address_of(const struct call_sheet_addresses *party, uint32_t number)
{
	struct relay_sockaddr addr = party->list[number / PORTS];

	addr.port = (uint16_t)(CALLER_PORT_FIRST + number % PORTS * 2);
	return addr;
}

int caller_make(const struct caller_options *o, const struct codec *codec, uint32_t number,
	struct call *out)
{
	const struct legs *legs = caller_legs(o, number);

	*out = (struct call){0};
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		struct call_leg *leg = &out->legs[i];

		leg->gen = address_of(&o->parties[i], number);
		leg->suite = legs->suites[i];
		leg->ssrc = SSRC_FIRST + 2 * number + i;
		leg->payload_type = party_payload_type(codec);
		leg->rtcp_mux = true;
		if (leg->suite != NULL &&
			RAND_bytes(leg->send_key, leg->suite->key_len + leg->suite->salt_len) != 1)
			return -EIO;
	}
	return 0;
}

int caller_plan(const struct caller_options *o, const struct codec *codec, struct dialog_plan *plan)
{
	uint8_t random[DIALOG_PREFIX_MAX / 2];

	if (RAND_bytes(random, sizeof(random)) != 1)
		return -EIO;
	*plan = (struct dialog_plan){.codec = codec, .plain = o->plain, .sealed = o->sealed};
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(plan->prefix + 2 * i, 3, "%02x", random[i]);
	return 0;
}
