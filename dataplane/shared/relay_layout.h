/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_layout.h - where everything lies in the two regions.
 *
 * Data plane's region: header, info, addresses, port counters, for each worker its counters, the
 * tails of command and inject ring, event and punt ring; then the endpoints. Control plane's
 * region: header, for each worker the tails of event and punt ring, command ring with its key
 * records, and inject ring.
 *
 * Invariant: places follow from the geometry alone, which both sides check before they use it.
 *            Worker w has the endpoints w * (endpoints / workers) to the next worker's first.
 *            UDP port p belongs to worker ((p >> 1) & (classes - 1)) % workers, so that RTP and
 *            RTCP of a pair share one.
 * Threads:   pure.
 * Ownership: pointers lead into the region given.
 * Units:     bytes, slots; the data plane's region is a multiple of RELAY_REGION_HUGEPAGE.
 * Errors:    relay_layout_data_bytes and _control_bytes: 0 for a geometry out of bounds.
 * Cost:      cold, but relay_layout_port_worker and relay_layout_endpoint.
 */
#ifndef RELAY_LAYOUT_H
#define RELAY_LAYOUT_H

#include "relay_attach.h"
#include "relay_counters.h"
#include "relay_endpoint.h"
#include "relay_ring.h"

#include <stdio.h>

enum {
	RELAY_WORKERS_MAX = 32,
	RELAY_ADDRESSES_MAX = 64,
	RELAY_PORTS_MAX = 8,
	RELAY_ENDPOINTS_MAX = 1000000,
	RELAY_RING_MIN = 8,
	RELAY_RING_MAX = 65536,
	RELAY_CLASSES = 32, /* of UDP ports */
};

/* After the header of the data plane's region; written before anyone attaches. */
struct relay_info {
	uint64_t tsc_hz;
	uint32_t pid;
	uint16_t media_port_min, media_port_max;
	uint32_t n_ports;
	uint32_t endpoint_bytes; /* memory of one: slot, record, flow entry, AES-CM both ways */
	char engine[96];         /* crypto backend */
	char profile[64];
	_Atomic uint64_t beat; /* milliseconds, CLOCK_MONOTONIC: the main thread's latest turn */
	struct relay_geometry geometry; /* as in the hello */
	uint8_t reserved[40];
};

_Static_assert(sizeof(struct relay_info) == 256, "whole cache lines");

static inline uint32_t relay_layout_port_class(uint16_t port)
{
	return (uint32_t)port >> 1 & (RELAY_CLASSES - 1);
}

static inline uint32_t relay_layout_port_worker(uint16_t port, uint32_t workers)
{
	return relay_layout_port_class(port) % workers;
}

size_t relay_layout_data_bytes(const struct relay_geometry *g);
size_t relay_layout_control_bytes(const struct relay_geometry *g);

/* Of all sizes and offsets that the contract has, and what its counters and statuses are. */
uint64_t relay_layout_hash(void);

/* The same, for a person and for a golden file. */
void relay_layout_print(FILE *out);

/* The data plane's region. Like strchr, they hand on the writability that the caller has. */
struct relay_info *relay_layout_info(const void *data);
struct relay_sockaddr *relay_layout_addresses(const void *data);
struct relay_port_counters *relay_layout_ports(const void *data);
struct relay_worker_counters *relay_layout_counters(
	const void *data, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_tail *relay_layout_command_tail(
	const void *data, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_tail *relay_layout_inject_tail(
	const void *data, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_head *relay_layout_event_head(
	const void *data, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_head *relay_layout_punt_head(
	const void *data, const struct relay_geometry *g, uint32_t worker);
struct relay_endpoint *relay_layout_endpoints(const void *data, const struct relay_geometry *g);

/* The control plane's region. */
struct relay_ring_tail *relay_layout_event_tail(
	const void *control, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_tail *relay_layout_punt_tail(
	const void *control, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_head *relay_layout_command_head(
	const void *control, const struct relay_geometry *g, uint32_t worker);
struct relay_ring_head *relay_layout_inject_head(
	const void *control, const struct relay_geometry *g, uint32_t worker);
struct relay_record *relay_layout_records(
	const void *control, const struct relay_geometry *g, uint32_t worker);

#endif
