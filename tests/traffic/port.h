/* SPDX-License-Identifier: BSD-3-Clause */
/* port.h - a DPDK port with one queue each way, set up for the generator.
 *
 * Invariant: checksums are offloaded only if the port says that it can.
 * Threads:   main; the queues then belong to the worker.
 * Ownership: open allocates the pool and starts the port, close stops it.
 * Units:     descriptors in packets.
 * Errors:    -errno, having said why on stderr.
 * Cost:      cold.
 */
#ifndef PORT_H
#define PORT_H

#include "frame.h"

#include <rte_mbuf.h>
#include <stdint.h>

struct port_options {
	uint16_t descriptors;
	uint32_t mbufs;
	bool offload; /* checksums */
	int socket;   /* NUMA, or SOCKET_ID_ANY */
};

struct port {
	uint16_t id;
	uint8_t offload; /* FRAME_OFFLOAD_* */
	uint8_t mac[FRAME_MAC];
	struct rte_mempool *pool;
};

int port_open(struct port *port, const struct port_options *options);
void port_close(struct port *port);

#endif
