/* SPDX-License-Identifier: BSD-3-Clause */
/* fuzz.h - what the fuzz targets share: a reader of the fuzzer's bytes, engines, contexts, packets,
 * and a check that is never compiled out. */
#ifndef FUZZ_H
#define FUZZ_H

#include "srtp_burst.h"

/* What libFuzzer calls. */
/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fuzz_fail(#condition, __FILE__, __LINE__);                                 \
	} while (0)

_Noreturn void fuzz_fail(const char *condition, const char *file, int line);

/* Exactly that many bytes, which is what AddressSanitizer watches; the caller's to free. */
uint8_t *fuzz_alloc(uint32_t len);

/* Zeros follow the input's end. */
struct fuzz_input {
	const uint8_t *at;
	const uint8_t *end;
};

bool fuzz_more(const struct fuzz_input *in);
uint8_t fuzz_u8(struct fuzz_input *in);
uint16_t fuzz_u16(struct fuzz_input *in);

/* Up to 'len' bytes; returns how many there were. */
uint32_t fuzz_bytes(struct fuzz_input *in, uint8_t *out, uint32_t len);

/* What a key is like; read from 4 bytes of input. */
struct fuzz_key {
	struct srtp_engine *engine;
	struct srtp_engine *other; /* of the other backend, or the same */
	const struct suite *suite;
	uint32_t mki_len;
	uint16_t window;
	uint16_t max_ssrc;
};

struct fuzz_key fuzz_read_key(struct fuzz_input *in);
struct srtp_ctx *fuzz_ctx(
	const struct fuzz_key *key, struct srtp_engine *engine, enum srtp_direction direction);
uint32_t fuzz_trailer(const struct fuzz_key *key, enum srtp_kind kind);

enum {
	FUZZ_SSRCS = 8,
	FUZZ_PLAIN_MAX = 12 + 15 * 4 + 4 + 3 * 4 + 255,
	FUZZ_WIRE_MAX = FUZZ_PLAIN_MAX + 24,
};

/* Writes a well-formed packet with the SSRC, header and payload length that the input says;
 * 'seq' is of no meaning for RTCP. Returns its length. */
uint32_t fuzz_make_packet(
	struct fuzz_input *in, enum srtp_kind kind, uint16_t seq, uint8_t plain[FUZZ_PLAIN_MAX]);

/* Runs one packet in a copy that ends with its room, and copies what has become of it back. */
enum srtp_status fuzz_run_one(struct srtp_engine *engine, struct srtp_ctx *ctx,
	enum srtp_direction direction, struct srtp_pkt *pkt);

#endif
