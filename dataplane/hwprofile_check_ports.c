/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_check.h"

#include "hwprofile_text.h"

#include <stdlib.h>
#include <string.h>

enum { MTU_ONE_SEGMENT = 2000 }; /* with Ethernet, VLAN and FCS it fits one buffer */

static unsigned line_of(const struct hwprofile_build *b, uint32_t port, const char *key)
{
	return config_table_line(&b->config, "ports.[%u].%s", port, key);
}

static void check_descriptors(
	struct hwprofile_build *b, uint32_t port, const char *key, uint16_t value)
{
	if ((value & (value - 1)) != 0)
		config_faults_add(&b->faults, line_of(b, port, key),
			"'%s' is %u: write a power of 2, such as %u, which vector receive needs",
			key, value, 1u << (31 - __builtin_clz(value)));
}

/* Names of interfaces and ports go into logs, metrics and file names. */
static void check_name(struct hwprofile_build *b, uint32_t port, const char *key, const char *name)
{
	if (name != NULL && !hwprofile_text_is_name(name))
		config_faults_add(&b->faults, line_of(b, port, key),
			"'%s' is \"%s\": letters, digits, '_', '-' and '.' make a name", key, name);
}

/* What makes two devices the same: the PCI address, or the name of the vdev. */
static void identity(const struct hwprofile_port *port, char id[HWPROFILE_DRIVER_BYTES])
{
	char pci[HWPROFILE_PCI_BYTES];

	if (hwprofile_text_device(port->device, pci) == NULL && pci[0] != '\0')
		(void)snprintf(id, HWPROFILE_DRIVER_BYTES, "%s", pci);
	else
		(void)snprintf(id, HWPROFILE_DRIVER_BYTES, "%.*s", (int)strcspn(port->device, ","),
			port->device);
}

static void check_twins(struct hwprofile_build *b, uint32_t i, uint32_t j)
{
	const struct hwprofile_port *p = &b->profile.ports[i], *q = &b->profile.ports[j];
	char id[HWPROFILE_DRIVER_BYTES], other[HWPROFILE_DRIVER_BYTES];

	if (p->name != NULL && q->name != NULL && strcmp(p->name, q->name) == 0)
		config_faults_add(&b->faults, line_of(b, i, "name"),
			"name \"%s\" is that of another port: choose another", p->name);
	if (p->exception == HWPROFILE_EXCEPTION_TAP && q->exception == HWPROFILE_EXCEPTION_TAP &&
		strcmp(p->tap, q->tap) == 0)
		config_faults_add(&b->faults, line_of(b, i, "tap"),
			"tap \"%s\" is that of another port: choose another", p->tap);
	if (p->device == NULL || q->device == NULL)
		return;
	identity(p, id);
	identity(q, other);
	if (strcmp(id, other) == 0)
		config_faults_add(&b->faults, line_of(b, i, "device"),
			"device %s is that of another port: a device is one port", id);
}

/* Virtual devices say in their arguments how many queues they have. */
static void check_vdev(struct hwprofile_build *b, uint32_t i)
{
	static const struct {
		const char *driver, *queues;
	} known[] = {
		{"net_af_packet", "qpairs"},
		{"net_af_xdp", "queue_count"},
		{"net_vhost", "queues"},
		{"net_virtio_user", "queues"},
		{"net_memif", NULL},
		{"net_null", NULL},
		{"net_pcap", NULL},
		{"net_ring", NULL},
	};
	const struct hwprofile_port *port = &b->profile.ports[i];
	char driver[HWPROFILE_DRIVER_BYTES], value[16];
	unsigned long queues = 1;
	size_t k = 0;

	hwprofile_text_driver(port->device, driver);
	while (k < sizeof(known) / sizeof(known[0]) && strcmp(known[k].driver, driver) != 0)
		k++;
	if (k == sizeof(known) / sizeof(known[0]))
		return;
	if (port->steering == HWPROFILE_STEERING_FLOW)
		config_faults_add(&b->faults, line_of(b, i, "steering"),
			"%s has no flow rules: write steering = \"rss\"", driver);
	if (known[k].queues == NULL)
		return;
	hwprofile_text_argument(port->device, known[k].queues, value, sizeof(value));
	if (value[0] != '\0')
		queues = strtoul(value, NULL, 10);
	if (queues != port->rx_queues || queues < port->tx_queues)
		config_faults_add(&b->faults, line_of(b, i, "device"),
			"the device has %lu queues, but the port %u to receive and %u to send: "
			"write %s=%u, and let a worker poll each",
			queues, port->rx_queues, port->tx_queues, known[k].queues,
			port->tx_queues > port->rx_queues ? port->tx_queues : port->rx_queues);
}

/* What is there but faulty has had its say. */
static bool is_given(const struct hwprofile_build *b, uint32_t port, const char *key)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "ports.[%u].%s", port, key);
	return config_lookup(&b->config, path) != NULL;
}

static void check_exception(struct hwprofile_build *b, uint32_t i)
{
	const struct hwprofile_port *port = &b->profile.ports[i];
	bool neighbours = is_given(b, i, "neighbours");

	if (port->exception == HWPROFILE_EXCEPTION_TAP) {
		check_name(b, i, "tap", port->tap);
		if (neighbours)
			config_faults_add(&b->faults, line_of(b, i, "neighbours"),
				"neighbours beside exception = \"tap\", where the kernel knows "
				"them: remove them");
		return;
	}
	if (port->tap[0] != '\0')
		config_faults_add(&b->faults, line_of(b, i, "tap"),
			"tap beside exception = \"none\": remove one of them");
	if (!neighbours)
		config_faults_add(&b->faults, line_of(b, i, "exception"),
			"exception = \"none\" without neighbours, so nothing could be sent: "
			"write neighbours = ( { ip = \"default\"; mac = \"...\"; } );");
}

/* Pages that are not huge have addresses that a NIC cannot use without an IOMMU. */
static void check_pci(struct hwprofile_build *b, uint32_t i)
{
	const struct hwprofile *p = &b->profile;

	if (p->hugepages == HWPROFILE_HUGEPAGES_OFF &&
		p->ports[i].binding == HWPROFILE_BINDING_VFIO &&
		(p->allow_noiommu || strcmp(p->iova_mode, "pa") == 0))
		config_faults_add(&b->faults, config_table_line(&b->config, "eal.hugepages"),
			"a NIC by physical addresses needs hugepages: write hugepages = \"on\"");
}

static void check_port(struct hwprofile_build *b, uint32_t i)
{
	const struct hwprofile_port *port = &b->profile.ports[i];

	check_name(b, i, "name", port->name);
	check_descriptors(b, i, "rx_descriptors", port->rx_descriptors);
	check_descriptors(b, i, "tx_descriptors", port->tx_descriptors);
	if (port->mtu > MTU_ONE_SEGMENT && !port->multi_segment)
		config_faults_add(&b->faults, line_of(b, i, "mtu"),
			"mtu %u needs frames of several buffers: write at most %d, or "
			"multi_segment = true",
			port->mtu, MTU_ONE_SEGMENT);
	if (port->steering == HWPROFILE_STEERING_SINGLE && port->rx_queues > 1)
		config_faults_add(&b->faults, line_of(b, i, "steering"),
			"steering = \"single\" with %u rx_queues, of which one gets all: write "
			"rx_queues = 1 or another steering",
			port->rx_queues);
	check_exception(b, i);
	if (port->device != NULL && port->is_vdev)
		check_vdev(b, i);
	else if (port->device != NULL)
		check_pci(b, i);
	for (uint32_t j = 0; j < i; j++)
		check_twins(b, i, j);
}

static void check_addresses(struct hwprofile_build *b)
{
	const struct hwprofile *p = &b->profile;

	for (uint32_t i = 0; i < p->n_addresses; i++)
		for (uint32_t j = 0; j < i; j++)
			if (relay_address_same_host(&p->addresses[i].addr, &p->addresses[j].addr))
				config_faults_add(&b->faults, b->address_line[i],
					"this address is there already, in line %u: remove one",
					b->address_line[j]);
	for (uint32_t i = 0; i < p->n_neighbours; i++)
		for (uint32_t j = 0; j < i; j++)
			if (p->neighbours[i].port == p->neighbours[j].port &&
				p->neighbours[i].vlan == p->neighbours[j].vlan &&
				relay_address_same_host(
					&p->neighbours[i].addr, &p->neighbours[j].addr))
				config_faults_add(&b->faults, b->neighbour_line[i],
					"this next hop is there already, in line %u: remove one",
					b->neighbour_line[j]);
}

void hwprofile_check_ports(struct hwprofile_build *b)
{
	bool any = false;

	for (uint32_t i = 0; i < b->profile.n_ports; i++) {
		check_port(b, i);
		any = any || is_given(b, i, "addresses");
	}
	check_addresses(b);
	if (b->profile.n_ports > 0 && !any)
		config_faults_add(&b->faults, config_table_line(&b->config, "ports"),
			"no port has an address, so no call could come: write "
			"addresses = ( \"192.0.2.10/24\" );");
}
