/* SPDX-License-Identifier: BSD-3-Clause */
#include "srtp_status.h"

struct status_text {
	const char *name;
	const char *help;
};

#define STATUS_TEXT(id, name, help) [SRTP_##id] = {name, help},
static const struct status_text texts[SRTP_STATUS_COUNT] = {
	SRTP_PACKET_STATUSES(STATUS_TEXT) SRTP_SETUP_STATUSES(STATUS_TEXT)};
#undef STATUS_TEXT

const char *srtp_status_name(enum srtp_status status)
{
	return (unsigned)status < SRTP_STATUS_COUNT ? texts[status].name : "unknown";
}

const char *srtp_status_help(enum srtp_status status)
{
	return (unsigned)status < SRTP_STATUS_COUNT ? texts[status].help : "unknown";
}
