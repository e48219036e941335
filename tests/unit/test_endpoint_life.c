/* SPDX-License-Identifier: BSD-3-Clause */
/* An endpoint's life: keys that come, change and go, slots and ports used again, and the queue of
 * those whose next hop is not known. */
#include "endpoints_rig.h"
#include "fixture.h"
#include "relay_endpoint_view.h"

enum { CM = SUITE_AES_CM_128_HMAC_SHA1_80, OLD = 0x5a, NEW = 0xa5, SSRC = 0x1234, ROOM = 128 };

static struct endpoints_rig *rig;

static int open_rig(void **state)
{
	(void)state;
	rig = endpoints_rig_open(2, fixture_engines[0]);
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	endpoints_rig_close(rig);
	return 0;
}

static struct endpoint *slot_of(uint32_t i)
{
	return &rig->e.slots[rig->e.first + i];
}

static struct relay_endpoint_view view_of(uint32_t i)
{
	struct relay_endpoint_view view;

	assert_true(relay_endpoint_read(&rig->e.records[rig->e.first + i], &view));
	return view;
}

static struct relay_command install(uint32_t i, uint32_t generation, uint8_t suite)
{
	struct relay_command c = endpoints_rig_install(rig, i, generation);

	assert_int_equal(endpoints_rig_command(rig, &c, suite, OLD), RELAY_OK);
	return c;
}

static struct relay_command update_of(const struct relay_command *installed, uint8_t set)
{
	struct relay_command c = *installed;

	c.type = RELAY_COMMAND_UPDATE;
	c.set = set;
	return c;
}

static void remove_slot(const struct relay_command *installed)
{
	struct relay_command c = *installed;

	c.type = RELAY_COMMAND_REMOVE;
	assert_int_equal(endpoints_rig_command(rig, &c, RELAY_PLAIN, 0), RELAY_OK);
}

/* --- keys --- */

static struct srtp_ctx *peer(uint8_t key, enum srtp_direction direction)
{
	const struct relay_crypto c = endpoints_rig_crypto(CM, key);
	const struct srtp_ctx_params p = {
		.suite = (enum suite_id)CM, .direction = direction, .session = &c.session};

	return fixture_ctx(rig->e.engine, &p);
}

/* A packet of the peer's, as slot 0 takes it. */
static enum srtp_status ingress_takes(struct srtp_ctx *from, enum srtp_kind kind, uint16_t seq)
{
	uint8_t data[ROOM];
	struct srtp_pkt p = fixture_pkt(data, kind, SSRC, seq);

	assert_int_equal(fixture_run_one(rig->e.engine, from, SRTP_PROTECT, &p), SRTP_OK);
	return fixture_run_one(rig->e.engine, slot_of(0)->ingress, SRTP_UNPROTECT, &p);
}

static enum srtp_status egress_seals(uint16_t seq)
{
	uint8_t data[ROOM];
	struct srtp_pkt p = fixture_pkt(data, SRTP_RTP, SSRC, seq);

	return fixture_run_one(rig->e.engine, slot_of(0)->egress, SRTP_PROTECT, &p);
}

static void rekey_second_context_bad_leaves_the_first(void **state)
{
	struct relay_command c = install(0, 1, CM);
	const struct relay_command u = update_of(&c, RELAY_SET_INGRESS | RELAY_SET_EGRESS);
	struct relay_record r = endpoints_rig_record(&u, CM, NEW);
	struct srtp_ctx *from = peer(OLD, SRTP_PROTECT);

	(void)state;
	assert_int_equal(ingress_takes(from, SRTP_RTP, 1), SRTP_OK);
	r.egress.rtp_used = UINT64_MAX;
	endpoints_rig_keep(rig);
	assert_int_equal(endpoint_command(&rig->e, &u, &r, 0), RELAY_BAD_CRYPTO);
	assert_true(endpoints_rig_same(rig));
	assert_int_equal(ingress_takes(from, SRTP_RTP, 2), SRTP_OK);
	srtp_ctx_destroy(from);
}

/* A shorter tag under the same master key: the session keys are those of the slot, whose indices
 * must not come again. */
static void same_keys_shorter_tag_refused_stream_goes_on(void **state)
{
	const uint8_t shorter = SUITE_AES_CM_128_HMAC_SHA1_32;
	struct relay_command c = install(0, 1, CM);
	struct srtp_ctx *from = peer(OLD, SRTP_PROTECT);

	(void)state;
	assert_int_equal(ingress_takes(from, SRTP_RTP, 1), SRTP_OK);
	assert_int_equal(egress_seals(1), SRTP_OK);
	endpoints_rig_keep(rig);
	for (uint32_t i = 0; i < 2; i++) {
		const struct relay_command u =
			update_of(&c, i == 0 ? RELAY_SET_INGRESS : RELAY_SET_EGRESS);

		assert_int_equal(endpoints_rig_command(rig, &u, shorter, OLD), RELAY_BAD_CRYPTO);
		assert_true(endpoints_rig_same(rig));
	}
	assert_int_equal(egress_seals(1), SRTP_REPLAYED);
	assert_int_equal(egress_seals(2), SRTP_OK);
	assert_int_equal(ingress_takes(from, SRTP_RTP, 2), SRTP_OK);
	srtp_ctx_destroy(from);
}

static void rekey_begins_streams_anew(void **state)
{
	struct relay_command c = install(0, 1, CM);
	const struct relay_command u = update_of(&c, RELAY_SET_INGRESS | RELAY_SET_EGRESS);
	const struct relay_command in = update_of(&c, RELAY_SET_INGRESS);
	struct relay_record r = endpoints_rig_record(&u, CM, NEW);
	struct srtp_ctx *old = peer(OLD, SRTP_PROTECT), *new = peer(NEW, SRTP_PROTECT);
	size_t used = rig->pool.used_bytes;

	(void)state;
	relay_endpoint_set_ingress(&rig->e.records[rig->e.first], 0, SSRC, 900 | RELAY_SEEN_RTP, 0);
	relay_endpoint_set_egress(&rig->e.records[rig->e.first], 0, SSRC, 900 | RELAY_SEEN_RTP, 0);
	assert_int_equal(view_of(0).n_ingress, 1);
	slot_of(0)->flags |= ENDPOINT_INGRESS_TOLD | ENDPOINT_EGRESS_TOLD;
	r.ingress.key_name = 0x1234567890abcdef;
	r.egress.key_name = 7;
	assert_int_equal(endpoint_command(&rig->e, &u, &r, 0), RELAY_OK);
	assert_int_equal(rig->pool.used_bytes, used);
	assert_int_equal(view_of(0).n_ingress, 0);
	assert_int_equal(view_of(0).n_egress, 0);
	assert_int_equal(view_of(0).ingress_key, r.ingress.key_name);
	assert_int_equal(view_of(0).egress_key, 7);
	/* one direction, to plain: the other's name stays */
	assert_int_equal(endpoints_rig_command(rig, &in, RELAY_PLAIN, 0), RELAY_OK);
	assert_int_equal(view_of(0).ingress_key, 0);
	assert_int_equal(view_of(0).egress_key, 7);
	assert_int_equal(endpoint_command(&rig->e, &in, &r, 0), RELAY_OK);
	assert_int_equal(view_of(0).ingress_key, r.ingress.key_name);
	assert_int_equal(slot_of(0)->flags & (ENDPOINT_INGRESS_TOLD | ENDPOINT_EGRESS_TOLD), 0);
	assert_int_equal(ingress_takes(old, SRTP_RTP, 901), SRTP_TAG_MISMATCH);
	assert_int_equal(ingress_takes(new, SRTP_RTP, 5), SRTP_OK);
	assert_int_equal(egress_seals(5), SRTP_OK);
	srtp_ctx_destroy(old);
	srtp_ctx_destroy(new);
}

static void update_to_plain_and_back_holds_what_it_needs(void **state)
{
	struct relay_command c = install(0, 1, CM);
	const struct relay_command in = update_of(&c, RELAY_SET_INGRESS);
	const struct relay_command out = update_of(&c, RELAY_SET_EGRESS);
	size_t used = rig->pool.used_bytes;

	(void)state;
	assert_int_equal(endpoints_rig_command(rig, &in, RELAY_PLAIN, 0), RELAY_OK);
	assert_null(slot_of(0)->ingress);
	assert_non_null(slot_of(0)->egress);
	assert_int_equal(rig->pool.used_bytes, used / 2);
	assert_int_equal(view_of(0).identity.ingress_suite, RELAY_PLAIN);
	assert_int_equal(view_of(0).identity.egress_suite, CM);
	assert_int_equal(endpoints_rig_command(rig, &out, RELAY_PLAIN, 0), RELAY_OK);
	assert_int_equal(rig->pool.used_bytes, 0);
	assert_int_equal(endpoints_rig_command(rig, &in, CM, NEW), RELAY_OK);
	assert_int_equal(endpoints_rig_command(rig, &out, CM, NEW), RELAY_OK);
	assert_int_equal(rig->pool.used_bytes, used);
}

static void takeover_packets_at_or_before_refused(void **state)
{
	static const struct srtp_ssrc_state sent = {SSRC, 0, 40000, true, true, 8};
	struct srtp_ssrc_state now;
	struct relay_command c = endpoints_rig_install(rig, 0, 1);
	struct relay_record r = endpoints_rig_record(&c, CM, OLD);
	struct srtp_ctx *before = peer(OLD, SRTP_PROTECT), *after = peer(OLD, SRTP_PROTECT);

	(void)state;
	r.ingress.n_ssrcs = r.egress.n_ssrcs = 1;
	r.ingress.ssrcs[0] = r.egress.ssrcs[0] = (struct relay_ssrc){SSRC, 0, 8, 40000, 1, 1};
	assert_int_equal(endpoint_command(&rig->e, &c, &r, 0), RELAY_OK);
	assert_int_equal(view_of(0).ingress[0].state.seq, 40000);
	assert_int_equal(view_of(0).ingress[0].expected, 0);
	assert_int_equal(view_of(0).egress[0].rtcp_index, 8);
	assert_int_equal(ingress_takes(before, SRTP_RTP, 39999), SRTP_REPLAYED);
	assert_int_equal(ingress_takes(before, SRTP_RTP, 40000), SRTP_REPLAYED);
	assert_int_equal(ingress_takes(before, SRTP_RTP, 40001), SRTP_OK);
	for (uint32_t i = 0; i <= 8; i++)
		assert_int_equal(ingress_takes(before, SRTP_RTCP, 0), SRTP_REPLAYED);
	assert_int_equal(srtp_ctx_get_ssrc(slot_of(0)->egress, SSRC, &now), SRTP_OK);
	assert_int_equal(now.rtcp_index, 8);
	assert_int_equal(srtp_ctx_set_ssrc(after, &sent), SRTP_OK);
	assert_int_equal(ingress_takes(after, SRTP_RTCP, 0), SRTP_OK); /* index 9 */
	assert_int_not_equal(egress_seals(40000), SRTP_OK);
	assert_int_equal(egress_seals(40001), SRTP_OK);
	srtp_ctx_destroy(before);
	srtp_ctx_destroy(after);
}

static bool pool_holds(uint8_t key)
{
	uint32_t run = 0;

	for (size_t i = 0; i < ENDPOINTS_RIG_POOL; i++) {
		run = rig->pool.arena[i] == key ? run + 1 : 0;
		if (run == 8)
			return true;
	}
	return false;
}

static void keys_gone_leave_no_byte(void **state)
{
	struct relay_command c = install(0, 1, SUITE_AEAD_AES_256_GCM);
	const struct relay_command u = update_of(&c, RELAY_SET_INGRESS | RELAY_SET_EGRESS);

	(void)state;
	assert_true(pool_holds(OLD));
	assert_int_equal(endpoints_rig_command(rig, &u, CM, NEW), RELAY_OK);
	assert_false(pool_holds(OLD));
	assert_true(pool_holds(NEW));
	remove_slot(&c);
	assert_false(pool_holds(NEW));
	assert_int_equal(rig->pool.used_bytes, 0);
	(void)install(0, 2, CM);
	assert_true(pool_holds(OLD));
	endpoint_wipe_all(&rig->e);
	assert_false(pool_holds(OLD));
}

/* --- slots and ports --- */

static void remove_keeps_the_record_install_begins_it(void **state)
{
	struct relay_command c = install(0, 5, CM);
	struct relay_endpoint *r = &rig->e.records[rig->e.first];

	(void)state;
	atomic_store(&r->rx_packets, 33);
	relay_endpoint_set_egress(r, 0, SSRC, 77 | RELAY_SEEN_RTP, 0);
	remove_slot(&c);
	assert_int_equal(view_of(0).identity.state, RELAY_STATE_GONE);
	assert_int_equal(view_of(0).identity.generation, 5);
	assert_int_equal(view_of(0).rx_packets, 33);
	assert_int_equal(view_of(0).egress[0].seq, 77);
	assert_int_equal(slot_of(0)->generation, 0);
	assert_int_equal(slot_of(0)->live, 0);
	(void)install(0, 6, RELAY_PLAIN);
	assert_int_equal(view_of(0).identity.state, RELAY_STATE_LIVE);
	assert_int_equal(view_of(0).identity.generation, 6);
	assert_int_equal(view_of(0).rx_packets, 0);
	assert_int_equal(view_of(0).n_egress, 0);
}

static void port_used_again_finds_the_new_slot(void **state)
{
	struct relay_command a = install(0, 1, RELAY_PLAIN);
	struct relay_command b = endpoints_rig_install(rig, 3, 1);

	(void)state;
	b.local = a.local;
	assert_int_equal(endpoints_rig_command(rig, &b, RELAY_PLAIN, 0), RELAY_PORT_IN_USE);
	b.local.address = ENDPOINTS_RIG_V6; /* the same port there is another */
	b.remote = endpoints_rig_remote(200, 9);
	assert_int_equal(endpoints_rig_command(rig, &b, RELAY_PLAIN, 0), RELAY_OK);
	assert_int_equal(*endpoint_port(&rig->e, 0, a.local.port), a.endpoint + 1);
	assert_int_equal(*endpoint_port(&rig->e, 1, a.local.port), b.endpoint + 1);
	assert_int_equal(slot_of(3)->header[0] >> 4, 6);
	remove_slot(&a);
	remove_slot(&b);
	b.local = a.local;
	b.remote = a.remote;
	b.generation = 2;
	assert_int_equal(endpoints_rig_command(rig, &b, RELAY_PLAIN, 0), RELAY_OK);
	assert_int_equal(*endpoint_port(&rig->e, 0, a.local.port), b.endpoint + 1);
	assert_int_equal(*endpoint_port(&rig->e, 1, a.local.port), 0);
}

/* --- destinations --- */

struct question {
	uint32_t index, generation;
	struct relay_sockaddr addr;
};

static bool next_question(struct question *q)
{
	return endpoint_next_unresolved(&rig->e, &q->index, &q->generation, &q->addr);
}

static void answer(const struct question *q, uint32_t destination)
{
	endpoint_resolved(&rig->e, q->index, q->generation, &q->addr, destination);
}

static void point(const struct relay_command *installed, uint8_t host, uint16_t port)
{
	struct relay_command u = update_of(installed, RELAY_SET_REMOTE);

	u.remote = endpoints_rig_remote(host, port);
	assert_int_equal(endpoints_rig_command(rig, &u, RELAY_PLAIN, 0), RELAY_OK);
}

static void backlog_asks_once_in_order(void **state)
{
	struct relay_command c[ENDPOINTS_RIG_SLOTS];
	struct question q;

	(void)state;
	for (uint32_t round = 1; round <= 3; round++) {
		for (uint32_t i = 0; i < ENDPOINTS_RIG_SLOTS; i++) {
			c[i] = install(i, round, RELAY_PLAIN);
			point(&c[i], (uint8_t)(10 + i), 4000); /* again, before it was asked */
		}
		for (uint32_t i = 0; i < ENDPOINTS_RIG_SLOTS; i++) {
			assert_true(next_question(&q));
			assert_int_equal(q.index, c[i].endpoint);
			assert_int_equal(q.generation, round);
			assert_int_equal(q.addr.ip[3], 10 + i);
			answer(&q, 100 + i);
			assert_int_equal(slot_of(i)->destination, 100 + i);
			/* the ring's start moves on, so that it wraps in the next round */
			if (i != 0)
				remove_slot(&c[i]);
		}
		assert_false(next_question(&q));
		point(&c[0], 99, 1);
		assert_true(next_question(&q));
		remove_slot(&c[0]);
	}
}

static void backlog_slot_gone_or_without_remote_not_asked(void **state)
{
	struct relay_command a = install(0, 1, RELAY_PLAIN), b = install(1, 1, RELAY_PLAIN);
	struct relay_command c = install(2, 1, RELAY_PLAIN);
	struct question q;

	(void)state;
	remove_slot(&a);
	point(&b, 0, 0);
	remove_slot(&c);
	(void)install(2, 2, RELAY_PLAIN); /* its entry is still there, and serves the new one */
	assert_true(next_question(&q));
	assert_int_equal(q.index, c.endpoint);
	assert_int_equal(q.generation, 2);
	assert_false(next_question(&q));
}

static void answer_stale_generation_ignored(void **state)
{
	struct relay_command c = install(0, 1, RELAY_PLAIN);
	struct question q;

	(void)state;
	assert_true(next_question(&q));
	remove_slot(&c);
	answer(&q, 5);
	assert_int_equal(slot_of(0)->destination, 0);
	(void)install(0, 2, RELAY_PLAIN);
	answer(&q, 5);
	assert_int_equal(slot_of(0)->destination, 0);
	q.index = 0; /* another worker's */
	answer(&q, 5);
	assert_int_equal(rig->e.slots[0].destination, 0);
}

/* The remote address moved on while the question was away. */
static void answer_for_another_host_ignored(void **state)
{
	struct relay_command c = install(0, 1, RELAY_PLAIN);
	struct question old, new;

	(void)state;
	assert_true(next_question(&old));
	point(&c, 2, 4000);
	answer(&old, 5);
	assert_int_equal(slot_of(0)->destination, 0);
	assert_true(next_question(&new));
	answer(&old, 5);
	assert_int_equal(slot_of(0)->destination, 0);
	answer(&new, 6);
	assert_int_equal(slot_of(0)->destination, 6);
	point(&c, 0, 0);
	answer(&new, 6);
	assert_int_equal(slot_of(0)->destination, 0);
}

static void same_host_keeps_its_destination(void **state)
{
	struct relay_command c = install(0, 1, RELAY_PLAIN);
	const struct relay_sockaddr port = endpoints_rig_remote(1, 4004);
	const struct relay_sockaddr host = endpoints_rig_remote(2, 4004);
	struct question q;

	(void)state;
	assert_true(next_question(&q));
	point(&c, 1, 4002);
	answer(&q, 5); /* the port does not matter to it */
	assert_int_equal(slot_of(0)->destination, 5);
	point(&c, 1, 4000);
	assert_int_equal(slot_of(0)->destination, 5);
	assert_int_equal(endpoint_learn(&rig->e, c.endpoint, &port, 0), ENDPOINT_MOVED);
	assert_int_equal(slot_of(0)->destination, 5);
	assert_false(next_question(&q));
	point(&c, 1, 4000);
	assert_int_equal(endpoint_learn(&rig->e, c.endpoint, &host, 0), ENDPOINT_MOVED);
	assert_int_equal(slot_of(0)->destination, 0);
	assert_true(next_question(&q));
	assert_true(relay_address_equal(&q.addr, &host));
}

#define LIFE_TEST(f) cmocka_unit_test_setup_teardown(f, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIFE_TEST(rekey_second_context_bad_leaves_the_first),
		LIFE_TEST(same_keys_shorter_tag_refused_stream_goes_on),
		LIFE_TEST(rekey_begins_streams_anew),
		LIFE_TEST(update_to_plain_and_back_holds_what_it_needs),
		LIFE_TEST(takeover_packets_at_or_before_refused),
		LIFE_TEST(keys_gone_leave_no_byte),
		LIFE_TEST(remove_keeps_the_record_install_begins_it),
		LIFE_TEST(port_used_again_finds_the_new_slot),
		LIFE_TEST(backlog_asks_once_in_order),
		LIFE_TEST(backlog_slot_gone_or_without_remote_not_asked),
		LIFE_TEST(answer_stale_generation_ignored),
		LIFE_TEST(answer_for_another_host_ignored),
		LIFE_TEST(same_host_keeps_its_destination),
	};

	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
