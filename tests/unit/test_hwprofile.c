/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile.h"
#include "hwprofile_check.h"
#include "hwprofile_eal.h"
#include "hwprofile_machine.h"

#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pieces of a profile that is right; a row of a table replaces one of them. */
#define PORT                                                                                       \
	"name = \"a\"; device = \"0000:01:00.0\"; "                                                \
	"addresses = ( \"192.0.2.10/24\" );"
#define ADDRESS "addresses = ( \"192.0.2.10/24\" ); "
#define PORTS   "ports = ( { " PORT " } );\n"
#define WORKERS "workers = ( { core = 1; } );\n"

static struct hwprofile_machine machine_of(uint32_t cores)
{
	struct hwprofile_machine m;

	hwprofile_machine_plain(&m, cores, 4096);
	return m;
}

/* On four cores, of which the last is closed to us, and 4 GiB. What it says goes to 'said'. */
static int load(const char *text, char *said, size_t room, struct hwprofile **p)
{
	struct hwprofile_machine m = machine_of(4);
	FILE *out = fmemopen(said, room, "w");
	int status;

	assert_non_null(out);
	m.allowed[3] = false;
	status = hwprofile_load_text("x.conf", text, strlen(text), &m, out, p);
	(void)fclose(out);
	return status;
}

/* Columns: a text, the beginning of the line that tells its fault, and of a second one if that
 * follows. */
enum { TEXT, SAID, ALSO, COLUMNS };

static const char *const faults[][COLUMNS] = {
	/* what libconfig would let pass, or read elsewhere */
	{PORTS WORKERS "media = { endpoints = 4294967297; };\n",
		"x.conf:3: number 4294967297 is too"},
	{PORTS WORKERS "media = { endpoints = 0x100000001; };\n",
		"x.conf:3: number 0x100000001 is"},
	{PORTS "@include \"/etc/passwd\"\n" WORKERS, "x.conf:2: @include: a profile is one file"},
	{PORTS WORKERS "/* never closed", "x.conf:3: comment without end: close it"},
	{PORTS WORKERS "x = \"never closed", "x.conf:3: string without end: close it"},
	{PORTS WORKERS "x = ((((((((((((((((((1))))))))))))))))));\n",
		"x.conf:3: nested more than"},
	{PORTS WORKERS "media = { endpoints == 1; };\n", "x.conf:3: syntax error: reading ends"},
	{PORTS WORKERS WORKERS, "x.conf:3: duplicate setting name: reading ends here"},
	/* keys and values */
	{PORTS WORKERS "medium = { };\n",
		"x.conf:3: unknown key 'medium': remove it, or write one"},
	{PORTS WORKERS "media = {\n endpoint = 5; };\n", "x.conf:4: unknown key 'endpoint'"},
	{PORTS "workers = ( { core = 1; cores = 2; } );\n", "x.conf:2: unknown key 'cores'"},
	{PORTS WORKERS "media = { endpoints = \"9\"; };\n",
		"x.conf:3: 'endpoints' is a string: write"},
	{PORTS WORKERS "media = { endpoints = 9.5; };\n",
		"x.conf:3: 'endpoints' is a number with a"},
	{PORTS WORKERS "allow_noiommu = 1;\n",
		"x.conf:3: 'allow_noiommu' is a whole number: write"},
	{PORTS WORKERS "media = 3;\n", "x.conf:3: 'media' is no group: write media = { ... };"},
	{"ports = 3;\n" WORKERS, "x.conf:1: 'ports' is no list: write ports = ( ... );"},
	{"ports = ( 3 );\n" WORKERS, "x.conf:1: an entry of 'ports' is no group: write { ... }"},
	{PORTS WORKERS "media = { endpoints = 1000001; };\n",
		"x.conf:3: 'endpoints' is 1000001: write 1 to 1000000"},
	{PORTS WORKERS "media = { endpoints = 0; };\n", "x.conf:3: 'endpoints' is 0: write 1 to"},
	{PORTS WORKERS "media = { burst = -1; };\n", "x.conf:3: 'burst' is -1: write 1 to 64"},
	{PORTS WORKERS "media = { burst = 64L; crypto_backend = \"openssl\"; };\n",
		"x.conf:3: 'crypto_backend' is \"openssl\": write one of \"auto\", \"ipsec_mb\", "},
	{PORTS WORKERS "idle = { policy = \"sleep\"; };\n",
		"x.conf:3: 'policy' is \"sleep\": write one of \"spin\", \"backoff\""},
	{PORTS WORKERS "control = { socket = \"\"; };\n",
		"x.conf:3: 'socket' is 0 characters long"},
	{PORTS WORKERS "control = { socket = \"/a\\nb\"; };\n",
		"x.conf:3: 'socket' has a character"},
	{PORTS WORKERS "control = { socket = \"plane.sock\"; };\n",
		"x.conf:3: socket \"plane.sock\" is"},
	{PORTS WORKERS "control = { user = \"a b\"; };\n", "x.conf:3: 'control.user' is \"a b\":"},
	{PORTS WORKERS "control = { event_slots = 100; };\n",
		"x.conf:3: 'event_slots' is 100: write a power of 2, such as 64"},
	{PORTS WORKERS "eal = { file_prefix = \"../x\"; };\n", "x.conf:3: 'eal.file_prefix' is"},
	{PORTS WORKERS "eal = { args = ( \"-l\", \"5\" ); };\n",
		"x.conf:3: argument \"-l\" is the matter of workers[].core: remove it"},
	{PORTS WORKERS "eal = { args = ( \"--socket-mem=5\" ); };\n",
		"x.conf:3: argument \"--socket-mem=5\" is the matter of eal.memory_mb"},
	{PORTS WORKERS "eal = { args = ( 5 ); };\n", "x.conf:3: 'args' holds what is no string"},
	/* what must be there */
	{WORKERS, "x.conf: 'ports' has no entry: write ports = ( { ... } );"},
	{PORTS, "x.conf: 'workers' has no entry: write"},
	{PORTS "workers = ( );\n", "x.conf:2: 'workers' has no entry: write"},
	{PORTS "workers = (\n { } );\n", "x.conf:3: 'core' is missing: an entry of workers must"},
	{"ports = ( { device = \"01:00.0\"; " ADDRESS "} );\n" WORKERS,
		"x.conf:1: 'name' is missing: an entry"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; } );\n" WORKERS,
		"x.conf:1: no port has an address, so no call could come: write"},
	/* cores */
	{PORTS "workers = ( { core = 4; } );\n",
		"x.conf:2: core 4 does not exist on this machine: choose among 0-2"},
	{PORTS "workers = ( { core = 3; } );\n",
		"x.conf:2: core 3 is closed to this process: choose among 0-2"},
	{PORTS "workers = ( { core = 1; },\n { core = 1; } );\n",
		"x.conf:3: core 1 runs worker 0 already: give each worker its own"},
	{PORTS "workers = ( { core = 0; } );\n",
		"x.conf:2: core 0 is the main core: choose another"},
	{PORTS WORKERS "eal = { main_core = 9; };\n", "x.conf:3: core 9 does not exist"},
	/* queues */
	{PORTS "workers = ( { core = 1; queues = ( { port = \"b\"; } ); } );\n",
		"x.conf:2: no port is named \"b\": name one of 'ports'",
		"x.conf:1: no worker polls port \"a\""},
	{PORTS "workers = ( { core = 1; queues = ( { port = \"a\"; },\n { port = \"a\"; } ); } );\n",
		"x.conf:3: a second queue of port \"a\": a worker polls at most one"},
	{PORTS "workers = ( { core = 1; queues = ( { port = \"a\"; queue = 1; } ); } );\n",
		"x.conf:2: port \"a\" has no queue 1: its rx_queues is 1",
		"x.conf:1: port \"a\" has 1 rx_queues, but workers poll 0"},
	{PORTS "workers = ( { core = 1; queues = ( { port = \"a\"; } ); },\n"
	       "{ core = 2; queues = ( { port = \"a\"; } ); } );\n",
		"x.conf:3: queue 0 of port \"a\" belongs to worker 0 already: a queue has one worker"},
	{"ports = ( { " PORT " rx_queues = 2; } );\n" WORKERS,
		"x.conf:1: port \"a\" has 2 rx_queues, but workers poll 1: add workers or lower it"},
	{"ports = ( { " PORT " tx_queues = 1; } );\n workers = ( { core = 1; }, { core = 2; } );\n",
		"x.conf:1: port \"a\" has 1 tx_queues for 2 workers: each sends through its own"},
	{PORTS "workers = ( { core = 1; queues = ( ); } );\n",
		"x.conf:1: no worker polls port \"a\": name it in the queues of one"},
	/* ports */
	{"ports = ( { name = \"a\"; device = \"eth0\"; " ADDRESS "} );\n" WORKERS,
		"x.conf:1: device \"eth0\" is neither a PCI address nor a virtual device: write"},
	{"ports = ( { name = \"a\"; device = \"0000:01:20.0\"; " ADDRESS "} );\n" WORKERS,
		"x.conf:1: device \"0000:01:20.0\" is neither"},
	{"ports = ( { name = \"a\"; device = \"0000:01:00.8\"; " ADDRESS "} );\n" WORKERS,
		"x.conf:1: device \"0000:01:00.8\" is neither"},
	{"ports = ( { name = \"a\"; device = \"1:00.0\"; " ADDRESS "} );\n" WORKERS,
		"x.conf:1: device \"1:00.0\" is neither"},
	{"ports = ( { name = \"a b\"; device = \"01:00.0\"; " ADDRESS "} );\n" WORKERS,
		"x.conf:1: 'name' is \"a b\": letters, digits"},
	{"ports = ( { " PORT " },\n { name = \"b\"; device = \"01:00.0,x=1\"; } );\n" WORKERS,
		"x.conf:2: device 0000:01:00.0 is that of another port: a device is one port"},
	{"ports = ( { " PORT " },\n { name = \"a\"; device = \"02:00.0\"; } );\n" WORKERS,
		"x.conf:2: name \"a\" is that of another port: choose another"},
	{"ports = ( { " PORT " tap = \"t\"; },\n"
	 "{ name = \"b\"; device = \"02:00.0\"; tap = \"t\"; } );\n" WORKERS,
		"x.conf:2: tap \"t\" is that of another port: choose another"},
	{"ports = ( { " PORT " rx_descriptors = 1000; } );\n" WORKERS,
		"x.conf:1: 'rx_descriptors' is 1000: write a power of 2, such as 512"},
	{"ports = ( { " PORT " mtu = 9000; } );\n" WORKERS,
		"x.conf:1: mtu 9000 needs frames of several buffers: write at most 2000"},
	{"ports = ( { " PORT " steering = \"single\"; } );\n"
	 "workers = ( { core = 1; }, { core = 2; } );\n",
		"x.conf:1: steering = \"single\" with 2 rx_queues"},
	{"ports = ( { name = \"a\"; device = \"net_vhost0,iface=/s\"; steering = \"flow\"; " ADDRESS
	 "} );\n" WORKERS,
		"x.conf:1: net_vhost has no flow rules: write steering = \"rss\""},
	{"ports = ( { name = \"a\"; device = \"net_af_packet0,iface=e\"; " ADDRESS "} );\n"
	 "workers = ( { core = 1; }, { core = 2; } );\n",
		"x.conf:1: the device has 1 queues, but the port 2 to receive and 2 to send: write "
		"qpairs=2"},
	{"ports = ( { " PORT " } );\n" WORKERS
	 "eal = { hugepages = \"off\"; }; allow_noiommu = true;\n",
		"x.conf:3: a NIC by physical addresses needs hugepages: write"},
	/* addresses and next hops */
	{"ports = ( { " PORT " },\n { name = \"b\"; device = \"02:00.0\";\n"
	 "addresses = ( { ip = \"192.0.2.10/25\"; vlan = 5; } ); } );\n" WORKERS,
		"x.conf:3: this address is there already, in line 1: remove one"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; addresses = (\n \"192.0.2.1\" ); } );\n" WORKERS,
		"x.conf:2: address \"192.0.2.1\" is no address with prefix length: write it as"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; addresses = ( \"192.0.2.1/33\" ); } );\n" WORKERS,
		"x.conf:1: address \"192.0.2.1/33\" has a bad prefix length: 1 to 32 for IPv4"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; addresses = ( \"2001:db8::1/0\" ); } );\n" WORKERS,
		"x.conf:1: address \"2001:db8::1/0\" has a bad prefix length"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; addresses = ( \"224.0.0.1/24\" ); } );\n" WORKERS,
		"x.conf:1: address \"224.0.0.1/24\" is no address of a host on a link"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; addresses = ( \"192.0.2.255/24\" ); } );\n" WORKERS,
		"x.conf:1: address \"192.0.2.255/24\" is the subnet's own or its broadcast"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\"; addresses = ( \"::ffff:1.2.3.4/96\" ); } );\n" WORKERS,
		"x.conf:1: address \"::ffff:1.2.3.4/96\" is an IPv4 address in IPv6 form"},
	{"ports = ( { name = \"a\"; device = \"01:00.0\";\n"
	 "addresses = ( { ip = \"192.0.2.1/24\"; vlan = 4095; } ); } );\n" WORKERS,
		"x.conf:2: 'vlan' is 4095: write 0 to 4094"},
	{"ports = ( { " PORT " exception = \"none\"; } );\n" WORKERS,
		"x.conf:1: exception = \"none\" without neighbours, so nothing could be sent"},
	{"ports = ( { " PORT " exception = \"none\"; tap = \"t\"; } );\n" WORKERS,
		"x.conf:1: tap beside exception = \"none\": remove one of them",
		"x.conf:1: exception = \"none\" without neighbours"},
	{"ports = ( { " PORT
	 "\nneighbours = ( { ip = \"default\"; mac = \"02:00:00:00:00:01\"; } );"
	 "} );\n" WORKERS,
		"x.conf:2: neighbours beside exception = \"tap\", where the kernel knows them"},
	{"ports = ( { " PORT " exception = \"none\";\n"
	 "neighbours = ( { ip = \"default\"; mac = \"03:00:00:00:00:01\"; } ); } );\n" WORKERS,
		"x.conf:2: \"03:00:00:00:00:01\" is the MAC address of no one station"},
	{"ports = ( { " PORT " exception = \"none\";\n"
	 "neighbours = ( { ip = \"x\"; mac = \"02-00-00-00-00-01\"; } ); } );\n" WORKERS,
		"x.conf:2: \"02-00-00-00-00-01\" is no MAC address: write it as",
		"x.conf:2: \"x\" is no address: write"},
	{"ports = ( { " PORT " exception = \"none\";\n"
	 "neighbours = ( { ip = \"default\"; mac = \"02:00:00:00:00:01\"; },\n"
	 "{ ip = \"default\"; mac = \"02:00:00:00:00:02\"; } ); } );\n" WORKERS,
		"x.conf:3: this next hop is there already, in line 2: remove one"},
	/* capacity */
	{PORTS WORKERS "media = { port_min = 3000; port_max = 2000; };\n",
		"x.conf:3: port_min 3000 is above port_max 2000: exchange them"},
	{PORTS WORKERS "media = { mbufs = 1024; };\n", "x.conf:3: 1024 mbufs, but queues and"},
	{PORTS WORKERS "media = { endpoints = 100000; crypto_memory_mb = 171; };\n",
		"x.conf:3: 171 MiB for keys, but 100000 endpoints need 172"},
	{PORTS WORKERS "eal = { memory_mb = 100; };\n",
		"x.conf:3: memory_mb is 100, but packets ("},
	{PORTS WORKERS "eal = { memory_mb = 8192; };\n",
		"x.conf:3: 8203 MiB are needed, but the machine has 4096"},
};

static bool has_line(const char *said, const char *beginning)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "\n%s", beginning);
	return strstr(said, line) != NULL;
}

/* Each is told, with its line, and without others that only follow from it. */
static void fault_is_told_with_its_line(void **state)
{
	static char said[65536];

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const char *const *row = faults[i];
		struct hwprofile *p = NULL;
		unsigned lines = 0;

		memset(said, 0, sizeof(said));
		if (load(row[TEXT], said + 1, sizeof(said) - 2, &p) != -EINVAL)
			fail_msg("accepted: %s", row[TEXT]);
		assert_null(p);
		said[0] = '\n';
		for (const char *c = said + 1; *c != '\0'; c++)
			lines += *c == '\n';
		if (!has_line(said, row[SAID]) ||
			(row[ALSO] != NULL && !has_line(said, row[ALSO])) ||
			lines != 1u + (row[ALSO] != NULL))
			fail_msg("row %zu\n%swanted: %s\nsaid:%s", i, row[TEXT], row[SAID], said);
	}
}

static void faults_are_all_told_in_order(void **state)
{
	static const char text[] = "ports = ( { name = \"a\"; device = \"01:00.0\";\n"
				   "addresses = ( \"192.0.2.10/24\" );\n"
				   "mtu = 5; } );\n"
				   "workers = (\n"
				   "{ core = 7; },\n"
				   "{ core = 0; } );\n"
				   "media = { port_min = 9000; port_max = 8000;\n"
				   "burst = 65; };\n";
	static char said[4096];
	static const char *const lines[] = {"x.conf:3: 'mtu'", "x.conf:5: core 7",
		"x.conf:6: core 0", "x.conf:7: port_min", "x.conf:8: 'burst'"};
	struct hwprofile *p = NULL;
	const char *at = said;

	(void)state;
	assert_int_equal(load(text, said, sizeof(said), &p), -EINVAL);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (strncmp(at, lines[i], strlen(lines[i])) != 0)
			fail_msg("wanted %s in:\n%s", lines[i], said);
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	assert_int_equal(*at, '\0');
}

static void many_faults_are_counted(void **state)
{
	static char text[16384], said[65536];
	struct hwprofile *p = NULL;
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "unknown%u = 1;\n", i);
	(void)snprintf(text + used, sizeof(text) - used, PORTS WORKERS);
	assert_int_equal(load(text, said, sizeof(said), &p), -EINVAL);
	assert_non_null(strstr(said, "x.conf:64: unknown key 'unknown63'"));
	assert_non_null(strstr(said, "x.conf: 36 more faults: cure those above first"));
}

/* '\0' ends what libconfig sees; behind it anything could stand. */
static void nul_in_text_rejected(void **state)
{
	static const char text[] = PORTS WORKERS "\0medium = 1;";
	struct hwprofile_machine m = machine_of(4);
	char said[256] = "";
	FILE *out = fmemopen(said, sizeof(said), "w");
	struct hwprofile *p = NULL;

	(void)state;
	assert_int_equal(
		hwprofile_load_text("x.conf", text, sizeof(text) - 1, &m, out, &p), -EINVAL);
	(void)fclose(out);
	assert_string_equal(said, "x.conf:3: a NUL byte: save the file as plain text (UTF-8)\n");
}

static struct hwprofile *must_load(const char *text)
{
	static char said[65536];
	struct hwprofile *p = NULL;

	if (load(text, said, sizeof(said), &p) != 0)
		fail_msg("%s", said);
	return p;
}

static void defaults_are_filled_in(void **state)
{
	struct hwprofile *p = must_load(PORTS "workers = ( { core = 1; }, { core = 2; } );\n"
					      "media = { endpoints = 2001; };\n");

	(void)state;
	assert_string_equal(p->name, "x");
	assert_int_equal(p->main_core, 0);
	assert_int_equal(p->hugepages, HWPROFILE_HUGEPAGES_ON);
	assert_string_equal(p->file_prefix, "sluice");
	assert_string_equal(p->iova_mode, "auto");
	assert_int_equal(p->n_ports, 1);
	assert_int_equal(p->ports[0].rx_queues, 2);
	assert_int_equal(p->ports[0].tx_queues, 2);
	assert_int_equal(p->ports[0].rx_descriptors, 1024);
	assert_int_equal(p->ports[0].exception, HWPROFILE_EXCEPTION_TAP);
	assert_int_equal(p->ports[0].binding, HWPROFILE_BINDING_VFIO);
	assert_string_equal(p->ports[0].tap, "sluice0");
	assert_false(p->ports[0].is_vdev);
	assert_int_equal(p->workers[0].queue[0], 0);
	assert_int_equal(p->workers[1].queue[0], 1);
	assert_int_equal(p->workers[1].queue[1], HWPROFILE_NO_QUEUE);
	assert_int_equal(p->endpoints, 2002); /* a multiple of the workers */
	assert_int_equal(p->crypto_memory_mb, 4);
	assert_true(p->mbufs >= 2 * 2 * 1024);
	assert_true(p->memory_mb > 0);
	assert_null(p->crypto_backend);
	assert_null(p->user);
	assert_null(p->control_user);
	assert_int_equal(p->media_port_min, 16384);
	assert_int_equal(p->media_port_max, 65535);
	assert_int_equal(p->idle, HWPROFILE_IDLE_SPIN);
	assert_int_equal(p->addresses[0].prefix_len, 24);
	assert_int_equal(p->addresses[0].addr.ip[3], 10);
	assert_true(relay_address_valid(&p->addresses[0].addr));
	hwprofile_free(p);
	hwprofile_free(NULL);
}

/* Workers stand before ports, ports share queues unevenly, comments hold what looks like keys. */
static void values_are_read(void **state)
{
	struct hwprofile *p = must_load(
		"# @include \"x\" 99999999999\n"
		"workers = ( { core = 2; queues = ( { port = \"b\"; queue = 1; } ); },\n"
		"  { core = 1; queues = ( { port = \"a\"; }, { port = \"b\"; queue = 0; } ); } );\n"
		"allow_noiommu = true; stage_cycles = true;\n"
		"ports = ( { name = \"a\"; device = \"net_null0\"; rx_queues = 1;\n"
		"    exception = \"none\"; rx_checksum = \"off\";\n"
		"    neighbours = ( { ip = \"default\"; mac = \"02:00:00:00:00:0A\"; vlan = 7; } ); },\n"
		"  { name = \"b\"; device = \"01:00.1,x=1\"; binding = \"kernel\"; tap = \"media0\";\n"
		"    multi_segment = true; mtu = 9000;\n"
		"    addresses = [ \"192.0.2.10/24\", \"2001:db8::1/64\" ]; } );\n"
		"idle = { policy = \"backoff\"; polls = 5; sleep_us = 6; };\n"
		"control = { user = \"sluice-cp\"; run_as = \"sluice\"; };\n"
		"media = { crypto_backend = \"libsrtp2\"; };\n"
		"eal = { args = ( \"--log-level=8\" ); main_core = 1; share_main_core = true; };\n");

	(void)state;
	assert_int_equal(p->workers[0].core, 2);
	assert_int_equal(p->workers[0].queue[0], HWPROFILE_NO_QUEUE);
	assert_int_equal(p->workers[0].queue[1], 1);
	assert_int_equal(p->workers[1].queue[0], 0);
	assert_int_equal(p->workers[1].queue[1], 0);
	assert_int_equal(p->ports[1].rx_queues, 2);
	assert_int_equal(p->ports[1].binding, HWPROFILE_BINDING_KERNEL);
	assert_string_equal(p->ports[1].tap, "media0");
	assert_int_equal(p->ports[0].rx_checksum, HWPROFILE_CHECKSUM_OFF);
	assert_true(p->ports[0].is_vdev);
	assert_true(p->allow_noiommu && p->stage_cycles && p->share_main_core);
	assert_int_equal(p->n_neighbours, 1);
	assert_int_equal(p->neighbours[0].addr.family, RELAY_FAMILY_NONE);
	assert_int_equal(p->neighbours[0].mac[5], 10);
	assert_int_equal(p->neighbours[0].vlan, 7);
	assert_int_equal(p->n_addresses, 2);
	assert_int_equal(p->addresses[1].port, 1);
	assert_int_equal(p->addresses[1].addr.family, RELAY_FAMILY_IPV6);
	assert_int_equal(p->idle, HWPROFILE_IDLE_BACKOFF);
	assert_int_equal(p->idle_polls, 5);
	assert_int_equal(p->idle_sleep_us, 6);
	assert_string_equal(p->control_user, "sluice-cp");
	assert_string_equal(p->user, "sluice");
	assert_string_equal(p->crypto_backend, "libsrtp2");
	assert_int_equal(p->n_eal_args, 1);
	hwprofile_free(p);
}

/* Loading passes over them; who would start with them is told. */
static void unknown_users_are_told_with_their_lines(void **state)
{
	struct hwprofile *p = must_load(
		PORTS WORKERS "control = { run_as = \"root\";\n user = \"no-such-user\"; };\n");
	char said[512] = "";
	FILE *out = fmemopen(said, sizeof(said), "w");

	(void)state;
	assert_int_equal(hwprofile_check_users(p, out), -ENOENT);
	(void)fclose(out);
	assert_string_equal(said,
		"x.conf:4: 'control.user' is \"no-such-user\": there is no such user: make it with "
		"useradd --system no-such-user, or name another\n");
	hwprofile_free(p);
	p = must_load(PORTS WORKERS "control = { run_as = \"no-such-user\"; };\n");
	out = fmemopen(said, sizeof(said), "w");
	assert_int_equal(hwprofile_check_users(p, out), -ENOENT);
	(void)fclose(out);
	assert_true(strncmp(said, "x.conf:3: 'control.run_as' is", 29) == 0);
	hwprofile_free(p);
}

static void known_users_pass(void **state)
{
	struct hwprofile *p =
		must_load(PORTS WORKERS "control = { user = \"root\"; run_as = \"root\"; };\n");

	(void)state;
	assert_int_equal(hwprofile_check_users(p, stderr), 0);
	hwprofile_free(p);
	p = must_load(PORTS WORKERS);
	assert_int_equal(hwprofile_check_users(p, stderr), 0);
	hwprofile_free(p);
}

static void check_eal(const char *text, const char *wanted)
{
	struct hwprofile *p = must_load(text);
	static struct hwprofile_eal eal;
	char line[1024] = "";

	assert_int_equal(hwprofile_eal_args(p, "prog", &eal), 0);
	assert_null(eal.argv[eal.argc]);
	for (int i = 0; i < eal.argc; i++) {
		(void)strncat(line, i > 0 ? " " : "", sizeof(line) - strlen(line) - 1);
		(void)strncat(line, eal.argv[i], sizeof(line) - strlen(line) - 1);
	}
	assert_string_equal(line, wanted);
	hwprofile_free(p);
}

static void eal_gets_cores_memory_devices(void **state)
{
	(void)state;
	check_eal("eal = { memory_mb = 300; args = ( \"--log-level=8\" ); };"
		  "ports = ( { " PORT " } ); workers = ( { core = 2; }, { core = 1; } );",
		"prog --lcores=0@0,2@2,1@1 --main-lcore=0 --file-prefix=sluice -m 300 --in-memory "
		"--allow=0000:01:00.0 --log-level=8");
	check_eal("eal = { memory_mb = 300; hugepages = \"off\"; iova_mode = \"va\"; main_core = 1;"
		  "share_main_core = true; file_prefix = \"t\"; };"
		  "ports = ( { name = \"a\"; device = \"net_af_packet0,iface=e\";"
		  "addresses = ( \"192.0.2.10/24\" ); } );" WORKERS,
		"prog --lcores=127@1,1@1 --main-lcore=127 --file-prefix=t -m 300 --no-huge "
		"--iova-mode=va --vdev=net_af_packet0,iface=e --no-pci");
}

static void eal_without_room_rejected(void **state)
{
	static char text[8192];
	static struct hwprofile_eal eal;
	struct hwprofile *p;
	size_t used = 0;

	(void)state;
	used += (size_t)snprintf(text, sizeof(text), PORTS WORKERS "eal = { args = ( \"");
	memset(text + used, 'x', 5000);
	(void)snprintf(text + used + 5000, sizeof(text) - used - 5000, "\" ); };");
	p = must_load(text);
	assert_int_equal(hwprofile_eal_args(p, "prog", &eal), -E2BIG);
	hwprofile_free(p);
}

static void porcelain_has_a_line_for_each_fact(void **state)
{
	struct hwprofile *p =
		must_load("ports = ( { " PORT
			  " }, { name = \"b\"; device = \"02:00.0\"; binding = \"kernel\"; },"
			  "{ name = \"c\"; device = \"net_af_xdp0,iface=eth1,queue_count=2\"; } );"
			  "workers = ( { core = 1; }, { core = 2; } ); eal = { memory_mb = 512; };"
			  "control = { run_as = \"sluice\"; };");
	char said[1024] = "";
	FILE *out = fmemopen(said, sizeof(said), "w");

	(void)state;
	hwprofile_porcelain(p, out);
	(void)fclose(out);
	assert_string_equal(said,
		"name=x\nmain_core=0\nworker_cores=1,2\nhugepages_mb=512\nneeds_hugetlbfs=0\n"
		"pci=0000:01:00.0 vfio\npci=0000:02:00.0 kernel\n"
		"netdev=eth1 net_af_xdp 2\n"
		"needs_iommu=1\nallow_noiommu=0\nneeds_tap=1\n"
		"user=sluice\ncontrol_user=\n");
	hwprofile_free(p);
}

static void explanation_names_cores_queues_memory(void **state)
{
	static const char *const parts[] = {"core 0   main thread\n",
		"core 2   worker 1, polls a queue 1; sends through queue 1\n",
		"0000:01:00.0 (PCI, bound to vfio-pci)", "192.0.2.10/24",
		"400 MiB in 200 hugepages", "vfio-pci and an IOMMU"};
	struct hwprofile *p = must_load(PORTS "workers = ( { core = 1; }, { core = 2; } );"
					      "eal = { memory_mb = 400; };");
	static char said[8192];
	FILE *out = fmemopen(said, sizeof(said), "w");

	(void)state;
	hwprofile_explain(p, out);
	(void)fclose(out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(said, parts[i]) == NULL)
			fail_msg("no '%s' in:\n%s", parts[i], said);
	hwprofile_free(p);
}

static void file_that_is_not_there_rejected(void **state)
{
	char said[256] = "";
	FILE *out = fmemopen(said, sizeof(said), "w");
	struct hwprofile *p = NULL;

	(void)state;
	assert_int_equal(hwprofile_load("/nonexistent/x.conf", out, &p), -ENOENT);
	(void)fclose(out);
	assert_string_equal(said,
		"/nonexistent/x.conf: cannot be read: No such file or directory: copy a profile of "
		"hwconf there, or name another\n");
}

static void this_machine_is_seen(void **state)
{
	struct hwprofile_machine m;
	unsigned n = 0;

	(void)state;
	assert_int_equal(hwprofile_machine_read(&m), 0);
	for (unsigned core = 0; core < HWPROFILE_CORES_MAX; core++) {
		assert_true(m.exists[core] || !m.allowed[core]);
		n += m.allowed[core];
	}
	assert_true(n > 0);
	assert_true(m.memory_mb > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_is_told_with_its_line),
		cmocka_unit_test(faults_are_all_told_in_order),
		cmocka_unit_test(many_faults_are_counted),
		cmocka_unit_test(nul_in_text_rejected),
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(unknown_users_are_told_with_their_lines),
		cmocka_unit_test(known_users_pass),
		cmocka_unit_test(eal_gets_cores_memory_devices),
		cmocka_unit_test(eal_without_room_rejected),
		cmocka_unit_test(porcelain_has_a_line_for_each_fact),
		cmocka_unit_test(explanation_names_cores_queues_memory),
		cmocka_unit_test(file_that_is_not_there_rejected),
		cmocka_unit_test(this_machine_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
