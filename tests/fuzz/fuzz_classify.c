/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame of the fuzzer's: media lies within it and is whole, and its checksums are judged as by
 * another implementation - as they came, and made right. */
#include "fuzz.h"

#include "classify.h"
#include "frames.h"

#include <stdlib.h>

enum { PORT_MIN = 20000, PORT_MAX = 29999, OUR_ADDRESSES = 2 };

static const struct classify_config *config_of_ours(void)
{
	static const struct relay_sockaddr ours[OUR_ADDRESSES] = {
		{{10, 0, 0, 2}, 0, RELAY_FAMILY_IPV4, 0},
		{{0x20, 1, 0xd, 0xb8, [15] = 2}, 0, RELAY_FAMILY_IPV6, 0},
	};
	static struct local_table local;
	static const struct classify_config config = {&local, PORT_MIN, PORT_MAX};

	for (uint32_t i = local.n; i < OUR_ADDRESSES; i++)
		FUZZ_CHECK(local_add(&local, &ours[i]));
	return &config;
}

/* To any MAC, in any VLAN: the fuzzer is not to guess them. */
static const struct classify_port *port_of_all(void)
{
	static struct classify_port port;

	classify_port_init(&port, NULL);
	for (unsigned vlan = 0; vlan < CLASSIFY_VLANS; vlan++)
		classify_port_add(&port, (uint16_t)vlan);
	return &port;
}

static enum classify_result parse(const uint8_t *data, uint32_t len, struct pkt_meta *meta)
{
	uint8_t *exact = fuzz_alloc(len);
	enum classify_result result;

	if (len > 0)
		memcpy(exact, data, len);
	result = classify_parse(config_of_ours(), port_of_all(), exact, len, meta);
	free(exact);
	FUZZ_CHECK(result <= CLASSIFY_NOT_MEDIA);
	return result;
}

static void check_meta(const struct pkt_meta *m, uint32_t len)
{
	bool is_ipv4 = m->source.family == RELAY_FAMILY_IPV4;

	FUZZ_CHECK(relay_address_valid(&m->source) && m->source.port != 0);
	FUZZ_CHECK(m->local_address == (is_ipv4 ? 0 : 1));
	FUZZ_CHECK(m->local_port >= PORT_MIN && m->local_port <= PORT_MAX);
	FUZZ_CHECK(m->off >= (is_ipv4 ? 14 + 28 : 14 + 48));
	FUZZ_CHECK(m->len >= 2 && (uint32_t)m->off + m->len <= len);
	FUZZ_CHECK(m->class <= PKT_DTLS);
}

static uint8_t *ip_of(uint8_t *frame)
{
	uint8_t *ip = frame + 14;

	for (uint32_t i = 0; i < 2; i++)
		if ((ip[-2] == 0x81 && ip[-1] == 0) || (ip[-2] == 0x88 && ip[-1] == 0xa8))
			ip += 4;
	return ip;
}

static bool is_right(uint8_t *frame, const struct pkt_meta *m)
{
	const uint8_t *ip = ip_of(frame);
	const uint8_t *udp = frame + m->off - 8;
	bool is_ipv4 = ip[0] >> 4 == 4;

	if (is_ipv4 && frames_sum(0, ip, (ip[0] & 0x0fu) * 4) != 0xffff)
		return false;
	if (udp[6] == 0 && udp[7] == 0)
		return is_ipv4;
	return frames_udp_sum(ip, udp, 8u + m->len) == 0xffff;
}

static void put_checksum(uint8_t *at, uint16_t sum)
{
	at[0] = (uint8_t)(sum >> 8);
	at[1] = (uint8_t)sum;
}

static void make_right(uint8_t *frame, const struct pkt_meta *m)
{
	uint8_t *ip = ip_of(frame);
	uint8_t *udp = frame + m->off - 8;
	uint16_t sum;

	if (ip[0] >> 4 == 4) {
		put_checksum(ip + 10, 0);
		put_checksum(ip + 10, (uint16_t)~frames_sum(0, ip, (ip[0] & 0x0fu) * 4));
	}
	put_checksum(udp + 6, 0);
	sum = (uint16_t)~frames_udp_sum(ip, udp, 8u + m->len);
	put_checksum(udp + 6, sum != 0 ? sum : 0xffff);
}

/* The copy ends with the payload, which no checksum goes past. */
static void check_checksums(const uint8_t *data, const struct pkt_meta *m)
{
	uint32_t len = (uint32_t)m->off + m->len;
	uint8_t *exact = fuzz_alloc(len);

	memcpy(exact, data, len);
	FUZZ_CHECK(classify_checksums_right(exact, m) == is_right(exact, m));
	make_right(exact, m);
	FUZZ_CHECK(classify_checksums_right(exact, m));
	exact[len - 1] ^= 0x10;
	FUZZ_CHECK(!classify_checksums_right(exact, m));
	free(exact);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkt_meta meta, cut;

	if (parse(data, (uint32_t)size, &meta) != CLASSIFY_MEDIA)
		return 0;
	check_meta(&meta, (uint32_t)size);
	check_checksums(data, &meta);
	FUZZ_CHECK(parse(data, (uint32_t)meta.off + meta.len - 1, &cut) == CLASSIFY_MALFORMED);
	return 0;
}
