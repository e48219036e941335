/* SPDX-License-Identifier: BSD-3-Clause */
/* stream.h - what is recorded of each SSRC: for statistics (RFC 3550 6.4.1, A.3, A.8) and for who
 * takes over after a crash.
 *
 * Invariant: called for packets that were accepted, and for sealed ones before they are sent. A
 *            'top' equals the SRTP context's. Whatever was sealed is counted as sent or lost.
 * Threads:   the worker; readers see each word whole.
 * Ownership: the records' place is the region.
 * Units:     microseconds and milliseconds of the worker's clock.
 * Errors:    none; SSRCs beyond RELAY_SSRCS that come in without a key are counted with the
 *            endpoint alone, until a place has been silent for STREAM_SILENT_MS.
 * Cost:      hot: one line for the first SSRC.
 */
#ifndef STREAM_H
#define STREAM_H

#include "endpoint.h"

enum { STREAM_SILENT_MS = 60000 };

struct stream_arrival {
	uint32_t len;
	bool rtcp;
	uint64_t now_us;
	uint32_t now_ms;
};

/* 'packet' is plain, and its header was checked. */
void stream_received(
	struct endpoints *e, uint32_t index, const uint8_t *packet, struct stream_arrival arrival);

/* A packet of 'ctx' was sealed; for plain endpoints there is nothing to record. */
void stream_sealed(struct endpoints *e, uint32_t index, const uint8_t *packet, bool rtcp);

/* It was to go out, and did not. */
static inline void stream_lost(struct endpoints *e, uint32_t index)
{
	_Atomic uint64_t *lost = &e->records[index].tx_lost;

	/* relaxed: as in stream_sent */
	atomic_store_explicit(
		lost, atomic_load_explicit(lost, memory_order_relaxed) + 1, memory_order_relaxed);
}

/* The port has taken it. */
static inline void stream_sent(struct endpoints *e, uint32_t index, uint32_t len)
{
	struct relay_endpoint *r = &e->records[index];

	/* relaxed: one writer, and each word stands for itself */
	atomic_store_explicit(&r->tx_packets,
		atomic_load_explicit(&r->tx_packets, memory_order_relaxed) + 1,
		memory_order_relaxed);
	atomic_store_explicit(&r->tx_bytes,
		atomic_load_explicit(&r->tx_bytes, memory_order_relaxed) + len,
		memory_order_relaxed);
}

#endif
