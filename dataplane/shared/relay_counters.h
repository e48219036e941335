/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_counters.h - what the data plane counts, in its region.
 *
 * Invariant: rx == tx + punt + the sum of drops, for each worker in every snapshot that
 *            relay_counters_read takes. Counters only grow; a reset is the reader's baseline.
 * Threads:   a block has one writer, its worker; port blocks have the main thread.
 * Ownership: the data plane's region.
 * Units:     packets, bytes and TSC cycles, by name.
 * Errors:    relay_counters_read is false when the writer moved on at each try.
 * Cost:      writer: load, add, store; no atomic read-modify-write.
 */
#ifndef RELAY_COUNTERS_H
#define RELAY_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One row gives enum, metric name and help. */
#define RELAY_WORKER_COUNTERS(X)                                                                   \
	X(RX, "rx_packets", "packets that this worker received and owns")                          \
	X(RX_BYTES, "rx_bytes", "bytes of these, from the Ethernet header on")                     \
	X(TX, "tx_packets", "media packets sent")                                                  \
	X(TX_BYTES, "tx_bytes", "bytes of these")                                                  \
	X(PUNT, "punt_packets", "packets handed to the control plane or the kernel")               \
	X(PUNT_KERNEL, "punt_kernel_packets", "of these, those for the kernel")                    \
	X(INJECTED, "injected_packets", "packets sent for the control plane")                      \
	X(INJECT_REFUSED, "inject_refused", "packets of the control plane that could not be sent") \
	X(KERNEL_TX, "kernel_tx_packets", "packets sent for the kernel")                           \
	X(KERNEL_TX_LOST, "kernel_tx_lost", "packets of the kernel that the port refused")         \
	X(HANDOFF_OUT, "handoff_out_packets", "packets passed on to the worker that owns them")    \
	X(HANDOFF_IN, "handoff_in_packets", "packets taken over from other workers")               \
	X(COMMANDS, "commands", "commands carried out or refused")                                 \
	X(EVENTS_LOST, "events_lost", "notices for which the event ring had no room")              \
	X(RING_BROKEN, "ring_broken", "rings whose other side broke the contract")                 \
	X(POLLS, "polls", "turns of the loop")                                                     \
	X(POLLS_EMPTY, "polls_empty", "of these, those without a packet")                          \
	X(CYCLES_BUSY, "busy_cycles", "TSC cycles of polls with packets")                          \
	X(ENDPOINTS, "endpoints_installed", "endpoints ever installed")                            \
	X(ENDPOINTS_GONE, "endpoints_removed", "endpoints ever removed")

/* Why a packet went no further. The rows from BAD_LENGTH on are crypto/'s statuses. */
#define RELAY_DROPS(X)                                                                             \
	X(MALFORMED, "malformed", "shorter than its headers, or headers that contradict it")       \
	X(FRAGMENT, "fragment", "IP fragment to a media port: media must be whole")                \
	X(CHAINED, "chained", "longer than a buffer (jumbo frame)")                                \
	X(BAD_CHECKSUM, "bad_checksum", "IP or UDP checksum is wrong")                             \
	X(NO_ENDPOINT, "no_endpoint", "no endpoint has that media port")                           \
	X(NOT_MEDIA, "not_media", "neither RTP, RTCP, STUN nor DTLS")                              \
	X(WRONG_MEDIA, "wrong_media", "RTP on an endpoint for RTCP, or the other way")             \
	X(SOURCE, "source", "source address is not the one that is allowed")                       \
	X(NO_ROUTE, "no_route", "endpoint is routed nowhere, or its peer is gone")                 \
	X(NO_REMOTE, "no_remote", "the peer's remote address is not known yet")                    \
	X(NO_NEIGHBOUR, "no_neighbour", "no route, or next hop not resolved")                      \
	X(MTU, "mtu_exceeded", "longer than the way out allows")                                   \
	X(TX_FULL, "tx_full", "the port's queue was full")                                         \
	X(HANDOFF_FULL, "handoff_full", "the owning worker's ring was full")                       \
	X(KERNEL_FULL, "kernel_full", "the ring towards the kernel was full")                      \
	X(PUNT_RATE, "punt_rate", "STUN or DTLS beyond the rate, or no control plane")             \
	X(NOT_OURS, "not_ours", "for the kernel, but the port has no way to it")                   \
	X(OTHER_HOST, "other_host", "to a MAC address that is not the port's")                     \
	X(FRAGMENT_RATE, "fragment_rate", "later IP fragments for the kernel beyond the rate")     \
	X(BAD_LENGTH, "srtp_bad_length", "SRTP: headers and trailer do not fit")                   \
	X(BAD_VERSION, "srtp_bad_version", "RTP or RTCP version is not 2")                         \
	X(NO_ROOM, "srtp_no_room", "no room for tag and MKI")                                      \
	X(NO_STREAM, "srtp_no_stream", "one SSRC more than the endpoint has places for")           \
	X(REPLAYED, "srtp_replayed", "packet index was seen before")                               \
	X(TOO_OLD, "srtp_too_old", "packet index lies before the replay window")                   \
	X(JUMPED, "srtp_jumped", "far ahead of its stream, and not yet confirmed by the next")     \
	X(TAG_MISMATCH, "srtp_tag_mismatch", "authentication tag does not verify")                 \
	X(WRONG_MKI, "srtp_wrong_mki", "master key identifier is not the endpoint's")              \
	X(NOT_ENCRYPTED, "srtp_not_encrypted", "SRTCP without the E bit")                          \
	X(KEY_USED_UP, "srtp_key_used_up", "lifetime of the master key has ended")                 \
	X(BAD_PACKET, "srtp_bad_packet", "no packet")                                              \
	X(WRONG_CONTEXT, "srtp_wrong_context", "context of another direction")                     \
	X(CRYPTO_FAILED, "srtp_crypto_failed", "the crypto library failed")

#define RELAY_STAGES(X)                                                                            \
	X(RX, "rx")                                                                                \
	X(CLASSIFY, "classify")                                                                    \
	X(FLOW, "flow")                                                                            \
	X(UNPROTECT, "unprotect")                                                                  \
	X(ROUTE, "route")                                                                          \
	X(PROTECT, "protect")                                                                      \
	X(ENCAP, "encap")                                                                          \
	X(TX, "tx")

/* Of a NIC port, as its driver tells. */
#define RELAY_PORT_COUNTERS(X)                                                                     \
	X(RX, "rx_packets", "packets received")                                                    \
	X(TX, "tx_packets", "packets sent")                                                        \
	X(RX_BYTES, "rx_bytes", "bytes received")                                                  \
	X(TX_BYTES, "tx_bytes", "bytes sent")                                                      \
	X(RX_MISSED, "rx_missed", "packets that the NIC dropped: its queues were full")            \
	X(RX_ERRORS, "rx_errors", "malformed frames")                                              \
	X(RX_NO_MBUF, "rx_no_mbuf", "packets for which no buffer was free")                        \
	X(TX_ERRORS, "tx_errors", "packets that could not be sent")                                \
	X(KERNEL_LOST, "kernel_lost", "packets from the kernel for which there was no room")       \
	X(LINK_UP, "link_up", "1 if the link is up")

#define RELAY_COUNTER_ENUM(id, ...) RELAY_COUNTER_##id,
enum relay_worker_counter { RELAY_WORKER_COUNTERS(RELAY_COUNTER_ENUM) RELAY_COUNTER_COUNT };
#undef RELAY_COUNTER_ENUM
#define RELAY_DROP_ENUM(id, ...) RELAY_DROP_##id,
enum relay_drop { RELAY_DROPS(RELAY_DROP_ENUM) RELAY_DROP_COUNT };
#undef RELAY_DROP_ENUM
#define RELAY_STAGE_ENUM(id, ...) RELAY_STAGE_##id,
enum relay_stage { RELAY_STAGES(RELAY_STAGE_ENUM) RELAY_STAGE_COUNT };
#undef RELAY_STAGE_ENUM
#define RELAY_PORT_ENUM(id, ...) RELAY_PORT_##id,
enum relay_port_counter { RELAY_PORT_COUNTERS(RELAY_PORT_ENUM) RELAY_PORT_COUNT };
#undef RELAY_PORT_ENUM

enum { RELAY_POLL_MAX = 64 }; /* packets that may be sent and not counted when it dies */

struct relay_counter_row {
	const char *name, *help;
};

extern const struct relay_counter_row relay_counters_worker_rows[RELAY_COUNTER_COUNT];
extern const struct relay_counter_row relay_counters_drop_rows[RELAY_DROP_COUNT];
extern const struct relay_counter_row relay_counters_port_rows[RELAY_PORT_COUNT];
extern const char *const relay_counters_stage_names[RELAY_STAGE_COUNT];

/* One worker's. 'version' is odd while the worker publishes. */
struct relay_worker_counters {
	_Alignas(64) _Atomic uint32_t version;
	uint32_t reserved;
	_Atomic uint64_t counts[RELAY_COUNTER_COUNT];
	_Atomic uint64_t drops[RELAY_DROP_COUNT];
	_Atomic uint64_t stage_cycles[RELAY_STAGE_COUNT]; /* if the profile asks for them */
};

struct relay_port_counters {
	_Alignas(64) _Atomic uint64_t counts[RELAY_PORT_COUNT];
};

/* A reader's copy, and what a worker adds up before it publishes. */
struct relay_counts {
	uint64_t counts[RELAY_COUNTER_COUNT];
	uint64_t drops[RELAY_DROP_COUNT];
	uint64_t stage_cycles[RELAY_STAGE_COUNT];
};

bool relay_counters_read(const struct relay_worker_counters *from, struct relay_counts *out);

/* Writer: stores the sums so far. */
void relay_counters_publish(struct relay_worker_counters *to, const struct relay_counts *sums);

#endif
