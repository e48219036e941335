/* SPDX-License-Identifier: BSD-3-Clause */
/* DESIGN
 * SDP of ours that comes back in its own request is passed on as it is. The mark that tells it is
 * said to whoever the SDP goes to, and who calls chooses call-id and tags: so it must let nothing
 * pass but what we wrote, byte for byte, and that only where to write it again would come to the
 * same. The mark is a MAC over the body, and the side that the body was written for keeps it.
 *
 * Why that is harmless, whoever sends it: the body is the last that this side was told. The ports
 * and keys in it are ours, and of a bridge that is there: those of one that ended, which another
 * call may have by now, go with its marks. The policy of the interface was asked when it was
 * written, and the transport that a proxy wants is the same as then. All else is a new offer.
 */
#include "session_impl.h"

#include <inttypes.h>
#include <stdio.h>

enum { DIGITS = 12 };
#define MARK_MASK UINT64_C(0xffffffffffff)

static const char blank[] = "000000000000";
static const char line[] = "\r\na=rtpengine:";
static const char media[] = "\r\nm=";

static size_t find(struct slice in, const char *text)
{
	struct slice t = slice_of(text);
	const char *at = in.len == 0 ? NULL : memmem(in.ptr, in.len, t.ptr, t.len);

	return at == NULL ? in.len : (size_t)(at - in.ptr);
}

/* Where the first mark of the session's own lines has its digits; 0: nowhere. */
static size_t find_digits(struct slice sdp)
{
	struct slice session = slice_first(sdp, find(sdp, media));
	size_t at = find(session, line) + sizeof(line) - 1;

	return at + DIGITS > session.len ? 0 : at;
}

/* Of all but the digits. */
static uint64_t mark_of(const struct session_work *work, struct slice sdp, size_t digits)
{
	const struct ng_request *r = work->request;
	const struct slice pieces[] = {r->command_text, r->call_id, r->from_tag};
	const uint64_t numbers[] = {r->transport, digits};
	static const char end = '\0'; /* in none of them */
	struct siphash s;

	siphash_start(&s, work->s->mark_seed);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		siphash_add(&s, pieces[i]);
		siphash_add(&s, (struct slice){&end, 1});
	}
	siphash_add(&s, (struct slice){(const char *)numbers, sizeof(numbers)});
	siphash_add(&s, slice_first(sdp, digits));
	siphash_add(&s, slice_from(sdp, digits + DIGITS));
	return siphash_end(&s) & MARK_MASK;
}

static void print(uint64_t mark, char text[DIGITS + 1])
{
	(void)snprintf(text, DIGITS + 1, "%012" PRIx64, mark & MARK_MASK);
}

struct slice session_loop_blank(void)
{
	return slice_of(blank);
}

void session_loop_mark(const struct session_work *work, struct call_side *to)
{
	struct buffer *sdp = &work->s->sdp;
	char text[DIGITS + 1];
	size_t at;

	to->mark = 0;
	if (sdp->failed || !ng_request_flag(work->request, NG_FLAG_LOOP_PROTECT))
		return;
	at = find_digits(buffer_all(sdp));
	if (at == 0 || memcmp(sdp->data + at, blank, DIGITS) != 0) /* sdp-attr took it out */
		return;
	to->mark = mark_of(work, buffer_all(sdp), at);
	print(to->mark, text);
	memcpy(sdp->data + at, text, DIGITS);
}

bool session_loop_is(const struct session_work *work, const struct call_side *to)
{
	struct slice sdp = work->request->sdp;
	size_t at = find_digits(sdp);
	char text[DIGITS + 1];

	if (at == 0 || to->mark == 0 || !ng_request_flag(work->request, NG_FLAG_LOOP_PROTECT))
		return false;
	print(to->mark, text);
	return memcmp(sdp.ptr + at, text, DIGITS) == 0 && mark_of(work, sdp, at) == to->mark;
}
