/* SPDX-License-Identifier: BSD-3-Clause */
/* config.h - sluice.conf: what the control plane listens to, trusts, and gives to calls.
 *
 * Invariant: a configuration that was loaded is whole and consistent: defaults are filled in,
 *            names are unique, addresses parsed, cross-checks hold, key files are private.
 * Threads:   const after loading.
 * Ownership: load allocates, free frees (NULL accepted); texts are the configuration's.
 * Units:     in the names.
 * Errors:    load: -EINVAL for a bad file, or -errno; 'out' has one line for each fault:
 *            file:line: what is wrong: what to do. Nothing is logged elsewhere.
 * Cost:      cold.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "relay_address.h"
#include "suite.h"

#include <stdio.h>

enum {
	CONFIG_LISTENERS_MAX = 16,
	CONFIG_NAMES_MAX = 64, /* trusted peers of a listener */
	CONFIG_TOKENS_MAX = 32,
	CONFIG_SOURCES_MAX = 8,
	CONFIG_INTERFACES_MAX = 16,
	CONFIG_MEDIAS_MAX = 64,   /* of a dialogue */
	CONFIG_ADDRESSES_MAX = 8, /* of an interface */
	CONFIG_HASH_BYTES = 32,   /* SHA-256 */
};

enum config_transport {
	CONFIG_NG_TLS,
	CONFIG_NG_UDP,
	CONFIG_NG_TCP,
	CONFIG_HTTPS, /* and WSS */
};

enum config_encryption { CONFIG_REQUIRED, CONFIG_SUPPORTED, CONFIG_FORBIDDEN };
enum config_log { CONFIG_LOG_STDERR, CONFIG_LOG_JOURNAL };
enum config_level { CONFIG_LEVEL_ERROR, CONFIG_LEVEL_WARN, CONFIG_LEVEL_INFO, CONFIG_LEVEL_DEBUG };

struct config_prefix {
	struct relay_sockaddr addr; /* port 0; bits behind the prefix are zero */
	uint8_t prefix_len;
};

/* A secret in the path of a URL, of a peer that can't bring a certificate. */
struct config_token {
	const char *name;
	uint8_t hash[CONFIG_HASH_BYTES];
	struct config_prefix sources[CONFIG_SOURCES_MAX];
	uint32_t n_sources;
};

struct config_listener {
	const char *name;
	enum config_transport transport;
	struct relay_sockaddr address;
	const char *certificate, *key; /* PEM files; NULL without TLS */
	const char *client_ca, *crl;   /* NULL: none */
	const char *client_names[CONFIG_NAMES_MAX];
	uint32_t n_client_names;
	uint16_t port;
	bool require_client_certificate;
	bool allow_plaintext;
	struct config_token tokens[CONFIG_TOKENS_MAX];
	uint32_t n_tokens;
	uint32_t max_connections, max_connections_per_source;
	uint32_t max_message_bytes;
	uint32_t failures_per_minute; /* of one source to sign in */
	uint32_t handshake_timeout_s, message_timeout_s;
	uint32_t idle_timeout_s;  /* 0: for ever */
	const char *address_text; /* as written */
};

struct config_address {
	struct relay_sockaddr local; /* that the data plane bears */
	struct relay_sockaddr advertised;
};

struct config_interface {
	const char *name;
	struct config_address addresses[CONFIG_ADDRESSES_MAX];
	uint32_t n_addresses;
	enum config_encryption encryption;
	enum suite_id suites[SUITE_COUNT]; /* in the order they are offered */
	uint32_t n_suites;
	uint16_t port_min, port_max;
	uint32_t dscp;
	uint32_t media_timeout_s;
	uint32_t session_limit; /* 0: only that of all */
	bool drain;
	/* as written */
	const char *suite_names[SUITE_COUNT];
	uint32_t n_suite_names;
};

struct config {
	struct config_listener listeners[CONFIG_LISTENERS_MAX];
	uint32_t n_listeners;
	struct config_interface interfaces[CONFIG_INTERFACES_MAX];
	uint32_t n_interfaces;
	uint32_t session_limit;
	uint32_t media_limit; /* lines of a dialogue that get ports */
	bool drain;           /* no new calls */
	const char *user;     /* NULL: stay who we are */
	const char *state_directory, *node_key, *dataplane_socket;
	const char *dataplane_user; /* NULL: who we are */
	uint32_t delete_delay_s, offer_timeout_s, silent_timeout_s;
	enum config_log log;
	enum config_level log_level;
	uint32_t stop_timeout_s;
};

int config_load(const char *path, FILE *out, struct config **config);

/* The same of a text in memory; 'path' names it in messages. */
int config_load_text(
	const char *path, const char *text, size_t len, FILE *out, struct config **config);

void config_free(struct config *config);

/* Who may talk to us and how, for a person. */
void config_explain(const struct config *config, FILE *out);

/* The table of keys as Markdown. */
void config_document(FILE *out);

#endif
