/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients and data planes that come and go: attaching, dying, what is left for the next. */
#include "plane_rig.h"
#include "support.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void dead_data_plane_is_noticed_and_stays_readable(void **state)
{
	struct relay_endpoint_view view;
	struct relay_counts counts;

	(void)state;
	assert_int_equal(plane_rig_install(2, 1), 0);
	fake_plane_turn(&rig.plane);
	rig.plane.hold = true;
	assert_int_equal(plane_rig_install(4, 1), 0);
	assert_true(plane_client_alive(rig.client));
	attach_destroy(rig.plane.attach); /* its socket with it */
	rig.plane.attach = NULL;
	assert_true(plane_rig_control_holds_keys());
	assert_false(plane_client_alive(rig.client));
	assert_false(plane_rig_control_holds_keys());
	assert_int_equal(plane_rig_install(5, 1), -EPIPE);
	assert_int_equal(plane_client_room(rig.client, 0), 0);
	assert_int_equal(
		plane_client_inject(rig.client, &(struct relay_route){2, 1}, NULL, "x", 1), -EPIPE);
	assert_int_equal(plane_rig_take_events(), 1); /* what it had said before */
	assert_int_equal(plane_client_read(rig.client, 2, &view), 0);
	assert_int_equal(view.identity.state, RELAY_STATE_LIVE);
	assert_int_equal(plane_client_total(rig.client, &counts), 0);
	assert_false(plane_client_alive(rig.client));
}

static void slots_are_handed_out_once(void **state)
{
	struct relay_route slot, first;

	(void)state;
	assert_int_equal(plane_rig_install(1, 1), 0);
	fake_plane_turn(&rig.plane);
	plane_client_slot_claim(rig.client, &(struct relay_route){3, 9});
	for (uint32_t i = 0; i < PLANE_RIG_PER_WORKER - 2; i++) {
		assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
		assert_int_equal(slot.generation, 1);
		assert_true(slot.endpoint < PLANE_RIG_PER_WORKER && slot.endpoint != 1 &&
			    slot.endpoint != 3);
		if (i == 0)
			first = slot;
	}
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), -ENOSPC);
	assert_int_equal(plane_client_slot_take(rig.client, 2, &slot), -EINVAL);
	plane_client_slot_give(rig.client, first.endpoint);
	plane_client_slot_give(rig.client, first.endpoint); /* twice is once */
	plane_client_slot_give(rig.client, 1);
	plane_client_slot_give(rig.client, 3);
	plane_client_slot_give(rig.client, 1000);
	plane_client_slot_claim(rig.client, &(struct relay_route){1, 1}); /* while in the list */
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
	assert_int_equal(slot.endpoint, 3);
	assert_int_equal(slot.generation, 10);
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
	assert_int_equal(slot.endpoint, first.endpoint);
	assert_int_equal(slot.generation, 2);
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), -ENOSPC);
	plane_client_slot_give(rig.client, 1);
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
	assert_int_equal(slot.endpoint, 1);
	assert_int_equal(slot.generation, 2);
}

static void generation_skips_zero(void **state)
{
	struct relay_route slot;

	(void)state;
	plane_client_slot_claim(rig.client, &(struct relay_route){0, UINT32_MAX});
	plane_client_slot_give(rig.client, 0);
	/* not looked at yet: the directory knows better */
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
	assert_int_equal(slot.endpoint, 0);
	assert_int_equal(slot.generation, 1);
	plane_client_slot_claim(rig.client, &(struct relay_route){0, UINT32_MAX});
	plane_client_slot_give(rig.client, 0);
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
	assert_int_equal(slot.generation, 1);
}

static void die(void)
{
	attach_destroy(rig.plane.attach);
	rig.plane.attach = NULL;
	assert_false(plane_client_alive(rig.client));
}

static void takeover_finds_every_index(void **state)
{
	const struct relay_route at = {5, 3};
	struct relay_record record;
	const struct relay_ssrc in = {.ssrc = 50,
		.roc = 6,
		.seq = 65535,
		.rtp_valid = 1,
		.rtcp_valid = 1,
		.rtcp_index = 7};
	const struct relay_ssrc out = {
		.ssrc = 51, .roc = 7, .seq = 0, .rtp_valid = 1, .rtcp_valid = 1, .rtcp_index = 9};
	const struct relay_ssrc silent = {.ssrc = 99, .roc = 1, .rtp_valid = 1};

	(void)state;
	plane_rig_make_record(&record);
	assert_int_equal(plane_rig_install(5, 3), 0);
	fake_plane_turn(&rig.plane);
	fake_plane_traffic(&rig.plane, 5, 50, UINT64_C(6) << 16 | 65535);
	atomic_store(&fake_plane_endpoint(&rig.plane, 5)->tx_lost, 3);
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), -EBUSY);
	die();
	assert_int_equal(
		plane_client_takeover(rig.client, &(struct relay_route){5, 2}, &record), -ENOENT);
	assert_int_equal(
		plane_client_takeover(rig.client, &(struct relay_route){4, 3}, &record), -ENOENT);
	assert_int_equal(
		plane_client_takeover(rig.client, &(struct relay_route){16, 3}, &record), -EINVAL);
	record.egress.rtp_used = 1000;
	record.egress.n_ssrcs = 1;
	record.egress.ssrcs[0] = silent; /* taken over before, not heard of since */
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_memory_equal(&record.ingress.ssrcs[0], &in, sizeof(in));
	assert_int_equal(record.ingress.rtp_used, 100);
	assert_int_equal(record.ingress.rtcp_used, 8);
	assert_int_equal(record.egress.n_ssrcs, 2);
	assert_memory_equal(&record.egress.ssrcs[0], &out, sizeof(out));
	assert_memory_equal(&record.egress.ssrcs[1], &silent, sizeof(silent));
	assert_int_equal(record.egress.rtp_used, 1000 + 200 + 3 + 64);
	assert_int_equal(record.egress.rtcp_used, 10);
	assert_int_equal(record.egress.session.rtp.cipher[0], 0x5a); /* keys are left alone */

	plane_client_plain(&record.ingress);
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), -ESTALE);
	atomic_store(&fake_plane_endpoint(&rig.plane, 5)->ingress_key, 0); /* as if it was plain */
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 0); /* nothing but the suite in plain */
}

/* An SSRC that has lost its place is not brought back with what was known of it before; the next
 * data plane hears of all that ever lost one, and parks each once. */
static void takeover_knows_who_lost_its_place(void **state)
{
	const struct relay_route at = {5, 3};
	const struct relay_ssrc parked[] = {{.ssrc = 71, .seq = 9, .rtp_valid = 1},
		{.ssrc = 71, .seq = 9, .rtp_valid = 1},  /* as a dead writer may leave it: twice, */
		{.ssrc = 51, .seq = 0, .rtp_valid = 1},  /* beside its place, */
		{.ssrc = 72, .roc = 3, .rtp_valid = 1}}; /* and as it should be */
	uint64_t egress[SRTP_RETIRED_WORDS] = {0};
	struct relay_record record;
	struct relay_endpoint *e;
	uint64_t seed;

	(void)state;
	plane_rig_make_record(&record);
	seed = record.egress.key_name;
	assert_int_equal(plane_rig_install(5, 3), 0);
	fake_plane_turn(&rig.plane);
	fake_plane_traffic(&rig.plane, 5, 50, 1234);
	e = fake_plane_endpoint(&rig.plane, 5);
	for (uint32_t i = 0; i < 4; i++)
		srtp_retired_add(egress, seed, parked[i].ssrc);
	srtp_retired_add(egress, seed, 70);
	relay_endpoint_set_past(&e->egress_past, parked, 4, egress);
	die();
	record.egress.n_ssrcs = 2;
	record.egress.ssrcs[0] = (struct relay_ssrc){.ssrc = 70, .rtp_valid = 1};
	record.egress.ssrcs[1] = (struct relay_ssrc){.ssrc = 90, .rtp_valid = 1};
	srtp_retired_add(record.egress.retired, seed, 73);
	srtp_retired_add(egress, seed, 73);
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), 0);
	assert_int_equal(record.egress.n_ssrcs, 2);
	assert_int_equal(record.egress.ssrcs[0].ssrc, 51);
	assert_int_equal(record.egress.ssrcs[1].ssrc, 90);
	assert_int_equal(record.egress.n_parked, 2);
	assert_memory_equal(&record.egress.parked[0], &parked[0], sizeof(parked[0]));
	assert_memory_equal(&record.egress.parked[1], &parked[3], sizeof(parked[0]));
	assert_memory_equal(record.egress.retired, egress, sizeof(egress));
	assert_int_equal(record.ingress.n_parked, 0);
}

/* New keys were sent, and the data plane died before the client had its answer. */
static void takeover_with_keys_that_were_not_in_use_is_stale(void **state)
{
	const struct relay_route at = {5, 3};
	struct relay_command rekey = plane_rig_command_for(5, 3);
	struct relay_record old, new, tried;

	(void)state;
	plane_rig_make_record(&old);
	new = old;
	new.ingress.key_name = 12;
	new.egress.key_name = 23;
	rekey.set = RELAY_SET_INGRESS | RELAY_SET_EGRESS;
	assert_int_equal(plane_rig_install(5, 3), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_client_update(rig.client, &rekey, &new), 0);
	fake_plane_turn(&rig.plane);
	fake_plane_traffic(&rig.plane, 5, 50, 1234);
	die();
	tried = old;
	assert_int_equal(plane_client_takeover(rig.client, &at, &tried), -ESTALE);
	assert_memory_equal(&tried, &old, sizeof(old));
	tried.egress = new.egress;
	assert_int_equal(plane_client_takeover(rig.client, &at, &tried), -ESTALE);
	assert_int_equal(plane_client_takeover(rig.client, &at, &new), 0);
	assert_int_equal(new.ingress.ssrcs[0].seq, 1234);
	/* it died between the old keys' streams and the new ones' */
	atomic_store(&fake_plane_endpoint(&rig.plane, 5)->egress_key, 0);
	assert_int_equal(plane_client_takeover(rig.client, &at, &new), -ESTALE);
	new.egress.key_name = 0; /* a name that says nothing is none */
	assert_int_equal(plane_client_takeover(rig.client, &at, &new), -ESTALE);
}

/* The old keys' streams are gone with them, but for a direction that kept its key. */
static void takeover_after_new_keys_has_none_of_the_old_streams(void **state)
{
	const struct relay_route at = {5, 3};
	struct relay_command rekey = plane_rig_command_for(5, 3);
	struct relay_record record;

	(void)state;
	plane_rig_make_record(&record);
	record.endpoint = at.endpoint;
	record.generation = at.generation;
	assert_int_equal(plane_rig_install(5, 3), 0);
	fake_plane_turn(&rig.plane);
	fake_plane_traffic(&rig.plane, 5, 50, 1234);
	record.egress.key_name = 23;
	rekey.set = RELAY_SET_INGRESS | RELAY_SET_EGRESS;
	assert_int_equal(plane_client_update(rig.client, &rekey, &record), 0);
	fake_plane_turn(&rig.plane);
	die();
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), 0);
	assert_int_equal(record.ingress.n_ssrcs, 1);
	assert_int_equal(record.ingress.ssrcs[0].ssrc, 50);
	assert_int_equal(record.egress.n_ssrcs, 0);
}

/* The writer died between begin and end of a change. */
static void takeover_reads_half_written_records(void **state)
{
	const struct relay_route at = {5, 3};
	struct relay_endpoint_view view;
	struct relay_record record;

	(void)state;
	plane_rig_make_record(&record);
	assert_int_equal(plane_rig_install(5, 3), 0);
	fake_plane_turn(&rig.plane);
	fake_plane_traffic(&rig.plane, 5, 50, 1234);
	atomic_fetch_add(&fake_plane_endpoint(&rig.plane, 5)->version, 1); /* odd */
	die();
	assert_int_equal(plane_client_read(rig.client, 5, &view), -EAGAIN);
	assert_int_equal(view.identity.generation, 3);
	assert_int_equal(plane_client_next(rig.client, 0), 5);
	assert_int_equal(plane_client_takeover(rig.client, &at, &record), 0);
	assert_int_equal(record.ingress.ssrcs[0].seq, 1234);
}

static void numbers_that_can_not_be_stay_within_limits(void **state)
{
	struct relay_endpoint *e = fake_plane_endpoint(&rig.plane, 5);
	struct relay_record record;

	(void)state;
	plane_rig_make_record(&record);
	assert_int_equal(plane_rig_install(5, 3), 0);
	fake_plane_turn(&rig.plane);
	memset(&e->rx_packets, 0xff, sizeof(*e) - offsetof(struct relay_endpoint, rx_packets));
	atomic_fetch_and(&e->first.top, ~RELAY_CHANGING);
	for (uint32_t i = 0; i < RELAY_SSRCS - 1; i++)
		atomic_fetch_and(&e->others[i].top, ~RELAY_CHANGING);
	record.ingress.key_name = record.egress.key_name = UINT64_MAX;
	die();
	assert_int_equal(
		plane_client_takeover(rig.client, &(struct relay_route){5, 3}, &record), 0);
	assert_int_equal(record.ingress.rtp_used, UINT64_C(1) << 48);
	assert_int_equal(record.egress.rtp_used, UINT64_C(1) << 48);
	assert_int_equal(record.ingress.rtcp_used, UINT32_C(1) << 31);
	assert_int_equal(record.egress.rtcp_used, UINT32_C(1) << 31);
	assert_int_equal(record.ingress.n_ssrcs, RELAY_SSRCS);
}

/* The same for the same key, whatever goes with it, and another for another. */
static void check_names(const struct plane_client_key *key, uint64_t name)
{
	uint8_t bytes[SUITE_KEY_MAX];
	struct plane_client_key other = *key;
	struct relay_crypto out;

	other.rtp_lifetime = 77;
	other.mki_len = 0;
	assert_int_equal(plane_client_crypto(&other, &out), 0);
	assert_int_equal(out.key_name, name);
	assert_int_not_equal(name, 0);
	assert_memory_not_equal(&name, out.session.rtp.cipher, sizeof(name));
	memcpy(bytes, key->master.key, sizeof(bytes));
	bytes[15] ^= 1;
	other.master.key = bytes;
	assert_int_equal(plane_client_crypto(&other, &out), 0);
	assert_int_not_equal(out.key_name, name);
	other = *key;
	other.master.salt = bytes;
	bytes[15] ^= 1;
	bytes[11] ^= 1;
	assert_int_equal(plane_client_crypto(&other, &out), 0);
	assert_int_not_equal(out.key_name, name);
}

static void crypto_is_derived_or_refused(void **state)
{
	static const uint8_t bytes[SUITE_KEY_MAX] = {1, 2, 3};
	const struct plane_client_key good = {.suite = SUITE_AEAD_AES_128_GCM,
		.master = {bytes, 16, bytes, 12},
		.mki = {1, 2, 3, 4},
		.mki_len = 2,
		.rtp_lifetime = 5};
	struct plane_client_key bad[6] = {good, good, good, good, good, good};
	static const struct relay_crypto zero;
	struct relay_crypto out;
	struct kdf_session session;

	(void)state;
	assert_int_equal(plane_client_crypto(&good, &out), 0);
	assert_int_equal(kdf_derive(suite_get(good.suite), &good.master, &session), SRTP_OK);
	assert_memory_equal(&out.session, &session, sizeof(session));
	assert_int_equal(out.suite, SUITE_AEAD_AES_128_GCM);
	assert_memory_equal(out.mki, ((uint8_t[]){1, 2, 0, 0}), 4);
	assert_int_equal(out.rtp_lifetime, 5);
	check_names(&good, out.key_name);
	bad[0].suite = SUITE_COUNT;
	bad[1].master.key_len = 15;
	bad[2].master.salt_len = 14;
	bad[3].mki_len = 5;
	bad[4].rtp_lifetime = (UINT64_C(1) << 48) + 1;
	bad[5].rtcp_lifetime = (UINT64_C(1) << 31) + 1;
	for (uint32_t i = 0; i < 6; i++) {
		memset(&out, 1, sizeof(out));
		assert_int_equal(plane_client_crypto(&bad[i], &out), -EINVAL);
		assert_memory_equal(&out, &zero, sizeof(out));
	}
	plane_client_plain(&out);
	assert_int_equal(out.suite, RELAY_PLAIN);
	out.suite = 0;
	assert_memory_equal(&out, &zero, sizeof(out));
}

static void next_client_finds_directory_and_fresh_rings(void **state)
{
	struct relay_route slot;
	uint64_t instance = plane_client_instance(rig.client);

	(void)state;
	assert_int_equal(plane_rig_install(0, 1), 0);
	fake_plane_turn(&rig.plane);
	rig.plane.hold = true;
	assert_int_equal(plane_rig_install(1, 1), 0); /* never taken */
	plane_client_detach(rig.client);
	rig.client = NULL;
	fake_plane_turn(&rig.plane);
	assert_int_equal(rig.plane.news.event, ATTACH_GONE);
	rig.plane.hold = false;
	assert_int_equal(plane_rig_attach(&rig.client), 0);
	assert_int_equal(plane_client_instance(rig.client), instance);
	assert_int_equal(rig.plane.commands, 1);
	assert_int_equal(plane_rig_take_events(), 0); /* the last one's answer is not ours */
	assert_int_equal(plane_client_next(rig.client, 0), 0);
	assert_int_equal(plane_client_next(rig.client, 1), 16);
	assert_int_equal(plane_client_slot_take(rig.client, 0, &slot), 0);
	assert_int_equal(slot.endpoint, 1);
	assert_int_equal(plane_rig_install(1, slot.generation), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_take_events(), 1);
	assert_int_equal(rig.got.events[0].status, RELAY_OK);
}

static void second_client_is_refused(void **state)
{
	struct plane_client *second = NULL;

	(void)state;
	assert_int_equal(plane_rig_attach(&second), -ECONNREFUSED);
	assert_null(second);
	assert_int_equal(plane_rig_install(0, 1), 0);
	fake_plane_turn(&rig.plane);
	assert_int_equal(plane_rig_take_events(), 1);
}

/* A data plane whose hello is not what it should be. */
static void bad_hello_is_refused(void **state)
{
	const struct relay_attach_offer good = {
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = RELAY_ABI_VERSION,
			.role = RELAY_ROLE_DATA,
			.region_bytes = rig.plane.data.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = rig.plane.geometry},
		.region_fd = rig.plane.data.fd,
		.wake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	};
	struct plane_client *c = NULL;
	int pair[2], pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	for (uint32_t row = 0; row < 8; row++) {
		struct relay_attach_offer offer = good;

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
		offer.hello.layout_hash += row == 0;
		offer.hello.region_bytes += row == 1;
		offer.hello.geometry.workers -= row == 2;
		offer.hello.geometry.event_slots += row == 3;
		offer.hello.geometry.endpoints = row == 4 ? UINT32_MAX : 16;
		offer.region_fd = row == 5 ? good.wake_fd : good.region_fd;
		offer.wake_fd = row == 6 ? pipes[1] : good.wake_fd; /* could be full: we'd wait */
		assert_int_equal(relay_attach_send(pair[0], &offer), 0);
		if (row == 7) {
			assert_int_equal(plane_client_adopt(pair[1], 5000, &c), 0);
			plane_client_detach(c);
		} else {
			assert_int_equal(plane_client_adopt(pair[1], 5000, &c), -EPROTO);
			(void)close(pair[1]);
		}
		(void)close(pair[0]);
	}
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	(void)close(good.wake_fd);
}

static void nobody_there_is_said(void **state)
{
	struct plane_client *c = NULL;

	(void)state;
	assert_int_equal(plane_client_attach("/nonexistent/sock", 0, 10, &c), -ENOENT);
	/* somebody is, but it is busy with us */
	assert_int_equal(plane_client_attach(rig.path, getuid(), 10, &c), -ETIMEDOUT);
	if (getuid() != 0) /* root may be the data plane, whoever is asked for */
		assert_int_equal(plane_client_attach(rig.path, getuid() + 1, 10, &c), -EPERM);
	assert_null(c);
	plane_client_detach(NULL);
}

#define RIG(test) cmocka_unit_test_setup_teardown(test, plane_rig_open, plane_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG(dead_data_plane_is_noticed_and_stays_readable),
		RIG(slots_are_handed_out_once),
		RIG(generation_skips_zero),
		RIG(takeover_finds_every_index),
		RIG(takeover_knows_who_lost_its_place),
		RIG(takeover_with_keys_that_were_not_in_use_is_stale),
		RIG(takeover_after_new_keys_has_none_of_the_old_streams),
		RIG(takeover_reads_half_written_records),
		RIG(numbers_that_can_not_be_stay_within_limits),
		RIG(crypto_is_derived_or_refused),
		RIG(next_client_finds_directory_and_fresh_rings),
		RIG(second_client_is_refused),
		RIG(bad_hello_is_refused),
		RIG(nobody_there_is_said),
	};

	return cmocka_run_group_tests(tests, plane_rig_make_dir, plane_rig_remove_dir);
}
