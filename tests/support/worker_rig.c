/* SPDX-License-Identifier: BSD-3-Clause */
#include "worker_rig.h"

#include "notice.h"

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_ring_elem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	BUFFERS = 1023,
	WIRE_SLOTS = 256,
	HANDOFF_SLOTS = 16,
	KERNEL_SLOTS = 16,
	QUESTION_SLOTS = 64,
	POOL_BYTES = 16 * CONTEXT_POOL_PAGE,
	DESTINATIONS = 6,
	START_US = 1000000000,
};

static struct rte_mempool *pool;
static uint16_t port_ids[WORKER_RIG_PORTS];
static struct rte_ring *rx_rings[WORKER_RIG_PORTS][WORKER_RIG_WORKERS];
static struct rte_ring *tx_rings[WORKER_RIG_PORTS][WORKER_RIG_WORKERS];

static struct rte_ring *make_ring(const char *what, uint32_t a, uint32_t b, uint32_t slots)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	(void)snprintf(name, sizeof(name), "%s_%u_%u", what, a, b);
	ring = rte_ring_create(name, slots, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(ring);
	return ring;
}

static struct rte_ring *make_question_ring(const char *what, uint32_t worker)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	(void)snprintf(name, sizeof(name), "%s_%u", what, worker);
	ring = rte_ring_create_elem(name, sizeof(struct worker_question), QUESTION_SLOTS,
		SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(ring);
	return ring;
}

static void make_port(uint32_t port)
{
	const struct rte_eth_conf conf = {.rxmode = {.mtu = 1500}};
	char name[16];
	int id;

	for (uint32_t q = 0; q < WORKER_RIG_WORKERS; q++) {
		rx_rings[port][q] = make_ring("rx", port, q, WIRE_SLOTS);
		tx_rings[port][q] = make_ring("tx", port, q, WIRE_SLOTS);
	}
	(void)snprintf(name, sizeof(name), "rig%u", port);
	id = rte_eth_from_rings(
		name, rx_rings[port], WORKER_RIG_WORKERS, tx_rings[port], WORKER_RIG_WORKERS, 0);
	assert_true(id >= 0);
	port_ids[port] = (uint16_t)id;
	assert_int_equal(rte_eth_dev_configure(
				 port_ids[port], WORKER_RIG_WORKERS, WORKER_RIG_WORKERS, &conf),
		0);
	for (uint32_t q = 0; q < WORKER_RIG_WORKERS; q++) {
		assert_int_equal(rte_eth_rx_queue_setup(
					 port_ids[port], (uint16_t)q, WIRE_SLOTS, 0, NULL, pool),
			0);
		assert_int_equal(
			rte_eth_tx_queue_setup(port_ids[port], (uint16_t)q, WIRE_SLOTS, 0, NULL),
			0);
	}
	assert_int_equal(rte_eth_dev_start(port_ids[port]), 0);
}

int worker_rig_setup(void **state)
{
	static char args[][20] = {"rig", "--no-huge", "--no-pci", "--no-shconf", "-m", "128",
		"--no-telemetry", "--log-level=error", "-l", "0"};
	char *argv[sizeof(args) / sizeof(args[0]) + 1];
	int argc = (int)(sizeof(args) / sizeof(args[0]));

	(void)state;
	for (int i = 0; i < argc; i++)
		argv[i] = args[i];
	if (rte_eal_init(argc, argv) < 0) {
		(void)fprintf(stderr, "SKIP: no EAL without hugepages here\n");
		_exit(77); /* stderr is not buffered */
	}
	/* no cache: what is in the pool can be counted, and taken */
	pool = rte_pktmbuf_pool_create(
		"rig", BUFFERS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	assert_non_null(pool);
	for (uint32_t port = 0; port < WORKER_RIG_PORTS; port++)
		make_port(port);
	oracle_setup();
	return 0;
}

int worker_rig_teardown(void **state)
{
	(void)state;
	oracle_teardown();
	for (uint32_t port = 0; port < WORKER_RIG_PORTS; port++) {
		assert_int_equal(rte_eth_dev_stop(port_ids[port]), 0);
		assert_int_equal(rte_eth_dev_close(port_ids[port]), 0);
		for (uint32_t q = 0; q < WORKER_RIG_WORKERS; q++) {
			rte_ring_free(rx_rings[port][q]);
			rte_ring_free(tx_rings[port][q]);
		}
	}
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

static void *zeroed(size_t bytes)
{
	size_t whole = (bytes + 63) / 64 * 64;
	void *p = aligned_alloc(64, whole);

	assert_non_null(p);
	memset(p, 0, whole);
	return p;
}

static struct neighbour_hop make_hop(bool vlan, uint8_t type0, uint8_t type1)
{
	const struct neighbour_hop plain = {
		.l2 = {2, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, type0, type1},
		.l2_len = 14,
		.port = 0,
		.mtu = WORKER_RIG_MTU,
	};
	const struct neighbour_hop tagged = {
		.l2 = {2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, WORKER_RIG_VLAN, type0,
			type1},
		.l2_len = 18,
		.port = 1,
		.mtu = WORKER_RIG_MTU,
	};

	return vlan ? tagged : plain;
}

static void make_hops(struct worker_rig *r)
{
	r->hops = zeroed(4 * sizeof(*r->hops));
	r->hops[0] = make_hop(false, 0x08, 0x00);
	r->hops[1] = make_hop(true, 0x08, 0x00);
	r->hops[2] = make_hop(false, 0x86, 0xdd);
	r->hops[3] = make_hop(true, 0x86, 0xdd);
	r->neighbours = zeroed(sizeof(*r->neighbours) + DESTINATIONS * sizeof(void *));
	r->neighbours->n = DESTINATIONS;
	atomic_store(&r->neighbours->hops[WORKER_RIG_PLAIN_HOP], &r->hops[0]);
	atomic_store(&r->neighbours->hops[WORKER_RIG_VLAN_HOP], &r->hops[1]);
	atomic_store(&r->neighbours->hops[WORKER_RIG_PLAIN_HOP6], &r->hops[2]);
	atomic_store(&r->neighbours->hops[WORKER_RIG_VLAN_HOP6], &r->hops[3]);
}

static void make_pool(struct endpoints *e)
{
	e->pool = zeroed(sizeof(*e->pool));
	context_pool_init(e->pool, zeroed(POOL_BYTES), POOL_BYTES,
		zeroed(POOL_BYTES / CONTEXT_POOL_PAGE * sizeof(struct context_pool_page)));
}

static void make_endpoints(struct worker_rig *r, struct worker *w)
{
	uint32_t n = r->geometry.endpoints / r->n_workers;

	w->endpoints = (struct endpoints){
		.slots = r->slots,
		.cold = r->cold,
		.records = relay_layout_endpoints(r->data.base, &r->geometry),
		.first = w->id * n,
		.n = n,
		.worker = w->id,
		.n_workers = r->n_workers,
		.ports = zeroed(endpoint_ports_bytes(
			r->local.n, WORKER_RIG_MEDIA_MIN, WORKER_RIG_MEDIA_MAX)),
		.port_min = WORKER_RIG_MEDIA_MIN,
		.port_max = WORKER_RIG_MEDIA_MAX,
		.local = &r->local,
		.engine = w->engine,
		.backlog = zeroed(n * sizeof(uint32_t)),
	};
	make_pool(&w->endpoints);
}

static void make_ports(struct worker *w)
{
	w->n_queues = w->n_ports = WORKER_RIG_PORTS;
	for (uint32_t i = 0; i < WORKER_RIG_PORTS; i++) {
		w->queues[i] = (struct worker_queue){port_ids[i], (uint16_t)w->id, (uint8_t)i};
		w->ports[i] = (struct worker_port){.port_id = port_ids[i],
			.tx_queue = (uint16_t)w->id,
			.rx_verify = true,
			.to_kernel = i == 0};
		classify_port_init(&w->ports[i].frames, rig_frame_mac);
		classify_port_add(&w->ports[i].frames, 0);
		classify_port_add(&w->ports[i].frames, WORKER_RIG_VLAN);
	}
}

static struct worker *make_worker(struct worker_rig *r, uint32_t id)
{
	struct worker *w = zeroed(sizeof(*w));

	w->id = id;
	w->n_workers = r->n_workers;
	w->burst = BATCH_MAX;
	w->pool = pool;
	w->neighbours = r->neighbours;
	w->published = relay_layout_counters(r->data.base, &r->geometry, id);
	w->punt_bucket = (struct worker_bucket){.step_us = 100000, .depth_us = 1000000};
	w->notice_bucket =
		(struct worker_bucket){.step_us = 1000000 / NOTICE_PPS, .depth_us = 100000};
	w->clock.base_us = w->clock.now_us = START_US;
	w->clock.now_ms = START_US / 1000;
	assert_int_equal(srtp_engine_create(NULL, NULL, &w->engine), SRTP_OK);
	make_endpoints(r, w);
	make_ports(w);
	w->to_kernel = make_ring("to_kernel", id, 0, KERNEL_SLOTS);
	w->from_kernel = make_ring("from_kernel", id, 0, KERNEL_SLOTS);
	w->questions = make_question_ring("questions", id);
	w->answers = make_question_ring("answers", id);
	return w;
}

void worker_rig_open(struct worker_rig *r, uint32_t n_workers)
{
	const struct relay_sockaddr ipv4 = rig_frame_ipv4(1, 0), ipv6 = rig_frame_ipv6(1, 0);

	*r = (struct worker_rig){.geometry = fake_plane_geometry, .n_workers = n_workers};
	r->geometry.workers = n_workers;
	r->geometry.command_slots = r->geometry.event_slots = 16; /* more than a turn takes */
	assert_int_equal(relay_region_create(&r->data, RELAY_ROLE_DATA,
				 relay_layout_data_bytes(&r->geometry), relay_layout_hash()),
		0);
	assert_true(local_add(&r->local, &ipv4) && local_add(&r->local, &ipv6));
	r->slots = zeroed(r->geometry.endpoints * sizeof(*r->slots));
	r->cold = zeroed(r->geometry.endpoints * sizeof(*r->cold));
	make_hops(r);
	for (uint32_t i = 0; i < n_workers; i++)
		r->w[i] = make_worker(r, i);
	if (n_workers < 2)
		return;
	r->w[0]->handoff_out[1] = r->w[1]->handoff_in[0] =
		make_ring("handoff", 0, 1, HANDOFF_SLOTS);
	r->w[1]->handoff_out[0] = r->w[0]->handoff_in[1] =
		make_ring("handoff", 1, 0, HANDOFF_SLOTS);
}

static void free_packets(struct rte_ring *ring)
{
	void *m = NULL;

	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

static void free_worker(struct worker *w)
{
	endpoint_wipe_all(&w->endpoints);
	assert_int_equal(w->endpoints.pool->used_bytes, 0);
	srtp_engine_destroy(w->engine);
	free_packets(w->to_kernel);
	free_packets(w->from_kernel);
	for (uint32_t i = 0; i < WORKER_RIG_WORKERS; i++) {
		if (w->handoff_out[i] != NULL)
			free_packets(w->handoff_out[i]);
	}
	rte_ring_free(w->questions);
	rte_ring_free(w->answers);
	free(w->endpoints.pool->arena);
	free(w->endpoints.pool->pages);
	free(w->endpoints.pool);
	free(w->endpoints.ports);
	free(w->endpoints.backlog);
	free(w);
}

/* All buffers are there, each once: a leak makes too few, a double free one that comes twice. */
static void check_pool(void)
{
	void *all[BUFFERS + 1];

	assert_int_equal(rte_mempool_avail_count(pool), BUFFERS);
	assert_int_equal(rte_mempool_get_bulk(pool, all, BUFFERS), 0);
	for (uint32_t i = 0; i < BUFFERS; i++) {
		uint8_t *mark = (uint8_t *)((struct rte_mbuf *)all[i])->buf_addr;

		*mark = 1;
	}
	for (uint32_t i = 0; i < BUFFERS; i++) {
		uint8_t *mark = (uint8_t *)((struct rte_mbuf *)all[i])->buf_addr;

		assert_int_equal(*mark, 1);
		*mark = 0;
	}
	rte_mempool_put_bulk(pool, all, BUFFERS);
}

void worker_rig_close(struct worker_rig *r)
{
	worker_rig_unlink(r);
	for (uint32_t i = 0; i < r->n_workers; i++)
		free_worker(r->w[i]);
	for (uint32_t i = 0; i < WORKER_RIG_PORTS * WORKER_RIG_WORKERS; i++)
		(void)worker_rig_drain(i / WORKER_RIG_WORKERS, i % WORKER_RIG_WORKERS);
	free(r->slots);
	free(r->cold);
	free(r->neighbours);
	free(r->hops);
	relay_region_close(&r->data);
	check_pool();
}

struct rte_mbuf *worker_rig_mbuf(const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data;

	if (m == NULL)
		return NULL;
	data = rte_pktmbuf_append(m, (uint16_t)len);
	assert_non_null(data);
	memcpy(data, frame, len);
	return m;
}

void worker_rig_put(uint32_t port, uint32_t worker, struct rte_mbuf *m)
{
	assert_non_null(m);
	assert_int_equal(rte_ring_enqueue(rx_rings[port][worker], m), 0);
}

uint32_t worker_rig_sent(uint32_t port, uint32_t worker, uint8_t out[RIG_FRAME_MAX])
{
	void *m = NULL;
	uint32_t len;

	if (rte_ring_dequeue(tx_rings[port][worker], &m) != 0)
		return 0;
	len = rte_pktmbuf_pkt_len((struct rte_mbuf *)m);
	assert_int_equal(((struct rte_mbuf *)m)->nb_segs, 1);
	assert_int_equal(rte_pktmbuf_data_len((struct rte_mbuf *)m), len);
	assert_true(len <= RIG_FRAME_MAX);
	memcpy(out, rte_pktmbuf_mtod((struct rte_mbuf *)m, void *), len);
	rte_pktmbuf_free(m);
	return len;
}

uint32_t worker_rig_clog(uint32_t port, uint32_t worker)
{
	uint32_t n = 0;

	for (; rte_ring_free_count(tx_rings[port][worker]) > 0; n++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		assert_non_null(m);
		assert_int_equal(rte_ring_enqueue(tx_rings[port][worker], m), 0);
	}
	return n;
}

uint32_t worker_rig_drain(uint32_t port, uint32_t worker)
{
	uint32_t n = 0;
	void *m = NULL;

	for (; rte_ring_dequeue(rx_rings[port][worker], &m) == 0; n++)
		rte_pktmbuf_free(m);
	for (; rte_ring_dequeue(tx_rings[port][worker], &m) == 0; n++)
		rte_pktmbuf_free(m);
	return n;
}
