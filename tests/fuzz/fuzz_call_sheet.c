/* SPDX-License-Identifier: BSD-3-Clause */
/* A call sheet of the fuzzer's: it is refused with a reason, or keeps every promise of
 * call_sheet.h. */
#include "fuzz.h"

#include "call_sheet.h"

#include <stdio.h>
#include <stdlib.h>

enum { CALLS_MAX = 500 };

static void check_leg(const struct call_leg *leg)
{
	static const uint8_t none[CALL_SHEET_KEY_MAX];

	FUZZ_CHECK(relay_address_valid(&leg->gen) && leg->gen.port != 0);
	FUZZ_CHECK(relay_address_valid(&leg->relay) && leg->relay.port != 0);
	FUZZ_CHECK(leg->gen.family == leg->relay.family && leg->gen.family != RELAY_FAMILY_NONE);
	FUZZ_CHECK(leg->payload_type < 128);
	FUZZ_CHECK(leg->suite == NULL || leg->suite == &suite_table[leg->suite->id]);
	if (leg->suite == NULL) {
		FUZZ_CHECK(memcmp(leg->send_key, none, sizeof(none)) == 0);
		FUZZ_CHECK(memcmp(leg->recv_key, none, sizeof(none)) == 0);
	}
	if (leg->rtcp_mux)
		FUZZ_CHECK(leg->payload_type < 64 || leg->payload_type > 95);
	else
		FUZZ_CHECK(((leg->gen.port | leg->relay.port) & 1) == 0);
}

/* Slow, so for a few: no two legs have an address with port in common. */
static void check_distinct(const struct call_sheet *sheet)
{
	for (uint32_t i = 0; i < sheet->n_calls * 2 && i < 64; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct call_leg *a = &sheet->calls[i / 2].legs[i % 2];
			const struct call_leg *b = &sheet->calls[k / 2].legs[k % 2];

			if (a->gen.port == 0 || b->gen.port == 0)
				continue; /* an echo's leg b */
			FUZZ_CHECK(!relay_address_equal(&a->gen, &b->gen));
			FUZZ_CHECK(!relay_address_equal(&a->relay, &b->relay));
		}
}

static void check_sheet(const struct call_sheet *sheet)
{
	uint32_t classes = sheet->classes;

	FUZZ_CHECK(sheet->n_calls > 0 && sheet->n_calls <= CALLS_MAX);
	FUZZ_CHECK(
		classes > 0 && classes <= CALL_SHEET_CLASSES_MAX && (classes & (classes - 1)) == 0);
	for (uint32_t i = 0; i < sheet->n_calls; i++) {
		const struct call *call = &sheet->calls[i];
		const struct call_leg *a = &call->legs[CALL_LEG_A], *b = &call->legs[CALL_LEG_B];

		check_leg(a);
		if (call->echo) {
			FUZZ_CHECK(memcmp(a->send_key, a->recv_key, sizeof(a->send_key)) == 0);
			continue;
		}
		check_leg(b);
		FUZZ_CHECK(((a->relay.port ^ b->relay.port) >> 1 & (classes - 1)) == 0);
	}
	check_distinct(sheet);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *exact = fuzz_alloc((uint32_t)size);
	struct call_sheet_text text = {"fuzz", (const char *)exact, size, CALLS_MAX};
	struct call_sheet *sheet = NULL;
	char *errors = NULL;
	size_t errors_len = 0;
	FILE *out = open_memstream(&errors, &errors_len);
	int error;

	FUZZ_CHECK(out != NULL);
	if (size > 0)
		memcpy(exact, data, size);
	error = call_sheet_parse(&text, out, &sheet);
	FUZZ_CHECK(fclose(out) == 0);
	FUZZ_CHECK((error == 0) == (sheet != NULL));
	FUZZ_CHECK((error == 0) == (errors_len == 0));
	if (sheet != NULL)
		check_sheet(sheet);
	call_sheet_free(sheet);
	free(errors);
	free(exact);
	return 0;
}
