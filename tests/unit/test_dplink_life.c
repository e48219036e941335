/* SPDX-License-Identifier: BSD-3-Clause */
/* Data planes that come, die, are replaced, and break the contract. */
#include "link_rig.h"
#include "support.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 8, PER_WORKER = 8 }; /* as fake_plane_geometry has them */

/* Runs the loop alone for so long. */
static void run_for(uint32_t ms)
{
	const struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	assert_int_equal(event_base_loopexit(link_rig.base, &tv), 0);
	assert_int_equal(event_base_dispatch(link_rig.base), 0);
}

/* What is logged meanwhile. */
static int quiet_fd = -1;
static FILE *lines;

static void log_begin(void)
{
	lines = tmpfile();
	assert_non_null(lines);
	quiet_fd = dup(STDERR_FILENO);
	assert_true(dup2(fileno(lines), STDERR_FILENO) >= 0);
}

static uint32_t log_end(const char *needle)
{
	char line[1024];
	uint32_t n = 0;

	assert_true(dup2(quiet_fd, STDERR_FILENO) >= 0);
	(void)close(quiet_fd);
	rewind(lines);
	while (fgets(line, sizeof(line), lines) != NULL)
		n += strstr(line, needle) != NULL;
	(void)fclose(lines);
	return n;
}

static void nothing_then_something(void **state)
{
	struct relay_endpoint_view view;
	struct relay_counts counts;
	struct relay_route slot;
	struct relay_sockaddr local = {.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4};
	uint16_t index = 0;

	log_begin();
	assert_int_equal(link_rig_prepare(state), 0);
	run_for(350);
	assert_int_equal(log_end("event=absent"), 1);
	assert_false(dplink_is_up(link_rig.link));
	assert_int_equal(dplink_instance(link_rig.link), 0);
	assert_null(dplink_geometry(link_rig.link));
	assert_int_equal(dplink_address(link_rig.link, &local, &index), -ENOTCONN);
	assert_int_equal(dplink_slot_take(link_rig.link, 0, &slot), -ENOTCONN);
	dplink_slot_give(link_rig.link, 0);
	dplink_slot_claim(link_rig.link, &(struct relay_route){0, 1});
	assert_int_equal(link_rig_install(0, 1, 0), -ENOTCONN);
	assert_int_equal(dplink_read(link_rig.link, 0, &view), -ENOTCONN);
	assert_int_equal(dplink_total(link_rig.link, &counts), -ENOTCONN);
	assert_int_equal(dplink_next(link_rig.link, 0), UINT32_MAX);
	assert_int_equal(
		dplink_takeover_view(link_rig.link, &(struct relay_route){0, 1}, &view), -ENOENT);
	dplink_takeover_done(link_rig.link);

	link_rig_start_plane(&fake_plane_geometry);
	log_begin();
	assert_true(link_rig_wait_ups(1));
	assert_int_equal(log_end("event=up"), 1);
	assert_int_equal(link_rig.how, DPLINK_FIRST);
	assert_int_equal(dplink_instance(link_rig.link),
		relay_region_header(&link_rig.plane.data)->instance);
	assert_int_equal(link_rig_install(0, 1, 0), 0);
	assert_true(link_rig_wait_answers(1));
	assert_int_equal(link_rig_close(state), 0);
	dplink_destroy(NULL);
}

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

static void replace_plane(void)
{
	uint32_t downs = link_rig.n_downs, ups = link_rig.n_ups;

	link_rig_stop_plane();
	assert_true(link_rig_wait_downs(downs + 1));
	link_rig_start_plane(&fake_plane_geometry);
	assert_true(link_rig_wait_ups(ups + 1));
}

static const struct relay_route carried = {2, 5};

static void take_over(enum dplink_up how)
{
	struct relay_command command = link_rig_command(carried.endpoint, carried.generation);
	struct relay_endpoint_view view;
	struct relay_record record;

	assert_int_equal(how, DPLINK_REPLACED);
	link_rig_record(&record);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_int_equal(record.ingress.ssrcs[0].ssrc, 1000);
	assert_int_equal(record.ingress.ssrcs[0].roc, 3);
	assert_int_equal(record.egress.ssrcs[0].seq, 12);
	assert_int_equal(record.ingress.rtp_used, 100);
	assert_int_equal(
		dplink_takeover(link_rig.link, &(struct relay_route){2, 4}, &record), -ENOENT);
	assert_int_equal(dplink_takeover_view(link_rig.link, &carried, &view), 0);
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
	link_rig_record(&record);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), -ENOENT);
	link_rig.on_up = take_over;
	replace_plane();
	assert_true(link_rig_wait_answers(2));
	assert_int_equal(link_rig.answers[1].tag, 50);
	assert_int_equal(link_rig.answers[1].status, RELAY_OK);
	assert_int_equal(dplink_read(link_rig.link, carried.endpoint, &view), 0);
	assert_int_equal(view.ingress[0].state.roc, 3);
	assert_int_equal(view.egress[0].seq, 12);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), 0);
	dplink_takeover_done(link_rig.link);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), -ENOENT);
	assert_int_equal(dplink_takeover_view(link_rig.link, &carried, &view), -ENOENT);
}

/* The second died when one of two calls was over: each is found where it was last, or in both. */
static void takeover_outlives_a_second_death(void **state)
{
	struct relay_record record;

	(void)state;
	assert_int_equal(link_rig_install(carried.endpoint, carried.generation, 0), 0);
	assert_int_equal(link_rig_install(9, 1, 1), 0);
	link_rig_spin(2);
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 3 << 16 | 11);
	fake_plane_traffic(&link_rig.plane, 9, 2000, 44);
	link_rig.on_up = take_over;
	replace_plane();
	assert_true(link_rig_wait_answers(3));
	fake_plane_traffic(&link_rig.plane, carried.endpoint, 1000, 4 << 16);
	link_rig.on_up = NULL;
	replace_plane();
	assert_int_equal(link_rig.how, DPLINK_REPLACED);
	link_rig_record(&record);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_int_equal(record.ingress.ssrcs[0].roc, 4);
	assert_int_equal(record.ingress.rtp_used, 200);
	link_rig_record(&record);
	assert_int_equal(dplink_takeover(link_rig.link, &(struct relay_route){9, 1}, &record), 0);
	assert_int_equal(record.ingress.ssrcs[0].seq, 44);
	/* one that nothing was installed in is not kept */
	replace_plane();
	link_rig_record(&record);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), 0);
	assert_int_equal(record.ingress.ssrcs[0].roc, 4);
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
	link_rig_record(&record);
	assert_int_equal(dplink_takeover(link_rig.link, &carried, &record), -ENOENT);
	assert_int_equal(link_rig_install(3, 1, 2), 0);
	assert_true(link_rig_wait_answers(3));
	assert_int_equal(link_rig.answers[2].status, RELAY_OK);
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

static void answer_hello(int listener, bool is_bad)
{
	struct fake_plane *f = &link_rig.plane;
	struct relay_attach_offer offer = {
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = RELAY_ABI_VERSION,
			.role = RELAY_ROLE_DATA,
			.region_bytes = f->data.bytes,
			.layout_hash = relay_layout_hash() + is_bad,
			.geometry = f->geometry},
		.region_fd = f->data.fd,
		.wake_fd = f->wake_fd,
	};
	int sock = -1;

	while (relay_attach_accept(listener, getuid(), 0, &sock) != 0)
		run_for(20);
	assert_int_equal(relay_attach_send(sock, &offer), 0);
	run_for(50);
	(void)close(sock);
	run_for(20);
}

static void bad_hello_is_refused_and_tried_again(void **state)
{
	char elsewhere[80];
	int listener = -1;

	assert_true(snprintf(elsewhere, sizeof(elsewhere), "%s.2", link_rig.path) > 0);
	assert_int_equal(fake_plane_open(&link_rig.plane, elsewhere, &fake_plane_geometry), 0);
	assert_int_equal(relay_attach_listen(link_rig.path, &listener), 0);
	log_begin();
	assert_int_equal(link_rig_prepare(state), 0);
	answer_hello(listener, true);
	assert_int_equal(log_end("event=absent"), 1);
	assert_int_equal(link_rig.n_ups, 0);
	answer_hello(listener, false); /* and then hangs up */
	assert_int_equal(link_rig.n_ups, 1);
	assert_int_equal(link_rig.n_downs, 1);
	/* somebody listens who says nothing: given up on, and not waited for */
	log_begin();
	run_for(3500);
	assert_int_equal(log_end("event=absent"), 1);
	(void)close(listener);
	(void)unlink(link_rig.path);
	fake_plane_close(&link_rig.plane);
	link_rig_start_plane(&fake_plane_geometry);
	assert_true(link_rig_wait_ups(2));
	assert_int_equal(link_rig_close(state), 0);
}

static void second_link_waits_for_its_turn(void **state)
{
	struct plane_client *first = NULL;
	int sock = -1;

	link_rig_start_plane(&fake_plane_geometry);
	assert_int_equal(relay_attach_connect(link_rig.path, &sock), 0);
	for (uint32_t i = 0; i < 3; i++)
		fake_plane_turn(&link_rig.plane);
	assert_int_equal(plane_client_adopt(sock, 0, &first), 0);
	fake_plane_turn(&link_rig.plane);
	log_begin();
	assert_int_equal(link_rig_prepare(state), 0);
	for (uint32_t i = 0; i < 20; i++) {
		run_for(15);
		fake_plane_turn(&link_rig.plane);
	}
	assert_int_equal(log_end("another client"), 1);
	assert_int_equal(link_rig.n_ups, 0);
	plane_client_detach(first);
	assert_true(link_rig_wait_ups(1));
	assert_int_equal(link_rig_close(state), 0);
}

/* Who listens is told by the kernel. Root may be the data plane, so root is somebody else here. */
static void other_users_data_plane_is_refused(void **state)
{
	enum { SOMEBODY = 54321 };
	bool is_root = getuid() == 0;
	struct dplink_options options = {
		.socket_path = link_rig.path, .data_uid = is_root ? 0 : getuid() + 1};
	char folder[64];
	int listener = -1;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%.*s",
		(int)(strrchr(link_rig.path, '/') - link_rig.path), link_rig.path);
	if (is_root) {
		assert_int_equal(chown(folder, SOMEBODY, (gid_t)-1), 0);
		assert_int_equal(seteuid(SOMEBODY), 0);
	}
	assert_int_equal(relay_attach_listen(link_rig.path, &listener), 0);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	options.base = link_rig.base = event_base_new();
	log_begin();
	assert_int_equal(dplink_create(&options, &link_rig.link), 0);
	run_for(150);
	assert_int_equal(log_end("should not"), 1);
	(void)close(listener);
	(void)unlink(link_rig.path);
	assert_int_equal(link_rig_close(state), 0);
}

static void set_beat(uint64_t beat)
{
	atomic_store(&relay_layout_info(link_rig.plane.data.base)->beat, beat);
}

static bool is_stalled(void)
{
	struct dplink_numbers numbers;

	dplink_numbers(link_rig.link, &numbers);
	return numbers.is_stalled;
}

static void hung_data_plane_is_told_not_left(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < 4; i++) {
		set_beat(i);
		run_for(600);
		assert_false(is_stalled());
	}
	log_begin();
	run_for(3000);
	assert_int_equal(log_end("event=stalled"), 1);
	assert_true(is_stalled());
	assert_true(dplink_is_up(link_rig.link));
	set_beat(9);
	run_for(600);
	assert_false(is_stalled());
	assert_int_equal(link_rig.n_downs, 0);
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
		cmocka_unit_test(nothing_then_something),
		RIG(death_answers_all_that_was_under_way),
		RIG(replaced_data_plane_takes_over),
		RIG(takeover_outlives_a_second_death),
		RIG(broken_ring_ends_the_link_but_not_the_calls),
		RIG(ring_found_broken_by_a_command_is_told_later),
		cmocka_unit_test(answers_that_can_not_be_end_the_link),
		cmocka_unit_test(bad_hello_is_refused_and_tried_again),
		cmocka_unit_test(second_link_waits_for_its_turn),
		cmocka_unit_test(other_users_data_plane_is_refused),
		RIG(hung_data_plane_is_told_not_left),
		RIG(destroyed_link_calls_nobody),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
