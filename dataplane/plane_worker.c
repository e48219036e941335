/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_worker.h"

#include "log.h"
#include "notice.h"
#include "question.h"
#include "srtp_engine.h"

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_ring_elem.h>

enum { HANDOFF_SLOTS = 1024, KERNEL_SLOTS = 1024, QUESTION_SLOTS = 4096 };

static int no_memory(uint32_t id, const char *what)
{
	log_line(LOG_LEVEL_ERROR, "worker",
		"id=%u no memory for %s: raise eal.memory_mb (and hugepages), or lower "
		"media.endpoints",
		id, what);
	return -ENOMEM;
}

static int make_rings(struct worker *w, int socket)
{
	const unsigned flags = RING_F_SP_ENQ | RING_F_SC_DEQ;
	char name[RTE_RING_NAMESIZE];

	(void)snprintf(name, sizeof(name), "to_kernel_%u", w->id);
	w->to_kernel = rte_ring_create(name, KERNEL_SLOTS, socket, flags);
	(void)snprintf(name, sizeof(name), "from_kernel_%u", w->id);
	w->from_kernel = rte_ring_create(name, KERNEL_SLOTS, socket, flags);
	(void)snprintf(name, sizeof(name), "questions_%u", w->id);
	w->questions = rte_ring_create_elem(
		name, sizeof(struct worker_question), QUESTION_SLOTS, socket, flags);
	(void)snprintf(name, sizeof(name), "answers_%u", w->id);
	/* larger: main asks nothing more while there is no room for the answers */
	w->answers = rte_ring_create_elem(
		name, sizeof(struct worker_question), QUESTION_SLOTS, socket, flags);
	if (w->to_kernel == NULL || w->from_kernel == NULL || w->questions == NULL ||
		w->answers == NULL)
		return no_memory(w->id, "rings");
	return 0;
}

static int make_pool(const struct hwprofile *profile, struct worker *w, int socket)
{
	size_t bytes = ((size_t)profile->crypto_memory_mb << 20) / profile->n_workers;
	struct context_pool_page *pages;
	struct endpoints *e = &w->endpoints;
	void *arena;

	bytes = bytes < CONTEXT_POOL_PAGE ? CONTEXT_POOL_PAGE : bytes;
	e->pool = rte_zmalloc_socket("context_pool", sizeof(*e->pool), 64, socket);
	pages = rte_zmalloc_socket(
		"context_pages", bytes / CONTEXT_POOL_PAGE * sizeof(*pages), 64, socket);
	arena = rte_zmalloc_socket("context_arena", bytes, 64, socket);
	if (e->pool == NULL || pages == NULL || arena == NULL) {
		rte_free(pages);
		rte_free(arena);
		return no_memory(w->id, "SRTP contexts");
	}
	context_pool_init(e->pool, arena, bytes, pages);
	return 0;
}

static int make_endpoints(const struct plane *p, struct worker *w, int socket)
{
	const struct hwprofile *profile = p->profile;
	uint32_t n = p->geometry.endpoints / p->geometry.workers;
	size_t ports =
		endpoint_ports_bytes(p->local.n, profile->media_port_min, profile->media_port_max);
	struct endpoints *e = &w->endpoints;

	*e = (struct endpoints){
		.slots = p->slots,
		.cold = p->cold,
		.records = relay_layout_endpoints(p->region.base, &p->geometry),
		.first = w->id * n,
		.n = n,
		.worker = w->id,
		.n_workers = p->geometry.workers,
		.port_min = profile->media_port_min,
		.port_max = profile->media_port_max,
		.local = &p->local,
	};
	e->ports = rte_zmalloc_socket("ports", ports, 64, socket);
	e->backlog = rte_zmalloc_socket("backlog", n * sizeof(*e->backlog), 64, socket);
	if (e->ports == NULL || e->backlog == NULL)
		return no_memory(w->id, "the port table");
	return make_pool(profile, w, socket);
}

static int make_engine(const struct hwprofile *profile, struct worker *w)
{
	enum srtp_status status = srtp_engine_create(profile->crypto_backend, NULL, &w->engine);

	if (status != SRTP_OK) {
		log_line(LOG_LEVEL_ERROR, "worker", "id=%u crypto_backend=%s: %s", w->id,
			profile->crypto_backend != NULL ? profile->crypto_backend : "auto",
			srtp_status_help(status));
		return -ENODEV;
	}
	w->endpoints.engine = w->engine;
	return 0;
}

static void add_vlans(const struct hwprofile *profile, uint32_t i, struct classify_port *frames)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < profile->n_addresses; k++) {
		if (profile->addresses[k].port != i)
			continue;
		classify_port_add(frames, profile->addresses[k].vlan);
		n++;
	}
	for (uint32_t k = 0; k < profile->n_neighbours; k++) {
		if (profile->neighbours[k].port == i)
			classify_port_add(frames, profile->neighbours[k].vlan);
	}
	if (n == 0) /* another port's addresses may be reached by it */
		classify_port_add(frames, 0);
}

/* With an exception path, routes lead through whatever VLAN the administrator makes on the TAP, at
 * any time, and media come back by it. A promiscuous port without one takes frames to any MAC: its
 * peers are told a MAC of their own choice, as nobody answers ARP there. */
void plane_worker_frames(const struct hwprofile *profile, uint32_t i, const uint8_t mac[6],
	struct classify_port *frames)
{
	const struct hwprofile_port *port = &profile->ports[i];
	bool alone = port->exception == HWPROFILE_EXCEPTION_NONE;

	classify_port_init(frames, alone && port->promiscuous ? NULL : mac);
	if (alone)
		add_vlans(profile, i, frames);
	else
		classify_port_add_all(frames);
}

static void set_ports(const struct plane *p, struct worker *w)
{
	const struct hwprofile_worker *row = &p->profile->workers[w->id];

	w->n_ports = p->profile->n_ports;
	for (uint32_t i = 0; i < w->n_ports; i++) {
		const struct hwprofile_port *port = &p->profile->ports[i];

		w->ports[i] = (struct worker_port){
			.port_id = p->ports[i].port_id,
			.tx_queue = (uint16_t)w->id,
			.rx_verify = port->rx_checksum != HWPROFILE_CHECKSUM_OFF,
			.tx_offload = p->ports[i].tx_offload,
			.to_kernel = p->exception.taps[i] != NULL,
		};
		plane_worker_frames(p->profile, i, p->ports[i].mac, &w->ports[i].frames);
		if (row->queue[i] != HWPROFILE_NO_QUEUE)
			w->queues[w->n_queues++] = (struct worker_queue){
				p->ports[i].port_id, row->queue[i], (uint8_t)i};
	}
}

static void set_policy(const struct hwprofile *profile, struct worker *w)
{
	w->burst = profile->burst;
	w->punt_bucket = worker_bucket_of(profile->punt_pps);
	w->peer_bucket = worker_bucket_of(QUESTION_PEERS_A_SECOND);
	w->stranger_bucket = worker_bucket_of(QUESTION_STRANGERS_A_SECOND);
	w->move_bucket = worker_bucket_of(QUESTION_MOVES_A_SECOND);
	w->fragment_bucket = worker_bucket_of(CLASSIFY_FRAGMENTS_PPS);
	w->notice_bucket = worker_bucket_of(NOTICE_PPS);
	w->backoff = profile->idle == HWPROFILE_IDLE_BACKOFF;
	w->idle_polls = profile->idle_polls;
	w->idle_sleep_us = profile->idle_sleep_us;
	w->stage_cycles = profile->stage_cycles;
}

static int fill(const struct plane *p, struct worker *w, int socket)
{
	int err = make_rings(w, socket);

	if (err == 0)
		err = make_endpoints(p, w, socket);
	if (err == 0)
		err = make_engine(p->profile, w);
	if (err != 0)
		return err;
	w->n_workers = p->profile->n_workers;
	w->pool = p->pool;
	w->neighbours = neighbour_table(p->neighbour);
	w->published = relay_layout_counters(p->region.base, &p->geometry, w->id);
	set_ports(p, w);
	set_policy(p->profile, w);
	return 0;
}

int plane_worker_create(const struct plane *p, uint32_t id, struct worker **worker)
{
	unsigned lcore = p->profile->workers[id].core;
	int socket = (int)rte_lcore_to_socket_id(lcore);
	struct worker *w = rte_zmalloc_socket("worker", sizeof(*w), 64, socket);
	int err;

	if (w == NULL)
		return no_memory(id, "a worker");
	w->id = id;
	err = fill(p, w, socket);
	if (err != 0) {
		plane_worker_destroy(w);
		return err;
	}
	*worker = w;
	return 0;
}

void plane_worker_destroy(struct worker *w)
{
	if (w == NULL)
		return;
	for (uint32_t i = 0; i < RELAY_WORKERS_MAX; i++)
		rte_ring_free(w->handoff_out[i]);
	rte_ring_free(w->to_kernel);
	rte_ring_free(w->from_kernel);
	rte_ring_free(w->questions);
	rte_ring_free(w->answers);
	srtp_engine_destroy(w->engine);
	if (w->endpoints.pool != NULL) {
		rte_free(w->endpoints.pool->arena);
		rte_free(w->endpoints.pool->pages);
	}
	rte_free(w->endpoints.pool);
	rte_free(w->endpoints.ports);
	rte_free(w->endpoints.backlog);
	rte_free(w);
}

int plane_worker_connect(struct worker *const workers[], uint32_t n)
{
	for (uint32_t i = 0; i < n * n; i++) {
		uint8_t from = (uint8_t)(i / n), to = (uint8_t)(i % n);
		char name[RTE_RING_NAMESIZE];
		struct rte_ring *ring;

		if (from == to)
			continue;
		(void)snprintf(name, sizeof(name), "handoff_%hhu_%hhu", from, to);
		ring = rte_ring_create(
			name, HANDOFF_SLOTS, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (ring == NULL)
			return no_memory(from, "hand-off rings");
		workers[from]->handoff_out[to] = ring;
		workers[to]->handoff_in[from] = ring;
	}
	return 0;
}
