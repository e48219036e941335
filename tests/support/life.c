/* SPDX-License-Identifier: BSD-3-Clause */
#include "life.h"

#include "endpoint_keys.h"
#include "stream.h"

#include <stdlib.h>

enum { SLOT = 1, STATES = 1024, KEYSTREAM = 16 };

struct life life;

static struct relay_endpoint states[STATES];
struct store_steps life_states = {.at = states, .bytes = sizeof(states[0]), .room = STATES};

#define FAIL(p, what)                                                                              \
	fail_msg("%s, %s, suite %u: state %u of %u: %s %u of SSRC %u %s", life.name,               \
		life.direction == SRTP_PROTECT ? "out" : "in",                                     \
		life.under[(p)->key].told.egress.suite, life.state, life_states.n,                 \
		(p)->kind == SRTP_RTP ? "RTP" : "SRTCP", (p)->seq, (p)->ssrc, what)

void life_set_clock(uint32_t now_s)
{
	srtp_engine_set_clock(fixture_engines[0], now_s);
}

/* --- lives --- */

struct relay_crypto *life_crypto_of(struct relay_record *record)
{
	return life.direction == SRTP_PROTECT ? &record->egress : &record->ingress;
}

struct srtp_ctx *life_ctx_of(const struct endpoints_rig *rig)
{
	const struct endpoint *slot = &rig->e.slots[life.at.endpoint];

	return life.direction == SRTP_PROTECT ? slot->egress : slot->ingress;
}

struct relay_endpoint *life_record(void)
{
	return &life.records[life.at.endpoint];
}

static void make_keys(enum suite_id suite, uint8_t key)
{
	const struct suite *s = suite_get(suite);
	struct life_known *under = &life.under[key];
	struct srtp_ctx_params params;
	uint8_t bytes[2][SUITE_KEY_MAX];
	struct relay_crypto *both[2] = {&under->told.ingress, &under->told.egress};

	for (uint8_t i = 0; i < 2; i++) {
		const struct plane_client_key master = {
			.suite = suite, .master = {bytes[i], s->key_len, bytes[i], s->salt_len}};

		memset(bytes[i], 1 + 2 * key + i, sizeof(bytes[i]));
		assert_int_equal(plane_client_crypto(&master, both[i]), 0);
	}
	params = endpoint_keys_params(life_crypto_of(&under->told), SRTP_PROTECT);
	params.max_ssrc = SRTP_SSRC_MAX;
	params.idle_s = 0;
	params.max_jump = 0;
	under->peer = fixture_ctx(fixture_engines[0], &params);
}

enum relay_status life_command(
	struct endpoints_rig *rig, const struct relay_command *c, struct relay_record *record)
{
	record->endpoint = c->endpoint;
	record->generation = c->generation;
	return endpoint_command(&rig->e, c, record, 0);
}

void life_install(struct relay_record *record)
{
	assert_int_equal(life_command(life.dead, &life.at, record), RELAY_OK);
}

void life_remove(struct endpoints_rig *rig, const struct relay_command *installed)
{
	struct relay_command c = *installed;

	c.type = RELAY_COMMAND_REMOVE;
	assert_int_equal(endpoint_command(&rig->e, &c, NULL, 0), RELAY_OK);
}

static size_t records_bytes(void)
{
	return life.client.geometry.endpoints * sizeof(struct relay_endpoint);
}

void life_begin(const char *name, enum srtp_direction direction, enum suite_id suite)
{
	const struct relay_geometry geometry = {.workers = 2,
		.command_slots = RELAY_RING_MIN,
		.event_slots = RELAY_RING_MIN,
		.punt_slots = RELAY_RING_MIN,
		.inject_slots = RELAY_RING_MIN,
		.endpoints = 2 * ENDPOINTS_RIG_SLOTS};

	memset(&life, 0, sizeof(life));
	life.name = name;
	life.direction = direction;
	life.client.dead = true;
	life.client.geometry = geometry;
	life.client.data.bytes = relay_layout_data_bytes(&geometry);
	life.client.data.base = calloc(1, life.client.data.bytes);
	assert_non_null(life.client.data.base);
	life.dead = endpoints_rig_open(2, fixture_engines[0]);
	life.heir = endpoints_rig_open(2, fixture_engines[0]);
	life.own = life.dead->e.records;
	life.records = store_steps_map(records_bytes());
	life.dead->e.records = life.records;
	life.at = endpoints_rig_install(life.dead, SLOT, 1);
	life.heir_at = life.at;
	make_keys(suite, LIFE_OLD);
	make_keys(suite, LIFE_NEW);
	for (uint32_t i = 0; i < LIFE_SSRCS; i++) /* some come to the next ROC soon */
		life.next_seq[i] = (uint16_t)(i % 5 == 1 ? 65531 : 100 * i);
	life_set_clock(0);
	life_install(&life.under[LIFE_OLD].told);
}

int life_end(void **state)
{
	(void)state;
	if (life.dead == NULL)
		return 0;
	for (uint32_t k = 0; k < LIFE_KEYS; k++)
		srtp_ctx_destroy(life.under[k].peer);
	life.dead->e.records = life.own;
	store_steps_unmap(life.records, records_bytes());
	free(life.client.data.base);
	endpoints_rig_close(life.dead);
	endpoints_rig_close(life.heir);
	life.dead = NULL;
	return 0;
}

/* --- packets --- */

static uint32_t payload_of(uint8_t kind)
{
	return kind == SRTP_RTP ? 12 : 8;
}

struct life_packet life_plain(uint8_t kind, uint32_t ssrc, uint16_t seq)
{
	struct life_packet p = {.len = FIXTURE_LEN, .ssrc = ssrc, .seq = seq, .kind = kind};

	(void)fixture_pkt(p.data, (enum srtp_kind)kind, ssrc, seq);
	memset(p.data + payload_of(kind), 0, FIXTURE_LEN - payload_of(kind));
	return p;
}

/* It comes from who is trusted, so it is not held back when it leaps ahead. */
enum srtp_status life_run(
	struct srtp_ctx *ctx, enum srtp_direction direction, struct life_packet *p)
{
	struct srtp_pkt pkt = {.data = p->data,
		.len = p->len,
		.room = sizeof(p->data),
		.kind = p->kind,
		.authentic = true};
	enum srtp_status status = fixture_run_one(fixture_engines[0], ctx, direction, &pkt);

	p->len = pkt.len;
	return status;
}

/* A packet as it comes to the context of the direction that is looked at. */
static struct life_packet offer(uint8_t key, uint8_t kind, uint32_t ssrc, uint16_t seq)
{
	struct life_packet p = life_plain(kind, ssrc, seq);

	p.key = key;
	if (life.direction == SRTP_UNPROTECT)
		assert_int_equal(life_run(life.under[key].peer, SRTP_PROTECT, &p), SRTP_OK);
	return p;
}

void life_remember(const struct life_packet *p)
{
	assert_true(life.n_seen < LIFE_SEEN);
	life.seen[life.n_seen++] = *p;
}

bool life_pass(uint8_t kind, uint32_t ssrc)
{
	uint16_t seq = kind == SRTP_RTP ? life.next_seq[ssrc]++ : 0;
	struct life_packet p = offer(LIFE_OLD, kind, ssrc, seq), was = p;

	if (life_run(life_ctx_of(life.dead), life.direction, &p) != SRTP_OK) {
		life.refused[ssrc] = true;
		return false;
	}
	life_remember(life.direction == SRTP_PROTECT ? &p : &was);
	return true;
}

void life_put_on_record(void *packet)
{
	const struct life_packet *p = packet;
	bool rtcp = p->kind == SRTP_RTCP;

	if (life.direction == SRTP_PROTECT)
		stream_sealed(&life.dead->e, life.at.endpoint, p->data, rtcp);
	else
		stream_received(&life.dead->e, life.at.endpoint, p->data,
			(struct stream_arrival){p->len, rtcp, 0, 0});
}

/* --- heirs --- */

int life_take_over(const struct relay_endpoint *left, uint32_t generation, struct relay_record *r)
{
	const struct relay_route at = {life.at.endpoint, generation};

	memcpy(&relay_layout_endpoints(
		       life.client.data.base, &life.client.geometry)[life.at.endpoint],
		left, sizeof(*left));
	return plane_client_takeover(&life.client, &at, r);
}

static void heir_begin(const struct relay_record *record)
{
	struct relay_record r = *record;

	life_set_clock(life.now_s);
	life.heir_at.generation++;
	if (life_command(life.heir, &life.heir_at, &r) != RELAY_OK)
		fail_msg("%s: state %u of %u: the heir refuses the record", life.name, life.state,
			life_states.n);
}

static void heir_end(void)
{
	life_remove(life.heir, &life.heir_at);
}

static bool is_used_again(const struct life_packet *p, uint32_t n_seen)
{
	for (uint32_t i = 0; i < n_seen; i++) {
		const struct life_packet *was = &life.seen[i];

		if (was->key == p->key && memcmp(was->data + payload_of(was->kind),
						  p->data + payload_of(p->kind), KEYSTREAM) == 0)
			return true;
	}
	return false;
}

/* All of an SSRC's packets of a kind once more, at a time when any place is to be had. */
static void play(
	const struct relay_record *record, const struct life_packet *first, uint32_t n_seen)
{
	heir_begin(record);
	life_set_clock(life.now_s + LIFE_LATER_S);
	for (uint32_t i = 0; i < n_seen; i++) {
		struct life_packet p = life.seen[i];

		if (p.ssrc != first->ssrc || p.kind != first->kind || p.key != first->key)
			continue;
		if (life.direction == SRTP_PROTECT) {
			p = life_plain(p.kind, p.ssrc, p.seq);
			p.key = first->key;
		}
		if (life_run(life_ctx_of(life.heir), life.direction, &p) != SRTP_OK)
			continue;
		if (life.direction == SRTP_UNPROTECT)
			FAIL(&p, "is accepted again");
		if (is_used_again(&p, n_seen))
			FAIL(&p, "has a keystream that was used");
	}
	heir_end();
}

static void expect_nothing_again(const struct relay_record *record, uint8_t key, uint32_t n_seen)
{
	for (uint32_t i = 0; i < n_seen; i++) {
		const struct life_packet *first = &life.seen[i];
		bool begins = first->key == key;

		for (uint32_t j = 0; j < i && begins; j++)
			begins = life.seen[j].key != key || life.seen[j].ssrc != first->ssrc ||
				 life.seen[j].kind != first->kind;
		if (begins)
			play(record, first, n_seen);
	}
}

void life_goes_on(const struct relay_record *record, const struct life_packet next[LIFE_KINDS],
	uint32_t n_seen, uint32_t after_s)
{
	heir_begin(record);
	life_set_clock(life.now_s + after_s);
	for (uint32_t kind = 0; kind < LIFE_KINDS; kind++) {
		struct life_packet p = next[kind];

		if (life_run(life_ctx_of(life.heir), life.direction, &p) != SRTP_OK)
			FAIL(&p, "does not go on");
		if (life.direction == SRTP_PROTECT && is_used_again(&p, n_seen))
			FAIL(&p, "goes on with a keystream that was used");
	}
	heir_end();
}

void life_make_next(uint8_t key)
{
	for (uint32_t ssrc = 1; ssrc < LIFE_SSRCS; ssrc++)
		for (uint32_t kind = 0; kind < LIFE_KINDS; kind++)
			life.under[key].next[ssrc][kind] =
				offer(key, (uint8_t)kind, ssrc, life.next_seq[ssrc]);
}

void life_check(const struct relay_record *record, uint8_t key, uint32_t n_seen)
{
	const struct life_known *under = &life.under[key];

	expect_nothing_again(record, key, n_seen);
	for (uint32_t ssrc = 1; ssrc < LIFE_SSRCS; ssrc++)
		if (under->kept[ssrc])
			life_goes_on(record, under->next[ssrc], n_seen, 0);
}

const struct relay_endpoint *life_left_at(uint32_t i)
{
	life.state = i;
	return &states[i];
}
