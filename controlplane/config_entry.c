/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_entry.h"

#include "config_build.h"
#include "config_keys.h"
#include "config_text.h"

#include <string.h>

static unsigned line_of(const config_setting_t *s)
{
	return config_setting_source_line(s);
}

static bool add_listener(struct config_reader *r, config_setting_t *s)
{
	struct config *c = r->build;
	struct config_listener *l = &c->listeners[c->n_listeners];

	if (c->n_listeners == CONFIG_LISTENERS_MAX)
		return false;
	config_table_group(r, IN_LISTENER, s, l, c->n_listeners);
	if (l->address_text != NULL && !config_text_ip(l->address_text, &l->address))
		config_faults_add(r->faults,
			config_table_line(r->config, "listeners.[%u].address", c->n_listeners),
			"address \"%.63s\" is no IP address: write it as 192.0.2.10 or "
			"2001:db8::10",
			l->address_text);
	if (l->address.family != RELAY_FAMILY_NONE)
		l->address.port = l->port;
	c->n_listeners++;
	return true;
}

static void add_sources(struct config_reader *r, struct config_token *token,
	const struct config_keys_token *text, unsigned line)
{
	for (uint32_t i = 0; i < text->n_sources; i++) {
		if (config_text_prefix(text->sources[i], &token->sources[token->n_sources]))
			token->n_sources++;
		else
			config_faults_add(r->faults, line,
				"source \"%.63s\" is no network: write it as 10.0.0.0/8, with "
				"zeros behind the prefix, or as an address",
				text->sources[i]);
	}
}

static bool add_token(struct config_reader *r, config_setting_t *s, unsigned owner)
{
	struct config *c = r->build;
	struct config_listener *l = &c->listeners[owner];
	struct config_token *token = &l->tokens[l->n_tokens];
	struct config_keys_token text = {0};
	bool hashed;

	if (l->n_tokens == CONFIG_TOKENS_MAX)
		return false;
	config_table_group(r, IN_TOKEN, s, &text, owner);
	token->name = text.name;
	add_sources(r, token, &text, line_of(s));
	hashed = text.hash != NULL && config_text_hash(text.hash, token->hash);
	/* what stands there instead may be the token itself: it is not repeated */
	if (text.hash != NULL && !hashed)
		config_faults_add(r->faults, line_of(s),
			"'hash' of a token is not sha256: and 64 hexadecimal digits: make one with "
			"sluice-controlplane --new-token");
	for (uint32_t i = 0; hashed && i < l->n_tokens; i++)
		if (memcmp(l->tokens[i].hash, token->hash, CONFIG_HASH_BYTES) == 0)
			config_faults_add(r->faults, line_of(s),
				"a token with the hash of another: give each peer its own");
	l->n_tokens++;
	return true;
}

static void add_suites(struct config_reader *r, struct config_interface *in, unsigned line)
{
	static const enum suite_id all[] = {SUITE_AEAD_AES_256_GCM, SUITE_AEAD_AES_128_GCM,
		SUITE_AES_256_CM_HMAC_SHA1_80, SUITE_AES_192_CM_HMAC_SHA1_80,
		SUITE_AES_CM_128_HMAC_SHA1_80, SUITE_AES_256_CM_HMAC_SHA1_32,
		SUITE_AES_192_CM_HMAC_SHA1_32, SUITE_AES_CM_128_HMAC_SHA1_32};
	unsigned seen = 0;

	_Static_assert(sizeof(all) / sizeof(all[0]) == SUITE_COUNT, "all of them");
	for (uint32_t i = 0; i < in->n_suite_names; i++) {
		const struct suite *suite = suite_find(in->suite_names[i]);

		if (suite == NULL)
			config_faults_add(r->faults, line,
				"no suite is called \"%.40s\": write a name of RFC 4568, 6188 or "
				"7714, such as AEAD_AES_256_GCM or AES_CM_128_HMAC_SHA1_80",
				in->suite_names[i]);
		else if ((seen >> suite->id & 1) != 0)
			config_faults_add(r->faults, line,
				"suite \"%.40s\" is there twice: remove one", in->suite_names[i]);
		else
			in->suites[in->n_suites++] = suite->id;
		seen |= suite != NULL ? 1u << suite->id : 0;
	}
	if (in->n_suite_names > 0)
		return;
	memcpy(in->suites, all, sizeof(all));
	in->n_suites = SUITE_COUNT;
}

static bool add_interface(struct config_reader *r, config_setting_t *s)
{
	struct config *c = r->build;
	struct config_interface *in = &c->interfaces[c->n_interfaces];

	if (c->n_interfaces == CONFIG_INTERFACES_MAX)
		return false;
	config_table_group(r, IN_INTERFACE, s, in, c->n_interfaces);
	add_suites(r, in, config_table_line(r->config, "interfaces.[%u].suites", c->n_interfaces));
	c->n_interfaces++;
	return true;
}

static bool is_host(const struct relay_sockaddr *addr)
{
	static const uint8_t zero[16];

	if (addr->family == RELAY_FAMILY_IPV4)
		return addr->ip[0] != 0 && addr->ip[0] < 224;
	return addr->ip[0] != 0xff && memcmp(addr->ip, zero, 16) != 0;
}

static bool add_address(struct config_reader *r, config_setting_t *s, unsigned owner)
{
	struct config *c = r->build;
	struct config_interface *in = &c->interfaces[owner];
	struct config_address *a = &in->addresses[in->n_addresses];
	struct config_keys_address text = {config_setting_get_string(s), ""};
	const char *bad = NULL;

	if (in->n_addresses == CONFIG_ADDRESSES_MAX)
		return false;
	if (text.ip == NULL)
		config_table_group(r, IN_ADDRESS, s, &text, owner);
	if (text.ip == NULL || text.advertised == NULL)
		return true;
	if (!config_text_ip(text.ip, &a->local) || !is_host(&a->local))
		bad = text.ip;
	a->advertised = a->local;
	if (bad == NULL && text.advertised[0] != '\0' &&
		(!config_text_ip(text.advertised, &a->advertised) || !is_host(&a->advertised) ||
			a->advertised.family != a->local.family))
		bad = text.advertised;
	if (bad != NULL)
		config_faults_add(r->faults, line_of(s),
			"address \"%.63s\" is no unicast address%s: write it as 192.0.2.10 or "
			"2001:db8::10",
			bad, bad == text.ip ? "" : " of the same family");
	else
		in->n_addresses++;
	return true;
}

bool config_entry_takes_text(const struct config_key *key)
{
	return key->of == IN_ADDRESS;
}

bool config_entry_add(
	struct config_reader *r, const struct config_key *key, config_setting_t *s, unsigned owner)
{
	if (key->of == IN_LISTENER)
		return add_listener(r, s);
	if (key->of == IN_TOKEN)
		return add_token(r, s, owner);
	if (key->of == IN_INTERFACE)
		return add_interface(r, s);
	return add_address(r, s, owner);
}
