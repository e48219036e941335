/* SPDX-License-Identifier: BSD-3-Clause */
/* Data planes that are not there, not ours, or not well. */
#include "link_rig.h"
#include "support.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

static void nothing_then_something(void **state)
{
	struct relay_endpoint_view view;
	struct relay_counts counts;
	struct relay_route slot;
	struct relay_sockaddr local = {.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4};
	uint16_t index = 0;

	link_rig_log_begin();
	assert_int_equal(link_rig_prepare(state), 0);
	link_rig_run_for(350);
	assert_int_equal(link_rig_log_end("event=absent"), 1);
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
	assert_int_equal(dplink_takeover_view(link_rig.link, 0, 0, &view), -ENOENT);
	assert_false(dplink_takeover_done(link_rig.link));

	link_rig_start_plane(&fake_plane_geometry);
	link_rig_log_begin();
	assert_true(link_rig_wait_ups(1));
	assert_int_equal(link_rig_log_end("event=up"), 1);
	assert_int_equal(link_rig.how, DPLINK_FIRST);
	assert_int_equal(dplink_instance(link_rig.link),
		relay_region_header(&link_rig.plane.data)->instance);
	assert_int_equal(link_rig_install(0, 1, 0), 0);
	assert_true(link_rig_wait_answers(1));
	assert_int_equal(link_rig_close(state), 0);
	dplink_destroy(NULL);
}

static void answer_hello(int listener, uint32_t version, bool is_bad)
{
	struct fake_plane *f = &link_rig.plane;
	struct relay_attach_offer offer = {
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = version,
			.role = RELAY_ROLE_DATA,
			.region_bytes = f->data.bytes,
			.layout_hash = relay_layout_hash() + is_bad,
			.geometry = f->geometry},
		.region_fd = f->data.fd,
	};
	int sock = -1, own = -1;

	while (relay_attach_accept(listener, getuid(), 0, &sock) != 0)
		link_rig_run_for(20);
	assert_int_equal(relay_attach_wake_pair(&own, &offer.wake_fd), 0);
	assert_int_equal(relay_attach_send(sock, &offer), 0);
	link_rig_run_for(50);
	(void)close(own);
	(void)close(offer.wake_fd);
	(void)close(sock);
	link_rig_run_for(20);
}

static void bad_hello_is_refused_and_tried_again(void **state)
{
	char elsewhere[80];
	int listener = -1;

	assert_true(snprintf(elsewhere, sizeof(elsewhere), "%s.2", link_rig.path) > 0);
	assert_int_equal(fake_plane_open(&link_rig.plane, elsewhere, &fake_plane_geometry), 0);
	assert_int_equal(relay_attach_listen(link_rig.path, &listener), 0);
	link_rig_log_begin();
	assert_int_equal(link_rig_prepare(state), 0);
	answer_hello(listener, RELAY_ABI_VERSION, true);
	assert_int_equal(link_rig_log_end("event=absent"), 1);
	assert_int_equal(link_rig.n_ups, 0);
	answer_hello(listener, RELAY_ABI_VERSION, false); /* and then hangs up */
	assert_int_equal(link_rig.n_ups, 1);
	assert_int_equal(link_rig.n_downs, 1);
	/* somebody listens who says nothing: given up on, and not waited for */
	link_rig_log_begin();
	link_rig_run_for(3500);
	assert_int_equal(link_rig_log_end("event=absent"), 1);
	(void)close(listener);
	(void)unlink(link_rig.path);
	fake_plane_close(&link_rig.plane);
	link_rig_start_plane(&fake_plane_geometry);
	assert_true(link_rig_wait_ups(2));
	assert_int_equal(link_rig_close(state), 0);
}

/* As half way through an upgrade. */
static void other_version_is_told_with_its_cure(void **state)
{
	static const struct {
		uint32_t version;
		bool is_bad;
	} rows[] = {{RELAY_ABI_VERSION + 1, false}, {RELAY_ABI_VERSION - 1, false},
		{RELAY_ABI_VERSION, true}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char elsewhere[80];
		int listener = -1;

		assert_true(snprintf(elsewhere, sizeof(elsewhere), "%s.2", link_rig.path) > 0);
		assert_int_equal(
			fake_plane_open(&link_rig.plane, elsewhere, &fake_plane_geometry), 0);
		assert_int_equal(relay_attach_listen(link_rig.path, &listener), 0);
		assert_int_equal(link_rig_prepare(state), 0);
		link_rig_log_begin();
		answer_hello(listener, rows[i].version, rows[i].is_bad);
		assert_int_equal(link_rig_log_end("restart both of the same version"), 1);
		assert_int_equal(link_rig.n_ups, 0);
		(void)close(listener);
		(void)unlink(link_rig.path);
		/* nobody there is another matter */
		link_rig_log_begin();
		link_rig_run_for(1500);
		assert_int_equal(link_rig_log_end("start sluice-dataplane"), 1);
		fake_plane_close(&link_rig.plane);
		assert_int_equal(link_rig_close(state), 0);
	}
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
	link_rig_log_begin();
	assert_int_equal(link_rig_prepare(state), 0);
	for (uint32_t i = 0; i < 20; i++) {
		link_rig_run_for(15);
		fake_plane_turn(&link_rig.plane);
	}
	assert_int_equal(link_rig_log_end("another client"), 1);
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
	link_rig_log_begin();
	assert_int_equal(dplink_create(&options, &link_rig.link), 0);
	link_rig_run_for(150);
	assert_int_equal(link_rig_log_end("should not"), 1);
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

static uint64_t stalls(void)
{
	struct dplink_numbers numbers;

	dplink_numbers(link_rig.link, &numbers);
	return numbers.stalls;
}

static void hung_data_plane_is_told_not_left(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < 4; i++) {
		set_beat(i);
		link_rig_run_for(600);
		assert_false(is_stalled());
	}
	assert_int_equal(stalls(), 0);
	link_rig_log_begin();
	link_rig_run_for(3000);
	assert_int_equal(link_rig_log_end("event=stalled"), 1);
	assert_true(is_stalled());
	assert_int_equal(stalls(), 1);
	assert_true(dplink_is_up(link_rig.link));
	set_beat(9);
	link_rig_run_for(600);
	assert_false(is_stalled());
	assert_int_equal(stalls(), 1);
	assert_int_equal(link_rig.n_downs, 0);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, link_rig_open, link_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_then_something),
		cmocka_unit_test(bad_hello_is_refused_and_tried_again),
		cmocka_unit_test(other_version_is_told_with_its_cure),
		cmocka_unit_test(second_link_waits_for_its_turn),
		cmocka_unit_test(other_users_data_plane_is_refused),
		RIG(hung_data_plane_is_told_not_left),
	};

	return cmocka_run_group_tests(tests, link_rig_make_dir, link_rig_remove_dir);
}
