/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_keys.h"

#include "config_entry.h"

#define OF_CONFIG(field)    offsetof(struct config, field)
#define OF_LISTENER(field)  offsetof(struct config_listener, field)
#define OF_TOKEN(field)     offsetof(struct config_keys_token, field)
#define OF_INTERFACE(field) offsetof(struct config_interface, field)
#define OF_ADDRESS(field)   offsetof(struct config_keys_address, field)

/* In the order of the enums of config.h. */
static const char *const transport_words[] = {"ng-tls", "ng-udp", "ng-tcp", "https", NULL};
static const char *const encryption_words[] = {"required", "supported", "forbidden", NULL};
static const char *const log_words[] = {"stderr", "journal", NULL};
static const char *const level_words[] = {"error", "warn", "info", "debug", NULL};

static const struct config_key keys[] = {
	{"listeners", IN_TOP, KEY_LIST, 1, CONFIG_LISTENERS_MAX, .of = IN_LISTENER,
		.help = "Where SIP proxies reach us. At least one."},
	{"interfaces", IN_TOP, KEY_LIST, 1, CONFIG_INTERFACES_MAX, .of = IN_INTERFACE,
		.help = "The networks that media comes from and goes to, by the names that proxies "
			"use in `direction`. The first is the one meant where none is named."},
	{"session_limit", IN_TOP, KEY_U32, 1, 500000, "10000", "calls", NULL,
		OF_CONFIG(session_limit), .is_live = true,
		.help = "Most at a time; a further one is answered in a way that makes the proxy "
			"try the next relay. Each may hold `media_limit` pairs of ports a side: an "
			"interface with fewer than that times this may run out of them first."},
	{"media_limit", IN_TOP, KEY_U32, 1, CONFIG_MEDIAS_MAX, "16", "media lines", NULL,
		OF_CONFIG(media_limit), .is_live = true,
		.help = "Most that one dialogue of a call may have open, each of which holds a pair "
			"of ports on either side from its offer on. An offer of more is refused: "
			"`Ran out of ports`."},
	{"drain", IN_TOP, KEY_BOOL, .fallback = "false", .offset = OF_CONFIG(drain),
		.is_live = true,
		.help = "Take no new calls, and serve those there are: before maintenance."},
	{"user", IN_TOP, KEY_STRING, 0, 31, "sluice", NULL, NULL, OF_CONFIG(user),
		.help = "User to become once sockets are bound, and before a byte is read. Empty: "
			"stay who started it, which must not be root."},
	{"state_directory", IN_TOP, KEY_STRING, 1, 255, "/var/lib/sluice", NULL, NULL,
		OF_CONFIG(state_directory), .help = "Where calls are kept over a restart."},
	{"node_key", IN_TOP, KEY_STRING, 1, 255, "/etc/sluice/node.key", NULL, NULL,
		OF_CONFIG(node_key),
		.help = "File with the key that seals SRTP keys in the state directory. Private to "
			"`user`."},
	{"dataplane_socket", IN_TOP, KEY_STRING, 1, 107, "/run/sluice/plane.sock", NULL, NULL,
		OF_CONFIG(dataplane_socket),
		.help = "As `control.socket` of the data plane's hardware profile."},
	{"dataplane_user", IN_TOP, KEY_STRING, 0, 31, "", NULL, NULL, OF_CONFIG(dataplane_user),
		.help = "Who the data plane runs as, if not as `user` or root: `run_as` of its "
			"profile."},
	{"delete_delay_s", IN_TOP, KEY_U32, 0, 3600, "30", "s", NULL, OF_CONFIG(delete_delay_s),
		.is_live = true,
		.help = "How long a deleted call still carries media, where the request names no "
			"`delete-delay`: late packets arrive, and a call that comes back goes "
			"on."},
	{"offer_timeout_s", IN_TOP, KEY_U32, 10, 86400, "3600", "s", NULL,
		OF_CONFIG(offer_timeout_s), .is_live = true,
		.help = "A call that nobody answers for so long is ended."},
	{"silent_timeout_s", IN_TOP, KEY_U32, 10, 86400, "3600", "s", NULL,
		OF_CONFIG(silent_timeout_s), .is_live = true,
		.help = "In place of `media_timeout_s` for a call on hold."},
	{"log", IN_TOP, KEY_WORD, .fallback = "stderr", .words = log_words,
		.offset = OF_CONFIG(log), .help = "Where log lines go."},
	{"log_level", IN_TOP, KEY_WORD, .fallback = "info", .words = level_words,
		.offset = OF_CONFIG(log_level), .is_live = true,
		.help = "The least that is logged."},
	{"stop_timeout_s", IN_TOP, KEY_U32, 0, 600, "10", "s", NULL, OF_CONFIG(stop_timeout_s),
		.is_live = true,
		.help = "How long a stop waits for requests that are being worked on."},

	{"name", IN_LISTENER, KEY_STRING, 1, 31, .offset = OF_LISTENER(name),
		.help = "What logs and metrics call it."},
	{"type", IN_LISTENER, KEY_WORD, .words = transport_words, .offset = OF_LISTENER(transport),
		.help = "`ng-tls`: bencode over TLS; `https`: `POST /ng` and `/ng-plain`, `GET "
			"/ping` and `/metrics`, and WebSocket with the sub-protocols "
			"`ng.rtpengine.com` and `ng-plain.rtpengine.com`; `ng-udp` and `ng-tcp`: "
			"in the clear."},
	{"address", IN_LISTENER, KEY_STRING, 1, 63, .offset = OF_LISTENER(address_text),
		.help = "IP address to listen to; `0.0.0.0` or `::` for all."},
	{"port", IN_LISTENER, KEY_U16, 1, 65535, .offset = OF_LISTENER(port), .help = "Port."},
	{"certificate", IN_LISTENER, KEY_STRING, 0, 255, "", NULL, NULL, OF_LISTENER(certificate),
		.is_live = true,
		.help = "PEM file: the server's certificate, then what leads to its CA."},
	{"key", IN_LISTENER, KEY_STRING, 0, 255, "", NULL, NULL, OF_LISTENER(key), .is_live = true,
		.help = "PEM file: its private key, not encrypted, mode 0600, owned by `user`."},
	{"client_ca", IN_LISTENER, KEY_STRING, 0, 255, "", NULL, NULL, OF_LISTENER(client_ca),
		.is_live = true,
		.help = "PEM file: the CAs that clients' certificates must chain to; those of the "
			"system mean nothing here."},
	{"client_crl", IN_LISTENER, KEY_STRING, 0, 255, "", NULL, NULL, OF_LISTENER(crl),
		.is_live = true,
		.help = "PEM file: revocation lists, one of each CA in a client's chain. Past a "
			"list's nextUpdate nobody of its CA gets in. It is read at start and with "
			"SIGHUP."},
	{"client_names", IN_LISTENER, KEY_STRINGS, 0, CONFIG_NAMES_MAX,
		.offset = OF_LISTENER(client_names), .count = OF_LISTENER(n_client_names),
		.is_live = true,
		.help = "The peers to trust: a DNS name in the subjectAltName of a client's "
			"certificate must be one of these, letter by letter. No wildcards."},
	{"require_client_certificate", IN_LISTENER, KEY_BOOL, .fallback = "true",
		.offset = OF_LISTENER(require_client_certificate), .is_live = true,
		.help = "`false`, for `https` alone: a peer may sign in by a token instead."},
	{"tokens", IN_LISTENER, KEY_LIST, 0, CONFIG_TOKENS_MAX, .of = IN_TOKEN, .is_live = true,
		.help = "Peers that can't bring a certificate, such as Kamailio's WebSocket "
			"client: each signs in by a secret at the end of the URL's path, "
			"`wss://relay:8443/ng/TOKEN`."},
	{"allow_plaintext", IN_LISTENER, KEY_BOOL, .fallback = "false",
		.offset = OF_LISTENER(allow_plaintext),
		.help = "Let `ng-udp` or `ng-tcp` listen to an address that others reach. SRTP keys "
			"are then readable on the way, and whoever reaches the port can place "
			"calls."},
	{"max_connections", IN_LISTENER, KEY_U32, 1, 65536, "1024", NULL, NULL,
		OF_LISTENER(max_connections), .is_live = true,
		.help = "Most at a time; a further one is closed at once."},
	{"max_connections_per_source", IN_LISTENER, KEY_U32, 1, 65536, "256", NULL, NULL,
		OF_LISTENER(max_connections_per_source), .is_live = true,
		.help = "The same for one address; for IPv6, one /64."},
	{"failures_per_minute", IN_LISTENER, KEY_U32, 1, 60000, "60", NULL, NULL,
		OF_LISTENER(failures_per_minute), .is_live = true,
		.help = "How often one source may fail to sign in; then its connections are closed "
			"unread for a while."},
	{"max_message_bytes", IN_LISTENER, KEY_U32, 1024, 1048576, "262144", "bytes", NULL,
		OF_LISTENER(max_message_bytes), .is_live = true, .help = "Longest request."},
	{"handshake_timeout_s", IN_LISTENER, KEY_U32, 1, 300, "5", "s", NULL,
		OF_LISTENER(handshake_timeout_s), .is_live = true,
		.help = "From the connection to the end of the TLS handshake."},
	{"message_timeout_s", IN_LISTENER, KEY_U32, 1, 300, "10", "s", NULL,
		OF_LISTENER(message_timeout_s), .is_live = true,
		.help = "From a request's first byte to its last; also how long a peer may leave "
			"replies unread."},
	{"idle_timeout_s", IN_LISTENER, KEY_U32, 0, 86400, "3600", "s", NULL,
		OF_LISTENER(idle_timeout_s), .is_live = true,
		.help = "Without a request; 0: for ever. A WebSocket is pinged at half of it."},

	{"name", IN_TOKEN, KEY_STRING, 1, 63, .offset = OF_TOKEN(name),
		.help = "The peer, for logs and access rules."},
	{"hash", IN_TOKEN, KEY_STRING, 1, 127, .offset = OF_TOKEN(hash),
		.help = "`sha256:` and 64 hexadecimal digits; `sluice-controlplane --new-token` "
			"makes a token and prints both."},
	{"sources", IN_TOKEN, KEY_STRINGS, 1, CONFIG_SOURCES_MAX, .offset = OF_TOKEN(sources),
		.count = OF_TOKEN(n_sources),
		.help = "Where it may come from, `\"10.0.0.0/8\"`. At least one."},

	{"name", IN_INTERFACE, KEY_STRING, 1, 31, .offset = OF_INTERFACE(name),
		.help = "As proxies call it."},
	{"addresses", IN_INTERFACE, KEY_LIST, 1, CONFIG_ADDRESSES_MAX, .of = IN_ADDRESS,
		.help = "Addresses of the data plane's hardware profile. An entry may be the text "
			"alone: `( \"192.0.2.10\" )`."},
	{"encryption", IN_INTERFACE, KEY_WORD, .fallback = "required", .words = encryption_words,
		.offset = OF_INTERFACE(encryption), .is_live = true,
		.help = "`required`: SRTP or no call; `supported`: SRTP where the other end can; "
			"`forbidden`: plain RTP."},
	{"suites", IN_INTERFACE, KEY_STRINGS, 0, SUITE_COUNT, .offset = OF_INTERFACE(suite_names),
		.count = OF_INTERFACE(n_suite_names), .is_live = true,
		.help = "SRTP suites by their names in SDP, in the order they are offered. Left "
			"out: all, AEAD_AES_256_GCM first."},
	{"port_min", IN_INTERFACE, KEY_U16, 1024, 65535, "16384", "UDP port", NULL,
		OF_INTERFACE(port_min), .help = "First media port."},
	{"port_max", IN_INTERFACE, KEY_U16, 1024, 65535, "65535", "UDP port", NULL,
		OF_INTERFACE(port_max), .help = "Last one."},
	{"dscp", IN_INTERFACE, KEY_U32, 0, 63, "46", NULL, NULL, OF_INTERFACE(dscp),
		.is_live = true, .help = "Of what is sent there; 46 is expedited forwarding."},
	{"media_timeout_s", IN_INTERFACE, KEY_U32, 10, 86400, "60", "s", NULL,
		OF_INTERFACE(media_timeout_s), .is_live = true,
		.help = "A call without a packet for so long is ended."},
	{"session_limit", IN_INTERFACE, KEY_U32, 0, 500000, "0", "calls", NULL,
		OF_INTERFACE(session_limit), .is_live = true,
		.help = "Most at a time with a party there; a branch of a forked call is one. 0: "
			"as many as there may be in all."},
	{"drain", IN_INTERFACE, KEY_BOOL, .fallback = "false", .offset = OF_INTERFACE(drain),
		.is_live = true, .help = "Take no new calls from there or to there."},

	{"ip", IN_ADDRESS, KEY_STRING, 1, 63, .offset = OF_ADDRESS(ip),
		.help = "Address that packets come to."},
	{"advertised", IN_ADDRESS, KEY_STRING, 0, 63, "", NULL, NULL, OF_ADDRESS(advertised),
		.help = "What SDP says instead, behind a 1:1 NAT. Empty: the same."},
};

static const struct config_section sections[IN_COUNT] = {
	[IN_TOP] = {"a configuration", "Top", "`key = value;`"},
	[IN_LISTENER] = {"an entry of listeners", "listeners",
		"`listeners = ( { key = value; ... }, { ... } );`"},
	[IN_TOKEN] = {"an entry of tokens", "tokens of a listener",
		"`tokens = ( { name = \"...\"; hash = \"...\"; sources = ( \"...\" ); }, ... );`"},
	[IN_INTERFACE] = {"an entry of interfaces", "interfaces",
		"`interfaces = ( { key = value; ... }, { ... } );`"},
	[IN_ADDRESS] = {"an entry of addresses", "addresses of an interface",
		"`addresses = ( { ip = \"...\"; advertised = \"...\"; }, ... );`"},
};

const struct config_table config_keys_table = {
	.keys = keys,
	.n_keys = sizeof(keys) / sizeof(keys[0]),
	.sections = sections,
	.n_sections = IN_COUNT,
	.entry = config_entry_add,
	.takes_text = config_entry_takes_text,
};
