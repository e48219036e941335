/* SPDX-License-Identifier: BSD-3-Clause */
/* stream.h - the streams of a sheet: each direction of each call, as sent and as received.
 *
 * Invariant: number i of 'tx' and of 'rx' are two ends of one stream; 'index' only grows, so no
 *            SRTP index comes twice, whatever trials run.
 * Threads:   the worker's while it runs, else the main thread's.
 * Ownership: create allocates, destroy wipes and frees (NULL accepted). The sheet is the caller's
 *            and may go after create.
 * Units:     packet index is ROC << 16 | sequence number.
 * Errors:    create: -errno, having said why on 'errors'.
 * Cost:      256 bytes a stream, and its two SRTP contexts.
 */
#ifndef STREAM_H
#define STREAM_H

#include "address_index.h"
#include "call_sheet.h"
#include "frame.h"
#include "order.h"
#include "srtp_ctx.h"

#include <stdalign.h>

enum { STREAM_DIRECTION_A = 1, STREAM_DIRECTION_B = 2 }; /* a: leg a sends, leg b receives */
enum { STREAM_OWN_HOST = UINT32_MAX - 1 };               /* in the index: an address of ours */

struct tx_stream {
	alignas(64) struct srtp_ctx *ctx; /* NULL: plain RTP */
	uint64_t index;                   /* of the next packet */
	uint64_t first;
	uint32_t ssrc;
	uint32_t ticks; /* timestamp of the first packet */
	uint32_t id;    /* call << 1 | direction */
	uint32_t n_sr;  /* sender reports made */
	uint8_t payload_type;
	bool rtcp_mux;
	struct frame_template headers;
};

_Static_assert(sizeof(struct tx_stream) == 128 + 64 || sizeof(struct tx_stream) == 128, "lines");

struct rx_stream {
	alignas(64) struct order order;
	struct srtp_ctx *ctx; /* NULL: plain RTP */
	uint32_t ssrc;
	uint32_t id;
	uint64_t first; /* index */
	uint32_t ticks;
	uint32_t top_sr;            /* sender reports up to this one have come */
	struct relay_sockaddr from; /* whom its packets come from */
	uint8_t payload_type;
	bool rtcp_mux;
	bool heard;
};

_Static_assert(sizeof(struct rx_stream) == 128, "two lines");

struct streams {
	struct tx_stream *tx;
	struct rx_stream *rx;
	uint32_t n;
	struct address_index *index; /* of the receiving ends: number << 1, | 1 for RTCP's port */
	uint8_t *ctx_memory;
	size_t ctx_bytes, ctx_used;
};

struct stream_options {
	struct frame_link link;
	unsigned directions; /* STREAM_DIRECTION_* */
};

int stream_create(const struct call_sheet *sheet, const struct stream_options *options,
	struct srtp_engine *engine, FILE *errors, struct streams **out);
void stream_destroy(struct streams *streams);

#endif
