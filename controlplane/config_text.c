/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool config_text_ip(const char *text, struct relay_sockaddr *addr)
{
	struct relay_sockaddr a = {.family = RELAY_FAMILY_NONE};

	if (inet_pton(AF_INET, text, a.ip) == 1)
		a.family = RELAY_FAMILY_IPV4;
	else if (inet_pton(AF_INET6, text, a.ip) == 1 && memcmp(a.ip, mapped, 12) != 0)
		a.family = RELAY_FAMILY_IPV6;
	else
		return false;
	*addr = a;
	return true;
}

static unsigned bits_of(const struct relay_sockaddr *addr)
{
	return addr->family == RELAY_FAMILY_IPV4 ? 32 : 128;
}

/* Whether the first 'bits' of both are the same. */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned mask = 0xff00u >> bits % 8 & 0xff;

	return memcmp(a, b, whole) == 0 && (bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

static bool is_network(const struct relay_sockaddr *addr, unsigned prefix_len)
{
	for (unsigned bit = prefix_len; bit < bits_of(addr); bit++)
		if ((addr->ip[bit / 8] & 0x80u >> bit % 8) != 0)
			return false;
	return true;
}

bool config_text_prefix(const char *text, struct config_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	size_t ip_len = slash != NULL ? (size_t)(slash - text) : strlen(text);
	struct config_prefix p;
	unsigned long len;
	char ip[64];

	if (ip_len >= sizeof(ip))
		return false;
	memcpy(ip, text, ip_len);
	ip[ip_len] = '\0';
	if (!config_text_ip(ip, &p.addr))
		return false;
	len = bits_of(&p.addr);
	if (slash != NULL) {
		size_t digits = strspn(slash + 1, "0123456789");

		if (digits < 1 || digits > 3 || slash[1 + digits] != '\0')
			return false;
		len = strtoul(slash + 1, NULL, 10);
	}
	if (len > bits_of(&p.addr) || !is_network(&p.addr, (unsigned)len))
		return false;
	p.prefix_len = (uint8_t)len;
	*prefix = p;
	return true;
}

bool config_text_covers(const struct config_prefix *prefix, const struct relay_sockaddr *addr)
{
	return prefix->addr.family == addr->family &&
	       same_bits(prefix->addr.ip, addr->ip, prefix->prefix_len);
}

static unsigned hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

bool config_text_hash(const char *text, uint8_t hash[CONFIG_HASH_BYTES])
{
	static const char scheme[] = "sha256:";
	const char *digits = text + sizeof(scheme) - 1;

	if (strncmp(text, scheme, sizeof(scheme) - 1) != 0)
		return false;
	if (strlen(digits) != (size_t)2 * CONFIG_HASH_BYTES ||
		strspn(digits, "0123456789abcdefABCDEF") != (size_t)2 * CONFIG_HASH_BYTES)
		return false;
	for (size_t i = 0; i < CONFIG_HASH_BYTES; i++)
		hash[i] = (uint8_t)(hex_value(digits[2 * i]) << 4 | hex_value(digits[2 * i + 1]));
	return true;
}

bool config_text_is_loopback(const struct relay_sockaddr *addr)
{
	static const uint8_t one[16] = {[15] = 1};

	if (addr->family == RELAY_FAMILY_IPV4)
		return addr->ip[0] == 127;
	return addr->family == RELAY_FAMILY_IPV6 && memcmp(addr->ip, one, 16) == 0;
}

void config_text_address(const struct relay_sockaddr *addr, char text[CONFIG_TEXT_ADDRESS])
{
	bool v6 = addr->family == RELAY_FAMILY_IPV6;
	char ip[INET6_ADDRSTRLEN];

	if (addr->family == RELAY_FAMILY_NONE ||
		inet_ntop(v6 ? AF_INET6 : AF_INET, addr->ip, ip, sizeof(ip)) == NULL)
		(void)snprintf(text, CONFIG_TEXT_ADDRESS, "-");
	else if (addr->port == 0)
		(void)snprintf(text, CONFIG_TEXT_ADDRESS, "%s", ip);
	else if (v6)
		(void)snprintf(text, CONFIG_TEXT_ADDRESS, "[%s]:%u", ip, addr->port);
	else
		(void)snprintf(text, CONFIG_TEXT_ADDRESS, "%s:%u", ip, addr->port);
}
