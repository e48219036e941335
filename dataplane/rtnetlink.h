/* SPDX-License-Identifier: BSD-3-Clause */
/* rtnetlink.h - a route netlink socket: one question and its answer, or what the kernel tells.
 *
 * Invariant: only what the kernel sent is read; an attribute is looked at after its length.
 * Threads:   one thread.
 * Ownership: open allocates, in a struct that was zeroed once; close frees (a zeroed one accepted).
 *            A request and a reply live in the struct until the next one.
 * Units:     attribute lengths in bytes.
 * Errors:    0 or -errno, be it ours or the kernel's answer; rtnetlink_transient tells which
 *            say nothing about the question.
 * Cost:      a question: two system calls. It waits for its answer a second at most.
 */
#ifndef RTNETLINK_H
#define RTNETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTNETLINK_REQUEST_BYTES = 1024, RTNETLINK_REPLY_BYTES = 65536 };

struct rtnetlink {
	struct mnl_socket *nl; /* NULL: closed; a question opens it */
	uint32_t seq;
	_Alignas(8) char request[RTNETLINK_REQUEST_BYTES];
	_Alignas(8) char reply[RTNETLINK_REPLY_BYTES];
};

int rtnetlink_open(struct rtnetlink *r);
void rtnetlink_close(struct rtnetlink *r);
int rtnetlink_fd(const struct rtnetlink *r);

/* From now on events come in: the socket no longer blocks, and is not for questions. */
int rtnetlink_subscribe(struct rtnetlink *r, const int *groups, uint32_t n);

/* A request with 'size' zeroed bytes after its header; the caller adds attributes, and asks. */
struct nlmsghdr *rtnetlink_request(
	struct rtnetlink *r, uint16_t type, uint16_t flags, size_t size, void **payload);

/* 'cb' (may be NULL) is called with each message of the answer, in the manner of mnl_cb_run.
 * Without NLM_F_DUMP or NLM_F_ACK it has to return MNL_CB_STOP. */
int rtnetlink_ask(struct rtnetlink *r, const struct nlmsghdr *request, mnl_cb_t cb, void *data);

/* One datagram of events; -EAGAIN: none is left; -ENOBUFS: some were lost. */
int rtnetlink_events(struct rtnetlink *r, mnl_cb_t cb, void *data);

/* The error came before the kernel could look at the question. */
bool rtnetlink_transient(int err);

/* Attributes behind a fixed part of 'size' bytes, by type up to 'max'; the last of a type counts.
 * False: the message is too short to have the fixed part. */
bool rtnetlink_attributes(
	const struct nlmsghdr *message, size_t size, const struct nlattr **by_type, uint16_t max);
void rtnetlink_nested(const struct nlattr *nest, const struct nlattr **by_type, uint16_t max);

/* There is such an attribute, and of exactly that length. */
static inline bool rtnetlink_holds(const struct nlattr *a, size_t len)
{
	return a != NULL && mnl_attr_get_payload_len(a) == len;
}

/* Its value; 'otherwise' if it is not there or no u32. */
static inline uint32_t rtnetlink_u32(const struct nlattr *a, uint32_t otherwise)
{
	return rtnetlink_holds(a, sizeof(uint32_t)) ? mnl_attr_get_u32(a) : otherwise;
}

#endif
