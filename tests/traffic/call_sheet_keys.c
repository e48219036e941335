/* SPDX-License-Identifier: BSD-3-Clause */
#include "call_sheet_line.h"

/* Where a key may stand. */
enum { IN_CALL = 1, IN_CALLS = 2, IN_BOTH = 3, WHOLE = 4 /* of the call: no prefix */ };

static bool wrong(struct call_sheet_parser *p, const char *value, const char *want)
{
	return call_sheet_fault(p, "'%.60s' is %s", value, want);
}

static bool set_addresses(
	struct call_sheet_parser *p, struct call_sheet_addresses *out, const char *value)
{
	char *rest = p->copy, *one;

	out->n = 0;
	if (!p->spec.many) {
		out->n = 1;
		return call_sheet_address(value, true, &out->list[0]) ||
		       wrong(p, value,
			       "no ADDRESS:PORT: write as 10.0.0.1:16384 or [2001:db8::1]:16384");
	}
	(void)snprintf(p->copy, sizeof(p->copy), "%s", value);
	while ((one = strsep(&rest, ",")) != NULL) {
		if (out->n == CALL_SHEET_ADDRESSES_MAX)
			return call_sheet_fault(p, "more than %d addresses: split the calls",
				CALL_SHEET_ADDRESSES_MAX);
		if (!call_sheet_address(one, false, &out->list[out->n]))
			return wrong(
				p, one, "no IP address without port: 'calls' has ports= for these");
		out->n++;
	}
	return true;
}

static bool set_gen(struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	return set_addresses(p, &leg->gen, value);
}

static bool set_relay(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	return set_addresses(p, &leg->relay, value);
}

static bool set_range(struct call_sheet_parser *p, struct call_sheet_range *out, const char *value)
{
	char *last_text = p->copy, *first_text;
	uint64_t first, last;

	(void)snprintf(p->copy, sizeof(p->copy), "%s", value);
	first_text = strsep(&last_text, "-");
	if (last_text == NULL || !call_sheet_number(first_text, UINT16_MAX, &first) ||
		!call_sheet_number(last_text, UINT16_MAX, &last) || first == 0 || first > last)
		return wrong(p, value, "no range of ports: write as 16384-32766");
	*out = (struct call_sheet_range){(uint16_t)first, (uint16_t)last, true};
	return true;
}

static bool set_ports(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	return set_range(p, &leg->ports, value);
}

static bool set_gen_ports(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	return set_range(p, &leg->gen_ports, value);
}

static bool set_suite(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	leg->suite = suite_find(value);
	leg->suite_given = leg->suite != NULL || strcmp(value, "RTP") == 0;
	return leg->suite_given ||
	       wrong(p, value, "no suite: RTP, AES_CM_128_HMAC_SHA1_80, AEAD_AES_128_GCM, ...");
}

static bool set_send_key(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	(void)p;
	leg->send_key = value;
	return true;
}

static bool set_recv_key(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	(void)p;
	leg->recv_key = value;
	return true;
}

static bool set_u32(struct call_sheet_parser *p, const char *value, uint32_t max, uint32_t *out)
{
	uint64_t number;

	if (!call_sheet_number(value, max, &number))
		return call_sheet_fault(p, "'%.60s' is no number from 0 to %u", value, max);
	*out = (uint32_t)number;
	return true;
}

static bool set_ssrc(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	leg->ssrc_given = true;
	return set_u32(p, value, UINT32_MAX, &leg->ssrc);
}

static bool set_pt(struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	return set_u32(p, value, 127, &leg->pt);
}

static bool set_seq(struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	leg->seq_random = p->spec.many && strcmp(value, "random") == 0;
	return leg->seq_random || set_u32(p, value, UINT16_MAX, &leg->seq);
}

static bool set_roc(struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	return set_u32(p, value, UINT32_MAX, &leg->roc);
}

static bool set_rtcp(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	leg->rtcp_own = strcmp(value, "own") == 0;
	return leg->rtcp_own || strcmp(value, "mux") == 0 ||
	       wrong(p, value, "neither rtcp=mux nor rtcp=own");
}

static bool set_step(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	(void)leg;
	if (!set_u32(p, value, 1024, &p->spec.step))
		return false;
	return p->spec.step > 0 || wrong(p, value, "no step between ports: 2 is usual");
}

static bool set_seed(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	(void)leg;
	return call_sheet_number(value, UINT64_MAX, &p->spec.seed) ||
	       wrong(p, value, "no number of 64 bits");
}

static bool set_echo(
	struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value)
{
	(void)leg;
	p->spec.echo = true;
	return *value == '\0' || wrong(p, value, "too much: echo takes no value");
}

static const struct key {
	const char *name;
	bool (*set)(
		struct call_sheet_parser *p, struct call_sheet_leg_spec *leg, const char *value);
	unsigned where;
} keys[] = {
	{"gen", set_gen, IN_BOTH},
	{"relay", set_relay, IN_BOTH},
	{"suite", set_suite, IN_BOTH},
	{"ssrc", set_ssrc, IN_BOTH},
	{"pt", set_pt, IN_BOTH},
	{"seq", set_seq, IN_BOTH},
	{"roc", set_roc, IN_BOTH},
	{"rtcp", set_rtcp, IN_BOTH},
	{"echo", set_echo, IN_BOTH | WHOLE},
	{"send-key", set_send_key, IN_CALL},
	{"recv-key", set_recv_key, IN_CALL},
	{"ports", set_ports, IN_CALLS},
	{"gen-ports", set_gen_ports, IN_CALLS},
	{"step", set_step, IN_CALLS | WHOLE},
	{"seed", set_seed, IN_CALLS | WHOLE},
};

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

bool call_sheet_set(struct call_sheet_parser *p, char *token)
{
	char *name = token, *value = strchr(token, '=');
	const struct key *key;
	unsigned legs = 3;

	if (value != NULL)
		*value++ = '\0';
	if ((name[0] == 'a' || name[0] == 'b') && name[1] == '.') {
		legs = name[0] == 'a' ? 1 : 2;
		p->spec.leg_given[name[0] == 'b'] = true;
		name += 2;
	}
	key = find_key(name);
	if (key == NULL || ((key->where & WHOLE) != 0 && legs != 3))
		return call_sheet_fault(
			p, "unknown key '%s': see call_sheet.h", call_sheet_word(token));
	if ((key->where & (p->spec.many ? IN_CALLS : IN_CALL)) == 0)
		return call_sheet_fault(p, "'%s' belongs to '%s', not to '%s'", name,
			p->spec.many ? "call" : "calls", p->spec.many ? "calls" : "call");
	if (value == NULL && key->set != set_echo)
		return call_sheet_fault(p, "'%s' without value: write %s=VALUE", name, name);
	if (value == NULL)
		value = token + strlen(token);
	for (unsigned i = 0; i < CALL_LEGS; i++)
		if ((legs >> i & 1) != 0 && !key->set(p, &p->spec.legs[i], value))
			return false;
	return true;
}
