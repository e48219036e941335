/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker.h"

#include "arp.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>

enum {
	IPV4_LEN = 20,
	IPV6_LEN = 40,
	PUBLISH_EVERY = 256,
	AHEAD = 6, /* packets sealed ahead are fetched; past the end that does no harm */
};

/* What the port must know to fill in checksums. */
static void set_offload(const struct worker *w, struct rte_mbuf *m)
{
	uint8_t l2 = w->link.vlan != FRAME_NO_VLAN ? 18 : 14;
	bool ipv6 = *rte_pktmbuf_mtod_offset(m, const uint8_t *, l2) >> 4 == 6;

	m->tx_offload = rte_mbuf_tx_offload(l2, ipv6 ? IPV6_LEN : IPV4_LEN, 0, 0, 0, 0, 0);
	m->ol_flags = ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
	if (!ipv6 && (w->link.offload & FRAME_OFFLOAD_IP) != 0)
		m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	if ((w->link.offload & FRAME_OFFLOAD_UDP) != 0)
		m->ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM;
}

static void set_len(struct worker *w, struct rte_mbuf *m, uint32_t len)
{
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	w->counts.sent_bytes += len; /* less what is abandoned, in the end */
	if (w->link.offload != 0)
		set_offload(w, m);
}

/* Offers what is pending to the port; keeps what it refuses, in order. */
static void flush(struct worker *w)
{
	uint32_t rtp = w->n_pending - w->pending_reports;
	uint32_t taken = rte_eth_tx_burst(w->port->id, 0, w->pending, (uint16_t)w->n_pending);

	w->counts.sent += taken < rtp ? taken : rtp;
	if (taken > rtp) {
		w->counts.reports += taken - rtp;
		w->pending_reports -= taken - rtp;
	}
	w->n_pending -= taken;
	w->counts.tx_refused += w->n_pending;
	if (w->n_pending > 0 && taken > 0)
		memmove(w->pending, w->pending + taken, w->n_pending * sizeof(struct rte_mbuf *));
}

static uint32_t copy_presealed(struct worker *w, uint32_t n, uint64_t now)
{
	struct presealed *p = w->presealed;
	uint64_t at = p->tail % p->n; /* one division a burst */

	if (presealed_waiting(p) < n)
		n = (uint32_t)presealed_waiting(p);
	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = w->pending[i];

		for (uint32_t line = 0; line < p->slot_bytes; line += 64)
			rte_prefetch0(p->slots + (at + AHEAD) * p->slot_bytes + line);
		rte_memcpy(rte_pktmbuf_mtod(m, void *), p->slots + at * p->slot_bytes, p->lens[at]);
		set_len(w, m, p->lens[at]);
		p->stamps[at] = now;
		at = at + 1 < p->n ? at + 1 : 0;
	}
	p->tail += n;
	return n;
}

static uint32_t make_fresh(struct worker *w, uint32_t n, uint64_t now)
{
	struct tx_frame frames[TRANSMIT_BURST];
	uint32_t built;

	for (uint32_t i = 0; i < n; i++)
		frames[i] = (struct tx_frame){.data = rte_pktmbuf_mtod(w->pending[i], uint8_t *),
			.room = rte_pktmbuf_tailroom(w->pending[i])};
	built = transmit_build(w->transmitter, frames, n, now);
	for (uint32_t i = 0; i < built; i++)
		set_len(w, w->pending[i], frames[i].len);
	return built;
}

/* The next burst to 'pending', which is empty. Sending ends when there is no more to send. */
static void make_burst(struct worker *w, uint32_t n, uint64_t now)
{
	if (rte_pktmbuf_alloc_bulk(w->port->pool, w->pending, n) != 0) {
		w->counts.no_mbuf++;
		return;
	}
	w->n_pending = w->presealed != NULL ? copy_presealed(w, n, now) : make_fresh(w, n, now);
	if (w->n_pending < n) {
		rte_pktmbuf_free_bulk(w->pending + w->n_pending, n - w->n_pending);
		w->sending = false;
	}
}

static void add_report(struct worker *w, uint64_t now)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->port->pool);
	struct tx_frame frame;

	if (m == NULL) {
		w->counts.no_mbuf++;
		return;
	}
	frame = (struct tx_frame){
		.data = rte_pktmbuf_mtod(m, uint8_t *), .room = rte_pktmbuf_tailroom(m)};
	if (!transmit_build_report(w->transmitter, &frame, now)) {
		rte_pktmbuf_free(m);
		w->sending = false;
		return;
	}
	set_len(w, m, frame.len);
	w->pending[w->n_pending++] = m;
	w->pending_reports++;
}

static void send_due(struct worker *w)
{
	uint64_t now = rte_rdtsc();

	if (w->n_pending == 0 && w->sending) {
		if (pace_due(&w->pace, now))
			make_burst(w, w->pace.burst, now);
		if (w->with_reports && pace_due(&w->report_pace, now))
			add_report(w, now);
	}
	if (w->n_pending == 0)
		return;
	flush(w);
	w->counts.tx_cycles += rte_rdtsc() - now;
}

/* A checksum that the port did not look at, or that the sender left to it, is told by flags. */
static uint8_t checksums_of(const struct rte_mbuf *m)
{
	uint64_t ip = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t udp = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;
	uint8_t out = 0;

	if (ip == RTE_MBUF_F_RX_IP_CKSUM_BAD || udp == RTE_MBUF_F_RX_L4_CKSUM_BAD)
		out |= RECEIVE_BAD;
	if (ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD || ip == RTE_MBUF_F_RX_IP_CKSUM_NONE)
		out |= RECEIVE_IP_GOOD;
	if (udp == RTE_MBUF_F_RX_L4_CKSUM_GOOD || udp == RTE_MBUF_F_RX_L4_CKSUM_NONE)
		out |= RECEIVE_UDP_GOOD;
	return out;
}

static void answer(struct worker *w, struct rte_mbuf *m)
{
	uint32_t len = 0;

	if ((uint32_t)m->buf_len - m->data_off >= NEIGHBOUR_ROOM)
		len = arp_answer(rte_pktmbuf_mtod(m, uint8_t *), m->data_len, &w->link,
			w->receiver->streams->index);
	if (len == 0) {
		rte_pktmbuf_free(m);
		return;
	}
	m->ol_flags = 0;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	if (rte_eth_tx_burst(w->port->id, 0, &m, 1) == 1)
		w->counts.answers++;
	else
		rte_pktmbuf_free(m); /* it will be asked again */
}

/* Frames in one part, with the VLAN tag where the wire had it; others are freed. */
static uint32_t take_frames(
	struct worker *w, struct rte_mbuf **mbufs, uint32_t n, struct rx_frame *frames)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct rte_mbuf *m = mbufs[i];

		if (m->nb_segs > 1) {
			w->counts.segmented++;
			rte_pktmbuf_free(m);
			continue;
		}
		if ((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && rte_vlan_insert(&m) != 0) {
			w->counts.segmented++;
			rte_pktmbuf_free(m);
			continue;
		}
		frames[kept] = (struct rx_frame){.data = rte_pktmbuf_mtod(m, uint8_t *),
			.len = m->data_len,
			.checksums = checksums_of(m)};
		mbufs[kept++] = m;
	}
	return kept;
}

static void receive(struct worker *w)
{
	struct rte_mbuf *mbufs[RECEIVE_BURST];
	struct rx_frame frames[RECEIVE_BURST];
	uint64_t start = rte_rdtsc(), now;
	uint32_t n = rte_eth_rx_burst(w->port->id, 0, mbufs, RECEIVE_BURST), done = 0;

	if (n == 0)
		return;
	now = rte_rdtsc();
	for (uint32_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	n = take_frames(w, mbufs, n, frames);
	receive_run(w->receiver, frames, n, now);
	for (uint32_t i = 0; i < n; i++) {
		if (frames[i].question)
			answer(w, mbufs[i]);
		else
			mbufs[done++] = mbufs[i];
	}
	rte_pktmbuf_free_bulk(mbufs, done);
	w->counts.rx_cycles += rte_rdtsc() - start;
}

static void publish(struct worker *w)
{
	uint64_t faulty = 0;

	for (unsigned i = 0; i < RECEIVE_FAULT_COUNT; i++)
		faulty += w->receiver->counts.faults[i];
	atomic_store_explicit(&w->live.sent, w->counts.sent, memory_order_relaxed);
	atomic_store_explicit(&w->live.good, w->receiver->counts.good, memory_order_relaxed);
	atomic_store_explicit(&w->live.faulty, faulty, memory_order_relaxed);
	atomic_store_explicit(&w->live.refused, w->counts.tx_refused, memory_order_relaxed);
}

/* Until the time is over, or no more can be sent, and all that is pending has gone. */
static void send_and_receive(struct worker *w)
{
	uint64_t start = rte_rdtsc(), elapsed = 0;

	w->sending = true;
	w->pace.start = w->report_pace.start = start;
	for (uint32_t turn = 1; w->sending; turn++) {
		send_due(w);
		receive(w);
		elapsed = rte_rdtsc() - start;
		w->sending = w->sending && elapsed < w->send_cycles;
		if (turn % PUBLISH_EVERY == 0) {
			publish(w);
			if (atomic_load_explicit(&w->stop, memory_order_relaxed))
				w->sending = false;
		}
	}
	w->counts.sending_cycles = elapsed;
}

static void drain(struct worker *w)
{
	uint64_t start = rte_rdtsc();

	while (rte_rdtsc() - start < w->drain_cycles) {
		send_due(w); /* what is pending */
		receive(w);
	}
	w->counts.tx_abandoned += w->n_pending - w->pending_reports;
	for (uint32_t i = 0; i < w->n_pending; i++)
		w->counts.sent_bytes -= w->pending[i]->pkt_len;
	rte_pktmbuf_free_bulk(w->pending, w->n_pending);
	w->n_pending = w->pending_reports = 0;
}

int worker_run(void *worker)
{
	struct worker *w = worker;

	send_and_receive(w);
	drain(w);
	publish(w);
	return 0;
}
