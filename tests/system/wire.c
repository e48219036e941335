/* SPDX-License-Identifier: BSD-3-Clause */
#include "wire.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>

enum { ROOM = 10000, ARP_BYTES = 28, NS_BYTES = 40 + 24, NA_BYTES = 40 + 32 };

struct frame {
	uint8_t bytes[ROOM];
	uint8_t *l3;
	size_t l2_len, l3_len;
	uint16_t ethertype;
};

struct relay_sockaddr wire_address(const char *text)
{
	struct relay_sockaddr a = {.family = RELAY_FAMILY_IPV4};

	if (strchr(text, ':') != NULL)
		a.family = RELAY_FAMILY_IPV6;
	if (inet_pton(a.family == RELAY_FAMILY_IPV6 ? AF_INET6 : AF_INET, text, a.ip) != 1)
		abort();
	return a;
}

struct wire_host *wire_add(struct wire *w, const char *ip, uint8_t mac)
{
	struct wire_host *h = &w->hosts[w->n_hosts];

	if (w->n_hosts++ == WIRE_HOSTS_MAX)
		abort();
	*h = (struct wire_host){.ip = wire_address(ip), .mac = {2, 0, 0, 0, 0, mac}};
	return h;
}

static struct wire_host *host_of(struct wire *w, const uint8_t *ip, uint8_t family)
{
	struct relay_sockaddr a = {.family = family};

	memcpy(a.ip, ip, family == RELAY_FAMILY_IPV6 ? 16 : 4);
	for (uint32_t i = 0; i < w->n_hosts; i++)
		if (relay_address_same_host(&w->hosts[i].ip, &a))
			return &w->hosts[i];
	return NULL;
}

/* Counts the question; whether to answer it. */
static struct wire_host *asked(struct wire *w, const uint8_t *ip, uint8_t family)
{
	struct wire_host *h = host_of(w, ip, family);

	if (h == NULL)
		w->asked_for_others++;
	else
		h->asked++;
	return h == NULL || h->silent ? NULL : h;
}

/* The same Ethernet header and tag, turned around. */
static void answer(struct wire *w, struct frame *f, const struct wire_host *h, size_t l3_len)
{
	memcpy(f->bytes, f->bytes + 6, 6);
	memcpy(f->bytes + 6, h->mac, 6);
	(void)tap_write(w->tap, f->bytes, f->l2_len + l3_len);
}

static void arp(struct wire *w, struct frame *f)
{
	uint8_t *a = f->l3, asker[10];
	struct wire_host *h;

	if (f->l3_len < ARP_BYTES || a[7] != 1)
		return;
	h = asked(w, a + 24, RELAY_FAMILY_IPV4);
	if (h == NULL)
		return;
	memcpy(asker, a + 8, sizeof(asker));
	a[7] = 2;
	memcpy(a + 8, h->mac, 6);
	memcpy(a + 14, h->ip.ip, 4);
	memcpy(a + 18, asker, sizeof(asker));
	answer(w, f, h, ARP_BYTES);
}

void wire_announce(struct wire *w, const struct wire_host *h)
{
	uint8_t frame[14 + ARP_BYTES] = {[12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, 2};

	memset(frame, 0xff, 6);
	memcpy(frame + 6, h->mac, 6);
	memcpy(frame + 22, h->mac, 6);
	memcpy(frame + 28, h->ip.ip, 4);
	memset(frame + 32, 0xff, 6);
	memcpy(frame + 38, h->ip.ip, 4);
	(void)tap_write(w->tap, frame, sizeof(frame));
}

static uint32_t sum16(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i += 2)
		sum += ((uint32_t)bytes[i] << 8) | bytes[i + 1];
	return sum;
}

/* ICMPv6 of 'len' bytes behind the header, whose pseudo header is its addresses. */
static void put_checksum(uint8_t *ip6, size_t len)
{
	uint32_t sum;

	ip6[42] = ip6[43] = 0;
	sum = sum16(ip6 + 8, 32 + len, (uint32_t)len + 58);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip6[42] = (uint8_t)(sum >> 8);
	ip6[43] = (uint8_t)sum;
}

static void solicitation(struct wire *w, struct frame *f)
{
	static const uint8_t nobody[16];
	uint8_t *p = f->l3;
	struct wire_host *h = asked(w, p + 48, RELAY_FAMILY_IPV6);

	if (h == NULL || memcmp(p + 8, nobody, 16) == 0)
		return;
	p[5] = 32;
	memcpy(p + 24, p + 8, 16);
	memcpy(p + 8, h->ip.ip, 16);
	p[40] = 136;
	p[44] = 0x60; /* solicited, override */
	p[64] = 2;    /* target link-layer address */
	p[65] = 1;
	memcpy(p + 66, h->mac, 6);
	put_checksum(p, 32);
	answer(w, f, h, NA_BYTES);
}

static void probe(struct wire *w, const uint8_t *to, uint8_t family, const uint8_t *udp)
{
	struct wire_host *h = host_of(w, to, family);

	if (h != NULL && udp[2] == 0 && udp[3] == 9 && udp[4] == 0 && udp[5] == 8)
		h->probed++;
}

static void handle(struct wire *w, struct frame *f)
{
	if (f->ethertype == 0x0806)
		arp(w, f);
	else if (f->ethertype == 0x86dd && f->l3_len >= NS_BYTES && f->l3[6] == 58 &&
		 f->l3[40] == 135)
		solicitation(w, f);
	else if (f->ethertype == 0x0800 && f->l3_len >= 28 && f->l3[9] == 17)
		probe(w, f->l3 + 16, RELAY_FAMILY_IPV4, f->l3 + 20);
	else if (f->ethertype == 0x86dd && f->l3_len >= 48 && f->l3[6] == 17)
		probe(w, f->l3 + 24, RELAY_FAMILY_IPV6, f->l3 + 40);
}

static bool parse(struct wire *w, struct frame *f, size_t len)
{
	f->l2_len = 14;
	if (len < 18)
		return false;
	w->vlan = 0;
	if (f->bytes[12] == 0x81 && f->bytes[13] == 0) {
		f->l2_len = 18;
		w->vlan = (uint16_t)(((f->bytes[14] << 8) | f->bytes[15]) & 0xfff);
	}
	f->ethertype = (uint16_t)((f->bytes[f->l2_len - 2] << 8) | f->bytes[f->l2_len - 1]);
	f->l3 = f->bytes + f->l2_len;
	f->l3_len = len - f->l2_len;
	return true;
}

void wire_run(struct wire *w)
{
	static struct frame f;
	ssize_t len;

	while ((len = tap_read(w->tap, f.bytes, sizeof(f.bytes))) > 0)
		if (parse(w, &f, (size_t)len))
			handle(w, &f);
}
