/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_command.h - the words of the protocol: commands and flags.
 *
 * Invariant: one row gives the enum and the word, written as ng_words_normal makes them: small
 *            letters, hyphens. Other spellings are in ng_words.c.
 * Threads:   const data.
 * Ownership: static.
 * Units:     a set of options has bit i for option i: NG_BIT(i).
 * Errors:    NG_REFUSED is any command that the protocol has and a relay does not do.
 * Cost:      none.
 */
#ifndef NG_COMMAND_H
#define NG_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#define NG_COMMANDS(X)                                                                             \
	X(NG_PING, "ping")                                                                         \
	X(NG_OFFER, "offer")                                                                       \
	X(NG_ANSWER, "answer")                                                                     \
	X(NG_DELETE, "delete")                                                                     \
	X(NG_QUERY, "query")                                                                       \
	X(NG_LIST_CALLS, "list")                                                                   \
	X(NG_STATISTICS, "statistics")                                                             \
	X(NG_BLOCK_MEDIA, "block-media")                                                           \
	X(NG_UNBLOCK_MEDIA, "unblock-media")

/* Flags that mean something to a relay. */
#define NG_FLAGS(X)                                                                                \
	X(NG_FLAG_ALL, "all")                                                                      \
	X(NG_FLAG_ASYMMETRIC, "asymmetric")                                                        \
	X(NG_FLAG_BIDIRECTIONAL, "bidirectional")                                                  \
	X(NG_FLAG_BLOCK_SHORT, "block-short")                                                      \
	X(NG_FLAG_DEBUG, "debug")                                                                  \
	X(NG_FLAG_DIRECTIONAL, "directional")                                                      \
	X(NG_FLAG_EARLY_MEDIA, "early-media")                                                      \
	X(NG_FLAG_FATAL, "fatal")                                                                  \
	X(NG_FLAG_FAST, "fast")                                                                    \
	X(NG_FLAG_FRAGMENT, "fragment")                                                            \
	X(NG_FLAG_FULL_RTCP_ATTRIBUTE, "full-rtcp-attribute")                                      \
	X(NG_FLAG_GENERATE_MID, "generate-mid")                                                    \
	X(NG_FLAG_INACTIVE, "inactive")                                                            \
	X(NG_FLAG_LOOP_PROTECT, "loop-protect")                                                    \
	X(NG_FLAG_MEDIA_HANDOVER, "media-handover")                                                \
	X(NG_FLAG_NAT_WAIT, "nat-wait")                                                            \
	X(NG_FLAG_NEW_BRANCH, "new-branch")                                                        \
	X(NG_FLAG_NO_PORT_LATCHING, "no-port-latching")                                            \
	X(NG_FLAG_NO_RTCP_ATTRIBUTE, "no-rtcp-attribute")                                          \
	X(NG_FLAG_NO_TLS_ID, "no-tls-id")                                                          \
	X(NG_FLAG_ORIGINAL_SENDRECV, "original-sendrecv")                                          \
	X(NG_FLAG_PAD_CRYPTO, "pad-crypto")                                                        \
	X(NG_FLAG_PIERCE_NAT, "pierce-nat")                                                        \
	X(NG_FLAG_PORT_LATCHING, "port-latching")                                                  \
	X(NG_FLAG_PROVISIONAL, "provisional")                                                      \
	X(NG_FLAG_RECRYPT, "recrypt")                                                              \
	X(NG_FLAG_REJECT_ICE, "reject-ice")                                                        \
	X(NG_FLAG_RESET, "reset")                                                                  \
	X(NG_FLAG_SIP_SOURCE_ADDRESS, "sip-source-address")                                        \
	X(NG_FLAG_STRICT_SOURCE, "strict-source")                                                  \
	X(NG_FLAG_STRIP_EXTMAP, "strip-extmap")                                                    \
	X(NG_FLAG_SYMMETRIC, "symmetric")                                                          \
	X(NG_FLAG_TO_TAG, "to-tag")                                                                \
	X(NG_FLAG_TRICKLE_ICE, "trickle-ice")                                                      \
	X(NG_FLAG_TRUST_ADDRESS, "trust-address")                                                  \
	X(NG_FLAG_UNIDIRECTIONAL, "unidirectional")                                                \
	X(NG_FLAG_WEBRTC, "webrtc")

#define NG_WORD_ENUM(id, word) id,

enum ng_command { NG_COMMANDS(NG_WORD_ENUM) NG_REFUSED, NG_COMMAND_COUNT };
enum ng_flag { NG_FLAGS(NG_WORD_ENUM) NG_FLAG_COUNT };

_Static_assert(NG_FLAG_COUNT <= 64, "a set of flags is one word");

#define NG_BIT(option) (UINT64_C(1) << (option))

static inline bool ng_options_has(uint64_t set, unsigned option)
{
	return (set >> option & 1) != 0;
}

#endif
