/* SPDX-License-Identifier: BSD-3-Clause */
#include "fake_plane.h"

#include "relay_endpoint_view.h"
#include "relay_status.h"
#include "secret.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

const struct relay_geometry fake_plane_geometry = {
	.workers = 2,
	.command_slots = 8,
	.event_slots = 8,
	.punt_slots = 8,
	.inject_slots = 8,
	.endpoints = 16,
};

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void write_info(const struct fake_plane *f)
{
	struct relay_info *info = relay_layout_info(f->data.base);
	struct relay_sockaddr *addresses = relay_layout_addresses(f->data.base);

	info->pid = (uint32_t)getpid();
	info->n_ports = 1;
	info->geometry = f->geometry;
	info->media_port_min = 20000;
	info->media_port_max = 20999;
	memcpy(info->engine, "none", 5);
	memcpy(info->profile, "fake", 5);
	addresses[0] = (struct relay_sockaddr){.ip = {192, 0, 2, 1}, .family = RELAY_FAMILY_IPV4};
	addresses[1] = (struct relay_sockaddr){.ip = {0x20, 1}, .family = RELAY_FAMILY_IPV6};
}

int fake_plane_open(struct fake_plane *f, const char *path, const struct relay_geometry *g)
{
	struct attach_options options = {.path = path, .uid = getuid(), .data = &f->data};
	int err;

	*f = (struct fake_plane){.geometry = *g};
	err = relay_region_create(
		&f->data, RELAY_ROLE_DATA, relay_layout_data_bytes(g), relay_layout_hash());
	if (err != 0)
		return err;
	write_info(f);
	options.geometry = *g;
	options.patience_ms = ATTACH_PATIENCE_MS;
	return attach_create(&options, &f->attach);
}

void fake_plane_close(struct fake_plane *f)
{
	attach_destroy(f->attach);
	link_close(f->link);
	relay_region_close(&f->data);
	secret_wipe(f, sizeof(*f));
}

struct relay_endpoint *fake_plane_endpoint(const struct fake_plane *f, uint32_t endpoint)
{
	return &relay_layout_endpoints(f->data.base, &f->geometry)[endpoint];
}

void fake_plane_traffic(
	const struct fake_plane *f, uint32_t endpoint, uint32_t ssrc, uint64_t index)
{
	struct relay_endpoint *e = fake_plane_endpoint(f, endpoint);

	atomic_store(&e->first.ssrc, ssrc);
	atomic_store(&e->first.top, index | RELAY_SEEN_RTP);
	atomic_store(&e->first.rtcp, 7 | RELAY_SEEN_RTCP);
	atomic_store(&e->egress[0].ssrc, ssrc + 1);
	atomic_store(&e->egress[0].top, (index + 1) | RELAY_SEEN_RTP);
	atomic_store(&e->egress[0].rtcp, 9 | RELAY_SEEN_RTCP);
	atomic_fetch_add(&e->rx_packets, 100);
	atomic_fetch_add(&e->rtcp_packets, 8);
	atomic_fetch_add(&e->tx_packets, 200);
	atomic_fetch_add(&e->rtcp_sent, 10);
}

/* The streams of one direction are those of its new keys, as if they had come through here: what
 * was taken over, and none of the old keys'. Under a key that is in use already they go on. */
static void show_half(struct relay_endpoint *e, const struct relay_crypto *c, bool ingress)
{
	_Atomic uint64_t *key = ingress ? &e->ingress_key : &e->egress_key;
	uint64_t name = c->suite == RELAY_PLAIN ? 0 : c->key_name;

	if (name != 0 && atomic_load(key) == name)
		return;
	atomic_store(key, 0);
	for (uint32_t i = 0; i < RELAY_SSRCS; i++) {
		const struct relay_ssrc *s = &c->ssrcs[i];
		bool have = name != 0 && i < c->n_ssrcs;
		uint64_t top = have ? relay_endpoint_top(s) : 0;
		uint32_t rtcp = have ? relay_endpoint_rtcp(s) : 0;

		if (ingress)
			relay_endpoint_set_ingress(e, i, have ? s->ssrc : 0, top, rtcp);
		else
			relay_endpoint_set_egress(e, i, have ? s->ssrc : 0, top, rtcp);
	}
	relay_endpoint_set_past(ingress ? &e->ingress_past : &e->egress_past, c->parked,
		name != 0 ? c->n_parked : 0, c->retired);
	atomic_store(key, name);
}

static void show_keys(struct relay_endpoint *e, const struct relay_record *record, uint8_t set)
{
	if (set & RELAY_SET_INGRESS)
		show_half(e, &record->ingress, true);
	if (set & RELAY_SET_EGRESS)
		show_half(e, &record->egress, false);
}

static enum relay_status install(const struct fake_plane *f, const struct relay_command *c,
	const struct relay_record *record, struct relay_identity *identity)
{
	struct relay_endpoint *e = fake_plane_endpoint(f, c->endpoint);

	if (identity->state == RELAY_STATE_LIVE)
		return RELAY_SLOT_IN_USE;
	if (c->generation == 0 || c->generation == identity->generation)
		return RELAY_BAD_GENERATION;
	*identity = (struct relay_identity){
		.state = RELAY_STATE_LIVE,
		.kind = c->kind,
		.source = c->source,
		.media = c->media,
		.dscp = c->dscp,
		.ingress_suite = record->ingress.suite,
		.egress_suite = record->egress.suite,
		.generation = c->generation,
		.local = c->local,
		.remote = c->remote,
		.clock_khz = c->clock_khz,
	};
	memcpy(identity->routes, c->routes, sizeof(identity->routes));
	relay_endpoint_begin(e, identity, (uint32_t)now_ms());
	show_keys(e, record, RELAY_SET_ALL);
	return RELAY_OK;
}

static void update(struct relay_endpoint *e, const struct relay_command *c,
	const struct relay_record *record, struct relay_identity *identity)
{
	show_keys(e, record, c->set);
	if (c->set & RELAY_SET_INGRESS)
		identity->ingress_suite = record->ingress.suite;
	if (c->set & RELAY_SET_EGRESS)
		identity->egress_suite = record->egress.suite;
	if (c->set & RELAY_SET_REMOTE) {
		identity->remote = c->remote;
		identity->source = c->source;
	}
	if (c->set & RELAY_SET_ROUTES)
		memcpy(identity->routes, c->routes, sizeof(identity->routes));
	if (c->set & RELAY_SET_DSCP)
		identity->dscp = c->dscp;
}

static enum relay_status carry_out(const struct fake_plane *f, const struct relay_command *c,
	const struct relay_record *record)
{
	struct relay_endpoint *e;
	struct relay_endpoint_view view;

	if (c->endpoint >= f->geometry.endpoints)
		return RELAY_BAD_ENDPOINT;
	e = fake_plane_endpoint(f, c->endpoint);
	(void)relay_endpoint_read(e, &view);
	if (c->type == RELAY_COMMAND_INSTALL)
		return install(f, c, record, &view.identity);
	if (view.identity.state != RELAY_STATE_LIVE || view.identity.generation != c->generation)
		return RELAY_NO_SUCH_ENDPOINT;
	if (c->type == RELAY_COMMAND_UPDATE) {
		update(e, c, record, &view.identity);
	} else if (c->type == RELAY_COMMAND_REMOVE) {
		view.identity.state = RELAY_STATE_GONE;
	} else {
		return RELAY_BAD_TYPE;
	}
	relay_endpoint_publish(e, &view.identity);
	return RELAY_OK;
}

static void turn_worker(struct fake_plane *f, struct link_worker *w)
{
	struct relay_command c;

	while (!f->hold && link_event_room(w) > 0 &&
		link_command_next(w, &c, &f->last_record) == 1) {
		const struct relay_event answer = {
			.version = (uint16_t)RELAY_ABI_VERSION,
			.type = c.type, /* answers are numbered as commands are */
			.status = (uint8_t)carry_out(f, &c, &f->last_record),
			.cookie = c.cookie,
			.endpoint = c.endpoint,
			.generation = c.generation,
		};

		f->commands++;
		if (answer.status == RELAY_OK && f->watch != NULL)
			f->watch(&c, &f->last_record);
		if (link_event_send(w, &answer) == 1)
			link_wake(f->link);
	}
}

void fake_plane_turn(struct fake_plane *f)
{
	struct attach_news news = attach_run(f->attach, now_ms());

	if (news.event != ATTACH_NOTHING)
		f->news = news;
	if (news.event == ATTACH_CLIENT) {
		f->link = news.link;
		f->clients++;
	} else if (news.event == ATTACH_GONE) {
		link_close(f->link);
		f->link = NULL;
		attach_forget(f->attach);
	}
	for (uint32_t i = 0; f->link != NULL && i < f->link->n_workers; i++)
		turn_worker(f, &f->link->workers[i]);
}

_Noreturn void fake_plane_main(const char *path, const struct relay_geometry *g)
{
	const struct timespec pause = {.tv_nsec = 200000};
	struct fake_plane f;

	/* it must not outlive a test that fails */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || fake_plane_open(&f, path, g) != 0)
		_exit(1);
	for (;;) {
		uint64_t before = f.commands;

		fake_plane_turn(&f);
		/* each endpoint's index follows from its number and generation */
		for (uint32_t i = 0; f.commands != before && i < g->endpoints; i++) {
			struct relay_endpoint_view view;

			(void)relay_endpoint_read(fake_plane_endpoint(&f, i), &view);
			if (view.identity.state == RELAY_STATE_LIVE && view.n_ingress == 0)
				fake_plane_traffic(&f, i, 1000 + i, ((uint64_t)i + 1) << 17 | i);
		}
		(void)nanosleep(&pause, NULL);
	}
}
