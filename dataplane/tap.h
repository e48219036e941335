/* SPDX-License-Identifier: BSD-3-Clause */
/* tap.h - the interface by which the kernel takes part on a port: it bears the port's addresses,
 * so ARP, ND, ICMP and TCP stay the kernel's.
 *
 * IPv6 autoconfiguration is left as the host has it: routers' announcements are how most hosts
 * get their default route, and an address that the profile does not name receives no media.
 * The profile's own IPv6 addresses work within milliseconds, without duplicate address detection.
 *
 * Invariant: the interface is made by open and gone after close. One of this name that was left
 *            behind, persistent and used by nobody, is replaced; with its routes.
 * Threads:   one thread; reading and writing may be two.
 * Ownership: open allocates, close frees (NULL accepted).
 * Units:     bytes of Ethernet frames, without checksum; MTU in bytes of IP.
 * Errors:    0 or -errno. open: 'out' has one line: name: what is wrong: what to do.
 * Cost:      read and write: one system call a frame. open needs CAP_NET_ADMIN; nothing else does.
 */
#ifndef TAP_H
#define TAP_H

#include "hwprofile.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct tap;

struct tap_config {
	const char *name;
	uint8_t mac[6]; /* of the port */
	uint8_t port;   /* whose addresses these are: */
	uint16_t mtu;
	const struct hwprofile_address *addresses; /* of all ports */
	uint32_t n_addresses;
};

/* Up, with addresses; those with a VLAN on interfaces NAME.VLAN. Frames don't block. */
int tap_open(const struct tap_config *config, FILE *out, struct tap **made);
void tap_close(struct tap *tap);

int tap_fd(const struct tap *tap);
int tap_ifindex(const struct tap *tap);

/* MTU and header, with a VLAN tag: no longer frame passes, either way. */
uint32_t tap_frame_max(const struct tap *tap);

/* As the port's link is: the kernel's routes follow it. */
int tap_carrier(struct tap *tap, bool on);

/* A frame from the kernel: its length; -EAGAIN: there is none; -EMSGSIZE: one was dropped, as it
 * is longer than 'room' or than a frame may be. */
ssize_t tap_read(struct tap *tap, void *frame, size_t room);

/* A frame to the kernel: 0; -EMSGSIZE, -EINVAL: too long, or no Ethernet frame; or the kernel's
 * error. It is dropped then. */
int tap_write(struct tap *tap, const void *frame, size_t len);

#endif
