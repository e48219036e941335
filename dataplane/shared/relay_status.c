/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_status.h"

#define ROW(id, name, help) {name, help},
static const struct {
	const char *name, *help;
} rows[RELAY_STATUS_COUNT] = {RELAY_STATUSES(ROW)};

const char *relay_status_name(unsigned status)
{
	return status < RELAY_STATUS_COUNT ? rows[status].name : "unknown";
}

const char *relay_status_help(unsigned status)
{
	return status < RELAY_STATUS_COUNT ? rows[status].help : "unknown";
}
