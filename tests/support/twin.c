/* SPDX-License-Identifier: BSD-3-Clause */
#include "twin.h"

#include "rtp_header.h"

enum { RTCP_INDEX_LEN = 4 };

static void must(enum srtp_status status)
{
	if (status != SRTP_OK)
		fail_msg("twin: %s", srtp_status_name(status));
}

static void choose(struct twin *t, const struct suite *suite, struct support_rng *rng)
{
	static const uint16_t windows[] = {64, 128, 1024, 4096};
	static const uint16_t rtcp_shares[] = {0, 100, 100, 300, 950};

	memset(t, 0, sizeof(*t));
	t->suite = suite;
	t->mki_len = support_below(rng, SRTP_MKI_MAX + 1);
	support_fill(rng, t->mki, t->mki_len);
	t->window = windows[support_below(rng, 4)];
	t->max_ssrc =
		(uint16_t)(support_chance(rng, 250) ? 1 + support_below(rng, 6) : SRTP_SSRC_MAX);
	t->rtcp_per_mille = rtcp_shares[support_below(rng, 5)];
	t->wild = support_chance(rng, 500);
}

static void open_ours(struct twin *t, struct srtp_engine *engine, const struct kdf_master *master)
{
	struct srtp_ctx_params p = {.suite = t->suite->id, .master = *master};
	struct kdf_session session;

	oracle_session(t->suite, master, &session);
	if (t->suite->key_len == 24)
		p.session = &session;
	memcpy(p.mki, t->mki, t->mki_len);
	p.mki_len = (uint8_t)t->mki_len;
	p.window = t->window;
	p.direction = SRTP_PROTECT;
	p.max_ssrc = SRTP_SSRC_MAX;
	must(srtp_ctx_create(engine, &p, &t->tx));
	p.direction = SRTP_UNPROTECT;
	p.max_ssrc = t->max_ssrc;
	must(srtp_ctx_create(engine, &p, &t->rx));
}

void twin_open(struct twin *t, struct srtp_engine *engine, const struct suite *suite,
	struct support_rng *rng)
{
	uint8_t key[SUITE_KEY_MAX], salt[SUITE_SALT_MAX];
	const struct kdf_master master = {key, suite->key_len, salt, suite->salt_len};
	struct oracle_params params;

	support_fill(rng, key, sizeof(key));
	support_fill(rng, salt, sizeof(salt));
	choose(t, suite, rng);
	open_ours(t, engine, &master);
	params = (struct oracle_params){suite, &master, true, t->window, t->mki, t->mki_len};
	oracle_open(&t->otx, &params);
	params.protect = false;
	oracle_open(&t->orx, &params);
	t->rtcp_apart = t->mki_len > 0 && suite->rtp_tag_len == 4;
	if (!t->rtcp_apart)
		return;
	params.suite = suite - 1;
	oracle_open(&t->orx_rtcp, &params);
}

void twin_close(struct twin *t)
{
	srtp_ctx_destroy(t->tx);
	srtp_ctx_destroy(t->rx);
	oracle_close(&t->otx);
	oracle_close(&t->orx);
	if (t->rtcp_apart)
		oracle_close(&t->orx_rtcp);
}

/* libsrtp before 2.7 (its pull request 733) looks for the MKI of an SRTCP packet where the tag
 * length of SRTP would put it, and so can't unprotect its own SRTCP of the suites with 32-bit
 * tags. Their SRTCP is that of the sibling with 80 bits, the row before in the table. */
struct oracle *twin_oracle(struct twin *t, enum srtp_direction direction, enum srtp_kind kind)
{
	if (direction == SRTP_PROTECT)
		return &t->otx;
	return t->rtcp_apart && kind == SRTP_RTCP ? &t->orx_rtcp : &t->orx;
}

uint32_t twin_trailer(const struct twin *t, enum srtp_kind kind)
{
	return t->mki_len +
	       (kind == SRTP_RTP ? t->suite->rtp_tag_len : RTCP_INDEX_LEN + t->suite->rtcp_tag_len);
}

struct twin_stream *twin_find(struct twin *t, uint32_t ssrc)
{
	for (uint32_t i = 0; i < t->n_streams; i++)
		if (t->streams[i].ssrc == ssrc)
			return &t->streams[i];
	return NULL;
}

struct twin_stream *twin_add(struct twin *t, struct support_rng *rng)
{
	struct twin_stream *stream = &t->streams[t->n_streams];
	uint32_t ssrc;

	assert_true(t->n_streams < TWIN_STREAMS_MAX);
	do
		ssrc = (uint32_t)support_random(rng);
	while (twin_find(t, ssrc) != NULL);
	t->n_streams++;
	*stream = (struct twin_stream){.ssrc = ssrc, .left = 20 + support_below(rng, 600)};
	return stream;
}

void twin_sent(struct twin_stream *stream, enum srtp_kind kind, uint64_t index)
{
	if (kind == SRTP_RTCP) {
		stream->rtcp_sent = (uint32_t)index;
		return;
	}
	stream->started = true;
	if (index > stream->tx_top)
		stream->tx_top = index;
}

void twin_received(struct twin *t, struct twin_stream *stream, enum srtp_kind kind, uint64_t index,
	uint64_t chunk)
{
	if (!stream->known) {
		if (t->n_known == t->max_ssrc)
			return; /* libsrtp has no bound */
		stream->known = true;
		t->n_known++;
	}
	stream->chunk[kind] = chunk;
	if (kind == SRTP_RTP && index > stream->rx_top)
		stream->rx_top = index;
	if (kind == SRTP_RTCP && index > stream->rtcp_top)
		stream->rtcp_top = (uint32_t)index;
}

void twin_prime_rtcp(struct twin *t, struct twin_stream *stream)
{
	const struct srtp_ssrc_state state = {.ssrc = stream->ssrc, .rtcp_valid = true};

	if (!stream->rtcp_primed)
		must(srtp_ctx_set_ssrc(t->tx, &state));
	stream->rtcp_primed = true;
}

void twin_set_roc(struct twin *t, struct twin_stream *stream, uint32_t roc, uint16_t seq)
{
	const struct srtp_ssrc_state before = {
		.ssrc = stream->ssrc, .roc = roc, .seq = (uint16_t)(seq - 1), .rtp_valid = true};

	must(srtp_ctx_set_ssrc(t->tx, &before));
	must(srtp_ctx_set_ssrc(t->rx, &before));
	oracle_set_roc(&t->otx, stream->ssrc, roc);
	oracle_set_roc(&t->orx, stream->ssrc, roc);
	stream->tx_top = stream->rx_top = (uint64_t)roc << 16 | before.seq;
	stream->floor = stream->tx_top + 1;
}

/* Where the MKI lies; for SRTCP the word with the E bit lies before it. */
static uint32_t mki_at(const struct twin *t, enum srtp_kind kind, uint32_t len)
{
	uint32_t tag_len = kind == SRTP_RTP ? t->suite->rtp_tag_len : t->suite->rtcp_tag_len;

	return len - t->mki_len - (t->suite->aead ? 0 : tag_len);
}

enum srtp_status twin_shape(
	const struct twin *t, enum srtp_kind kind, const uint8_t *data, uint32_t len)
{
	uint32_t trailer = twin_trailer(t, kind);
	uint32_t header = kind == SRTP_RTP ? RTP_HEADER_MIN : RTCP_HEADER_LEN;

	if (len < header + trailer)
		return SRTP_BAD_LENGTH;
	if ((data[0] & 0xc0) != 0x80)
		return SRTP_BAD_VERSION;
	if (kind == SRTP_RTP) {
		header += 4u * (data[0] % 16);
		if ((data[0] & 0x10) != 0 && header + 4 + trailer <= len)
			header += 4u * (256u * data[header + 2] + data[header + 3]) + 4;
		else if ((data[0] & 0x10) != 0)
			header += 4;
		if (header + trailer > len)
			return SRTP_BAD_LENGTH;
	}
	if (memcmp(data + mki_at(t, kind, len), t->mki, t->mki_len) != 0)
		return SRTP_WRONG_MKI;
	if (kind == SRTP_RTCP && data[mki_at(t, kind, len) - RTCP_INDEX_LEN] < 0x80)
		return SRTP_NOT_ENCRYPTED;
	return SRTP_OK;
}

static void assert_sender(const struct twin *t, const struct twin_stream *stream)
{
	struct srtp_ssrc_state state;

	if (!stream->started && stream->rtcp_sent == 0)
		return;
	must(srtp_ctx_get_ssrc(t->tx, stream->ssrc, &state));
	assert_int_equal(state.rtp_valid, stream->started);
	if (state.rtp_valid)
		assert_int_equal((uint64_t)state.roc << 16 | state.seq, stream->tx_top);
	if (stream->rtcp_sent > 0)
		assert_int_equal(state.rtcp_index, stream->rtcp_sent);
}

static void assert_receiver(const struct twin *t, const struct twin_stream *stream)
{
	struct srtp_ssrc_state state;

	if (!stream->known) {
		assert_int_equal(srtp_ctx_get_ssrc(t->rx, stream->ssrc, &state), SRTP_NO_SUCH_SSRC);
		return;
	}
	must(srtp_ctx_get_ssrc(t->rx, stream->ssrc, &state));
	assert_int_equal((uint64_t)state.roc << 16 | state.seq, stream->rx_top);
	assert_int_equal(state.rtcp_index, stream->rtcp_top);
}

void twin_assert_state(const struct twin *t)
{
	assert_int_equal(srtp_ctx_ssrc_count(t->rx), t->n_known);
	for (uint32_t i = 0; i < t->n_streams; i++) {
		assert_sender(t, &t->streams[i]);
		assert_receiver(t, &t->streams[i]);
	}
}
