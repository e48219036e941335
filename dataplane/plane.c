/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane.h"

#include "endpoint_keys.h"
#include "log.h"
#include "plane_worker.h"

#include <grp.h>
#include <pwd.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MBUF_CACHE = 256,
	MBUF_ROOM_MIN = 2048,
	TRAILER_ROOM = 64, /* SRTP tag, MKI and index behind a full frame */
	FRAME_OVERHEAD = 26,
};

static int make_pool(struct plane *p)
{
	uint32_t room = MBUF_ROOM_MIN;

	for (uint32_t i = 0; i < p->profile->n_ports; i++) {
		uint32_t need = p->profile->ports[i].mtu + FRAME_OVERHEAD + TRAILER_ROOM;

		room = need > room ? need : room;
	}
	p->pool = rte_pktmbuf_pool_create("packets", p->profile->mbufs, MBUF_CACHE, 0,
		(uint16_t)(room + RTE_PKTMBUF_HEADROOM), (int)rte_socket_id());
	if (p->pool != NULL)
		return 0;
	log_line(LOG_LEVEL_ERROR, "plane",
		"no memory for media.mbufs=%u: raise eal.memory_mb, or see that hugepages are "
		"there (scripts/host-setup.sh --check)",
		p->profile->mbufs);
	return -ENOMEM;
}

static int open_ports(struct plane *p)
{
	for (; p->n_ports < p->profile->n_ports; p->n_ports++) {
		int err = port_open(p->profile, p->n_ports, p->pool, &p->ports[p->n_ports]);

		if (err != 0)
			return err;
	}
	return 0;
}

static int open_neighbours(struct plane *p)
{
	struct neighbour_port ports[HWPROFILE_PORTS_MAX];
	int err = exception_open(&p->exception, p->profile, p->pool, p->ports, ports);

	if (err == 0)
		err = neighbour_create(p->profile, ports, &p->retire, &p->neighbour);
	if (err != 0)
		log_line(LOG_LEVEL_ERROR, "plane", "exception path or neighbours: %s",
			strerrordesc_np(-err));
	return err;
}

static void set_geometry(struct plane *p)
{
	const struct hwprofile *profile = p->profile;

	p->geometry = (struct relay_geometry){
		.workers = profile->n_workers,
		.command_slots = profile->command_slots,
		.event_slots = profile->event_slots,
		.punt_slots = profile->punt_slots,
		.inject_slots = profile->inject_slots,
		.endpoints = profile->endpoints,
	};
	for (uint32_t i = 0; i < profile->n_addresses; i++)
		(void)local_add(&p->local, &profile->addresses[i].addr);
}

static int make_region(struct plane *p)
{
	size_t bytes = relay_layout_data_bytes(&p->geometry);
	int err = bytes == 0 ? -EINVAL : -ENOMEM;

	if (bytes != 0 && p->profile->hugepages == HWPROFILE_HUGEPAGES_ON)
		err = relay_region_create_huge(
			&p->region, RELAY_ROLE_DATA, bytes, relay_layout_hash());
	if (bytes != 0 && err != 0) /* slower with many endpoints, but it works */
		err = relay_region_create(&p->region, RELAY_ROLE_DATA, bytes, relay_layout_hash());
	if (err != 0)
		log_line(LOG_LEVEL_ERROR, "plane", "shared region of %zu bytes: %s", bytes,
			strerrordesc_np(-err));
	else /* the rings; workers do the same for their endpoints */
		relay_region_touch(p->region.base,
			(size_t)((uint8_t *)relay_layout_endpoints(p->region.base, &p->geometry) -
				 (uint8_t *)p->region.base));
	return err;
}

static int make_slots(struct plane *p)
{
	int socket = (int)rte_lcore_to_socket_id(p->profile->workers[0].core);
	uint32_t n = p->geometry.endpoints;

	p->slots = rte_zmalloc_socket("slots", n * sizeof(*p->slots), 64, socket);
	p->cold = rte_zmalloc_socket("slots_cold", n * sizeof(*p->cold), 64, socket);
	if (p->slots != NULL && p->cold != NULL)
		return 0;
	log_line(LOG_LEVEL_ERROR, "plane", "no memory for media.endpoints=%u: raise eal.memory_mb",
		n);
	return -ENOMEM;
}

static int make_workers(struct plane *p)
{
	int err = make_slots(p);

	for (uint32_t i = 0; i < p->geometry.workers && err == 0; i++) {
		err = plane_worker_create(p, i, &p->workers[i]);
		if (err == 0) {
			p->workers[i]->retire = &p->retire;
			p->workers[i]->stop = &p->stop;
		}
	}
	return err == 0 ? plane_worker_connect(p->workers, p->geometry.workers) : err;
}

/* Of an endpoint with AES-CM both ways: what README and clients are told. */
static uint32_t endpoint_bytes(const struct plane *p)
{
	static const struct relay_crypto crypto = {.suite = SUITE_AES_CM_128_HMAC_SHA1_80};
	const struct srtp_ctx_params params = endpoint_keys_params(&crypto, SRTP_PROTECT);
	size_t ctx = srtp_ctx_size(p->workers[0]->engine, &params);

	return (uint32_t)(sizeof(struct endpoint) + sizeof(struct endpoint_cold) +
			  sizeof(struct relay_endpoint) + 2 * sizeof(uint32_t) + 2 * ctx);
}

static void fill_info(struct plane *p)
{
	struct relay_info *info = relay_layout_info(p->region.base);

	info->tsc_hz = rte_get_tsc_hz();
	info->pid = (uint32_t)getpid();
	info->media_port_min = p->profile->media_port_min;
	info->media_port_max = p->profile->media_port_max;
	info->n_ports = p->profile->n_ports;
	info->geometry = p->geometry;
	info->endpoint_bytes = endpoint_bytes(p);
	(void)snprintf(info->engine, sizeof(info->engine), "%s",
		srtp_engine_describe(p->workers[0]->engine));
	(void)snprintf(info->profile, sizeof(info->profile), "%s", p->profile->name);
	memcpy(relay_layout_addresses(p->region.base), p->local.addresses,
		p->local.n * sizeof(p->local.addresses[0]));
}

/* Who may attach, and the group that may reach the socket. */
static int control_ids(const struct hwprofile *profile, uid_t *uid, gid_t *gid)
{
	const struct passwd *pw;

	*uid = getuid();
	*gid = getgid();
	if (profile->control_user == NULL)
		return 0;
	pw = getpwnam(profile->control_user); /* NOLINT(concurrency-mt-unsafe): once, by main */
	if (pw == NULL) {
		log_line(LOG_LEVEL_ERROR, "plane", "control.user=%s: there is no such user",
			profile->control_user);
		return -ENOENT;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

static int make_folder(const char *path)
{
	char folder[256];
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (len == 0 || len >= sizeof(folder))
		return 0;
	memcpy(folder, path, len);
	folder[len] = '\0';
	if (mkdir(folder, 0755) == 0 || errno == EEXIST)
		return 0;
	log_line(LOG_LEVEL_ERROR, "plane", "folder=%s of control.socket can't be made: %s: make it",
		folder, strerrordesc_np(errno));
	return -errno;
}

static int open_door(struct plane *p)
{
	struct attach_options options = {
		.path = p->profile->socket,
		.data = &p->region,
		.geometry = p->geometry,
		.patience_ms = ATTACH_PATIENCE_MS,
	};
	gid_t gid;
	int err = control_ids(p->profile, &options.uid, &gid);

	if (err != 0)
		return err;
	err = attach_create(&options, &p->attach);
	if (err == 0 && gid != getgid() && chown(options.path, (uid_t)-1, gid) != 0)
		err = -errno;
	if (err != 0)
		log_line(LOG_LEVEL_ERROR, "plane", "socket=%s can't be listened on: %s%s",
			options.path, strerrordesc_np(-err),
			err == -EADDRINUSE
				? ": another data plane runs with this profile: stop that one, or "
				  "give this profile its own control.socket, ports and cores"
				: "");
	return err;
}

int plane_claim(struct plane *p, const struct hwprofile *profile)
{
	int err;

	*p = (struct plane){.profile = profile, .region.fd = -1};
	retire_init(&p->retire, profile->n_workers);
	set_geometry(p);
	err = make_folder(profile->socket); /* vhost-user sockets may lie there, too */
	if (err == 0)
		err = open_door(p);
	if (err != 0)
		plane_close(p);
	return err;
}

int plane_open(struct plane *p)
{
	int err = make_pool(p);

	if (err == 0)
		err = open_ports(p);
	if (err == 0)
		err = open_neighbours(p);
	if (err == 0)
		err = make_region(p);
	if (err == 0)
		err = make_workers(p);
	if (err == 0)
		fill_info(p);
	else
		plane_close(p);
	return err;
}

void plane_close(struct plane *p)
{
	attach_destroy(p->attach);
	link_close(p->link);
	for (uint32_t i = 0; i < p->profile->n_workers; i++)
		plane_worker_destroy(p->workers[i]);
	neighbour_destroy(p->neighbour);
	retire_fini(&p->retire);
	exception_close(&p->exception);
	for (uint32_t i = 0; i < p->n_ports; i++)
		port_close(&p->ports[i]);
	relay_region_close(&p->region);
	rte_free(p->slots);
	rte_free(p->cold);
	rte_mempool_free(p->pool);
}
