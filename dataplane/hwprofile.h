/* SPDX-License-Identifier: BSD-3-Clause */
/* hwprofile.h - a hardware profile: what runs on which core, queue and memory.
 *
 * Invariant: a profile that was loaded is whole and consistent: defaults are filled in, nothing is
 *            left to compute, cross-checks hold, each queue of a port has exactly one worker.
 * Threads:   const after loading; read by any thread.
 * Ownership: load allocates, free frees (NULL accepted); strings are the profile's.
 * Units:     in the names; addresses in the form of relay_sockaddr, port 0.
 * Errors:    load: -EINVAL for a bad file, or -errno; 'out' has one line for each fault:
 *            file:line: what is wrong: what to do. Nothing is logged elsewhere.
 * Cost:      cold.
 */
#ifndef HWPROFILE_H
#define HWPROFILE_H

#include "relay_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
	HWPROFILE_PORTS_MAX = 8,
	HWPROFILE_WORKERS_MAX = 32,
	HWPROFILE_ADDRESSES_MAX = 64, /* of all ports together */
	HWPROFILE_NEIGHBOURS_MAX = 64,
	HWPROFILE_EAL_ARGS_MAX = 16,
	HWPROFILE_NO_QUEUE = 0xffff,
};

enum hwprofile_checksum {
	HWPROFILE_CHECKSUM_AUTO,
	HWPROFILE_CHECKSUM_OFFLOAD,
	HWPROFILE_CHECKSUM_SOFTWARE,
	HWPROFILE_CHECKSUM_OFF
};
enum hwprofile_steering {
	HWPROFILE_STEERING_AUTO,
	HWPROFILE_STEERING_FLOW,
	HWPROFILE_STEERING_RSS,
	HWPROFILE_STEERING_SINGLE
};
enum hwprofile_exception { HWPROFILE_EXCEPTION_TAP, HWPROFILE_EXCEPTION_NONE };
enum hwprofile_idle { HWPROFILE_IDLE_SPIN, HWPROFILE_IDLE_BACKOFF };
enum hwprofile_hugepages { HWPROFILE_HUGEPAGES_ON, HWPROFILE_HUGEPAGES_OFF };
enum hwprofile_binding { HWPROFILE_BINDING_VFIO, HWPROFILE_BINDING_KERNEL };

/* An address that the relay bears; 'prefix_len' says what is on the link. */
struct hwprofile_address {
	struct relay_sockaddr addr;
	uint8_t prefix_len;
	uint8_t port;  /* index in 'ports' */
	uint16_t vlan; /* 802.1Q identifier, 0: untagged */
};

/* Next hops of a port without exception path, which knows no ARP. */
struct hwprofile_neighbour {
	struct relay_sockaddr addr; /* family RELAY_FAMILY_NONE: whatever has no row of its own */
	uint8_t mac[6];
	uint8_t port;
	uint16_t vlan;
};

struct hwprofile_port {
	const char *name;
	const char *device; /* PCI address, or vdev with its arguments */
	bool is_vdev;
	enum hwprofile_binding binding; /* of a PCI device: what drives it while we poll */
	uint16_t rx_queues, tx_queues;
	uint16_t rx_descriptors, tx_descriptors;
	uint16_t mtu;
	enum hwprofile_checksum rx_checksum, tx_checksum;
	enum hwprofile_steering steering;
	enum hwprofile_exception exception;
	const char *tap; /* interface name */
	bool promiscuous;
	bool multi_segment; /* receive jumbo frames in chains, which are dropped and counted */
};

struct hwprofile_worker {
	uint32_t core;
	uint16_t queue[HWPROFILE_PORTS_MAX]; /* for each port, or HWPROFILE_NO_QUEUE */
};

struct hwprofile {
	const char *name; /* of the file, without folder and ending */
	/* EAL */
	uint32_t main_core;
	bool share_main_core; /* a worker may run there too; its lcore stays the worker's */
	uint32_t memory_mb;
	enum hwprofile_hugepages hugepages;
	bool in_memory; /* no files in hugetlbfs */
	const char *file_prefix;
	const char *iova_mode; /* "auto", "va", "pa" */
	const char *eal_args[HWPROFILE_EAL_ARGS_MAX];
	uint32_t n_eal_args;
	bool allow_noiommu;
	/* placement */
	struct hwprofile_port ports[HWPROFILE_PORTS_MAX];
	uint32_t n_ports;
	struct hwprofile_worker workers[HWPROFILE_WORKERS_MAX];
	uint32_t n_workers;
	struct hwprofile_address addresses[HWPROFILE_ADDRESSES_MAX];
	uint32_t n_addresses;
	struct hwprofile_neighbour neighbours[HWPROFILE_NEIGHBOURS_MAX];
	uint32_t n_neighbours;
	/* media */
	uint16_t media_port_min, media_port_max;
	uint32_t endpoints; /* capacity, a multiple of n_workers after loading */
	uint32_t crypto_memory_mb;
	const char *crypto_backend; /* NULL: the fastest */
	uint32_t mbufs;             /* for all ports */
	uint32_t burst;             /* packets a poll, up to 64 */
	/* contract */
	const char *socket;       /* path */
	const char *control_user; /* who may attach, besides root */
	const char *user;         /* to become after start; NULL: stay */
	uint32_t command_slots, event_slots, punt_slots, inject_slots; /* a worker; powers of two */
	uint32_t punt_pps; /* STUN and DTLS to the control plane, a worker */
	/* idle */
	enum hwprofile_idle idle;
	uint32_t idle_polls; /* empty ones before backing off */
	uint32_t idle_sleep_us;
	bool stage_cycles; /* count cycles by stage */
};

struct hwprofile_machine; /* hwprofile_machine.h */

/* For the machine that it runs on. */
int hwprofile_load(const char *path, FILE *out, struct hwprofile **profile);

/* The same of a text in memory, for the machine described; 'path' names it in messages. */
int hwprofile_load_text(const char *path, const char *text, size_t len,
	const struct hwprofile_machine *machine, FILE *out, struct hwprofile **profile);

void hwprofile_free(struct hwprofile *profile);

/* What would run where, for a person. */
void hwprofile_explain(const struct hwprofile *profile, FILE *out);

/* What scripts/host-setup.sh reads: key=value lines. */
void hwprofile_porcelain(const struct hwprofile *profile, FILE *out);

/* The table of keys as Markdown: hwconf/README.md. */
void hwprofile_document(FILE *out);

#endif
