/* SPDX-License-Identifier: BSD-3-Clause */
/* srtp_engine.h - a thread's instance of a crypto backend.
 *
 * Invariant: an engine exists only if its backend gave the known answers of every suite.
 * Threads:   create and destroy engines one at a time (libipsec-mb has a process-wide errno);
 *            one engine a thread; it may run any context made by an engine of the same
 *            backend and instruction set.
 * Ownership: create allocates, destroy wipes and frees (NULL accepted). Contexts are not
 *            the engine's and may outlive it.
 * Units:     the clock in seconds, modulo 2^16.
 * Errors:    create: SRTP_BAD_BACKEND, SRTP_BAD_ISA, SRTP_NO_MEMORY, SRTP_SELF_TEST_FAILED;
 *            '*engine' is then NULL.
 * Cost:      cold: create runs the self-test, below 10 ms; an ipsec_mb engine is 240 KB.
 */
#ifndef SRTP_ENGINE_H
#define SRTP_ENGINE_H

#include "srtp_status.h"

#include <stdint.h>

struct srtp_engine;
struct backend;

/* 'backend': "ipsec_mb" or "libsrtp2", NULL for the first of the table that opens and passes,
 * ipsec_mb before libsrtp2. 'isa': "auto" or NULL for the best that the processor has, or a name of
 * the backend's list (tests). */
enum srtp_status srtp_engine_create(
	const char *backend, const char *isa, struct srtp_engine **engine);

/* The same with a descriptor: for a backend that is not in the table. */
enum srtp_status srtp_engine_create_with(
	const struct backend *backend, const char *isa, struct srtp_engine **engine);
void srtp_engine_destroy(struct srtp_engine *engine);

/* The time of the packets that follow, by any clock that goes on: which SSRCs are silent is told by
 * it. Without it none ever is. */
void srtp_engine_set_clock(struct srtp_engine *engine, uint32_t now_s);

/* "ipsec_mb 1.3.0 avx512+vaes", for a log line. */
const char *srtp_engine_describe(const struct srtp_engine *engine);

#endif
