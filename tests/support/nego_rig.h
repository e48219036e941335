/* SPDX-License-Identifier: BSD-3-Clause */
/* nego_rig.h - a bridge between two interfaces, and SDP that goes through it: what was negotiated,
 * and what the other side is told. One rig at a time. */
#ifndef NEGO_RIG_H
#define NEGO_RIG_H

#include "call_table.h"
#include "negotiate.h"
#include "rewrite.h"

/* SDP of peers: 198.51.100.x and 2001:db8:f::x are theirs, 203.0.113.x is what we advertise. */
#define NEGO_HEAD_OF(line) "v=0\r\no=peer 77 5 " line "\r\ns=theirs\r\nc=" line "\r\nt=0 0\r\n"
#define NEGO_HEAD(last)    NEGO_HEAD_OF("IN IP4 198.51.100." #last)
#define NEGO_HEAD6(last)   NEGO_HEAD_OF("IN IP6 2001:db8:f::" #last)
#define NEGO_AUDIO(proto)  "m=audio 4000 " proto " 0\r\n"
#define NEGO_VIDEO(proto)  "m=video 4002 " proto " 96\r\na=rtpmap:96 VP8/90000\r\n"

#define NEGO_CM                      "AES_CM_128_HMAC_SHA1_80"
#define NEGO_32                      "AES_CM_128_HMAC_SHA1_32"
#define NEGO_GCM                     "AEAD_AES_256_GCM"
#define NEGO_KEY_A                   "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define NEGO_KEY_B                   "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
#define NEGO_KEY_C                   "QS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR" /* B's with another suite */
#define NEGO_KEY_GCM                 "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"
#define NEGO_CRYPTO(tag, suite, key) "a=crypto:" #tag " " suite " inline:" key "\r\n"

#define NEGO_PLAIN(last)     NEGO_HEAD(last) NEGO_AUDIO("RTP/AVP")
#define NEGO_SRTP(last, key) NEGO_HEAD(last) NEGO_AUDIO("RTP/SAVP") NEGO_CRYPTO(1, NEGO_CM, key)

enum { NEGO_RIG_SUITES = 3 };

struct nego_rig {
	struct config config;
	struct call_table *calls;
	struct call_bridge *bridge;
	struct ng_arena arena;
	struct ng_request request;
	struct sdp *theirs; /* as it came; NULL: none yet */
	struct sdp *ours;   /* as it was written */
	struct buffer out;
	struct buffer message;
	/* ports for an offer, before it is written; NULL: some that nobody has */
	enum ng_error (*reserve)(void);
};

extern struct nego_rig nego_rig;

/* cmocka's: interfaces 'a' and 'b' with both families and suites GCM, CM_80, CM_32; encryption is
 * supported. */
int nego_rig_open(void **state);
int nego_rig_close(void **state);

/* The bridge is another, as new. */
void nego_rig_renew(enum config_encryption a, enum config_encryption b);

/* 'more' are further keys of the request, in JSON, with the comma before them. What succeeds is
 * looked at: as many media as came, no address and no key of whoever sent it. */
enum ng_error nego_rig_offer(unsigned from, const char *more, const char *sdp);
enum ng_error nego_rig_answer(const char *more, const char *sdp);

/* 'next' becomes 'now', with no data plane. */
void nego_rig_commit(void);

/* An offer and its answer, both of which must succeed, and the commit. */
void nego_rig_call(unsigned from, const char *offer, const char *answer);

static inline struct call_leg *nego_rig_leg(uint32_t media, unsigned side)
{
	return &nego_rig.bridge->medias[media].legs[side];
}

/* What was written for a media, and whether there is such a line. */
static inline const struct sdp_media *nego_rig_media(uint32_t media)
{
	return &nego_rig.ours->medias[media];
}
bool nego_rig_says(const char *text);

bool nego_rig_same_key(const struct call_key *a, const struct call_key *b);

#endif
