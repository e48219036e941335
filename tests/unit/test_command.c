/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands out of a client's ring, their answers, and the notices that come unasked. */
#include "command.h"
#include "endpoint_keys.h"
#include "notice.h"
#include "relay_endpoint_view.h"
#include "relay_status.h"
#include "worker_rig.h"

#include <errno.h>

enum { SLOTS = 16, IN = 1, OUT = 2, SSRC = 9 };

static const struct worker_rig_key cm = {SUITE_AES_CM_128_HMAC_SHA1_80, 1, 0};
static struct worker_rig rig;
static struct worker *w;
static uint32_t head, tail; /* the client's: commands, events */

static int open_rig(void **state)
{
	(void)state;
	worker_rig_open(&rig, 1);
	w = rig.w[0];
	worker_rig_link(&rig);
	head = tail = 0;
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	worker_rig_close(&rig);
	return 0;
}

static void send_command(const struct relay_command *c, const struct relay_record *record)
{
	struct relay_ring_head *ring =
		relay_layout_command_head(rig.control.base, &rig.geometry, 0);
	struct relay_command *slots = (struct relay_command *)(void *)(ring + 1);

	slots[head % SLOTS] = *c;
	if (record != NULL)
		relay_layout_records(rig.control.base, &rig.geometry, 0)[head % SLOTS] = *record;
	atomic_store(&ring->head, ++head);
}

/* Whether there was an event. */
static bool take_event(struct relay_event *event)
{
	struct relay_ring_head *ring = relay_layout_event_head(rig.data.base, &rig.geometry, 0);
	const struct relay_event *slots = (const struct relay_event *)(const void *)(ring + 1);

	if (atomic_load(&ring->head) == tail)
		return false;
	*event = slots[tail % SLOTS];
	atomic_store(&relay_layout_event_tail(rig.control.base, &rig.geometry, 0)->tail, ++tail);
	return true;
}

static void expect_event(enum relay_event_type type, uint32_t index, uint32_t count)
{
	struct relay_event event = {.version = 0};

	assert_true(take_event(&event));
	assert_int_equal(event.version, RELAY_ABI_VERSION);
	assert_int_equal(event.type, type);
	assert_int_equal(event.endpoint, index);
	assert_int_equal(event.generation, worker_rig_generation(index));
	assert_int_equal(event.count, count);
}

static struct worker_rig_endpoint endpoint(uint32_t index)
{
	return (struct worker_rig_endpoint){.index = index,
		.local = {WORKER_RIG_IPV4, (uint16_t)(20000 + index)},
		.remote = rig_frame_ipv4((uint8_t)(10 + index), 5000),
		.to = index == IN ? OUT : IN,
		.destination = WORKER_RIG_PLAIN_HOP};
}

static void send_install(uint32_t index)
{
	const struct worker_rig_endpoint e = endpoint(index);
	struct relay_record record;
	struct relay_command c = worker_rig_command(&e, &record);

	c.cookie = 1000 + index;
	send_command(&c, &record);
}

static void send_remove(uint32_t index, uint32_t cookie)
{
	const struct relay_command c = {.version = RELAY_ABI_VERSION,
		.type = RELAY_COMMAND_REMOVE,
		.cookie = cookie,
		.endpoint = index,
		.generation = worker_rig_generation(index)};

	send_command(&c, NULL);
}

static void expect_answer(enum relay_event_type type, uint32_t cookie, enum relay_status status)
{
	struct relay_event event = {.version = 0};

	assert_true(take_event(&event));
	assert_int_equal(event.type, type);
	assert_int_equal(event.cookie, cookie);
	assert_int_equal(event.status, status);
}

static void commands_are_answered_in_order(void **state)
{
	struct relay_event event = {.version = 0};
	struct relay_command c = {.version = RELAY_ABI_VERSION,
		.type = 99,
		.cookie = 5,
		.endpoint = IN,
		.generation = 1};

	(void)state;
	send_install(IN);
	send_install(OUT);
	send_install(OUT);
	send_remove(IN, 7);
	send_remove(IN, 8);
	send_command(&c, NULL);
	c.endpoint = 0x80000000;
	send_command(&c, NULL);
	command_run(w, rig.link);
	expect_answer(RELAY_EVENT_INSTALLED, 1000 + IN, RELAY_OK);
	expect_answer(RELAY_EVENT_INSTALLED, 1000 + OUT, RELAY_OK);
	expect_answer(RELAY_EVENT_INSTALLED, 1000 + OUT, RELAY_SLOT_IN_USE);
	expect_answer(RELAY_EVENT_REMOVED, 7, RELAY_OK);
	expect_answer(RELAY_EVENT_REMOVED, 8, RELAY_NO_SUCH_ENDPOINT);
	expect_answer(RELAY_EVENT_INSTALLED, 5, RELAY_BAD_TYPE);
	expect_answer(RELAY_EVENT_INSTALLED, 5, RELAY_BAD_ENDPOINT);
	assert_false(take_event(&event));
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], 7);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_ENDPOINTS], 2);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_ENDPOINTS_GONE], 1);
}

static void turn_takes_no_more_than_its_number(void **state)
{
	const uint32_t most = COMMAND_A_TURN;
	struct relay_event event = {.version = 0};

	(void)state;
	for (uint32_t i = 0; i < most + 3; i++)
		send_remove(IN, i);
	command_run(w, rig.link);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], most);
	command_run(w, rig.link);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], most + 3);
	for (uint32_t i = 0; i < most + 3; i++)
		expect_answer(RELAY_EVENT_REMOVED, i, RELAY_NO_SUCH_ENDPOINT);
	command_run(w, rig.link); /* nothing there */
	assert_false(take_event(&event));
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], most + 3);
}

static void full_event_ring_holds_commands_back_until_it_has_room(void **state)
{
	struct relay_event event = {.version = 0};

	(void)state;
	for (uint32_t i = 0; i < SLOTS - 2; i++)
		assert_int_equal(
			link_event_send(&rig.link->workers[0], &(struct relay_event){.count = i}),
			0);
	for (uint32_t i = 0; i < 5; i++)
		send_remove(IN, i);
	for (uint32_t i = 0; i < 4; i++)
		command_run(w, rig.link);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], 2);
	for (uint32_t i = 0; i < SLOTS - 2; i++)
		assert_true(take_event(&event));
	command_run(w, rig.link);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], 5);
	for (uint32_t i = 0; i < 5; i++)
		expect_answer(RELAY_EVENT_REMOVED, i, RELAY_NO_SUCH_ENDPOINT);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_RING_BROKEN], 0);
}

static void client_that_sleeps_is_woken(void **state)
{
	(void)state;
	send_remove(IN, 1);
	command_run(w, rig.link);
	assert_false(atomic_load(&w->wake_wanted));
	atomic_store(&relay_layout_event_tail(rig.control.base, &rig.geometry, 0)->asleep, 1);
	send_remove(IN, 2);
	command_run(w, rig.link);
	assert_true(atomic_load(&w->wake_wanted));
}

static void broken_ring_is_counted_once(void **state)
{
	(void)state;
	for (uint32_t ring = 0; ring < 2; ring++) {
		struct relay_event event = {.version = 0};

		if (ring == 0)
			atomic_store(&relay_layout_command_head(rig.control.base, &rig.geometry, 0)
					      ->head,
				SLOTS + 1);
		else
			atomic_store(
				&relay_layout_event_tail(rig.control.base, &rig.geometry, 0)->tail,
				3);
		for (uint32_t i = 0; i < 5; i++)
			command_run(w, rig.link);
		assert_int_equal(w->sums.counts[RELAY_COUNTER_RING_BROKEN], 1);
		assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], 0);
		assert_false(ring == 0 && take_event(&event));
		(void)close_rig(state);
		(void)open_rig(state);
	}
}

static void install_pair(enum relay_source source, const struct worker_rig_key *ingress)
{
	struct worker_rig_endpoint in = endpoint(IN), out = endpoint(OUT);

	in.source = (uint8_t)source;
	in.learn_ds = 20;
	in.ingress = ingress;
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
}

static void receive(struct relay_sockaddr from, const uint8_t *packet, uint32_t len)
{
	worker_rig_receive(0, 0,
		&(struct rig_frame){.from = from,
			.to = rig_frame_ipv4(1, 20000 + IN),
			.payload = packet,
			.len = len});
	(void)worker_rig_run(&rig, 0);
}

static void remote_that_was_learned_is_told_once(void **state)
{
	const struct relay_sockaddr from = rig_frame_ipv4(99, 999);
	struct relay_event event = {.version = 0};
	uint8_t packet[40];

	(void)state;
	install_pair(RELAY_SOURCE_LEARN, NULL);
	for (uint16_t i = 0; i < 3; i++) {
		rig_frame_rtp(packet, sizeof(packet), SSRC, i);
		receive(from, packet, sizeof(packet));
	}
	assert_true(take_event(&event));
	assert_int_equal(event.type, RELAY_EVENT_REMOTE);
	assert_int_equal(event.endpoint, IN);
	assert_true(relay_address_equal(&event.remote, &from));
	assert_false(take_event(&event));
	/* the window of 2 s is over */
	w->clock.base_us += 2100000;
	receive(rig_frame_ipv4(98, 999), packet, sizeof(packet));
	assert_false(take_event(&event));
	assert_int_equal(w->sums.drops[RELAY_DROP_SOURCE], 1);
}

static void failing_tags_are_told_at_each_doubling(void **state)
{
	const struct relay_sockaddr from = endpoint(IN).remote;
	struct relay_event event = {.version = 0};
	uint8_t packet[60];

	(void)state;
	install_pair(RELAY_SOURCE_STRICT, &cm);
	for (uint32_t n = 1; n <= 130; n++) {
		rig_frame_rtp(packet, sizeof(packet), SSRC, (uint16_t)n);
		receive(from, packet, sizeof(packet));
		if (n == 16)
			expect_event(RELAY_EVENT_AUTH_FAILING, IN, 16);
		else if (n == 32 || n == 64 || n == 128)
			expect_event(RELAY_EVENT_AUTH_FAILING, IN, n / 2);
		assert_false(take_event(&event));
	}
	assert_int_equal(atomic_load(&w->endpoints.records[IN].auth_failed), 130);
}

static void key_near_its_end_is_told_once_and_used_no_further(void **state)
{
	const struct worker_rig_key brief = {SUITE_AES_CM_128_HMAC_SHA1_80, 1, 40};
	const struct relay_sockaddr from = endpoint(IN).remote;
	struct relay_event event = {.version = 0};
	struct oracle o;

	(void)state;
	install_pair(RELAY_SOURCE_STRICT, &brief);
	worker_rig_oracle(&o, &brief, true);
	for (uint16_t i = 1; i <= 41; i++) {
		uint8_t packet[100];
		uint32_t len = 50;

		rig_frame_rtp(packet, len, SSRC, i);
		assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
		receive(from, packet, len);
		if (i == 40 * 7 / 8 + 1)
			expect_event(RELAY_EVENT_KEY_LIMIT, IN, RELAY_SET_INGRESS);
		assert_false(take_event(&event));
	}
	assert_int_equal(w->sums.counts[RELAY_COUNTER_TX], 40);
	assert_int_equal(w->sums.drops[RELAY_DROP_KEY_USED_UP], 1);
	oracle_close(&o);
}

/* The client can't read from the region how often a key was used: it must hear of it. */
static void key_near_its_end_is_told_when_a_client_is_there_again(void **state)
{
	const struct worker_rig_key brief = {SUITE_AES_CM_128_HMAC_SHA1_80, 1, 40};
	const struct relay_sockaddr from = endpoint(IN).remote;
	struct relay_event event = {.version = 0};
	struct oracle o;

	(void)state;
	install_pair(RELAY_SOURCE_STRICT, &brief);
	worker_rig_oracle(&o, &brief, true);
	atomic_store(&w->link, NULL);
	for (uint16_t i = 1; i <= 40; i++) {
		uint8_t packet[100];
		uint32_t len = 50;

		if (i == 39)
			atomic_store(&w->link, rig.link);
		rig_frame_rtp(packet, len, SSRC, i);
		assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
		receive(from, packet, len);
		if (i == 39)
			expect_event(RELAY_EVENT_KEY_LIMIT, IN, RELAY_SET_INGRESS);
		assert_false(take_event(&event));
	}
	oracle_close(&o);
}

static void install_keyed(const struct worker_rig_key *in_key, const struct worker_rig_key *out_key)
{
	struct worker_rig_endpoint in = endpoint(IN), out = endpoint(OUT);

	in.ingress = in_key;
	out.egress = out_key;
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
}

/* A fifth SSRC finds no place, on either side, and the client hears of it. */
static void streams_beyond_the_places_are_told(void **state)
{
	struct relay_event event = {.version = 0};
	uint8_t packet[100];

	(void)state;
	for (uint32_t row = 0; row < 2; row++) {
		const bool ingress = row == 0;
		struct oracle o;

		install_keyed(ingress ? &cm : NULL, ingress ? NULL : &cm);
		worker_rig_oracle(&o, &cm, true);
		for (uint32_t n = 1; n <= RELAY_SSRCS + 4; n++) {
			uint32_t len = 50;

			rig_frame_rtp(packet, len, n <= RELAY_SSRCS ? n : 77, (uint16_t)n);
			if (ingress)
				assert_int_equal(
					oracle_run(&o, false, packet, &len), srtp_err_status_ok);
			receive(endpoint(IN).remote, packet, len);
			if (n > RELAY_SSRCS && n != RELAY_SSRCS + 3)
				expect_event(RELAY_EVENT_STREAMS_FULL, ingress ? IN : OUT,
					n == RELAY_SSRCS + 4 ? 2 : 1);
			assert_false(take_event(&event));
		}
		assert_int_equal(w->sums.drops[RELAY_DROP_NO_STREAM], 4);
		assert_int_equal(
			atomic_load(&w->endpoints.records[ingress ? IN : OUT].streams_full), 4);
		oracle_close(&o);
		(void)close_rig(state);
		(void)open_rig(state);
	}
}

static void receive_rtp(uint32_t ssrc, uint16_t seq)
{
	uint8_t packet[50];

	rig_frame_rtp(packet, sizeof(packet), ssrc, seq);
	receive(endpoint(IN).remote, packet, sizeof(packet));
}

/* Four strays have all the places of a plain sender's egress when it begins: it is heard as soon as
 * they have been silent for long, and they are not again. */
static void sender_is_heard_when_strays_have_gone_silent(void **state)
{
	struct relay_event event = {.version = 0};
	struct relay_endpoint_view view;

	(void)state;
	install_keyed(NULL, &cm);
	for (uint32_t i = 0; i < RELAY_SSRCS; i++)
		receive_rtp(100 + i, 1);
	srtp_engine_set_clock(w->engine, ENDPOINT_KEYS_IDLE_S);
	receive_rtp(SSRC, 1);
	expect_event(RELAY_EVENT_STREAMS_FULL, OUT, 1);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_TX], RELAY_SSRCS);
	srtp_engine_set_clock(w->engine, ENDPOINT_KEYS_IDLE_S + 1);
	for (uint16_t i = 2; i < 50; i++)
		receive_rtp(SSRC, i);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_TX], RELAY_SSRCS + 48);
	assert_false(take_event(&event));
	receive_rtp(100, 2); /* the first of the silent: its place was given away */
	expect_event(RELAY_EVENT_STREAMS_FULL, OUT, 1);
	assert_true(relay_endpoint_read(&w->endpoints.records[OUT], &view));
	assert_int_equal(view.n_egress, RELAY_SSRCS);
	assert_int_equal(view.egress_past.n, 0); /* nobody had heard much of it */
	for (uint32_t i = 0; i < RELAY_SSRCS; i++)
		assert_int_not_equal(view.egress[i].ssrc, 100);
	srtp_engine_set_clock(w->engine, 0);
}

/* Who talked for long and was on hold is there again, whoever came in between. */
static void sender_on_hold_keeps_its_place(void **state)
{
	(void)state;
	install_keyed(NULL, &cm);
	for (uint16_t i = 0; i < 20; i++)
		receive_rtp(SSRC, i);
	for (uint32_t i = 0; i < 3 * RELAY_SSRCS; i++) {
		srtp_engine_set_clock(w->engine, (i + 1) * 8 * ENDPOINT_KEYS_IDLE_S);
		for (uint32_t k = 0; k < (i < 8 ? 2U : 20U); k++)
			receive_rtp(100 + i, (uint16_t)k);
	}
	receive_rtp(SSRC, 20);
	assert_int_equal(w->sums.drops[RELAY_DROP_NO_STREAM], 0);
	srtp_engine_set_clock(w->engine, 0);
}

/* One packet out of sequence is not sent, and the others are; a sender that goes back is told. */
static void sequence_that_leaps_is_held_back(void **state)
{
	struct relay_event event = {.version = 0};
	struct relay_endpoint_view view;

	(void)state;
	install_keyed(NULL, &cm);
	for (uint16_t i = 0; i < 20; i++)
		receive_rtp(SSRC, i == 10 ? 20000 : i);
	assert_int_equal(w->sums.drops[RELAY_DROP_JUMPED], 1);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_TX], 19);
	receive_rtp(SSRC, 20200);
	receive_rtp(SSRC, 20201);
	assert_int_equal(w->sums.drops[RELAY_DROP_JUMPED], 2);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_TX], 20);
	for (uint16_t i = 0; i < 128; i++) {
		assert_false(take_event(&event));
		receive_rtp(SSRC, i);
		if (i + 1 == NOTICE_BACK_FIRST)
			expect_event(RELAY_EVENT_WENT_BACK, OUT, NOTICE_BACK_FIRST);
	}
	expect_event(RELAY_EVENT_WENT_BACK, OUT, NOTICE_BACK_FIRST);
	assert_int_equal(w->sums.drops[RELAY_DROP_TOO_OLD], 128);
	assert_true(relay_endpoint_read(&w->endpoints.records[OUT], &view));
	assert_int_equal(view.went_back, 128);
}

/* What came under a key is not held back. */
static void authentic_sequence_may_leap(void **state)
{
	struct oracle o;

	(void)state;
	install_keyed(&cm, &cm);
	worker_rig_oracle(&o, &cm, true);
	for (uint32_t i = 0; i < 4; i++) {
		uint8_t packet[100];
		uint32_t len = 50;

		rig_frame_rtp(packet, len, SSRC, (uint16_t)(1 + i * 5000));
		assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
		receive(endpoint(IN).remote, packet, len);
	}
	oracle_close(&o);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_TX], 4);
}

/* Who has no key does not make the relay say that its places are full. */
static void forged_streams_are_not_told(void **state)
{
	struct relay_event event = {.version = 0};
	struct oracle o;

	(void)state;
	install_keyed(&cm, NULL);
	worker_rig_oracle(&o, &cm, true);
	for (uint32_t i = 0; i < RELAY_SSRCS + 8; i++) {
		uint8_t packet[100];
		uint32_t len = 50;

		rig_frame_rtp(packet, len, 100 + i, 1);
		assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
		packet[len - 1] ^= i >= RELAY_SSRCS;
		receive(endpoint(IN).remote, packet, len);
	}
	oracle_close(&o);
	assert_int_equal(w->sums.drops[RELAY_DROP_TAG_MISMATCH], 8);
	assert_int_equal(w->sums.drops[RELAY_DROP_NO_STREAM], 0);
	assert_false(take_event(&event));
}

/* One key's end says nothing of the other's. */
static void each_direction_of_an_endpoint_tells_its_keys_end(void **state)
{
	const struct worker_rig_key brief = {SUITE_AES_CM_128_HMAC_SHA1_80, 1, 40};
	const struct worker_rig_key other = {SUITE_AES_CM_128_HMAC_SHA1_80, 2, 40};
	struct worker_rig_endpoint in = endpoint(IN), out = endpoint(OUT);
	struct relay_event event = {.version = 0};
	struct oracle o;

	(void)state;
	in.ingress = &brief;
	in.egress = &other;
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
	worker_rig_oracle(&o, &brief, true);
	for (uint16_t i = 1; i <= 40; i++) {
		uint8_t packet[100];
		uint32_t len = 50;

		rig_frame_rtp(packet, len, SSRC, i);
		worker_rig_receive(0, 0,
			&(struct rig_frame){.from = out.remote,
				.to = rig_frame_ipv4(1, out.local.port),
				.payload = packet,
				.len = len});
		(void)worker_rig_run(&rig, 0);
		if (i == 40 * 7 / 8 + 1)
			expect_event(RELAY_EVENT_KEY_LIMIT, IN, RELAY_SET_EGRESS);
		assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
		receive(in.remote, packet, len);
		if (i == 40 * 7 / 8 + 1)
			expect_event(RELAY_EVENT_KEY_LIMIT, IN, RELAY_SET_INGRESS);
		assert_false(take_event(&event));
	}
	oracle_close(&o);
}

static void notice_without_room_is_counted_and_answers_are_not_lost(void **state)
{
	uint8_t packet[40];

	(void)state;
	install_pair(RELAY_SOURCE_HANDOVER, NULL);
	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	for (uint32_t i = 0; i < SLOTS + 3; i++)
		receive(rig_frame_ipv4((uint8_t)(100 + i), 1), packet, sizeof(packet));
	assert_int_equal(w->sums.counts[RELAY_COUNTER_EVENTS_LOST], 3);
	send_remove(OUT, 4);
	command_run(w, rig.link);
	assert_int_equal(w->sums.counts[RELAY_COUNTER_COMMANDS], 0);
	for (uint32_t i = 0; i < SLOTS; i++)
		expect_event(RELAY_EVENT_REMOTE, IN, 0);
	command_run(w, rig.link);
	expect_answer(RELAY_EVENT_REMOVED, 4, RELAY_OK);
	/* nobody to tell */
	worker_rig_unlink(&rig);
	receive(rig_frame_ipv4(200, 1), packet, sizeof(packet));
	assert_int_equal(w->sums.counts[RELAY_COUNTER_EVENTS_LOST], 4);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(commands_are_answered_in_order),
		EACH(turn_takes_no_more_than_its_number),
		EACH(full_event_ring_holds_commands_back_until_it_has_room),
		EACH(client_that_sleeps_is_woken),
		EACH(broken_ring_is_counted_once),
		EACH(remote_that_was_learned_is_told_once),
		EACH(failing_tags_are_told_at_each_doubling),
		EACH(key_near_its_end_is_told_once_and_used_no_further),
		EACH(key_near_its_end_is_told_when_a_client_is_there_again),
		EACH(each_direction_of_an_endpoint_tells_its_keys_end),
		EACH(streams_beyond_the_places_are_told),
		EACH(sender_is_heard_when_strays_have_gone_silent),
		EACH(sender_on_hold_keeps_its_place),
		EACH(sequence_that_leaps_is_held_back),
		EACH(authentic_sequence_may_leap),
		EACH(forged_streams_are_not_told),
		EACH(notice_without_room_is_counted_and_answers_are_not_lost),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
