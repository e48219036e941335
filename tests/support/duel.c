/* SPDX-License-Identifier: BSD-3-Clause */
#include "duel.h"

#include "rtp_header.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CANARY = 0xa5 };

static void complain(const struct duel *d, uint32_t i, const char *what)
{
	const struct duel_job *job = &d->jobs[i];

	fail_msg("%s differ: ours %s, libsrtp's %u; suite %s, backend %s, direction %s, %s packet "
		 "%" PRIu32 " of step %" PRIu32 ", seed %" PRIu64,
		what, srtp_status_name(d->pkts[i].status), job->theirs, job->in->twin->suite->name,
		d->engine_name, d->direction == SRTP_PROTECT ? "protect" : "unprotect",
		job->in->kind == SRTP_RTP ? "SRTP" : "SRTCP", i, d->step, d->seed);
}

void duel_begin(struct duel *d, enum srtp_direction direction)
{
	d->direction = direction;
	d->n = 0;
	d->step++;
}

/* libsrtp 2.5 has AEAD lengths go below zero, and reads on from there, if a packet of a key with
 * MKI is shorter than tag and MKI but ends with the MKI. */
static bool unsafe_for_libsrtp(const struct network_pkt *in)
{
	const struct twin *t = in->twin;

	return t->suite->aead && t->mki_len > 0 && in->kind == SRTP_RTP &&
	       in->len < twin_trailer(t, SRTP_RTP);
}

static void ask_libsrtp(struct duel *d, struct duel_job *job)
{
	const struct network_pkt *in = job->in;
	struct oracle *o = twin_oracle(in->twin, d->direction, in->kind);

	job->theirs = VERDICT_NOT_ASKED;
	if (job->facts.short_room || (d->direction == SRTP_UNPROTECT && unsafe_for_libsrtp(in)))
		return;
	memcpy(job->theirs_data, in->data, in->len);
	job->theirs_len = in->len;
	job->theirs = oracle_run(o, in->kind == SRTP_RTCP, job->theirs_data, &job->theirs_len);
}

static struct duel_job *add(struct duel *d, struct network_pkt *in, uint32_t room)
{
	struct duel_job *job = &d->jobs[d->n];

	if (d->n % BACKEND_BURST_MAX == 0)
		d->chunk++;
	job->in = in;
	job->shift = support_below(d->rng, 8);
	job->mem = malloc(job->shift + room);
	assert_non_null(job->mem);
	memset(job->mem + job->shift, CANARY, room);
	memcpy(job->mem + job->shift, in->data, in->len);
	d->pkts[d->n] = (struct srtp_pkt){
		.ctx = d->direction == SRTP_PROTECT ? in->twin->tx : in->twin->rx,
		.data = job->mem + job->shift,
		.len = in->len,
		.room = room,
		.kind = (uint8_t)in->kind,
		.soft_limit = true,
	};
	d->n++;
	return job;
}

bool duel_protect(struct duel *d, struct network_pkt *in, uint32_t room)
{
	struct duel_job *job = add(d, in, room);

	job->facts = (struct verdict_facts){
		.shape = SRTP_OK,
		.short_room = room < in->len + twin_trailer(in->twin, in->kind),
	};
	ask_libsrtp(d, job);
	return job->theirs == srtp_err_status_ok;
}

static struct twin_stream *stream_of(const struct network_pkt *in)
{
	uint32_t at = in->kind == SRTP_RTP ? 8 : 4;

	return in->len < at + 4 ? NULL : twin_find(in->twin, rtp_header_load32(in->data + at));
}

static struct verdict_facts facts_of(
	const struct duel *d, const struct network_pkt *in, const struct twin_stream *stream)
{
	const struct twin *t = in->twin;
	bool rtp = in->kind == SRTP_RTP;
	bool known = stream != NULL && stream->known;
	uint64_t estimate = 0;

	if (known && rtp)
		estimate = traffic_index(stream->rx_top, rtp_header_seq(in->data));
	return (struct verdict_facts){
		.shape = twin_shape(t, in->kind, in->data, in->len),
		.aead = t->suite->aead,
		.rtcp = !rtp,
		.bound = !known && t->n_known == t->max_ssrc,
		.forged = !in->intact || (known && rtp && estimate != in->index),
		.moved = known && stream->chunk[in->kind] == d->chunk,
		.overtaken = known && rtp && in->intact && in->index + 0x8000 <= stream->rx_top,
		.below_floor = known && rtp && estimate < stream->floor,
	};
}

void duel_unprotect(struct duel *d, struct network_pkt *in)
{
	struct duel_job *job = add(d, in, in->len + support_below(d->rng, 2) * 9);
	struct twin_stream *stream = stream_of(in);

	job->facts = facts_of(d, in, stream);
	ask_libsrtp(d, job);
	if (job->theirs != srtp_err_status_ok)
		return;
	if (in->intact && stream != NULL)
		twin_received(in->twin, stream, in->kind, in->index, d->chunk);
	else
		complain(d, d->n - 1, "damage and libsrtp's acceptance of it");
}

static bool all_canary(const uint8_t *from, const uint8_t *end)
{
	while (from < end)
		if (*from++ != CANARY)
			return false;
	return true;
}

static void compare(const struct duel *d, uint32_t i)
{
	const struct duel_job *job = &d->jobs[i];
	const struct srtp_pkt *pkt = &d->pkts[i];
	bool ok = pkt->status == SRTP_OK;
	uint32_t end = pkt->len > job->in->len ? pkt->len : job->in->len;

	if (!verdict_agree(&job->facts, pkt->status, job->theirs))
		complain(d, i, "verdicts");
	if (pkt->len != (ok ? job->theirs_len : job->in->len))
		complain(d, i, "lengths");
	if (memcmp(pkt->data, ok ? job->theirs_data : job->in->data, pkt->len) != 0)
		complain(d, i, "bytes");
	if (!all_canary(pkt->data + end, pkt->data + pkt->room))
		complain(d, i, "bytes behind the packet");
	if (pkt->soft_limit)
		complain(d, i, "limits");
}

void duel_run(struct duel *d)
{
	enum srtp_status status = d->direction == SRTP_PROTECT
					  ? srtp_burst_protect(d->engine, d->pkts, d->n)
					  : srtp_burst_unprotect(d->engine, d->pkts, d->n);

	assert_int_equal(status, SRTP_OK);
	for (uint32_t i = 0; i < d->n; i++) {
		compare(d, i);
		d->packets[d->jobs[i].in->twin->suite->id]++;
	}
}

void duel_end(struct duel *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		free(d->jobs[i].mem);
}
