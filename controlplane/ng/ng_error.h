/* SPDX-License-Identifier: BSD-3-Clause */
/* ng_error.h - what may be wrong with a request, in the words that SIP proxies compare.
 *
 * Invariant: one row an error; the text is what the protocol's "error-reason" says, to the letter.
 * Threads:   const data.
 * Ownership: static.
 * Units:     none.
 * Errors:    ng_error_text of NG_OK is "".
 * Cost:      an array.
 */
#ifndef NG_ERROR_H
#define NG_ERROR_H

#define NG_ERRORS(X)                                                                               \
	X(NG_ERROR_BENCODE, "Could not decode bencode dictionary")                                 \
	X(NG_ERROR_JSON, "Failed to parse JSON document")                                          \
	X(NG_ERROR_FORMAT, "Invalid NG data format")                                               \
	X(NG_ERROR_NO_PAYLOAD, "Invalid data (no payload)")                                        \
	X(NG_ERROR_NO_COMMAND, "Dictionary contains no key \"command\"")                           \
	X(NG_ERROR_COMMAND, "Unrecognized command")                                                \
	X(NG_ERROR_UNSUPPORTED, "unsupported")                                                     \
	X(NG_ERROR_NO_SDP, "No SDP body in message")                                               \
	X(NG_ERROR_NO_CALL_ID, "No call-id in message")                                            \
	X(NG_ERROR_NO_FROM_TAG, "No from-tag in message")                                          \
	X(NG_ERROR_NO_TO_TAG, "No to-tag in message")                                              \
	X(NG_ERROR_LIMIT, "invalid limit, must be >= 0")                                           \
	X(NG_ERROR_UNKNOWN_CALL, "Unknown call-id")                                                \
	X(NG_ERROR_UNKNOWN_TAGS, "Call-ID not found or tags didn't match")                         \
	X(NG_ERROR_SDP, "Failed to parse SDP")                                                     \
	X(NG_ERROR_SDP_INCOMPLETE, "Incomplete SDP specification")                                 \
	X(NG_ERROR_ASSOCIATION, "Invalid dialogue association")                                    \
	X(NG_ERROR_REWRITING, "Error rewriting SDP")                                               \
	X(NG_ERROR_NO_PORTS, "Ran out of ports")                                                   \
	X(NG_ERROR_SESSIONS, "Parallel session limit reached")                                     \
	X(NG_ERROR_CPU, "CPU usage limit exceeded")                                                \
	X(NG_ERROR_LOAD, "Load limit exceeded")                                                    \
	X(NG_ERROR_BANDWIDTH, "Bandwidth limit exceeded")                                          \
	X(NG_ERROR_ENCRYPTION, "Encryption is required on this interface")                         \
	X(NG_ERROR_NO_ENCRYPTION, "Encryption is forbidden on this interface")                     \
	X(NG_ERROR_CRYPTO, "No usable crypto suite in SDP")                                        \
	X(NG_ERROR_FAMILY, "Interface has no address of that family")                              \
	X(NG_ERROR_MEMORY, "Out of memory")

#define NG_ERROR_ENUM(id, text) id,

enum ng_error { NG_OK, NG_ERRORS(NG_ERROR_ENUM) NG_ERROR_COUNT };

const char *ng_error_text(enum ng_error error);

#endif
