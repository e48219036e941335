/* SPDX-License-Identifier: BSD-3-Clause */
/* rtp_header.h - what SRTP must know of an RTP or RTCP header (RFC 3550 5.1, 5.3.1, 6.4).
 *
 * Invariant: no byte at or past 'len' is read.
 * Threads:   pure.
 * Ownership: the caller's packet.
 * Units:     lengths in bytes; values in host order unless the name says _be.
 * Errors:    rtp_header_check names what is wrong; '*header_len' is then unset.
 * Cost:      hot: inline, two branches for a header without CSRC and extension.
 */
#ifndef RTP_HEADER_H
#define RTP_HEADER_H

#include "srtp_status.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum {
	RTP_HEADER_MIN = 12,
	RTCP_HEADER_LEN = 8,   /* what SRTCP leaves in clear: first word and SSRC */
	RTP_HEADER_MAX = 2048, /* the most that every backend can take as associated data */
	RTP_PACKET_MAX = 65535,
};

static inline uint16_t rtp_header_load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t rtp_header_load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint16_t rtp_header_seq(const uint8_t *packet)
{
	return rtp_header_load16(packet + 2);
}

static inline uint32_t rtp_header_ssrc(const uint8_t *packet)
{
	return rtp_header_load32(packet + 8);
}

static inline uint32_t rtp_header_rtcp_ssrc(const uint8_t *packet)
{
	return rtp_header_load32(packet + 4);
}

/* Fixed header, CSRCs and header extension must fit in 'len' and RTP_HEADER_MAX; the rest is
 * payload. */
static inline enum srtp_status rtp_header_check(
	const uint8_t *packet, uint32_t len, uint32_t *header_len)
{
	uint32_t n;

	if (len < RTP_HEADER_MIN)
		return SRTP_BAD_LENGTH;
	if (packet[0] >> 6 != 2)
		return SRTP_BAD_VERSION;
	n = RTP_HEADER_MIN + 4u * (packet[0] & 0x0f);
	if (packet[0] & 0x10) {
		if (len < n + 4)
			return SRTP_BAD_LENGTH;
		n += 4 + 4u * rtp_header_load16(packet + n + 2);
	}
	if (len < n || n > RTP_HEADER_MAX)
		return SRTP_BAD_LENGTH;
	*header_len = n;
	return SRTP_OK;
}

static inline enum srtp_status rtp_header_check_rtcp(const uint8_t *packet, uint32_t len)
{
	if (len < RTCP_HEADER_LEN)
		return SRTP_BAD_LENGTH;
	return packet[0] >> 6 == 2 ? SRTP_OK : SRTP_BAD_VERSION;
}

#endif
