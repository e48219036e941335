/* SPDX-License-Identifier: BSD-3-Clause */
/* The contract's sizes and offsets against a golden file, and the places of both regions. */
#include "relay_layout.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const char *golden;

static char *read_all(FILE *f)
{
	enum { ROOM = 65536 };
	char *text = calloc(1, ROOM);

	assert_non_null(text);
	assert_non_null(f);
	rewind(f);
	assert_true(fread(text, 1, ROOM - 1, f) > 0);
	(void)fclose(f);
	return text;
}

static void layout_is_as_the_golden_file_says(void **state)
{
	FILE *made = tmpfile();
	char *is, *was;
	bool same;

	(void)state;
	assert_non_null(made);
	relay_layout_print(made);
	is = read_all(made);
	was = read_all(fopen(golden, "re"));
	same = strcmp(is, was) == 0;
	free(is);
	free(was);
	if (!same) {
		print_error("The contract has changed. Peers of another build must notice: count "
			    "RELAY_ABI_VERSION up (relay_region.h), then write the file anew:\n"
			    "  test_relay_layout --print >tests/unit/relay_layout.golden\n");
		fail();
	}
}

/* A part of a region. */
struct area {
	const void *at;
	size_t bytes;
};

static int by_place(const void *a, const void *b)
{
	const struct area *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* They lie in the region one behind the other, aligned, and end where it ends. */
static void check_areas(
	struct area *areas, size_t n, const uint8_t *base, size_t bytes, size_t slack)
{
	const uint8_t *end = base;

	qsort(areas, n, sizeof(*areas), by_place);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = areas[i].at;

		assert_true(at >= end);
		assert_int_equal((uintptr_t)at % 64, 0);
		assert_true(at + areas[i].bytes <= base + bytes);
		end = at + areas[i].bytes;
	}
	assert_true(end <= base + bytes && end + slack >= base + bytes);
}

static size_t ring(uint32_t slots, size_t slot_bytes)
{
	return sizeof(struct relay_ring_head) + slots * slot_bytes;
}

/* Never touched, so there need be nothing. */
static const uint8_t *nowhere(void)
{
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	return (const uint8_t *)(UINT64_C(1) << 40);
}

static void check_data(const struct relay_geometry *g)
{
	const uint8_t *base = nowhere();
	struct area a[5 + 5 * RELAY_WORKERS_MAX];
	size_t n = 0;

	a[n++] = (struct area){base, sizeof(struct relay_region_header)};
	a[n++] = (struct area){relay_layout_info(base), sizeof(struct relay_info)};
	a[n++] = (struct area){
		relay_layout_addresses(base), RELAY_ADDRESSES_MAX * sizeof(struct relay_sockaddr)};
	a[n++] = (struct area){
		relay_layout_ports(base), RELAY_PORTS_MAX * sizeof(struct relay_port_counters)};
	a[n++] = (struct area){
		relay_layout_endpoints(base, g), g->endpoints * sizeof(struct relay_endpoint)};
	for (uint32_t w = 0; w < g->workers; w++) {
		a[n++] = (struct area){
			relay_layout_counters(base, g, w), sizeof(struct relay_worker_counters)};
		a[n++] = (struct area){
			relay_layout_command_tail(base, g, w), sizeof(struct relay_ring_tail)};
		a[n++] = (struct area){
			relay_layout_inject_tail(base, g, w), sizeof(struct relay_ring_tail)};
		a[n++] = (struct area){relay_layout_event_head(base, g, w),
			ring(g->event_slots, RELAY_MESSAGE_BYTES)};
		a[n++] = (struct area){relay_layout_punt_head(base, g, w),
			ring(g->punt_slots, RELAY_PACKET_BYTES)};
	}
	check_areas(a, n, base, relay_layout_data_bytes(g), RELAY_REGION_HUGEPAGE - 1);
}

static void check_control(const struct relay_geometry *g)
{
	const uint8_t *base = nowhere();
	struct area a[1 + 5 * RELAY_WORKERS_MAX];
	size_t n = 0;

	a[n++] = (struct area){base, sizeof(struct relay_region_header)};
	for (uint32_t w = 0; w < g->workers; w++) {
		a[n++] = (struct area){
			relay_layout_event_tail(base, g, w), sizeof(struct relay_ring_tail)};
		a[n++] = (struct area){
			relay_layout_punt_tail(base, g, w), sizeof(struct relay_ring_tail)};
		a[n++] = (struct area){relay_layout_command_head(base, g, w),
			ring(g->command_slots, RELAY_MESSAGE_BYTES)};
		a[n++] = (struct area){relay_layout_records(base, g, w),
			(size_t)g->command_slots * RELAY_RECORD_BYTES};
		a[n++] = (struct area){relay_layout_inject_head(base, g, w),
			ring(g->inject_slots, RELAY_PACKET_BYTES)};
	}
	check_areas(a, n, base, relay_layout_control_bytes(g), 0);
}

static void areas_are_disjoint_and_fill_the_region(void **state)
{
	static const struct relay_geometry rows[] = {
		{1, 8, 8, 8, 8, 1}, {1, 1024, 2048, 256, 128, 10000}, {3, 16, 8, 32, 8, 9},
		{32, 8, 8, 8, 8, 32},
		{32, 65536, 65536, 65536, 65536, 999968}, /* the largest: over 8 GB each */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_data(&rows[i]);
		check_control(&rows[i]);
	}
}

static void geometry_out_of_bounds_has_no_size(void **state)
{
	static const struct relay_geometry rows[] = {
		{0, 8, 8, 8, 8, 8},
		{33, 8, 8, 8, 8, 33},
		{UINT32_MAX, 8, 8, 8, 8, UINT32_MAX},
		{1, 4, 8, 8, 8, 8},
		{1, 8, 9, 8, 8, 8},
		{1, 8, 8, 131072, 8, 8},
		{1, 8, 8, 8, 0, 8},
		{1, 8, 8, 8, UINT32_C(1) << 31, 8},
		{1, 8, 8, 8, 8, 0},
		{2, 8, 8, 8, 8, 1},
		{2, 8, 8, 8, 8, 9}, /* not the same for each worker */
		{1, 8, 8, 8, 8, 1000001},
		{1, 8, 8, 8, 8, UINT32_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(relay_layout_data_bytes(&rows[i]), 0);
		assert_int_equal(relay_layout_control_bytes(&rows[i]), 0);
	}
}

static void pair_of_ports_shares_a_worker(void **state)
{
	uint32_t ports[RELAY_WORKERS_MAX] = {0};

	(void)state;
	for (uint32_t workers = 1; workers <= RELAY_WORKERS_MAX; workers++)
		for (uint32_t port = 0; port < 65536; port += 2) {
			uint32_t w = relay_layout_port_worker((uint16_t)port, workers);

			assert_true(w < workers);
			assert_int_equal(
				w, relay_layout_port_worker((uint16_t)(port + 1), workers));
			ports[w] += workers == RELAY_WORKERS_MAX;
		}
	for (uint32_t w = 0; w < RELAY_WORKERS_MAX; w++)
		assert_int_equal(ports[w], 65536 / 2 / RELAY_WORKERS_MAX);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_is_as_the_golden_file_says),
		cmocka_unit_test(areas_are_disjoint_and_fill_the_region),
		cmocka_unit_test(geometry_out_of_bounds_has_no_size),
		cmocka_unit_test(pair_of_ports_shares_a_worker),
	};

	if (argc != 2) {
		(void)fprintf(stderr, "usage: test_relay_layout GOLDEN_FILE | --print\n");
		return 2;
	}
	if (strcmp(argv[1], "--print") == 0) {
		relay_layout_print(stdout);
		return 0;
	}
	golden = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
