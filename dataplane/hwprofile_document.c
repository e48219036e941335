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
	"Installed, that script is `sluice-host-setup`.\n"
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

void hwprofile_document(FILE *out)
{
	config_table_document(&hwprofile_keys_table, intro, false, out);
}
