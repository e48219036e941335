/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

enum {
	STUN_HEADER = 20,
	STUN_BINDING_REQUEST = 0x0001,
	STUN_BINDING_SUCCESS = 0x0101,
	STUN_XOR_MAPPED_ADDRESS = 0x0020,
	STUN_ANSWER_MAX = STUN_HEADER + 4 + 4 + 16,
};

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* RFC 5389 15.2: all is XORed with the cookie, and for IPv6 with the transaction after it. */
static size_t put_address(uint8_t *answer, const struct relay_sockaddr *addr)
{
	size_t ip_len = addr->family == RELAY_FAMILY_IPV4 ? 4 : 16;
	uint8_t *at = answer + STUN_HEADER;

	put16(at, STUN_XOR_MAPPED_ADDRESS);
	put16(at + 2, (unsigned)(4 + ip_len));
	at[4] = 0;
	at[5] = addr->family == RELAY_FAMILY_IPV4 ? 1 : 2;
	put16(at + 6, addr->port ^ (unsigned)(answer[4] << 8 | answer[5]));
	for (size_t i = 0; i < ip_len; i++)
		at[8 + i] = addr->ip[i] ^ answer[4 + i];
	return 8 + ip_len;
}

void driver_stun_answer(struct plane_client *client, const struct relay_packet *request)
{
	const struct relay_route from = {request->endpoint, request->generation};
	uint8_t answer[STUN_ANSWER_MAX];
	size_t len;

	if (request->len < STUN_HEADER || request->data[0] != 0 ||
		request->data[1] != STUN_BINDING_REQUEST)
		return;
	memcpy(answer, request->data, STUN_HEADER);
	put16(answer, STUN_BINDING_SUCCESS);
	len = put_address(answer, &request->remote);
	put16(answer + 2, (unsigned)len);
	(void)plane_client_inject(client, &from, &request->remote, answer, STUN_HEADER + len);
}
