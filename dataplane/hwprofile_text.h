/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile_text.h - addresses and devices as an operator writes them.
 *
 * Invariant: what is accepted has one meaning; the results need no further check.
 * Threads:   pure.
 * Ownership: nothing is kept.
 * Units:     addresses as relay_sockaddr, port 0.
 * Errors:    NULL, or what is wrong with the text and the cure; outputs then untouched.
 * Cost:      cold.
 */
#ifndef HWPROFILE_TEXT_H
#define HWPROFILE_TEXT_H

#include "relay_address.h"

#include <stddef.h>

enum { HWPROFILE_PCI_BYTES = sizeof("00000000:00:00.0"), HWPROFILE_DRIVER_BYTES = 32 };

/* "192.0.2.10/24", "2001:db8::10/64": of a host, with the prefix of its link. */
const char *hwprofile_text_prefix(
	const char *text, struct relay_sockaddr *addr, uint8_t *prefix_len);

/* "192.0.2.1", or "default" for family RELAY_FAMILY_NONE. */
const char *hwprofile_text_hop(const char *text, struct relay_sockaddr *addr);

/* "02:00:00:00:00:01": of one station. */
const char *hwprofile_text_mac(const char *text, uint8_t mac[6]);

/* "0000:01:00.0", "01:00.0", each with ",key=value" behind: 'pci' gets the address alone, whole and
 * in lower case. Or "net_af_packet0,iface=eth0": 'pci' gets "". */
const char *hwprofile_text_device(const char *text, char pci[HWPROFILE_PCI_BYTES]);

/* Letters, digits, '_', '-' and '.', of which the last two do not come first. */
bool hwprofile_text_is_name(const char *text);

/* Of a vdev "net_vhost0,...": "net_vhost". */
void hwprofile_text_driver(const char *device, char driver[HWPROFILE_DRIVER_BYTES]);

/* Value of an argument of a device, "" if it has none. */
void hwprofile_text_argument(const char *device, const char *key, char *value, size_t room);

#endif
