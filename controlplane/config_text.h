/* SPDX-License-Identifier: BSD-3-Clause */
/* config_text.h - addresses and hashes as an operator writes them.
 *
 * Invariant: what is accepted has one meaning.
 * Threads:   pure.
 * Ownership: nothing is kept.
 * Units:     addresses as relay_sockaddr, port 0.
 * Errors:    false; outputs then untouched.
 * Cost:      cold.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "config.h"

/* "192.0.2.1", "2001:db8::1"; not an IPv4 address in IPv6 form. */
bool config_text_ip(const char *text, struct relay_sockaddr *addr);

/* "10.0.0.0/8", "2001:db8::/32", or an address for itself alone. */
bool config_text_prefix(const char *text, struct config_prefix *prefix);

bool config_text_covers(const struct config_prefix *prefix, const struct relay_sockaddr *addr);

/* "sha256:" and 64 hexadecimal digits. */
bool config_text_hash(const char *text, uint8_t hash[CONFIG_HASH_BYTES]);

/* 127.0.0.0/8 and ::1. */
bool config_text_is_loopback(const struct relay_sockaddr *addr);

/* "192.0.2.1:22222", "[2001:db8::1]:22222"; the address alone where the port is 0. */
enum { CONFIG_TEXT_ADDRESS = 56 };
void config_text_address(const struct relay_sockaddr *addr, char text[CONFIG_TEXT_ADDRESS]);

#endif
