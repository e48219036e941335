/* SPDX-License-Identifier: BSD-3-Clause */
/* Which dialogue a request means, and who of it asks. */
#include "session_impl.h"

#include "support.h"

/* Bridges of a call: branch, tags of side 0 and 1, who offered last, answered. Side 0 is the caller
 * but in a late offer. */
struct dialogue {
	const char *branch, *tags[2];
	uint8_t offerer;
	bool answered;
};

enum { DIALOGUES = 3, NONE = 9 };

struct row {
	struct dialogue dialogues[DIALOGUES];
	const char *from, *to, *branch;
	unsigned bridge, side; /* bridge NONE: a new one, or none */
};

static const struct row offers[] = {
	/* the first one */
	{{{0}}, "a", "", "", NONE, 0},
	/* again: the same branch, while nobody answered */
	{{{NULL, {"a"}, 0, false}}, "a", "", "", 0, 0},
	{{{"x", {"a"}, 0, false}}, "a", "", "x", 0, 0},
	{{{"x", {"a"}, 0, false}}, "a", "", "y", NONE, 0},
	{{{"x", {"a"}, 0, false}}, "a", "", "", NONE, 0},
	{{{NULL, {"a"}, 0, false}}, "a", "", "x", NONE, 0},
	{{{NULL, {"a", "b"}, 0, true}}, "a", "", "", NONE, 0},
	{{{NULL, {"a"}, 0, false}}, "z", "", "", NONE, 0},
	/* in a dialogue, from either end, whatever the branch */
	{{{"x", {"a", "b"}, 0, true}}, "a", "b", "y", 0, 0},
	{{{"x", {"a", "b"}, 0, true}}, "b", "a", "", 0, 1},
	{{{"x", {"a", "b"}, 0, true}, {"y", {"a", "c"}, 0, true}}, "c", "a", "", 1, 1},
	{{{"x", {"a", "b"}, 0, true}, {"y", {"a", "c"}, 0, true}}, "a", "c", "", 1, 0},
	{{{"x", {"a", "b"}, 0, true}}, "a", "c", "", NONE, 0},
	{{{"x", {"a", "b"}, 0, true}}, "c", "b", "", NONE, 0},
	/* the callee's, who had not answered: an UPDATE */
	{{{NULL, {"a"}, 0, false}}, "b", "a", "", 0, 1},
	{{{"x", {"a"}, 0, false}}, "a", "b", "x", 0, 0},
};

static const struct row answers[] = {
	{{{0}}, "a", "b", "", NONE, 0},
	{{{NULL, {"a"}, 0, false}}, "a", "b", "", 0, 1},
	{{{NULL, {"a"}, 0, false}}, "a", "b", "x", 0, 1},
	{{{"x", {"a"}, 0, false}}, "a", "b", "", 0, 1},
	{{{"x", {"a"}, 0, false}}, "a", "b", "x", 0, 1},
	{{{"x", {"a"}, 0, false}}, "a", "b", "y", NONE, 0},
	{{{NULL, {"a"}, 0, false}}, "z", "b", "", NONE, 0},
	/* forks by their branches, then by their tags */
	{{{"x", {"a"}, 0, false}, {"y", {"a"}, 0, false}}, "a", "b", "x", 0, 1},
	{{{"x", {"a"}, 0, false}, {"y", {"a"}, 0, false}}, "a", "b", "y", 1, 1},
	{{{"x", {"a", "b"}, 0, true}, {"y", {"a"}, 0, false}}, "a", "b", "", 0, 1},
	{{{"x", {"a", "b"}, 0, true}, {"y", {"a"}, 0, false}}, "a", "c", "", 1, 1},
	{{{"x", {"a", "b"}, 0, true}, {"y", {"a"}, 0, false}}, "a", "c", "x", 0, 1},
	{{{"x", {"a", "b"}, 0, true}, {"y", {"a"}, 0, false}}, "a", "c", "z", NONE, 0},
	/* a fork further on, behind the same branch */
	{{{NULL, {"a", "b"}, 0, true}}, "a", "c", "", 0, 1},
	/* to the callee's offer, and to nobody else's */
	{{{NULL, {"a", "b"}, 1, true}}, "b", "a", "", 0, 0},
	{{{NULL, {"a", "b"}, 1, true}}, "a", "b", "", NONE, 0},
	/* late offer */
	{{{NULL, {"b"}, 0, false}}, "b", "a", "", 0, 1},
};

static struct call *make(struct call_table *table, const struct row *row)
{
	struct call *call = call_table_add(table, "", slice_of("c"), 0);

	for (size_t i = 0; i < DIALOGUES && row->dialogues[i].tags[0] != NULL; i++) {
		const struct dialogue *d = &row->dialogues[i];
		struct call_bridge *b = call_bridge_add(call);

		assert_true(call_text_set(&b->branch, call_text(d->branch)));
		for (unsigned side = 0; side < 2; side++)
			assert_true(call_text_set(&b->sides[side].tag, call_text(d->tags[side])));
		b->offerer = d->offerer;
		b->offered = true;
		b->answered = d->answered;
	}
	return call;
}

typedef struct call_bridge *find_fn(const struct call *, const struct ng_request *, unsigned *);

static void look(const struct row *rows, size_t n, find_fn *find)
{
	for (size_t i = 0; i < n; i++) {
		const struct ng_request r = {.from_tag = slice_of(rows[i].from),
			.to_tag = slice_of(rows[i].to),
			.via_branch = slice_of(rows[i].branch)};
		struct call_bridge *b;
		struct call_table *table;
		unsigned from = NONE;

		assert_int_equal(call_table_create(&table), 0);
		b = find(make(table, &rows[i]), &r, &from);
		if ((b == NULL ? NONE : b->number) != rows[i].bridge ||
			(b != NULL && from != rows[i].side))
			fail_msg("row %zu: side %u", i, from);
		call_table_destroy(table);
	}
}

static void offer_finds_its_dialogue(void **state)
{
	(void)state;
	look(offers, sizeof(offers) / sizeof(offers[0]), session_find_offer);
}

static void answer_finds_its_offer(void **state)
{
	(void)state;
	look(answers, sizeof(answers) / sizeof(answers[0]), session_find_answer);
}

static void offer_that_was_never_made_has_no_answer(void **state)
{
	const struct ng_request r = {.from_tag = slice_of("a"), .to_tag = slice_of("b")};
	struct call_table *table;
	struct call *call;
	unsigned from;

	(void)state;
	assert_int_equal(call_table_create(&table), 0);
	call = make(table, &answers[1]);
	call->bridges->offered = false;
	assert_null(session_find_answer(call, &r, &from));
	call_table_destroy(table);
}

static struct call *place(struct call_table *table, const char *owner, const char *listener)
{
	struct call *call = call_table_add(table, listener, slice_of("c"), 0);

	assert_non_null(call);
	memcpy(call->owner, owner, strlen(owner) + 1);
	call->owner_kind = AUTHN_CERTIFICATE;
	return call;
}

static struct call *found_by(
	struct session *s, enum authn_kind kind, const char *name, const char *listener)
{
	const struct ng_request r = {.call_id = slice_of("c")};
	struct principal who = {.kind = kind};
	const struct session_work work = {.s = s, .principal = &who, .request = &r};

	memcpy(who.name, name, strlen(name) + 1);
	memcpy(who.listener, listener, strlen(listener) + 1);
	return session_find(&work, AUTHZ_CHANGE);
}

/* Peers of different listeners that choose the same call-id do not meet. */
static void call_id_is_of_its_listener(void **state)
{
	struct session s = {.calls = NULL};
	struct call *one, *two;

	(void)state;
	assert_int_equal(call_table_create(&s.calls), 0);
	one = place(s.calls, "a.test", "one");
	assert_null(found_by(&s, AUTHN_TOKEN, "t", "two"));
	two = place(s.calls, "b.test", "two");
	for (unsigned i = 0; i < 2; i++) {
		assert_ptr_equal(found_by(&s, AUTHN_TOKEN, "t", "one"), one);
		assert_ptr_equal(found_by(&s, AUTHN_TOKEN, "t", "two"), two);
		assert_null(found_by(&s, AUTHN_TOKEN, "t", "three"));
		/* one's own first, wherever one signs in */
		assert_ptr_equal(found_by(&s, AUTHN_CERTIFICATE, "a.test", "two"), one);
		assert_ptr_equal(found_by(&s, AUTHN_CERTIFICATE, "b.test", "two"), two);
		assert_ptr_equal(found_by(&s, AUTHN_CERTIFICATE, "b.test", "three"), two);
		assert_ptr_equal(found_by(&s, AUTHN_CERTIFICATE, "c.test", "one"), one);
		assert_null(found_by(&s, AUTHN_CERTIFICATE, "c.test", "three"));
		if (i == 0) { /* whichever came first */
			call_table_remove(s.calls, one);
			call_free(one);
			one = place(s.calls, "a.test", "one");
		}
	}
	call_table_destroy(s.calls);
}

/* A proxy that signs in on two listeners has calls of its own on both, by the same call-id. */
static void own_call_of_the_asked_listener_goes_first(void **state)
{
	struct session s = {.calls = NULL};
	struct call *one, *two, *theirs;

	(void)state;
	assert_int_equal(call_table_create(&s.calls), 0);
	one = place(s.calls, "a.test", "one");
	two = place(s.calls, "a.test", "two");
	theirs = place(s.calls, "b.test", "three");
	for (unsigned i = 0; i < 2; i++) {
		assert_ptr_equal(found_by(&s, AUTHN_CERTIFICATE, "a.test", "one"), one);
		assert_ptr_equal(found_by(&s, AUTHN_CERTIFICATE, "a.test", "two"), two);
		/* one's own of elsewhere goes before others' of here */
		assert_ptr_not_equal(found_by(&s, AUTHN_CERTIFICATE, "a.test", "three"), theirs);
		assert_non_null(found_by(&s, AUTHN_CERTIFICATE, "a.test", "three"));
		if (i == 0) { /* whichever came first */
			call_table_remove(s.calls, one);
			call_free(one);
			one = place(s.calls, "a.test", "one");
		}
	}
	call_table_destroy(s.calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offer_finds_its_dialogue),
		cmocka_unit_test(answer_finds_its_offer),
		cmocka_unit_test(offer_that_was_never_made_has_no_answer),
		cmocka_unit_test(call_id_is_of_its_listener),
		cmocka_unit_test(own_call_of_the_asked_listener_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
