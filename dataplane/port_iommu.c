/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"
#include "port.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* A NIC that its kernel driver keeps, as Mellanox's, reaches only what that driver has pinned. */
static bool is_bifurcated(const char *sysfs, const char *device)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *driver;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/driver", sysfs, device);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	driver = strrchr(target, '/');
	driver = driver == NULL ? target : driver + 1;
	return strcmp(driver, "mlx5_core") == 0;
}

/* In no-IOMMU mode vfio makes groups, too: without a domain, of which the kernel says "unknown". */
static bool has_iommu(const char *sysfs, const char *device)
{
	char path[PATH_MAX], type[32];
	FILE *file;
	bool read;

	(void)snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/iommu_group/type", sysfs, device);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	read = fgets(type, sizeof(type), file) != NULL;
	(void)fclose(file);
	if (!read)
		return false;
	type[strcspn(type, "\n")] = '\0';
	return type[0] != '\0' && strcmp(type, "unknown") != 0;
}

int port_check_iommu(const struct hwprofile *profile, const char *sysfs)
{
	for (uint32_t i = 0; i < profile->n_ports; i++) {
		const struct hwprofile_port *p = &profile->ports[i];

		if (p->is_vdev || is_bifurcated(sysfs, p->device) || has_iommu(sysfs, p->device))
			continue;
		if (profile->allow_noiommu) {
			log_line(LOG_LEVEL_WARN, "port",
				"name=%s device=%s no IOMMU: the device can write to all memory; "
				"allow_noiommu = true",
				p->name, p->device);
			continue;
		}
		log_line(LOG_LEVEL_ERROR, "port",
			"name=%s device=%s no IOMMU: a faulty or hostile device could write to all "
			"memory. Switch it on (firmware, and intel_iommu=on or amd_iommu=on on the "
			"kernel's command line), or write allow_noiommu = true into the profile",
			p->name, p->device);
		return -EPERM;
	}
	return 0;
}
