/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_keys.h"

#include "hwprofile.h"
#include "hwprofile_entry.h"

#define OF_PROFILE(field)   offsetof(struct hwprofile, field)
#define OF_PORT(field)      offsetof(struct hwprofile_port, field)
#define OF_ADDRESS(field)   offsetof(struct hwprofile_keys_address, field)
#define OF_NEIGHBOUR(field) offsetof(struct hwprofile_keys_neighbour, field)
#define OF_WORKER(field)    offsetof(struct hwprofile_worker, field)
#define OF_QUEUE(field)     offsetof(struct hwprofile_keys_queue, field)

/* In the order of the enums of hwprofile.h. */
static const char *const checksum_words[] = {"auto", "offload", "software", "off", NULL};
static const char *const steering_words[] = {"auto", "flow", "rss", "single", NULL};
static const char *const exception_words[] = {"tap", "none", NULL};
static const char *const idle_words[] = {"spin", "backoff", NULL};
static const char *const hugepages_words[] = {"on", "off", NULL};
static const char *const binding_words[] = {"vfio", "kernel", NULL};

static const char *const iova_words[] = {"auto", "va", "pa", NULL};
static const char *const backend_words[] = {"auto", "ipsec_mb", "libsrtp2", NULL};

static const struct config_key keys[] = {
	{"allow_noiommu", IN_TOP, KEY_BOOL, .fallback = "false",
		.offset = OF_PROFILE(allow_noiommu),
		.help = "Drive NICs without an IOMMU. A NIC, or who controls it, can then write "
			"into any memory of the machine."},
	{"stage_cycles", IN_TOP, KEY_BOOL, .fallback = "false", .offset = OF_PROFILE(stage_cycles),
		.help = "Count the cycles that each stage takes. Costs some of them."},
	{"eal", IN_TOP, KEY_GROUP, .of = IN_EAL,
		.help = "Memory and main core of DPDK's environment."},
	{"ports", IN_TOP, KEY_LIST, 1, HWPROFILE_PORTS_MAX, .of = IN_PORT,
		.help = "The NICs. At least one."},
	{"workers", IN_TOP, KEY_LIST, 1, HWPROFILE_WORKERS_MAX, .of = IN_WORKER,
		.help = "The polling threads, each alone on a core. At least one."},
	{"media", IN_TOP, KEY_GROUP, .of = IN_MEDIA, .help = "What is relayed, and how much."},
	{"control", IN_TOP, KEY_GROUP, .of = IN_CONTROL, .help = "How the control plane attaches."},
	{"idle", IN_TOP, KEY_GROUP, .of = IN_IDLE, .help = "What a worker does without packets."},

	{"main_core", IN_EAL, KEY_U32, 0, 127, "0", NULL, NULL, OF_PROFILE(main_core),
		.help = "Core of the main thread: commands, events, next hops. Polls no queue."},
	{"share_main_core", IN_EAL, KEY_BOOL, .fallback = "false",
		.offset = OF_PROFILE(share_main_core),
		.help = "Let a worker run on the main core too. For trials: the main thread then "
			"takes time from packets."},
	{"memory_mb", IN_EAL, KEY_U32, 0, 1048576, "0", "MiB", NULL, OF_PROFILE(memory_mb),
		.help = "Memory for packets, endpoints and keys. 0: what the profile needs."},
	{"hugepages", IN_EAL, KEY_WORD, .fallback = "on", .words = hugepages_words,
		.offset = OF_PROFILE(hugepages),
		.help = "`off` for machines without them, and slower. A NIC without IOMMU "
			"needs them."},
	{"in_memory", IN_EAL, KEY_BOOL, .fallback = "true", .offset = OF_PROFILE(in_memory),
		.help = "Hugepages without files: no hugetlbfs to mount, nothing left behind by a "
			"process that dies. `false` lets DPDK's tools (dpdk-pdump) attach."},
	{"file_prefix", IN_EAL, KEY_STRING, 1, 32, "sluice", NULL, NULL, OF_PROFILE(file_prefix),
		.help = "Names DPDK's files, /run/dpdk/PREFIX and in hugetlbfs: another one for each "
			"process on the machine."},
	{"iova_mode", IN_EAL, KEY_CHOICE, .fallback = "auto", .words = iova_words,
		.offset = OF_PROFILE(iova_mode),
		.help = "Addresses that NICs see: virtual (`va`, needs an IOMMU) or physical."},
	{"args", IN_EAL, KEY_STRINGS, 0, HWPROFILE_EAL_ARGS_MAX, .offset = OF_PROFILE(eal_args),
		.count = OF_PROFILE(n_eal_args),
		.help = "Further arguments of the EAL, such as `\"--log-level=lib.eal:debug\"`. "
			"None that another key stands for."},

	{"name", IN_PORT, KEY_STRING, 1, 31, .offset = OF_PORT(name),
		.help = "What workers, logs and counters call the port."},
	{"device", IN_PORT, KEY_STRING, 1, 255, .offset = OF_PORT(device),
		.help = "PCI address (`0000:01:00.0`) or virtual device "
			"(`net_af_packet0,iface=eth0`), with arguments of its driver."},
	{"binding", IN_PORT, KEY_WORD, .fallback = "vfio", .words = binding_words,
		.offset = OF_PORT(binding),
		.help = "What drives a PCI device meanwhile: vfio-pci, or its own `kernel` driver, "
			"which mlx5 needs."},
	{"rx_queues", IN_PORT, KEY_U16, 0, HWPROFILE_WORKERS_MAX, "0", NULL, NULL,
		OF_PORT(rx_queues), .help = "0: as many as workers poll the port."},
	{"tx_queues", IN_PORT, KEY_U16, 0, HWPROFILE_WORKERS_MAX, "0", NULL, NULL,
		OF_PORT(tx_queues),
		.help = "0: one for each worker. Worker i sends through queue i."},
	{"rx_descriptors", IN_PORT, KEY_U16, 64, 32768, "1024", "power of 2", NULL,
		OF_PORT(rx_descriptors),
		.help = "Packets that the NIC can hold while a worker is busy, for each queue."},
	{"tx_descriptors", IN_PORT, KEY_U16, 64, 32768, "1024", "power of 2", NULL,
		OF_PORT(tx_descriptors), .help = "For each queue."},
	{"mtu", IN_PORT, KEY_U16, 1280, 9216, "1500", "bytes", NULL, OF_PORT(mtu),
		.help = "Longest IP packet. Over 2000 needs `multi_segment`."},
	{"rx_checksum", IN_PORT, KEY_WORD, .fallback = "auto", .words = checksum_words,
		.offset = OF_PORT(rx_checksum),
		.help = "Who checks IPv4 and UDP checksums: the NIC (`offload`), we (`software`), "
			"nobody (`off`: a link that cannot corrupt); `auto`: the NIC if it can."},
	{"tx_checksum", IN_PORT, KEY_WORD, .fallback = "auto", .words = checksum_words,
		.offset = OF_PORT(tx_checksum),
		.help = "Who fills them in. `off` sends IPv4 with UDP checksum 0."},
	{"steering", IN_PORT, KEY_WORD, .fallback = "auto", .words = steering_words,
		.offset = OF_PORT(steering),
		.help = "How a packet gets to the worker of its call: `flow` rules in the NIC on "
			"masked UDP ports; `rss` and hand-off between workers; `single`: one queue "
			"gets all; `auto`: rules if the NIC takes them."},
	{"exception", IN_PORT, KEY_WORD, .fallback = "tap", .words = exception_words,
		.offset = OF_PORT(exception),
		.help = "Where packets go that are not media: to a TAP interface of the kernel, "
			"which answers ARP, ND, ping and TCP and knows the routes; or nowhere."},
	{"tap", IN_PORT, KEY_STRING, 0, 15, "", NULL, NULL, OF_PORT(tap),
		.help = "Name of that interface. Empty: `sluice` and the number of the port."},
	{"promiscuous", IN_PORT, KEY_BOOL, .fallback = "false", .offset = OF_PORT(promiscuous),
		.help = "Have the device deliver frames to any MAC address. Those to others' are "
			"dropped and counted, but where `exception` is `\"none\"`: nobody "
			"tells the peers of such a port its address."},
	{"multi_segment", IN_PORT, KEY_BOOL, .fallback = "false", .offset = OF_PORT(multi_segment),
		.help = "Let the NIC deliver jumbo frames in chains, which are dropped and counted "
			"here, instead of dropping them itself. Slower."},
	{"addresses", IN_PORT, KEY_LIST, 0, HWPROFILE_ADDRESSES_MAX, .of = IN_ADDRESS,
		.help = "Addresses that media comes to. An entry may be the string alone: "
			"`( \"192.0.2.10/24\" )`."},
	{"neighbours", IN_PORT, KEY_LIST, 0, HWPROFILE_NEIGHBOURS_MAX, .of = IN_NEIGHBOUR,
		.help = "Next hops of a port with `exception = \"none\"`, which knows no ARP."},

	{"ip", IN_ADDRESS, KEY_STRING, 1, 63, .offset = OF_ADDRESS(ip),
		.help = "Address and prefix length of its link, `192.0.2.10/24`."},
	{"vlan", IN_ADDRESS, KEY_U16, 0, 4094, "0", "802.1Q ID", NULL, OF_ADDRESS(vlan),
		.help = "Of the interface that gets the address; 0: untagged. Media is taken in any "
			"VLAN, but where `exception` is `\"none\"`: in those of the port's "
			"addresses and neighbours."},

	{"ip", IN_NEIGHBOUR, KEY_STRING, 1, 63, .offset = OF_NEIGHBOUR(ip),
		.help = "Address, or `default` for whatever has no entry of its own."},
	{"mac", IN_NEIGHBOUR, KEY_STRING, 1, 63, .offset = OF_NEIGHBOUR(mac),
		.help = "Where to send it, `02:00:00:00:00:01`."},
	{"vlan", IN_NEIGHBOUR, KEY_U16, 0, 4094, "0", "802.1Q ID", NULL, OF_NEIGHBOUR(vlan),
		.help = "0: untagged."},

	{"core", IN_WORKER, KEY_U32, 0, 127, .offset = OF_WORKER(core),
		.help = "Core that it polls on; best one that the kernel keeps free (isolcpus)."},
	{"queues", IN_WORKER, KEY_LIST, 0, HWPROFILE_PORTS_MAX, .of = IN_QUEUE,
		.help = "What it polls, at most one queue of each port. Left out: worker i polls "
			"queue i of every port that has one."},

	{"port", IN_QUEUE, KEY_STRING, 1, 31, .offset = OF_QUEUE(port), .help = "Its name."},
	{"queue", IN_QUEUE, KEY_U16, 0, HWPROFILE_WORKERS_MAX - 1, "0", NULL, NULL, OF_QUEUE(queue),
		.help = "Number of the receive queue."},

	{"port_min", IN_MEDIA, KEY_U16, 1024, 65535, "16384", "UDP port", NULL,
		OF_PROFILE(media_port_min), .help = "First port of the relay."},
	{"port_max", IN_MEDIA, KEY_U16, 1024, 65535, "65535", "UDP port", NULL,
		OF_PROFILE(media_port_max), .help = "Last one."},
	{"endpoints", IN_MEDIA, KEY_U32, 1, 1000000, "20000", NULL, NULL, OF_PROFILE(endpoints),
		.help = "Most at a time. A call has two, four if RTCP has ports of its own. Made "
			"a multiple of the number of workers."},
	{"crypto_memory_mb", IN_MEDIA, KEY_U32, 0, 65536, "0", "MiB", NULL,
		OF_PROFILE(crypto_memory_mb),
		.help = "For keys and replay windows. 0: two contexts for every endpoint, as AES-CM "
			"needs them (896 bytes); AES-GCM takes up to 1,664."},
	{"crypto_backend", IN_MEDIA, KEY_CHOICE, .fallback = "auto", .words = backend_words,
		.offset = OF_PROFILE(crypto_backend),
		.help = "`auto`: the fastest that runs here."},
	{"mbufs", IN_MEDIA, KEY_U32, 0, 8388608, "0", "packets", NULL, OF_PROFILE(mbufs),
		.help = "Packet buffers of all ports together. 0: what queues and workers need."},
	{"burst", IN_MEDIA, KEY_U32, 1, 64, "64", "packets", NULL, OF_PROFILE(burst),
		.help = "Most that a worker takes from a queue at a time."},

	{"socket", IN_CONTROL, KEY_STRING, 1, 107, "/run/sluice/plane.sock", NULL, NULL,
		OF_PROFILE(socket), .help = "Path of the Unix socket."},
	{"user", IN_CONTROL, KEY_STRING, 0, 31, "", NULL, NULL, OF_PROFILE(control_user),
		.help = "Who may attach, besides root. Empty: root alone."},
	{"run_as", IN_CONTROL, KEY_STRING, 0, 31, "", NULL, NULL, OF_PROFILE(user),
		.help = "User to become after start. Empty: stay, without capabilities."},
	{"command_slots", IN_CONTROL, KEY_U32, 64, 65536, "4096", "power of 2", NULL,
		OF_PROFILE(command_slots), .help = "Commands under way, for each worker."},
	{"event_slots", IN_CONTROL, KEY_U32, 64, 65536, "4096", "power of 2", NULL,
		OF_PROFILE(event_slots), .help = "Events that wait to be read."},
	{"punt_slots", IN_CONTROL, KEY_U32, 16, 65536, "256", "power of 2", NULL,
		OF_PROFILE(punt_slots), .help = "STUN and DTLS packets that wait to be read."},
	{"inject_slots", IN_CONTROL, KEY_U32, 16, 65536, "256", "power of 2", NULL,
		OF_PROFILE(inject_slots), .help = "Answers that wait to be sent."},
	{"punt_pps", IN_CONTROL, KEY_U32, 0, 1000000, "10000", "packets/s", NULL,
		OF_PROFILE(punt_pps),
		.help = "STUN and DTLS packets to the control plane, for each worker."},

	{"policy", IN_IDLE, KEY_WORD, .fallback = "spin", .words = idle_words,
		.offset = OF_PROFILE(idle),
		.help = "`spin`: poll on; `backoff`: pause, then sleep: less power, more latency."},
	{"polls", IN_IDLE, KEY_U32, 1, 1000000, "1000", "empty polls", NULL, OF_PROFILE(idle_polls),
		.help = "Before backing off."},
	{"sleep_us", IN_IDLE, KEY_U32, 1, 10000, "50", "us", NULL, OF_PROFILE(idle_sleep_us),
		.help = "Longest sleep. A queue must hold what comes meanwhile."},
};

/* Faults name the list, not the element: elements have lines, which say which. */
static const struct config_section sections[IN_COUNT] = {
	[IN_TOP] = {"a profile", "Top", "`key = value;`"},
	[IN_EAL] = {"eal", "eal", "`eal = { key = value; ... };`"},
	[IN_PORT] = {"an entry of ports", "ports", "`ports = ( { key = value; ... }, { ... } );`"},
	[IN_ADDRESS] = {"an entry of addresses", "addresses of a port",
		"`addresses = ( { ip = \"...\"; }, ... );`"},
	[IN_NEIGHBOUR] = {"an entry of neighbours", "neighbours of a port",
		"`neighbours = ( { ip = \"default\"; mac = \"...\"; }, ... );`"},
	[IN_WORKER] = {"an entry of workers", "workers",
		"`workers = ( { core = 1; }, { core = 2; } );`"},
	[IN_QUEUE] = {"an entry of queues", "queues of a worker",
		"`queues = ( { port = \"trunk\"; queue = 0; }, ... );`"},
	[IN_MEDIA] = {"media", "media", "`media = { key = value; ... };`"},
	[IN_CONTROL] = {"control", "control", "`control = { key = value; ... };`"},
	[IN_IDLE] = {"idle", "idle", "`idle = { key = value; ... };`"},
};

const struct config_table hwprofile_keys_table = {
	.keys = keys,
	.n_keys = sizeof(keys) / sizeof(keys[0]),
	.sections = sections,
	.n_sections = IN_COUNT,
	.entry = hwprofile_entry_add,
	.takes_text = hwprofile_entry_takes_text,
};
