/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_fail(const char *condition, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

uint8_t *fuzz_alloc(uint32_t len)
{
	uint8_t *mem = malloc(len);

	if (mem == NULL)
		abort();
	return mem;
}

bool fuzz_more(const struct fuzz_input *in)
{
	return in->at < in->end;
}

uint8_t fuzz_u8(struct fuzz_input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

uint16_t fuzz_u16(struct fuzz_input *in)
{
	unsigned high = fuzz_u8(in);

	return (uint16_t)(high << 8 | fuzz_u8(in));
}

uint32_t fuzz_bytes(struct fuzz_input *in, uint8_t *out, uint32_t len)
{
	uint32_t left = (uint32_t)(in->end - in->at);
	uint32_t n = len < left ? len : left;

	memcpy(out, in->at, n);
	in->at += n;
	return n;
}

/* Opened once; the process ends with them. */
static struct srtp_engine *engine_of(const char *backend)
{
	static struct srtp_engine *ipsec_mb, *libsrtp2;
	struct srtp_engine **engine = strcmp(backend, "ipsec_mb") == 0 ? &ipsec_mb : &libsrtp2;

	if (*engine == NULL)
		FUZZ_CHECK(srtp_engine_create(backend, NULL, engine) == SRTP_OK);
	return *engine;
}

struct fuzz_key fuzz_read_key(struct fuzz_input *in)
{
	static const char *const backends[] = {"ipsec_mb", "libsrtp2"};
	static const uint16_t windows[] = {64, 128, 1024, 4096};
	uint8_t engines = fuzz_u8(in);
	uint8_t suite = fuzz_u8(in);
	uint8_t lengths = fuzz_u8(in);

	return (struct fuzz_key){
		.engine = engine_of(backends[engines & 1]),
		.other = engine_of(backends[engines >> 1 & 1]),
		.suite = &suite_table[suite % SUITE_COUNT],
		.mki_len = (lengths & 0x0f) % (SRTP_MKI_MAX + 1),
		.window = windows[lengths >> 4 & 3],
		.max_ssrc = (uint16_t)(1 + fuzz_u8(in) % FUZZ_SSRCS),
	};
}

struct srtp_ctx *fuzz_ctx(
	const struct fuzz_key *key, struct srtp_engine *engine, enum srtp_direction direction)
{
	static const uint8_t bytes[SUITE_KEY_MAX] = "the key and the salt of fuzzing";
	const struct srtp_ctx_params params = {
		.suite = key->suite->id,
		.direction = direction,
		.master = {bytes, key->suite->key_len, bytes, key->suite->salt_len},
		.mki = {'m', 'k', 'i', '0'},
		.mki_len = (uint8_t)key->mki_len,
		.max_ssrc = direction == SRTP_PROTECT ? (uint16_t)FUZZ_SSRCS : key->max_ssrc,
		.window = key->window,
	};
	struct srtp_ctx *ctx = NULL;

	FUZZ_CHECK(srtp_ctx_create(engine, &params, &ctx) == SRTP_OK);
	return ctx;
}

uint32_t fuzz_trailer(const struct fuzz_key *key, enum srtp_kind kind)
{
	return key->mki_len +
	       (kind == SRTP_RTP ? key->suite->rtp_tag_len : 4u + key->suite->rtcp_tag_len);
}

/* From a byte for the SSRC, one for P, X and CSRC count, one for the payload's length. */
uint32_t fuzz_make_packet(
	struct fuzz_input *in, enum srtp_kind kind, uint16_t seq, uint8_t plain[FUZZ_PLAIN_MAX])
{
	uint8_t ssrc = fuzz_u8(in) % FUZZ_SSRCS;
	uint8_t flags = fuzz_u8(in);
	uint32_t payload_len = fuzz_u8(in);
	uint32_t header_len = 8;

	for (uint32_t i = 0; i < FUZZ_PLAIN_MAX; i++)
		plain[i] = (uint8_t)(i ^ flags);
	if (kind == SRTP_RTP) {
		header_len = 12 + 4u * (flags & 0x0f);
		plain[0] = 0x80 | (flags & 0x3f);
		plain[2] = (uint8_t)(seq >> 8);
		plain[3] = (uint8_t)seq;
		memset(plain + 8, ssrc, 4);
		if ((flags & 0x10) != 0) {
			plain[header_len + 2] = 0;
			plain[header_len + 3] = flags >> 6;
			header_len += 4 + 4u * (flags >> 6);
		}
	} else {
		plain[0] = 0x80 | (flags & 0x3f);
		plain[1] = 200;
		memset(plain + 4, ssrc, 4);
	}
	return header_len + payload_len;
}

enum srtp_status fuzz_run_one(struct srtp_engine *engine, struct srtp_ctx *ctx,
	enum srtp_direction direction, struct srtp_pkt *pkt)
{
	uint8_t *data = pkt->data;
	uint8_t *mem = fuzz_alloc(pkt->room);

	memcpy(mem, data, pkt->len);
	pkt->ctx = ctx;
	pkt->data = mem;
	if (direction == SRTP_PROTECT)
		FUZZ_CHECK(srtp_burst_protect(engine, pkt, 1) == SRTP_OK);
	else
		FUZZ_CHECK(srtp_burst_unprotect(engine, pkt, 1) == SRTP_OK);
	memcpy(data, mem, pkt->len);
	free(mem);
	pkt->data = data;
	FUZZ_CHECK(pkt->status < SRTP_PACKET_STATUS_COUNT);
	return pkt->status;
}
