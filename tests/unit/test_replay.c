/* SPDX-License-Identifier: BSD-3-Clause */
/* The window as a table of packets and verdicts, for each size that a context may have, and
 * against a model that remembers every index; the index estimate against RFC 3711 3.3.1. */
#include "replay.h"

#include "support.h"

enum {
	WORDS_MAX = REPLAY_WINDOW_MAX / 64,
	MODEL_STEPS = 200000,
	MODEL_SPAN = 1 << 16, /* indices that the model holds at a time */
};

static const uint32_t windows[] = {64, 128, 1024, 4096};

enum { WINDOWS = sizeof(windows) / sizeof(windows[0]) };

struct window {
	uint32_t size;
	struct replay r;
	uint64_t older[WORDS_MAX + 1]; /* the last is a canary */
};

static void window_open(struct window *w, uint32_t size)
{
	memset(w, 0, sizeof(*w));
	w->size = size;
	for (uint32_t i = size / 64; i <= WORDS_MAX; i++)
		w->older[i] = UINT64_C(0xa5a5a5a5a5a5a5a5);
}

/* Check must be pure, commit must agree with it, and neither may change what it refuses. */
static enum srtp_status window_put(struct window *w, uint64_t index)
{
	const struct window before = *w;
	enum srtp_status checked = replay_check(&w->r, w->older, w->size, index);
	enum srtp_status committed;

	assert_memory_equal(w, &before, sizeof(*w));
	committed = replay_commit(&w->r, w->older, w->size, index);
	assert_int_equal(committed, checked);
	if (committed != SRTP_OK)
		assert_memory_equal(w, &before, sizeof(*w));
	for (uint32_t i = w->size / 64; i <= WORDS_MAX; i++)
		assert_int_equal(w->older[i], UINT64_C(0xa5a5a5a5a5a5a5a5));
	return committed;
}

/* The index is 'windows' times the window's size, and 'add'. */
struct row {
	uint64_t windows;
	int32_t add;
	enum srtp_status want;
};

#define OK  SRTP_OK
#define DUP SRTP_REPLAYED
#define OLD SRTP_TOO_OLD

static const struct row rows[] = {
	/* the start: index 0 is as new as any other */
	{0, 0, OK},
	{0, 0, DUP},
	{0, 1, OK},
	{0, 9, OK},
	{0, 8, OK},
	{0, 7, OK},
	{0, 7, DUP},
	/* up to the size of the window nothing is too old */
	{1, -1, OK},
	{1, -1, DUP},
	{0, 0, DUP},
	{0, 2, OK},
	{1, 0, OK},
	{0, 0, OLD},
	{0, 1, DUP},
	{0, 3, OK},
	/* the left edge is accepted, what lies before it is not */
	{1, 16, OK},
	{0, 16, OLD},
	{0, 17, OK},
	{1, 17, OK},
	{0, 17, OLD},
	{0, 18, OK},
	/* the edges of a word */
	{4, 63, OK},
	{4, 65, OK},
	{4, 64, OK},
	{4, 63, DUP},
	{4, 62, OK},
	{3, 66, OK},
	{3, 65, OLD},
	/* jumps of window - 1, window, window + 1 from the top at 4 W + 65 */
	{5, 64, OK},
	{4, 65, DUP},
	{4, 64, OLD},
	{6, 64, OK},
	{5, 64, OLD},
	{5, 65, OK},
	{5, 66, OK},
	{7, 65, OK},
	{6, 65, OLD},
	{6, 64, OLD},
	{6, 66, OK},
	{6, 66, DUP},
	{7, 64, OK},
	/* huge jumps forget everything */
	{1 << 20, 0, OK},
	{7, 65, OLD},
	{(1 << 20) - 1, 0, OLD},
	{(1 << 20) - 1, 1, OK},
	{1 << 20, 0, DUP},
	{UINT64_C(1) << 35, 5, OK},
	{1 << 20, 0, OLD},
	{UINT64_C(1) << 35, 4, OK},
	{UINT64_C(1) << 35, 5, DUP},
};

static void window_every_row_as_told(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < WINDOWS; i++) {
		struct window w;

		window_open(&w, windows[i]);
		for (uint32_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
			uint64_t index = rows[r].windows * w.size + (uint64_t)(int64_t)rows[r].add;
			enum srtp_status got = window_put(&w, index);

			if (got != rows[r].want)
				fail_msg("window %u row %u: %s", w.size, r, srtp_status_name(got));
		}
	}
}

/* From a full window: after a jump, what lies between the old and the new top is unseen, all
 * that is left of the old is seen. */
static void jump_from_full_window_forgets_only_the_gap(void **state)
{
	static const uint32_t jumps[] = {1, 2, 62, 63, 64, 65, 66, 127, 128, 129, 1000, 1023, 1024,
		1025, 4095, 4096, 4097, 9000, 0x7fffffff};
	static const uint32_t starts[] = {0, 1, 62, 63, 64, 65, 4095};

	(void)state;
	for (uint32_t i = 0; i < WINDOWS * sizeof(starts) / sizeof(starts[0]); i++)
		for (uint32_t j = 0; j < sizeof(jumps) / sizeof(jumps[0]); j++) {
			uint64_t old = UINT64_C(8192) + starts[i / WINDOWS];
			uint64_t top = old + jumps[j];
			struct window w;

			window_open(&w, windows[i % WINDOWS]);
			replay_restart(&w.r, w.older, w.size, old);
			assert_int_equal(window_put(&w, top), SRTP_OK);
			assert_int_equal(w.r.top, top);
			for (uint64_t k = 0; k < w.size; k++)
				assert_int_equal(replay_check(&w.r, w.older, w.size, top - k),
					k == 0 || top - k <= old ? SRTP_REPLAYED : SRTP_OK);
			assert_int_equal(
				replay_check(&w.r, w.older, w.size, top - w.size), SRTP_TOO_OLD);
		}
}

/* Every index once in order, then backwards from the top: each bit of the ring, twice round. */
static void ring_wrapped_twice_holds_each_packet(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < WINDOWS; i++) {
		uint64_t base = (UINT64_C(7) << 16) - windows[i];
		struct window w;

		window_open(&w, windows[i]);
		for (uint64_t k = 0; k < UINT64_C(2) * w.size; k++)
			assert_int_equal(window_put(&w, base + k), SRTP_OK);
		for (uint64_t k = 0; k < w.size; k++)
			assert_int_equal(window_put(&w, w.r.top - k), SRTP_REPLAYED);
		assert_int_equal(window_put(&w, w.r.top - w.size), SRTP_TOO_OLD);
		/* a gap of a whole window, filled from its end to its start */
		assert_int_equal(window_put(&w, w.r.top + w.size), SRTP_OK);
		for (uint64_t k = 1; k < w.size; k++)
			assert_int_equal(window_put(&w, w.r.top - k), SRTP_OK);
		assert_int_equal(window_put(&w, w.r.top - w.size), SRTP_TOO_OLD);
	}
}

static void restart_any_top_refuses_all_before(void **state)
{
	static const uint64_t tops[] = {
		0, 1, 63, 64, 65, 4095, 4096, UINT64_C(0xffff1234), REPLAY_INDEX_LIMIT - 2};

	(void)state;
	for (uint32_t i = 0; i < WINDOWS * sizeof(tops) / sizeof(tops[0]); i++) {
		uint64_t top = tops[i / WINDOWS];
		struct window w;

		window_open(&w, windows[i % WINDOWS]);
		assert_int_equal(window_put(&w, top / 2), SRTP_OK);
		replay_restart(&w.r, w.older, w.size, top);
		for (uint64_t k = 0; k <= top && k < w.size + 2; k++)
			assert_int_equal(
				window_put(&w, top - k), k < w.size ? SRTP_REPLAYED : SRTP_TOO_OLD);
		assert_int_equal(window_put(&w, top + 1), SRTP_OK);
		assert_int_equal(window_put(&w, top + 1), SRTP_REPLAYED);
		assert_int_equal(window_put(&w, top), SRTP_REPLAYED);
	}
}

/* Remembers each index by a byte of its own, of the last MODEL_SPAN. */
struct model {
	bool any;
	uint64_t top;
	uint64_t base;
	uint8_t seen[MODEL_SPAN];
};

static void model_slide(struct model *m, uint64_t base)
{
	static uint8_t kept[MODEL_SPAN];

	for (uint64_t i = 0; i < MODEL_SPAN; i++)
		kept[i] = base + i < m->base + MODEL_SPAN ? m->seen[base + i - m->base] : 0;
	memcpy(m->seen, kept, sizeof(kept));
	m->base = base;
}

static enum srtp_status model_put(struct model *m, uint32_t window, uint64_t index)
{
	if (m->any && index + window <= m->top)
		return SRTP_TOO_OLD;
	if (index >= m->base + MODEL_SPAN)
		model_slide(m, index - UINT64_C(2) * REPLAY_WINDOW_MAX);
	if (m->seen[index - m->base] != 0)
		return SRTP_REPLAYED;
	m->seen[index - m->base] = 1;
	m->top = m->any && m->top > index ? m->top : index;
	m->any = true;
	return SRTP_OK;
}

/* Mostly near the top on either side; at times a jump about a window, or far. */
static uint64_t next_index(struct support_rng *rng, uint64_t top, uint32_t window)
{
	uint64_t back = support_below(rng, window + window / 4);

	switch (support_below(rng, 4 * window)) {
	case 0:
		return top + window - 2 + support_below(rng, 5);
	case 1:
		return top + support_below(rng, 3 * window);
	case 2:
		return support_chance(rng, 20) ? top + support_below(rng, 1u << 31) : top;
	case 3:
		return top + support_below(rng, 130);
	default:
		if (support_chance(rng, 300))
			return top + 1;
		return back > top ? top : top - back;
	}
}

static void window_random_steps_equals_model(void **state)
{
	static struct model m;
	struct support_rng rng = {.state = 3711};

	(void)state;
	for (uint32_t i = 0; i < WINDOWS; i++) {
		uint32_t verdicts[SRTP_STATUS_COUNT] = {0};
		struct window w;

		memset(&m, 0, sizeof(m));
		window_open(&w, windows[i]);
		for (uint32_t step = 0; step < MODEL_STEPS; step++) {
			uint64_t index = next_index(&rng, w.r.top, w.size);
			enum srtp_status want = model_put(&m, w.size, index);

			assert_int_equal(window_put(&w, index), want);
			assert_int_equal(w.r.top, m.top);
			verdicts[want]++;
		}
		/* the walk met every verdict often */
		assert_true(verdicts[SRTP_OK] > MODEL_STEPS / 10);
		assert_true(verdicts[SRTP_REPLAYED] > MODEL_STEPS / 20);
		assert_true(verdicts[SRTP_TOO_OLD] > MODEL_STEPS / 20);
	}
}

struct guess {
	uint32_t roc;
	uint16_t last;
	uint16_t seq;
	uint64_t want_roc;
};

static const struct guess guesses[] = {
	/* s_l < 32768: one ROC back if SEQ - s_l > 32768 */
	{5, 0, 0, 5},
	{5, 0, 32768, 5}, /* a tie stays */
	{5, 0, 32769, 4},
	{5, 0, 65535, 4},
	{5, 100, 32868, 5},
	{5, 100, 32869, 4},
	{5, 32767, 65535, 5},
	{5, 32767, 0, 5},
	/* otherwise one ROC on if s_l - 32768 > SEQ */
	{5, 32768, 0, 5}, /* a tie stays */
	{5, 32769, 0, 6},
	{5, 32769, 1, 5},
	{5, 65535, 0, 6},
	{5, 65535, 32766, 6},
	{5, 65535, 32767, 5},
	{5, 65535, 65535, 5},
	/* ROC 0 has none before it */
	{0, 0, 32769, 0},
	{0, 0, 65535, 0},
	{0, 32766, 65535, 0},
	{0, 65535, 0, 1},
	/* and the last none after it: such an index is past the limit */
	{UINT32_MAX, 65535, 65534, UINT32_MAX},
	{UINT32_MAX, 65535, 0, UINT64_C(1) << 32},
	{UINT32_MAX, 32769, 0, UINT64_C(1) << 32},
	{UINT32_MAX, 32768, 0, UINT32_MAX},
};

static void estimate_each_branch_as_rfc(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
		const struct guess *g = &guesses[i];
		uint64_t got = replay_estimate((uint64_t)g->roc << 16 | g->last, g->seq);

		assert_int_equal(got, g->want_roc << 16 | g->seq);
		assert_int_equal(got >= REPLAY_INDEX_LIMIT, g->want_roc > UINT32_MAX);
	}
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* What RFC 3711 3.3.1 says in words: the ROC whose index is closest to the highest. */
static uint64_t nearest_index(uint64_t top, uint16_t seq)
{
	uint64_t same = (top & ~UINT64_C(0xffff)) | seq;
	uint64_t best = same;

	if (top >> 16 > 0 && distance(same - 0x10000, top) < distance(best, top))
		best = same - 0x10000;
	if (distance(same + 0x10000, top) < distance(best, top))
		best = same + 0x10000;
	return best;
}

static void estimate_every_sequence_is_nearest(void **state)
{
	static const uint32_t lasts[] = {
		0, 1, 2, 100, 32766, 32767, 32768, 32769, 32770, 40000, 65533, 65534, 65535};
	static const uint32_t rocs[] = {0, 1, 2, 0x10000, UINT32_MAX - 1, UINT32_MAX};

	(void)state;
	for (uint32_t r = 0; r < sizeof(rocs) / sizeof(rocs[0]); r++)
		for (uint32_t l = 0; l < sizeof(lasts) / sizeof(lasts[0]); l++)
			for (uint32_t seq = 0; seq <= 0xffff; seq++) {
				uint64_t top = (uint64_t)rocs[r] << 16 | lasts[l];

				assert_int_equal(replay_estimate(top, (uint16_t)seq),
					nearest_index(top, (uint16_t)seq));
			}
}

static void window_size_only_powers_of_two_valid(void **state)
{
	(void)state;
	for (uint32_t size = 0; size <= 9000; size++) {
		bool want = size == 64 || size == 128 || size == 256 || size == 512 ||
			    size == 1024 || size == 2048 || size == 4096;

		assert_int_equal(replay_window_valid(size), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(window_every_row_as_told),
		cmocka_unit_test(jump_from_full_window_forgets_only_the_gap),
		cmocka_unit_test(ring_wrapped_twice_holds_each_packet),
		cmocka_unit_test(restart_any_top_refuses_all_before),
		cmocka_unit_test(window_random_steps_equals_model),
		cmocka_unit_test(estimate_each_branch_as_rfc),
		cmocka_unit_test(estimate_every_sequence_is_nearest),
		cmocka_unit_test(window_size_only_powers_of_two_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
