/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls over the second death of a data plane, and further ones: what was sent before is known to
 * have been sent. As in test_wiring.c, the rig asks last. */
#include "support.h"
#include "wiring_rig.h"

#define A    NEGO_SRTP(1, NEGO_KEY_A)
#define B_CM NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)

static const struct wiring *w = &wiring_rig.wiring;

static uint32_t n_seen(unsigned side, bool egress)
{
	struct relay_endpoint_view view;
	uint32_t endpoint = nego_rig_leg(0, side)->flows[0].slot.endpoint;

	assert_int_equal(dplink_read(link_rig.link, endpoint, &view), 0);
	return egress ? view.n_egress : view.n_ingress;
}

/* The regions before it are gone: that a call came after them doesn't make its keys unused. */
static void used_keys_do_not_begin_anew_when_nothing_is_left_to_read(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	link_rig.plane.hold = true;
	wiring_rig_replace_plane();
	/* as one that has not taken it */
	assert_true(dplink_takeover_done(link_rig.link));
	assert_false(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
	/* a call that came after the first death, too */
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	wiring_rig_replace_plane();
	assert_true(dplink_takeover_done(link_rig.link));
	assert_false(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
	assert_int_equal(wiring_rig.repeated, 0);
}

/* Installed after one death, it carries media; the next comes before a change of the peer's key. */
static void only_the_key_that_never_came_begins_anew(void **state)
{
	uint32_t sent = 0;

	(void)state;
	wiring_rig_replace_plane(); /* its region is kept */
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	link_rig.plane.hold = true;
	assert_int_equal(nego_rig_offer(0, "", NEGO_SRTP(1, NEGO_KEY_C)), NG_OK);
	assert_int_equal(nego_rig_answer("", B_CM), NG_OK);
	assert_int_equal(wiring_commit(w, nego_rig.bridge, &sent), NG_OK);
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig.repeated, 0);
	assert_int_equal(n_seen(0, false), 0);
	assert_int_equal(n_seen(0, true), 1);
	assert_int_equal(n_seen(1, false), 1);
	assert_int_equal(n_seen(1, true), 1);
	/* the same once more: neither the key that came, nor those before it */
	wiring_rig_send_on_all();
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(wiring_rig.repeated, 0);
	assert_int_equal(n_seen(0, false), 1);
}

/* Neither the install nor the change of a key behind it came: the first region tells the rest. */
static void streams_come_past_a_data_plane_that_took_nothing(void **state)
{
	uint32_t sent = 0;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	wiring_rig_send_on_all();
	wiring_rig_replace_plane();
	link_rig.plane.hold = true;
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	assert_int_equal(nego_rig_offer(0, "", NEGO_SRTP(1, NEGO_KEY_C)), NG_OK);
	assert_int_equal(nego_rig_answer("", B_CM), NG_OK);
	assert_int_equal(wiring_commit(w, nego_rig.bridge, &sent), NG_OK);
	for (unsigned i = 0; i < 2; i++) {
		wiring_rig_replace_plane();
		link_rig.plane.hold = i == 0;
		assert_true(wiring_reinstall(w, nego_rig.bridge));
	}
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig.repeated, 0);
	assert_int_equal(n_seen(0, false), 0);
	assert_int_equal(n_seen(0, true), 1);
	assert_int_equal(n_seen(1, false), 1);
}

/* In a region before it, its slot was another call's, or the same one's other side. */
static void slot_of_another_call_tells_nothing(void **state)
{
	struct relay_endpoint *shown;
	struct relay_identity identity;

	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	shown = fake_plane_endpoint(&link_rig.plane, nego_rig_leg(0, 1)->flows[0].slot.endpoint);
	identity = shown->identity;
	identity.locked = 1;
	identity.remote.port = 5555;
	identity.local.port = 1; /* as that of a call that is over */
	relay_endpoint_publish(shown, &identity);
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	assert_int_equal(
		wiring_rig_flow(0, 1, 0)->is.remote.port, nego_rig_leg(0, 1)->now.remote[0].port);
	assert_int_equal(wiring_rig_flow(0, 1, 0)->is.source, RELAY_SOURCE_LEARN);
}

/* Two data planes ago, the slot that the last one gave and never took was the other party's. */
static void slot_is_looked_for_where_it_was_given(void **state)
{
	struct relay_endpoint *shown;
	struct relay_identity identity;
	struct relay_route slot;

	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	for (unsigned side = 0; side < 2; side++) {
		shown = fake_plane_endpoint(
			&link_rig.plane, nego_rig_leg(0, side)->flows[0].slot.endpoint);
		identity = shown->identity;
		identity.locked = 1;
		identity.remote.port = (uint16_t)(5000 + side);
		relay_endpoint_publish(shown, &identity);
	}
	wiring_rig_replace_plane();
	link_rig.plane.hold = true;
	/* so that none has the slot that it had */
	assert_int_equal(dplink_slot_take(link_rig.link, nego_rig.bridge->worker, &slot), 0);
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_replace_plane();
	assert_true(wiring_reinstall(w, nego_rig.bridge));
	wiring_rig_settle();
	for (unsigned side = 0; side < 2; side++) {
		assert_int_equal(wiring_rig_flow(0, side, 0)->is.remote.port, 5000 + side);
		assert_int_equal(wiring_rig_flow(0, side, 0)->is.source, RELAY_SOURCE_STRICT);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, wiring_rig_open, wiring_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(used_keys_do_not_begin_anew_when_nothing_is_left_to_read),
		TEST(only_the_key_that_never_came_begins_anew),
		TEST(streams_come_past_a_data_plane_that_took_nothing),
		TEST(slot_of_another_call_tells_nothing),
		TEST(slot_is_looked_for_where_it_was_given),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
