/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages, records and numbers between a client and a data plane in the same process. */
#include "plane_rig.h"
#include "support.h"

#include <errno.h>
#include <poll.h>

static void install_is_answered_and_shows_in_directory(void **state)
{
	struct relay_endpoint_view view;

	(void)state;
	assert_int_equal(plane_rig_install(3, 1), 0);
	assert_int_equal(plane_rig_install(9, 5), 0); /* the other worker's */
	assert_int_equal(plane_rig_take_events(), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_take_events(), 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(rig.got.events[i].type, RELAY_EVENT_INSTALLED);
		assert_int_equal(rig.got.events[i].status, RELAY_OK);
		assert_int_equal(rig.got.events[i].cookie, 100 + rig.got.events[i].endpoint);
	}
	assert_int_equal(plane_client_read(rig.client, 9, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_int_equal(view.identity.generation, 5);
	assert_true(relay_address_equal(&view.identity.remote, &plane_rig_v4));
	assert_int_equal(plane_client_next(rig.client, 0), 3);
	assert_int_equal(plane_client_next(rig.client, 4), 9);
	assert_int_equal(plane_client_next(rig.client, 10), 16);
	assert_int_equal(plane_client_read(rig.client, 16, &view), -EINVAL);
}

static void update_and_remove_are_answered(void **state)
{
	struct relay_command update = plane_rig_command_for(0, 1);
	struct relay_endpoint_view view;

	(void)state;
	assert_int_equal(plane_rig_install(0, 1), 0);
	update.set = RELAY_SET_REMOTE;
	update.remote.port = 4001;
	assert_int_equal(plane_client_update(rig.client, &update, NULL), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_client_read(rig.client, 0, &view), 0);
	assert_int_equal(view.identity.remote.port, 4001);
	update.set = RELAY_SET_INGRESS;
	assert_int_equal(plane_client_update(rig.client, &update, NULL), -EINVAL);
	assert_int_equal(plane_client_install(rig.client, &update, NULL), -EINVAL);

	assert_int_equal(plane_client_remove(rig.client, 0, 2, 77), 0);
	assert_int_equal(plane_client_remove(rig.client, 0, 1, 78), 0);
	assert_int_equal(plane_client_remove(rig.client, 16, 1, 79), -EINVAL);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_take_events(), 4);
	assert_int_equal(rig.got.events[1].type, RELAY_EVENT_UPDATED);
	assert_int_equal(rig.got.events[2].status, RELAY_NO_SUCH_ENDPOINT);
	assert_int_equal(rig.got.events[3].type, RELAY_EVENT_REMOVED);
	assert_int_equal(rig.got.events[3].cookie, 78);
	assert_int_equal(plane_client_next(rig.client, 0), 16);
}

static void acknowledged_records_are_wiped(void **state)
{
	(void)state;
	rig.plane.hold = true;
	for (uint32_t i = 0; i < PLANE_RIG_SLOTS; i++)
		assert_int_equal(plane_rig_install(i, 1), 0);
	assert_int_equal(plane_rig_take_events(), 0);
	assert_true(plane_rig_control_holds_keys()); /* nobody has read them */
	rig.plane.hold = false;
	fake_plane_turn(&rig.plane);
	assert_int_equal(rig.plane.commands, PLANE_RIG_SLOTS);
	assert_int_equal(rig.plane.last_record.egress.session.rtp.cipher[0], 0x5a);
	assert_true(plane_rig_control_holds_keys());
	assert_int_equal(plane_rig_take_events(), PLANE_RIG_SLOTS);
	assert_false(plane_rig_control_holds_keys());
	/* sending wipes as well */
	assert_int_equal(plane_rig_install(0, 2), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_client_remove(rig.client, 0, 1, 0), 0);
	assert_false(plane_rig_control_holds_keys());
}

static void full_ring_says_so_and_loses_nothing(void **state)
{
	(void)state;
	rig.plane.hold = true;
	assert_int_equal(plane_client_room(rig.client, 0), PLANE_RIG_SLOTS);
	for (uint32_t i = 0; i < PLANE_RIG_SLOTS; i++)
		assert_int_equal(plane_rig_install(i, 1), 0);
	assert_int_equal(plane_client_room(rig.client, 0), 0);
	assert_int_equal(plane_rig_install(0, 2), -EAGAIN);
	assert_int_equal(
		plane_rig_install(PLANE_RIG_PER_WORKER, 1), 0); /* the other worker has room */
	rig.plane.hold = false;
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_install(0, 1), 0);
	fake_plane_turn(&rig.plane); /* no room for the answer: not taken */
	assert_int_equal(rig.plane.commands, PLANE_RIG_SLOTS + 1);
	assert_int_equal(plane_rig_take_events(), PLANE_RIG_SLOTS + 1);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_take_events(), 1);
	assert_int_equal(rig.got.events[PLANE_RIG_SLOTS + 1].status, RELAY_SLOT_IN_USE);
}

/* An event with 'at' of 64 bytes set to 'value'. */
static void send_bad_event(size_t at, uint8_t value)
{
	struct relay_event e = {.version = (uint16_t)RELAY_ABI_VERSION,
		.type = RELAY_EVENT_REMOTE,
		.endpoint = 1,
		.generation = 1,
		.remote = plane_rig_v4};

	((uint8_t *)&e)[at] = value;
	assert_true(link_event_send(&rig.plane.link->workers[0], &e) >= 0);
}

static void bad_events_are_counted_and_kept_back(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {
		{offsetof(struct relay_event, version), 99},
		{offsetof(struct relay_event, type), 0},
		{offsetof(struct relay_event, type), RELAY_EVENT_WENT_BACK + 1},
		{offsetof(struct relay_event, status), RELAY_STATUS_COUNT},
		{offsetof(struct relay_event, endpoint),
			PLANE_RIG_PER_WORKER}, /* the other worker's */
		{offsetof(struct relay_event, endpoint) + 3, 0xff},
		{offsetof(struct relay_event, remote) + 18, 9},
		{offsetof(struct relay_event, remote) + 18, RELAY_FAMILY_NONE},
		{offsetof(struct relay_event, remote) + 15, 1},
		{offsetof(struct relay_event, reserved), 1},
		{offsetof(struct relay_event, reserved) + 23, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send_bad_event(rows[i].at, rows[i].value);
		assert_int_equal(plane_rig_take_events(), 1);
		assert_int_equal(rig.got.n_events, 0);
		assert_int_equal(plane_client_faults(rig.client)->bad_events, i + 1);
	}
	send_bad_event(offsetof(struct relay_event, endpoint), 2); /* which is right */
	assert_int_equal(plane_rig_take_events(), 1);
	assert_int_equal(rig.got.n_events, 1);
	assert_true(relay_address_equal(&rig.got.events[0].remote, &plane_rig_v4));
}

static void punts_come_whole_and_bad_ones_are_counted(void **state)
{
	struct relay_packet p = {.endpoint = 9,
		.generation = 1,
		.remote = plane_rig_v4,
		.class = RELAY_PACKET_STUN,
		.len = 100};
	static uint8_t data[RELAY_PACKET_DATA];
	struct relay_packet bad[6];
	struct link_worker *w = &rig.plane.link->workers[1];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	assert_int_equal(link_punt_send(w, &p, data), 0);
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 10), 1);
	assert_memory_equal(&rig.got.packet, &p, RELAY_PACKET_HEADER);
	assert_memory_equal(rig.got.packet.data, data, 100);
	p.len = RELAY_PACKET_DATA;
	assert_int_equal(link_punt_send(w, &p, data), 0);
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 10), 1);
	assert_memory_equal(rig.got.packet.data, data, RELAY_PACKET_DATA);
	p.len = 0;
	assert_int_equal(link_punt_send(w, &p, data), 0);
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 10), 1);

	for (uint32_t i = 0; i < 6; i++)
		memcpy(&bad[i], &p, RELAY_PACKET_HEADER);
	bad[0].endpoint = 1;
	bad[1].generation = 0;
	bad[2].class = 0;
	bad[3].class = RELAY_PACKET_DTLS + 1;
	bad[4].remote = (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	bad[5].reserved[32] = 1;
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(link_punt_send(w, &bad[i], data), 0);
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 10), 6);
	assert_int_equal(plane_client_faults(rig.client)->bad_punts, 6);
	assert_int_equal(rig.got.n_punts, 3);

	p.len = RELAY_PACKET_DATA + 1;
	assert_int_equal(link_punt_send(w, &p, data), -EMSGSIZE);
	/* a data plane that does not look at the length */
	assert_int_equal(link_punt_send(w, &bad[0], data), 0);
	((struct relay_packet *)(void *)(w->punt.slots +
					 (size_t)((w->punt.head - 1) % PLANE_RIG_SLOTS) *
						 RELAY_PACKET_BYTES))
		->len = RELAY_PACKET_DATA + 1;
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 10), 1);
	assert_int_equal(plane_client_faults(rig.client)->bad_punts, 7);
}

static void no_worker_starves_another(void **state)
{
	struct relay_event e = {.version = (uint16_t)RELAY_ABI_VERSION,
		.type = RELAY_EVENT_STREAMS_FULL,
		.endpoint = 0,
		.generation = 1};

	(void)state;
	for (uint32_t i = 0; i < PLANE_RIG_SLOTS; i++)
		assert_int_equal(link_event_send(&rig.plane.link->workers[0], &e), 0);
	e.endpoint = PLANE_RIG_PER_WORKER;
	assert_int_equal(link_event_send(&rig.plane.link->workers[1], &e), 0);
	assert_int_equal(plane_client_events(rig.client, plane_rig_keep_event, &rig.got, 2), 2);
	assert_int_equal(plane_client_events(rig.client, plane_rig_keep_event, &rig.got, 2), 2);
	assert_int_equal(rig.got.events[2].endpoint, PLANE_RIG_PER_WORKER);
}

static void injected_packets_arrive(void **state)
{
	static uint8_t data[RELAY_PACKET_DATA + 1] = "hello";
	const struct relay_route to = {9, 4};
	struct relay_packet p = {.len = 0};
	struct relay_sockaddr broken = plane_rig_v4;

	(void)state;
	assert_int_equal(plane_client_inject(rig.client, &to, &plane_rig_v4, data, 6), 0);
	assert_int_equal(plane_client_inject(rig.client, &to, NULL, data, RELAY_PACKET_DATA), 0);
	assert_int_equal(plane_client_inject(rig.client, &to, NULL, NULL, 0), 0);
	assert_int_equal(
		plane_client_inject(rig.client, &to, NULL, data, RELAY_PACKET_DATA + 1), -EMSGSIZE);
	broken.zero = 1;
	assert_int_equal(plane_client_inject(rig.client, &to, &broken, data, 6), -EINVAL);
	assert_int_equal(link_inject_next(&rig.plane.link->workers[0], &p), 0);
	assert_int_equal(link_inject_next(&rig.plane.link->workers[1], &p), 1);
	assert_int_equal(p.endpoint, 9);
	assert_int_equal(p.generation, 4);
	assert_int_equal(p.len, 6);
	assert_true(relay_address_equal(&p.remote, &plane_rig_v4));
	assert_string_equal((const char *)p.data, "hello");
	assert_int_equal(link_inject_next(&rig.plane.link->workers[1], &p), 1);
	assert_int_equal(p.remote.family, RELAY_FAMILY_NONE);
	assert_int_equal(p.len, RELAY_PACKET_DATA);
	assert_int_equal(link_inject_next(&rig.plane.link->workers[1], &p), 1);
	assert_int_equal(p.len, 0);
	for (uint32_t i = 0; i < PLANE_RIG_SLOTS; i++)
		assert_int_equal(plane_client_inject(rig.client, &to, NULL, data, 1), 0);
	assert_int_equal(plane_client_inject(rig.client, &to, NULL, data, 1), -EAGAIN);
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void sleeper_is_woken_by_either_side(void **state)
{
	(void)state;
	assert_true(plane_client_sleep(rig.client));
	assert_false(readable(plane_client_fd(rig.client)));
	assert_true(link_sleep(&rig.plane.link->workers[0]));
	assert_false(readable(attach_wake_fd(rig.plane.attach)));
	assert_int_equal(plane_rig_install(0, 1), 0); /* wakes the data plane */
	assert_true(readable(attach_wake_fd(rig.plane.attach)));
	assert_false(link_sleep(&rig.plane.link->workers[0]));
	fake_plane_turn(&rig.plane);
	assert_true(readable(plane_client_fd(rig.client)));
	plane_client_awake(rig.client);
	assert_false(readable(plane_client_fd(rig.client)));
	assert_false(plane_client_sleep(rig.client)); /* there is an event */
	assert_int_equal(plane_rig_take_events(), 1);
	assert_true(plane_client_sleep(rig.client));
	plane_client_awake(rig.client);
	/* nobody sleeps: nobody is woken */
	assert_int_equal(plane_rig_install(1, 1), 0);
	fake_plane_turn(&rig.plane);
	assert_false(readable(plane_client_fd(rig.client)));
}

static void broken_rings_are_told_once(void **state)
{
	const struct relay_geometry *g = &rig.plane.geometry;
	void *data = rig.plane.data.base;

	(void)state;
	assert_int_equal(plane_rig_install(0, 1), 0);
	atomic_store(&relay_layout_event_head(data, g, 0)->head, 1000);
	assert_int_equal(plane_rig_take_events(), -EPROTO);
	assert_int_equal(plane_rig_take_events(), 0);
	atomic_store(&relay_layout_command_tail(data, g, 0)->tail, 77);
	assert_int_equal(plane_rig_take_events(), -EPROTO);
	assert_false(plane_rig_control_holds_keys()); /* they are of no more use */
	assert_int_equal(plane_rig_install(1, 1), -EPROTO);
	atomic_store(&relay_layout_punt_head(data, g, 1)->head, UINT32_MAX);
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 1), -EPROTO);
	assert_int_equal(plane_client_punts(rig.client, plane_rig_keep_punt, &rig.got, 1), 0);
	assert_int_equal(plane_client_faults(rig.client)->broken_rings, 3);
	assert_true(plane_client_sleep(rig.client)); /* no broken ring keeps us up */
	assert_int_equal(plane_rig_install(PLANE_RIG_PER_WORKER, 1), 0);
	fake_plane_turn(&rig.plane);
	plane_client_awake(rig.client);
	assert_int_equal(plane_rig_take_events(), 1);
}

/* A tail that goes back within the ring's size must not set the wiping on its way round. */
static void tail_that_goes_back_breaks_the_ring(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(plane_rig_install(i, 1), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_take_events(), 4);
	atomic_store(
		&relay_layout_command_tail(rig.plane.data.base, &rig.plane.geometry, 0)->tail, 2);
	assert_int_equal(plane_rig_install(5, 1), -EPROTO);
}

static void reading_keeps_within_bounds(void **state)
{
	struct relay_sockaddr addresses[RELAY_ADDRESSES_MAX];
	struct relay_info info, *written = relay_layout_info(rig.plane.data.base);
	struct relay_endpoint_view view;
	uint64_t port[RELAY_PORT_COUNT];
	struct relay_counts counts;

	(void)state;
	written->n_ports = 1000;
	memset(written->profile, 'x', sizeof(written->profile));
	plane_client_info(rig.client, &info);
	assert_int_equal(info.n_ports, RELAY_PORTS_MAX);
	assert_int_equal(strlen(info.profile), sizeof(info.profile) - 1);
	assert_string_equal(info.engine, "none");

	relay_layout_addresses(rig.plane.data.base)[0].zero = 1;
	assert_int_equal(plane_client_addresses(rig.client, addresses), 2);
	assert_int_equal(addresses[0].family, RELAY_FAMILY_NONE);
	assert_int_equal(addresses[1].family, RELAY_FAMILY_IPV6);

	fake_plane_endpoint(&rig.plane, 3)->identity.state = 77;
	assert_int_equal(plane_client_read(rig.client, 3, &view), -EPROTO);
	assert_int_equal(view.identity.state, RELAY_STATE_FREE);

	atomic_store(&relay_layout_ports(rig.plane.data.base)[7].counts[RELAY_PORT_TX], 5);
	assert_int_equal(plane_client_port(rig.client, 7, port), 0);
	assert_int_equal(port[RELAY_PORT_TX], 5);
	assert_int_equal(plane_client_port(rig.client, 8, port), -EINVAL);
	assert_int_equal(plane_client_counters(rig.client, 2, &counts), -EINVAL);
}

static void totals_add_workers_up(void **state)
{
	struct relay_counts a = {.counts = {[RELAY_COUNTER_RX] = 10, [RELAY_COUNTER_TX] = 9},
		.drops = {[RELAY_DROP_NOT_OURS] = 1}};
	struct relay_counts total;

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		relay_counters_publish(
			relay_layout_counters(rig.plane.data.base, &rig.plane.geometry, i), &a);
	assert_int_equal(plane_client_total(rig.client, &total), 0);
	assert_int_equal(total.counts[RELAY_COUNTER_RX], 20);
	assert_int_equal(total.counts[RELAY_COUNTER_TX], 18);
	assert_int_equal(total.drops[RELAY_DROP_NOT_OURS], 2);
	atomic_store(
		&relay_layout_counters(rig.plane.data.base, &rig.plane.geometry, 1)->version, 1);
	assert_int_equal(plane_client_total(rig.client, &total), -EAGAIN);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, plane_rig_open, plane_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(install_is_answered_and_shows_in_directory),
		RIG(update_and_remove_are_answered),
		RIG(acknowledged_records_are_wiped),
		RIG(full_ring_says_so_and_loses_nothing),
		RIG(bad_events_are_counted_and_kept_back),
		RIG(punts_come_whole_and_bad_ones_are_counted),
		RIG(no_worker_starves_another),
		RIG(injected_packets_arrive),
		RIG(sleeper_is_woken_by_either_side),
		RIG(broken_rings_are_told_once),
		RIG(tail_that_goes_back_breaks_the_ring),
		RIG(reading_keeps_within_bounds),
		RIG(totals_add_workers_up),
	};

	return cmocka_run_group_tests(tests, plane_rig_make_dir, plane_rig_remove_dir);
}
