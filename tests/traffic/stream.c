/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include "codec.h"
#include "memory.h"

#include <errno.h>
#include <stdlib.h>

/* A stream in the making: who sends, who receives. */
struct ends {
	const struct call *call;
	const struct call_leg *from, *to;
	uint32_t id;
};

static bool find_ends(
	const struct call_sheet *sheet, uint32_t call_i, unsigned direction, struct ends *ends)
{
	const struct call *call = &sheet->calls[call_i];
	unsigned from = direction == STREAM_DIRECTION_A ? CALL_LEG_A : CALL_LEG_B;

	if (call->echo && direction != STREAM_DIRECTION_A)
		return false;
	*ends = (struct ends){call, &call->legs[from], &call->legs[call->echo ? from : 1 - from],
		call_i << 1 | (uint32_t)(from == CALL_LEG_B)};
	return true;
}

static struct srtp_ctx_params ctx_params(
	const struct suite *suite, enum srtp_direction direction, const uint8_t *key)
{
	return (struct srtp_ctx_params){
		.suite = suite->id,
		.direction = direction,
		.master = {key, suite->key_len, key + suite->key_len, suite->salt_len},
		.max_ssrc = 1,
		.window = ORDER_WINDOW,
	};
}

/* An upper bound: contexts of both directions are alike in size. */
static size_t ctx_size(struct srtp_engine *engine, const struct call_leg *leg)
{
	struct srtp_ctx_params params;

	if (leg->suite == NULL)
		return 0;
	params = ctx_params(leg->suite, SRTP_UNPROTECT, leg->send_key);
	return (srtp_ctx_size(engine, &params) + SRTP_CTX_ALIGN - 1) &
	       ~(size_t)(SRTP_CTX_ALIGN - 1);
}

/* In the streams' memory, with the index before 'first' as used, so that the ROC is known. */
static int make_ctx(struct streams *s, struct srtp_engine *engine,
	const struct srtp_ctx_params *params, const struct call_leg *from, struct srtp_ctx **ctx)
{
	struct srtp_ssrc_state state = {.ssrc = from->ssrc, .roc = from->roc, .rtp_valid = true};
	enum srtp_status status = srtp_ctx_init(
		engine, params, s->ctx_memory + s->ctx_used, s->ctx_bytes - s->ctx_used, ctx);

	if (status != SRTP_OK)
		return status == SRTP_NO_MEMORY ? -ENOMEM : -EIO;
	s->ctx_used += (srtp_ctx_size(engine, params) + SRTP_CTX_ALIGN - 1) &
		       ~(size_t)(SRTP_CTX_ALIGN - 1);
	if (from->roc == 0 && from->seq == 0)
		return 0;
	state.roc -= from->seq == 0;
	state.seq = (uint16_t)(from->seq - 1);
	return srtp_ctx_set_ssrc(*ctx, &state) == SRTP_OK ? 0 : -EIO;
}

static int make_contexts(struct streams *s, struct srtp_engine *engine, const struct ends *ends)
{
	struct tx_stream *tx = &s->tx[s->n];
	struct rx_stream *rx = &s->rx[s->n];
	struct srtp_ctx_params params;
	int error = 0;

	if (ends->from->suite != NULL) {
		params = ctx_params(ends->from->suite, SRTP_PROTECT, ends->from->send_key);
		error = make_ctx(s, engine, &params, ends->from, &tx->ctx);
	}
	if (error == 0 && ends->to->suite != NULL) {
		params = ctx_params(ends->to->suite, SRTP_UNPROTECT, ends->to->recv_key);
		error = make_ctx(s, engine, &params, ends->from, &rx->ctx);
	}
	return error;
}

static int index_end(struct streams *s, const struct call_leg *to)
{
	struct relay_sockaddr addr = to->gen;
	int error = address_index_add(s->index, &addr, s->n << 1);

	if (error == 0 && !to->rtcp_mux) {
		addr.port++;
		error = address_index_add(s->index, &addr, s->n << 1 | 1);
	}
	return error;
}

static int add_stream(struct streams *s, const struct stream_options *options,
	struct srtp_engine *engine, const struct ends *ends)
{
	struct tx_stream *tx = &s->tx[s->n];
	struct rx_stream *rx = &s->rx[s->n];
	uint64_t first = (uint64_t)ends->from->roc << 16 | ends->from->seq;
	int error;

	*tx = (struct tx_stream){
		.index = first,
		.first = first,
		.ssrc = ends->from->ssrc,
		.ticks = codec_mix(ends->id + UINT64_C(1)),
		.id = ends->id,
		.payload_type = ends->from->payload_type,
		.rtcp_mux = ends->from->rtcp_mux,
	};
	*rx = (struct rx_stream){
		.ssrc = tx->ssrc,
		.id = tx->id,
		.first = first,
		.ticks = tx->ticks,
		.from = ends->to->relay,
		.payload_type = tx->payload_type,
		.rtcp_mux = ends->to->rtcp_mux,
	};
	order_init(&rx->order, (int64_t)first);
	frame_template_init(&tx->headers, &options->link, &ends->from->gen, &ends->from->relay);
	error = make_contexts(s, engine, ends);
	if (error == 0)
		error = index_end(s, ends->to);
	s->n += error == 0;
	return error;
}

/* Addresses of ours, for those who ask where they are, and to tell a wrong port. */
static int index_hosts(struct streams *s, const struct call_sheet *sheet)
{
	for (uint32_t i = 0; i < sheet->n_calls; i++)
		for (unsigned leg = 0; leg < (sheet->calls[i].echo ? 1U : CALL_LEGS); leg++) {
			struct relay_sockaddr host = sheet->calls[i].legs[leg].gen;
			int error;

			host.port = 0;
			error = address_index_add(s->index, &host, STREAM_OWN_HOST);
			if (error != 0 && error != -EEXIST)
				return error;
		}
	return 0;
}

static int fill(struct streams *s, const struct call_sheet *sheet,
	const struct stream_options *options, struct srtp_engine *engine)
{
	struct ends ends;
	int error = index_hosts(s, sheet);

	for (uint32_t i = 0; i < sheet->n_calls; i++)
		for (unsigned d = STREAM_DIRECTION_A; d <= STREAM_DIRECTION_B; d <<= 1)
			if (error == 0 && (options->directions & d) != 0 &&
				find_ends(sheet, i, d, &ends))
				error = add_stream(s, options, engine, &ends);
	return error;
}

static int reserve(struct streams *s, const struct call_sheet *sheet,
	const struct stream_options *options, struct srtp_engine *engine)
{
	struct ends ends;
	uint32_t n = 0;

	for (uint32_t i = 0; i < sheet->n_calls; i++)
		for (unsigned d = STREAM_DIRECTION_A; d <= STREAM_DIRECTION_B; d <<= 1)
			if ((options->directions & d) != 0 && find_ends(sheet, i, d, &ends)) {
				n++;
				s->ctx_bytes +=
					ctx_size(engine, ends.from) + ctx_size(engine, ends.to);
			}
	if (n == 0)
		return -ENOENT;
	s->tx = memory_map(n * sizeof(*s->tx));
	s->rx = memory_map(n * sizeof(*s->rx));
	s->ctx_memory = memory_map(s->ctx_bytes + SRTP_CTX_ALIGN);
	s->index = address_index_create(sheet->n_calls * 2 * 3);
	return s->tx && s->rx && s->ctx_memory && s->index ? 0 : -ENOMEM;
}

int stream_create(const struct call_sheet *sheet, const struct stream_options *options,
	struct srtp_engine *engine, FILE *errors, struct streams **out)
{
	struct streams *s = calloc(1, sizeof(*s));
	int error = -ENOMEM;

	if (s != NULL)
		error = reserve(s, sheet, options, engine);
	if (error == 0)
		error = fill(s, sheet, options, engine);
	if (error == 0) {
		*out = s;
		return 0;
	}
	if (error == -ENOENT)
		(void)fprintf(errors, "the sheet has no call that sends in this direction\n");
	else
		(void)fprintf(errors, "cannot make the streams: %s\n", strerrordesc_np(-error));
	stream_destroy(s);
	return error;
}

void stream_destroy(struct streams *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->tx[i].ctx != NULL)
			srtp_ctx_fini(s->tx[i].ctx);
		if (s->rx[i].ctx != NULL)
			srtp_ctx_fini(s->rx[i].ctx);
	}
	address_index_destroy(s->index);
	memory_unmap(s->ctx_memory);
	memory_unmap(s->tx);
	memory_unmap(s->rx);
	free(s);
}
