/* SPDX-License-Identifier: BSD-3-Clause */
/* What a sheet says, and what it is told when it says it wrong. */
#include "call_sheet.h"

#include "address_index.h"
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* 16 and 14 bytes: "k..k" and "s..s", in both spellings */
#define KEY64  "a2tra2tra2tra2tra2tra3Nzc3Nzc3Nzc3Nzc3Nz"
#define KEYHEX "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b7373737373737373737373737373"
#define A      "a.gen=10.0.0.2:20000 a.relay=10.0.0.1:16384 a.suite=RTP "
#define B      "b.gen=[2001:db8::2]:20002 b.relay=[2001:db8::1]:16384 b.suite=RTP "
#define BSRTP                                                                                      \
	"b.gen=10.0.1.2:20002 b.relay=10.0.1.1:16384 b.suite=AES_CM_128_HMAC_SHA1_80 "             \
	"b.send-key=" KEY64 " b.recv-key="
#define MANY                                                                                       \
	"a.gen=10.0.0.2,10.0.0.3 a.relay=10.0.0.1,10.0.0.4 b.gen=10.1.0.2,10.1.0.3 "               \
	"b.relay=10.1.0.1,10.1.0.4 "

static struct call_sheet *sheet;
static char *errors;

static int parse_at_most(const char *text, uint32_t max_calls)
{
	struct call_sheet_text in = {"sheet", text, strlen(text), max_calls};
	size_t len;
	FILE *out;
	int error;

	call_sheet_free(sheet);
	sheet = NULL;
	free(errors);
	out = open_memstream(&errors, &len);
	assert_non_null(out);
	error = call_sheet_parse(&in, out, &sheet);
	assert_int_equal(fclose(out), 0);
	return error;
}

static int parse(const char *text)
{
	return parse_at_most(text, 0);
}

static int release(void **state)
{
	(void)state;
	call_sheet_free(sheet);
	free(errors);
	sheet = NULL;
	errors = NULL;
	return 0;
}

static void take(const char *text)
{
	int error = parse(text);

	if (error != 0)
		print_error("%s", errors);
	assert_int_equal(error, 0);
	assert_string_equal(errors, "");
}

static struct relay_sockaddr v4(const char *ip, uint16_t port)
{
	struct relay_sockaddr addr = {.port = port, .family = RELAY_FAMILY_IPV4};

	assert_int_equal(inet_pton(AF_INET, ip, addr.ip), 1);
	return addr;
}

static void call_has_what_is_written(void **state)
{
	const struct call_leg *a, *b;
	struct relay_sockaddr gen = v4("10.0.0.2", 20000), relay = v4("10.0.0.1", 16384);

	(void)state;
	take("call " A "a.ssrc=0xabcdef01 a.pt=8 a.seq=65535 a.roc=3 \\\n \t" B
	     "b.rtcp=own b.pt=96 # a comment\n");
	assert_int_equal(sheet->n_calls, 1);
	assert_int_equal(sheet->classes, CALL_SHEET_CLASSES_DEFAULT);
	a = &sheet->calls[0].legs[CALL_LEG_A];
	b = &sheet->calls[0].legs[CALL_LEG_B];
	assert_true(relay_address_equal(&a->gen, &gen));
	assert_true(relay_address_equal(&a->relay, &relay));
	assert_null(a->suite);
	assert_int_equal(a->ssrc, 0xabcdef01);
	assert_int_equal(a->payload_type, 8);
	assert_int_equal(a->seq, 65535);
	assert_int_equal(a->roc, 3);
	assert_true(a->rtcp_mux);
	assert_int_equal(b->gen.family, RELAY_FAMILY_IPV6);
	assert_int_equal(b->relay.ip[0], 0x20);
	assert_int_equal(b->relay.port, 16384);
	assert_int_equal(b->payload_type, 96);
	assert_false(b->rtcp_mux);
	assert_int_equal(sheet->calls[0].line, 1);
}

static void key_is_read_in_every_spelling(void **state)
{
	static const char *const spellings[] = {KEY64, "inline:" KEY64, KEYHEX, "inline:" KEYHEX};
	uint8_t expected[CALL_SHEET_KEY_MAX] = {0};

	(void)state;
	memset(expected, 'k', 16);
	memset(expected + 16, 's', 14);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		char text[1024];

		(void)snprintf(text, sizeof(text), "call " A BSRTP "%s", spellings[i]);
		take(text);
		assert_memory_equal(
			sheet->calls[0].legs[CALL_LEG_B].recv_key, expected, sizeof(expected));
	}
}

/* GCM has 28 and 44 bytes, so padding of two and of one. */
static void padded_key_may_lack_its_padding(void **state)
{
	static const struct {
		const char *suite, *key;
	} rows[] = {
		{"AEAD_AES_128_GCM", "a2tra2tra2tra2tra2tra3Nzc3Nzc3Nzc3Nzcw=="},
		{"AEAD_AES_128_GCM", "a2tra2tra2tra2tra2tra3Nzc3Nzc3Nzc3Nzcw"},
		{"AEAD_AES_256_GCM",
			"a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2tzc3Nzc3Nzc3Nzc3M="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];

		(void)snprintf(text, sizeof(text),
			"call " A
			"b.gen=10.0.1.2:2 b.relay=10.0.1.1:16384 b.suite=%s b.send-key=%s b.recv-key=%s",
			rows[i].suite, rows[i].key, rows[i].key);
		take(text);
		assert_int_equal(sheet->calls[0].legs[CALL_LEG_B].send_key[15], 'k');
		assert_int_equal(sheet->calls[0].legs[CALL_LEG_B].send_key[27],
			strcmp(rows[i].suite, "AEAD_AES_128_GCM") == 0 ? 's' : 'k');
	}
}

static void calls_go_on_with_the_next_address(void **state)
{
	(void)state;
	take("calls 6 " MANY "ports=16384-16388 gen-ports=20000-20008 suite=RTP");
	assert_int_equal(sheet->n_calls, 6);
	for (uint32_t i = 0; i < 6; i++) {
		const struct call_leg *legs = sheet->calls[i].legs;
		struct relay_sockaddr relay_a =
			v4(i < 3 ? "10.0.0.1" : "10.0.0.4", (uint16_t)(16384 + i % 3 * 2));
		struct relay_sockaddr gen_b =
			v4(i < 5 ? "10.1.0.2" : "10.1.0.3", (uint16_t)(20000 + i % 5 * 2));

		assert_true(relay_address_equal(&legs[CALL_LEG_A].relay, &relay_a));
		assert_true(relay_address_equal(&legs[CALL_LEG_B].gen, &gen_b));
		assert_int_equal(legs[CALL_LEG_A].ssrc, 0x10000000 + 2 * i);
		assert_int_equal(legs[CALL_LEG_B].ssrc, 0x10000001 + 2 * i);
	}
}

/* Computed apart from this code: hashlib and AES-CTR as call_sheet.h says. */
static void seed_gives_the_documented_keys(void **state)
{
	static const uint8_t a_sends[30] = {0xcf, 0x5e, 0xf1, 0x03, 0x6e, 0x76, 0x0c, 0x91, 0x69,
		0xb4, 0xe3, 0xa4, 0xdf, 0x35, 0x55, 0xde, 0x1a, 0xb0, 0xb9, 0x83, 0x11, 0x36, 0xe5,
		0x0f, 0xff, 0xc8, 0x61, 0xa8, 0xb8, 0x91};
	static const uint8_t b_receives[30] = {0xd1, 0x7c, 0x77, 0x19, 0xa7, 0x88, 0x5f, 0x52, 0x08,
		0x01, 0x7d, 0xd4, 0x01, 0xa2, 0x83, 0x7c, 0x13, 0xe8, 0x3d, 0xfe, 0x66, 0xcf, 0x24,
		0xe2, 0xd4, 0xf5, 0x7d, 0x4e, 0xaa, 0x56};
	const struct call *call;

	(void)state;
	take("call " A B "\n"
	     "calls 3 " MANY "ports=30000-30100 suite=AES_CM_128_HMAC_SHA1_80 seed=7 seq=random");
	call = &sheet->calls[2]; /* the second of 'calls' */
	assert_memory_equal(call->legs[CALL_LEG_A].send_key, a_sends, sizeof(a_sends));
	assert_memory_equal(call->legs[CALL_LEG_B].recv_key, b_receives, sizeof(b_receives));
	assert_int_equal(call->legs[CALL_LEG_A].seq, 25399);
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, CALL_SHEET_KEY_MAX);
}

static void seeded_keys_are_all_different(void **state)
{
	enum { CALLS = 1000 };
	static uint8_t keys[CALLS * 4][CALL_SHEET_KEY_MAX];

	(void)state;
	take("calls 500 " MANY "ports=16384-18000 suite=AEAD_AES_256_GCM seed=1\n"
	     "calls 500 " MANY "ports=20000-22000 suite=AEAD_AES_256_GCM seed=1");
	for (uint32_t i = 0; i < CALLS; i++)
		for (unsigned leg = 0; leg < CALL_LEGS; leg++) {
			const struct call_leg *from = &sheet->calls[i].legs[leg];

			memcpy(keys[4 * i + 2 * leg], from->send_key, CALL_SHEET_KEY_MAX);
			memcpy(keys[4 * i + 2 * leg + 1], from->recv_key, CALL_SHEET_KEY_MAX);
		}
	qsort(keys, (size_t)CALLS * 4, CALL_SHEET_KEY_MAX, compare_keys);
	for (uint32_t i = 1; i < CALLS * 4; i++)
		assert_memory_not_equal(keys[i - 1], keys[i], CALL_SHEET_KEY_MAX);
}

static void echo_gets_its_own_key_back(void **state)
{
	static const uint8_t none[CALL_SHEET_KEY_MAX];

	(void)state;
	take("calls 2 echo gen=10.0.0.2 relay=10.0.0.1 ports=100-200 suite=AEAD_AES_128_GCM\n"
	     "call echo gen=10.0.0.2:300 relay=10.0.0.1:300 suite=AES_CM_128_HMAC_SHA1_32 "
	     "send-key=" KEY64);
	for (uint32_t i = 0; i < 3; i++) {
		const struct call_leg *leg = &sheet->calls[i].legs[CALL_LEG_A];

		assert_true(sheet->calls[i].echo);
		assert_memory_equal(leg->send_key, leg->recv_key, CALL_SHEET_KEY_MAX);
		assert_memory_not_equal(leg->send_key, none, CALL_SHEET_KEY_MAX);
	}
}

/* What is wrong, and a word of what is said about it; the line that it is said of. */
static const struct fault_row {
	const char *text, *said;
	unsigned line;
} faults[] = {
	{"", "no call", 1},
	{"# only a comment\n\n", "no call", 1},
	{"ring 1", "'ring' is no statement", 1},
	{"\n\ncall " A "b.gen=1:2", "no ADDRESS:PORT", 3},
	{"call " A B "colour=red", "unknown key 'colour'", 1},
	{"call " A B "b.colour=red", "unknown key 'b.colour'", 1},
	{"call " A B "a.seed=1", "unknown key 'a.seed'", 1},
	{"call " A B "ports=1-2", "'ports' belongs to 'calls'", 1},
	{"call " A B "pt", "'pt' without value", 1},
	{"call " A B "pt=128", "no number from 0 to 127", 1},
	{"call " A B "pt=72", "looks like RTCP", 1},
	{"call " A B "ssrc=-1", "no number", 1},
	{"call " A B "ssrc= 1", "no number", 1},
	{"call " A B "seq=65536", "no number", 1},
	{"call " A B "seq=random", "no number", 1},
	{"call " A B "rtcp=maybe", "neither", 1},
	{"call " A B "echo", "echo has no leg b", 1},
	{"call echo=1 gen=10.0.0.1:1 relay=10.0.0.2:1 suite=RTP", "takes no value", 1},
	{"call " A B "a.suite=NULL", "no suite", 1},
	{"call " A, "leg b has no address of the generator", 1},
	{"call " A "b.gen=10.0.0.9:1 b.suite=RTP", "leg b has no address of the relay", 1},
	{"call " A "b.gen=10.0.0.9:1 b.relay=10.0.0.8:16384", "leg b has no suite", 1},
	{"call " A "b.gen=10.0.0.9:1 b.relay=[::1]:16384 b.suite=RTP", "mixes", 1},
	{"call " A "b.gen=10.0.0.9:0 b.relay=10.0.0.8:16384", "no ADDRESS:PORT", 1},
	{"call " A "b.gen=10.0.0.9:65536 b.relay=10.0.0.8:16384", "no ADDRESS:PORT", 1},
	{"call " A "b.gen=[2001:db8::2:1 b.relay=10.0.0.8:16384", "no ADDRESS:PORT", 1},
	{"call " A "b.gen=10.0.0.9:1 b.relay=10.0.0.8:16386 b.suite=RTP", "port classes", 1},
	{"call " A "b.gen=10.0.0.9:1 b.relay=10.0.0.8:16385 b.suite=RTP", "even ports", 1},
	{"call " A "b.gen=10.0.0.9:2 b.relay=10.0.0.8:16449 b.rtcp=own b.suite=RTP", "even", 1},
	{"call " A BSRTP "short", "is 30 bytes", 1},
	{"call " A BSRTP KEY64 "AAAA", "is 30 bytes", 1},
	{"call " A BSRTP "a2tra2tra2tra2tra2tra3Nzc3Nzc3Nzc3Nzc3N=", "is 30 bytes", 1},
	{"call " A BSRTP "a2tra2tra2tra2tra2tra3Nzc3Nzc3Nzc3Nzc3N*", "is 30 bytes", 1},
	{"call " A BSRTP KEY64 " b.suite=AEAD_AES_128_GCM", "is 28 bytes", 1},
	{"call " A BSRTP KEY64 " b.suite=RTP", "has a key", 1},
	{"call " A "b.gen=10.0.1.2:2 b.relay=10.0.1.1:16384 b.suite=AEAD_AES_128_GCM", "wants", 1},
	{"call " A B "\ncall " A B, "was given to call 0", 2},
	{"call " A B "\ncalls 1 gen=10.0.0.2 relay=10.0.0.9 ports=20000-20000 suite=RTP",
		"generator's port 20000 was given to call 0 (line 1)", 2},
	{"call " A BSRTP " " KEY64, "unknown key '(not shown)'", 1},
	{"call " A "\nb.send-key=" KEY64, "'(not shown)' is no statement", 2},
	{KEY64, "'(not shown)' is no statement", 1},
	{"classes 3", "power of two", 1},
	{"classes 2048", "power of two", 1},
	{"classes", "power of two", 1},
	{"classes 2 4", "wants a number", 1},
	{"call " A B "\nclasses 2", "after a call", 2},
	{"calls", "wants a number", 1},
	{"calls 0 " MANY, "wants a number", 1},
	{"calls x " MANY, "wants a number", 1},
	{"calls 1000001 " MANY, "wants a number", 1},
	{"calls 2 " MANY "suite=RTP", "no ports", 1},
	{"calls 2 " MANY "suite=RTP ports=5", "no range", 1},
	{"calls 2 " MANY "suite=RTP ports=9-5", "no range", 1},
	{"calls 2 " MANY "suite=RTP ports=1-70000", "no range", 1},
	{"calls 2 " MANY "suite=RTP ports=1-9 step=0", "no step", 1},
	{"calls 2 " MANY "suite=RTP ports=2-9 step=1 rtcp=own", "even", 1},
	{"calls 2 " MANY "suite=RTP send-key=" KEY64, "belongs to 'call'", 1},
	{"calls 2 " MANY "suite=RTP a.gen=10.0.0.1:5", "without port", 1},
	{"calls 2 " MANY "suite=RTP a.gen=10.0.0.1,", "without port", 1},
	{"calls 9 " MANY "suite=RTP ports=2-9", "has ports for 8 calls, not for 9", 1},
	{"calls 2 " MANY "suite=RTP a.ports=2-9 b.ports=130-139", "differ in length", 1},
	{"calls 2 " MANY "suite=RTP a.ports=2-9 b.ports=132-139", "port classes", 1},
	{"calls 2 " MANY "suite=RTP seed=18446744073709551616", "64 bits", 1},
};

static void fault_is_named_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		char start[32];

		(void)snprintf(start, sizeof(start), "sheet:%u: ", faults[i].line);
		assert_int_equal(parse(faults[i].text), -EINVAL);
		assert_null(sheet);
		if (strstr(errors, faults[i].said) == NULL || strstr(errors, start) == NULL)
			fail_msg("'%s': said '%s', not '%s...%s'", faults[i].text, errors, start,
				faults[i].said);
	}
}

static void no_fault_tells_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		(void)parse(faults[i].text);
		assert_null(strstr(errors, "a2tra2tra2"));
	}
}

static void many_faults_end_the_reading(void **state)
{
	char text[1000] = "";
	unsigned lines = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		strcat(text, "ring\n"); /* NOLINT(clang-analyzer-security*): 500 bytes of 1000 */
	assert_int_equal(parse(text), -EINVAL);
	for (const char *at = errors; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 21);
	assert_non_null(strstr(errors, "too many faults"));
}

static void zero_byte_and_long_line_refused(void **state)
{
	static char text[40000];
	struct call_sheet_text in = {"sheet", "call\0", 5, 0};
	FILE *nowhere = fopen("/dev/null", "we");

	(void)state;
	assert_non_null(nowhere);
	assert_int_equal(call_sheet_parse(&in, nowhere, &sheet), -EINVAL);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(parse(text), -EINVAL);
	assert_non_null(strstr(errors, "longer than"));
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 2 == 0 ? '\\' : '\n'; /* continued for ever */
	assert_int_equal(parse(text), -EINVAL);
	(void)fclose(nowhere);
}

static void more_calls_than_asked_for_refused(void **state)
{
	(void)state;
	assert_int_equal(parse_at_most("calls 3 " MANY "ports=2-9 suite=RTP", 2), -EINVAL);
	assert_non_null(strstr(errors, "more than 2 calls"));
	assert_int_equal(parse_at_most("calls 2 " MANY "ports=2-9 suite=RTP", 2), 0);
}

static void file_that_cannot_be_read_is_named(void **state)
{
	char *said = NULL;
	size_t len;
	FILE *out = open_memstream(&said, &len);

	(void)state;
	assert_non_null(out);
	assert_int_equal(call_sheet_read("/nowhere/sheet", out, &sheet), -ENOENT);
	assert_int_equal(call_sheet_read("/dev", out, &sheet), -EFBIG);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(said, "/nowhere/sheet: cannot be read"));
	free(said);
}

static void file_is_read_as_its_text(void **state)
{
	char path[] = "/tmp/test_call_sheet.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, "call " A B, strlen("call " A B)) > 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(call_sheet_read(path, stderr, &sheet), 0);
	assert_int_equal(sheet->n_calls, 1);
	assert_int_equal(unlink(path), 0);
}

/* No measure, but what would show a step that grows with the square. */
static void hundred_thousand_calls_take_seconds_at_most(void **state)
{
	clock_t start = clock();

	(void)state;
	take("calls 100000 a.gen=10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5 "
	     "a.relay=10.1.0.1,10.1.0.2,10.1.0.3,10.1.0.4,10.1.0.5 "
	     "b.gen=10.2.0.1,10.2.0.2,10.2.0.3,10.2.0.4,10.2.0.5 "
	     "b.relay=10.3.0.1,10.3.0.2,10.3.0.3,10.3.0.4,10.3.0.5 "
	     "ports=16384-65534 suite=AES_CM_128_HMAC_SHA1_80 rtcp=own seed=3");
	assert_int_equal(sheet->n_calls, 100000);
	print_message("100,000 calls: %.3f s\n", (double)(clock() - start) / CLOCKS_PER_SEC);
	assert_true(clock() - start < (clock_t)20 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(call_has_what_is_written, release),
		cmocka_unit_test_teardown(key_is_read_in_every_spelling, release),
		cmocka_unit_test_teardown(padded_key_may_lack_its_padding, release),
		cmocka_unit_test_teardown(calls_go_on_with_the_next_address, release),
		cmocka_unit_test_teardown(seed_gives_the_documented_keys, release),
		cmocka_unit_test_teardown(seeded_keys_are_all_different, release),
		cmocka_unit_test_teardown(echo_gets_its_own_key_back, release),
		cmocka_unit_test_teardown(fault_is_named_with_its_line, release),
		cmocka_unit_test_teardown(no_fault_tells_a_key, release),
		cmocka_unit_test_teardown(many_faults_end_the_reading, release),
		cmocka_unit_test_teardown(zero_byte_and_long_line_refused, release),
		cmocka_unit_test_teardown(more_calls_than_asked_for_refused, release),
		cmocka_unit_test_teardown(file_that_cannot_be_read_is_named, release),
		cmocka_unit_test_teardown(file_is_read_as_its_text, release),
		cmocka_unit_test_teardown(hundred_thousand_calls_take_seconds_at_most, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
