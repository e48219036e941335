/* SPDX-License-Identifier: BSD-3-Clause */
/* The vectors of RFC 3711, 6188 and 7714, on every backend and instruction set here. */
#include "backend.h"
#include "kdf.h"
#include "rfc3711.h"
#include "rfc6188.h"
#include "rfc7714.h"
#include "srtp_burst.h"
#include "support.h"

#include <stdlib.h>

enum {
	ISAS_MAX = 16,
	HEADER_LEN = 12,
	BLOCKS = RFC3711_BLOCKS,
	ROOM = 256,
};

_Static_assert(BLOCKS == (int)RFC6188_BLOCKS, "both RFCs print as many blocks");

/* Every backend, by "auto" and by each name of its list. */
struct place {
	const struct backend *backend;
	const char *isa;
};

static struct place places[ISAS_MAX];
static uint32_t n_places;

static void add_place(const struct backend *backend, const char *isa)
{
	enum srtp_status status;
	void *state;

	status = backend->open(isa, &state);
	if (status != SRTP_OK) {
		assert_int_equal(status, SRTP_BAD_ISA);
		print_message("%s %s: not here\n", backend->name, isa);
		return;
	}
	backend->close(state);
	assert_true(n_places < ISAS_MAX);
	places[n_places++] = (struct place){backend, isa};
}

static int find_places(void **state)
{
	(void)state;
	for (uint32_t b = 0; backend_all[b] != NULL; b++) {
		add_place(backend_all[b], "auto");
		for (uint32_t i = 0; backend_all[b]->isas[i] != NULL; i++)
			add_place(backend_all[b], backend_all[b]->isas[i]);
	}
	return n_places >= 3 ? 0 : -1; /* both backends, and of ipsec_mb sse besides */
}

/* A row of RFC 3711 B.2 or RFC 6188 7.1, 7.3. */
struct keystream {
	const char *key;
	const char *offset;
	uint32_t len;
	struct rfc3711_block blocks[BLOCKS];
};

static struct keystream row_of_rfc3711(const struct rfc3711_keystream *v)
{
	struct keystream row = {v->session_key, v->offset, v->segment_octets, {{0}}};

	memcpy(row.blocks, v->blocks, sizeof(row.blocks));
	return row;
}

static struct keystream row_of_rfc6188(const struct rfc6188_keystream *v)
{
	struct keystream row = {v->session_key, v->offset, v->segment_octets, {{0}}};

	for (uint32_t i = 0; i < BLOCKS; i++)
		row.blocks[i] = (struct rfc3711_block){v->blocks[i].counter, v->blocks[i].output};
	return row;
}

static const struct suite *suite_of_key_len(uint32_t len)
{
	switch (len) {
	case 16:
		return suite_get(SUITE_AES_CM_128_HMAC_SHA1_80);
	case 24:
		return suite_get(SUITE_AES_192_CM_HMAC_SHA1_80);
	default:
		return suite_get(SUITE_AES_256_CM_HMAC_SHA1_80);
	}
}

/* Zeros become the keystream; 'buf' has room for header, segment and tag. */
static void make_keystream(const struct place *at, const struct keystream *v, uint8_t *buf)
{
	struct kdf_keys keys = {0};
	const struct suite *suite =
		suite_of_key_len(support_hex(v->key, keys.cipher, sizeof(keys.cipher)));
	void *key = aligned_alloc(16, (at->backend->key_bytes(suite, SRTP_RTP) + 15) / 16 * 16);
	struct backend_op op = {
		.key = key,
		.data = buf,
		.tag = buf + HEADER_LEN + v->len,
		.crypt_off = HEADER_LEN,
		.crypt_len = v->len,
		.auth_len = HEADER_LEN + v->len, /* as in a packet: the ROC lies behind the text */
		.kind = SRTP_RTP,
		.key_len = suite->key_len,
		.tag_len = suite->rtp_tag_len,
	};
	void *state;

	support_hex(v->offset, op.iv, sizeof(op.iv));
	memset(buf, 0, HEADER_LEN + v->len + SUITE_TAG_MAX);
	assert_int_equal(at->backend->open(at->isa, &state), SRTP_OK);
	assert_int_equal(at->backend->key_init(state, suite, SRTP_RTP, &keys, key), SRTP_OK);
	at->backend->seal(state, &op, 1);
	assert_true(op.ok);
	at->backend->key_fini(suite, SRTP_RTP, key);
	at->backend->close(state);
	free(key);
}

static void check_block(
	const struct keystream *v, uint32_t i, const uint8_t *segment, const struct place *at)
{
	uint8_t counter[16], offset[16], want[16];
	uint32_t n;

	assert_int_equal(support_hex(v->blocks[i].counter, counter, 16), 16);
	assert_int_equal(support_hex(v->blocks[i].output, want, 16), 16);
	support_hex(v->offset, offset, 16);
	assert_memory_equal(counter, offset, 14);
	n = (uint32_t)counter[14] << 8 | counter[15];
	assert_true(16 * n + 16 <= v->len);
	if (memcmp(segment + (size_t)16 * n, want, 16) != 0)
		fail_msg("%s %s: block %u of key %s", at->backend->name, at->isa, n, v->key);
}

static void keystream_whole_segment_has_printed_blocks(void **state)
{
	const struct keystream rows[] = {
		row_of_rfc3711(&rfc3711_keystream),
		row_of_rfc6188(&rfc6188_keystream[0]),
		row_of_rfc6188(&rfc6188_keystream[1]),
	};

	(void)state;
	for (uint32_t p = 0; p < n_places; p++)
		for (uint32_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
			uint8_t *buf = malloc(HEADER_LEN + rows[r].len + SUITE_TAG_MAX);

			assert_non_null(buf);
			assert_int_equal(rows[r].len, 1044512);
			make_keystream(&places[p], &rows[r], buf);
			for (uint32_t i = 0; i < BLOCKS; i++)
				check_block(&rows[r], i, buf + HEADER_LEN, &places[p]);
			free(buf);
		}
}

/* One key of a KDF row: by its label it is this part of the session. */
static void check_key(
	const struct suite *suite, const struct kdf_session *s, uint8_t label, const char *hex)
{
	const uint8_t *parts[] = {s->rtp.cipher, s->rtp.auth, s->rtp.salt};
	const uint32_t lens[] = {suite->key_len, suite->auth_key_len, suite->salt_len};
	uint8_t want[128];

	assert_true(label < 3);
	/* B.3 of RFC 3711 prints 94 octets of the auth key, HMAC-SHA1 has the first 20 */
	assert_true(support_hex(hex, want, sizeof(want)) >= lens[label]);
	assert_memory_equal(parts[label], want, lens[label]);
}

static void derive(const char *key_hex, const char *salt_hex, struct kdf_session *out)
{
	uint8_t key[SUITE_KEY_MAX], salt[SUITE_SALT_MAX];
	const struct kdf_master master = {
		.key = key,
		.key_len = support_hex(key_hex, key, sizeof(key)),
		.salt = salt,
		.salt_len = support_hex(salt_hex, salt, sizeof(salt)),
	};

	assert_int_equal(
		kdf_derive(suite_of_key_len((uint32_t)master.key_len), &master, out), SRTP_OK);
}

static void derived_keys_of_rfc3711_as_printed(void **state)
{
	const struct suite *suite = suite_get(SUITE_AES_CM_128_HMAC_SHA1_80);
	struct kdf_session s;

	(void)state;
	derive(rfc3711_kdf.master_key, rfc3711_kdf.master_salt, &s);
	for (uint32_t i = 0; i < RFC3711_KEYS; i++)
		check_key(suite, &s, rfc3711_kdf.keys[i].label, rfc3711_kdf.keys[i].key);
}

static void derived_keys_of_rfc6188_as_printed(void **state)
{
	(void)state;
	for (uint32_t r = 0; r < sizeof(rfc6188_kdf) / sizeof(rfc6188_kdf[0]); r++) {
		const struct rfc6188_kdf *v = &rfc6188_kdf[r];
		const struct suite *suite = suite_of_key_len((uint32_t)strlen(v->master_key) / 2);
		struct kdf_session s;

		derive(v->master_key, v->master_salt, &s);
		for (uint32_t i = 0; i < RFC6188_KEYS; i++)
			check_key(suite, &s, v->keys[i].label, v->keys[i].key);
	}
}

/* A row of RFC 7714, SRTP or SRTCP. */
struct aead {
	const char *section;
	const char *suite;
	const char *key;
	const char *salt;
	const char *plain;
	const char *protected_packet;
	struct srtp_ssrc_state before; /* the index just before the packet's */
	uint8_t kind;
	bool encrypted;
};

static struct aead srtp_row(const struct rfc7714_srtp *v)
{
	uint64_t index = ((uint64_t)v->roc << 16 | v->seq) - 1;

	return (struct aead){
		v->section,
		v->suite,
		v->key,
		v->salt,
		v->packet,
		v->protected_packet,
		{.ssrc = v->ssrc,
			.rtp_valid = true,
			.roc = (uint32_t)(index >> 16),
			.seq = (uint16_t)index},
		SRTP_RTP,
		v->encrypted,
	};
}

static struct aead srtcp_row(const struct rfc7714_srtcp *v)
{
	return (struct aead){
		v->section,
		v->suite,
		v->key,
		v->salt,
		v->packet,
		v->protected_packet,
		{.ssrc = v->ssrc, .rtcp_valid = true, .rtcp_index = v->index - 1},
		SRTP_RTCP,
		v->encrypted,
	};
}

static struct srtp_ctx *make_ctx(
	struct srtp_engine *engine, const struct aead *v, enum srtp_direction direction)
{
	const struct suite *suite = suite_find(v->suite);
	struct kdf_session session = {0};
	struct srtp_ctx_params params = {
		.direction = direction, .session = &session, .max_ssrc = 1};
	struct kdf_keys *keys = v->kind == SRTP_RTP ? &session.rtp : &session.rtcp;
	struct srtp_ctx *ctx = NULL;

	assert_non_null(suite);
	params.suite = suite->id;
	assert_int_equal(support_hex(v->key, keys->cipher, SUITE_KEY_MAX), suite->key_len);
	assert_int_equal(support_hex(v->salt, keys->salt, SUITE_SALT_MAX), suite->salt_len);
	assert_int_equal(srtp_ctx_create(engine, &params, &ctx), SRTP_OK);
	assert_int_equal(srtp_ctx_set_ssrc(ctx, &v->before), SRTP_OK);
	return ctx;
}

/* Runs 'in' and expects the status and the bytes of 'out'. */
static void check_run(struct srtp_engine *engine, const struct aead *v,
	enum srtp_direction direction, enum srtp_status want_status, const char *in,
	const char *out)
{
	struct srtp_ctx *ctx = make_ctx(engine, v, direction);
	uint8_t buf[ROOM], want[ROOM];
	struct srtp_pkt pkt = {.ctx = ctx, .data = buf, .room = ROOM, .kind = v->kind};
	uint32_t want_len = support_hex(out, want, ROOM);

	pkt.len = support_hex(in, buf, ROOM);
	if (direction == SRTP_PROTECT)
		assert_int_equal(srtp_burst_protect(engine, &pkt, 1), SRTP_OK);
	else
		assert_int_equal(srtp_burst_unprotect(engine, &pkt, 1), SRTP_OK);
	if (pkt.status != want_status || pkt.len != want_len || memcmp(buf, want, want_len) != 0)
		fail_msg("%s, direction %d, %s: %s", v->section, direction,
			srtp_engine_describe(engine), srtp_status_name(pkt.status));
	srtp_ctx_destroy(ctx);
}

static void check_row(struct srtp_engine *engine, const struct aead *v)
{
	if (v->encrypted) {
		check_run(engine, v, SRTP_PROTECT, SRTP_OK, v->plain, v->protected_packet);
		check_run(engine, v, SRTP_UNPROTECT, SRTP_OK, v->protected_packet, v->plain);
		return;
	}
	/* SRTP has no bit to tell that a packet is but tagged, so its tag does not verify */
	check_run(engine, v, SRTP_UNPROTECT,
		v->kind == SRTP_RTP ? SRTP_TAG_MISMATCH : SRTP_NOT_ENCRYPTED, v->protected_packet,
		v->protected_packet);
}

static void packets_of_rfc7714_both_directions_as_printed(void **state)
{
	(void)state;
	for (uint32_t p = 0; p < n_places; p++) {
		struct srtp_engine *engine;

		assert_int_equal(
			srtp_engine_create(places[p].backend->name, places[p].isa, &engine),
			SRTP_OK);
		for (uint32_t i = 0; i < sizeof(rfc7714_srtp) / sizeof(rfc7714_srtp[0]); i++) {
			const struct aead v = srtp_row(&rfc7714_srtp[i]);

			check_row(engine, &v);
		}
		for (uint32_t i = 0; i < sizeof(rfc7714_srtcp) / sizeof(rfc7714_srtcp[0]); i++) {
			const struct aead v = srtcp_row(&rfc7714_srtcp[i]);

			check_row(engine, &v);
		}
		srtp_engine_destroy(engine);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keystream_whole_segment_has_printed_blocks),
		cmocka_unit_test(derived_keys_of_rfc3711_as_printed),
		cmocka_unit_test(derived_keys_of_rfc6188_as_printed),
		cmocka_unit_test(packets_of_rfc7714_both_directions_as_printed),
	};

	return cmocka_run_group_tests(tests, find_places, NULL);
}
