/* SPDX-License-Identifier: BSD-3-Clause */
/* sdp_attribute.h - attributes, kinds of media and transports: which we know, and what they say.
 *
 * Invariant: one row an attribute gives its id and its name; SDP_OTHER is any that is passed on
 *            as it came.
 * Threads:   pure.
 * Ownership: slices point into the SDP.
 * Units:     none.
 * Errors:    the readers say false, and their outputs are then of no meaning.
 * Cost:      a name is looked for in a table of some thirty.
 */
#ifndef SDP_ATTRIBUTE_H
#define SDP_ATTRIBUTE_H

#include "slice.h"

#define SDP_ATTRIBUTES(X)                                                                          \
	X(SDP_CRYPTO, "crypto")                                                                    \
	X(SDP_RTCP, "rtcp")                                                                        \
	X(SDP_RTCP_MUX, "rtcp-mux")                                                                \
	X(SDP_MID, "mid")                                                                          \
	X(SDP_LABEL, "label")                                                                      \
	X(SDP_GROUP, "group")                                                                      \
	X(SDP_BUNDLE_ONLY, "bundle-only")                                                          \
	X(SDP_SENDRECV, "sendrecv")                                                                \
	X(SDP_SENDONLY, "sendonly")                                                                \
	X(SDP_RECVONLY, "recvonly")                                                                \
	X(SDP_INACTIVE, "inactive")                                                                \
	X(SDP_RTPMAP, "rtpmap")                                                                    \
	X(SDP_FMTP, "fmtp")                                                                        \
	X(SDP_RTCP_FB, "rtcp-fb")                                                                  \
	X(SDP_PTIME, "ptime")                                                                      \
	X(SDP_MAXPTIME, "maxptime")                                                                \
	X(SDP_EXTMAP, "extmap")                                                                    \
	X(SDP_EXTMAP_ALLOW_MIXED, "extmap-allow-mixed")                                            \
	X(SDP_SETUP, "setup")                                                                      \
	X(SDP_FINGERPRINT, "fingerprint")                                                          \
	X(SDP_TLS_ID, "tls-id")                                                                    \
	X(SDP_ICE_LITE, "ice-lite")                                                                \
	X(SDP_ICE_UFRAG, "ice-ufrag")                                                              \
	X(SDP_ICE_PWD, "ice-pwd")                                                                  \
	X(SDP_ICE_OPTIONS, "ice-options")                                                          \
	X(SDP_ICE_MISMATCH, "ice-mismatch")                                                        \
	X(SDP_CANDIDATE, "candidate")                                                              \
	X(SDP_REMOTE_CANDIDATES, "remote-candidates")                                              \
	X(SDP_END_OF_CANDIDATES, "end-of-candidates")                                              \
	X(SDP_LOOP, "rtpengine")

#define SDP_ATTRIBUTE_ENUM(id, name) id,

enum sdp_attribute_id { SDP_OTHER, SDP_ATTRIBUTES(SDP_ATTRIBUTE_ENUM) SDP_ATTRIBUTE_COUNT };

enum sdp_direction {
	SDP_DIRECTION_NONE, /* not said: that is sendrecv */
	SDP_DIRECTION_SENDRECV,
	SDP_DIRECTION_SENDONLY,
	SDP_DIRECTION_RECVONLY,
	SDP_DIRECTION_INACTIVE,
};

enum sdp_kind {
	SDP_KIND_OTHER,
	SDP_KIND_AUDIO,
	SDP_KIND_VIDEO,
	SDP_KIND_IMAGE,
	SDP_KIND_MESSAGE,
	SDP_KIND_APPLICATION,
	SDP_KIND_TEXT,
};

/* id, name, RTP, SRTP, DTLS */
#define SDP_TRANSPORTS(X)                                                                          \
	X(SDP_RTP_AVP, "RTP/AVP", true, false, false)                                              \
	X(SDP_RTP_AVPF, "RTP/AVPF", true, false, false)                                            \
	X(SDP_RTP_SAVP, "RTP/SAVP", true, true, false)                                             \
	X(SDP_RTP_SAVPF, "RTP/SAVPF", true, true, false)                                           \
	X(SDP_UDP_TLS_RTP_SAVP, "UDP/TLS/RTP/SAVP", true, true, true)                              \
	X(SDP_UDP_TLS_RTP_SAVPF, "UDP/TLS/RTP/SAVPF", true, true, true)                            \
	X(SDP_UDPTL, "udptl", false, false, false)

#define SDP_TRANSPORT_ENUM(id, name, rtp, srtp, dtls) id,

enum sdp_transport { SDP_TRANSPORT_OTHER, SDP_TRANSPORTS(SDP_TRANSPORT_ENUM) SDP_TRANSPORT_COUNT };

struct sdp_attribute {
	enum sdp_attribute_id id;
	struct slice line;  /* behind "a=" */
	struct slice name;  /* before the colon */
	struct slice value; /* behind it; not there without one */
	struct sdp_attribute *next_of_format;
};

struct sdp_attribute sdp_attribute_read(struct slice line);
enum sdp_kind sdp_attribute_kind(struct slice media_type);
enum sdp_transport sdp_attribute_transport(struct slice proto);
const char *sdp_attribute_transport_name(enum sdp_transport transport);
bool sdp_attribute_is_rtp(enum sdp_transport transport);
bool sdp_attribute_is_srtp(enum sdp_transport transport);
bool sdp_attribute_is_dtls(enum sdp_transport transport);

/* "PT rest": the payload type of an rtpmap, fmtp or rtcp-fb. */
bool sdp_attribute_payload_type(struct slice value, unsigned *pt, struct slice *rest);

/* a=candidate (RFC 8839 5.1) */
struct sdp_candidate {
	struct slice foundation;
	unsigned component;
	struct slice transport;
	uint32_t priority;
	struct slice address;
	uint16_t port;
	struct slice type;
	struct slice related_address;
	uint16_t related_port;
};

bool sdp_attribute_candidate(struct slice value, struct sdp_candidate *candidate);

/* a=fingerprint (RFC 8122 5) */
struct sdp_fingerprint {
	struct slice hash;
	uint8_t digest[64];
	size_t len;
};

bool sdp_attribute_fingerprint(struct slice value, struct sdp_fingerprint *fingerprint);

#endif
