/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_check.h - what must hold between the keys of a profile, and with the machine.
 *
 * Invariant: changes nothing but the list of faults; what the parser could not understand is passed
 *            over, so that one fault is told once.
 * Threads:   one.
 * Ownership: nothing is kept; a profile given to hwprofile_check_users stays the caller's.
 * Units:     as in hwprofile.h.
 * Errors:    added to the build's faults, each with the line of the setting to change.
 * Cost:      cold.
 */
#ifndef HWPROFILE_CHECK_H
#define HWPROFILE_CHECK_H

#include "hwprofile_machine.h"
#include "hwprofile_parse.h"

/* Cores, queues and the control socket; after hwprofile_fill_queues. */
void hwprofile_check_placement(
	struct hwprofile_build *build, const struct hwprofile_machine *machine);

/* hwprofile_check_ports.c: devices, addresses, next hops. */
void hwprofile_check_ports(struct hwprofile_build *build);

/* That the users exist whom a loaded profile names: else -ENOENT, and 'out' has a line for each.
 * Not part of loading, as host-setup tells it among what else the machine lacks. The path that it
 * was loaded by must still be there. */
int hwprofile_check_users(struct hwprofile *profile, FILE *out);

/* Whether all fits; after hwprofile_fill_memory, of a profile without other faults. */
void hwprofile_check_memory(struct hwprofile_build *build, const struct hwprofile_machine *machine);

#endif
