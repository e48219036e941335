/* SPDX-License-Identifier: BSD-3-Clause */
#include "url.h"

#include "slice.h"

static const char *const schemes[] = {
	[URL_TLS] = "tls://", [URL_TCP] = "tcp://", [URL_UDP] = "udp://"};

static bool copy(struct slice from, char *to, size_t room)
{
	if (from.len == 0 || from.len >= room)
		return false;
	memcpy(to, from.ptr, from.len);
	to[from.len] = '\0';
	return true;
}

static bool is_host(struct slice host, bool bracketed)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_";
	static const char ipv6[] = "0123456789abcdefABCDEF:.";

	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] == '\0' || strchr(bracketed ? ipv6 : name, host.ptr[i]) == NULL)
			return false;
	return true;
}

bool url_parse(const char *text, struct url *out)
{
	struct slice rest = slice_of(text), host;
	bool bracketed;
	uint64_t port;
	unsigned scheme = 0;

	while (scheme < sizeof(schemes) / sizeof(schemes[0]) && !slice_skip(&rest, schemes[scheme]))
		scheme++;
	if (scheme == sizeof(schemes) / sizeof(schemes[0]))
		return false;
	out->scheme = (enum url_scheme)scheme;
	bracketed = slice_skip(&rest, "[");
	host = slice_cut(&rest, bracketed ? ']' : ':');
	if (bracketed && !slice_skip(&rest, ":"))
		return false;
	return is_host(host, bracketed) && copy(host, out->host, sizeof(out->host)) &&
	       slice_number(rest, UINT16_MAX, &port) && port > 0 &&
	       copy(rest, out->port, sizeof(out->port));
}
