/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_status.h - what became of a packet or of a call into crypto/, by name.
 *
 * Invariant: SRTP_OK is 0; each value has one row, which gives enum, name and help.
 * Threads:   pure.
 * Ownership: names are static strings.
 * Units:     none.
 * Errors:    srtp_status_name and srtp_status_help answer "unknown" outside the enum.
 * Cost:      cold; the enum itself fits a byte.
 */
#ifndef SRTP_STATUS_H
#define SRTP_STATUS_H

/* What one packet of a burst can meet; a data plane maps these 1:1 to drop reasons. */
#define SRTP_PACKET_STATUSES(X)                                                                    \
	X(OK, "ok", "protected or verified")                                                       \
	X(BAD_LENGTH, "bad_length",                                                                \
		"shorter than headers and trailer; over 65535, header over 2048")                  \
	X(BAD_VERSION, "bad_version", "RTP or RTCP version is not 2")                              \
	X(NO_ROOM, "no_room", "buffer has no room for MKI, index and tag, or is shorter than len") \
	X(NO_STREAM, "no_stream", "SSRC is new and its context has no place for it")               \
	X(REPLAYED, "replayed", "packet index was seen before")                                    \
	X(TOO_OLD, "too_old", "packet index lies before the replay window")                        \
	X(JUMPED, "jumped",                                                                        \
		"sequence is far ahead of its stream; another in sequence confirms it")            \
	X(TAG_MISMATCH, "tag_mismatch", "authentication tag does not verify")                      \
	X(WRONG_MKI, "wrong_mki", "master key identifier is not the context's")                    \
	X(NOT_ENCRYPTED, "not_encrypted", "SRTCP packet without the E bit")                        \
	X(KEY_USED_UP, "key_used_up", "hard limit of the master key, or last index, is reached")   \
	X(BAD_PACKET, "bad_packet", "no data, or a kind that is neither SRTP nor SRTCP")           \
	X(WRONG_CONTEXT, "wrong_context", "context missing, of other direction or other backend")  \
	X(CRYPTO_FAILED, "crypto_failed", "the backend could not carry out the operation")

/* What the cold calls (making contexts and engines, setting state) can meet besides. */
#define SRTP_SETUP_STATUSES(X)                                                                     \
	X(NULL_ARGUMENT, "null_argument", "a pointer that must be given is NULL")                  \
	X(BAD_SUITE, "bad_suite", "no such protection profile")                                    \
	X(BAD_KEY_LENGTH, "bad_key_length", "master key is not of the suite's length")             \
	X(BAD_SALT_LENGTH, "bad_salt_length", "master salt is not of the suite's length")          \
	X(BAD_MKI_LENGTH, "bad_mki_length", "MKI is over 4 bytes")                                 \
	X(BAD_WINDOW, "bad_window", "replay window is no power of two from 64 to 4096")            \
	X(BAD_SSRC_LIMIT, "bad_ssrc_limit", "SSRC table bound is over 64")                         \
	X(BAD_LIFETIME, "bad_lifetime", "key lifetime is over 2^48 SRTP or 2^31 SRTCP packets")    \
	X(BAD_DIRECTION, "bad_direction", "direction is neither protect nor unprotect")            \
	X(BAD_ISA, "bad_isa", "backend does not know or processor lacks that instruction set")     \
	X(BAD_BACKEND, "bad_backend", "no backend of that name")                                   \
	X(BAD_MEMORY, "bad_memory", "context memory is not aligned to 64 bytes, or too small")     \
	X(STATE_BACKWARDS, "state_backwards", "index to set lies before one already used")         \
	X(NO_SUCH_SSRC, "no_such_ssrc", "context holds no state for that SSRC")                    \
	X(NO_MEMORY, "no_memory", "allocation failed")                                             \
	X(SELF_TEST_FAILED, "self_test_failed", "backend does not give the known answers")

#define SRTP_STATUS_ENUM(id, name, help) SRTP_##id,
enum srtp_status {
	SRTP_PACKET_STATUSES(SRTP_STATUS_ENUM) SRTP_PACKET_STATUS_COUNT,
	SRTP_SETUP_STATUS_FIRST = SRTP_PACKET_STATUS_COUNT - 1,
	SRTP_SETUP_STATUSES(SRTP_STATUS_ENUM) SRTP_STATUS_COUNT
};
#undef SRTP_STATUS_ENUM

const char *srtp_status_name(enum srtp_status status);
const char *srtp_status_help(enum srtp_status status);

#endif
