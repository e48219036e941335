/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as SDP: what can be read is written, and what was written says what was asked, no
 * more, and is not changed by being written again. */
#include "fuzz.h"

#include "sdp_media.h"
#include "sdp_plan.h"
#include "sdp_write.h"

#include <stdlib.h>

static struct sdp_plan plan;

static void choose(const struct sdp *in, uint8_t bits)
{
	static const char *const protos[] = {NULL, "RTP/AVP", "RTP/SAVP", "RTP/SAVPF"};

	sdp_plan_make(&plan, in, (bits & 1) != 0 ? 6 : 4, protos[bits >> 1 & 3]);
	plan.rewrite.replace_origin = (bits & 8) != 0;
	plan.rewrite.replace_sdp_version = (bits & 16) != 0;
	plan.rewrite.generate_mid = (bits & 32) != 0;
	plan.rewrite.full_rtcp_attribute = (bits & 64) != 0;
	plan.rewrite.original_sendrecv = (bits & 128) != 0;
}

static void check_media(const struct sdp *in, const struct sdp *out, size_t i)
{
	const struct sdp_rewrite_media *asked = &plan.medias[i];
	const struct sdp_media *m = &out->medias[i];

	FUZZ_CHECK(slice_equal(m->type, in->medias[i].type));
	FUZZ_CHECK(m->port == (asked->how == SDP_REJECTED ? 0 : asked->port));
	FUZZ_CHECK(m->section.connection.family == asked->family);
	if (asked->how == SDP_RELAYED) {
		FUZZ_CHECK(m->rtcp_port == asked->rtcp_port);
		FUZZ_CHECK(m->section.connection.zero == asked->zero_address);
		FUZZ_CHECK(asked->zero_address ||
			   slice_equal(m->section.connection.text, asked->address));
		if (!plan.rewrite.original_sendrecv)
			FUZZ_CHECK(sdp_media_direction(out, m) == asked->direction);
	}
	/* our keys, all of them, and none of theirs */
	FUZZ_CHECK(m->n_crypto == (asked->how == SDP_RELAYED ? asked->n_crypto : 0));
	for (size_t j = 0; j < m->n_crypto; j++) {
		FUZZ_CHECK(m->crypto[j].status == SDP_CRYPTO_USABLE);
		FUZZ_CHECK(memcmp(m->crypto[j].key, plan.crypto[j].key,
				   plan.crypto[j].suite->key_len) == 0);
	}
}

static void check_written(const struct sdp *in, uint8_t bits, const struct buffer *written)
{
	struct buffer again = {.limit = 2UL * SDP_BYTES_MAX};
	struct sdp *out = NULL;

	FUZZ_CHECK(sdp_parse(buffer_all(written), false, &out, NULL) == 0);
	FUZZ_CHECK(out->n_medias == in->n_medias && out->has_origin);
	FUZZ_CHECK(out->session.connection.family == 0);
	for (size_t i = 0; i < in->n_medias; i++)
		check_media(in, out, i);
	choose(out, bits);
	FUZZ_CHECK(sdp_write(out, &plan.rewrite, &again) == 0);
	FUZZ_CHECK(slice_equal(buffer_all(written), buffer_all(&again)));
	sdp_parse_free(out);
	buffer_fini(&again);
}

static void check_attributes(const struct sdp_section *s)
{
	for (size_t i = 0; i < s->n_attributes; i++) {
		struct sdp_candidate candidate;
		struct sdp_fingerprint fingerprint;

		(void)sdp_attribute_candidate(s->attributes[i].value, &candidate);
		(void)sdp_attribute_fingerprint(s->attributes[i].value, &fingerprint);
	}
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* the options are the last byte, so that a file of SDP is a seed as it is */
	uint8_t bits = size > 0 ? data[size - 1] : 0;
	uint8_t *copy = fuzz_alloc((uint32_t)size);
	struct buffer out = {.limit = 2UL * SDP_BYTES_MAX};
	struct sdp *sdp = NULL;
	int status;

	if (size > 0)
		memcpy(copy, data, size);
	status = sdp_parse((struct slice){(char *)copy, size}, false, &sdp, NULL);
	free(copy); /* a parsed SDP has a copy of its own */
	FUZZ_CHECK((status == 0) == (sdp != NULL));
	if (status == 0) {
		plan.state = (struct sdp_write_state){.set = false};
		check_attributes(&sdp->session);
		choose(sdp, bits);
		FUZZ_CHECK(sdp_write(sdp, &plan.rewrite, &out) == 0);
		for (size_t i = 0; i < sdp->n_medias; i++)
			check_attributes(&sdp->medias[i].section);
		check_written(sdp, bits, &out);
	}
	sdp_parse_free(sdp);
	buffer_fini(&out);
	return 0;
}
