/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <stdio.h>

enum { POOL_CACHE = 256 };

static int fail(const char *what, int error)
{
	(void)fprintf(stderr, "sluice-trafficgen: port: %s: %s\n", what, rte_strerror(-error));
	return error;
}

static int find_first(uint16_t *id)
{
	uint64_t first = rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER);

	*id = (uint16_t)first;
	if (first < RTE_MAX_ETHPORTS)
		return 0;
	return fail("none that starts: give --port, or a device in the EAL's arguments; of a "
		    "virtio-user device 'path' must be the socket of a relay that runs",
		-ENODEV);
}

/* Asks for what the port can; what it can't is done here. */
static int choose_offloads(struct port *port, const struct port_options *options,
	const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	uint64_t rx = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;

	conf->txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (!options->offload)
		return 0; /* so that drivers take their fastest ways */
	conf->rxmode.offloads = info->rx_offload_capa & rx;
	if ((info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0) {
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
		port->offload |= FRAME_OFFLOAD_IP;
	}
	if ((info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0) {
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
		port->offload |= FRAME_OFFLOAD_UDP;
	}
	if (port->offload == 0)
		return fail("offers no checksum offload: leave --checksum offload out", -ENOTSUP);
	return 0;
}

static int set_queues(struct port *port, const struct port_options *options)
{
	uint16_t n_rx = options->descriptors, n_tx = n_rx;
	int error = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &n_rx, &n_tx);

	if (error == 0)
		error = rte_eth_rx_queue_setup(
			port->id, 0, n_rx, (unsigned)options->socket, NULL, port->pool);
	if (error == 0)
		error = rte_eth_tx_queue_setup(port->id, 0, n_tx, (unsigned)options->socket, NULL);
	return error != 0 ? fail("its queues", error) : 0;
}

static int start(struct port *port, const struct port_options *options)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {.rxmode.mtu = RTE_ETHER_MTU};
	struct rte_ether_addr mac;
	int error = rte_eth_dev_info_get(port->id, &info);

	if (error != 0)
		return fail("no information", error);
	error = choose_offloads(port, options, &info, &conf);
	if (error != 0)
		return error;
	error = rte_eth_dev_configure(port->id, 1, 1, &conf);
	if (error != 0)
		return fail("configuration", error);
	error = set_queues(port, options);
	if (error != 0)
		return error;
	error = rte_eth_macaddr_get(port->id, &mac);
	if (error == 0)
		error = rte_eth_dev_start(port->id);
	if (error != 0)
		return fail("start", error);
	(void)rte_eth_allmulticast_enable(port->id); /* solicitations; not every port knows it */
	memcpy(port->mac, mac.addr_bytes, FRAME_MAC);
	return 0;
}

int port_open(struct port *port, const struct port_options *options)
{
	int error = find_first(&port->id);

	if (error != 0)
		return error;
	port->offload = 0;
	port->pool = rte_pktmbuf_pool_create("traffic", options->mbufs, POOL_CACHE, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, options->socket);
	if (port->pool == NULL)
		return fail("mbufs", -rte_errno);
	error = start(port, options);
	if (error != 0)
		rte_mempool_free(port->pool);
	return error;
}

void port_close(struct port *port)
{
	(void)rte_eth_dev_stop(port->id);
	(void)rte_eth_dev_close(port->id);
	rte_mempool_free(port->pool);
}
