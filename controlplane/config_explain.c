/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "config_text.h"

static const char *transport_text(enum config_transport transport)
{
	static const char *const texts[] = {
		[CONFIG_NG_TLS] = "ng over TLS",
		[CONFIG_NG_UDP] = "ng over UDP, in the clear",
		[CONFIG_NG_TCP] = "ng over TCP, in the clear",
		[CONFIG_HTTPS] = "HTTPS and WSS",
	};

	return texts[transport];
}

static void explain_token(const struct config_token *token, FILE *out)
{
	(void)fprintf(out, "  lets in \"%s\" by its token, from", token->name);
	for (uint32_t i = 0; i < token->n_sources; i++) {
		char text[CONFIG_TEXT_ADDRESS];

		config_text_address(&token->sources[i].addr, text);
		(void)fprintf(
			out, "%s %s/%u", i > 0 ? "," : "", text, token->sources[i].prefix_len);
	}
	(void)fputc('\n', out);
}

static void explain_listener(const struct config_listener *l, FILE *out)
{
	char address[CONFIG_TEXT_ADDRESS];

	config_text_address(&l->address, address);
	(void)fprintf(
		out, "listener %s: %s at %s\n", l->name, transport_text(l->transport), address);
	if (l->certificate != NULL)
		(void)fprintf(
			out, "  is %s with key %s; TLS 1.2 and 1.3\n", l->certificate, l->key);
	for (uint32_t i = 0; i < l->n_client_names; i++)
		(void)fprintf(out, "  lets in \"%s\" by a certificate of %s%s%s\n",
			l->client_names[i], l->client_ca, l->crl != NULL ? ", not revoked by " : "",
			l->crl != NULL ? l->crl : "");
	for (uint32_t i = 0; i < l->n_tokens; i++)
		explain_token(&l->tokens[i], out);
	if (l->certificate == NULL)
		(void)fprintf(out, "  lets in %s\n",
			config_text_is_loopback(&l->address)
				? "this machine's users"
				: "WHOEVER REACHES IT, since allow_plaintext = true");
	if (l->transport == CONFIG_NG_UDP)
		(void)fprintf(out, "  requests up to %u bytes\n", l->max_message_bytes);
	else
		(void)fprintf(out,
			"  up to %u connections, %u from one source; requests up to %u bytes\n",
			l->max_connections, l->max_connections_per_source, l->max_message_bytes);
}

static void explain_interface(const struct config_interface *in, bool is_first, FILE *out)
{
	static const char *const encryption[] = {
		[CONFIG_REQUIRED] = "SRTP or no call",
		[CONFIG_SUPPORTED] = "SRTP or RTP",
		[CONFIG_FORBIDDEN] = "RTP alone",
	};

	(void)fprintf(out,
		"interface %s%s: %s, ports %u to %u, DSCP %u, ends silent calls after %u s\n",
		in->name, is_first ? " (default)" : "", encryption[in->encryption], in->port_min,
		in->port_max, in->dscp, in->media_timeout_s);
	for (uint32_t i = 0; i < in->n_addresses; i++) {
		char local[CONFIG_TEXT_ADDRESS], advertised[CONFIG_TEXT_ADDRESS];

		config_text_address(&in->addresses[i].local, local);
		config_text_address(&in->addresses[i].advertised, advertised);
		(void)fprintf(out, "  at %s, in SDP %s\n", local, advertised);
	}
	if (in->encryption == CONFIG_FORBIDDEN)
		return;
	(void)fprintf(out, "  suites");
	for (uint32_t i = 0; i < in->n_suites; i++)
		(void)fprintf(out, "%s %s", i > 0 ? "," : "", suite_get(in->suites[i])->name);
	(void)fputc('\n', out);
}

void config_explain(const struct config *c, FILE *out)
{
	for (uint32_t i = 0; i < c->n_listeners; i++)
		explain_listener(&c->listeners[i], out);
	for (uint32_t i = 0; i < c->n_interfaces; i++)
		explain_interface(&c->interfaces[i], i == 0, out);
	(void)fprintf(out,
		"takes %u calls%s; runs as %s\ndata plane at %s; state in %s, sealed by %s\n",
		c->session_limit, c->drain ? ", but no new ones (drain)" : "",
		c->user != NULL ? c->user : "who starts it", c->dataplane_socket,
		c->state_directory, c->node_key);
}
