/* SPDX-License-Identifier: BSD-3-Clause */
/* config_check.h - how the values of sluice.conf agree, and whether its files can be used.
 *
 * Invariant: changes nothing; looks at every fault there is, and passes over what was faulty.
 * Threads:   one.
 * Ownership: none.
 * Units:     none.
 * Errors:    added to the build's faults.
 * Cost:      cold; a stat() a file.
 */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config_build.h"

void config_check_listeners(struct config_build *build);
void config_check_interfaces(struct config_build *build);

/* That files are there, private keys private, and both readable after we became 'user'. */
void config_check_files(struct config_build *build);

#endif
