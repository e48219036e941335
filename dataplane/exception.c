/* SPDX-License-Identifier: BSD-3-Clause */
#include "exception.h"

#include "log.h"

#include <string.h>

static int open_tap(struct exception *x, uint32_t i, const struct port *nic)
{
	const struct hwprofile_port *p = &x->profile->ports[i];
	struct tap_config config = {
		.name = p->tap,
		.port = (uint8_t)i,
		.mtu = p->mtu,
		.addresses = x->profile->addresses,
		.n_addresses = x->profile->n_addresses,
	};
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	int err;

	if (out == NULL)
		return -ENOMEM;
	memcpy(config.mac, nic->mac, sizeof(config.mac));
	err = tap_open(&config, out, &x->taps[i]);
	(void)fclose(out);
	if (err != 0)
		log_line(LOG_LEVEL_ERROR, "exception", "%s", text);
	return err;
}

int exception_open(struct exception *x, const struct hwprofile *profile, struct rte_mempool *pool,
	const struct port *nics, struct neighbour_port ports[HWPROFILE_PORTS_MAX])
{
	*x = (struct exception){.profile = profile, .pool = pool};
	for (uint32_t i = 0; i < profile->n_ports; i++) {
		int err = 0;

		ports[i] = (struct neighbour_port){.mtu = profile->ports[i].mtu};
		memcpy(ports[i].mac, nics[i].mac, sizeof(ports[i].mac));
		if (profile->ports[i].exception == HWPROFILE_EXCEPTION_NONE)
			continue;
		err = open_tap(x, i, &nics[i]);
		if (err != 0) {
			exception_close(x);
			return err;
		}
		ports[i].ifindex = tap_ifindex(x->taps[i]);
	}
	return 0;
}

void exception_close(struct exception *x)
{
	for (uint32_t i = 0; i < HWPROFILE_PORTS_MAX; i++) {
		tap_close(x->taps[i]);
		x->taps[i] = NULL;
	}
}

uint32_t exception_pollfds(const struct exception *x, struct pollfd fds[HWPROFILE_PORTS_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < HWPROFILE_PORTS_MAX; i++) {
		if (x->taps[i] != NULL)
			fds[n++] = (struct pollfd){.fd = tap_fd(x->taps[i]), .events = POLLIN};
	}
	return n;
}

static void to_kernel(struct exception *x, const struct worker *w)
{
	struct rte_mbuf *pkts[EXCEPTION_A_TURN];
	uint32_t n = rte_ring_sc_dequeue_burst(w->to_kernel, (void **)pkts, EXCEPTION_A_TURN, NULL);

	for (uint32_t i = 0; i < n; i++) {
		struct tap *tap = x->taps[pkts[i]->port];

		if (tap != NULL)
			(void)tap_write(
				tap, rte_pktmbuf_mtod(pkts[i], const void *), pkts[i]->data_len);
	}
	rte_pktmbuf_free_bulk(pkts, n);
}

/* Without a buffer: takes a frame and loses it, or it would wake main again and again. */
static bool lose_from_kernel(struct exception *x, uint32_t port)
{
	uint8_t some[64];
	ssize_t len = tap_read(x->taps[port], some, sizeof(some));
	bool had = len > 0 || len == -EMSGSIZE;

	x->lost[port] += had;
	return had;
}

/* False when there was nothing to take. */
static bool from_kernel(struct exception *x, uint32_t port, const struct worker *w)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(x->pool);
	ssize_t len;

	if (m == NULL)
		return lose_from_kernel(x, port);
	len = tap_read(x->taps[port], rte_pktmbuf_mtod(m, void *), rte_pktmbuf_tailroom(m));
	if (len <= 0) {
		rte_pktmbuf_free(m);
		return len == -EMSGSIZE;
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	m->port = (uint16_t)port;
	if (rte_ring_sp_enqueue(w->from_kernel, m) != 0) {
		x->lost[port]++;
		rte_pktmbuf_free(m);
	}
	return true;
}

void exception_run(struct exception *x, struct worker *const workers[], uint32_t n_workers)
{
	for (uint32_t i = 0; i < n_workers; i++)
		to_kernel(x, workers[i]);
	for (uint32_t port = 0; port < HWPROFILE_PORTS_MAX; port++) {
		for (uint32_t i = 0; x->taps[port] != NULL && i < EXCEPTION_A_TURN; i++) {
			if (!from_kernel(x, port, workers[0]))
				break;
		}
	}
}

void exception_carrier(const struct exception *x, uint32_t port, bool on)
{
	if (x->taps[port] != NULL)
		(void)tap_carrier(x->taps[port], on);
}
