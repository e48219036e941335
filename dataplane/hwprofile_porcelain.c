/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile.h"

#include "hwprofile_memory.h"
#include "hwprofile_text.h"

#include <string.h>

static void print_port(const struct hwprofile_port *port, FILE *out)
{
	char text[HWPROFILE_DRIVER_BYTES], pci[HWPROFILE_PCI_BYTES], netdev[16];

	if (hwprofile_text_device(port->device, pci) == NULL && pci[0] != '\0') {
		(void)fprintf(out, "pci=%s %s\n", pci,
			port->binding == HWPROFILE_BINDING_VFIO ? "vfio" : "kernel");
		return;
	}
	hwprofile_text_driver(port->device, text);
	hwprofile_text_argument(port->device, "iface", netdev, sizeof(netdev));
	/* others have an 'iface' too, which is the path of a socket */
	if (strcmp(text, "net_af_packet") == 0 || strcmp(text, "net_af_xdp") == 0)
		(void)fprintf(out, "netdev=%s %s %u\n", netdev, text, port->rx_queues);
}

void hwprofile_porcelain(const struct hwprofile *p, FILE *out)
{
	bool iommu = false, tap = false;

	(void)fprintf(out, "name=%s\nmain_core=%u\nworker_cores=", p->name, p->main_core);
	for (uint32_t i = 0; i < p->n_workers; i++)
		(void)fprintf(out, "%s%u", i > 0 ? "," : "", p->workers[i].core);
	(void)fprintf(out, "\nhugepages_mb=%u\nneeds_hugetlbfs=%d\n",
		p->hugepages == HWPROFILE_HUGEPAGES_ON ? p->memory_mb : 0,
		p->hugepages == HWPROFILE_HUGEPAGES_ON && !p->in_memory);
	for (uint32_t i = 0; i < p->n_ports; i++) {
		const struct hwprofile_port *port = &p->ports[i];

		print_port(port, out);
		iommu = iommu || (!port->is_vdev && port->binding == HWPROFILE_BINDING_VFIO);
		tap = tap || port->exception == HWPROFILE_EXCEPTION_TAP;
	}
	(void)fprintf(out, "needs_iommu=%d\nallow_noiommu=%d\nneeds_tap=%d\n",
		iommu && !p->allow_noiommu, p->allow_noiommu, tap);
	(void)fprintf(out, "user=%s\ncontrol_user=%s\n", p->user != NULL ? p->user : "",
		p->control_user != NULL ? p->control_user : "");
}
