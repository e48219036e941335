/* SPDX-License-Identifier: BSD-3-Clause */
/* endpoint_check.h - whether a command can be carried out: nothing of it is believed before.
 *
 * Invariant: pure; RELAY_OK means that indices, addresses and lengths in the command are in bounds.
 * Threads:   the worker.
 * Ownership: the caller's.
 * Units:     none.
 * Errors:    the first fault, by name.
 * Cost:      some comparisons.
 */
#ifndef ENDPOINT_CHECK_H
#define ENDPOINT_CHECK_H

#include "endpoint.h"

enum relay_status endpoint_check_command(
	const struct endpoints *e, const struct relay_command *command);
enum relay_status endpoint_check_crypto(const struct relay_crypto *crypto);

#endif
