/* SPDX-License-Identifier: BSD-3-Clause */
#include "verdict.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BIT(err)  (1u << (err))
#define ERR(name) BIT(srtp_err_status_##name)
#define REPLAY    (ERR(replay_fail) | ERR(replay_old))
#define NOT_ASKED BIT(VERDICT_NOT_ASKED)

typedef bool (*when_fn)(const struct verdict_facts *);

static bool sound(const struct verdict_facts *f)
{
	return f->shape == SRTP_OK && !f->short_room && !f->bound && !f->below_floor;
}

static bool moved(const struct verdict_facts *f)
{
	return sound(f) && f->moved;
}

static bool moved_forged(const struct verdict_facts *f)
{
	return moved(f) && f->forged;
}

static bool overtaken(const struct verdict_facts *f)
{
	return sound(f) && f->moved && f->overtaken;
}

static bool below_floor(const struct verdict_facts *f)
{
	return f->shape == SRTP_OK && !f->bound && f->below_floor;
}

static bool bound(const struct verdict_facts *f)
{
	return f->shape == SRTP_OK && f->bound;
}

static bool short_room(const struct verdict_facts *f)
{
	return f->shape == SRTP_OK && f->short_room;
}

static bool bad_length(const struct verdict_facts *f)
{
	return f->shape == SRTP_BAD_LENGTH;
}

static bool bad_version(const struct verdict_facts *f)
{
	return f->shape == SRTP_BAD_VERSION;
}

static bool wrong_mki_rtp(const struct verdict_facts *f)
{
	return f->shape == SRTP_WRONG_MKI && !f->rtcp;
}

static bool wrong_mki_rtcp(const struct verdict_facts *f)
{
	return f->shape == SRTP_WRONG_MKI && f->rtcp;
}

static bool not_encrypted_cm(const struct verdict_facts *f)
{
	return f->shape == SRTP_NOT_ENCRYPTED && !f->aead;
}

static bool not_encrypted_aead(const struct verdict_facts *f)
{
	return f->shape == SRTP_NOT_ENCRYPTED && f->aead;
}

/* One pair of verdicts. What ours refuses by its shape, libsrtp may refuse by the window, which
 * it looks at before the MKI and the length of the trailer. */
static const struct row {
	enum srtp_status ours;
	unsigned theirs; /* any of these */
	when_fn when;
	bool rare; /* may go unmet */
	const char *text;
} rows[] = {
	/* The same in both. */
	{SRTP_OK, ERR(ok), sound, false, "accepted by both"},
	{SRTP_REPLAYED, ERR(replay_fail), sound, false, "replayed"},
	{SRTP_TOO_OLD, ERR(replay_old), sound, false, "before the window"},
	{SRTP_TAG_MISMATCH, ERR(auth_fail), sound, false, "forged"},

	/* The window and the tag of a packet are looked at before the packets in front of it in
	 * the chunk are remembered. It is refused all the same, by what was seen first. */
	{SRTP_TAG_MISMATCH, ERR(replay_fail), moved_forged, false,
		"forged, and index taken in the chunk"},
	{SRTP_TAG_MISMATCH, ERR(replay_old), moved_forged, true,
		"forged, and too old since the chunk"},
	{SRTP_REPLAYED, ERR(replay_old), moved, true, "replayed, and too old since the chunk"},

	/* The stream has moved by half a cycle and more within the chunk. libsrtp takes the late
	 * packet for one of another ROC; ours has verified its tag by then and knows better. */
	{SRTP_TOO_OLD, ERR(auth_fail) | REPLAY, overtaken, false,
		"authentic, overtaken in the chunk"},

	/* srtp_ctx_set_ssrc says that all before is seen, srtp_set_stream_roc says nothing of it:
	 * libsrtp goes on to the tag, which nobody has made. */
	{SRTP_REPLAYED, ERR(auth_fail) | REPLAY, below_floor, false, "before resumption"},
	{SRTP_TOO_OLD, ERR(replay_old), below_floor, true, "long before resumption"},

	/* libsrtp clones its template for any number of SSRCs. One too many for ours is refused
	 * after its tag, which is looked at each time as if the packet were the first. */
	{SRTP_NO_STREAM, ERR(ok), bound, false, "an SSRC too many"},
	{SRTP_NO_STREAM, ERR(auth_fail) | REPLAY, bound, true, "an SSRC too many, again"},
	{SRTP_TAG_MISMATCH, ERR(auth_fail) | REPLAY, bound, false, "an SSRC too many, forged"},
	{SRTP_TAG_MISMATCH, ERR(ok), bound, true, "an SSRC too many, at a later ROC"},

	/* libsrtp knows no room; the packet is not given to it. */
	{SRTP_NO_ROOM, NOT_ASKED, short_room, false, "no room for the trailer"},

	/* bad_param: shorter than header and extension; parse_err, cipher_fail: than these and the
	 * trailer; bad_mki: no place for it. For NOT_ASKED see unsafe_for_libsrtp. */
	{SRTP_BAD_LENGTH,
		ERR(bad_param) | ERR(parse_err) | ERR(cipher_fail) | ERR(bad_mki) | REPLAY,
		bad_length, false, "too short"},
	{SRTP_BAD_LENGTH, NOT_ASKED, bad_length, true, "too short, too dangerous for libsrtp"},

	/* libsrtp ignores the version; a flipped bit of it breaks something else. */
	{SRTP_BAD_VERSION,
		ERR(auth_fail) | ERR(bad_param) | ERR(parse_err) | ERR(bad_mki) | ERR(cant_check) |
			REPLAY,
		bad_version, false, "version is not 2"},
	{SRTP_WRONG_MKI, ERR(bad_mki) | REPLAY, wrong_mki_rtp, false, "wrong MKI, SRTP"},
	{SRTP_WRONG_MKI, ERR(bad_mki), wrong_mki_rtcp, false, "wrong MKI, SRTCP"},

	/* libsrtp takes SRTCP of AEAD for authenticated alone, and finds its tag wrong. */
	{SRTP_NOT_ENCRYPTED, ERR(cant_check), not_encrypted_cm, false, "no E bit, HMAC"},
	{SRTP_NOT_ENCRYPTED, ERR(auth_fail) | REPLAY, not_encrypted_aead, false, "no E bit, AEAD"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint64_t met[ROWS];

bool verdict_agree(const struct verdict_facts *facts, enum srtp_status ours, unsigned theirs)
{
	for (uint32_t i = 0; i < ROWS; i++) {
		if (rows[i].ours == ours && (rows[i].theirs & BIT(theirs)) != 0 &&
			rows[i].when(facts)) {
			met[i]++;
			return true;
		}
	}
	return false;
}

bool verdict_report(void)
{
	bool complete = true;

	for (uint32_t i = 0; i < ROWS; i++) {
		(void)printf("%10" PRIu64 "  %-14s %s\n", met[i], srtp_status_name(rows[i].ours),
			rows[i].text);
		complete = complete && (met[i] > 0 || rows[i].rare);
	}
	return complete;
}
