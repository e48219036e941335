/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile.h"

#include "hwprofile_memory.h"
#include "hwprofile_text.h"

#include <arpa/inet.h>
#include <string.h>

static const char *steering(const struct hwprofile_port *port)
{
	switch (port->steering) {
	case HWPROFILE_STEERING_AUTO:
		return port->rx_queues > 1
			       ? "flow rules if the NIC takes them, else RSS and hand-off"
			       : "one queue gets all";
	case HWPROFILE_STEERING_FLOW:
		return "flow rules on masked UDP ports";
	case HWPROFILE_STEERING_RSS:
		return "RSS, and hand-off to the worker of the call";
	case HWPROFILE_STEERING_SINGLE:
		return "one queue gets all";
	}
	return "?";
}

static const char *checksum(enum hwprofile_checksum how)
{
	switch (how) {
	case HWPROFILE_CHECKSUM_AUTO:
		return "by the NIC if it can";
	case HWPROFILE_CHECKSUM_OFFLOAD:
		return "by the NIC";
	case HWPROFILE_CHECKSUM_SOFTWARE:
		return "in software";
	case HWPROFILE_CHECKSUM_OFF:
		return "off";
	}
	return "?";
}

static void print_ip(const struct relay_sockaddr *addr, FILE *out)
{
	char text[INET6_ADDRSTRLEN] = "default";

	if (addr->family != RELAY_FAMILY_NONE)
		(void)inet_ntop(addr->family == RELAY_FAMILY_IPV4 ? AF_INET : AF_INET6, addr->ip,
			text, sizeof(text));
	(void)fputs(text, out);
}

static void print_vlan(uint16_t vlan, FILE *out)
{
	if (vlan != 0)
		(void)fprintf(out, " vlan %u", vlan);
}

static void explain_addresses(const struct hwprofile *p, uint32_t port, FILE *out)
{
	for (uint32_t i = 0; i < p->n_addresses; i++) {
		const struct hwprofile_address *a = &p->addresses[i];

		if (a->port != port)
			continue;
		(void)fprintf(out, "    address      ");
		print_ip(&a->addr, out);
		(void)fprintf(out, "/%u", a->prefix_len);
		print_vlan(a->vlan, out);
		(void)fputc('\n', out);
	}
	for (uint32_t i = 0; i < p->n_neighbours; i++) {
		const struct hwprofile_neighbour *n = &p->neighbours[i];
		const uint8_t *m = n->mac;

		if (n->port != port)
			continue;
		(void)fprintf(out, "    next hop     ");
		print_ip(&n->addr, out);
		(void)fprintf(out, " at %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
			m[4], m[5]);
		print_vlan(n->vlan, out);
		(void)fputc('\n', out);
	}
}

static void explain_port(const struct hwprofile *p, uint32_t i, FILE *out)
{
	const struct hwprofile_port *port = &p->ports[i];

	(void)fprintf(out, "port %u \"%s\"\n    device       %s (%s)\n", i, port->name,
		port->device,
		port->is_vdev                               ? "virtual"
		: port->binding == HWPROFILE_BINDING_KERNEL ? "PCI, stays with its kernel driver"
							    : "PCI, bound to vfio-pci");
	(void)fprintf(out, "    receive      %u queues of %u descriptors, checksums %s\n",
		port->rx_queues, port->rx_descriptors, checksum(port->rx_checksum));
	(void)fprintf(out, "    send         %u queues of %u descriptors, checksums %s\n",
		port->tx_queues, port->tx_descriptors, checksum(port->tx_checksum));
	(void)fprintf(out, "    mtu          %u%s%s\n", port->mtu,
		port->multi_segment ? ", jumbo chains dropped and counted" : "",
		port->promiscuous ? ", promiscuous" : "");
	(void)fprintf(out, "    steering     %s\n", steering(port));
	if (port->exception == HWPROFILE_EXCEPTION_TAP)
		(void)fprintf(
			out, "    other        to the kernel, by TAP interface %s\n", port->tap);
	else
		(void)fprintf(out, "    other        dropped and counted\n");
	explain_addresses(p, i, out);
}

static void explain_cores(const struct hwprofile *p, FILE *out)
{
	(void)fprintf(out, "core %-3u main thread\n", p->main_core);
	for (uint32_t w = 0; w < p->n_workers; w++) {
		bool any = false;

		(void)fprintf(out, "core %-3u worker %u, polls", p->workers[w].core, w);
		for (uint32_t i = 0; i < p->n_ports; i++) {
			if (p->workers[w].queue[i] == HWPROFILE_NO_QUEUE)
				continue;
			(void)fprintf(out, "%s %s queue %u", any ? "," : "", p->ports[i].name,
				p->workers[w].queue[i]);
			any = true;
		}
		(void)fprintf(out, "%s; sends through queue %u\n",
			any ? "" : " no queue, only hand-off", w);
	}
	if (p->idle == HWPROFILE_IDLE_SPIN)
		(void)fprintf(out, "idle     workers poll on: their cores show 100 %%\n");
	else
		(void)fprintf(out, "idle     workers back off after %u empty polls, to %u us\n",
			p->idle_polls, p->idle_sleep_us);
}

static void explain_memory(const struct hwprofile *p, FILE *out)
{
	uint64_t ports = (uint64_t)(p->media_port_max - p->media_port_min + 1) * p->n_addresses;
	struct hwprofile_memory m;

	hwprofile_memory_estimate(p, &m);
	(void)fprintf(out,
		"media    UDP ports %u to %u on %u addresses, %u endpoints (%u a worker)\n",
		p->media_port_min, p->media_port_max, p->n_addresses, p->endpoints,
		p->endpoints / p->n_workers);
	if (ports < p->endpoints)
		(void)fprintf(out,
			"         note: these are %llu ports; more endpoints need more "
			"addresses\n",
			(unsigned long long)ports);
	(void)fprintf(out, "memory   %u MiB", p->memory_mb);
	if (p->hugepages == HWPROFILE_HUGEPAGES_ON)
		(void)fprintf(out, " in %u hugepages of %d MiB",
			(p->memory_mb + HWPROFILE_HUGEPAGE_MB - 1) / HWPROFILE_HUGEPAGE_MB,
			HWPROFILE_HUGEPAGE_MB);
	(void)fprintf(out, ", of which needed %llu:\n", (unsigned long long)m.total_mb);
	(void)fprintf(out, "         %5llu  %u packets of %d bytes\n",
		(unsigned long long)m.packets_mb, p->mbufs, HWPROFILE_MBUF_BYTES);
	(void)fprintf(out, "         %5llu  endpoints of %d bytes\n",
		(unsigned long long)m.endpoints_mb, HWPROFILE_ENDPOINT_BYTES);
	(void)fprintf(out, "         %5llu  keys, two contexts of %d bytes an endpoint\n",
		(unsigned long long)m.crypto_mb, HWPROFILE_CONTEXT_BYTES);
	(void)fprintf(out, "         %5llu  EAL, drivers, rings, tables of ports\n",
		(unsigned long long)m.rest_mb);
	(void)fprintf(out,
		"         and %llu MiB shared with the control plane, no hugepages: records of %d "
		"bytes an endpoint\n",
		(unsigned long long)m.records_mb, HWPROFILE_RECORD_BYTES);
	(void)fprintf(out, "crypto   %s\n",
		p->crypto_backend != NULL ? p->crypto_backend
					  : "the fastest backend that runs here");
}

static void explain_host(const struct hwprofile *p, FILE *out)
{
	bool vfio = false, tap = false;

	for (uint32_t i = 0; i < p->n_ports; i++) {
		vfio = vfio ||
		       (!p->ports[i].is_vdev && p->ports[i].binding == HWPROFILE_BINDING_VFIO);
		tap = tap || p->ports[i].exception == HWPROFILE_EXCEPTION_TAP;
	}
	(void)fprintf(out, "the host must have (scripts/host-setup.sh --check tells):\n");
	if (p->hugepages == HWPROFILE_HUGEPAGES_ON)
		(void)fprintf(out, "    %u MiB of hugepages%s\n", p->memory_mb,
			p->in_memory ? "" : ", and hugetlbfs mounted");
	if (vfio && p->allow_noiommu)
		(void)fprintf(out,
			"    vfio-pci; an IOMMU if there is one: this profile allows none, "
			"so NICs may write anywhere\n");
	else if (vfio)
		(void)fprintf(out, "    vfio-pci and an IOMMU\n");
	if (tap)
		(void)fprintf(out, "    /dev/net/tun\n");
	(void)fprintf(out, "    worker cores kept free of other work and of interrupts\n");
}

void hwprofile_explain(const struct hwprofile *p, FILE *out)
{
	(void)fprintf(out, "profile  %s\n", p->name);
	explain_cores(p, out);
	for (uint32_t i = 0; i < p->n_ports; i++)
		explain_port(p, i, out);
	explain_memory(p, out);
	(void)fprintf(out,
		"control  %s, for %s%s; %u commands, %u events, %u punts, %u injects a "
		"worker; %u punts/s\n",
		p->socket, p->control_user != NULL ? p->control_user : "root",
		p->control_user != NULL ? " and root" : "", p->command_slots, p->event_slots,
		p->punt_slots, p->inject_slots, p->punt_pps);
	(void)fprintf(out, "runs as  %s\n", p->user != NULL ? p->user : "who starts it");
	explain_host(p, out);
}
