/* SPDX-License-Identifier: BSD-3-Clause */
/* A writer publishes identities and counters, readers take snapshots through a read-only mapping of
 * the region: no identity is torn, and rx == tx + punt + the drops in each. Run it under TSan. Exit
 * status 0 only if all held. Usage: stress_relay_region [ROUNDS] */
#include "relay_endpoint_view.h"
#include "relay_layout.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 2, ENDPOINTS = 4 };

static const struct relay_geometry geometry = {1, 8, 8, 8, 8, ENDPOINTS};
static uint64_t rounds = 100000;
static atomic_bool over;

struct reader {
	const void *data;
	uint64_t identities, counts, newest;
	const char *failed; /* NULL: all held */
};

/* Every byte follows from the generation, but those of the generation itself. */
static void fill(struct relay_identity *i, uint32_t generation)
{
	memset(i, (int)((generation * 31) & 0xff), sizeof(*i));
	i->generation = generation;
}

static void count(struct relay_counts *sums, uint64_t round)
{
	uint64_t burst = round % 64;

	sums->counts[RELAY_COUNTER_RX] += burst;
	sums->drops[round % RELAY_DROP_COUNT] += burst / 4;
	sums->counts[RELAY_COUNTER_PUNT] += burst / 8;
	sums->counts[RELAY_COUNTER_TX] += burst - burst / 4 - burst / 8;
}

static void write_all(const void *data)
{
	struct relay_endpoint *endpoints = relay_layout_endpoints(data, &geometry);
	struct relay_worker_counters *counters = relay_layout_counters(data, &geometry, 0);
	struct relay_counts sums = {.counts = {0}};
	struct relay_identity identity;

	for (uint64_t r = 1; r <= rounds; r++) {
		fill(&identity, (uint32_t)r);
		if (r % 3 == 0)
			relay_endpoint_begin(&endpoints[r % ENDPOINTS], &identity, (uint32_t)r);
		else
			relay_endpoint_publish(&endpoints[r % ENDPOINTS], &identity);
		count(&sums, r);
		relay_counters_publish(counters, &sums);
		if (r % 64 == 0)
			(void)sched_yield();
	}
	atomic_store_explicit(&over, true, memory_order_release);
}

static void read_identity(struct reader *r, uint32_t endpoint)
{
	struct relay_endpoint_view view;
	struct relay_identity want;

	if (!relay_endpoint_read(&relay_layout_endpoints(r->data, &geometry)[endpoint], &view))
		return;
	if (view.identity.generation == 0) /* not written yet */
		return;
	fill(&want, view.identity.generation);
	if (memcmp(&want, &view.identity, sizeof(want)) != 0 ||
		want.generation % ENDPOINTS != endpoint)
		r->failed = "identity torn";
	r->identities++;
}

static void read_counts(struct reader *r)
{
	struct relay_counts c;
	uint64_t out;

	if (!relay_counters_read(relay_layout_counters(r->data, &geometry, 0), &c))
		return;
	out = c.counts[RELAY_COUNTER_TX] + c.counts[RELAY_COUNTER_PUNT];
	for (uint32_t i = 0; i < RELAY_DROP_COUNT; i++)
		out += c.drops[i];
	if (out != c.counts[RELAY_COUNTER_RX])
		r->failed = "rx is not tx + punt + drops";
	if (c.counts[RELAY_COUNTER_RX] < r->newest)
		r->failed = "counters went back";
	r->newest = c.counts[RELAY_COUNTER_RX];
	r->counts++;
}

static void *reader_main(void *arg)
{
	struct reader *r = arg;

	/* once more after the end, when each read must succeed */
	for (uint32_t i = 0;
		r->failed == NULL && !atomic_load_explicit(&over, memory_order_acquire); i++) {
		read_identity(r, i % ENDPOINTS);
		read_counts(r);
	}
	for (uint32_t i = 0; i < ENDPOINTS; i++)
		read_identity(r, i);
	read_counts(r);
	if (r->failed == NULL && (r->identities < ENDPOINTS || r->counts == 0))
		r->failed = "nothing read at the end";
	return NULL;
}

static int report(const struct reader *r)
{
	(void)printf("reader: %llu identities, %llu snapshots of counters: %s\n",
		(unsigned long long)r->identities, (unsigned long long)r->counts,
		r->failed == NULL ? "ok" : r->failed);
	return r->failed == NULL ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct relay_region data, mapped;
	struct reader readers[READERS] = {{.data = NULL}};
	pthread_t threads[READERS];
	size_t bytes = relay_layout_data_bytes(&geometry);
	int failed = 0;

	if (argc > 1)
		rounds = strtoull(argv[1], NULL, 10);
	if (relay_region_create(&data, RELAY_ROLE_DATA, bytes, relay_layout_hash()) != 0 ||
		relay_region_map(&mapped, data.fd, RELAY_ROLE_DATA, bytes, relay_layout_hash()) !=
			0)
		return 1;
	for (uint32_t i = 0; i < READERS; i++) {
		/* one by a mapping of its own, which TSan can't tell to be the same memory */
		readers[i].data = i == 0 ? data.base : mapped.base;
		if (pthread_create(&threads[i], NULL, reader_main, &readers[i]) != 0)
			return 1;
	}
	write_all(data.base);
	for (uint32_t i = 0; i < READERS; i++) {
		(void)pthread_join(threads[i], NULL);
		failed |= report(&readers[i]);
	}
	relay_region_close(&mapped);
	relay_region_close(&data);
	return failed;
}
