/* SPDX-License-Identifier: BSD-3-Clause */
/* Data planes that die, are replaced, and break the contract. */
#include "link_rig.h"
#include "support.h"

#include <errno.h>

enum { SLOTS = 8, PER_WORKER = 8 }; /* as fake_plane_geometry has them */

static bool control_holds_keys(const struct link *link)
{
	static const uint8_t key[4] = {0x5a, 0x5a, 0x5a, 0x5a};
	const uint8_t *bytes = link->control.base;

	for (size_t i = 0; i + sizeof(key) <= link->control.bytes; i++)
		if (memcmp(bytes + i, key, sizeof(key)) == 0)
			return true;
	return false;
}

static void refuse_new(uint64_t tag, enum relay_status status)
{
	(void)tag;
	if (status == DPLINK_LOST)
		assert_int_equal(link_rig_install(7, 1, 0), -ENOTCONN);
}

static void death_answers_all_that_was_under_way(void **state)
{
	struct relay_endpoint_view view;
	struct dplink_numbers numbers;
	struct relay_route slot;

	(void)state;
	assert_int_equal(link_rig_install(1, 1, 0), 0);
	link_rig_spin(2);
	link_rig.plane.hold = true;
	link_rig.on_answer = refuse_new;
	for (uint32_t i = 1; i < SLOTS + 5; i++)
		assert_int_equal(link_rig_install(0, i, i), 0);
	assert_true(control_holds_keys(link_rig.plane.link));
	attach_destroy(link_rig.plane.attach); /* its socket goes, its regions stay */
	link_rig.plane.attach = NULL;
	link_rig_loop();
	assert_int_equal(link_rig.n_downs, 1);
	assert_int_equal(link_rig.answers_at_down, SLOTS + 5);
	for (uint32_t i = 1; i < SLOTS + 5; i++) {
		assert_int_equal(link_rig.answers[i].tag, i);
		assert_true(link_rig.answers[i].status == DPLINK_LOST);
	}
	assert_false(control_holds_keys(link_rig.plane.link));
	/* down, but what it showed last can be read */
	assert_int_equal(dplink_slot_take(link_rig.link, 0, &slot), -ENOTCONN);
	assert_int_equal(dplink_geometry(link_rig.link)->workers, 2);
	assert_int_equal(dplink_read(link_rig.link, 1, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_int_equal(dplink_next(link_rig.link, 0), 1);
	dplink_numbers(link_rig.link, &numbers);
	assert_int_equal(numbers.lost, SLOTS + 4);
	assert_int_equal(numbers.deaths, 1);
	assert_int_equal(numbers.breaches, 0);
	assert_int_equal(numbers.under_way + numbers.waiting, 0);
}

static uint64_t died; /* the instance of the last that was replaced */

static void replace_plane(void)
{
	uint32_t downs = link_rig.n_downs, ups = link_rig.n_ups;

	died = dplink_instance(link_rig.link);
	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(downs + 1));
	link_rig_start_plane(&fake_plane_geometry);
	assert_true(link_rig_wait_ups(ups + 1));
}

static const struct relay_route carried = {2, 5};

static int take(uint64_t instance, const struct relay_route *slot, struct relay_record *record)
{
	link_rig_record(record);
	return dplink_takeover(link_rig.link, instance, slot, record);
}

static void take_over(enum dplink_up how)
{
	struct relay_command command = link_rig_command(carried.endpoint, carried.generation);
	struct relay_endpoint_view view;
	struct relay_record record;

	assert_int_equal(how, DPLINK_REPLACED);
	assert_int_equal(take(died, &carried, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_int_equal(record.ingress.ssrcs[0].ssrc, 1000);
	assert_int_equal(record.ingress.ssrcs[0].roc, 3);
	assert_int_equal(record.egress.ssrcs[0].seq, 12);
	assert_int_equal(record.ingress.rtp_used, 100);
	assert_int_equal(dplink_takeover(link_rig.link, died, &(struct relay_route){2, 4}, &record),
		-ENOENT);
	assert_int_equal(dplink_takeover_view(link_rig.link, died, carried.endpoint, &view), 0);
	assert_int_equal(view.rx_packets, 100);
	dplink_slot_claim(link_rig.link, &carried);
	assert_int_equal(
		dplink_install(link_rig.link, &command, &record, link_rig_done, &link_rig, 50), 0);
}

static void replaced_data_plane_takes_over(void **state)
{
	struct relay_endpoint_view view;
	struct relay_record record;

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	link_rig_spin(2);
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 3 << 16 | 11);
	assert_int_equal(take(dplink_instance(link_rig.link), &carried, &record), -ENOENT);
	link_rig.on_up = take_over;
	replace_plane();
	assert_true(link_rig_wait_answers(2));
	assert_int_equal(link_rig.answers[1].tag, 50);
	assert_int_equal(link_rig.answers[1].status, RELAY_OK);
	assert_int_equal(dplink_read(link_rig.link, carried.endpoint, &view), 0);
	assert_int_equal(view.ingress[0].state.roc, 3);
	assert_int_equal(view.egress[0].seq, 12);
	assert_int_equal(take(died, &carried, &record), 0);
	assert_true(dplink_takeover_done(link_rig.link));
	assert_int_equal(take(died, &carried, &record), -ENOENT);
	assert_int_equal(
		dplink_takeover_view(link_rig.link, died, carried.endpoint, &view), -ENOENT);
}

static void take_over_and_hold(enum dplink_up how)
{
	link_rig.plane.hold = true;
	for (uint32_t i = 0; i < SLOTS + 5; i++)
		assert_int_equal(link_rig_install(9, i + 1, i), 0);
	take_over(how);
}

/* Until another has taken it all, the dead one alone can tell the next but one. */
static void dead_region_stays_until_the_next_has_all(void **state)
{
	struct relay_record record;
	uint64_t first = dplink_instance(link_rig.link);

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	link_rig_spin(2);
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 3 << 16 | 11);
	link_rig.on_up = take_over_and_hold;
	replace_plane();
	link_rig_spin(5);
	assert_false(dplink_takeover_done(link_rig.link));
	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(2));
	assert_false(dplink_takeover_done(link_rig.link));
	assert_int_equal(take(first, &carried, &record), 0);
	link_rig_start_plane(&fake_plane_geometry);
	link_rig.on_up = NULL;
	assert_true(link_rig_wait_ups(3));
	assert_int_equal(take(first, &carried, &record), 0);
	assert_int_equal(record.ingress.ssrcs[0].roc, 3);
	assert_true(dplink_takeover_done(link_rig.link));
	assert_int_equal(take(first, &carried, &record), -ENOENT);
}

/* What died last has not been read by anybody, however long it is gone. */
static void dead_region_stays_while_there_is_no_other(void **state)
{
	struct relay_record record;

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	link_rig_spin(2);
	died = dplink_instance(link_rig.link);
	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(1));
	assert_false(dplink_takeover_done(link_rig.link));
	assert_int_equal(take(died, &carried, &record), 0);
}

/* The second died when it had one of two calls, and another at the slot of the other. */
static void takeover_outlives_a_second_death(void **state)
{
	const struct relay_route other = {9, 1};
	struct relay_record record;
	uint64_t first = dplink_instance(link_rig.link);

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	assert_int_equal(link_rig_install(9, 1, 1), 0);
	link_rig_spin(2);
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 3 << 16 | 11);
	fake_plane_traffic(&link_rig.plane, 9, 2000, 44);
	link_rig.on_up = take_over;
	replace_plane();
	assert_int_equal(link_rig_install(9, 1, 2), 0);
	assert_true(link_rig_wait_answers(4));
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 4 << 16);
	fake_plane_traffic(&link_rig.plane, 9, 3000, 55);
	link_rig.on_up = NULL;
	replace_plane();
	assert_int_equal(link_rig.how, DPLINK_REPLACED);
	assert_int_equal(take(first, &carried, &record), 0);
	assert_int_equal(record.ingress.ssrcs[0].roc, 3);
	assert_int_equal(dplink_takeover(link_rig.link, died, &carried, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_int_equal(record.ingress.ssrcs[0].roc, 4);
	assert_int_equal(record.ingress.rtp_used, 200);
	assert_int_equal(take(first, &other, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_int_equal(record.ingress.ssrcs[0].seq, 44);
	/* one that nothing was installed in is not kept */
	replace_plane();
	assert_int_equal(take(died, &carried, &record), -ENOENT);
	assert_int_equal(take(first, &carried, &record), 0);
}

/* Whose slot it was: the address by the dead one's own table, and the port. */
static void dead_endpoint_is_told_by_its_address(void **state)
{
	struct relay_sockaddr local = {.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4};
	struct relay_local shown = {0, 20000};

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	link_rig_spin(2);
	replace_plane();
	local.port = 20000;
	assert_true(dplink_takeover_is_at(link_rig.link, died, &shown, &local));
	assert_false(dplink_takeover_is_at(link_rig.link, died + 1, &shown, &local));
	shown.address = 1;
	assert_false(dplink_takeover_is_at(link_rig.link, died, &shown, &local));
	shown.address = UINT16_MAX;
	assert_false(dplink_takeover_is_at(link_rig.link, died, &shown, &local));
	shown = (struct relay_local){0, 20002};
	assert_false(dplink_takeover_is_at(link_rig.link, died, &shown, &local));
}

static void broken_ring_ends_the_link_but_not_the_calls(void **state)
{
	struct relay_endpoint_view view;
	struct dplink_numbers numbers;
	struct relay_record record;
	uint64_t instance = dplink_instance(link_rig.link);

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	link_rig_spin(2);
	link_rig.plane.hold = true;
	assert_int_equal(link_rig_install(3, 1, 1), 0);
	atomic_store(
		&relay_layout_event_head(link_rig.plane.data.base, &fake_plane_geometry, 0)->head,
		1000);
	link_wake(link_rig.plane.link);
	link_rig_loop();
	link_rig_loop();
	assert_int_equal(link_rig.n_downs, 1);
	assert_int_equal(link_rig.n_answers, 2);
	assert_true(link_rig.answers[1].status == DPLINK_LOST);
	dplink_numbers(link_rig.link, &numbers);
	assert_int_equal(numbers.breaches, 1);
	link_rig.plane.hold = false;
	assert_true(link_rig_wait_ups(2));
	assert_int_equal(link_rig.how, DPLINK_SAME);
	assert_int_equal(dplink_instance(link_rig.link), instance);
	assert_int_equal(dplink_read(link_rig.link, carried.endpoint, &view), 0);
	assert_int_equal(view.identity.generation, carried.generation);
	/* it lives: there is nothing to take over */
	assert_int_equal(take(instance, &carried, &record), -ENOENT);
	assert_int_equal(link_rig_install(3, 1, 2), 0);
	assert_true(link_rig_wait_answers(3));
	assert_int_equal(link_rig.answers[2].status, RELAY_OK);
}

/* Hung up on, it died before it was tried again. */
static void broken_data_plane_that_dies_is_taken_over(void **state)
{
	struct relay_record record;
	uint64_t instance = dplink_instance(link_rig.link);

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	link_rig_spin(2);
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 3 << 16 | 11);
	link_rig.plane.hold = true;
	assert_int_equal(link_rig_install(3, 1, 1), 0);
	atomic_store(
		&relay_layout_punt_head(link_rig.plane.data.base, &fake_plane_geometry, 0)->head,
		1000);
	link_wake(link_rig.plane.link);
	link_rig_loop();
	assert_int_equal(link_rig.n_downs, 1);
	assert_false(control_holds_keys(link_rig.plane.link));
	link_rig_stop_plane();
	link_rig_start_plane(&fake_plane_geometry);
	assert_true(link_rig_wait_ups(2));
	assert_int_equal(link_rig.how, DPLINK_REPLACED);
	assert_int_equal(take(instance, &carried, &record), 0);
	assert_int_equal(record.ingress.ssrcs[0].roc, 3);
}

/* The tail goes back: found within the call that meets it, told by the loop. */
static void ring_found_broken_by_a_command_is_told_later(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(link_rig_install(i, 1, i), 0);
	link_rig_spin(2);
	link_rig.plane.hold = true;
	assert_int_equal(link_rig_install(4, 1, 4), 0);
	atomic_store(
		&relay_layout_command_tail(link_rig.plane.data.base, &fake_plane_geometry, 0)->tail,
		2);
	assert_int_equal(link_rig_install(5, 1, 5), -ENOTCONN);
	assert_false(dplink_is_up(link_rig.link));
	assert_int_equal(link_rig_install(6, 1, 6), -ENOTCONN);
	assert_int_equal(link_rig.n_downs, 0);
	assert_int_equal(link_rig.n_answers, 4);
	link_rig_loop();
	assert_int_equal(link_rig.n_downs, 1);
	assert_int_equal(link_rig.n_answers, 5);
	assert_int_equal(link_rig.answers[4].tag, 4);
	assert_true(link_rig.answers[4].status == DPLINK_LOST);
}

/* Of the answer to an install at endpoint 0, which is the first of its worker. */
static void answers_that_can_not_be_end_the_link(void **state)
{
	for (uint32_t row = 0; row < 9; row++) {
		struct relay_event e = link_rig_event(RELAY_EVENT_INSTALLED, 0);
		struct dplink_numbers numbers;

		assert_int_equal(link_rig_open(state), 0);
		link_rig.plane.hold = true;
		if (row != 8)
			assert_int_equal(link_rig_install(0, 1, 0), 0);
		e.cookie += row == 1;
		e.type = row == 2 ? RELAY_EVENT_UPDATED : RELAY_EVENT_INSTALLED;
		e.endpoint = row == 3 ? 1 : row == 4 ? PER_WORKER : 0;
		e.status = row == 5 ? RELAY_STATUS_COUNT : RELAY_OK;
		e.version = (uint16_t)(e.version + (row == 6));
		e.reserved[3] = row == 7;
		link_rig_say(0, &e);
		link_rig_loop();
		link_rig_loop();
		dplink_numbers(link_rig.link, &numbers);
		assert_int_equal(numbers.breaches, row != 0);
		assert_int_equal(link_rig.n_downs, row != 0);
		assert_int_equal(link_rig.n_answers, row != 8);
		if (row != 8)
			assert_true(
				link_rig.answers[0].status == (row == 0 ? RELAY_OK : DPLINK_LOST));
		assert_int_equal(link_rig_close(state), 0);
	}
}

static void destroyed_link_calls_nobody(void **state)
{
	(void)state;
	link_rig.plane.hold = true;
	for (uint32_t i = 0; i < SLOTS + 5; i++)
		assert_int_equal(link_rig_install(0, i + 1, i), 0);
	dplink_destroy(link_rig.link);
	link_rig.link = NULL;
	link_rig_spin(3);
	assert_int_equal(link_rig.n_answers, 0);
	assert_int_equal(link_rig.n_downs, 0);
	assert_int_equal(link_rig.plane.news.event, ATTACH_GONE);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, link_rig_open, link_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(death_answers_all_that_was_under_way),
		RIG(replaced_data_plane_takes_over),
		RIG(dead_region_stays_until_the_next_has_all),
		RIG(dead_region_stays_while_there_is_no_other),
		RIG(takeover_outlives_a_second_death),
		RIG(dead_endpoint_is_told_by_its_address),
		RIG(broken_ring_ends_the_link_but_not_the_calls),
		RIG(broken_data_plane_that_dies_is_taken_over),
		RIG(ring_found_broken_by_a_command_is_told_later),
		cmocka_unit_test(answers_that_can_not_be_end_the_link),
		RIG(destroyed_link_calls_nobody),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
