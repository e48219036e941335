/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands and events of a link that is up. */
#include "link_rig.h"
#include "support.h"

#include <errno.h>
#include <event2/event.h>

enum {
	SLOTS = 8, /* as fake_plane_geometry has them */
	PER_WORKER = 8,
	ROOM = DPLINK_QUEUE_MAX + PER_WORKER, /* to wait in */
};

static void install_is_answered_from_the_loop(void **state)
{
	struct relay_endpoint_view view;
	struct relay_counts counts;
	struct relay_info info;
	uint64_t port[RELAY_PORT_COUNT];

	(void)state;
	assert_int_equal(link_rig.how, DPLINK_FIRST);
	assert_int_equal(dplink_geometry(link_rig.link)->endpoints, 16);
	assert_int_equal(link_rig_install(3, 1, 77), 0);
	fake_plane_turn(&link_rig.plane);
	assert_int_equal(link_rig.n_answers, 0);
	link_rig_loop();
	assert_int_equal(link_rig.n_answers, 1);
	assert_int_equal(link_rig.answers[0].tag, 77);
	assert_int_equal(link_rig.answers[0].status, RELAY_OK);
	assert_int_equal(dplink_read(link_rig.link, 3, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_int_equal(dplink_next(link_rig.link, 0), 3);
	assert_int_equal(dplink_next(link_rig.link, 4), 16);
	assert_int_equal(dplink_total(link_rig.link, &counts), 0);
	assert_int_equal(dplink_info(link_rig.link, &info), 0);
	assert_string_equal(info.profile, "fake");
	assert_int_equal(dplink_port(link_rig.link, 0, port), 0);
	assert_int_equal(dplink_port(link_rig.link, RELAY_PORTS_MAX, port), -EINVAL);
}

static void update_and_remove_are_answered_too(void **state)
{
	struct relay_command update = link_rig_command(0, 1);
	struct relay_endpoint_view view;
	struct dplink_numbers numbers;

	(void)state;
	assert_int_equal(link_rig_install(0, 1, 0), 0);
	assert_int_equal(link_rig_install(0, 2, 1), 0); /* there is one */
	update.set = RELAY_SET_REMOTE;
	update.remote.port = 4001;
	assert_int_equal(
		dplink_update(link_rig.link, &update, NULL, link_rig_done, &link_rig, 2), 0);
	link_rig_spin(2);
	assert_int_equal(dplink_read(link_rig.link, 0, &view), 0);
	assert_int_equal(view.identity.remote.port, 4001);
	assert_int_equal(dplink_remove(link_rig.link, (struct relay_route){0, 1}, link_rig_done,
				 &link_rig, 3),
		0);
	assert_int_equal(
		dplink_remove(link_rig.link, (struct relay_route){0, 1}, NULL, NULL, 4), 0);
	link_rig_spin(2);
	assert_int_equal(link_rig.n_answers, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(link_rig.answers[i].tag, i);
		assert_int_equal(link_rig.answers[i].status, i == 1 ? RELAY_SLOT_IN_USE : RELAY_OK);
	}
	dplink_numbers(link_rig.link, &numbers);
	assert_int_equal(numbers.commands, 5);
	assert_int_equal(numbers.refused, 2);
	assert_int_equal(numbers.under_way, 0);
}

static void answer_one(uint32_t worker)
{
	struct link_worker *w = &link_rig.plane.link->workers[worker];
	struct relay_command c;
	struct relay_record record;
	struct relay_event e;

	assert_int_equal(link_command_next(w, &c, &record), 1);
	e = link_rig_event((enum relay_event_type)c.type, c.endpoint);
	e.cookie = c.cookie;
	link_rig_say(worker, &e);
}

static void workers_answer_in_any_order(void **state)
{
	static const struct {
		uint32_t worker, tag;
	} rows[] = {{1, 1}, {1, 3}, {0, 0}, {1, 5}, {0, 2}, {0, 4}};

	(void)state;
	link_rig.plane.hold = true;
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(link_rig_install(i % 2 * PER_WORKER + i, 1, i), 0);
	for (uint32_t i = 0; i < 6; i++) {
		answer_one(rows[i].worker);
		link_rig_spin(1);
		assert_int_equal(link_rig.n_answers, i + 1);
		assert_int_equal(link_rig.answers[i].tag, rows[i].tag);
	}
}

/* Installed, removed and installed again: in another order some would be refused. */
static void what_finds_no_room_waits_in_order(void **state)
{
	enum { ROUNDS = 100 };
	struct dplink_numbers numbers;

	(void)state;
	link_rig.plane.hold = true;
	for (uint64_t i = 0; i < ROUNDS; i++) {
		const struct relay_route slot = {(uint32_t)i % 2 * PER_WORKER, (uint32_t)i + 1};

		if (i == ROUNDS / 2) { /* now there is room, but not for who comes last */
			link_rig.plane.hold = false;
			fake_plane_turn(&link_rig.plane);
			link_rig.plane.hold = true;
		}
		assert_int_equal(link_rig_install(slot.endpoint, slot.generation, 2 * i), 0);
		assert_int_equal(
			dplink_remove(link_rig.link, slot, link_rig_done, &link_rig, 2 * i + 1), 0);
	}
	dplink_numbers(link_rig.link, &numbers);
	assert_int_equal(numbers.under_way, 2 * SLOTS);
	assert_int_equal(numbers.waiting, 2 * ROUNDS - 2 * SLOTS);
	link_rig.plane.hold = false;
	assert_true(link_rig_wait_answers(2 * ROUNDS));
	for (uint64_t worker = 0; worker < 2; worker++) {
		uint64_t next = 2 * worker;

		for (uint32_t i = 0; i < 2 * ROUNDS; i++) {
			assert_int_equal(link_rig.answers[i].status, RELAY_OK);
			if (link_rig.answers[i].tag / 2 % 2 != worker)
				continue;
			assert_int_equal(link_rig.answers[i].tag, next);
			next += next % 2 == 0 ? 1 : 3;
		}
	}
	dplink_numbers(link_rig.link, &numbers);
	assert_int_equal(numbers.under_way, 0);
	assert_int_equal(numbers.waiting, 0);
}

static void queue_has_an_end_for_each_worker(void **state)
{
	(void)state;
	link_rig.plane.hold = true;
	for (uint32_t i = 0; i < SLOTS + ROOM; i++)
		assert_int_equal(link_rig_install(0, i + 1, i), 0);
	assert_int_equal(link_rig_install(1, 1, 0), -ENOBUFS);
	assert_int_equal(link_rig_install(PER_WORKER, 1, 0), 0);
	/* and each of them hears of the end, in order */
	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(1));
	assert_int_equal(link_rig.n_answers, SLOTS + ROOM + 1);
	for (uint32_t i = 0; i < SLOTS + ROOM; i++) {
		assert_int_equal(link_rig.answers[i].tag, i);
		assert_true(link_rig.answers[i].status == DPLINK_LOST);
	}
}

static void what_nobody_asked_for_is_told(void **state)
{
	struct relay_event e = link_rig_event(RELAY_EVENT_REMOTE, 9);

	(void)state;
	e.remote = (struct relay_sockaddr){
		.ip = {198, 51, 100, 8}, .port = 9, .family = RELAY_FAMILY_IPV4};
	link_rig_say(1, &e);
	e = link_rig_event(RELAY_EVENT_AUTH_FAILING, 2);
	e.count = 5;
	link_rig_say(0, &e);
	link_rig_loop();
	assert_int_equal(link_rig.n_events, 2);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(link_rig.events[i].type, link_rig.events[i].endpoint == 9
								  ? RELAY_EVENT_REMOTE
								  : RELAY_EVENT_AUTH_FAILING);
	assert_int_equal(link_rig.n_answers, 0);
}

static bool sleeps(void)
{
	const void *control = link_rig.plane.link->control.base;

	return atomic_load(
		       &relay_layout_event_tail(control, &link_rig.plane.geometry, 0)->asleep) == 1;
}

/* Others of the loop have their turn between. */
static void turn_takes_no_more_than_a_batch(void **state)
{
	enum { EVENTS = 3 * DPLINK_BATCH + 5 };
	static const struct relay_geometry wide = {2, 8, 2048, 8, 8, 16};
	const struct relay_event e = link_rig_event(RELAY_EVENT_KEY_LIMIT, 1);

	link_rig_start_plane(&wide);
	assert_int_equal(link_rig_prepare(state), 0);
	assert_true(link_rig_wait_ups(1));
	for (uint32_t i = 0; i < EVENTS; i++)
		link_rig_say(0, &e);
	for (uint32_t n = 0; link_rig.n_events < EVENTS; n = link_rig.n_events) {
		assert_int_equal(event_base_loop(link_rig.base, EVLOOP_ONCE | EVLOOP_NONBLOCK), 0);
		assert_true(link_rig.n_events > n);
		assert_true(link_rig.n_events - n <= DPLINK_BATCH);
	}
	link_rig_loop();
	assert_true(sleeps());
	assert_int_equal(link_rig_close(state), 0);
}

static void say_more(uint64_t tag, enum relay_status status)
{
	const struct relay_event of_0 = link_rig_event(RELAY_EVENT_KEY_LIMIT, 1),
				 of_1 = link_rig_event(RELAY_EVENT_KEY_LIMIT, PER_WORKER);

	(void)tag;
	(void)status;
	assert_false(sleeps());
	link_rig_say(0, &of_0);
	link_rig_say(1, &of_1);
}

/* Whichever worker's turn is over when it comes: nobody writes our eventfd for it. */
static void event_that_comes_while_awake_is_not_slept_over(void **state)
{
	(void)state;
	for (uint32_t worker = 0; worker < 2; worker++) {
		link_rig.on_answer = say_more;
		link_rig.n_events = 0;
		assert_int_equal(link_rig_install(worker * PER_WORKER, worker + 1, 0), 0);
		fake_plane_turn(&link_rig.plane);
		link_rig_loop();
		link_rig_loop();
		assert_int_equal(link_rig.n_events, 2);
		link_rig_loop();
		assert_true(sleeps());
	}
}

static void install_next(uint64_t tag, enum relay_status status)
{
	assert_int_equal(status, RELAY_OK);
	if (tag < 15)
		assert_int_equal(link_rig_install((uint32_t)tag + 1, 1, tag + 1), 0);
}

static void answers_callback_may_give_commands(void **state)
{
	(void)state;
	link_rig.on_answer = install_next;
	assert_int_equal(link_rig_install(0, 1, 0), 0);
	assert_true(link_rig_wait_answers(16));
}

static void punted_packets_keep_nobody_awake(void **state)
{
	static const uint8_t data[4];
	const struct relay_packet header = {
		.endpoint = 1,
		.generation = 1,
		.remote = {.ip = {198, 51, 100, 8}, .port = 9, .family = RELAY_FAMILY_IPV4},
		.len = sizeof(data),
		.class = RELAY_PACKET_STUN,
	};
	struct dplink_numbers numbers;

	(void)state;
	assert_int_equal(link_punt_send(&link_rig.plane.link->workers[0], &header, data), 1);
	link_wake(link_rig.plane.link);
	link_rig_loop();
	dplink_numbers(link_rig.link, &numbers);
	assert_int_equal(numbers.punts, 1);
	assert_true(sleeps());
}

static void slots_and_addresses_are_the_data_planes(void **state)
{
	struct relay_sockaddr local = {.ip = {0x20, 1}, .port = 5, .family = RELAY_FAMILY_IPV6};
	struct relay_route slot, again;
	uint16_t index = 9;

	(void)state;
	assert_int_equal(dplink_address(link_rig.link, &local, &index), 0);
	assert_int_equal(index, 1);
	local.ip[5] = 1;
	assert_int_equal(dplink_address(link_rig.link, &local, &index), -EADDRNOTAVAIL);
	assert_int_equal(dplink_slot_take(link_rig.link, 1, &slot), 0);
	assert_int_equal(slot.endpoint, PER_WORKER);
	assert_int_equal(dplink_slot_take(link_rig.link, 2, &again), -EINVAL);
	dplink_slot_give(link_rig.link, slot.endpoint);
	dplink_slot_claim(link_rig.link, &slot);
	for (uint32_t i = 1; i < PER_WORKER; i++) {
		assert_int_equal(dplink_slot_take(link_rig.link, 1, &again), 0);
		assert_true(again.endpoint != slot.endpoint);
	}
	assert_int_equal(dplink_slot_take(link_rig.link, 1, &again), -ENOSPC);
}

static void arguments_are_checked(void **state)
{
	struct relay_command command = link_rig_command(16, 1);
	struct relay_record record;

	(void)state;
	link_rig_record(&record);
	assert_int_equal(
		dplink_install(link_rig.link, &command, &record, link_rig_done, &link_rig, 0),
		-EINVAL);
	command.endpoint = 0;
	assert_int_equal(dplink_install(link_rig.link, &command, NULL, link_rig_done, &link_rig, 0),
		-EINVAL);
	command.set = RELAY_SET_INGRESS;
	assert_int_equal(
		dplink_update(link_rig.link, &command, NULL, link_rig_done, &link_rig, 0), -EINVAL);
	assert_int_equal(dplink_remove(link_rig.link, (struct relay_route){UINT32_MAX, 1},
				 link_rig_done, &link_rig, 0),
		-EINVAL);
	link_rig_spin(2);
	assert_int_equal(link_rig.n_answers, 0);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, link_rig_open, link_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(install_is_answered_from_the_loop),
		RIG(update_and_remove_are_answered_too),
		RIG(workers_answer_in_any_order),
		RIG(what_finds_no_room_waits_in_order),
		RIG(queue_has_an_end_for_each_worker),
		RIG(what_nobody_asked_for_is_told),
		cmocka_unit_test(turn_takes_no_more_than_a_batch),
		RIG(event_that_comes_while_awake_is_not_slept_over),
		RIG(answers_callback_may_give_commands),
		RIG(punted_packets_keep_nobody_awake),
		RIG(slots_and_addresses_are_the_data_planes),
		RIG(arguments_are_checked),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
