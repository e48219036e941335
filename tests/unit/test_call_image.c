/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_image.h"

#include "call_compare.h"
#include "call_sample.h"
#include "support.h"

#include <errno.h>

enum { LIMIT = 1024 * 1024 };

static const struct call_image_clock then = {CALL_SAMPLE_MS, CALL_SAMPLE_US};

struct fixture {
	struct call_table *from, *to;
	struct buffer image;
};

static int open_fixture(void **state)
{
	static struct fixture f;

	f.image = (struct buffer){.limit = LIMIT};
	*state = &f;
	return call_table_create(&f.from) != 0 || call_table_create(&f.to) != 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	call_table_destroy(f->from);
	call_table_destroy(f->to);
	buffer_fini(&f->image);
	return 0;
}

static struct call *written(struct fixture *f, enum call_sample which)
{
	struct call *call = call_sample_make(f->from, which);

	assert_non_null(call);
	f->image.len = 0;
	assert_int_equal(call_image_write(call, &then, &f->image), 0);
	return call;
}

static void call_of_any_shape_comes_back_as_it_was(void **state)
{
	struct fixture *f = *state;

	for (unsigned which = 0; which < CALL_SAMPLE_COUNT; which++) {
		struct call *a = written(f, (enum call_sample)which), *b = NULL;

		assert_int_equal(
			call_image_read(buffer_all(&f->image), &then, f->to, 70 + which, &b), 0);
		call_compare(a, b);
		assert_int_equal(b->id, 70 + which);
		assert_false(b->dirty || b->gone);
		assert_int_equal(b->working, 0);
		assert_ptr_equal(call_table_find(f->to, slice_of(a->call_id)), b);
	}
	assert_int_equal(call_table_count(f->to), CALL_SAMPLE_COUNT);
}

static void cut_out(struct buffer *image, size_t at, size_t n)
{
	memmove(image->data + at, image->data + at + n, image->len - at - n);
	image->len -= n;
}

/* Without what this one has more; of the time of day it makes the time that has gone. */
static void image_of_the_version_before_is_read(void **state)
{
	struct fixture *f = *state;
	struct call *a = call_sample_make(f->from, CALL_SAMPLE_NEW), *b = NULL;
	size_t texts = strlen(a->call_id) + strlen(a->owner) + strlen(a->listener) + 6;

	a->created_us = CALL_SAMPLE_US - 2500000;
	a->owner_kind = AUTHN_NOBODY; /* and so nobody's in particular */
	assert_int_equal(call_image_write(a, &then, &f->image), 0);
	assert_int_equal(f->image.data[0], CALL_IMAGE_VERSION);
	cut_out(&f->image, 10 + texts + 1 + 8, 8); /* created */
	cut_out(&f->image, 10 + 2 + strlen(a->call_id) + 2 + strlen(a->owner), 1);
	f->image.data[0] = CALL_IMAGE_VERSION_OLD;
	assert_int_equal(call_image_read(buffer_all(&f->image), &then, f->to, 1, &b), 0);
	call_compare(a, b);
	f->image.data[0] = CALL_IMAGE_VERSION + 1;
	assert_int_equal(
		call_image_read(buffer_all(&f->image), &then, f->from, 1, &b), -EPROTONOSUPPORT);
	f->image.data[0] = 0;
	assert_int_equal(call_image_read(buffer_all(&f->image), &then, f->from, 1, &b), -EBADMSG);
}

static void bridges_removed_leave_their_numbers_unused(void **state)
{
	struct fixture *f = *state;
	struct call *a = call_sample_make(f->from, CALL_SAMPLE_FORK), *b = NULL;

	call_bridge_remove(a, a->bridges);
	assert_int_equal(call_image_write(a, &then, &f->image), 0);
	assert_int_equal(call_image_read(buffer_all(&f->image), &then, f->to, 1, &b), 0);
	call_compare(a, b);
	assert_int_equal(b->bridges->number, 1);
	assert_int_equal(b->next_number, 2);
}

static void typical_call_is_small(void **state)
{
	struct fixture *f = *state;

	(void)written(f, CALL_SAMPLE_APART);
	print_message("an answered call of one stream: %zu bytes\n", f->image.len);
	assert_in_range(f->image.len, 1, 1023);
	(void)written(f, CALL_SAMPLE_NEW);
	assert_in_range(f->image.len, 1, 127);
}

static void image_cut_short_or_longer_is_refused(void **state)
{
	struct fixture *f = *state;
	struct support_guard guard;

	support_guard_open(&guard, LIMIT);
	for (unsigned which = 0; which < CALL_SAMPLE_COUNT; which++) {
		(void)written(f, (enum call_sample)which);
		for (size_t len = 0; len < f->image.len; len++) {
			uint8_t *copy = support_guard_before_end(&guard, len);
			struct slice cut = {(const char *)copy, len};
			struct call *call = NULL;

			memcpy(copy, f->image.data, len);
			assert_int_equal(call_image_read(cut, &then, f->to, 1, &call), -EBADMSG);
			assert_null(call);
			assert_int_equal(call_table_count(f->to), 0);
		}
		buffer_char(&f->image, '\0');
		assert_int_equal(
			call_image_read(buffer_all(&f->image), &then, f->to, 1, NULL), -EBADMSG);
		assert_int_equal(call_table_count(f->to), 0);
	}
	support_guard_close(&guard);
}

static bool clean(const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static void assert_sane_terms(const struct call_terms *t)
{
	assert_true(t->transport < SDP_TRANSPORT_COUNT);
	assert_true(t->direction <= SDP_DIRECTION_INACTIVE);
	assert_true(t->source <= RELAY_SOURCE_ANY);
	assert_true(!t->active || t->direction != SDP_DIRECTION_NONE);
	assert_true(relay_address_valid(&t->remote[0]) && relay_address_valid(&t->remote[1]));
	assert_true(t->in.suite == RELAY_PLAIN || t->in.suite < SUITE_COUNT);
	assert_true(t->out.suite == RELAY_PLAIN || t->out.suite < SUITE_COUNT);
	assert_true(t->in.mki_len <= RELAY_MKI_MAX && t->out.mki_len <= RELAY_MKI_MAX);
}

static void assert_sane_leg(const struct call_leg *leg)
{
	assert_sane_terms(&leg->now);
	assert_sane_terms(&leg->next);
	assert_true(leg->port < UINT16_MAX);
	assert_true(leg->ours == NULL || leg->ours->n <= CALL_IMAGE_KEYS_MAX);
	assert_true(leg->theirs == NULL || leg->theirs->n <= CALL_IMAGE_KEYS_MAX);
	for (uint32_t i = 0; leg->ours != NULL && i < leg->ours->n; i++)
		assert_true(leg->ours->keys[i].suite == RELAY_PLAIN ||
			    leg->ours->keys[i].suite < SUITE_COUNT);
	for (unsigned i = 0; i < RELAY_ROUTES; i++) {
		assert_true(leg->flows[i].slot.generation != 0 || !leg->flows[i].installed);
		assert_true(relay_address_valid(&leg->flows[i].learned));
	}
}

static void assert_sane_bridge(const struct call_bridge *b)
{
	assert_true(b->offerer <= 1 && b->n_medias <= CALL_MEDIAS_MAX && clean(b->branch));
	for (unsigned side = 0; side < 2; side++) {
		assert_true(clean(b->sides[side].tag) && clean(b->sides[side].label));
		assert_true(b->sides[side].interface < CONFIG_INTERFACES_MAX);
		assert_true(b->sides[side].address < CONFIG_ADDRESSES_MAX);
		assert_true(b->sides[side].dscp < 64);
	}
	for (uint32_t i = 0; i < b->n_medias; i++) {
		const struct call_media *m = &b->medias[i];

		assert_true(m->kind <= SDP_KIND_TEXT);
		assert_sane_leg(&m->legs[0]);
		assert_sane_leg(&m->legs[1]);
	}
}

static void assert_sane(const struct call *call)
{
	uint32_t n = 0;

	assert_true(clean(call->call_id));
	for (const struct call_bridge *b = call->bridges; b != NULL; b = b->next, n++) {
		assert_true(b->number < call->next_number);
		assert_true(b->next == NULL || b->number < b->next->number);
		assert_sane_bridge(b);
	}
	assert_int_equal(n, call->n_bridges);
	assert_true(n <= CALL_BRIDGES_MAX);
}

/* Returns whether it was taken all the same: as a key, for one, may have any bytes. */
static bool read_damaged(struct fixture *f)
{
	struct call *call = NULL;
	int status = call_image_read(buffer_all(&f->image), &then, f->to, 1, &call);

	if (status != 0) {
		assert_true(status == -EBADMSG || status == -EPROTONOSUPPORT);
		assert_int_equal(call_table_count(f->to), 0);
		return false;
	}
	assert_sane(call);
	call_table_remove(f->to, call);
	call_free(call);
	return true;
}

static void image_with_a_damaged_byte_is_refused_or_a_call(void **state)
{
	struct fixture *f = *state;
	uint32_t refused = 0, taken = 0;

	for (unsigned which = 0; which < CALL_SAMPLE_COUNT; which++) {
		(void)written(f, (enum call_sample)which);
		for (size_t at = 0; at < f->image.len; at++) {
			char was = f->image.data[at];

			for (unsigned bit = 0; bit <= 8; bit++) {
				f->image.data[at] = (char)(was ^ (bit < 8 ? 1 << bit : 0xff));
				if (read_damaged(f))
					taken++;
				else
					refused++;
			}
			f->image.data[at] = was;
		}
		assert_true(read_damaged(f)); /* which it is not */
	}
	print_message("%u damaged images refused, %u taken\n", refused, taken);
	assert_true(refused > 0 && taken > 0);
}

static void call_id_that_is_there_is_refused(void **state)
{
	struct fixture *f = *state;
	struct call *call = written(f, CALL_SAMPLE_APART), *again = NULL;

	assert_int_equal(
		call_image_read(buffer_all(&f->image), &then, f->from, 9, &again), -EEXIST);
	assert_null(again);
	assert_int_equal(call_table_count(f->from), 1);
	assert_ptr_equal(call_table_find(f->from, slice_of(call->call_id)), call);
	/* of another listener it is another */
	memcpy(call->listener, "udp", sizeof("udp"));
	assert_int_equal(call_image_read(buffer_all(&f->image), &then, f->from, 9, &again), 0);
	assert_string_equal(again->listener, "tls");
}

static void buffer_without_room_is_told(void **state)
{
	struct fixture *f = *state;
	struct buffer small = {.limit = 100};

	assert_int_equal(call_image_write(written(f, CALL_SAMPLE_APART), &then, &small), -ENOMEM);
	buffer_fini(&small);
}

/* A machine that was off for a minute, and whose monotonic clock began anew. */
static void times_hold_after_a_reboot(void **state)
{
	static const struct {
		uint64_t now_ms, away_ms;
		uint64_t delete_at_ms, heard_ms, offered_ms, created_ms;
	} rows[] = {
		{CALL_SAMPLE_MS + 60, 60, CALL_SAMPLE_MS + 30000, CALL_SAMPLE_MS - 250,
			CALL_SAMPLE_MS, CALL_SAMPLE_MS - 2500},
		{100000, 10000, 120000, 89750, 90000, 87500}, /* new clock */
		{100000, 60000, 100000, 39750, 40000, 37500}, /* to be deleted at once */
		{1000, 10000, 21000, 1, 1, 1},                /* from before it began */
		{0, 60000, 1, 1, 1, 1},
	};
	struct fixture *f = *state;

	(void)written(f, CALL_SAMPLE_FULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct call_image_clock now = {
			rows[i].now_ms, CALL_SAMPLE_US + rows[i].away_ms * 1000};
		struct call *call = NULL;

		assert_int_equal(call_image_read(buffer_all(&f->image), &now, f->to, 1, &call), 0);
		assert_int_equal(call->delete_at_ms, rows[i].delete_at_ms);
		assert_int_equal(call->heard_ms, rows[i].heard_ms);
		assert_int_equal(call->bridges->offered_ms, rows[i].offered_ms);
		assert_int_equal(call->created_ms, rows[i].created_ms);
		call_table_remove(f->to, call);
		call_free(call);
	}
}

static void clock_set_back_makes_no_time_longer(void **state)
{
	const struct call_image_clock now = {100000, CALL_SAMPLE_US - UINT64_C(86400000000)};
	struct fixture *f = *state;
	struct call *call = NULL;

	(void)written(f, CALL_SAMPLE_FULL);
	assert_int_equal(call_image_read(buffer_all(&f->image), &now, f->to, 1, &call), 0);
	assert_int_equal(call->delete_at_ms, 130000);
	assert_int_equal(call->heard_ms, 99750);
	assert_int_equal(call->created_ms, 97500);
}

static void times_that_are_not_set_stay_so(void **state)
{
	const struct call_image_clock now = {100000, CALL_SAMPLE_US};
	struct fixture *f = *state;
	struct call *a = call_sample_make(f->from, CALL_SAMPLE_OFFER), *b = NULL;

	a->heard_ms = 0;
	a->bridges->offered_ms = 0;
	assert_int_equal(call_image_write(a, &then, &f->image), 0);
	assert_int_equal(call_image_read(buffer_all(&f->image), &now, f->to, 1, &b), 0);
	assert_int_equal(b->heard_ms, 0);
	assert_int_equal(b->bridges->offered_ms, 0);
	assert_int_equal(b->delete_at_ms, 0);
}

/* One wrong thing at a time, in a call that can be written without it. */
/* Two keys, the first with two streams. */
static struct call_past *past_of(struct call_leg *leg)
{
	const struct relay_ssrc seen[] = {{.ssrc = 7, .rtp_valid = 1}, {.ssrc = 8, .rtp_valid = 1}};

	if (leg->past == NULL) {
		assert_true(call_past_keep(&leg->past, 1, seen, 2, NULL));
		assert_true(call_past_keep(&leg->past, 2, seen, 1, NULL));
	}
	return leg->past;
}

#define WRONG(name, statement)                                                                     \
	static void name(struct call *call)                                                        \
	{                                                                                          \
		struct call_bridge *b = call->bridges;                                             \
		struct call_leg *leg = &b->medias[0].legs[0];                                      \
                                                                                                   \
		(void)leg;                                                                         \
		statement;                                                                         \
	}

WRONG(long_tag, memset(b->sides[0].tag = calloc(1, CALL_TEXT_MAX + 2), 'x', CALL_TEXT_MAX + 1))
WRONG(line_in_tag, b->sides[0].tag[1] = '\n')
WRONG(control_in_branch, b->branch[0] = '\x7f')
WRONG(control_in_call_id, call->call_id[0] = '\t')
WRONG(endless_owner, memset(call->owner, 'x', sizeof(call->owner)))
WRONG(unknown_owner_kind, call->owner_kind = AUTHN_PLAINTEXT + 1)
WRONG(many_medias, b->n_medias = CALL_MEDIAS_MAX + 1)
WRONG(unknown_kind, b->medias[0].kind = SDP_KIND_TEXT + 1)
WRONG(unknown_interface, b->sides[1].interface = CONFIG_INTERFACES_MAX)
WRONG(unknown_address, b->sides[1].address = CONFIG_ADDRESSES_MAX)
WRONG(unknown_dscp, b->sides[1].dscp = 64)
WRONG(unknown_worker, b->worker = 32)
WRONG(unknown_offerer, b->offerer = 2)
WRONG(number_not_given_out, b->number = call->next_number)
WRONG(unknown_transport, leg->now.transport = SDP_TRANSPORT_COUNT)
WRONG(unknown_direction, leg->now.direction = SDP_DIRECTION_INACTIVE + 1)
WRONG(no_direction, leg->now.direction = SDP_DIRECTION_NONE)
WRONG(unknown_source, leg->now.source = RELAY_SOURCE_ANY + 1)
WRONG(unknown_family, leg->now.remote[0].family = 5)
WRONG(unknown_suite, leg->next.in.suite = SUITE_COUNT)
WRONG(long_mki, (leg->next.in.suite = 0, leg->next.in.mki_len = RELAY_MKI_MAX + 1))
WRONG(many_keys, leg->ours = call_keys_create(CALL_IMAGE_KEYS_MAX + 1))
WRONG(last_port, leg->port = UINT16_MAX)
WRONG(installed_without_slot, leg->flows[0].slot.generation = 0)
WRONG(slot_beyond_all, leg->flows[0].slot.endpoint = UINT32_MAX)
WRONG(learned_ipv4_with_a_tail, leg->flows[0].learned.ip[15] = 1)
WRONG(past_key_without_name, past_of(leg)->keys[0].name = 0)
WRONG(past_key_twice, past_of(leg)->keys[0].name = past_of(leg)->keys[1].name)
WRONG(past_key_of_nothing, past_of(leg)->keys[0].n_ssrcs = 0)
WRONG(past_key_of_too_many, past_of(leg)->keys[0].n_ssrcs = RELAY_SSRCS + 1)
WRONG(past_stream_of_nothing, past_of(leg)->keys[0].ssrcs[0].rtp_valid = 0)
WRONG(past_stream_twice, past_of(leg)->keys[0].ssrcs[1].ssrc = 7)
WRONG(past_index_beyond_all, past_of(leg)->keys[0].ssrcs[0].rtcp_index = UINT32_MAX)

static void call_that_breaks_its_invariants_is_not_written(void **state)
{
	static void (*const wrongs[])(struct call *) = {long_tag, line_in_tag, control_in_branch,
		control_in_call_id, endless_owner, unknown_owner_kind, many_medias, unknown_kind,
		unknown_interface, unknown_address, unknown_dscp, unknown_worker, unknown_offerer,
		number_not_given_out, unknown_transport, unknown_direction, no_direction,
		unknown_source, unknown_family, unknown_suite, long_mki, many_keys, last_port,
		installed_without_slot, slot_beyond_all, learned_ipv4_with_a_tail,
		past_key_without_name, past_key_twice, past_key_of_nothing, past_key_of_too_many,
		past_stream_of_nothing, past_stream_twice, past_index_beyond_all};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct call *call = written(f, CALL_SAMPLE_APART);
		char *tag = call->bridges->sides[0].tag;
		uint32_t n = call->bridges->n_medias;

		f->image.len = 0;
		call_table_remove(f->from, call);
		wrongs[i](call);
		assert_int_equal(call_image_write(call, &then, &f->image), -EINVAL);
		assert_int_equal(f->image.len, 0);
		if (call->bridges->sides[0].tag != tag)
			free(tag);
		call->bridges->n_medias = n;
		call_free(call);
	}
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		CASE(call_of_any_shape_comes_back_as_it_was),
		CASE(image_of_the_version_before_is_read),
		CASE(bridges_removed_leave_their_numbers_unused),
		CASE(typical_call_is_small),
		CASE(image_cut_short_or_longer_is_refused),
		CASE(image_with_a_damaged_byte_is_refused_or_a_call),
		CASE(call_id_that_is_there_is_refused),
		CASE(buffer_without_room_is_told),
		CASE(times_hold_after_a_reboot),
		CASE(clock_set_back_makes_no_time_longer),
		CASE(times_that_are_not_set_stay_so),
		CASE(call_that_breaks_its_invariants_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
