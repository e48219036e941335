/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_status.h - what became of a command, by name.
 *
 * Invariant: RELAY_OK is 0; each value has one row, which gives enum, name and help.
 * Threads:   pure.
 * Ownership: names are static strings.
 * Units:     none.
 * Errors:    the functions answer "unknown" outside the enum.
 * Cost:      cold; fits a byte.
 */
#ifndef RELAY_STATUS_H
#define RELAY_STATUS_H

#define RELAY_STATUSES(X)                                                                          \
	X(OK, "ok", "done")                                                                        \
	X(BAD_VERSION, "bad_version", "message of another ABI version")                            \
	X(BAD_TYPE, "bad_type", "no such command")                                                 \
	X(BAD_RESERVED, "bad_reserved", "a reserved field is not zero, or 'set' names too little") \
	X(BAD_ENDPOINT, "bad_endpoint", "index is not of this worker's slots")                     \
	X(BAD_GENERATION, "bad_generation", "generation is 0, or the slot's last one")             \
	X(BAD_KIND, "bad_kind", "no such endpoint kind")                                           \
	X(BAD_LOCAL, "bad_local", "no such local address, or no media port")                       \
	X(BAD_PORT_CLASS, "bad_port_class", "the port belongs to another worker")                  \
	X(BAD_REMOTE, "bad_remote", "remote address malformed, or not of the local one's family")  \
	X(BAD_SOURCE, "bad_source", "no such source rule, or strict without a remote address")     \
	X(BAD_MEDIA, "bad_media", "carries neither RTP nor RTCP, or something else")               \
	X(BAD_DSCP, "bad_dscp", "DSCP is over 63")                                                 \
	X(BAD_ROUTE, "bad_route", "route to a slot of another worker, or to itself")               \
	X(BAD_CRYPTO, "bad_crypto", "suite, MKI, lifetime or SSRC state is not valid")             \
	X(SLOT_IN_USE, "slot_in_use", "an endpoint is installed in that slot")                     \
	X(PORT_IN_USE, "port_in_use", "another endpoint has that local address and port")          \
	X(NO_SUCH_ENDPOINT, "no_such_endpoint", "no endpoint of that index and generation")        \
	X(NO_MEMORY, "no_memory", "crypto memory is used up: raise media.crypto_memory_mb")

#define RELAY_STATUS_ENUM(id, name, help) RELAY_##id,
enum relay_status { RELAY_STATUSES(RELAY_STATUS_ENUM) RELAY_STATUS_COUNT };
#undef RELAY_STATUS_ENUM

const char *relay_status_name(unsigned status);
const char *relay_status_help(unsigned status);

#endif
