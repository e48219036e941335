/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls over the deaths of either plane. As in test_wiring.c, the rig asks last. */
#include "call_image.h"
#include "support.h"
#include "wiring_rig.h"

#include <stdlib.h>

#define A    NEGO_SRTP(1, NEGO_KEY_A)
#define B_CM NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)

static const struct wiring *w = &wiring_rig.wiring;

/* The control plane died: its calls come from their images, and nothing is known of ports. */
static void restart_ourselves(void)
{
	const struct call_image_clock clock = {.now_ms = 1, .now_us = 1};
	struct buffer image = {.limit = 1 << 20};
	struct call *call = nego_rig.bridge->call;
	uint64_t id = call->id;

	memcpy(call->owner, "o", 2);
	memcpy(call->listener, "l", 2);
	assert_int_equal(call_image_write(call, &clock, &image), 0);
	call_table_remove(nego_rig.calls, call);
	call_free(call);
	assert_int_equal(call_image_read(buffer_all(&image), &clock, nego_rig.calls, id, &call), 0);
	buffer_fini(&image);
	nego_rig.bridge = call->bridges;
	portpool_destroy(wiring_rig.pool);
	assert_int_equal(portpool_create(&nego_rig.config, 2, &wiring_rig.pool), 0);
	wiring_rig.wiring.pool = wiring_rig.pool;
}

static void remove_from_plane(uint32_t media, unsigned side, unsigned flow)
{
	struct call_flow *f = &nego_rig_leg(media, side)->flows[flow];

	assert_int_equal(dplink_remove(link_rig.link, f->slot, NULL, NULL, 0), 0);
	wiring_rig_settle();
	dplink_slot_give(link_rig.link, f->slot.endpoint);
}

static void adopted_call_goes_on_with_its_keys(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_true(wiring_adopt(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig_ports_taken(), 2);
	wiring_rig_call(1, B_CM, B_CM);
	assert_int_equal(wiring_rig.n_keys, 2);
}

static void spent_key_stays_spent_over_a_restart(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(nego_rig_answer("", NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP")
						     NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_C)),
		NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(nego_rig_leg(0, 1)->ours->keys[1].suite, RELAY_PLAIN);
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_true(wiring_adopt(w, nego_rig.bridge));
	assert_int_equal(nego_rig_leg(0, 1)->ours->n, NEGO_RIG_SUITES);
	assert_int_equal(nego_rig_leg(0, 1)->ours->keys[1].suite, RELAY_PLAIN);
	assert_int_equal(nego_rig_answer("", B_CM), NG_ERROR_CRYPTO);
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(wiring_rig.n_keys, 4);
	assert_int_equal(wiring_rig_live(), 4);
}

/* It went while its removal was not yet in the store, or was never installed: who can tell? */
static void encrypted_endpoint_that_is_missing_ends_its_media(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	remove_from_plane(0, 1, 0);
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_false(wiring_adopt(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
	assert_int_equal(wiring_rig_ports_taken(), 0);
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig.n_keys, 4);
}

/* We died with the command on its way: the slot shows an endpoint before ours. */
static void encrypted_endpoint_that_never_was_is_installed(void **state)
{
	struct call_flow *flow;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	remove_from_plane(0, 1, 0);
	flow = &nego_rig_leg(0, 1)->flows[0];
	flow->slot.generation++;
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_true(wiring_adopt(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	wiring_rig.repeated = 0; /* by the rig, which had it there */
}

/* We died between the ring and the store: the data plane has used other keys since. */
static void endpoint_with_newer_keys_ends_its_media(void **state)
{
	uint32_t endpoint;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	endpoint = nego_rig_leg(0, 1)->flows[0].slot.endpoint;
	atomic_store(&fake_plane_endpoint(&link_rig.plane, endpoint)->egress_key, 99);
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_false(wiring_adopt(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
}

static void plain_endpoint_that_is_missing_comes_again(void **state)
{
	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	remove_from_plane(0, 1, 0);
	assert_int_equal(wiring_rig_live(), 3);
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_true(wiring_adopt(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	assert_true(wiring_rig_goes(
		wiring_rig_flow(0, 0, 0), RELAY_ROUTE_RTP, wiring_rig_flow(0, 1, 0)));
	assert_true(wiring_rig_goes(
		wiring_rig_flow(0, 1, 0), RELAY_ROUTE_RTP, wiring_rig_flow(0, 0, 0)));
}

/* What no call knows of, as whoever starts removes it. */
static void remove_orphans(void)
{
	for (uint32_t i = 0; i < WIRING_RIG_ENDPOINTS; i++) {
		const struct relay_route slot = {i, wiring_rig.endpoints[i].generation};

		if (slot.generation == 0)
			continue;
		assert_int_equal(dplink_remove(link_rig.link, slot, NULL, NULL, 0), 0);
		dplink_slot_give(link_rig.link, i);
	}
	wiring_rig_settle();
}

static void port_of_somebody_else_is_not_ours(void **state)
{
	struct call_bridge *b;
	const struct relay_sockaddr *local = &nego_rig.config.interfaces[0].addresses[0].local;
	uint16_t port;

	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	restart_ourselves();
	b = nego_rig.bridge;
	port = nego_rig_leg(0, 0)->port;
	assert_int_equal(portpool_claim(wiring_rig.pool, local, port), 0);
	assert_false(wiring_claim_ports(w, b));
	assert_int_equal(nego_rig_leg(0, 0)->port, 0);
	assert_false(wiring_adopt(w, b));
	wiring_rig_settle();
	remove_orphans();
	assert_int_equal(wiring_rig_ports_taken(), 1);
	portpool_give(wiring_rig.pool, local, port, 1000);
}

static void plain_call_comes_into_another_data_plane(void **state)
{
	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	nego_rig_leg(0, 1)->flows[0].learned = nego_rig_leg(0, 1)->now.remote[0];
	nego_rig_leg(0, 1)->flows[0].learned.port = 4444;
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig_flow(0, 0, 0)->is.remote.port, 4000);
	assert_true(wiring_rig_goes(
		wiring_rig_flow(0, 0, 0), RELAY_ROUTE_RTP, wiring_rig_flow(0, 1, 0)));
}

/* Learned for good is learned for good: or the next data plane would take whoever comes first. */
static void source_that_was_locked_stays_so(void **state)
{
	struct relay_endpoint *shown;
	struct relay_identity identity;

	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	shown = fake_plane_endpoint(&link_rig.plane, nego_rig_leg(0, 1)->flows[0].slot.endpoint);
	identity = shown->identity;
	identity.locked = 1;
	identity.remote.port = 5555;
	relay_endpoint_publish(shown, &identity);
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_flow(0, 1, 0)->is.source, RELAY_SOURCE_STRICT);
	assert_int_equal(wiring_rig_flow(0, 1, 0)->is.remote.port, 5555);
	assert_int_equal(wiring_rig_flow(0, 0, 0)->is.source, RELAY_SOURCE_LEARN);
}

static void encrypted_call_brings_its_streams_or_has_no_media(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig.n_keys, 2);
	wiring_rig_call(0, A, B_CM); /* and on */
	assert_int_equal(wiring_rig.n_keys, 2);
	/* a second death, of which nothing is left to read */
	wiring_rig_replace_plane();
	dplink_takeover_done(link_rig.link);
	assert_false(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
	assert_int_equal(wiring_rig_ports_taken(), 0);
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(wiring_rig.n_keys, 4);
}

static struct relay_ssrc first_seen(unsigned side)
{
	struct relay_endpoint_view view;
	uint32_t endpoint = nego_rig_leg(0, side)->flows[0].slot.endpoint;

	assert_int_equal(dplink_read(link_rig.link, endpoint, &view), 0);
	assert_int_equal(view.n_ingress, 1);
	return view.ingress[0].state;
}

/* A key that a peer takes up again is behind what was sent under it, whoever died in between. */
static void peers_key_is_known_over_deaths(void **state)
{
	struct relay_ssrc was;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	wiring_rig_call(0, NEGO_SRTP(1, NEGO_KEY_C), B_CM);
	restart_ourselves();
	assert_true(wiring_claim_ports(w, nego_rig.bridge));
	assert_true(wiring_adopt(w, nego_rig.bridge));
	wiring_rig_settle();
	wiring_rig_call(0, A, B_CM);
	was = first_seen(0);
	assert_int_equal((uint64_t)was.roc << 16 | was.seq, 70000 + CALL_PAST_MARGIN);
	/* a data plane that had no packet of it tells it to the next all the same */
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	dplink_takeover_done(link_rig.link);
	assert_int_equal(first_seen(0).seq, was.seq);
	/* nor does it begin anew where the rest of the call could not go on */
	atomic_store(
		&fake_plane_endpoint(&link_rig.plane, nego_rig_leg(0, 1)->flows[0].slot.endpoint)
			 ->egress_key,
		99);
	wiring_rig_replace_plane();
	assert_false(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(first_seen(0).seq, was.seq);
	assert_int_equal(first_seen(1).ssrc, 1000);
}

/* It died with a change of keys under way, of one direction or of both. */
static void keys_that_a_dead_data_plane_never_had_begin_anew(void **state)
{
	(void)state;
	for (unsigned row = 1; row < 4; row++) {
		const struct relay_route *slot;
		struct relay_endpoint *shown;
		struct relay_endpoint_view view;

		wiring_rig_call(0, A, B_CM);
		wiring_rig_send_on_all();
		slot = &nego_rig_leg(0, 1)->flows[0].slot;
		nego_rig_leg(0, 1)->flows[0].rekeyed = true;
		shown = fake_plane_endpoint(&link_rig.plane, slot->endpoint);
		if (row & 1)
			atomic_store(&shown->ingress_key, 0);
		if (row & 2)
			atomic_store(&shown->egress_key, 77);
		wiring_rig_replace_plane();
		assert_true(wiring_reinstall(w, nego_rig.bridge));
		dplink_takeover_done(link_rig.link);
		wiring_rig_settle();
		assert_int_equal(wiring_rig_live(), 4);
		slot = &nego_rig_leg(0, 1)->flows[0].slot;
		assert_int_equal(dplink_read(link_rig.link, slot->endpoint, &view), 0);
		assert_int_equal(view.n_ingress, row & 1 ? 0 : 1);
		assert_int_equal(view.n_egress, row & 2 ? 0 : 1);
		/* the rig has seen the egress key, as what we pretend is not so */
		assert_int_equal(wiring_rig.repeated, row >> 1);
		wiring_rig.repeated = 0;
		wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
		/* the next row's are as new */
		free(nego_rig_leg(0, 1)->past);
		nego_rig_leg(0, 1)->past = NULL;
	}
}

/* The same of a data plane that died: only who told it of other keys knows which are newer. */
static void dead_endpoint_with_other_keys_ends_its_media(void **state)
{
	uint32_t endpoint;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	endpoint = nego_rig_leg(0, 1)->flows[0].slot.endpoint;
	atomic_store(&fake_plane_endpoint(&link_rig.plane, endpoint)->egress_key, 99);
	wiring_rig_replace_plane();
	assert_false(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
}

/* The answer to the peer says yes: so it must be so in the next one. */
static void commands_that_a_dead_data_plane_never_took_come_again(void **state)
{
	uint32_t sent = 0;

	(void)state;
	assert_int_equal(nego_rig_offer(0, "", A), NG_OK);
	assert_int_equal(wiring_reserve(w, nego_rig.bridge), NG_OK);
	assert_int_equal(nego_rig_answer("", B_CM), NG_OK);
	assert_int_equal(wiring_commit(w, nego_rig.bridge, &sent), NG_OK);
	assert_int_equal(sent, 4);
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	dplink_takeover_done(link_rig.link);
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig.n_keys, 2);
}

/* The link broke, or we died, with the streams on their way to another data plane. */
static void streams_that_never_came_are_not_unused(void **state)
{
	(void)state;
	for (unsigned row = 0; row < 2; row++) {
		wiring_rig_call(0, A, B_CM);
		wiring_rig_send_on_all();
		wiring_rig_replace_plane();
		link_rig.plane.hold = true;
		assert_true(wiring_reinstall(w, nego_rig.bridge));
		if (row == 1) {
			restart_ourselves();
			assert_true(wiring_claim_ports(w, nego_rig.bridge));
		}
		assert_false(wiring_adopt(w, nego_rig.bridge));
		/* what was on its way in spite of that is an orphan */
		link_rig.plane.hold = false;
		wiring_rig_settle();
		remove_orphans();
		assert_int_equal(wiring_rig_live(), 0);
		assert_int_equal(wiring_rig.repeated, 0);
	}
}

static void without_a_data_plane_nothing_changes(void **state)
{
	struct call_leg before;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	before = *nego_rig_leg(0, 0);
	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(1));
	assert_int_equal(nego_rig_offer(0, "", A), NG_OK);
	assert_int_equal(nego_rig_answer("", NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP")
						     NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_C)),
		NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_ERROR_LOAD);
	assert_memory_equal(&before.now, &nego_rig_leg(0, 0)->now, sizeof(before.now));
	memset(wiring_rig.endpoints, 0, sizeof(wiring_rig.endpoints));
}

/* So many that a queue as small as ours would never take them, while the new data plane takes none
 * yet; and what stood there goes first. */
static void all_endpoints_wait_for_another_data_plane(void **state)
{
	static char offer[32768], answer[32768];
	uint32_t lines = WIRING_RIG_ENDPOINTS / 2 / 4; /* one worker's */

	(void)state;
	memcpy(offer, NEGO_PLAIN(1), sizeof(NEGO_PLAIN(1)));
	memcpy(answer, NEGO_PLAIN(2), sizeof(NEGO_PLAIN(2)));
	for (uint32_t i = 1; i < lines; i++) {
		(void)strncat(offer, NEGO_AUDIO("RTP/AVP"), sizeof(offer) - strlen(offer) - 1);
		(void)strncat(answer, NEGO_AUDIO("RTP/AVP"), sizeof(answer) - strlen(answer) - 1);
	}
	link_rig.plane.hold = false;
	wiring_rig_call(0, offer, answer);
	assert_int_equal(wiring_rig_live(), 4 * lines);
	wiring_rig_replace_plane();
	link_rig.plane.hold = true;
	for (uint32_t i = 0; i < 4 * lines; i++)
		assert_int_equal(
			dplink_remove(link_rig.link,
				(struct relay_route){
					nego_rig.bridge->worker * (WIRING_RIG_ENDPOINTS / 2), 7},
				NULL, NULL, 0),
			0);
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	link_rig.plane.hold = false;
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4 * lines);
	assert_int_equal(wiring_rig.refused, 0);
}

static int open_with_small_queue(void **state)
{
	int err;

	link_rig.queue_max = 4;
	err = wiring_rig_open(state);
	link_rig.queue_max = 0;
	return err;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, wiring_rig_open, wiring_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_endpoints_wait_for_another_data_plane,
			open_with_small_queue, wiring_rig_close),
		TEST(adopted_call_goes_on_with_its_keys),
		TEST(spent_key_stays_spent_over_a_restart),
		TEST(encrypted_endpoint_that_is_missing_ends_its_media),
		TEST(encrypted_endpoint_that_never_was_is_installed),
		TEST(endpoint_with_newer_keys_ends_its_media),
		TEST(dead_endpoint_with_other_keys_ends_its_media),
		TEST(plain_endpoint_that_is_missing_comes_again),
		TEST(port_of_somebody_else_is_not_ours),
		TEST(plain_call_comes_into_another_data_plane),
		TEST(source_that_was_locked_stays_so),
		TEST(encrypted_call_brings_its_streams_or_has_no_media),
		TEST(peers_key_is_known_over_deaths),
		TEST(keys_that_a_dead_data_plane_never_had_begin_anew),
		TEST(commands_that_a_dead_data_plane_never_took_come_again),
		TEST(streams_that_never_came_are_not_unused),
		TEST(without_a_data_plane_nothing_changes),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
