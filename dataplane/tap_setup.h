/* SPDX-License-Identifier: BSD-3-Clause */
/* tap_setup.h - makes a TAP interface what its port is: MAC, MTU, addresses, VLANs, up.
 *
 * Invariant: after an error the interface is half made, and has to go.
 * Threads:   one thread.
 * Ownership: keeps nothing.
 * Units:     as in tap.h.
 * Errors:    0 or -errno; one line to 'out'.
 * Cost:      cold: a question of netlink for each thing.
 */
#ifndef TAP_SETUP_H
#define TAP_SETUP_H

#include "tap.h"

int tap_setup_run(const struct tap_config *config, int ifindex, FILE *out);

#endif
