/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile.h"

#include "hwprofile_keys.h"

static const char *const intro =
	"# Hardware profiles\n"
	"\n"
	"One file for each type of machine: which core polls which queue of which NIC, and with\n"
	"how much memory. Copy the nearest, put in your PCI addresses and IP addresses, then:\n"
	"\n"
	"```\n"
	"sluice-dataplane --check my.conf          # what would run where, or everything that is wrong\n"
	"scripts/host-setup.sh --check my.conf     # what the machine lacks for it\n"
	"scripts/host-setup.sh --apply my.conf     # sets that up; --undo takes it back\n"
	"```\n"
	"\n"
	"| profile | for |\n"
	"|---|---|\n"
	"| `loopback.conf` | no hardware: another process on this machine, by vhost-user |\n"
	"| `af_packet.conf` | any interface of the kernel; containers; slow |\n"
	"| `af_xdp.conf` | an interface whose driver knows AF_XDP; stays with the kernel |\n"
	"| `virtio-pci.conf` | virtual machines under KVM |\n"
	"| `aws-ena.conf` | Amazon EC2 |\n"
	"| `intel-x520.conf` | Intel 82599, X520, X540: 10 Gb/s |\n"
	"| `intel-x710.conf` | Intel X710, XL710, XXV710: 10 to 40 Gb/s |\n"
	"| `intel-e810.conf` | Intel E810: 25 to 100 Gb/s |\n"
	"| `mellanox-cx5.conf` | NVIDIA Mellanox ConnectX-5: 25 to 100 Gb/s |\n"
	"| `mellanox-cx6.conf` | NVIDIA Mellanox ConnectX-6, Dx, Lx: 25 to 200 Gb/s |\n"
	"\n"
	"The files are in the syntax of libconfig. A key that is not below, a value out of its\n"
	"range, a core that the machine does not have, a queue with two workers: each is an error\n"
	"with its line and its cure, and nothing starts. `@include` is refused: a profile is one\n"
	"file. Numbers are at most 2147483647.\n"
	"\n"
	"This page is made from the table of keys, `dataplane/hwprofile_keys.c`; a test compares.\n";

static const struct {
	enum hwprofile_section in;
	const char *title, *form;
} sections[] = {
	{IN_TOP, "Top", "`key = value;`"},
	{IN_EAL, "eal", "`eal = { key = value; ... };`"},
	{IN_PORT, "ports", "`ports = ( { key = value; ... }, { ... } );`"},
	{IN_ADDRESS, "addresses of a port", "`addresses = ( { ip = \"...\"; }, ... );`"},
	{IN_NEIGHBOUR, "neighbours of a port",
		"`neighbours = ( { ip = \"default\"; mac = \"...\"; }, ... );`"},
	{IN_WORKER, "workers", "`workers = ( { core = 1; }, { core = 2; } );`"},
	{IN_QUEUE, "queues of a worker", "`queues = ( { port = \"trunk\"; queue = 0; }, ... );`"},
	{IN_MEDIA, "media", "`media = { key = value; ... };`"},
	{IN_CONTROL, "control", "`control = { key = value; ... };`"},
	{IN_IDLE, "idle", "`idle = { key = value; ... };`"},
};

static void print_value(const struct hwprofile_key *key, FILE *out)
{
	switch (key->type) {
	case KEY_BOOL:
		(void)fprintf(out, "true or false");
		break;
	case KEY_U16:
	case KEY_U32:
		(void)fprintf(out, "%u to %u%s%s", key->min, key->max, key->unit != NULL ? " " : "",
			key->unit != NULL ? key->unit : "");
		break;
	case KEY_STRING:
		(void)fprintf(out, "text of %u to %u", key->min, key->max);
		break;
	case KEY_CHOICE:
	case KEY_WORD:
		for (size_t i = 0; key->words[i] != NULL; i++)
			(void)fprintf(out, "%s`\"%s\"`", i > 0 ? ", " : "", key->words[i]);
		break;
	case KEY_GROUP:
		(void)fprintf(out, "group");
		break;
	case KEY_LIST:
	case KEY_STRINGS:
		(void)fprintf(out, "list of %s%u to %u", key->type == KEY_STRINGS ? "texts, " : "",
			key->min, key->max);
		break;
	}
}

static void print_default(const struct hwprofile_key *key, FILE *out)
{
	bool quoted = key->type == KEY_STRING || key->type == KEY_CHOICE || key->type == KEY_WORD;

	if (key->fallback != NULL)
		(void)fprintf(out, quoted ? "`\"%s\"`" : "`%s`", key->fallback);
	else if (key->type < KEY_GROUP || key->min > 0)
		(void)fprintf(out, "must be there");
}

void hwprofile_document(FILE *out)
{
	(void)fputs(intro, out);
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++) {
		(void)fprintf(out,
			"\n## %s\n\n%s\n\n| key | value | default | what it is |\n"
			"|---|---|---|---|\n",
			sections[s].title, sections[s].form);
		for (size_t i = 0; i < hwprofile_keys_count; i++) {
			const struct hwprofile_key *key = &hwprofile_keys[i];

			if (key->in != sections[s].in)
				continue;
			(void)fprintf(out, "| `%s` | ", key->name);
			print_value(key, out);
			(void)fprintf(out, " | ");
			print_default(key, out);
			(void)fprintf(out, " | %s |\n", key->help);
		}
	}
}
