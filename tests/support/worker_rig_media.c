/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_status.h"
#include "worker_rig.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void worker_rig_link(struct worker_rig *r)
{
	struct relay_attach_offer offer;

	assert_int_equal(relay_region_create(&r->control, RELAY_ROLE_CONTROL,
				 relay_layout_control_bytes(&r->geometry), relay_layout_hash()),
		0);
	offer = (struct relay_attach_offer){
		.hello = {.region_bytes = r->control.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = r->geometry},
		.region_fd = fcntl(r->control.fd, F_DUPFD_CLOEXEC, 0),
		.wake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	};
	assert_int_equal(link_open(&offer, r->data.base, &r->geometry, &r->link), 0);
	(void)close(offer.region_fd);
	for (uint32_t i = 0; i < r->n_workers; i++)
		atomic_store(&r->w[i]->link, r->link);
}

void worker_rig_unlink(struct worker_rig *r)
{
	if (r->link == NULL)
		return;
	for (uint32_t i = 0; i < r->n_workers; i++) {
		atomic_store(&r->w[i]->link, NULL);
		link_reset(r->data.base, &r->geometry, i);
	}
	(void)close(r->link->wake_fd);
	link_close(r->link);
	r->link = NULL;
	relay_region_close(&r->control);
}

uint32_t worker_rig_generation(uint32_t index)
{
	return index + 100;
}

static void master_of(const struct worker_rig_key *key, uint8_t bytes[46], struct kdf_master *m)
{
	const struct suite *suite = suite_get(key->suite);

	for (uint32_t i = 0; i < 46; i++)
		bytes[i] = (uint8_t)(key->seed * 7 + i * 3);
	*m = (struct kdf_master){bytes, suite->key_len, bytes + 32, suite->salt_len};
}

static void fill_crypto(struct relay_crypto *c, const struct worker_rig_key *key)
{
	uint8_t bytes[46];
	struct kdf_master master;

	if (key == NULL) {
		c->suite = RELAY_PLAIN;
		return;
	}
	master_of(key, bytes, &master);
	c->suite = (uint8_t)key->suite;
	c->rtp_lifetime = key->rtp_lifetime;
	assert_int_equal(kdf_derive(suite_get(key->suite), &master, &c->session), SRTP_OK);
}

static struct relay_route route_to(const struct worker_rig_endpoint *e, uint32_t to)
{
	return (struct relay_route){to, to == e->index ? 0 : worker_rig_generation(to)};
}

struct relay_command worker_rig_command(
	const struct worker_rig_endpoint *e, struct relay_record *record)
{
	uint32_t rtcp_to = e->rtcp_to != 0 ? e->rtcp_to : e->to;

	*record = (struct relay_record){
		.endpoint = e->index, .generation = worker_rig_generation(e->index)};
	fill_crypto(&record->ingress, e->ingress);
	fill_crypto(&record->egress, e->egress);
	return (struct relay_command){
		.version = RELAY_ABI_VERSION,
		.type = RELAY_COMMAND_INSTALL,
		.set = RELAY_SET_ALL,
		.endpoint = e->index,
		.generation = worker_rig_generation(e->index),
		.local = e->local,
		.remote = e->remote,
		.kind = RELAY_KIND_PORT,
		.source = e->source != 0 ? e->source : RELAY_SOURCE_STRICT,
		.media = e->media != 0 ? e->media : RELAY_MEDIA_MUXED,
		.dscp = e->dscp,
		.learn_ds = e->learn_ds,
		.routes = {route_to(e, e->to), route_to(e, rtcp_to)},
	};
}

void worker_rig_install(struct worker_rig *r, const struct worker_rig_endpoint *e)
{
	struct worker *w = r->w[relay_layout_port_worker(e->local.port, r->n_workers)];
	struct relay_record record;
	const struct relay_command c = worker_rig_command(e, &record);

	assert_int_equal(endpoint_command(&w->endpoints, &c, &record, w->clock.now_ms), RELAY_OK);
	endpoint_resolved(&w->endpoints, e->index, c.generation, &e->remote, e->destination);
}

void worker_rig_oracle(struct oracle *o, const struct worker_rig_key *key, bool protect)
{
	uint8_t bytes[46];
	struct kdf_master master;

	master_of(key, bytes, &master);
	oracle_open(o, &(struct oracle_params){
			       .suite = suite_get(key->suite),
			       .master = &master,
			       .protect = protect,
			       .window = 128,
		       });
}

void worker_rig_receive(uint32_t port, uint32_t worker, const struct rig_frame *f)
{
	uint8_t frame[RIG_FRAME_MAX];
	uint32_t len = rig_frame_build(frame, f);

	worker_rig_put(port, worker, worker_rig_mbuf(frame, len));
}

static void check_identity(const struct relay_counts *c)
{
	uint64_t dropped = 0;

	for (uint32_t i = 0; i < RELAY_DROP_COUNT; i++)
		dropped += c->drops[i];
	assert_int_equal(c->counts[RELAY_COUNTER_RX],
		c->counts[RELAY_COUNTER_TX] + c->counts[RELAY_COUNTER_PUNT] + dropped);
}

/* The snapshot is of what was published, as any reader sees it. */
struct relay_counts worker_rig_run(struct worker_rig *r, uint32_t worker)
{
	struct worker *w = r->w[worker];
	struct relay_counts before, after;

	assert_true(relay_counters_read(w->published, &before));
	do {
		assert_true(relay_counters_read(w->published, &after));
		check_identity(&after);
	} while (worker_poll(w) > 0);
	for (uint32_t i = 0; i < RELAY_COUNTER_COUNT; i++)
		after.counts[i] -= before.counts[i];
	for (uint32_t i = 0; i < RELAY_DROP_COUNT; i++)
		after.drops[i] -= before.drops[i];
	return after;
}
