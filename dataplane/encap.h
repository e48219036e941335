/* SPDX-License-Identifier: BSD-3-Clause */
/* encap.h - puts new headers before a payload that lies in an mbuf.
 *
 * Invariant: on success the mbuf holds exactly the frame: link header, IP, UDP, payload.
 * Threads:   the worker.
 * Ownership: the caller's mbuf.
 * Units:     bytes.
 * Errors:    false: longer than the hop's MTU, or no headroom; the mbuf is as it was.
 * Cost:      hot: copies 42 to 66 bytes.
 */
#ifndef ENCAP_H
#define ENCAP_H

#include "worker.h"

/* The payload: 'len' bytes, 'off' behind the mbuf's data. 'template' as header.h says. */
bool encap_frame(const struct worker *w, struct rte_mbuf *m, uint32_t off, uint32_t len,
	const struct neighbour_hop *hop, const uint8_t *template);

#endif
