/* SPDX-License-Identifier: BSD-3-Clause */
#include "options_row.h"

enum { CONNECTIONS_MAX = 1024, WINDOW_MAX = 4096 };

bool options_row_u32(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value;

	if (!call_sheet_number(text, max, &value) || value < min)
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool set_ng(struct options *o, const char *value)
{
	o->ng_given = true;
	return url_parse(value, &o->signaler.url);
}

static bool set_ca(struct options *o, const char *value)
{
	o->signaler.ca = value;
	return true;
}

static bool set_certificate(struct options *o, const char *value)
{
	o->signaler.certificate = value;
	return true;
}

static bool set_key(struct options *o, const char *value)
{
	o->signaler.key = value;
	return true;
}

static bool set_name(struct options *o, const char *value)
{
	o->signaler.name = value;
	return *value != '\0';
}

static bool set_connections(struct options *o, const char *value)
{
	return options_row_u32(value, 1, CONNECTIONS_MAX, &o->signaler.connections);
}

static bool set_window(struct options *o, const char *value)
{
	return options_row_u32(value, 1, WINDOW_MAX, &o->signaler.window);
}

static bool set_calls(struct options *o, const char *value)
{
	return options_row_u32(value, 1, CALL_SHEET_CALLS_MAX, &o->calls);
}

static bool set_delete(struct options *o, const char *value)
{
	o->keep = strcmp(value, "no") == 0;
	return o->keep || strcmp(value, "yes") == 0;
}

static bool set_legs(struct options *o, const char *value)
{
	if (o->caller.n_legs == CALLER_LEGS_MAX)
		return false;
	return legs_parse(value, &o->caller.legs[o->caller.n_legs++]);
}

static bool set_plain(struct options *o, const char *value)
{
	o->caller.plain = value;
	return *value != '\0';
}

static bool set_sealed(struct options *o, const char *value)
{
	o->caller.sealed = value;
	return *value != '\0';
}

static bool set_party_a(struct options *o, const char *value)
{
	return caller_addresses(value, &o->caller.parties[CALL_LEG_A]);
}

static bool set_party_b(struct options *o, const char *value)
{
	return caller_addresses(value, &o->caller.parties[CALL_LEG_B]);
}

enum { IN_BOTH = OPTIONS_CALL | OPTIONS_SIGNALING };

const struct options_row options_row_signal[] = {
	{IN_BOTH, "ng", "URL", "the relay: tls://HOST:PORT, tcp:// or udp://", set_ng},
	{IN_BOTH, "ca", "FILE", "PEM: whom the relay's certificate must chain to", set_ca},
	{IN_BOTH, "certificate", "FILE", "PEM: ours", set_certificate},
	{IN_BOTH, "key", "FILE", "PEM: its private key", set_key},
	{IN_BOTH, "name", "NAME", "of the relay in its certificate (the URL's host)", set_name},
	{IN_BOTH, "connections", "N", "at a time (1)", set_connections},
	{IN_BOTH, "window", "N", "calls that are being placed on each (16)", set_window},
	{IN_BOTH, "legs", "KIND[:SUITE[,SUITE]]",
		"rtp-srtp (default), rtp-rtp, srtp-rtp, srtp-srtp; several are shared out",
		set_legs},
	{IN_BOTH, "interface-plain", "NAME", "of the relay, for RTP", set_plain},
	{IN_BOTH, "interface-sealed", "NAME", "of the relay, for SRTP", set_sealed},
	{IN_BOTH, "party-a", "IP[,IP...]", "addresses of callers (198.18.0.2)", set_party_a},
	{IN_BOTH, "party-b", "IP[,IP...]", "addresses of those called (198.18.0.3)", set_party_b},
	{OPTIONS_CALL, "calls", "N", "to place (1000)", set_calls},
	{OPTIONS_SIGNALING, "delete", "yes|no", "delete each call after its answer (yes)",
		set_delete},
};

const size_t options_row_signal_count = sizeof(options_row_signal) / sizeof(options_row_signal[0]);

void options_row_signal_defaults(struct options *o)
{
	o->calls = 1000;
	o->signaler.connections = 1;
	o->signaler.window = 16;
	(void)caller_addresses("198.18.0.2", &o->caller.parties[CALL_LEG_A]);
	(void)caller_addresses("198.18.0.3", &o->caller.parties[CALL_LEG_B]);
}
