/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_check.h"

#include "hwprofile_memory.h"
#include "hwprofile_text.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

/* "0-3,8" of the cores that we may use. */
static const char *core_ranges(const struct hwprofile_machine *m, char text[128])
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t first = 0; first < HWPROFILE_CORES_MAX && used < 100; first++) {
		uint32_t last = first;

		if (!m->allowed[first])
			continue;
		while (last + 1 < HWPROFILE_CORES_MAX && m->allowed[last + 1])
			last++;
		used += (size_t)snprintf(
			text + used, 128 - used, "%s%u", used > 0 ? "," : "", first);
		if (last > first)
			used += (size_t)snprintf(text + used, 128 - used, "-%u", last);
		first = last;
	}
	return text;
}

static void check_core(
	struct hwprofile_build *b, const struct hwprofile_machine *m, uint32_t core, unsigned line)
{
	char ranges[128];

	if (core == CONFIG_UNKNOWN || (core < HWPROFILE_CORES_MAX && m->allowed[core]))
		return;
	if (core >= HWPROFILE_CORES_MAX || !m->exists[core])
		config_faults_add(&b->faults, line,
			"core %u does not exist on this machine: choose among %s", core,
			core_ranges(m, ranges));
	else
		config_faults_add(&b->faults, line,
			"core %u is closed to this process: choose among %s, or widen its cpuset "
			"or taskset",
			core, core_ranges(m, ranges));
}

static void check_cores(struct hwprofile_build *b, const struct hwprofile_machine *m)
{
	const struct hwprofile *p = &b->profile;

	check_core(b, m, p->main_core, config_table_line(&b->config, "eal.main_core"));
	for (uint32_t i = 0; i < p->n_workers; i++) {
		uint32_t core = p->workers[i].core;
		unsigned line = config_table_line(&b->config, "workers.[%u].core", i);
		uint32_t j = 0;

		if (core == CONFIG_UNKNOWN)
			continue;
		check_core(b, m, core, line);
		while (p->workers[j].core != core)
			j++;
		if (j < i)
			config_faults_add(&b->faults, line,
				"core %u runs worker %u already: give each worker its own", core,
				j);
		if (core == p->main_core && !p->share_main_core)
			config_faults_add(&b->faults, line,
				"core %u is the main core: choose another, or for a trial write "
				"eal.share_main_core = true;",
				core);
	}
}

static void check_queue(struct hwprofile_build *b, uint32_t port, uint32_t worker)
{
	const struct hwprofile *p = &b->profile;
	uint16_t queue = p->workers[worker].queue[port];
	unsigned line = config_table_line(&b->config, "workers.[%u].queues", worker);
	const char *name = p->ports[port].name != NULL ? p->ports[port].name : "?";

	if (queue == HWPROFILE_NO_QUEUE)
		return;
	if (queue >= p->ports[port].rx_queues)
		config_faults_add(&b->faults, line,
			"port \"%s\" has no queue %u: its rx_queues is %u", name, queue,
			p->ports[port].rx_queues);
	for (uint32_t i = 0; i < worker; i++)
		if (p->workers[i].queue[port] == queue)
			config_faults_add(&b->faults, line,
				"queue %u of port \"%s\" belongs to worker %u already: a queue has "
				"one worker",
				queue, name, i);
}

static void check_port_queues(struct hwprofile_build *b, uint32_t port)
{
	const struct hwprofile *p = &b->profile;
	const char *name = p->ports[port].name != NULL ? p->ports[port].name : "?";
	uint32_t polled = 0;

	for (uint32_t i = 0; i < p->n_workers; i++) {
		check_queue(b, port, i);
		polled += p->workers[i].queue[port] < p->ports[port].rx_queues;
	}
	if (polled < p->ports[port].rx_queues)
		config_faults_add(&b->faults,
			config_table_line(&b->config, "ports.[%u].rx_queues", port),
			"port \"%s\" has %u rx_queues, but workers poll %u: add workers or lower it",
			name, p->ports[port].rx_queues, polled);
	if (p->ports[port].rx_queues == 0)
		config_faults_add(&b->faults, config_table_line(&b->config, "ports.[%u]", port),
			"no worker polls port \"%s\": name it in the queues of one", name);
	if (p->ports[port].tx_queues < p->n_workers)
		config_faults_add(&b->faults,
			config_table_line(&b->config, "ports.[%u].tx_queues", port),
			"port \"%s\" has %u tx_queues for %u workers: each sends through its own",
			name, p->ports[port].tx_queues, p->n_workers);
}

static void check_power_of_2(struct hwprofile_build *b, const char *key, uint32_t value)
{
	if ((value & (value - 1)) != 0)
		config_faults_add(&b->faults, config_table_line(&b->config, "%s", key),
			"'%s' is %u: write a power of 2, such as %u", strrchr(key, '.') + 1, value,
			1u << (31 - __builtin_clz(value)));
}

static void check_name(struct hwprofile_build *b, const char *key, const char *name)
{
	if (name != NULL && !hwprofile_text_is_name(name))
		config_faults_add(&b->faults, config_table_line(&b->config, "%s", key),
			"'%s' is \"%s\": letters, digits, '_', '-' and '.' make a name", key, name);
}

static void check_control(struct hwprofile_build *b)
{
	const struct hwprofile *p = &b->profile;

	check_power_of_2(b, "control.command_slots", p->command_slots);
	check_power_of_2(b, "control.event_slots", p->event_slots);
	check_power_of_2(b, "control.punt_slots", p->punt_slots);
	check_power_of_2(b, "control.inject_slots", p->inject_slots);
	check_name(b, "control.user", p->control_user);
	check_name(b, "control.run_as", p->user);
	check_name(b, "eal.file_prefix", p->file_prefix);
	if (p->socket[0] != '/')
		config_faults_add(&b->faults, config_table_line(&b->config, "control.socket"),
			"socket \"%s\" is no absolute path: begin it with /", p->socket);
	if (p->media_port_min > p->media_port_max)
		config_faults_add(&b->faults, config_table_line(&b->config, "media.port_min"),
			"port_min %u is above port_max %u: exchange them", p->media_port_min,
			p->media_port_max);
}

static void check_user(struct hwprofile_build *b, const char *key, const char *name)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): once, before any thread */
	if (name != NULL && getpwnam(name) == NULL)
		config_faults_add(&b->faults, config_table_line(&b->config, "%s", key),
			"'%s' is \"%s\": there is no such user: make it with useradd --system %s, "
			"or name another",
			key, name, name);
}

int hwprofile_check_users(struct hwprofile *profile, FILE *out)
{
	struct hwprofile_build *b = (struct hwprofile_build *)profile;

	check_user(b, "control.user", profile->control_user);
	check_user(b, "control.run_as", profile->user);
	if (!config_faults_any(&b->faults))
		return 0;
	config_faults_print(&b->faults, out);
	return -ENOENT;
}

/* What a key says must not be said again where nothing checks it. */
static void check_eal_args(struct hwprofile_build *b)
{
	static const struct {
		const char *arg, *key;
	} owned[] = {
		{"-l", "workers[].core"},
		{"-c", "workers[].core"},
		{"-s", "workers[].core"},
		{"-S", "workers[].core"},
		{"--lcores", "workers[].core"},
		{"--main-lcore", "eal.main_core"},
		{"-m", "eal.memory_mb"},
		{"--socket-mem", "eal.memory_mb"},
		{"--no-huge", "eal.hugepages"},
		{"--in-memory", "eal.in_memory"},
		{"--file-prefix", "eal.file_prefix"},
		{"--iova-mode", "eal.iova_mode"},
		{"-a", "ports[].device"},
		{"--allow", "ports[].device"},
		{"-b", "ports[].device"},
		{"--block", "ports[].device"},
		{"--vdev", "ports[].device"},
		{"--no-pci", "ports[].device"},
		{"--proc-type", "nothing: it is a primary process"},
		{"--", "nothing: the EAL stops there"},
	};
	const struct hwprofile *p = &b->profile;

	for (uint32_t i = 0; i < p->n_eal_args; i++) {
		const char *arg = p->eal_args[i];
		unsigned line = config_table_line(&b->config, "eal.args.[%u]", i);
		size_t len = strncmp(arg, "--", 2) == 0 ? strcspn(arg, "=") : strnlen(arg, 2);

		for (size_t j = 0; j < sizeof(owned) / sizeof(owned[0]); j++)
			if (strlen(owned[j].arg) == len && strncmp(owned[j].arg, arg, len) == 0)
				config_faults_add(&b->faults, line,
					"argument \"%.40s\" is the matter of %s: remove it", arg,
					owned[j].key);
	}
}

void hwprofile_check_placement(struct hwprofile_build *b, const struct hwprofile_machine *m)
{
	check_cores(b, m);
	for (uint32_t i = 0; b->profile.n_workers > 0 && i < b->profile.n_ports; i++)
		check_port_queues(b, i);
	check_control(b);
	check_eal_args(b);
}

void hwprofile_check_memory(struct hwprofile_build *b, const struct hwprofile_machine *machine)
{
	const struct hwprofile *p = &b->profile;
	uint64_t packets = hwprofile_memory_packets(p);
	uint64_t crypto_mb = hwprofile_memory_crypto_mb(p->endpoints, p->n_workers);
	struct hwprofile_memory m;

	hwprofile_memory_estimate(p, &m);
	if (p->mbufs < packets)
		config_faults_add(&b->faults, config_table_line(&b->config, "media.mbufs"),
			"%u mbufs, but queues and workers can hold %llu: write 0 to have it "
			"computed",
			p->mbufs, (unsigned long long)packets);
	if (p->crypto_memory_mb < crypto_mb)
		config_faults_add(&b->faults,
			config_table_line(&b->config, "media.crypto_memory_mb"),
			"%u MiB for keys, but %u endpoints need %llu: write 0 to have it computed, "
			"or lower endpoints",
			p->crypto_memory_mb, p->endpoints, (unsigned long long)crypto_mb);
	if (m.total_mb > p->memory_mb)
		config_faults_add(&b->faults, config_table_line(&b->config, "eal.memory_mb"),
			"memory_mb is %u, but packets (%llu), endpoints (%llu), keys (%llu) and the "
			"rest (%llu) need %llu: write 0 to have it computed, or lower endpoints",
			p->memory_mb, (unsigned long long)m.packets_mb,
			(unsigned long long)m.endpoints_mb, (unsigned long long)m.crypto_mb,
			(unsigned long long)m.rest_mb, (unsigned long long)m.total_mb);
	else if (machine->memory_mb != 0 && p->memory_mb + m.records_mb >= machine->memory_mb)
		config_faults_add(&b->faults, config_table_line(&b->config, "eal.memory_mb"),
			"%llu MiB are needed, but the machine has %llu: lower endpoints or "
			"descriptors",
			p->memory_mb + (unsigned long long)m.records_mb,
			(unsigned long long)machine->memory_mb);
}
