/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include "hwprofile_text.h"
#include "log.h"
#include "steering.h"

#include <errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* EAL's name of a device: a vdev's without arguments. */
static int find(const struct hwprofile_port *p, uint16_t *port_id)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t len = strcspn(p->device, ",");

	if (len >= sizeof(name))
		return -ENAMETOOLONG;
	memcpy(name, p->device, len);
	name[len] = '\0';
	if (rte_eth_dev_get_port_by_name(name, port_id) == 0)
		return 0;
	log_line(LOG_LEVEL_ERROR, "port", "name=%s device=%s no driver took it: %s", p->name,
		p->device,
		p->is_vdev ? "do its interface and arguments exist?"
			   : "is it bound to vfio-pci? See scripts/host-setup.sh --check");
	return -ENODEV;
}

/* The vhost driver does not listen where a file is, be it of a data plane that died. One that a
 * process listens at stays, and the driver says so. */
static void remove_stale_socket(const struct hwprofile_port *p)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char client[8];
	int fd;

	if (strncmp(p->device, "net_vhost", strlen("net_vhost")) != 0)
		return;
	hwprofile_text_argument(p->device, "iface", addr.sun_path, sizeof(addr.sun_path));
	hwprofile_text_argument(p->device, "client", client, sizeof(client));
	if (addr.sun_path[0] == '\0' || strcmp(client, "1") == 0)
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0 && errno == ECONNREFUSED)
		(void)unlink(addr.sun_path);
	(void)close(fd);
}

/* AUTO takes what is there, OFFLOAD insists. */
static int want_offload(
	const struct hwprofile_port *p, enum hwprofile_checksum want, bool have, const char *which)
{
	if (want != HWPROFILE_CHECKSUM_OFFLOAD || have)
		return 0;
	log_line(LOG_LEVEL_ERROR, "port",
		"name=%s %s checksum offload is not to be had from this device: say \"auto\" or "
		"\"software\"",
		p->name, which);
	return -ENOTSUP;
}

static bool offload_chosen(enum hwprofile_checksum want, bool have)
{
	return have && (want == HWPROFILE_CHECKSUM_AUTO || want == HWPROFILE_CHECKSUM_OFFLOAD);
}

static int choose_offloads(const struct hwprofile_port *p, const struct rte_eth_dev_info *info,
	struct port *port, struct rte_eth_conf *conf)
{
	const uint64_t rx = RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	bool have_rx = (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_UDP_CKSUM) != 0;
	bool have_tx = (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
	int err = want_offload(p, p->rx_checksum, have_rx, "receive");

	if (err == 0)
		err = want_offload(p, p->tx_checksum, have_tx, "send");
	if (err != 0)
		return err;
	port->rx_offload = offload_chosen(p->rx_checksum, have_rx);
	port->tx_offload = offload_chosen(p->tx_checksum, have_tx);
	if (port->rx_offload)
		conf->rxmode.offloads |= rx & info->rx_offload_capa;
	if (port->tx_offload)
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	if (p->multi_segment)
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER & info->rx_offload_capa;
	/* our mbufs come from one pool, unshared and unchained */
	conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE & info->tx_offload_capa;
	return 0;
}

static void choose_rss(const struct hwprofile_port *p, const struct rte_eth_dev_info *info,
	struct rte_eth_conf *conf)
{
	const uint64_t udp = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;

	if (p->rx_queues < 2 || p->steering == HWPROFILE_STEERING_SINGLE ||
		(info->flow_type_rss_offloads & udp) == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = udp & info->flow_type_rss_offloads;
}

static int set_queues(const struct hwprofile_port *p, uint16_t port_id, struct rte_mempool *pool)
{
	int socket = rte_eth_dev_socket_id(port_id);
	unsigned on = socket < 0 ? rte_socket_id() : (unsigned)socket;
	uint16_t rx = p->rx_descriptors, tx = p->tx_descriptors;
	int err = rte_eth_dev_adjust_nb_rx_tx_desc(port_id, &rx, &tx);

	for (uint16_t q = 0; q < p->rx_queues && err == 0; q++)
		err = rte_eth_rx_queue_setup(port_id, q, rx, on, NULL, pool);
	for (uint16_t q = 0; q < p->tx_queues && err == 0; q++)
		err = rte_eth_tx_queue_setup(port_id, q, tx, on, NULL);
	return err;
}

static int configure(const struct hwprofile_port *p, struct rte_mempool *pool, struct port *port)
{
	struct rte_eth_conf conf = {.rxmode.mtu = p->mtu};
	struct rte_eth_dev_info info;
	int err = rte_eth_dev_info_get(port->port_id, &info);

	if (err != 0)
		return err;
	if (p->rx_queues > info.max_rx_queues || p->tx_queues > info.max_tx_queues) {
		log_line(LOG_LEVEL_ERROR, "port",
			"name=%s the device has %u receive and %u send queues, the profile wants "
			"%u and %u: use fewer workers, or give the device more queues",
			p->name, info.max_rx_queues, info.max_tx_queues, p->rx_queues,
			p->tx_queues);
		return -EINVAL;
	}
	choose_rss(p, &info, &conf);
	err = choose_offloads(p, &info, port, &conf);
	if (err == 0)
		err = rte_eth_dev_configure(port->port_id, p->rx_queues, p->tx_queues, &conf);
	if (err == 0)
		err = set_queues(p, port->port_id, pool);
	return err;
}

static int start(const struct hwprofile_port *p, const struct port *port)
{
	int err = rte_eth_dev_start(port->port_id);

	if (err != 0)
		return err;
	/* most virtual devices can't, and need not */
	if (rte_eth_dev_set_mtu(port->port_id, p->mtu) != 0)
		log_line(LOG_LEVEL_INFO, "port", "name=%s mtu=%u is not set on the device", p->name,
			p->mtu);
	if (p->promiscuous)
		(void)rte_eth_promiscuous_enable(port->port_id);
	/* IPv6 neighbours ask by multicast */
	if (p->exception == HWPROFILE_EXCEPTION_TAP)
		(void)rte_eth_allmulticast_enable(port->port_id);
	return 0;
}

static int steer(const struct hwprofile *profile, uint32_t index, struct port *port)
{
	const struct hwprofile_port *p = &profile->ports[index];
	struct steering_rule rules[STEERING_RULES_MAX];
	uint32_t n = steering_rules(profile, index, rules);
	char why[STEERING_WHY];
	int err;

	if (n == 0 ||
		(p->steering != HWPROFILE_STEERING_FLOW && p->steering != HWPROFILE_STEERING_AUTO))
		return 0;
	err = steering_apply(port->port_id, rules, n, why);
	port->steered = err == 0;
	if (err == 0)
		return 0;
	if (p->steering == HWPROFILE_STEERING_AUTO) {
		log_line(LOG_LEVEL_INFO, "port",
			"name=%s steering=rss, as rte_flow said: %s; workers hand packets off",
			p->name, why);
		return 0;
	}
	log_line(LOG_LEVEL_ERROR, "port",
		"name=%s steering by rte_flow: %s; say \"auto\" or \"rss\"", p->name, why);
	return err;
}

int port_open(const struct hwprofile *profile, uint32_t index, struct rte_mempool *pool,
	struct port *port)
{
	const struct hwprofile_port *p = &profile->ports[index];
	struct rte_ether_addr mac;
	int err = find(p, &port->port_id);

	if (err != 0)
		return err;
	remove_stale_socket(p);
	err = configure(p, pool, port);
	if (err == 0)
		err = start(p, port);
	if (err == 0)
		err = steer(profile, index, port);
	if (err == 0)
		err = rte_eth_macaddr_get(port->port_id, &mac);
	if (err != 0) {
		log_line(LOG_LEVEL_ERROR, "port", "name=%s device=%s can't be set up: %s", p->name,
			p->device, strerrordesc_np(-err));
		port_close(port);
		return err;
	}
	memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	log_line(LOG_LEVEL_INFO, "port",
		"name=%s device=%s queues=%u rx_checksum=%s tx_checksum=%s steering=%s", p->name,
		p->device, p->rx_queues, port->rx_offload ? "offload" : "software",
		port->tx_offload ? "offload" : "software",
		port->steered ? "rte_flow" : (p->rx_queues > 1 ? "hand-off" : "single"));
	return 0;
}

void port_close(const struct port *port)
{
	(void)rte_eth_dev_stop(port->port_id);
	(void)rte_eth_dev_close(port->port_id);
}

void port_publish(const struct port *port, struct relay_port_counters *to)
{
	struct rte_eth_link link = {.link_status = RTE_ETH_LINK_DOWN};
	struct rte_eth_stats s;

	if (rte_eth_stats_get(port->port_id, &s) != 0)
		return;
	(void)rte_eth_link_get_nowait(port->port_id, &link);
	const uint64_t counts[RELAY_PORT_COUNT] = {
		[RELAY_PORT_RX] = s.ipackets,
		[RELAY_PORT_TX] = s.opackets,
		[RELAY_PORT_RX_BYTES] = s.ibytes,
		[RELAY_PORT_TX_BYTES] = s.obytes,
		[RELAY_PORT_RX_MISSED] = s.imissed,
		[RELAY_PORT_RX_ERRORS] = s.ierrors,
		[RELAY_PORT_RX_NO_MBUF] = s.rx_nombuf,
		[RELAY_PORT_TX_ERRORS] = s.oerrors,
		[RELAY_PORT_LINK_UP] = link.link_status == RTE_ETH_LINK_UP,
	};
	for (uint32_t i = 0; i < RELAY_PORT_COUNT; i++)
		/* relaxed: each stands for itself */
		atomic_store_explicit(&to->counts[i], counts[i], memory_order_relaxed);
}
