/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_options.h - the words of the protocol: the options that keys take.
 *
 * Invariant: one row gives the enum and the word, written as ng_words_normal makes them: small
 *            letters, hyphens. Other spellings are in ng_words.c.
 * Threads:   const data.
 * Ownership: static.
 * Units:     a set of options has bit i for option i: NG_BIT(i).
 * Errors:    none.
 * Cost:      none.
 */
#ifndef NG_OPTIONS_H
#define NG_OPTIONS_H

#include "ng_command.h"

#define NG_REPLACES(X)                                                                             \
	X(NG_REPLACE_FORCE_VERSION, "force-increment-sdp-ver")                                     \
	X(NG_REPLACE_ORIGIN, "origin")                                                             \
	X(NG_REPLACE_ORIGIN_FULL, "origin-full")                                                   \
	X(NG_REPLACE_SESSION_CONNECTION, "session-connection")                                     \
	X(NG_REPLACE_SDP_VERSION, "sdp-version")                                                   \
	X(NG_REPLACE_SESSION_NAME, "session-name")                                                 \
	X(NG_REPLACE_USERNAME, "username")                                                         \
	X(NG_REPLACE_ZERO_ADDRESS, "zero-address")

/* "require" means "offer", too. */
#define NG_MUXES(X)                                                                                \
	X(NG_MUX_ACCEPT, "accept")                                                                 \
	X(NG_MUX_DEMUX, "demux")                                                                   \
	X(NG_MUX_OFFER, "offer")                                                                   \
	X(NG_MUX_REJECT, "reject")                                                                 \
	X(NG_MUX_REQUIRE, "require")

/* "strict" means "require", and that means "offer", too. */
#define NG_BUNDLES(X)                                                                              \
	X(NG_BUNDLE_ACCEPT, "accept")                                                              \
	X(NG_BUNDLE_OFFER, "offer")                                                                \
	X(NG_BUNDLE_REJECT, "reject")                                                              \
	X(NG_BUNDLE_REQUIRE, "require")                                                            \
	X(NG_BUNDLE_STRICT, "strict")

/* "accept" alone means both. */
#define NG_OSRTPS(X)                                                                               \
	X(NG_OSRTP_OFFER, "offer")                                                                 \
	X(NG_OSRTP_OFFER_LEGACY, "offer-legacy")                                                   \
	X(NG_OSRTP_ACCEPT, "accept-rfc")                                                           \
	X(NG_OSRTP_ACCEPT_LEGACY, "accept-legacy")

#define NG_SDESES(X)                                                                               \
	X(NG_SDES_OFF, "off")                                                                      \
	X(NG_SDES_UNENCRYPTED_SRTP, "unencrypted-srtp")                                            \
	X(NG_SDES_UNENCRYPTED_SRTCP, "unencrypted-srtcp")                                          \
	X(NG_SDES_UNAUTHENTICATED_SRTP, "unauthenticated-srtp")                                    \
	X(NG_SDES_ENCRYPTED_SRTP, "encrypted-srtp")                                                \
	X(NG_SDES_ENCRYPTED_SRTCP, "encrypted-srtcp")                                              \
	X(NG_SDES_AUTHENTICATED_SRTP, "authenticated-srtp")                                        \
	X(NG_SDES_LIFETIME, "lifetime")                                                            \
	X(NG_SDES_PAD, "pad")                                                                      \
	X(NG_SDES_STATIC, "static")                                                                \
	X(NG_SDES_NONEW, "nonew")                                                                  \
	X(NG_SDES_PREFER, "prefer")

#define NG_DTLSES(X)                                                                               \
	X(NG_DTLS_OFF, "off")                                                                      \
	X(NG_DTLS_PASSIVE, "passive")                                                              \
	X(NG_DTLS_ACTIVE, "active")

#define NG_ICES(X)                                                                                 \
	X(NG_ICE_REMOVE, "remove")                                                                 \
	X(NG_ICE_FORCE, "force")                                                                   \
	X(NG_ICE_DEFAULT, "default")                                                               \
	X(NG_ICE_OPTIONAL, "optional")                                                             \
	X(NG_ICE_FORCE_RELAY, "force-relay")                                                       \
	X(NG_ICE_REJECT, "reject")                                                                 \
	X(NG_ICE_LITE_FORWARD, "lite-forward")                                                     \
	X(NG_ICE_LITE_BACKWARD, "lite-backward")                                                   \
	X(NG_ICE_LITE_BOTH, "lite-both")                                                           \
	X(NG_ICE_LITE_OFF, "lite-off")                                                             \
	X(NG_ICE_TRICKLE, "trickle")                                                               \
	X(NG_ICE_ICE2, "ice2")

#define NG_TRANSPORTS(X)                                                                           \
	X(NG_TRANSPORT_RTP_AVP, "rtp/avp")                                                         \
	X(NG_TRANSPORT_RTP_AVPF, "rtp/avpf")                                                       \
	X(NG_TRANSPORT_RTP_SAVP, "rtp/savp")                                                       \
	X(NG_TRANSPORT_RTP_SAVPF, "rtp/savpf")                                                     \
	X(NG_TRANSPORT_UDP_TLS_RTP_SAVP, "udp/tls/rtp/savp")                                       \
	X(NG_TRANSPORT_UDP_TLS_RTP_SAVPF, "udp/tls/rtp/savpf")                                     \
	X(NG_TRANSPORT_ACCEPT, "accept")

#define NG_LEARNINGS(X)                                                                            \
	X(NG_LEARNING_OFF, "off")                                                                  \
	X(NG_LEARNING_IMMEDIATE, "immediate")                                                      \
	X(NG_LEARNING_DELAYED, "delayed")                                                          \
	X(NG_LEARNING_HEURISTIC, "heuristic")

#define NG_DROPS(X)                                                                                \
	X(NG_DROP_START, "start")                                                                  \
	X(NG_DROP_STOP, "stop")

enum ng_replace { NG_REPLACES(NG_WORD_ENUM) NG_REPLACE_COUNT };
enum ng_mux { NG_MUXES(NG_WORD_ENUM) NG_MUX_COUNT };
enum ng_bundle { NG_BUNDLES(NG_WORD_ENUM) NG_BUNDLE_COUNT };
enum ng_osrtp { NG_OSRTPS(NG_WORD_ENUM) NG_OSRTP_COUNT };
enum ng_sdes { NG_SDESES(NG_WORD_ENUM) NG_SDES_COUNT };
enum ng_dtls { NG_DTLSES(NG_WORD_ENUM) NG_DTLS_COUNT };
enum ng_ice { NG_ICES(NG_WORD_ENUM) NG_ICE_COUNT };
enum ng_transport { NG_TRANSPORT_NONE, NG_TRANSPORTS(NG_WORD_ENUM) NG_TRANSPORT_COUNT };

enum ng_learning { NG_LEARNING_DEFAULT, NG_LEARNINGS(NG_WORD_ENUM) NG_LEARNING_COUNT };
enum ng_drop { NG_DROP_NONE, NG_DROPS(NG_WORD_ENUM) NG_DROP_COUNT };
enum ng_message { NG_MESSAGE_UNKNOWN, NG_MESSAGE_REQUEST, NG_MESSAGE_REPLY };

#endif
