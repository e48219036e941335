/* SPDX-License-Identifier: BSD-3-Clause */
/* steering.h - brings the packets of a UDP port to the queue of the worker that owns it, by
 * rte_flow rules on the masked destination port.
 *
 * Invariant: every port class has a rule for each IP family, or none has: the rules follow from
 *            the profile alone. Packets that no rule takes come by RSS or queue 0, and a worker
 *            that gets one of another's hands it off.
 * Threads:   main, before workers run.
 * Ownership: rules belong to the port, and go with it.
 * Units:     ports and masks in host order.
 * Errors:    apply: 0 or -errno, with the driver's words in 'why'; rules made before are removed.
 * Cost:      cold.
 */
#ifndef STEERING_H
#define STEERING_H

#include "hwprofile.h"
#include "relay_layout.h"

#include <stdio.h>

enum { STEERING_RULES_MAX = 2 * RELAY_CLASSES, STEERING_WHY = 160 };

struct steering_rule {
	uint8_t family; /* enum relay_family */
	uint16_t port_spec, port_mask;
	uint16_t queue;
};

/* The rules of a port; 0 if it needs none, having one queue, or a class whose worker polls no queue
 * of it. */
uint32_t steering_rules(const struct hwprofile *profile, uint32_t port,
	struct steering_rule rules[STEERING_RULES_MAX]);

void steering_print(const struct hwprofile *profile, uint32_t port, FILE *out);

int steering_apply(
	uint16_t port_id, const struct steering_rule *rules, uint32_t n, char why[STEERING_WHY]);

#endif
