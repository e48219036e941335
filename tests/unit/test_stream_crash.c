/* SPDX-License-Identifier: BSD-3-Clause */
/* A data plane may die at any instruction while it puts on record what its SRTP contexts did. Each
 * state that it can leave is taken over, and all packets there were are played to the heir, which
 *  - uses no keystream again that a packet may have left with: none leaves before stream_sealed
 *    has returned for it;
 *  - accepts no packet for which stream_received has returned;
 *  - lets senders that kept their places go on. */
#include "life.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 16, LAST_MAX = 3, LIVES = 200 };

/* At a time an SSRC sends packets; its sequence goes on by itself. */
struct line {
	uint16_t at_s;
	uint8_t ssrc; /* 0: the data plane dies between packets, and is taken over */
	uint8_t rtp, rtcp;
};

struct situation {
	const char *name;
	struct line lines[LINES];
	uint32_t n_last; /* lines that are sealed or opened in one burst, and then looked at */
};

/* --- the situations --- */

/* With a ROC, without which nobody knows how its RTP would go on. */
static bool has_place(uint32_t ssrc)
{
	struct srtp_ssrc_state state;

	return srtp_ctx_get_ssrc(life_ctx_of(life.dead), ssrc, &state) == SRTP_OK &&
	       state.rtp_valid;
}

static void restart(void)
{
	struct relay_record record = life.under[LIFE_OLD].told;

	assert_int_equal(life_take_over(life_record(), life.at.generation, &record), 0);
	life_remove(life.dead, &life.at);
	life.at.generation++;
	life_install(&record);
	life.under[LIFE_OLD].told = record;
}

/* False: one of the packets was refused. */
static bool play_line(const struct line *l, bool told)
{
	bool all = true;

	if (l->at_s != 0)
		life_set_clock(life.now_s = l->at_s);
	if (l->at_s != 0 && l->ssrc == 0)
		restart();
	for (uint32_t i = 0; i < (uint32_t)l->rtp + l->rtcp; i++) {
		bool passed = life_pass(i < l->rtp ? SRTP_RTP : SRTP_RTCP, l->ssrc);

		if (passed && told)
			life_put_on_record(&life.seen[life.n_seen - 1]);
		all = all && passed;
	}
	return all;
}

/* What is in the last lines, one burst, is not put on record. Who has a place before and after it
 * has kept it. Returns how many packets are on record. */
static uint32_t play_lines(const struct line lines[LINES], uint32_t n_last, bool *all)
{
	bool *kept = life.under[LIFE_OLD].kept;
	uint32_t n = LINES, on_record;

	while (lines[n - 1].at_s == 0 && lines[n - 1].ssrc == 0)
		n--;
	*all = true;
	for (uint32_t i = 0; i < n - n_last; i++)
		*all = play_line(&lines[i], true) && *all;
	on_record = life.n_seen;
	for (uint32_t s = 1; s < LIFE_SSRCS; s++)
		kept[s] = has_place(s);
	for (uint32_t i = n - n_last; i < n; i++)
		*all = play_line(&lines[i], false) && *all;
	for (uint32_t s = 1; s < LIFE_SSRCS; s++)
		kept[s] = kept[s] && has_place(s) && !life.refused[s];
	life_make_next(LIFE_OLD);
	return on_record;
}

/* All is on record: whoever has a place goes on, and whoever is parked comes back. */
static void check_last(const struct relay_record *record)
{
	const struct life_packet(*next)[LIFE_KINDS] = life.under[LIFE_OLD].next;
	struct srtp_ssrc_state s;

	for (uint32_t i = 0; srtp_ctx_get_ssrc_at(life_ctx_of(life.dead), i, &s) == SRTP_OK; i++)
		if (!life.refused[s.ssrc])
			life_goes_on(record, next[s.ssrc], life.n_seen, 0);
	for (uint32_t i = 0; srtp_ctx_get_parked_at(life_ctx_of(life.dead), i, &s) == SRTP_OK; i++)
		if (!life.refused[s.ssrc])
			life_goes_on(record, next[s.ssrc], life.n_seen, LIFE_LATER_S);
}

/* Returns how often the record has changed. */
static uint32_t run_lines(const struct line lines[LINES], uint32_t n_last, bool *all)
{
	uint32_t on_record = play_lines(lines, n_last, all);
	struct relay_record record;
	uint32_t changes = 0;

	for (uint32_t n = on_record; n < life.n_seen; n++) {
		store_steps_run(life_put_on_record, &life.seen[n], life_record(), &life_states);
		changes += life_states.n - 1;
		for (uint32_t i = 0; i < life_states.n; i++) {
			record = life.under[LIFE_OLD].told;
			assert_int_equal(
				life_take_over(life_left_at(i), life.at.generation, &record), 0);
			life_check(&record, LIFE_OLD, i == life_states.n - 1 ? n + 1 : n);
		}
	}
	record = life.under[LIFE_OLD].told;
	assert_int_equal(life_take_over(life_record(), life.at.generation, &record), 0);
	check_last(&record);
	return changes;
}

static const enum srtp_direction directions[] = {SRTP_PROTECT, SRTP_UNPROTECT};
static const enum suite_id suites[] = {SUITE_AES_CM_128_HMAC_SHA1_80, SUITE_AEAD_AES_128_GCM};

static void dies_at_any_instruction(void **state)
{
	const struct situation *s = *state;

	for (uint32_t i = 0; i < 4; i++) {
		bool all;

		life_begin(s->name, directions[i / 2], suites[i % 2]);
		assert_true(run_lines(s->lines, s->n_last, &all) > 0);
		assert_true(all);
		(void)life_end(NULL);
	}
}

static void make_lines(struct support_rng *rng, struct line lines[LINES])
{
	uint32_t at_s = 1;

	for (uint32_t i = 0; i < LINES; i++) {
		at_s += support_below(rng, i % 4 == 0 ? 20 : 3);
		lines[i] = (struct line){.at_s = (uint16_t)at_s};
		if (i < LINES - LAST_MAX && support_chance(rng, 70))
			continue;
		lines[i].ssrc = (uint8_t)(1 + support_below(rng, 9));
		lines[i].rtp = (uint8_t)support_below(rng, 12);
		lines[i].rtcp = (uint8_t)support_below(rng, 4);
	}
}

/* What no situation is about: SSRCs come, go and come back, and are taken over, at random. */
static void dies_in_any_life(void **state)
{
	struct support_rng rng = {.state = 3711};
	uint32_t changes = 0;

	(void)state;
	for (uint32_t i = 0; i < LIVES; i++) {
		struct line lines[LINES];
		char name[32];
		bool all;

		make_lines(&rng, lines);
		assert_true(snprintf(name, sizeof(name), "life %u", i) > 0);
		life_begin(name, directions[i / 2 % 2], suites[i % 2]);
		changes += run_lines(lines, 1 + support_below(&rng, LAST_MAX), &all);
		(void)life_end(NULL);
	}
	assert_true(changes > 10 * LIVES); /* it was worth it */
}

/* Nine packets and one of SRTCP: more than a stray. */
#define SPEAKS(at_s, ssrc)                                                                         \
	{                                                                                          \
		at_s, ssrc, 9, 1                                                                   \
	}
#define FOUR_SPEAK SPEAKS(0, 1), SPEAKS(0, 2), SPEAKS(0, 3), SPEAKS(0, 4)
/* Each takes the place of one of the first. */
#define FOUR_MORE SPEAKS(9, 5), SPEAKS(9, 6), SPEAKS(9, 7), SPEAKS(9, 8)

static struct situation situations[] = {
	{"first packet of all", {{0, 1, 1, 0}}, 1},
	{"first packet of all is of SRTCP", {{0, 1, 0, 1}}, 1},
	{"stream goes on", {SPEAKS(0, 1), SPEAKS(0, 2), {1, 2, 1, 0}}, 1},
	{"stream goes on with SRTCP", {SPEAKS(0, 1), SPEAKS(0, 2), {1, 2, 0, 1}}, 1},
	{"stream comes to the next ROC", {{0, 1, 5, 1}, {0, 1, 1, 0}}, 1},
	{"SRTCP after RTP", {{0, 1, 5, 0}, {0, 1, 0, 1}}, 1},
	{"RTP after SRTCP", {{0, 2, 0, 1}, {0, 2, 1, 0}}, 1},
	{"another SSRC takes a free place", {SPEAKS(0, 1), {0, 2, 1, 0}}, 1},
	{"new SSRC takes the place of a stray",
		{SPEAKS(0, 1), {0, 2, 1, 1}, SPEAKS(0, 3), SPEAKS(0, 4), {9, 5, 1, 0}}, 1},
	{"new SSRC takes the first place, of a proven one", {FOUR_SPEAK, {9, 5, 1, 0}}, 1},
	{"new SSRC takes the last place, of a proven one",
		{FOUR_SPEAK, {5, 1, 1, 0}, {5, 2, 1, 0}, {5, 3, 1, 0}, {9, 5, 1, 0}}, 1},
	{"new SSRC comes with SRTCP and takes the place of one that had no more",
		{{0, 2, 0, 3}, SPEAKS(0, 1), SPEAKS(0, 3), SPEAKS(0, 4), {9, 5, 0, 1}}, 1},
	{"parked SSRC takes the place of another one",
		{FOUR_SPEAK, {5, 2, 1, 1}, {5, 3, 1, 0}, {5, 4, 1, 0}, SPEAKS(9, 5), {14, 3, 1, 0},
			{14, 4, 1, 0}, {14, 5, 1, 0}, {20, 1, 1, 0}},
		1},
	{"parked SSRC comes with SRTCP",
		{FOUR_SPEAK, {5, 2, 1, 1}, {5, 3, 1, 0}, {5, 4, 1, 0}, SPEAKS(9, 5), {14, 3, 1, 0},
			{14, 4, 1, 0}, {14, 5, 1, 0}, {20, 1, 0, 1}},
		1},
	{"parked SSRC takes its place back from a stray",
		{FOUR_SPEAK, {9, 5, 1, 1}, {14, 2, 1, 0}, {14, 3, 1, 0}, {14, 4, 1, 0},
			{20, 1, 1, 0}},
		1},
	{"four are parked, and one falls off", {FOUR_SPEAK, FOUR_MORE, {18, 9, 1, 0}}, 1},
	{"four are parked, and the last comes back", {FOUR_SPEAK, FOUR_MORE, {18, 1, 1, 0}}, 1},
	{"four are parked, and one between comes back", {FOUR_SPEAK, FOUR_MORE, {18, 3, 1, 0}}, 1},
	{"two take places in one burst", {FOUR_SPEAK, {9, 5, 1, 1}, {9, 6, 1, 1}}, 2},
	{"who lost its place comes back in the same burst",
		{FOUR_SPEAK, {9, 5, 1, 0}, {9, 1, 1, 1}}, 2},
	{"new SSRC after a takeover", {FOUR_SPEAK, {1, 0, 0, 0}, {10, 5, 1, 0}}, 1},
	{"new SSRC takes the place of one that was taken over and spoke since",
		{FOUR_SPEAK, {1, 0, 0, 0}, SPEAKS(2, 1), SPEAKS(2, 2), SPEAKS(2, 3), SPEAKS(2, 4),
			{11, 5, 1, 0}},
		1},
	{"parked SSRC that had SRTCP alone comes back",
		{{0, 2, 0, 3}, SPEAKS(0, 1), SPEAKS(0, 3), SPEAKS(0, 4), SPEAKS(9, 5),
			{14, 3, 1, 0}, {14, 4, 1, 0}, {14, 5, 1, 0}, {20, 2, 1, 0}},
		1},
	{"stray that was taken over loses its place",
		{SPEAKS(0, 1), {0, 2, 1, 1}, SPEAKS(0, 3), SPEAKS(0, 4), {1, 0, 0, 0}, {2, 1, 1, 0},
			{2, 3, 1, 0}, {2, 4, 1, 0}, {10, 5, 1, 0}},
		1},
	{"parked SSRC comes back after a takeover, and another goes",
		{FOUR_SPEAK, FOUR_MORE, {10, 0, 0, 0}, {19, 1, 9, 1}, {19, 9, 1, 0}}, 1},
};

enum { SITUATIONS = sizeof(situations) / sizeof(situations[0]) };

/* --- keys --- */

/* Two are parked, and a stray has come. */
static const struct line some_gone[LINES] = {FOUR_SPEAK, SPEAKS(9, 5), {9, 6, 1, 0}, SPEAKS(9, 7)};

struct told {
	struct relay_command command;
	struct relay_record record;
};

static void carry_out(void *arg)
{
	struct told *t = arg;

	if (life_command(life.dead, &t->command, &t->record) != RELAY_OK)
		abort();
}

/* Under the new keys, too, there was traffic before: 1 and 2 have places, 3 is parked, and 4 is
 * gone. */
static void live_before(void)
{
	struct life_known *under = &life.under[LIFE_NEW];
	struct relay_crypto *c = life_crypto_of(&under->told);
	uint64_t seed = c->key_name;

	for (uint8_t ssrc = 1; ssrc <= 4; ssrc++) {
		struct srtp_ssrc_state s;
		struct relay_ssrc *to = ssrc <= 2 ? &c->ssrcs[ssrc - 1] : &c->parked[0];

		for (uint32_t i = 0; i < 10; i++) {
			struct life_packet p =
				life_plain(i < 9 ? SRTP_RTP : SRTP_RTCP, ssrc, life.next_seq[ssrc]);

			life.next_seq[ssrc]++;
			p.key = LIFE_NEW;
			assert_int_equal(life_run(under->peer, SRTP_PROTECT, &p), SRTP_OK);
			life_remember(&p);
		}
		assert_int_equal(srtp_ctx_get_ssrc(under->peer, ssrc, &s), SRTP_OK);
		if (ssrc <= 3)
			*to = (struct relay_ssrc){
				ssrc, s.roc, s.rtcp_index, s.seq, s.rtp_valid, s.rtcp_valid};
		if (ssrc >= 3)
			srtp_retired_add(c->retired, seed, ssrc);
		under->kept[ssrc] = ssrc <= 2;
	}
	c->n_ssrcs = 2;
	c->n_parked = 1;
	life_make_next(LIFE_NEW);
}

/* Whatever it may have used is tried, as the control plane does. */
static void check_either(const struct relay_endpoint *left, uint32_t n_taken[LIFE_KEYS])
{
	for (uint32_t in = 0; in < LIFE_KEYS; in++) {
		for (uint32_t out = 0; out < LIFE_KEYS; out++) {
			uint8_t key = (uint8_t)(life.direction == SRTP_PROTECT ? out : in);
			struct relay_record r = life.under[LIFE_OLD].told;
			int err;

			r.ingress = life.under[in].told.ingress;
			r.egress = life.under[out].told.egress;
			err = life_take_over(left, life.at.generation, &r);
			if (err == 0) {
				n_taken[key]++;
				life_check(&r, key, life.n_seen);
			} else {
				assert_int_equal(err, -ESTALE);
			}
		}
	}
}

static void dies_while_keys_change(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t n_taken[LIFE_KEYS] = {0};
		struct told t;
		bool all;

		life_begin("keys change", directions[i / 2], suites[i % 2]);
		(void)play_lines(some_gone, 0, &all);
		assert_true(all);
		live_before();
		t = (struct told){life.at, life.under[LIFE_NEW].told};
		t.command.type = RELAY_COMMAND_UPDATE;
		t.command.set = RELAY_SET_INGRESS | RELAY_SET_EGRESS;
		store_steps_run(carry_out, &t, life_record(), &life_states);
		for (uint32_t k = 0; k < life_states.n; k++)
			check_either(life_left_at(k), n_taken);
		assert_true(n_taken[LIFE_OLD] > 0 && n_taken[LIFE_NEW] > 0);
		(void)life_end(NULL);
	}
}

/* In a slot that another endpoint had, with the keys and the indices of that one. */
static void dies_while_it_installs(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t n_taken = 0;
		struct told t;
		bool all;

		life_begin("installed anew", directions[i / 2], suites[i % 2]);
		(void)play_lines(some_gone, 0, &all);
		assert_true(all);
		t = (struct told){life.at, life.under[LIFE_OLD].told};
		assert_int_equal(life_take_over(life_record(), life.at.generation, &t.record), 0);
		life_remove(life.dead, &life.at);
		t.command.generation++;
		store_steps_run(carry_out, &t, life_record(), &life_states);
		for (uint32_t k = 0; k < life_states.n; k++) {
			struct relay_record r = life.under[LIFE_OLD].told;
			int err = life_take_over(life_left_at(k), life.at.generation, &r);

			assert_true(err == -ENOENT || err == -ESTALE);
			r = t.record;
			err = life_take_over(life_left_at(k), t.command.generation, &r);
			assert_true(err == 0 || err == -ENOENT || err == -ESTALE);
			if (err == 0)
				life_check(&r, LIFE_OLD, life.n_seen);
			n_taken += err == 0;
		}
		assert_true(n_taken > 0);
		(void)life_end(NULL);
	}
}

int main(void)
{
	struct CMUnitTest tests[SITUATIONS + 3] = {
		cmocka_unit_test_teardown(dies_in_any_life, life_end),
		cmocka_unit_test_teardown(dies_while_keys_change, life_end),
		cmocka_unit_test_teardown(dies_while_it_installs, life_end),
	};

	for (uint32_t i = 0; i < SITUATIONS; i++)
		tests[3 + i] = (struct CMUnitTest){situations[i].name, dies_at_any_instruction,
			NULL, life_end, &situations[i]};
	return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
