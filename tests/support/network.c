/* SPDX-License-Identifier: BSD-3-Clause */
#include "network.h"

static void copy(struct network_pkt *to, const struct network_pkt *from)
{
	memcpy(to, from, offsetof(struct network_pkt, data));
	memcpy(to->data, from->data, from->len);
}

void network_send(struct network *net, const struct network_pkt *pkt)
{
	copy(&net->pool[net->sent++ % NETWORK_LEN], pkt);
}

/* One that was sent, whether or not it came already. */
static const struct network_pkt *any(struct network *net)
{
	uint32_t n = net->sent < NETWORK_LEN ? (uint32_t)net->sent : NETWORK_LEN;

	return &net->pool[(net->sent - 1 - support_below(net->rng, n)) % NETWORK_LEN];
}

static void damage(struct network *net, struct network_pkt *pkt)
{
	pkt->intact = false;
	pkt->len = traffic_damage(
		net->rng, pkt->kind, twin_trailer(pkt->twin, pkt->kind), pkt->data, pkt->len);
}

/* The packet after 'n' others of a burst. False if none is on its way. */
static bool deliver(struct network *net, struct network_pkt *pkts, uint32_t n)
{
	switch (support_below(net->rng, 32)) {
	case 0:
		copy(&pkts[n], any(net));
		damage(net, &pkts[n]);
		return true;
	case 1:
		copy(&pkts[n], any(net));
		return true;
	case 2: /* another copy of one in this burst, whole or not */
		if (n == 0)
			break;
		copy(&pkts[n], &pkts[support_below(net->rng, n)]);
		if (pkts[n].intact && support_chance(net->rng, 500))
			damage(net, &pkts[n]);
		return true;
	case 3:
		net->delivered += net->delivered < net->sent; /* lost, but it may come again */
		break;
	default:
		break;
	}
	if (net->delivered + NETWORK_LEN < net->sent)
		net->delivered = net->sent - NETWORK_LEN;
	if (net->delivered == net->sent)
		return false;
	copy(&pkts[n], &net->pool[net->delivered++ % NETWORK_LEN]);
	return true;
}

/* Each packet changes its place with one of the 'reach' places behind it. */
static void shuffle(struct support_rng *rng, struct network_pkt **out, uint32_t n, uint32_t reach)
{
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint32_t left = n - i < reach ? n - i : reach;
		uint32_t j = i + support_below(rng, left);
		struct network_pkt *swapped = out[i];

		out[i] = out[j];
		out[j] = swapped;
	}
}

uint32_t network_receive(
	struct network *net, uint32_t room, struct network_pkt *pkts, struct network_pkt **out)
{
	uint32_t n = 0;

	if (net->delivered == net->sent)
		return 0;
	while (n < room && deliver(net, pkts, n)) {
		out[n] = &pkts[n];
		n++;
	}
	if (support_chance(net->rng, 250))
		shuffle(net->rng, out, n, 4);
	else if (support_chance(net->rng, 250))
		shuffle(net->rng, out, n, n);
	return n;
}
