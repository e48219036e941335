/* SPDX-License-Identifier: BSD-3-Clause */
/* port.h - sets a NIC port up as the profile says, and tells what came of it.
 *
 * Invariant: a port that opened is started, with the queues of the profile; what was asked for and
 *            can't be had (offload, rules) is an error unless the profile says "auto".
 * Threads:   main.
 * Ownership: close stops the port.
 * Units:     bytes.
 * Errors:    -errno, with one line of log that says what to do.
 * Cost:      cold.
 */
#ifndef PORT_H
#define PORT_H

#include "hwprofile.h"
#include "relay_counters.h"

#include <rte_mempool.h>

struct port {
	uint16_t port_id;
	bool rx_offload, tx_offload; /* UDP checksums */
	bool steered;                /* by rules */
	uint8_t mac[6];
};

/* Whether the profile's devices may be used: behind an IOMMU, or allowed without. 'sysfs' is "/sys"
 * but in tests. -EPERM. */
int port_check_iommu(const struct hwprofile *profile, const char *sysfs);

int port_open(const struct hwprofile *profile, uint32_t index, struct rte_mempool *pool,
	struct port *port);
void port_close(const struct port *port);

/* The driver's counters, into the region. */
void port_publish(const struct port *port, struct relay_port_counters *to);

#endif
