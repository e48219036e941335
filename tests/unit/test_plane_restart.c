/* SPDX-License-Identifier: BSD-3-Clause */
/* Two processes, of which one is killed: the client, whose successor finds every endpoint and goes
 * on; the data plane, whose SSRC state is carried into its successor. */
#include "fake_plane.h"
#include "plane_client.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENDPOINTS = 2048, PER_CLIENT = 1000, GONE = 100, TRIES = 10000, LATE = 5000 };

static const struct relay_geometry geometry = {2, 64, 64, 8, 8, ENDPOINTS};

static char dir[] = "/tmp/test_plane_restart.XXXXXX";
static char path[64];
static pid_t plane_pid;

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	return snprintf(path, sizeof(path), "%s/sock", dir) < 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

static void pause_ms(void)
{
	const struct timespec t = {.tv_nsec = 1000000};

	(void)nanosleep(&t, NULL);
}

static void start_plane(void)
{
	plane_pid = fork();
	assert_true(plane_pid >= 0);
	if (plane_pid == 0)
		fake_plane_main(path, &geometry);
}

static void kill_and_wait(pid_t pid)
{
	int status = 0;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int stop_plane(void **state)
{
	(void)state;
	kill_and_wait(plane_pid);
	return 0;
}

/* NULL if it takes too long: the data plane may be starting, or still have the last client. */
static struct plane_client *attach(void)
{
	struct plane_client *c = NULL;

	for (uint32_t i = 0; i < TRIES; i++) {
		if (plane_client_attach(path, getuid(), LATE, &c) == 0)
			return c;
		pause_ms();
	}
	return NULL;
}

/* The number of refusals, as answers come. */
static void count(void *arg, const struct relay_event *event)
{
	uint32_t *counts = arg;

	counts[0]++;
	counts[1] += event->status != RELAY_OK;
}

static uint32_t answers[2];

static bool collect(struct plane_client *c, uint32_t want)
{
	for (uint32_t i = 0; i < TRIES && answers[0] < want; i++)
		if (plane_client_events(c, count, answers, 256) <= 0)
			pause_ms();
	return answers[0] == want && answers[1] == 0;
}

static bool send_install(
	struct plane_client *c, const struct relay_route *slot, const struct relay_record *record)
{
	const struct relay_command command = {.endpoint = slot->endpoint,
		.generation = slot->generation,
		.kind = RELAY_KIND_PORT,
		.source = RELAY_SOURCE_LATCH,
		.media = RELAY_MEDIA_MUXED};
	int err;

	while ((err = plane_client_install(c, &command, record)) == -EAGAIN) {
		(void)plane_client_events(c, count, answers, 256);
		pause_ms();
	}
	return err == 0;
}

static void make_record(struct relay_record *record)
{
	memset(record, 0, sizeof(*record));
	record->ingress.suite = SUITE_AEAD_AES_128_GCM;
	record->egress.suite = SUITE_AES_CM_128_HMAC_SHA1_80;
	record->ingress.key_name = 1;
	record->egress.key_name = 2;
	memset(&record->ingress.session, 0x11, sizeof(record->ingress.session));
	memset(&record->egress.session, 0x22, sizeof(record->egress.session));
}

/* 'n' new endpoints, of both workers in turn. */
static bool install_some(struct plane_client *c, uint32_t n)
{
	struct relay_record record;
	struct relay_route slot;

	make_record(&record);
	memset(answers, 0, sizeof(answers));
	for (uint32_t i = 0; i < n; i++)
		if (plane_client_slot_take(c, i % 2, &slot) != 0 ||
			!send_install(c, &slot, &record))
			return false;
	return collect(c, n);
}

static bool remove_some(struct plane_client *c, uint32_t n)
{
	memset(answers, 0, sizeof(answers));
	for (uint32_t i = 0; i < n; i++) {
		int err;

		while ((err = plane_client_remove(c, i, 1, i)) == -EAGAIN) {
			(void)plane_client_events(c, count, answers, 256);
			pause_ms();
		}
		if (err != 0)
			return false;
	}
	return collect(c, n);
}

/* The life of the client that is killed: some endpoints, some of these gone, some more. */
static _Noreturn void client_main(int done)
{
	struct plane_client *c = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? attach() : NULL;
	bool good = c != NULL && install_some(c, PER_CLIENT) && remove_some(c, GONE);

	if (write(done, good ? "+" : "-", 1) != 1)
		_exit(1);
	/* commands under way when the end comes */
	for (;;)
		(void)plane_client_remove(c, ENDPOINTS - 1, 1, 0);
}

static uint32_t count_live(const struct plane_client *c)
{
	uint32_t n = 0;

	for (uint32_t i = plane_client_next(c, 0); i < ENDPOINTS; i = plane_client_next(c, i + 1))
		n++;
	return n;
}

static void start_and_kill_client(void)
{
	int done[2];
	char verdict = 0;
	pid_t pid;

	assert_int_equal(pipe(done), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		client_main(done[1]);
	assert_int_equal(read(done[0], &verdict, 1), 1);
	assert_int_equal(verdict, '+');
	kill_and_wait(pid);
	(void)close(done[0]);
	(void)close(done[1]);
}

static void killed_clients_successor_finds_and_goes_on(void **state)
{
	struct relay_endpoint_view view;
	struct plane_client *c;

	(void)state;
	start_plane();
	start_and_kill_client();
	c = attach();
	assert_non_null(c);
	assert_int_equal(count_live(c), PER_CLIENT - GONE);
	assert_int_equal(plane_client_read(c, GONE, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_int_equal(view.identity.generation, 1);
	assert_int_equal(view.identity.egress_suite, SUITE_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(plane_client_read(c, 0, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_GONE);
	/* none of the slots is handed out that the dead one's endpoints have */
	assert_true(install_some(c, PER_CLIENT));
	assert_int_equal(count_live(c), 2 * PER_CLIENT - GONE);
	assert_int_equal(plane_client_read(c, 0, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_int_equal(view.identity.generation, 2);
	assert_int_equal(plane_client_faults(c)->bad_events, 0);
	plane_client_detach(c);
}

/* As fake_plane_main has it. */
static uint64_t index_of(uint32_t endpoint)
{
	return ((uint64_t)endpoint + 1) << 17 | endpoint;
}

static bool ssrc_is(const struct relay_ssrc *s, uint32_t ssrc, uint64_t index)
{
	return s->ssrc == ssrc && s->rtp_valid && s->roc == (uint32_t)(index >> 16) &&
	       s->seq == (uint16_t)index && s->rtcp_valid;
}

static void wait_for_traffic(const struct plane_client *c)
{
	struct relay_endpoint_view view;

	for (uint32_t i = plane_client_next(c, 0); i < ENDPOINTS; i = plane_client_next(c, i + 1))
		do
			assert_int_equal(plane_client_read(c, i, &view), 0);
		while (view.tx_packets == 0);
}

static void carry_over(const struct plane_client *dead, struct plane_client *c)
{
	struct relay_endpoint_view view;
	struct relay_record record;
	struct relay_route slot;

	for (uint32_t i = plane_client_next(dead, 0); i < ENDPOINTS;
		i = plane_client_next(dead, i + 1)) {
		make_record(&record);
		assert_int_equal(plane_client_read(dead, i, &view), 0);
		slot = (struct relay_route){i, view.identity.generation};
		assert_int_equal(plane_client_takeover(dead, &slot, &record), 0);
		assert_true(ssrc_is(&record.ingress.ssrcs[0], 1000 + i, index_of(i)));
		assert_true(ssrc_is(&record.egress.ssrcs[0], 1001 + i, index_of(i) + 1));
		plane_client_slot_claim(c, &slot);
		assert_true(send_install(c, &slot, &record));
	}
}

static void killed_data_planes_indices_come_back(void **state)
{
	struct plane_client *dead, *c;
	struct relay_endpoint_view view;

	(void)state;
	start_plane();
	dead = attach();
	assert_non_null(dead);
	assert_true(install_some(dead, PER_CLIENT));
	wait_for_traffic(dead);
	assert_true(plane_client_alive(dead));
	kill_and_wait(plane_pid);
	assert_false(plane_client_alive(dead));
	assert_int_equal(plane_client_remove(dead, 0, 1, 0), -EPIPE);

	start_plane(); /* the socket's file was left behind */
	c = attach();
	assert_non_null(c);
	assert_true(plane_client_instance(c) != plane_client_instance(dead));
	assert_int_equal(count_live(c), 0);
	memset(answers, 0, sizeof(answers));
	carry_over(dead, c);
	assert_true(collect(c, PER_CLIENT));
	assert_int_equal(count_live(c), PER_CLIENT);
	plane_client_detach(dead);
	for (uint32_t i = plane_client_next(c, 0); i < ENDPOINTS; i = plane_client_next(c, i + 1)) {
		assert_int_equal(plane_client_read(c, i, &view), 0);
		assert_true(ssrc_is(&view.ingress[0].state, 1000 + i, index_of(i)));
		assert_true(ssrc_is(&view.egress[0], 1001 + i, index_of(i) + 1));
	}
	plane_client_detach(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(killed_clients_successor_finds_and_goes_on, stop_plane),
		cmocka_unit_test_teardown(killed_data_planes_indices_come_back, stop_plane),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
