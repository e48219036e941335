/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_entry.h"

#include "hwprofile_parse.h"
#include "hwprofile_text.h"

#include <string.h>

static unsigned line_of(const config_setting_t *s)
{
	return config_setting_source_line(s);
}

static void parse_address(struct config_reader *r, config_setting_t *s, unsigned port)
{
	struct hwprofile_build *b = r->build;
	struct hwprofile *p = &b->profile;
	struct hwprofile_keys_address text = {.ip = config_setting_get_string(s)};
	struct hwprofile_address *a = &p->addresses[p->n_addresses];
	const char *why;

	if (text.ip == NULL)
		config_table_group(r, IN_ADDRESS, s, &text, port);
	if (text.ip == NULL)
		return;
	*a = (struct hwprofile_address){.port = (uint8_t)port, .vlan = text.vlan};
	why = hwprofile_text_prefix(text.ip, &a->addr, &a->prefix_len);
	if (why != NULL)
		config_faults_add(&b->faults, line_of(s), "address \"%.63s\" %s", text.ip, why);
	else
		b->address_line[p->n_addresses++] = line_of(s);
}

static void parse_neighbour(struct config_reader *r, config_setting_t *s, unsigned port)
{
	struct hwprofile_build *b = r->build;
	struct hwprofile *p = &b->profile;
	struct hwprofile_neighbour *n = &p->neighbours[p->n_neighbours];
	struct hwprofile_keys_neighbour text = {0};
	const char *why_ip, *why_mac;

	config_table_group(r, IN_NEIGHBOUR, s, &text, port);
	if (text.ip == NULL || text.mac == NULL)
		return;
	*n = (struct hwprofile_neighbour){.port = (uint8_t)port, .vlan = text.vlan};
	why_ip = hwprofile_text_hop(text.ip, &n->addr);
	why_mac = hwprofile_text_mac(text.mac, n->mac);
	if (why_ip != NULL)
		config_faults_add(&b->faults, line_of(s), "\"%.63s\" %s", text.ip, why_ip);
	if (why_mac != NULL)
		config_faults_add(&b->faults, line_of(s), "\"%.63s\" %s", text.mac, why_mac);
	if (why_ip == NULL && why_mac == NULL)
		b->neighbour_line[p->n_neighbours++] = line_of(s);
}

static uint32_t find_port(const struct hwprofile *p, const char *name)
{
	uint32_t i = 0;

	while (i < p->n_ports && (p->ports[i].name == NULL || strcmp(p->ports[i].name, name) != 0))
		i++;
	return i;
}

static void parse_queue(struct config_reader *r, config_setting_t *s, unsigned worker)
{
	struct hwprofile_build *b = r->build;
	struct hwprofile *p = &b->profile;
	struct hwprofile_keys_queue text = {0};
	uint32_t port;

	config_table_group(r, IN_QUEUE, s, &text, worker);
	if (text.port == NULL)
		return;
	port = find_port(p, text.port);
	if (port == p->n_ports)
		config_faults_add(&b->faults, line_of(s),
			"no port is named \"%.31s\": name one of 'ports'", text.port);
	else if (p->workers[worker].queue[port] != HWPROFILE_NO_QUEUE)
		config_faults_add(&b->faults, line_of(s),
			"a second queue of port \"%.31s\": a worker polls at most one of each port",
			text.port);
	else
		p->workers[worker].queue[port] = text.queue;
}

static void parse_port(struct config_reader *r, config_setting_t *s)
{
	struct hwprofile_build *b = r->build;
	struct hwprofile *p = &b->profile;
	struct hwprofile_port *port = &p->ports[p->n_ports];
	char pci[HWPROFILE_PCI_BYTES];
	const char *why;

	config_table_group(r, IN_PORT, s, port, p->n_ports);
	if (port->device != NULL) {
		why = hwprofile_text_device(port->device, pci);
		if (why != NULL) {
			config_faults_add(&b->faults,
				config_table_line(&b->config, "ports.[%u].device", p->n_ports),
				"device \"%.63s\" %s", port->device, why);
			port->device = NULL;
		} else {
			port->is_vdev = pci[0] == '\0';
		}
	}
	if (port->is_vdev)
		port->binding = HWPROFILE_BINDING_KERNEL;
	p->n_ports++;
}

static void parse_worker(struct config_reader *r, config_setting_t *s)
{
	struct hwprofile_build *b = r->build;
	struct hwprofile *p = &b->profile;
	struct hwprofile_worker *w = &p->workers[p->n_workers];

	for (uint32_t i = 0; i < HWPROFILE_PORTS_MAX; i++)
		w->queue[i] = HWPROFILE_NO_QUEUE;
	b->queues_given[p->n_workers] = config_setting_get_member(s, "queues") != NULL;
	config_table_group(r, IN_WORKER, s, w, p->n_workers);
	p->n_workers++;
}

/* How many there are already; a worker's queues have their own bound, one for each port. */
static uint32_t count_of(const struct hwprofile *p, unsigned of)
{
	return of == IN_PORT      ? p->n_ports
	       : of == IN_WORKER  ? p->n_workers
	       : of == IN_ADDRESS ? p->n_addresses
	       : of == IN_QUEUE   ? 0
				  : p->n_neighbours;
}

bool hwprofile_entry_takes_text(const struct config_key *key)
{
	return key->of == IN_ADDRESS;
}

bool hwprofile_entry_add(
	struct config_reader *r, const struct config_key *key, config_setting_t *s, unsigned owner)
{
	const struct hwprofile_build *b = r->build;

	if (count_of(&b->profile, key->of) == key->max)
		return false;
	if (key->of == IN_PORT)
		parse_port(r, s);
	else if (key->of == IN_ADDRESS)
		parse_address(r, s, owner);
	else if (key->of == IN_NEIGHBOUR)
		parse_neighbour(r, s, owner);
	else if (key->of == IN_WORKER)
		parse_worker(r, s);
	else
		parse_queue(r, s, owner);
	return true;
}
