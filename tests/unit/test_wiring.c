/* SPDX-License-Identifier: BSD-3-Clause */
/* Endpoints in the data plane, as offers and answers change them. Each test ends with the rig's own
 * questions: does a keystream begin twice, is a port or a slot left behind. */
#include "support.h"
#include "wiring_rig.h"

#define MUX         "a=rtcp-mux\r\n"
#define A           NEGO_SRTP(1, NEGO_KEY_A)
#define B(suite, n) NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(n, suite, NEGO_KEY_B)
#define B_32        NEGO_HEAD(2) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(3, NEGO_32, NEGO_KEY_C)
#define B_CM        B(NEGO_CM, 2)
#define C_CM        NEGO_HEAD(3) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)
#define VIDEO       NEGO_VIDEO("RTP/SAVP")
#define N_OF(list)  ((uint32_t)(sizeof(list) / sizeof((list)[0])))
#define REJECTED    "m=video 0 RTP/SAVP 96\r\n"

static void answered_call_has_four_endpoints_of_one_worker(void **state)
{
	const struct wiring_rig_endpoint *e[2][2];

	(void)state;
	assert_int_equal(nego_rig_offer(0, "", A), NG_OK);
	assert_int_equal(wiring_rig_live(), 0);
	assert_int_equal(wiring_rig_ports_taken(), 2);
	assert_int_equal(nego_rig_answer("", B_CM), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(wiring_rig_live(), 4);
	for (unsigned side = 0; side < 2; side++)
		for (unsigned flow = 0; flow < 2; flow++) {
			e[side][flow] = wiring_rig_flow(0, side, flow);
			assert_int_equal(e[side][flow]->is.endpoint / (WIRING_RIG_ENDPOINTS / 2),
				nego_rig.bridge->worker);
			assert_int_equal(e[side][flow]->is.dscp, 46);
			assert_int_equal(e[side][flow]->is.clock_khz, 8);
			assert_int_equal(e[side][flow]->is.remote.port, 4000 + flow);
			assert_int_equal(
				e[side][flow]->egress_suite, SUITE_AES_CM_128_HMAC_SHA1_80);
		}
	for (unsigned side = 0; side < 2; side++) {
		assert_true(wiring_rig_goes(e[side][0], RELAY_ROUTE_RTP, e[1 - side][0]));
		assert_true(wiring_rig_goes(e[side][0], RELAY_ROUTE_RTCP, e[1 - side][1]));
		assert_true(wiring_rig_goes(e[side][1], RELAY_ROUTE_RTP, NULL));
		assert_true(wiring_rig_goes(e[side][1], RELAY_ROUTE_RTCP, e[1 - side][1]));
		assert_int_equal(e[side][1]->is.media, RELAY_MEDIA_RTCP);
	}
}

static void muxed_call_has_two(void **state)
{
	(void)state;
	wiring_rig_call(0, A MUX, B_CM MUX);
	assert_int_equal(wiring_rig_live(), 2);
	assert_true(wiring_rig_goes(
		wiring_rig_flow(0, 0, 0), RELAY_ROUTE_RTCP, wiring_rig_flow(0, 1, 0)));
	/* RTCP of the offerer apart: more endpoints, and another key */
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(wiring_rig_live(), 3);
	assert_true(wiring_rig_goes(
		wiring_rig_flow(0, 1, 0), RELAY_ROUTE_RTCP, wiring_rig_flow(0, 0, 1)));
}

/* Whatever comes in whatever order, as a hostile peer would. */
static void keystreams_never_begin_twice(void **state)
{
	static const char *const offers[] = {A, A MUX, NEGO_PLAIN(1), A VIDEO, A REJECTED,
		NEGO_HEAD(1) "m=audio 0 RTP/SAVP 0\r\n",
		NEGO_HEAD(1) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(1, NEGO_32, NEGO_KEY_A),
		A VIDEO NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A),
		NEGO_HEAD_OF("IN IP4 0.0.0.0") NEGO_AUDIO("RTP/SAVP")
			NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A)};
	static const char *const answers[] = {B_CM, B_CM MUX, B_32, C_CM, B(NEGO_GCM, 1),
		NEGO_PLAIN(2), NEGO_HEAD(2) "m=audio 0 RTP/SAVP 0\r\n",
		B_CM VIDEO NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B), B_CM REJECTED,
		B_CM "a=inactive\r\n"};
	struct support_rng rng = {20261124};
	uint32_t made = 0, refused = 0;

	(void)state;
	for (uint32_t i = 0; i < 4000; i++) {
		bool offer = support_chance(&rng, 300);
		enum ng_error error;

		if (support_chance(&rng, 20))
			wiring_remove(&wiring_rig.wiring, nego_rig.bridge);
		if (offer)
			error = nego_rig_offer(support_below(&rng, 2),
				support_chance(&rng, 100) ? ",\"OSRTP\":[\"offer\",\"accept\"]"
							  : "",
				offers[support_below(&rng, N_OF(offers))]);
		else
			error = nego_rig_answer("", answers[support_below(&rng, N_OF(answers))]);
		if (error == NG_OK && !offer)
			error = wiring_rig_commit();
		made += error == NG_OK;
		refused += error != NG_OK;
		assert_int_equal(wiring_rig.refused, 0);
		if (wiring_rig.repeated != 0)
			fail_msg("in round %u", i);
	}
	if (made < 1000 || refused < 100 || wiring_rig.n_keys < 100)
		fail_msg("%u made, %u refused, %u keys", made, refused, wiring_rig.n_keys);
}

/* Else a packet recorded on its way to the one port would be new to the other. */
static void rtp_port_takes_rtcp_only_where_it_is_shared(void **state)
{
	(void)state;
	wiring_rig_call(0, NEGO_PLAIN(1), NEGO_PLAIN(2));
	assert_int_equal(wiring_rig_flow(0, 0, 0)->is.media, RELAY_MEDIA_RTP);
	assert_int_equal(wiring_rig_flow(0, 0, 1)->is.media, RELAY_MEDIA_RTCP);
	wiring_rig_call(0, NEGO_PLAIN(1) "a=rtcp-mux\r\n", NEGO_PLAIN(2) "a=rtcp-mux\r\n");
	wiring_rig_settle();
	assert_int_equal(wiring_rig_flow(0, 1, 0)->is.media,
		nego_rig_leg(0, 1)->now.mux ? RELAY_MEDIA_MUXED : RELAY_MEDIA_RTP);
	wiring_remove(&wiring_rig.wiring, nego_rig.bridge);
	wiring_rig_call(0, NEGO_PLAIN(1) "a=rtcp-mux\r\n", NEGO_PLAIN(2) "a=rtcp-mux\r\n");
	assert_int_equal(wiring_rig_flow(0, 0, 0)->is.media, RELAY_MEDIA_MUXED);
	assert_int_equal(wiring_rig_flow(0, 1, 0)->is.media, RELAY_MEDIA_MUXED);
	assert_int_equal(wiring_rig_live(), 2);
}

static void key_of_removed_media_does_not_come_again(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	wiring_remove(&wiring_rig.wiring, nego_rig.bridge);
	wiring_rig_settle();
	assert_int_equal(wiring_rig_live(), 0);
	assert_null(nego_rig_leg(0, 1)->ours);
	/* an answer to the offer of then finds nothing */
	assert_int_equal(nego_rig_answer("", B_CM), NG_OK);
	assert_int_equal(nego_rig_media(0)->port, 0);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig.n_keys, 4);
}

static void forks_that_answer_in_turn_share_or_spend(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(nego_rig_answer("", C_CM), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(wiring_rig.n_keys, 2);
	assert_int_equal(wiring_rig_flow(0, 1, 0)->is.remote.ip[3], 3);
	assert_int_equal(nego_rig_answer("", B_32), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(nego_rig_answer("", B_CM), NG_ERROR_CRYPTO);
	assert_int_equal(nego_rig_answer("", B_32), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(wiring_rig.n_keys, 3);
}

/* RTP's way on hold; RTCP's stays, except to who is at no address. */
static const struct {
	const char *offer, *answer;
	bool rtp[2], rtcp[2]; /* from 'a', from 'b' */
} holds[] = {
	{A "a=sendonly\r\n", B_CM "a=recvonly\r\n", {true, false}, {true, true}},
	{A "a=sendonly\r\n", B_CM, {true, false}, {true, true}},
	{A "a=inactive\r\n", B_CM "a=inactive\r\n", {false, false}, {true, true}},
	{A "a=recvonly\r\n", B_CM "a=sendonly\r\n", {false, true}, {true, true}},
	{NEGO_HEAD_OF("IN IP4 0.0.0.0") NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A),
		B_CM, {true, false}, {true, false}},
	{A, B_CM, {true, true}, {true, true}},
};

static void routes_on_hold_are_as_both_say(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
		wiring_rig_call(0, holds[i].offer, holds[i].answer);
		for (unsigned side = 0; side < 2; side++) {
			const struct wiring_rig_endpoint *from = wiring_rig_flow(0, side, 0);
			unsigned to = 1 - side;

			if (!wiring_rig_goes(from, RELAY_ROUTE_RTP,
				    holds[i].rtp[side] ? wiring_rig_flow(0, to, 0) : NULL) ||
				!wiring_rig_goes(from, RELAY_ROUTE_RTCP,
					holds[i].rtcp[side] ? wiring_rig_flow(0, to, 1) : NULL))
				fail_msg("row %zu side %u", i, side);
		}
		assert_int_equal(wiring_rig.n_keys, 2);
	}
}

static void blocked_side_sends_nowhere(void **state)
{
	uint32_t sent = 0;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	nego_rig.bridge->sides[0].blocked = true;
	assert_int_equal(wiring_reroute(&wiring_rig.wiring, nego_rig.bridge, &sent), NG_OK);
	assert_int_equal(sent, 4);
	wiring_rig_settle();
	for (unsigned route = 0; route < RELAY_ROUTES; route++) {
		assert_true(wiring_rig_goes(wiring_rig_flow(0, 0, 0), route, NULL));
		assert_false(wiring_rig_goes(wiring_rig_flow(0, 1, 0), route, NULL));
	}
}

static void media_go_with_their_ports_and_slots(void **state)
{
	static const char two[] = A VIDEO NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A);
	static const char three[] = A VIDEO NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A)
		VIDEO NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A);
	static const char others[] = B_CM VIDEO NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B);

	(void)state;
	wiring_rig_call(0, two, others);
	assert_int_equal(wiring_rig_live(), 8);
	assert_int_equal(wiring_rig_ports_taken(), 4);
	wiring_rig_call(0, two, B_CM REJECTED);
	assert_int_equal(wiring_rig_live(), 4);
	assert_int_equal(wiring_rig_ports_taken(), 2);
	wiring_rig_call(1, others, others);
	assert_int_equal(wiring_rig_live(), 8);
	assert_int_equal(wiring_rig_ports_taken(), 4);
	assert_int_equal(wiring_rig.n_keys, 6);
	/* ports for an offer that was not answered stay for the next, and go at the end */
	assert_int_equal(nego_rig_offer(0, "", three), NG_OK);
	assert_int_equal(wiring_rig_ports_taken(), 6);
	assert_int_equal(nego_rig_offer(0, "", three), NG_OK);
	assert_int_equal(wiring_rig_ports_taken(), 6);
	wiring_rig_call(0, two, others);
	assert_int_equal(wiring_rig_ports_taken(), 4);
}

/* Whoever offers other lines each time holds no more for it. */
static void ports_of_an_earlier_offer_are_given_back(void **state)
{
	(void)state;
	assert_int_equal(nego_rig_offer(0, "", A VIDEO NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A)), NG_OK);
	assert_int_equal(wiring_rig_ports_taken(), 4);
	assert_int_equal(nego_rig_offer(0, "", A REJECTED), NG_OK);
	assert_int_equal(wiring_rig_ports_taken(), 2);
	wiring_rig_call(0, A REJECTED, B_CM REJECTED);
	/* what was agreed stays, whatever is offered */
	assert_int_equal(nego_rig_offer(0, "",
				 NEGO_HEAD(1) "m=audio 0 RTP/SAVP 0\r\n" VIDEO NEGO_CRYPTO(
					 1, NEGO_CM, NEGO_KEY_A)),
		NG_OK);
	assert_int_equal(wiring_rig_ports_taken(), 4);
	assert_int_equal(wiring_rig_live(), 4);
}

static void offer_without_ports_takes_none_and_is_not_answered(void **state)
{
	(void)state;
	nego_rig.config.interfaces[1].port_min = 20000;
	nego_rig.config.interfaces[1].port_max = 20002; /* one pair, of one of the workers */
	assert_int_equal(
		nego_rig_offer(0, "", NEGO_PLAIN(1) NEGO_VIDEO("RTP/AVP")), NG_ERROR_NO_PORTS);
	assert_int_equal(wiring_rig_ports_taken(), 0);
	assert_int_equal(
		nego_rig_answer("", NEGO_PLAIN(2) NEGO_VIDEO("RTP/AVP")), NG_ERROR_REWRITING);
	assert_int_equal(wiring_rig_commit(), NG_ERROR_NO_PORTS);
	assert_int_equal(wiring_rig_live(), 0);
	wiring_rig.wiring.now_ms += PORTPOOL_REST_MS + 1;
	assert_int_equal(nego_rig_offer(0, "", NEGO_PLAIN(1)), NG_OK);
	assert_int_equal(wiring_rig_ports_taken(), 2);
}

static void commit_without_slots_changes_nothing(void **state)
{
	struct relay_route slots[WIRING_RIG_ENDPOINTS];
	uint32_t n = 0;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	for (uint32_t worker = 0; worker < 2; worker++)
		while (dplink_slot_take(link_rig.link, worker, &slots[n]) == 0)
			n++;
	dplink_slot_give(link_rig.link, slots[--n].endpoint);
	assert_int_equal(nego_rig_offer(0, "", A VIDEO NEGO_CRYPTO(1, NEGO_CM, NEGO_KEY_A)), NG_OK);
	assert_int_equal(
		nego_rig_answer("", B_CM VIDEO NEGO_CRYPTO(2, NEGO_CM, NEGO_KEY_B)), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_ERROR_NO_PORTS);
	assert_int_equal(wiring_rig_live(), 4);
	assert_true(nego_rig_leg(0, 0)->now.active);
	assert_false(nego_rig_leg(1, 0)->now.active);
	assert_int_equal(nego_rig_leg(1, 0)->flows[0].slot.generation, 0);
	while (n > 0)
		dplink_slot_give(link_rig.link, slots[--n].endpoint);
	assert_int_equal(wiring_rig_commit(), NG_OK);
	assert_int_equal(wiring_rig_live(), 8);
}

/* A peer's stream, as its key comes to an endpoint and goes. */
static void send_under_key(unsigned side, uint64_t index)
{
	fake_plane_traffic(
		&link_rig.plane, nego_rig_leg(0, side)->flows[0].slot.endpoint, 500, index);
}

static struct relay_endpoint_view seen_at(unsigned side, unsigned flow)
{
	struct relay_endpoint_view view;
	uint32_t endpoint = nego_rig_leg(0, side)->flows[flow].slot.endpoint;

	assert_int_equal(dplink_read(link_rig.link, endpoint, &view), 0);
	return view;
}

static void assert_goes_on(unsigned side, unsigned flow, uint64_t index)
{
	struct relay_endpoint_view view = seen_at(side, flow);
	struct relay_ssrc *s = &view.ingress[0].state;

	assert_int_equal(view.n_ingress, 1);
	assert_int_equal(s->ssrc, 500);
	assert_int_equal((uint64_t)s->roc << 16 | s->seq, index + CALL_PAST_MARGIN);
	assert_int_equal(s->rtcp_index, 7 + CALL_PAST_RTCP_MARGIN);
}

static void peers_key_that_comes_back_is_where_it_was(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	send_under_key(0, 70000);
	wiring_rig_call(0, NEGO_SRTP(1, NEGO_KEY_C), B_CM);
	assert_int_equal(seen_at(0, 0).n_ingress, 0);
	send_under_key(0, 5);
	wiring_rig_call(0, A, B_CM);
	assert_goes_on(0, 0, 70000);
	assert_goes_on(0, 1, 70000); /* the same streams, at whichever port */
	wiring_rig_call(0, NEGO_SRTP(1, NEGO_KEY_C), B_CM);
	assert_goes_on(0, 0, 5);
	/* the peer of the other side kept its key all along */
	assert_int_equal(seen_at(1, 0).n_ingress, 0);
	assert_null(nego_rig_leg(0, 1)->past);
}

static void peers_key_outlives_its_media(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	send_under_key(0, 70000);
	wiring_rig_call(0, NEGO_HEAD(1) "m=audio 0 RTP/SAVP 0\r\n",
		NEGO_HEAD(2) "m=audio 0 RTP/SAVP 0\r\n");
	assert_int_equal(wiring_rig_live(), 0);
	wiring_rig_call(0, A, B_CM);
	assert_goes_on(0, 0, 70000);
	wiring_remove(&wiring_rig.wiring, nego_rig.bridge);
	wiring_rig_settle();
	wiring_rig_call(0, A, B_CM);
	assert_goes_on(0, 0, 70000);
}

static void peers_key_outlives_a_change_of_ports(void **state)
{
	(void)state;
	wiring_rig_call(0, A MUX, B_CM MUX);
	send_under_key(0, 70000);
	wiring_rig_call(0, A, B_CM MUX);
	assert_goes_on(0, 0, 70000);
	assert_goes_on(0, 1, 70000);
}

/* One key under either length of tag. */
static void peers_key_is_known_under_another_suite(void **state)
{
	(void)state;
	wiring_rig_call(0, A, B_CM);
	send_under_key(0, 70000);
	wiring_rig_call(0, NEGO_SRTP(1, NEGO_KEY_C), B_CM);
	wiring_rig_call(
		0, NEGO_HEAD(1) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(1, NEGO_32, NEGO_KEY_A), B_CM);
	assert_goes_on(0, 0, 70000);
}

/* Where RTCP moves RTP's endpoint goes before its successor has a slot: our key can't go on. */
static void commit_without_slots_half_way_ends_the_media(void **state)
{
	struct relay_route slots[WIRING_RIG_ENDPOINTS];
	uint32_t n = 0;

	(void)state;
	wiring_rig_call(0, A MUX, B_CM MUX);
	for (uint32_t worker = 0; worker < 2; worker++)
		while (dplink_slot_take(link_rig.link, worker, &slots[n]) == 0)
			n++;
	assert_int_equal(nego_rig_offer(0, "", A), NG_OK);
	assert_int_equal(nego_rig_answer("", B_CM MUX), NG_OK);
	assert_int_equal(wiring_rig_commit(), NG_ERROR_NO_PORTS);
	assert_int_equal(wiring_rig_live(), 0);
	assert_false(nego_rig_leg(0, 0)->now.active);
	while (n > 0)
		dplink_slot_give(link_rig.link, slots[--n].endpoint);
	wiring_rig_call(0, A MUX, B_CM MUX);
	assert_int_equal(wiring_rig_live(), 2);
}

static void reinvite_changes_what_changed(void **state)
{
	const struct wiring_rig_endpoint *e;

	(void)state;
	wiring_rig_call(0, A, B_CM);
	nego_rig_leg(0, 0)->flows[0].learned = nego_rig_leg(0, 0)->now.remote[0];
	nego_rig_leg(0, 0)->flows[0].learned.port = 4444;
	wiring_rig_call(0, A, B_CM);
	assert_int_equal(nego_rig_leg(0, 0)->flows[0].learned.port, 4444);
	wiring_rig_call(0, NEGO_SRTP(9, NEGO_KEY_A), B_CM);
	e = wiring_rig_flow(0, 0, 0);
	assert_int_equal(e->is.remote.ip[3], 9);
	assert_int_equal(nego_rig_leg(0, 0)->flows[0].learned.family, RELAY_FAMILY_NONE);
	nego_rig.bridge->sides[0].dscp = 8;
	nego_rig.config.interfaces[1].encryption = CONFIG_REQUIRED;
	wiring_rig_call(0, NEGO_PLAIN(9), B_CM);
	e = wiring_rig_flow(0, 0, 1);
	assert_int_equal(e->egress_suite, RELAY_PLAIN);
	assert_int_equal(e->ingress_suite, RELAY_PLAIN);
	assert_int_equal(e->is.dscp, 8);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, wiring_rig_open, wiring_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answered_call_has_four_endpoints_of_one_worker),
		TEST(muxed_call_has_two),
		TEST(keystreams_never_begin_twice),
		TEST(rtp_port_takes_rtcp_only_where_it_is_shared),
		TEST(key_of_removed_media_does_not_come_again),
		TEST(forks_that_answer_in_turn_share_or_spend),
		TEST(routes_on_hold_are_as_both_say),
		TEST(blocked_side_sends_nowhere),
		TEST(media_go_with_their_ports_and_slots),
		TEST(ports_of_an_earlier_offer_are_given_back),
		TEST(offer_without_ports_takes_none_and_is_not_answered),
		TEST(commit_without_slots_changes_nothing),
		TEST(peers_key_that_comes_back_is_where_it_was),
		TEST(peers_key_outlives_its_media),
		TEST(peers_key_outlives_a_change_of_ports),
		TEST(peers_key_is_known_under_another_suite),
		TEST(commit_without_slots_half_way_ends_the_media),
		TEST(reinvite_changes_what_changed),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
