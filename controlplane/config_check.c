/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_check.h"

#include "config_table.h"
#include "config_text.h"

#include <string.h>

static unsigned line_of(const struct config_build *b, unsigned listener, const char *key)
{
	return config_table_line(&b->tree, "listeners.[%u].%s", listener, key);
}

static bool is_tls(const struct config_listener *l)
{
	return l->transport == CONFIG_NG_TLS || l->transport == CONFIG_HTTPS;
}

/* Letters, digits, '_', '-' and '.': names go to logs, metrics and commands. */
static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-.";

	return text[strspn(text, letters)] == '\0';
}

static void check_plaintext(struct config_build *b, unsigned i)
{
	const struct config_listener *l = &b->config.listeners[i];

	if (l->address.family != RELAY_FAMILY_NONE && !l->allow_plaintext &&
		!config_text_is_loopback(&l->address))
		config_faults_add(&b->faults, line_of(b, i, "address"),
			"listener \"%s\" would take commands and SRTP keys in the clear at %s: use "
			"type \"ng-tls\" or \"https\", or a loopback address, or write "
			"allow_plaintext = true",
			l->name, l->address_text);
	if (l->certificate != NULL || l->key != NULL || l->client_ca != NULL || l->crl != NULL ||
		l->n_client_names > 0 || l->n_tokens > 0)
		config_faults_add(&b->faults, line_of(b, i, "type"),
			"listener \"%s\" has keys of TLS or tokens, but its type is in the clear: "
			"remove them, or use type \"ng-tls\" or \"https\"",
			l->name);
}

static void check_client(struct config_build *b, unsigned i)
{
	const struct config_listener *l = &b->config.listeners[i];
	bool any = l->client_ca != NULL || l->n_client_names > 0;

	if ((l->require_client_certificate || any) && l->client_ca == NULL)
		config_faults_add(&b->faults, line_of(b, i, "client_names"),
			"listener \"%s\" has no 'client_ca', so no client's certificate could be "
			"verified: name the file of its CA",
			l->name);
	if ((l->require_client_certificate || any) && l->n_client_names == 0)
		config_faults_add(&b->faults, line_of(b, i, "client_ca"),
			"listener \"%s\" has no 'client_names', so it would trust nobody: write "
			"client_names = ( \"proxy.example.org\" );",
			l->name);
	if (l->crl != NULL && l->client_ca == NULL)
		config_faults_add(&b->faults, line_of(b, i, "client_crl"),
			"listener \"%s\" has 'client_crl' without 'client_ca': name the CA's file",
			l->name);
	if (l->require_client_certificate)
		return;
	if (l->transport == CONFIG_NG_TLS)
		config_faults_add(&b->faults, line_of(b, i, "require_client_certificate"),
			"listener \"%s\" would let anybody in: type \"ng-tls\" has no other proof "
			"than a certificate; remove require_client_certificate = false",
			l->name);
	else if (l->n_tokens == 0)
		config_faults_add(&b->faults, line_of(b, i, "require_client_certificate"),
			"listener \"%s\" asks for no certificate and has no tokens: write tokens, "
			"or remove require_client_certificate = false",
			l->name);
}

static void check_names(struct config_build *b, unsigned i)
{
	const struct config_listener *l = &b->config.listeners[i];
	unsigned line = line_of(b, i, "client_names");

	for (uint32_t n = 0; n < l->n_client_names; n++) {
		const char *name = l->client_names[n];

		if (strchr(name, '*') != NULL)
			config_faults_add(&b->faults, line,
				"\"%.80s\": no wildcards: list the names of the peers to trust",
				name);
		else if (!is_name(name) || strlen(name) > 253)
			config_faults_add(&b->faults, line,
				"\"%.80s\" is no DNS name: write it as in the certificate's "
				"subjectAltName, an internationalised one in its xn-- form",
				name);
		for (uint32_t k = 0; k < n; k++)
			if (strcasecmp(name, l->client_names[k]) == 0)
				config_faults_add(&b->faults, line,
					"\"%.80s\" is there twice: remove one", name);
	}
}

static void check_tls(struct config_build *b, unsigned i)
{
	const struct config_listener *l = &b->config.listeners[i];

	if (l->certificate == NULL || l->key == NULL)
		config_faults_add(&b->faults, line_of(b, i, "type"),
			"listener \"%s\" has no %s: TLS needs both 'certificate' and 'key'",
			l->name, l->certificate == NULL ? "'certificate'" : "'key'");
	if (l->allow_plaintext)
		config_faults_add(&b->faults, line_of(b, i, "allow_plaintext"),
			"listener \"%s\" is TLS and stays so: remove allow_plaintext", l->name);
	if (l->n_tokens > 0 && l->transport != CONFIG_HTTPS)
		config_faults_add(&b->faults, line_of(b, i, "tokens"),
			"listener \"%s\": tokens stand in URLs, so type \"https\" alone has them",
			l->name);
	else if (l->n_tokens > 0 && l->require_client_certificate)
		config_faults_add(&b->faults, line_of(b, i, "tokens"),
			"listener \"%s\" would never look at its tokens: write "
			"require_client_certificate = false",
			l->name);
	check_client(b, i);
	check_names(b, i);
}

static bool same_socket(const struct config_listener *a, const struct config_listener *b)
{
	return a->port == b->port &&
	       (a->transport == CONFIG_NG_UDP) == (b->transport == CONFIG_NG_UDP) &&
	       a->address.family != RELAY_FAMILY_NONE &&
	       relay_address_same_host(&a->address, &b->address);
}

static void check_unique(struct config_build *b, unsigned i)
{
	const struct config_listener *l = &b->config.listeners[i];

	for (unsigned k = 0; k < i; k++) {
		const struct config_listener *other = &b->config.listeners[k];

		if (other->name != NULL && strcmp(l->name, other->name) == 0)
			config_faults_add(&b->faults, line_of(b, i, "name"),
				"a second listener \"%s\": give each its own name", l->name);
		if (same_socket(l, other))
			config_faults_add(&b->faults, line_of(b, i, "port"),
				"listener \"%s\" has the address and port of another: choose "
				"another port",
				l->name);
	}
	if (!is_name(l->name))
		config_faults_add(&b->faults, line_of(b, i, "name"),
			"'name' is \"%s\": use letters, digits, '_', '-' and '.' alone", l->name);
}

void config_check_listeners(struct config_build *b)
{
	for (unsigned i = 0; i < b->config.n_listeners; i++) {
		const struct config_listener *l = &b->config.listeners[i];

		if (l->name == NULL || (uint32_t)l->transport == CONFIG_UNKNOWN)
			continue;
		check_unique(b, i);
		if (is_tls(l))
			check_tls(b, i);
		else
			check_plaintext(b, i);
	}
}

static void check_interface(struct config_build *b, unsigned i)
{
	const struct config_interface *in = &b->config.interfaces[i];
	unsigned line = config_table_line(&b->tree, "interfaces.[%u].name", i);

	for (unsigned k = 0; k < i; k++)
		if (b->config.interfaces[k].name != NULL &&
			strcmp(in->name, b->config.interfaces[k].name) == 0)
			config_faults_add(&b->faults, line,
				"a second interface \"%s\": give each its own name", in->name);
	if (!is_name(in->name))
		config_faults_add(&b->faults, line,
			"'name' is \"%s\": use letters, digits, '_', '-' and '.' alone", in->name);
	/* a call takes an even port for RTP and the next for RTCP, on both of its sides */
	if (in->port_max < in->port_min + 3)
		config_faults_add(&b->faults,
			config_table_line(&b->tree, "interfaces.[%u].port_min", i),
			"interface \"%s\" has no room for a call from port %u to %u: widen it",
			in->name, in->port_min, in->port_max);
}

void config_check_interfaces(struct config_build *b)
{
	for (unsigned i = 0; i < b->config.n_interfaces; i++)
		if (b->config.interfaces[i].name != NULL)
			check_interface(b, i);
}
