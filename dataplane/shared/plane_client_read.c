/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_client_impl.h"

#include "relay_seqlock.h"

#include <errno.h>

static const struct relay_endpoint *record_of(const struct plane_client *c, uint32_t endpoint)
{
	return &relay_layout_endpoints(c->data.base, &c->geometry)[endpoint];
}

void plane_client_info(const struct plane_client *c, struct relay_info *out)
{
	const struct relay_info *from = relay_layout_info(c->data.base);

	memcpy(out, from, sizeof(*out));
	atomic_signal_fence(memory_order_acq_rel);
	out->engine[sizeof(out->engine) - 1] = '\0';
	out->profile[sizeof(out->profile) - 1] = '\0';
	if (out->n_ports > RELAY_PORTS_MAX)
		out->n_ports = RELAY_PORTS_MAX;
}

uint32_t plane_client_addresses(
	const struct plane_client *c, struct relay_sockaddr out[RELAY_ADDRESSES_MAX])
{
	uint32_t n = 0;

	memcpy(out, relay_layout_addresses(c->data.base), RELAY_ADDRESSES_MAX * sizeof(*out));
	atomic_signal_fence(memory_order_acq_rel);
	for (uint32_t i = 0; i < RELAY_ADDRESSES_MAX; i++) {
		if (!relay_address_valid(&out[i]))
			memset(&out[i], 0, sizeof(out[i]));
		if (out[i].family != RELAY_FAMILY_NONE)
			n = i + 1;
	}
	return n;
}

static bool suite_valid(uint8_t suite)
{
	return suite < SUITE_COUNT || suite == RELAY_PLAIN;
}

static bool identity_valid(const struct relay_identity *i)
{
	if (i->state == RELAY_STATE_FREE)
		return true;
	return i->state <= RELAY_STATE_GONE && i->kind == RELAY_KIND_PORT &&
	       i->source >= RELAY_SOURCE_STRICT && i->source <= RELAY_SOURCE_ANY &&
	       i->media >= RELAY_MEDIA_RTP && i->media <= RELAY_MEDIA_MUXED && i->dscp <= 63 &&
	       suite_valid(i->ingress_suite) && suite_valid(i->egress_suite) && i->locked <= 1 &&
	       i->local.address < RELAY_ADDRESSES_MAX && relay_address_valid(&i->remote);
}

int plane_client_read(
	const struct plane_client *c, uint32_t endpoint, struct relay_endpoint_view *out)
{
	bool whole;

	if (endpoint >= c->geometry.endpoints)
		return -EINVAL;
	whole = relay_endpoint_read(record_of(c, endpoint), out);
	if (identity_valid(&out->identity))
		return whole ? 0 : -EAGAIN;
	/* for who looks at it all the same */
	memset(&out->identity, 0, sizeof(out->identity));
	return whole ? -EPROTO : -EAGAIN;
}

bool plane_client_identity(
	const struct plane_client *c, uint32_t endpoint, struct relay_identity *out)
{
	const struct relay_endpoint *e = record_of(c, endpoint);
	struct relay_seqlock_reader r;

	/* of the record's first line alone: a directory of a million is walked with this */
	RELAY_SEQLOCK_READ(r, &e->version)
	relay_seqlock_copy_out(out, &e->identity, sizeof(*out));
	return r.consistent;
}

uint32_t plane_client_next(const struct plane_client *c, uint32_t from)
{
	struct relay_identity identity = {.state = RELAY_STATE_FREE};

	for (; from < c->geometry.endpoints; from++) {
		(void)plane_client_identity(c, from, &identity);
		if (identity.state == RELAY_STATE_LIVE)
			return from;
	}
	return c->geometry.endpoints;
}

int plane_client_counters(const struct plane_client *c, uint32_t worker, struct relay_counts *out)
{
	if (worker >= c->geometry.workers)
		return -EINVAL;
	return relay_counters_read(relay_layout_counters(c->data.base, &c->geometry, worker), out)
		       ? 0
		       : -EAGAIN;
}

static void add(struct relay_counts *to, const struct relay_counts *from)
{
	for (uint32_t i = 0; i < RELAY_COUNTER_COUNT; i++)
		to->counts[i] += from->counts[i];
	for (uint32_t i = 0; i < RELAY_DROP_COUNT; i++)
		to->drops[i] += from->drops[i];
	for (uint32_t i = 0; i < RELAY_STAGE_COUNT; i++)
		to->stage_cycles[i] += from->stage_cycles[i];
}

int plane_client_total(const struct plane_client *c, struct relay_counts *out)
{
	struct relay_counts total = {.counts = {0}}, one;

	for (uint32_t i = 0; i < c->geometry.workers; i++) {
		int err = plane_client_counters(c, i, &one);

		if (err != 0)
			return err;
		add(&total, &one);
	}
	*out = total;
	return 0;
}

int plane_client_port(const struct plane_client *c, uint32_t port, uint64_t out[RELAY_PORT_COUNT])
{
	const struct relay_port_counters *from = relay_layout_ports(c->data.base);

	if (port >= RELAY_PORTS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < RELAY_PORT_COUNT; i++)
		out[i] = atomic_load_explicit(&from[port].counts[i], memory_order_relaxed);
	return 0;
}
