/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_ip(const char *text, struct relay_sockaddr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, addr->ip) == 1) {
		addr->family = RELAY_FAMILY_IPV4;
		return true;
	}
	if (inet_pton(AF_INET6, text, addr->ip) == 1) {
		addr->family = RELAY_FAMILY_IPV6;
		return true;
	}
	return false;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	return n == 0;
}

static const char *check_host(const struct relay_sockaddr *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const uint8_t *ip = addr->ip;

	if (addr->family == RELAY_FAMILY_IPV4) {
		if (ip[0] == 0 || ip[0] == 127 || ip[0] >= 224)
			return "is no address of a host on a link: write a unicast address";
		return NULL;
	}
	if (ip[0] == 0xff || is_zero(ip, 15))
		return "is no address of a host on a link: write a unicast address";
	if (memcmp(ip, mapped, sizeof(mapped)) == 0)
		return "is an IPv4 address in IPv6 form: write it as IPv4";
	return NULL;
}

/* The first and the last address of a subnet belong to no host, up to a /30. */
static const char *check_subnet(const struct relay_sockaddr *addr, uint8_t prefix_len)
{
	uint32_t ip = (uint32_t)addr->ip[0] << 24 | (uint32_t)addr->ip[1] << 16 |
		      (uint32_t)addr->ip[2] << 8 | addr->ip[3];
	uint32_t host;

	if (addr->family != RELAY_FAMILY_IPV4 || prefix_len > 30)
		return NULL;
	host = UINT32_MAX >> prefix_len;
	if ((ip & host) == 0 || (ip & host) == host)
		return "is the subnet's own or its broadcast address: write the host's";
	return NULL;
}

const char *hwprofile_text_prefix(
	const char *text, struct relay_sockaddr *addr, uint8_t *prefix_len)
{
	static const char *const form = "is no address with prefix length: "
					"write it as 192.0.2.10/24 or 2001:db8::10/64";
	const char *slash = strchr(text, '/');
	size_t digits = slash == NULL ? 0 : strspn(slash + 1, "0123456789");
	struct relay_sockaddr a;
	unsigned long len;
	const char *why;
	char ip[64];

	if (slash == NULL || (size_t)(slash - text) >= sizeof(ip))
		return form;
	memcpy(ip, text, (size_t)(slash - text));
	ip[slash - text] = '\0';
	if (!parse_ip(ip, &a) || digits < 1 || digits > 3 || slash[1 + digits] != '\0')
		return form;
	len = strtoul(slash + 1, NULL, 10);
	if (len < 1 || len > (a.family == RELAY_FAMILY_IPV4 ? 32u : 128u))
		return "has a bad prefix length: 1 to 32 for IPv4, 1 to 128 for IPv6";
	why = check_host(&a);
	if (why == NULL)
		why = check_subnet(&a, (uint8_t)len);
	if (why != NULL)
		return why;
	*addr = a;
	*prefix_len = (uint8_t)len;
	return NULL;
}

const char *hwprofile_text_hop(const char *text, struct relay_sockaddr *addr)
{
	struct relay_sockaddr a = {.family = RELAY_FAMILY_NONE};
	const char *why = NULL;

	if (strcmp(text, "default") != 0) {
		if (!parse_ip(text, &a))
			return "is no address: write \"192.0.2.1\", \"2001:db8::1\" or \"default\"";
		why = check_host(&a);
	}
	if (why == NULL)
		*addr = a;
	return why;
}

const char *hwprofile_text_mac(const char *text, uint8_t mac[6])
{
	uint8_t m[6];

	if (strlen(text) != 17)
		return "is no MAC address: write it as 02:00:00:00:00:01";
	for (size_t i = 0; i < 6; i++) {
		char byte[3] = {text[3 * i], text[3 * i + 1], '\0'};

		if (!isxdigit((unsigned char)byte[0]) || !isxdigit((unsigned char)byte[1]) ||
			(i < 5 && text[3 * i + 2] != ':'))
			return "is no MAC address: write it as 02:00:00:00:00:01";
		m[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	if ((m[0] & 1) != 0 || is_zero(m, 6))
		return "is the MAC address of no one station: write that of the next hop";
	memcpy(mac, m, 6);
	return NULL;
}

/* Hexadecimal digits, from least to most of them, and what follows. */
static const char *hex_field(const char *at, size_t least, size_t most, char behind)
{
	size_t n = strspn(at, "0123456789abcdefABCDEF");

	if (n < least || n > most || at[n] != behind)
		return NULL;
	return at + n + 1;
}

static bool is_pci(const char *text, bool *has_domain)
{
	const char *bus = hex_field(text, 4, 8, ':');
	const char *device = hex_field(bus != NULL ? bus : text, 2, 2, ':');
	const char *function = device != NULL ? hex_field(device, 2, 2, '.') : NULL;

	*has_domain = bus != NULL;
	return function != NULL && strtoul(device, NULL, 16) <= 0x1f && function[0] >= '0' &&
	       function[0] <= '7' && (function[1] == '\0' || function[1] == ',');
}

const char *hwprofile_text_device(const char *text, char pci[HWPROFILE_PCI_BYTES])
{
	size_t len = strcspn(text, ",");
	bool has_domain;

	if (strncmp(text, "net_", 4) == 0 || strncmp(text, "eth_", 4) == 0) {
		if (len >= HWPROFILE_DRIVER_BYTES)
			return "names no driver of DPDK: write net_DRIVERn,key=value";
		pci[0] = '\0';
		return NULL;
	}
	if (!is_pci(text, &has_domain))
		return "is neither a PCI address nor a virtual device: write it as "
		       "0000:01:00.0 (lspci -D shows it) or net_DRIVERn,key=value";
	(void)snprintf(
		pci, HWPROFILE_PCI_BYTES, "%s%.*s", has_domain ? "" : "0000:", (int)len, text);
	for (char *c = pci; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return NULL;
}

bool hwprofile_text_is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.";

	return text[0] != '\0' && text[0] != '-' && text[0] != '.' &&
	       text[strspn(text, letters)] == '\0';
}

void hwprofile_text_driver(const char *device, char driver[HWPROFILE_DRIVER_BYTES])
{
	size_t len = strcspn(device, ",");

	while (len > 0 && isdigit((unsigned char)device[len - 1]))
		len--;
	(void)snprintf(driver, HWPROFILE_DRIVER_BYTES, "%.*s", (int)len, device);
}

void hwprofile_text_argument(const char *device, const char *key, char *value, size_t room)
{
	size_t len = strlen(key);
	const char *at = device;

	value[0] = '\0';
	while ((at = strchr(at, ',')) != NULL) {
		at++;
		if (strncmp(at, key, len) == 0 && at[len] == '=') {
			at += len + 1;
			(void)snprintf(value, room, "%.*s", (int)strcspn(at, ","), at);
			return;
		}
	}
}
