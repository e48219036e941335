/* SPDX-License-Identifier: BSD-3-Clause */
#include "encap.h"

#include "header.h"
#include "stream.h"

enum { ETH_LEN = 14, ETH_VLAN_LEN = 18 };

/* Copies of constant length are a few moves; of variable length, a call. */
static void copy_headers(uint8_t *to, const struct neighbour_hop *hop, const uint8_t *template)
{
	if (likely(hop->l2_len == ETH_LEN))
		memcpy(to, hop->l2, ETH_LEN);
	else
		memcpy(to, hop->l2, ETH_VLAN_LEN);
	to += hop->l2_len;
	if (likely(header_len(template) == HEADER_IPV4_UDP))
		memcpy(to, template, HEADER_IPV4_UDP);
	else
		memcpy(to, template, HEADER_IPV6_UDP);
}

static void finish(
	const struct worker *w, struct rte_mbuf *m, const struct neighbour_hop *hop, uint32_t len)
{
	uint8_t *ip = rte_pktmbuf_mtod_offset(m, uint8_t *, hop->l2_len);
	bool is_ipv4 = ip[0] >> 4 == 4;
	uint8_t *udp = header_complete(ip, len);

	/* what came in with the packet means nothing any more, but for whose the buffer is */
	m->ol_flags &= RTE_MBUF_F_EXTERNAL | RTE_MBUF_F_INDIRECT;
	if (w->ports[hop->port].tx_offload) {
		m->tx_offload = rte_mbuf_tx_offload(
			hop->l2_len, is_ipv4 ? HEADER_IPV4 : HEADER_IPV6, 0, 0, 0, 0, 0);
		m->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM |
			       (is_ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
	} else {
		header_checksum(udp, len);
	}
}

bool encap_frame(const struct worker *w, struct rte_mbuf *m, uint32_t off, uint32_t len,
	const struct neighbour_hop *hop, const uint8_t *template)
{
	uint32_t ip_len = header_len(template) + len;
	uint32_t need = hop->l2_len + header_len(template);

	if (unlikely(ip_len > hop->mtu || need > m->data_off + off))
		return false;
	m->data_off = (uint16_t)(m->data_off + off - need);
	m->data_len = (uint16_t)(hop->l2_len + ip_len);
	m->pkt_len = m->data_len;
	m->port = hop->port;
	copy_headers(rte_pktmbuf_mtod(m, uint8_t *), hop, template);
	finish(w, m, hop, len);
	return true;
}

void encap_run(struct worker *w, struct batch *b)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const struct pkt_meta *meta = &b->meta[i];
		const struct endpoint *slot = &w->endpoints.slots[meta->out];

		if (unlikely(!encap_frame(
			    w, b->pkts[i], meta->off, meta->len, meta->hop, slot->header))) {
			stream_lost(&w->endpoints, meta->out);
			worker_drop_of(w, b, i, RELAY_DROP_MTU);
			continue;
		}
		batch_keep(b, kept++, i);
	}
	b->n = kept;
}
