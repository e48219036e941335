/* SPDX-License-Identifier: BSD-3-Clause */
/* A device without an IOMMU is refused unless the profile allows it; sysfs is a folder of ours. */
#include "port.h"
#include "support.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char sysfs[64];

/* What sysfs says of a device. */
struct device {
	const char *driver; /* where its link leads; NULL: no driver */
	const char *type;   /* of its IOMMU group; NULL: no such file */
	bool has_group;
};

static const struct device behind_iommu = {"../../../bus/pci/drivers/vfio-pci", "DMA\n", true};
static const struct device bare = {"../../../bus/pci/drivers/ixgbe", NULL, false};

static int open_sysfs(void **state)
{
	(void)state;
	(void)snprintf(sysfs, sizeof(sysfs), "/tmp/test_port_iommu.XXXXXX");
	return mkdtemp(sysfs) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static int close_sysfs(void **state)
{
	(void)state;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	return nftw(sysfs, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

__attribute__((format(printf, 2, 3))) static void format_path(
	char path[PATH_MAX], const char *format, ...)
{
	int n = snprintf(path, PATH_MAX, "%s", sysfs);
	va_list args;

	assert_in_range(n, 1, PATH_MAX - 1);
	va_start(args, format);
	(void)vsnprintf(path + n, (size_t)(PATH_MAX - n), format, args);
	va_end(args);
}

static void make_folder(const char *rest)
{
	char path[PATH_MAX];

	format_path(path, "%s", rest);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
}

static void put_device(const char *name, const struct device *d)
{
	char path[PATH_MAX], folder[NAME_MAX];
	FILE *file;

	make_folder("/bus");
	make_folder("/bus/pci");
	make_folder("/bus/pci/devices");
	(void)snprintf(folder, sizeof(folder), "/bus/pci/devices/%s", name);
	make_folder(folder);
	if (d->driver != NULL) {
		format_path(path, "%s/driver", folder);
		assert_int_equal(symlink(d->driver, path), 0);
	}
	if (d->has_group) {
		(void)snprintf(folder, sizeof(folder), "/bus/pci/devices/%s/iommu_group", name);
		make_folder(folder);
	}
	if (d->type != NULL) {
		format_path(path, "%s/type", folder);
		file = fopen(path, "w");
		assert_non_null(file);
		assert_true(fputs(d->type, file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
}

static struct hwprofile profile_of(uint32_t n, const char *const devices[])
{
	struct hwprofile p = {.n_ports = n};

	for (uint32_t i = 0; i < n; i++) {
		p.ports[i].name = "port";
		p.ports[i].device = devices[i];
	}
	return p;
}

static void each_state_of_a_device_is_judged(void **state)
{
	static const struct {
		struct device device;
		int want;
	} rows[] = {
		{{"../drivers/vfio-pci", "DMA\n", true}, 0},
		{{"../drivers/vfio-pci", "DMA-FQ\n", true}, 0},
		{{"../drivers/vfio-pci", "identity\n", true}, 0}, /* vfio brings its own domain */
		{{NULL, "DMA\n", true}, 0},
		{{"../drivers/vfio-pci", NULL, true}, -EPERM},
		{{"../drivers/vfio-pci", "unknown\n", true}, -EPERM}, /* no-IOMMU mode's group */
		{{"../drivers/vfio-pci", "", true}, -EPERM},
		{{"../drivers/vfio-pci", "\n", true}, -EPERM},
		{{"../drivers/vfio-pci", NULL, false}, -EPERM},
		{{"../drivers/igb_uio", NULL, false}, -EPERM},
		{{NULL, NULL, false}, -EPERM},
		{{"../drivers/mlx5_core", NULL, false}, 0}, /* the kernel's driver says what */
		{{"mlx5_core", NULL, false}, 0},
		{{"../drivers/mlx5_core2", NULL, false}, -EPERM},
		{{"../mlx5_core/vfio-pci", NULL, false}, -EPERM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[32];
		const char *const devices[] = {name};
		struct hwprofile p = profile_of(1, devices);

		(void)snprintf(name, sizeof(name), "0000:%02zx:00.0", i);
		put_device(name, &rows[i].device);
		if (port_check_iommu(&p, sysfs) != rows[i].want)
			fail_msg("row %zu", i);
		p.allow_noiommu = true;
		assert_int_equal(port_check_iommu(&p, sysfs), 0);
	}
}

static void device_that_is_not_there_is_refused(void **state)
{
	static const char *const devices[] = {"0000:ff:1f.7"};
	struct hwprofile p = profile_of(1, devices);

	(void)state;
	assert_int_equal(port_check_iommu(&p, sysfs), -EPERM);
}

static void vdev_needs_no_iommu(void **state)
{
	static const char *const devices[] = {"net_tap0,iface=dtap0"};
	struct hwprofile p = profile_of(1, devices);

	(void)state;
	p.ports[0].is_vdev = true;
	assert_int_equal(port_check_iommu(&p, sysfs), 0);
}

/* Whichever it is. */
static void one_bare_device_of_several_is_refused(void **state)
{
	static const char *const devices[] = {"0000:01:00.0", "0000:01:00.1", "0000:01:00.2"};

	(void)state;
	for (uint32_t which = 0; which < 3; which++) {
		struct hwprofile p = profile_of(3, devices);

		for (uint32_t i = 0; i < 3; i++)
			put_device(devices[i], i == which ? &bare : &behind_iommu);
		assert_int_equal(port_check_iommu(&p, sysfs), -EPERM);
		p.ports[which].is_vdev = true;
		assert_int_equal(port_check_iommu(&p, sysfs), 0);
		assert_int_equal(close_sysfs(state), 0);
		assert_int_equal(open_sysfs(state), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			each_state_of_a_device_is_judged, open_sysfs, close_sysfs),
		cmocka_unit_test_setup_teardown(
			device_that_is_not_there_is_refused, open_sysfs, close_sysfs),
		cmocka_unit_test_setup_teardown(vdev_needs_no_iommu, open_sysfs, close_sysfs),
		cmocka_unit_test_setup_teardown(
			one_bare_device_of_several_is_refused, open_sysfs, close_sysfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
