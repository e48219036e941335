/* SPDX-License-Identifier: BSD-3-Clause */
#include "link_rig.h"

#include "support.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

struct link_rig link_rig;
static char dir[] = "/tmp/link_rig.XXXXXX";
static int quiet_fd = -1; /* stderr, while lines are kept */
static FILE *lines;

int link_rig_make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	return snprintf(link_rig.path, sizeof(link_rig.path), "%s/sock", dir) < 0;
}

int link_rig_remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void on_up(void *arg, enum dplink_up how)
{
	assert_ptr_equal(arg, &link_rig);
	assert_true(dplink_is_up(link_rig.link));
	link_rig.n_ups++;
	link_rig.how = how;
	if (link_rig.on_up != NULL)
		link_rig.on_up(how);
}

static void on_down(void *arg)
{
	assert_ptr_equal(arg, &link_rig);
	assert_false(dplink_is_up(link_rig.link));
	link_rig.n_downs++;
	link_rig.answers_at_down = link_rig.n_answers;
	if (link_rig.on_down != NULL)
		link_rig.on_down();
}

static void on_event(void *arg, const struct relay_event *event)
{
	assert_ptr_equal(arg, &link_rig);
	link_rig.events[link_rig.n_events++ % LINK_RIG_EVENTS] = *event;
}

void link_rig_done(void *arg, uint64_t tag, enum relay_status status)
{
	assert_ptr_equal(arg, &link_rig);
	assert_true(link_rig.n_answers < LINK_RIG_ANSWERS);
	link_rig.answers[link_rig.n_answers++] = (struct link_rig_answer){tag, status};
	if (link_rig.on_answer != NULL)
		link_rig.on_answer(tag, status);
}

int link_rig_prepare(void **state)
{
	struct dplink_options options = {.socket_path = link_rig.path,
		.data_uid = getuid(),
		.queue_max = link_rig.queue_max,
		.up = on_up,
		.down = on_down,
		.event = on_event,
		.arg = &link_rig};

	(void)state;
	link_rig.base = options.base = event_base_new();
	link_rig.n_answers = link_rig.n_events = link_rig.n_ups = link_rig.n_downs = 0;
	link_rig.on_up = NULL;
	link_rig.on_down = NULL;
	link_rig.on_answer = NULL;
	return link_rig.base == NULL ? -1 : dplink_create(&options, &link_rig.link);
}

int link_rig_open(void **state)
{
	link_rig_start_plane(&fake_plane_geometry);
	return link_rig_prepare(state) == 0 && link_rig_wait_ups(1) ? 0 : -1;
}

int link_rig_close(void **state)
{
	(void)state;
	dplink_destroy(link_rig.link);
	link_rig.link = NULL;
	link_rig_stop_plane();
	event_base_free(link_rig.base);
	return 0;
}

void link_rig_start_plane(const struct relay_geometry *g)
{
	assert_int_equal(fake_plane_open(&link_rig.plane, link_rig.path, g), 0);
	link_rig.has_plane = true;
}

void link_rig_stop_plane(void)
{
	if (link_rig.has_plane)
		fake_plane_close(&link_rig.plane);
	link_rig.has_plane = false;
}

void link_rig_loop(void)
{
	assert_true(event_base_loop(link_rig.base, EVLOOP_NONBLOCK) >= 0);
}

void link_rig_spin(uint32_t n)
{
	while (n-- > 0) {
		if (link_rig.has_plane)
			fake_plane_turn(&link_rig.plane);
		link_rig_loop();
	}
}

void link_rig_run_for(uint32_t ms)
{
	const struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	assert_int_equal(event_base_loopexit(link_rig.base, &tv), 0);
	assert_int_equal(event_base_dispatch(link_rig.base), 0);
}

void link_rig_log_begin(void)
{
	lines = tmpfile();
	assert_non_null(lines);
	quiet_fd = dup(STDERR_FILENO);
	assert_true(dup2(fileno(lines), STDERR_FILENO) >= 0);
}

uint32_t link_rig_log_end(const char *needle)
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

static bool wait_for(const uint32_t *counter, uint32_t n)
{
	const struct timespec pause = {.tv_nsec = 200000};
	time_t until = time(NULL) + PATIENCE_S;

	for (link_rig_spin(1); *counter < n && time(NULL) < until; link_rig_spin(1))
		(void)nanosleep(&pause, NULL);
	return *counter >= n;
}

bool link_rig_wait_ups(uint32_t n)
{
	bool is_up = wait_for(&link_rig.n_ups, n);

	link_rig_spin(1); /* it has our hello, too */
	return is_up;
}

bool link_rig_wait_downs(uint32_t n)
{
	return wait_for(&link_rig.n_downs, n);
}

bool link_rig_wait_answers(uint32_t n)
{
	return wait_for(&link_rig.n_answers, n);
}

struct relay_command link_rig_command(uint32_t endpoint, uint32_t generation)
{
	return (struct relay_command){
		.endpoint = endpoint,
		.generation = generation,
		.local = {0, 20000},
		.remote = {.ip = {198, 51, 100, 7}, .port = 4000, .family = RELAY_FAMILY_IPV4},
		.kind = RELAY_KIND_PORT,
		.source = RELAY_SOURCE_STRICT,
		.media = RELAY_MEDIA_MUXED,
	};
}

void link_rig_record(struct relay_record *record)
{
	memset(record, 0, sizeof(*record));
	record->ingress.suite = SUITE_AEAD_AES_256_GCM;
	memset(&record->ingress.session, 0x5a, sizeof(record->ingress.session));
	record->egress.suite = SUITE_AES_CM_128_HMAC_SHA1_80;
	memset(&record->egress.session, 0x5a, sizeof(record->egress.session));
	record->ingress.key_name = 1;
	record->egress.key_name = 2;
}

int link_rig_install(uint32_t endpoint, uint32_t generation, uint64_t tag)
{
	const struct relay_command command = link_rig_command(endpoint, generation);
	struct relay_record record;

	link_rig_record(&record);
	return dplink_install(link_rig.link, &command, &record, link_rig_done, &link_rig, tag);
}

struct relay_event link_rig_event(enum relay_event_type type, uint32_t endpoint)
{
	return (struct relay_event){.version = (uint16_t)RELAY_ABI_VERSION,
		.type = (uint8_t)type,
		.endpoint = endpoint,
		.generation = 1};
}

void link_rig_say(uint32_t worker, const struct relay_event *event)
{
	int wants = link_event_send(&link_rig.plane.link->workers[worker], event);

	assert_true(wants >= 0);
	if (wants == 1)
		link_wake(link_rig.plane.link);
}
