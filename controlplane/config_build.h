/* SPDX-License-Identifier: BSD-3-Clause */
/* config_build.h - a configuration with what stands behind it.
 *
 * Invariant: the configuration is first, so that either leads to the other.
 * Threads:   one.
 * Ownership: texts lie in 'tree', or in 'older', whose values config_reload kept.
 * Units:     lines from 1.
 * Errors:    collected in 'faults'.
 * Cost:      cold; 200 KiB.
 */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include "config.h"
#include "config_faults.h"

#include <libconfig.h>

struct config_build {
	struct config config;
	config_t tree;
	struct config_build *older;
	struct config_faults faults;
};

#endif
