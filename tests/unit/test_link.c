/* SPDX-License-Identifier: BSD-3-Clause */
/* The data plane's end against a client's region that is written by hand, as a client that keeps no
 * rule would. */
#include "fake_plane.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SLOTS = 8 };

static const struct relay_geometry *const g = &fake_plane_geometry;
static struct relay_region data, control;
static struct link *link_made;
static struct link_worker *w; /* the second */
static int wake_fd;

static struct relay_attach_offer make_offer(void)
{
	return (struct relay_attach_offer){
		.hello = {.region_bytes = control.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = *g},
		.region_fd = fcntl(control.fd, F_DUPFD_CLOEXEC, 0),
		.wake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	};
}

static void close_offer(const struct relay_attach_offer *offer)
{
	(void)close(offer->region_fd);
	(void)close(offer->wake_fd);
}

static int open_rig(void **state)
{
	struct relay_attach_offer offer;

	(void)state;
	assert_int_equal(relay_region_create(&data, RELAY_ROLE_DATA, relay_layout_data_bytes(g),
				 relay_layout_hash()),
		0);
	assert_int_equal(relay_region_create(&control, RELAY_ROLE_CONTROL,
				 relay_layout_control_bytes(g), relay_layout_hash()),
		0);
	offer = make_offer();
	assert_int_equal(link_open(&offer, data.base, g, &link_made), 0);
	(void)close(offer.region_fd); /* the mapping stays */
	wake_fd = offer.wake_fd;
	w = &link_made->workers[1];
	return 0;
}

static int close_rig(void **state)
{
	(void)state;
	link_close(link_made);
	link_close(NULL);
	assert_int_equal(close(wake_fd), 0); /* never the link's */
	relay_region_close(&control);
	relay_region_close(&data);
	return 0;
}

/* What a client's producer would do. */
static void set_head(struct relay_ring_head *head, uint32_t value)
{
	atomic_store(&head->head, value);
}

static struct relay_command *command_slot(uint32_t i)
{
	return (struct relay_command *)(void *)(relay_layout_command_head(control.base, g, 1) + 1) +
	       i;
}

static struct relay_packet *inject_slot(uint32_t i)
{
	return (struct relay_packet *)(void *)(relay_layout_inject_head(control.base, g, 1) + 1) +
	       i;
}

static void record_comes_with_the_commands_that_need_it(void **state)
{
	static const struct {
		uint8_t type, set;
		bool has;
	} rows[] = {
		{RELAY_COMMAND_INSTALL, 0, true},
		{RELAY_COMMAND_UPDATE, RELAY_SET_REMOTE, false},
		{RELAY_COMMAND_UPDATE, RELAY_SET_INGRESS, true},
		{RELAY_COMMAND_UPDATE, RELAY_SET_EGRESS | RELAY_SET_DSCP, true},
		{RELAY_COMMAND_REMOVE, RELAY_SET_ALL, false},
		{77, RELAY_SET_ALL, false},
	};
	struct relay_record *records = relay_layout_records(control.base, g, 1), record;
	struct relay_command c = {.cookie = 77};

	(void)state;
	assert_int_equal(link_command_next(w, &c, &record), 0);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*command_slot(i) = (struct relay_command){
			.type = rows[i].type, .set = rows[i].set, .cookie = i};
		memset(&records[i], 0x40 + (int)i, sizeof(records[i]));
		set_head(relay_layout_command_head(control.base, g, 1), i + 1);
		memset(&record, 0, sizeof(record));
		assert_int_equal(link_command_next(w, &c, &record), 1);
		assert_int_equal(c.cookie, i);
		assert_int_equal(record.reserved[0], rows[i].has ? 0x40 + i : 0);
		/* that is the acknowledgement */
		assert_int_equal(
			atomic_load(&relay_layout_command_tail(data.base, g, 1)->tail), i + 1);
	}
	assert_int_equal(link_command_next(w, &c, &record), 0);
	assert_int_equal(link_command_next(&link_made->workers[0], &c, &record), 0);
}

static void broken_command_ring_leaves_the_others(void **state)
{
	struct relay_command c;
	struct relay_record record;
	struct relay_packet p;

	(void)state;
	set_head(relay_layout_command_head(control.base, g, 1), SLOTS + 1);
	assert_int_equal(link_command_next(w, &c, &record), -EPROTO);
	assert_int_equal(link_command_next(w, &c, &record), -EPROTO);
	assert_true(link_sleep(w)); /* it keeps nobody awake */
	set_head(relay_layout_inject_head(control.base, g, 1), 1);
	assert_int_equal(link_inject_next(w, &p), 1);
	assert_int_equal(link_event_room(w), SLOTS);
	set_head(relay_layout_command_head(control.base, g, 0), 1);
	assert_int_equal(link_command_next(&link_made->workers[0], &c, &record), 1);
}

static void events_fill_their_ring_and_no_more(void **state)
{
	const struct relay_event e = {.cookie = 5};

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++) {
		assert_int_equal(link_event_room(w), SLOTS - i);
		assert_int_equal(link_event_send(w, &e), 0);
	}
	assert_int_equal(link_event_room(w), 0);
	assert_int_equal(link_event_send(w, &e), -EAGAIN);
	atomic_store(&relay_layout_event_tail(control.base, g, 1)->tail, 3);
	atomic_store(&relay_layout_event_tail(control.base, g, 1)->asleep, 1);
	assert_int_equal(link_event_room(w), 3);
	assert_int_equal(link_event_send(w, &e), 1);
	atomic_store(&relay_layout_event_tail(control.base, g, 1)->tail, 2); /* goes back */
	assert_int_equal(link_event_room(w), 0);
	assert_int_equal(link_event_send(w, &e), -EPROTO);
}

static void injected_length_is_checked_before_data_is_copied(void **state)
{
	static const uint16_t bad[] = {RELAY_PACKET_DATA + 1, RELAY_PACKET_BYTES, 65535};
	struct support_guard guard;
	struct relay_packet *p;

	(void)state;
	/* a byte too much would fault */
	support_guard_open(&guard, sizeof(*p));
	p = (struct relay_packet *)(void *)support_guard_before_end(&guard, sizeof(*p));
	for (uint32_t i = 0; i < 3; i++) {
		inject_slot(i)->len = bad[i];
		set_head(relay_layout_inject_head(control.base, g, 1), i + 1);
		assert_int_equal(link_inject_next(w, p), -EMSGSIZE);
	}
	inject_slot(3)->len = 2;
	memset(inject_slot(3)->data, 0x77, RELAY_PACKET_DATA);
	memset(p, 0, sizeof(*p));
	set_head(relay_layout_inject_head(control.base, g, 1), 5);
	assert_int_equal(link_inject_next(w, p), 1);
	assert_int_equal(p->data[1], 0x77);
	assert_int_equal(p->data[2], 0); /* no more than was said */
	inject_slot(4)->len = RELAY_PACKET_DATA;
	assert_int_equal(link_inject_next(w, p), 1);
	assert_int_equal(link_inject_next(w, p), 0);
	support_guard_close(&guard);
}

static atomic_bool stop;

static void *change_length(void *arg)
{
	struct relay_packet *slot = arg;
	uint16_t len = 1;

	while (!atomic_load(&stop)) {
		*(volatile uint16_t *)&slot->len = len;
		len = len == 1 ? 65535 : 1;
	}
	return NULL;
}

/* A client that changes the length while it is read never has the copy say more than was checked.
 */
static void length_that_changes_is_read_once(void **state)
{
	struct relay_packet p;
	pthread_t thread;
	uint32_t taken = 0, refused = 0;

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++)
		inject_slot(i)->len = 1;
	atomic_store(&stop, false);
	assert_int_equal(pthread_create(&thread, NULL, change_length, inject_slot(0)), 0);
	/* on a busy machine the other thread may not have come yet */
	for (uint32_t i = 1; i <= 400000000 && (i < 200000 || taken == 0 || refused == 0);
		i += SLOTS) {
		if (i > 200000)
			(void)sched_yield();
		set_head(relay_layout_inject_head(control.base, g, 1), i);
		if (link_inject_next(w, &p) == 1) {
			taken++;
			assert_true(p.len <= RELAY_PACKET_DATA);
		} else {
			refused++;
		}
		set_head(relay_layout_inject_head(control.base, g, 1), i + SLOTS - 1);
		for (uint32_t j = 1; j < SLOTS; j++)
			assert_int_equal(link_inject_next(w, &p), 1);
	}
	atomic_store(&stop, true);
	(void)pthread_join(thread, NULL);
	assert_true(taken > 0 && refused > 0);
}

static void reset_makes_a_worker_new(void **state)
{
	const struct relay_event e = {.cookie = 5};
	struct relay_command c;
	struct relay_record record;

	(void)state;
	set_head(relay_layout_command_head(control.base, g, 1), 1);
	assert_int_equal(link_command_next(w, &c, &record), 1);
	assert_int_equal(link_event_send(w, &e), 0);
	assert_true(link_sleep(w));
	link_reset(data.base, g, 1);
	assert_int_equal(atomic_load(&relay_layout_command_tail(data.base, g, 1)->tail), 0);
	assert_int_equal(atomic_load(&relay_layout_command_tail(data.base, g, 1)->asleep), 0);
	assert_int_equal(atomic_load(&relay_layout_event_head(data.base, g, 1)->head), 0);
}

static void offer_of_other_shape_is_refused(void **state)
{
	struct relay_attach_offer offer = make_offer();
	struct relay_geometry other = *g, impossible = *g;
	struct link *l = NULL;

	(void)state;
	offer.hello.region_bytes++;
	assert_int_equal(link_open(&offer, data.base, g, &l), -EPROTO);
	offer.hello.region_bytes--;
	offer.hello.layout_hash++;
	assert_int_equal(link_open(&offer, data.base, g, &l), -EPROTO);
	offer.hello.layout_hash--;
	other.endpoints += 2; /* the control region's size is the same */
	assert_int_equal(link_open(&offer, data.base, &other, &l), -EPROTO);
	impossible.workers = 0;
	assert_int_equal(link_open(&offer, data.base, &impossible, &l), -EINVAL);
	(void)close(offer.region_fd);
	offer.region_fd = fcntl(data.fd, F_DUPFD_CLOEXEC, 0); /* our own */
	assert_int_equal(link_open(&offer, data.base, g, &l), -EPROTO);
	assert_null(l);
	close_offer(&offer); /* still the caller's */
}

static long minor_faults(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_minflt;
}

/* A worker must not be the first to look at a page. */
static void every_page_is_there_when_the_link_is(void **state)
{
	const struct relay_geometry large = {1, 8, 8, 8, 1024, 1};
	struct relay_region ours, theirs;
	struct relay_attach_offer offer = make_offer();
	struct link *l = NULL;
	long before;

	(void)state;
	(void)close(offer.region_fd);
	assert_int_equal(relay_region_create(&ours, RELAY_ROLE_DATA,
				 relay_layout_data_bytes(&large), relay_layout_hash()),
		0);
	assert_int_equal(relay_region_create(&theirs, RELAY_ROLE_CONTROL,
				 relay_layout_control_bytes(&large), relay_layout_hash()),
		0);
	offer.hello.region_bytes = theirs.bytes;
	offer.hello.geometry = large;
	offer.region_fd = fcntl(theirs.fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(link_open(&offer, ours.base, &large, &l), 0);
	before = minor_faults();
	for (size_t off = 0; off < l->control.bytes; off += 4096)
		assert_true(off == 0 || ((const uint8_t *)l->control.base)[off] == 0);
	/* of 500; a page may be moved meanwhile, by a kernel in search of large ones */
	assert_in_range(minor_faults() - before, 0, 99);
	link_close(l);
	close_offer(&offer);
	relay_region_close(&theirs);
	relay_region_close(&ours);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(record_comes_with_the_commands_that_need_it),
		RIG(broken_command_ring_leaves_the_others),
		RIG(events_fill_their_ring_and_no_more),
		RIG(injected_length_is_checked_before_data_is_copied),
		RIG(length_that_changes_is_read_once),
		RIG(reset_makes_a_worker_new),
		RIG(offer_of_other_shape_is_refused),
		RIG(every_page_is_there_when_the_link_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
