/* SPDX-License-Identifier: BSD-3-Clause */
#include "steering.h"

/* With a power of two of workers a class's worker is its low bits, so fewer rules do. */
static uint32_t groups(uint32_t workers)
{
	return (workers & (workers - 1)) == 0 ? workers : RELAY_CLASSES;
}

uint32_t steering_rules(const struct hwprofile *profile, uint32_t port,
	struct steering_rule rules[STEERING_RULES_MAX])
{
	static const uint8_t families[] = {RELAY_FAMILY_IPV4, RELAY_FAMILY_IPV6};
	uint32_t n_groups = groups(profile->n_workers);
	uint32_t n = 0;

	if (profile->ports[port].rx_queues < 2 || profile->n_workers < 2)
		return 0;
	for (uint32_t f = 0; f < 2; f++) {
		for (uint32_t group = 0; group < n_groups; group++) {
			uint32_t worker = group % profile->n_workers;
			uint16_t queue = profile->workers[worker].queue[port];

			if (queue == HWPROFILE_NO_QUEUE)
				return 0;
			rules[n++] = (struct steering_rule){
				.family = families[f],
				.port_spec = (uint16_t)(group << 1),
				.port_mask = (uint16_t)((n_groups - 1) << 1),
				.queue = queue,
			};
		}
	}
	return n;
}

void steering_print(const struct hwprofile *profile, uint32_t port, FILE *out)
{
	struct steering_rule rules[STEERING_RULES_MAX];
	uint32_t n = steering_rules(profile, port, rules);

	for (uint32_t i = 0; i < n; i++)
		(void)fprintf(out, "  rule %u: IPv%u UDP dst port & 0x%04x == 0x%04x -> queue %u\n",
			i, rules[i].family, rules[i].port_mask, rules[i].port_spec, rules[i].queue);
}
