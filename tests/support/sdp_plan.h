/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_plan.h - what a session would decide about an SDP, as plainly as can be, for tests of the
 * writer: relay what is RTP or UDP, reject what was rejected, leave MSRP alone. */
#ifndef SDP_PLAN_H
#define SDP_PLAN_H

#include "sdp_write.h"

struct sdp_plan {
	struct sdp_write_state state;
	struct sdp_crypto crypto[2]; /* AEAD_AES_256_GCM and AES_CM_128_HMAC_SHA1_80 */
	struct sdp_rewrite_media medias[SDP_MEDIA_MAX];
	struct sdp_rewrite rewrite;
};

/* Ports are 30000 + 10 * index, with RTCP on the next; 'proto' NULL: as offered. Keeps 'state'. */
void sdp_plan_make(struct sdp_plan *plan, const struct sdp *in, uint8_t family, const char *proto);

#endif
