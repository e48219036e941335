/* SPDX-License-Identifier: BSD-3-Clause */
/* url.h - where a relay takes commands: tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT.
 *
 * Invariant: host and port are not empty; the port is a number.
 * Threads:   pure.
 * Ownership: copies.
 * Units:     none.
 * Errors:    false; 'out' is then of no meaning.
 * Cost:      cold.
 */
#ifndef URL_H
#define URL_H

#include <stdbool.h>

enum { URL_HOST_MAX = 253, URL_PORT_MAX = 5 };

enum url_scheme { URL_TLS, URL_TCP, URL_UDP };

struct url {
	enum url_scheme scheme;
	char host[URL_HOST_MAX + 1]; /* IPv6 without its brackets */
	char port[URL_PORT_MAX + 1];
};

bool url_parse(const char *text, struct url *out);

#endif
