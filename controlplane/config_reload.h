/* SPDX-License-Identifier: BSD-3-Clause */
/* config_reload.h - what a running process can take over from a configuration read anew.
 *
 * Invariant: afterwards 'fresh' has the listeners and interfaces of 'running', in the same order;
 *            keys that are not live have their old values.
 * Threads:   one.
 * Ownership: if it returns 0, 'running' stays the caller's to free; else it lives on inside
 *            'fresh', where the kept values lie.
 * Units:     none.
 * Errors:    none; each change that needs a restart is one line in 'out'.
 * Cost:      cold.
 */
#ifndef CONFIG_RELOAD_H
#define CONFIG_RELOAD_H

#include "config.h"

/* How many changes need a restart. */
unsigned config_reload_merge(struct config *fresh, struct config *running, FILE *out);

#endif
