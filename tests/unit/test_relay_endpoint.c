/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_endpoint.h"

#include "relay_endpoint_view.h"
#include "relay_seqlock.h"
#include "support.h"

static struct relay_endpoint endpoint;

static int clear(void **state)
{
	(void)state;
	memset(&endpoint, 0, sizeof(endpoint));
	return 0;
}

static struct relay_identity identity_of(uint32_t generation)
{
	struct relay_identity i;

	memset(&i, (int)(generation & 0xff), sizeof(i));
	i.generation = generation;
	return i;
}

static void published_identity_is_read(void **state)
{
	const struct relay_identity i = identity_of(9);
	struct relay_endpoint_view view;

	(void)state;
	atomic_store(&endpoint.rx_packets, 5);
	relay_endpoint_publish(&endpoint, &i);
	assert_true(relay_endpoint_read(&endpoint, &view));
	assert_memory_equal(&view.identity, &i, sizeof(i));
	assert_int_equal(view.rx_packets, 5);
	assert_int_equal(atomic_load(&endpoint.version), 2);
}

static void begin_sets_all_numbers_to_zero(void **state)
{
	static const struct relay_endpoint zero;
	const struct relay_identity i = identity_of(10);
	struct relay_endpoint_view view;

	(void)state;
	memset(&endpoint.rx_packets, 0xff,
		sizeof(endpoint) - offsetof(struct relay_endpoint, rx_packets));
	relay_endpoint_begin(&endpoint, &i, 77);
	assert_true(relay_endpoint_read(&endpoint, &view));
	assert_int_equal(view.since_ms, 77);
	assert_int_equal(view.n_ingress, 0);
	assert_int_equal(view.n_egress, 0);
	assert_memory_equal(&endpoint.rx_packets, &zero.rx_packets,
		sizeof(endpoint) - offsetof(struct relay_endpoint, rx_packets));
}

static void half_written_record_is_filled_but_told(void **state)
{
	const struct relay_identity i = identity_of(11);
	struct relay_endpoint_view view;

	(void)state;
	relay_endpoint_publish(&endpoint, &i);
	atomic_store(&endpoint.egress[0].top, 4711 | RELAY_SEEN_RTP);
	relay_seqlock_begin(&endpoint.version); /* and the writer dies */
	memset(&view, 0, sizeof(view));
	assert_false(relay_endpoint_read(&endpoint, &view));
	assert_int_equal(view.identity.generation, 11);
	assert_int_equal(view.egress[0].seq, 4711);
	relay_seqlock_end(&endpoint.version);
	assert_true(relay_endpoint_read(&endpoint, &view));
}

/* RFC 3550 A.3: extended highest sequence - first + 1 were expected; lost is what of these did not
 * come, negative if there were duplicates. A.8: jitter is kept times 16. */
static void loss_and_jitter_follow_rfc_3550(void **state)
{
	static const struct {
		uint64_t top;
		uint32_t base, received, jitter, shown;
		uint64_t expected;
		int64_t lost;
	} rows[] = {
		{1000, 1000, 1, 0, 0, 1, 0},
		{1099, 1000, 100, 16, 1, 100, 0},
		{1099, 1000, 90, 159, 9, 100, 10},
		{1099, 1000, 103, 160, 10, 100, -3},
		{(UINT64_C(1) << 16) + 9, 65530, 16, 0, 0, 16, 0},    /* sequence wrapped */
		{(UINT64_C(5) << 32) + 3, 0xfffffffe, 4, 0, 0, 6, 2}, /* low half wrapped */
		{UINT64_C(0xffffffffffff), 0xffffffff, 1, 0xffffffff, 0x0fffffff, 1, 0},
	};
	struct relay_endpoint_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		atomic_store(&endpoint.first.top, rows[i].top | RELAY_SEEN_RTP);
		atomic_store(&endpoint.first.base, rows[i].base);
		atomic_store(&endpoint.first.received, rows[i].received);
		atomic_store(&endpoint.first.jitter, rows[i].jitter);
		assert_true(relay_endpoint_read(&endpoint, &view));
		assert_int_equal(view.n_ingress, 1);
		assert_int_equal(view.ingress[0].expected, rows[i].expected);
		assert_int_equal(view.ingress[0].received, rows[i].received);
		assert_true(view.ingress[0].lost == rows[i].lost);
		assert_int_equal(view.ingress[0].jitter, rows[i].shown);
		assert_int_equal(view.ingress[0].state.roc, (uint32_t)(rows[i].top >> 16));
		assert_int_equal(view.ingress[0].state.seq, (uint16_t)rows[i].top);
	}
}

static void streams_without_rtp_or_rtcp_are_left_out(void **state)
{
	struct relay_endpoint_view view;

	(void)state;
	atomic_store(&endpoint.others[0].ssrc, 2); /* a word of it, no more */
	atomic_store(&endpoint.others[1].ssrc, 3);
	atomic_store(&endpoint.others[1].rtcp, RELAY_SEEN_RTCP);
	atomic_store(&endpoint.others[2].ssrc, 4);
	atomic_store(&endpoint.others[2].top, RELAY_SEEN_RTP);
	atomic_store(&endpoint.egress_last.ssrc, 5);
	atomic_store(&endpoint.egress_last.rtcp, 123 | RELAY_SEEN_RTCP);
	assert_true(relay_endpoint_read(&endpoint, &view));
	assert_int_equal(view.n_ingress, 2);
	assert_int_equal(view.ingress[0].ssrc, 3);
	assert_int_equal(view.ingress[0].expected, 0);
	assert_false(view.ingress[0].state.rtp_valid);
	assert_true(view.ingress[0].state.rtcp_valid);
	assert_int_equal(view.ingress[1].ssrc, 4);
	assert_int_equal(view.n_egress, 1);
	assert_int_equal(view.egress[0].ssrc, 5);
	assert_int_equal(view.egress[0].rtcp_index, 123);
	assert_false(view.egress[0].rtp_valid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(published_identity_is_read, clear),
		cmocka_unit_test_setup(begin_sets_all_numbers_to_zero, clear),
		cmocka_unit_test_setup(half_written_record_is_filled_but_told, clear),
		cmocka_unit_test_setup(loss_and_jitter_follow_rfc_3550, clear),
		cmocka_unit_test_setup(streams_without_rtp_or_rtcp_are_left_out, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
