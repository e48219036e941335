/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_report.h - what query, delete, list and statistics tell, in the keys that proxies read.
 *
 * Invariant: keys come in the order of rtpengine's; what is not known ("not there", 0) is left
 *            out where rtpengine leaves it out.
 * Threads:   pure.
 * Ownership: the caller's facts; the dictionaries are the arena's, texts are not copied.
 * Units:     times in seconds, created_us in microseconds, both of the epoch.
 * Errors:    arena->failed.
 * Cost:      linear.
 */
#ifndef NG_REPORT_H
#define NG_REPORT_H

#include "ng_value.h"

struct ng_report_counts {
	uint64_t packets;
	uint64_t bytes;
	uint64_t errors;
};

struct ng_report_endpoint {
	uint8_t family; /* 4 or 6; 0: none */
	struct slice address;
	uint16_t port;
};

struct ng_report_stream {
	struct ng_report_endpoint local;
	struct ng_report_endpoint remote;
	struct ng_report_endpoint advertised;
	struct slice crypto_suite;
	uint64_t last_packet;
	const struct slice *flags;
	size_t n_flags;
	const uint32_t *ssrcs;
	size_t n_ssrcs;
	struct ng_report_counts in;
	struct ng_report_counts out;
};

struct ng_report_media {
	uint32_t index;
	struct slice type;
	struct slice protocol;
	const struct slice *flags;
	size_t n_flags;
	const struct ng_report_stream *streams; /* RTP first */
	size_t n_streams;
	const uint32_t *ingress_ssrcs;
	size_t n_ingress;
	const uint32_t *egress_ssrcs;
	size_t n_egress;
};

struct ng_report_tag {
	struct slice tag; /* empty: not answered yet */
	struct slice via_branch;
	struct slice label;
	struct slice other_tag; /* of the other side */
	uint64_t created;
	const struct ng_report_media *medias;
	size_t n_medias;
};

struct ng_report_ssrc {
	uint32_t ssrc;
	uint64_t bytes;
	uint64_t packets;
	uint32_t last_timestamp;
	uint16_t last_seq;
	uint64_t lost;
};

struct ng_report_call {
	uint64_t created;
	uint64_t created_us;
	uint64_t last_signal;
	const struct ng_report_ssrc *ssrcs;
	size_t n_ssrcs;
	const struct ng_report_tag *tags;
	size_t n_tags;
	struct ng_report_counts rtp;
	struct ng_report_counts rtcp;
};

/* Adds to 'reply'. */
void ng_report_call(
	struct ng_arena *arena, struct ng_value *reply, const struct ng_report_call *call);
void ng_report_list(struct ng_arena *arena, struct ng_value *reply, const struct slice *call_ids,
	size_t n_call_ids);

/* One of the groups in "statistics", as currentstatistics: the figures by name. */
struct ng_report_figure {
	const char *name;
	uint64_t value;
};

struct ng_value *ng_report_statistics(struct ng_arena *arena, struct ng_value *reply);
void ng_report_figures(struct ng_arena *arena, struct ng_value *statistics, const char *group,
	const struct ng_report_figure *figures, size_t n_figures);

#endif
