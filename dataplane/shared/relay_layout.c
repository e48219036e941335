/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_layout.h"

#include "relay_status.h"

/* Offsets of one worker's parts, from the start of its area. */
struct data_area {
	size_t counters, command_tail, inject_tail, event, punt, bytes;
};

struct control_area {
	size_t event_tail, punt_tail, command, records, inject, bytes;
};

enum {
	INFO_OFF = sizeof(struct relay_region_header),
	ADDRESSES_OFF = INFO_OFF + sizeof(struct relay_info),
	PORTS_OFF = ADDRESSES_OFF + RELAY_ADDRESSES_MAX * sizeof(struct relay_sockaddr),
	WORKERS_OFF = PORTS_OFF + RELAY_PORTS_MAX * sizeof(struct relay_port_counters),
	CONTROL_OFF = sizeof(struct relay_region_header),
};

_Static_assert(PORTS_OFF % 64 == 0 && WORKERS_OFF % 64 == 0, "counters are aligned");

static size_t ring_bytes(uint32_t slots, size_t slot_bytes)
{
	return sizeof(struct relay_ring_head) + slots * slot_bytes;
}

static struct data_area data_area(const struct relay_geometry *g)
{
	struct data_area a = {.counters = 0};

	a.command_tail = a.counters + sizeof(struct relay_worker_counters);
	a.inject_tail = a.command_tail + sizeof(struct relay_ring_tail);
	a.event = a.inject_tail + sizeof(struct relay_ring_tail);
	a.punt = a.event + ring_bytes(g->event_slots, RELAY_MESSAGE_BYTES);
	a.bytes = a.punt + ring_bytes(g->punt_slots, RELAY_PACKET_BYTES);
	return a;
}

static struct control_area control_area(const struct relay_geometry *g)
{
	struct control_area a = {.event_tail = 0};

	a.punt_tail = a.event_tail + sizeof(struct relay_ring_tail);
	a.command = a.punt_tail + sizeof(struct relay_ring_tail);
	a.records = a.command + ring_bytes(g->command_slots, RELAY_MESSAGE_BYTES);
	a.inject = a.records + (size_t)g->command_slots * RELAY_RECORD_BYTES;
	a.bytes = a.inject + ring_bytes(g->inject_slots, RELAY_PACKET_BYTES);
	return a;
}

static bool slots_valid(uint32_t slots)
{
	return slots >= RELAY_RING_MIN && slots <= RELAY_RING_MAX && (slots & (slots - 1)) == 0;
}

static bool geometry_valid(const struct relay_geometry *g)
{
	return g->workers >= 1 && g->workers <= RELAY_WORKERS_MAX &&
	       slots_valid(g->command_slots) && slots_valid(g->event_slots) &&
	       slots_valid(g->punt_slots) && slots_valid(g->inject_slots) &&
	       g->endpoints >= g->workers && g->endpoints <= RELAY_ENDPOINTS_MAX &&
	       g->endpoints % g->workers == 0;
}

size_t relay_layout_data_bytes(const struct relay_geometry *g)
{
	size_t bytes;

	if (!geometry_valid(g))
		return 0;
	bytes = WORKERS_OFF + g->workers * data_area(g).bytes +
		g->endpoints * sizeof(struct relay_endpoint);
	return (bytes + RELAY_REGION_HUGEPAGE - 1) / RELAY_REGION_HUGEPAGE * RELAY_REGION_HUGEPAGE;
}

size_t relay_layout_control_bytes(const struct relay_geometry *g)
{
	return geometry_valid(g) ? CONTROL_OFF + g->workers * control_area(g).bytes : 0;
}

static void *at(const void *base, size_t off)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): -Wcast-qual leaves no other way */
	return (void *)((uintptr_t)base + off);
}

static size_t data_off(const struct relay_geometry *g, uint32_t worker)
{
	return WORKERS_OFF + worker * data_area(g).bytes;
}

static size_t control_off(const struct relay_geometry *g, uint32_t worker)
{
	return CONTROL_OFF + worker * control_area(g).bytes;
}

struct relay_info *relay_layout_info(const void *data)
{
	return at(data, INFO_OFF);
}

struct relay_sockaddr *relay_layout_addresses(const void *data)
{
	return at(data, ADDRESSES_OFF);
}

struct relay_port_counters *relay_layout_ports(const void *data)
{
	return at(data, PORTS_OFF);
}

struct relay_endpoint *relay_layout_endpoints(const void *data, const struct relay_geometry *g)
{
	return at(data, data_off(g, g->workers));
}

#define DATA_PART(name, type, part)                                                                \
	type *relay_layout_##name(                                                                 \
		const void *data, const struct relay_geometry *g, uint32_t worker)                 \
	{                                                                                          \
		return at(data, data_off(g, worker) + data_area(g).part);                          \
	}

#define CONTROL_PART(name, type, part)                                                             \
	type *relay_layout_##name(                                                                 \
		const void *control, const struct relay_geometry *g, uint32_t worker)              \
	{                                                                                          \
		return at(control, control_off(g, worker) + control_area(g).part);                 \
	}

DATA_PART(counters, struct relay_worker_counters, counters)
DATA_PART(command_tail, struct relay_ring_tail, command_tail)
DATA_PART(inject_tail, struct relay_ring_tail, inject_tail)
DATA_PART(event_head, struct relay_ring_head, event)
DATA_PART(punt_head, struct relay_ring_head, punt)
CONTROL_PART(event_tail, struct relay_ring_tail, event_tail)
CONTROL_PART(punt_tail, struct relay_ring_tail, punt_tail)
CONTROL_PART(command_head, struct relay_ring_head, command)
CONTROL_PART(inject_head, struct relay_ring_head, inject)
CONTROL_PART(records, struct relay_record, records)

/* The contract, field by field: what the hash is made of and the golden file shows. */
/* clang-format off */
#define FIELDS(S, F)                                                                             \
	S(relay_region_header) F(relay_region_header, magic)                                     \
		F(relay_region_header, abi_version) F(relay_region_header, role)                 \
		F(relay_region_header, bytes) F(relay_region_header, instance)                   \
		F(relay_region_header, layout_hash)                                              \
	S(relay_info) F(relay_info, tsc_hz) F(relay_info, media_port_min)                        \
		F(relay_info, n_ports) F(relay_info, endpoint_bytes) F(relay_info, engine)       \
		F(relay_info, profile) F(relay_info, beat) F(relay_info, geometry)                                       \
	S(relay_sockaddr) F(relay_sockaddr, ip) F(relay_sockaddr, port)                          \
		F(relay_sockaddr, family)                                                        \
	S(relay_ring_head) F(relay_ring_head, head)                                              \
	S(relay_ring_tail) F(relay_ring_tail, tail) F(relay_ring_tail, asleep)                   \
	S(relay_command) F(relay_command, version) F(relay_command, type)                        \
		F(relay_command, set) F(relay_command, cookie) F(relay_command, endpoint)        \
		F(relay_command, generation) F(relay_command, local) F(relay_command, remote)    \
		F(relay_command, kind) F(relay_command, source) F(relay_command, media)          \
		F(relay_command, dscp) F(relay_command, learn_ds) F(relay_command, clock_khz)    \
		F(relay_command, routes)                                                         \
	S(relay_record) F(relay_record, ingress) F(relay_record, egress)                         \
		F(relay_record, endpoint) F(relay_record, generation)                            \
	S(relay_crypto) F(relay_crypto, suite) F(relay_crypto, mki_len)                          \
		F(relay_crypto, n_ssrcs) F(relay_crypto, mki) F(relay_crypto, rtp_lifetime)      \
		F(relay_crypto, rtcp_lifetime) F(relay_crypto, rtp_used)                         \
		F(relay_crypto, key_name)                                                        \
		F(relay_crypto, rtcp_used) F(relay_crypto, session) F(relay_crypto, ssrcs)       \
		F(relay_crypto, n_parked) F(relay_crypto, parked) F(relay_crypto, retired)       \
	S(relay_ssrc) F(relay_ssrc, ssrc) F(relay_ssrc, roc) F(relay_ssrc, rtcp_index)           \
		F(relay_ssrc, seq) F(relay_ssrc, rtp_valid) F(relay_ssrc, rtcp_valid)            \
	S(relay_event) F(relay_event, version) F(relay_event, type) F(relay_event, status)       \
		F(relay_event, cookie) F(relay_event, endpoint) F(relay_event, generation)       \
		F(relay_event, remote) F(relay_event, count)                                     \
	S(relay_packet) F(relay_packet, endpoint) F(relay_packet, generation)                    \
		F(relay_packet, remote) F(relay_packet, len) F(relay_packet, class)              \
		F(relay_packet, data)                                                            \
	S(relay_worker_counters) F(relay_worker_counters, counts)                                \
		F(relay_worker_counters, drops) F(relay_worker_counters, stage_cycles)           \
	S(relay_port_counters)                                                                   \
	S(relay_endpoint) F(relay_endpoint, version) F(relay_endpoint, since_ms)                 \
		F(relay_endpoint, identity) F(relay_endpoint, rx_packets)                        \
		F(relay_endpoint, first) F(relay_endpoint, dropped)                              \
		F(relay_endpoint, auth_failed) F(relay_endpoint, tx_packets)                     \
		F(relay_endpoint, egress) F(relay_endpoint, egress_last)                         \
		F(relay_endpoint, rtcp_packets) F(relay_endpoint, streams_full)                  \
		F(relay_endpoint, went_back)                                                     \
		F(relay_endpoint, others) F(relay_endpoint, tx_lost)                             \
		F(relay_endpoint, ingress_key) F(relay_endpoint, egress_key)                     \
		F(relay_endpoint, rtcp_sent) F(relay_endpoint, ingress_past)                     \
		F(relay_endpoint, egress_past)                                                   \
	S(relay_past) F(relay_past, parked) F(relay_past, retired)                               \
	S(relay_identity) F(relay_identity, state) F(relay_identity, ingress_suite)              \
		F(relay_identity, generation) F(relay_identity, local)                           \
		F(relay_identity, remote) F(relay_identity, routes)                              \
		F(relay_identity, clock_khz)                                                     \
	S(relay_ingress) F(relay_ingress, top) F(relay_ingress, ssrc) F(relay_ingress, rtcp)     \
		F(relay_ingress, base) F(relay_ingress, received) F(relay_ingress, jitter)       \
		F(relay_ingress, transit) F(relay_ingress, seen_ms)                              \
	S(relay_egress) F(relay_egress, top) F(relay_egress, ssrc) F(relay_egress, rtcp)
/* clang-format on */

struct row {
	const char *type, *field; /* field NULL: the whole */
	size_t value;
};

#define SIZE_ROW(type)        {#type, NULL, sizeof(struct type)},
#define FIELD_ROW(type, name) {#type, #name, offsetof(struct type, name)},
static const struct row rows[] = {FIELDS(SIZE_ROW, FIELD_ROW)};

/* The order of these is part of the contract, too: they are read by index. */
static const char *name_at(const struct relay_counter_row *names, uint32_t i)
{
	return names == NULL ? relay_status_name(i) : names[i].name;
}

static const struct list {
	const char *what;
	const struct relay_counter_row *names; /* NULL: statuses */
	uint32_t n;
} lists[] = {
	{"worker counters", relay_counters_worker_rows, RELAY_COUNTER_COUNT},
	{"drops", relay_counters_drop_rows, RELAY_DROP_COUNT},
	{"port counters", relay_counters_port_rows, RELAY_PORT_COUNT},
	{"statuses", NULL, RELAY_STATUS_COUNT},
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

/* FNV-1a, a word at a time */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * UINT64_C(0x100000001b3);
}

uint64_t relay_layout_hash(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		hash = mix(hash, rows[i].value + (rows[i].field == NULL ? UINT64_C(1) << 32 : 0));
	for (size_t l = 0; l < LISTS; l++)
		for (uint32_t i = 0; i < lists[l].n; i++)
			for (const char *c = name_at(lists[l].names, i); *c != '\0'; c++)
				hash = mix(hash, (uint8_t)*c);
	return hash;
}

void relay_layout_print(FILE *out)
{
	(void)fprintf(out, "abi %u\n", RELAY_ABI_VERSION);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].field == NULL)
			(void)fprintf(out, "struct %s: %zu bytes\n", rows[i].type, rows[i].value);
		else
			(void)fprintf(out, "  %s at %zu\n", rows[i].field, rows[i].value);
	}
	for (size_t l = 0; l < LISTS; l++) {
		(void)fprintf(out, "%s:\n", lists[l].what);
		for (uint32_t i = 0; i < lists[l].n; i++)
			(void)fprintf(out, "  %u %s\n", i, name_at(lists[l].names, i));
	}
}
