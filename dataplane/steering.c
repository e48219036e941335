/* SPDX-License-Identifier: BSD-3-Clause */
#include "steering.h"

#include <errno.h>
#include <rte_flow.h>

static struct rte_flow *make(
	uint16_t port_id, const struct steering_rule *rule, struct rte_flow_error *error)
{
	const struct rte_flow_attr attr = {.ingress = 1};
	const struct rte_flow_item_udp spec = {.hdr.dst_port = rte_cpu_to_be_16(rule->port_spec)};
	const struct rte_flow_item_udp mask = {.hdr.dst_port = rte_cpu_to_be_16(rule->port_mask)};
	const struct rte_flow_action_queue queue = {.index = rule->queue};
	const struct rte_flow_item pattern[] = {
		{.type = RTE_FLOW_ITEM_TYPE_ETH},
		{.type = rule->family == RELAY_FAMILY_IPV4 ? RTE_FLOW_ITEM_TYPE_IPV4
							   : RTE_FLOW_ITEM_TYPE_IPV6},
		{.type = RTE_FLOW_ITEM_TYPE_UDP, .spec = &spec, .mask = &mask},
		{.type = RTE_FLOW_ITEM_TYPE_END},
	};
	const struct rte_flow_action actions[] = {
		{.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &queue},
		{.type = RTE_FLOW_ACTION_TYPE_END},
	};

	if (rte_flow_validate(port_id, &attr, pattern, actions, error) != 0)
		return NULL;
	return rte_flow_create(port_id, &attr, pattern, actions, error);
}

int steering_apply(
	uint16_t port_id, const struct steering_rule *rules, uint32_t n, char why[STEERING_WHY])
{
	struct rte_flow_error error = {.message = NULL};

	for (uint32_t i = 0; i < n; i++) {
		if (make(port_id, &rules[i], &error) != NULL)
			continue;
		(void)snprintf(why, STEERING_WHY, "rule %u: %s", i,
			error.message != NULL ? error.message : "the driver gives no reason");
		(void)rte_flow_flush(port_id, &error);
		return -ENOTSUP;
	}
	return 0;
}
