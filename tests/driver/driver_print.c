/* SPDX-License-Identifier: BSD-3-Clause */
#include "driver.h"

#include <arpa/inet.h>

static void print_counts(const struct relay_counts *c)
{
	(void)printf("{");
	for (uint32_t i = 0; i < RELAY_COUNTER_COUNT; i++)
		(void)printf("\"%s\": %llu, ", relay_counters_worker_rows[i].name,
			(unsigned long long)c->counts[i]);
	for (uint32_t i = 0; i < RELAY_DROP_COUNT; i++)
		(void)printf("\"drop_%s\": %llu, ", relay_counters_drop_rows[i].name,
			(unsigned long long)c->drops[i]);
	for (uint32_t i = 0; i < RELAY_STAGE_COUNT; i++)
		(void)printf("\"cycles_%s\": %llu%s", relay_counters_stage_names[i],
			(unsigned long long)c->stage_cycles[i],
			i + 1 < RELAY_STAGE_COUNT ? ", " : "}");
}

void driver_print_counters(struct driver *d, char *const words[])
{
	struct relay_counts total;
	int err = plane_client_total(d->client, &total);

	(void)words;
	if (err != 0) {
		driver_fail("no snapshot", err);
		return;
	}
	print_counts(&total);
	(void)puts("");
}

void driver_print_workers(struct driver *d, char *const words[])
{
	struct relay_counts one = {.counts = {0}};

	(void)words;
	(void)printf("[");
	for (uint32_t i = 0; i < plane_client_geometry(d->client)->workers; i++) {
		(void)printf("%s", i > 0 ? ", " : "");
		(void)plane_client_counters(d->client, i, &one);
		print_counts(&one);
	}
	(void)puts("]");
}

void driver_print_ports(struct driver *d, char *const words[])
{
	uint64_t counts[RELAY_PORT_COUNT] = {0};
	struct relay_info info;

	(void)words;
	plane_client_info(d->client, &info);
	(void)printf("[");
	for (uint32_t p = 0; p < info.n_ports; p++) {
		(void)plane_client_port(d->client, p, counts);
		for (uint32_t i = 0; i < RELAY_PORT_COUNT; i++)
			(void)printf("%s\"%s\": %llu", i > 0 ? ", " : (p > 0 ? ", {" : "{"),
				relay_counters_port_rows[i].name, (unsigned long long)counts[i]);
		(void)printf("}");
	}
	(void)puts("]");
}

static void print_address(const char *key, const struct relay_sockaddr *a)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (a->family != RELAY_FAMILY_NONE)
		(void)inet_ntop(a->family == RELAY_FAMILY_IPV4 ? AF_INET : AF_INET6, a->ip, text,
			sizeof(text));
	(void)printf("\"%s\": \"%s\", \"%s_port\": %u, ", key, text, key, a->port);
}

static void print_identity(uint32_t slot, const struct relay_identity *i)
{
	(void)printf("{\"endpoint\": %u, \"generation\": %u, \"local_address\": %u, "
		     "\"local_port\": %u, \"source\": %u, \"media\": %u, \"dscp\": %u, "
		     "\"ingress_suite\": %u, \"egress_suite\": %u, \"locked\": %u, ",
		slot, i->generation, i->local.address, i->local.port, i->source, i->media, i->dscp,
		i->ingress_suite, i->egress_suite, i->locked);
	print_address("remote", &i->remote);
	(void)printf("\"route_rtp\": [%u, %u], \"route_rtcp\": [%u, %u], ", i->routes[0].endpoint,
		i->routes[0].generation, i->routes[1].endpoint, i->routes[1].generation);
}

static void print_stream(const struct relay_stream_view *s)
{
	(void)printf("{\"ssrc\": %u, \"roc\": %u, \"seq\": %u, \"expected\": %llu, "
		     "\"received\": %llu, \"lost\": %lld, \"jitter\": %u, \"seen_ms\": %u, "
		     "\"rtcp_index\": %u}",
		s->ssrc, s->state.roc, s->state.seq, (unsigned long long)s->expected,
		(unsigned long long)s->received, (long long)s->lost, s->jitter, s->seen_ms,
		s->state.rtcp_index);
}

static void print_endpoint(uint32_t slot, const struct relay_endpoint_view *v)
{
	print_identity(slot, &v->identity);
	(void)printf("\"rx_packets\": %llu, \"tx_packets\": %llu, \"rtcp_packets\": %llu, "
		     "\"dropped\": %u, \"auth_failed\": %u, \"ingress\": [",
		(unsigned long long)v->rx_packets, (unsigned long long)v->tx_packets,
		(unsigned long long)v->rtcp_packets, v->dropped, v->auth_failed);
	for (uint32_t i = 0; i < v->n_ingress; i++) {
		(void)printf("%s", i > 0 ? ", " : "");
		print_stream(&v->ingress[i]);
	}
	(void)printf("], \"egress\": [");
	for (uint32_t i = 0; i < v->n_egress; i++)
		(void)printf("%s{\"ssrc\": %u, \"roc\": %u, \"seq\": %u}", i > 0 ? ", " : "",
			v->egress[i].ssrc, v->egress[i].roc, v->egress[i].seq);
	(void)printf("]}");
}

void driver_print_endpoints(struct driver *d, char *const words[])
{
	uint32_t end = plane_client_geometry(d->client)->endpoints;
	struct relay_endpoint_view view;
	const char *comma = "";

	(void)words;
	(void)printf("[");
	for (uint32_t i = 0; (i = plane_client_next(d->client, i)) < end; i++) {
		if (plane_client_read(d->client, i, &view) != 0)
			continue;
		(void)printf("%s", comma);
		print_endpoint(i, &view);
		comma = ", ";
	}
	(void)puts("]");
}

void driver_print_info(struct driver *d, char *const words[])
{
	const struct plane_client_faults *faults = plane_client_faults(d->client);
	struct relay_info info;

	(void)words;
	plane_client_info(d->client, &info);
	(void)printf(
		"{\"pid\": %u, \"engine\": \"%s\", \"profile\": \"%s\", \"endpoint_bytes\": %u, "
		"\"media_port_min\": %u, \"media_port_max\": %u, \"instance\": %llu, "
		"\"bad_events\": %llu, \"bad_punts\": %llu, \"broken_rings\": %u, "
		"\"tsc_hz\": %llu}\n",
		info.pid, info.engine, info.profile, info.endpoint_bytes, info.media_port_min,
		info.media_port_max, (unsigned long long)plane_client_instance(d->client),
		(unsigned long long)faults->bad_events, (unsigned long long)faults->bad_punts,
		faults->broken_rings, (unsigned long long)info.tsc_hz);
}

void driver_print_events(struct driver *d, char *const words[])
{
	static const char *const names[] = {
		[RELAY_EVENT_REMOTE] = "remote",
		[RELAY_EVENT_KEY_LIMIT] = "key_limit",
		[RELAY_EVENT_AUTH_FAILING] = "auth_failing",
		[RELAY_EVENT_STREAMS_FULL] = "streams_full",
		[RELAY_EVENT_WENT_BACK] = "went_back",
	};
	struct driver_news *n = &d->news;

	(void)words;
	driver_listen(d);
	(void)printf("{\"all\": %llu, \"events\": [", (unsigned long long)n->all_events);
	for (uint32_t i = 0; i < n->n_events; i++) {
		const struct relay_event *e = &n->events[i];

		(void)printf("%s{\"event\": \"%s\", ", i > 0 ? ", " : "",
			e->type <= RELAY_EVENT_WENT_BACK ? names[e->type] : "?");
		print_address("remote", &e->remote);
		(void)printf("\"endpoint\": %u, \"generation\": %u, \"count\": %u}", e->endpoint,
			e->generation, e->count);
	}
	(void)puts("]}");
	n->n_events = 0;
}

void driver_print_punts(struct driver *d, char *const words[])
{
	struct driver_news *n = &d->news;

	(void)words;
	driver_listen(d);
	(void)printf("{\"all\": %llu, \"answered\": %llu, \"punts\": [",
		(unsigned long long)n->all_punts, (unsigned long long)n->answered);
	for (uint32_t i = 0; i < n->n_punts; i++) {
		const struct relay_packet *p = &n->punts[i];

		(void)printf("%s{\"class\": \"%s\", ", i > 0 ? ", " : "",
			p->class == RELAY_PACKET_STUN ? "stun" : "dtls");
		print_address("remote", &p->remote);
		(void)printf("\"endpoint\": %u, \"data\": \"", p->endpoint);
		for (uint32_t b = 0; b < p->len; b++)
			(void)printf("%02x", p->data[b]);
		(void)printf("\"}");
	}
	(void)puts("]}");
	n->n_punts = 0;
}
