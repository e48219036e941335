/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_ctx.h - SRTP cryptographic context: a master key, one direction, a table of SSRCs.
 *
 * Invariant: session keys are ready when init returns; an SSRC holds state only after a
 *            packet of it was protected or verified, or srtp_ctx_set_ssrc said so. The
 *            protect side never uses an index twice for an SSRC under the context's key.
 *            With 'idle_s' a full table gives the place of an SSRC that was silent for longer
 *            (the more SSRCs lost theirs, the longer, up to 9 times) to a new one. The old one,
 *            if it was heard more than a little, comes back to where it was; when others have
 *            pushed it out of that memory, too, it is refused, as it must not begin anew, and a
 *            few that were never here with it (srtp_retired.h).
 * Threads:   one writer: the thread whose engine runs its packets. Made on any thread.
 * Ownership: init uses the caller's memory, which fini wipes; create allocates, destroy
 *            frees (NULL accepted). The params' keys are copied, the caller wipes its own.
 * Units:     lifetimes in packets; window in packets; ROC and sequence as in RFC 3711;
 *            silence by the engine's clock.
 * Errors:    enum srtp_status by name; on failure nothing is made and outputs are unset.
 *            Where no status is returned the context must not be NULL.
 * Cost:      init about 2 us, most of it the KDF; a context with one SSRC and the default
 *            window takes 576 bytes for AES-CM-128 and 1344 for AES-GCM-128; up to 128 more with
 * idle_s.
 */
#ifndef SRTP_CTX_H
#define SRTP_CTX_H

#include "kdf.h"
#include "srtp_retired.h"
#include "srtp_status.h"
#include "suite.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRTP_LIFETIME_RTP_MAX  (UINT64_C(1) << 48) /* RFC 3711 9.2 */
#define SRTP_LIFETIME_RTCP_MAX (UINT64_C(1) << 31)

enum {
	SRTP_CTX_ALIGN = 64,
	SRTP_MKI_MAX = 4,
	SRTP_SSRC_MAX = 64,
	SRTP_SSRC_DEFAULT = 4,
	SRTP_WINDOW_DEFAULT = 1024,
	SRTP_RTCP_WINDOW = 128, /* fixed: SRTCP is sparse */
	SRTP_PARKED_MAX = 4,    /* SSRCs that lost their places, and can come back */
};

enum srtp_direction { SRTP_PROTECT = 1, SRTP_UNPROTECT = 2 };
enum srtp_kind { SRTP_RTP, SRTP_RTCP };

struct srtp_engine;
struct srtp_ctx;

/* Zero in a field from 'mki_len' on means its default. */
struct srtp_ctx_params {
	enum suite_id suite;
	enum srtp_direction direction;
	struct kdf_master master;          /* used if 'session' is NULL */
	const struct kdf_session *session; /* derived elsewhere: no KDF here */
	uint8_t mki[SRTP_MKI_MAX];
	uint8_t mki_len;
	uint16_t max_ssrc;      /* SRTP_SSRC_DEFAULT */
	uint16_t window;        /* SRTP packets: SRTP_WINDOW_DEFAULT */
	uint64_t rtp_lifetime;  /* hard limit: SRTP_LIFETIME_RTP_MAX */
	uint64_t rtcp_lifetime; /* hard limit: SRTP_LIFETIME_RTCP_MAX */
	uint64_t rtp_used;      /* by an earlier context of this key: takeover */
	uint64_t rtcp_used;
	const uint64_t *retired; /* SRTP_RETIRED_WORDS, likewise; NULL: none */
	uint64_t retired_seed;   /* what follows from the key, and others can't know */
	uint16_t idle_s;         /* after which a new SSRC may have a place; 0: never */
	uint16_t max_jump;       /* protect: what is further ahead of its stream is refused until
				    another one is there beside it (RFC 3550 A.1); 0: nothing is */
};

/* What outlives a context of an SSRC, for restart and takeover; with it goes 'retired'. */
struct srtp_ssrc_state {
	uint32_t ssrc;
	uint32_t roc;
	uint16_t seq; /* highest authenticated or sent */
	bool rtp_valid;
	bool rtcp_valid;
	uint32_t rtcp_index; /* highest authenticated or sent */
};

static inline uint64_t srtp_ssrc_index(const struct srtp_ssrc_state *state)
{
	return (uint64_t)state->roc << 16 | state->seq;
}

/* Packets so far under the master key, of all SSRCs. The soft limit is at 7/8 of the hard. */
struct srtp_ctx_usage {
	uint64_t rtp_used, rtp_limit;
	uint64_t rtcp_used, rtcp_limit;
	bool soft_limit_reached;
};

/* Bytes that init wants; 0 when params are wrong. */
size_t srtp_ctx_size(const struct srtp_engine *engine, const struct srtp_ctx_params *params);

/* 'mem' aligned to SRTP_CTX_ALIGN; '*ctx' is 'mem' on success. */
enum srtp_status srtp_ctx_init(struct srtp_engine *engine, const struct srtp_ctx_params *params,
	void *mem, size_t size, struct srtp_ctx **ctx);
void srtp_ctx_fini(struct srtp_ctx *ctx);

enum srtp_status srtp_ctx_create(
	struct srtp_engine *engine, const struct srtp_ctx_params *params, struct srtp_ctx **ctx);
void srtp_ctx_destroy(struct srtp_ctx *ctx);

uint32_t srtp_ctx_ssrc_count(const struct srtp_ctx *ctx);
enum srtp_status srtp_ctx_get_ssrc_at(
	const struct srtp_ctx *ctx, uint32_t i, struct srtp_ssrc_state *out);
enum srtp_status srtp_ctx_get_ssrc(
	const struct srtp_ctx *ctx, uint32_t ssrc, struct srtp_ssrc_state *out);

/* Takes an SSRC over. Packets at or before the given indices then count as seen, and are
 * refused; indices may not go back. It counts as heard when the context was made. Makes the SSRC
 * if the context lacks it and has room. With neither half valid there is nothing to take over, and
 * no SSRC is made. */
enum srtp_status srtp_ctx_set_ssrc(struct srtp_ctx *ctx, const struct srtp_ssrc_state *state);

/* SSRCs that lost their places: those that can come back, the last of them first; and the set of
 * all that ever lost one. Nothing without 'idle_s'. */
enum srtp_status srtp_ctx_get_parked_at(
	const struct srtp_ctx *ctx, uint32_t i, struct srtp_ssrc_state *out);
void srtp_ctx_get_retired(const struct srtp_ctx *ctx, uint64_t retired[SRTP_RETIRED_WORDS]);

/* Takes one over that had lost its place: as the last. SRTP_NO_STREAM without 'idle_s'. */
enum srtp_status srtp_ctx_park(struct srtp_ctx *ctx, const struct srtp_ssrc_state *state);

void srtp_ctx_get_usage(const struct srtp_ctx *ctx, struct srtp_ctx_usage *out);

/* Whether the context runs under the session keys of 'params', so that another one made of them
 * would use its indices again: told by the salts, which come from the same master key. The length
 * of the tag makes no other key. False without 'session'. */
bool srtp_ctx_has_key(const struct srtp_ctx *ctx, const struct srtp_ctx_params *params);

/* Whether suite, MKI and lifetimes are those of 'params', too. */
bool srtp_ctx_has_terms(const struct srtp_ctx *ctx, const struct srtp_ctx_params *params);

/* What protect adds to a packet at most: MKI, tag, and for SRTCP the index word. */
uint32_t srtp_ctx_trailer_len(const struct srtp_ctx *ctx, bool rtcp);

#endif
