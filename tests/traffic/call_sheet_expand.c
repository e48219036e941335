/* SPDX-License-Identifier: BSD-3-Clause */
/* A statement's calls. 'call' is the case of one, with ports and keys as written. */
#include "call_sheet_line.h"

#include "secret.h"

#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

enum {
	SLOT = 64, /* of the keystream, see call_sheet.h */
	SLOTS = 4,
	CALL_STREAM = SLOT * SLOTS,
	AES_BLOCK = 16,
	SSRC_DEFAULT = 0x10000000,
};

static char leg_name(unsigned leg)
{
	return leg == CALL_LEG_A ? 'a' : 'b';
}

/* Calls that the ports of one address are enough for. */
static uint32_t calls_per_address(const struct call_sheet_range *ports, uint32_t step)
{
	return (uint32_t)(ports->last - ports->first) / step + 1;
}

static bool check_addresses(struct call_sheet_parser *p, unsigned i)
{
	struct call_sheet_leg_spec *leg = &p->spec.legs[i];

	if (leg->gen.n == 0 || leg->relay.n == 0)
		return call_sheet_fault(p, "leg %c has no %s: add %s=", leg_name(i),
			leg->gen.n == 0 ? "address of the generator" : "address of the relay",
			leg->gen.n == 0 ? "gen" : "relay");
	for (uint32_t k = 0; k < leg->gen.n; k++)
		if (leg->gen.list[k].family != leg->relay.list[0].family)
			return call_sheet_fault(
				p, "leg %c mixes IPv4 and IPv6: a leg is one of them", leg_name(i));
	for (uint32_t k = 0; k < leg->relay.n; k++)
		if (leg->relay.list[k].family != leg->relay.list[0].family)
			return call_sheet_fault(
				p, "leg %c mixes IPv4 and IPv6: a leg is one of them", leg_name(i));
	return true;
}

static bool check_room(struct call_sheet_parser *p, unsigned i)
{
	const struct call_sheet_leg_spec *leg = &p->spec.legs[i];
	uint64_t relay = (uint64_t)leg->relay.n * calls_per_address(&leg->ports, p->spec.step);
	uint64_t gen = (uint64_t)leg->gen.n * calls_per_address(&leg->gen_ports, p->spec.step);

	if (relay < p->spec.count || gen < p->spec.count)
		return call_sheet_fault(p,
			"leg %c: %s= has ports for %llu calls, not for %u: add addresses or ports",
			leg_name(i), relay < gen ? "relay" : "gen",
			(unsigned long long)(relay < gen ? relay : gen), p->spec.count);
	return true;
}

static bool check_ports(struct call_sheet_parser *p, unsigned i)
{
	struct call_sheet_leg_spec *leg = &p->spec.legs[i];

	if (!p->spec.many) {
		leg->ports.first = leg->ports.last = leg->relay.list[0].port;
		leg->gen_ports.first = leg->gen_ports.last = leg->gen.list[0].port;
	} else if (!leg->ports.given) {
		return call_sheet_fault(
			p, "leg %c has no ports: add ports=16384-65534", leg_name(i));
	} else if (!leg->gen_ports.given) {
		leg->gen_ports = leg->ports;
	}
	if (leg->rtcp_own && p->spec.many && (p->spec.step & 1) != 0)
		return call_sheet_fault(p, "rtcp=own takes ports in pairs: let step= be even");
	if (leg->rtcp_own && ((leg->ports.first | leg->gen_ports.first) & 1) != 0)
		return call_sheet_fault(
			p, "leg %c: rtcp=own wants even ports, RTCP has the odd ones", leg_name(i));
	if (!leg->rtcp_own && leg->pt >= 64 && leg->pt <= 95)
		return call_sheet_fault(p,
			"pt=%u looks like RTCP on a muxed port (RFC 5761): take another", leg->pt);
	return check_room(p, i);
}

static bool check_keys(struct call_sheet_parser *p, unsigned i)
{
	struct call_sheet_leg_spec *leg = &p->spec.legs[i];

	if (!leg->suite_given)
		return call_sheet_fault(
			p, "leg %c has no suite: add suite=RTP or another", leg_name(i));
	if (p->spec.many)
		return true;
	if (p->spec.echo && leg->recv_key != NULL)
		return call_sheet_fault(p, "echo gets its own back: leave recv-key out");
	if (p->spec.echo)
		leg->recv_key = leg->send_key;
	if (leg->suite == NULL && (leg->send_key != NULL || leg->recv_key != NULL))
		return call_sheet_fault(p, "leg %c has a key, but suite=RTP", leg_name(i));
	if (leg->suite != NULL && (leg->send_key == NULL || leg->recv_key == NULL))
		return call_sheet_fault(p,
			"leg %c: suite %s wants send-key= and recv-key=", leg_name(i),
			leg->suite->name);
	return true;
}

/* Equal modulo twice the classes at the start and in step means equal for every call. */
static bool check_class(struct call_sheet_parser *p)
{
	const struct call_sheet_leg_spec *a = &p->spec.legs[CALL_LEG_A];
	const struct call_sheet_leg_spec *b = &p->spec.legs[CALL_LEG_B];
	uint32_t mask = p->sheet->classes - 1;

	if ((a->ports.first >> 1 & mask) != (b->ports.first >> 1 & mask))
		return call_sheet_fault(p,
			"relay ports %u and %u are in different port classes, so of different "
			"workers: let them be equal modulo %u, or the sheet say 'classes 1'",
			a->ports.first, b->ports.first, 2 * p->sheet->classes);
	if (calls_per_address(&a->ports, p->spec.step) !=
		calls_per_address(&b->ports, p->spec.step))
		return call_sheet_fault(
			p, "the legs' ports= differ in length: their classes would part");
	if (mask != 0 && ((a->ports.first ^ b->ports.first) & 1) != 0)
		return call_sheet_fault(p, "one leg has even ports, the other odd: let them agree");
	return true;
}

static bool check_spec(struct call_sheet_parser *p)
{
	unsigned legs = p->spec.echo ? 1 : CALL_LEGS;

	if (p->spec.echo && p->spec.leg_given[CALL_LEG_B])
		return call_sheet_fault(p, "echo has no leg b");
	for (unsigned i = 0; i < legs; i++)
		if (!check_addresses(p, i) || !check_ports(p, i) || !check_keys(p, i))
			return false;
	return p->spec.echo || check_class(p);
}

/* The keystream from the sheet's call 'first' on. */
static EVP_CIPHER_CTX *open_stream(uint64_t seed, uint32_t first)
{
	static const char label[] = "sluice call sheet 1";
	uint8_t text[sizeof(label) - 1 + 8], key[SHA256_DIGEST_LENGTH], iv[AES_BLOCK] = {0};
	uint64_t block = htobe64((uint64_t)first * (CALL_STREAM / AES_BLOCK));
	EVP_CIPHER_CTX *stream = EVP_CIPHER_CTX_new();

	seed = htobe64(seed);
	memcpy(text, label, sizeof(label) - 1);
	memcpy(text + sizeof(label) - 1, &seed, sizeof(seed));
	memcpy(iv + 8, &block, sizeof(block));
	if (stream == NULL || SHA256(text, sizeof(text), key) == NULL ||
		EVP_EncryptInit_ex2(stream, EVP_aes_256_ctr(), key, iv, NULL) != 1) {
		EVP_CIPHER_CTX_free(stream);
		stream = NULL;
	}
	secret_wipe(key, sizeof(key));
	return stream;
}

static struct relay_sockaddr address_of(const struct call_sheet_addresses *list,
	const struct call_sheet_range *ports, uint32_t step, uint32_t i)
{
	uint32_t per_address = calls_per_address(ports, step);
	struct relay_sockaddr addr = list->list[i / per_address];

	addr.port = (uint16_t)(ports->first + i % per_address * step);
	return addr;
}

static void copy_slot(const struct suite *suite, const uint8_t *slot, uint8_t *key)
{
	memset(key, 0, CALL_SHEET_KEY_MAX);
	if (suite != NULL)
		memcpy(key, slot, (size_t)suite->key_len + suite->salt_len);
}

/* 'slots': this leg's two of the keystream; NULL for 'call'. */
static bool make_leg(struct call_sheet_parser *p, unsigned leg_i, uint32_t i, const uint8_t *slots,
	struct call_leg *out)
{
	const struct call_sheet_leg_spec *leg = &p->spec.legs[leg_i];
	uint32_t ssrc = leg->ssrc_given ? leg->ssrc : SSRC_DEFAULT;

	*out = (struct call_leg){
		.gen = address_of(&leg->gen, &leg->gen_ports, p->spec.step, i),
		.relay = address_of(&leg->relay, &leg->ports, p->spec.step, i),
		.suite = leg->suite,
		.ssrc = ssrc,
		.roc = leg->roc,
		.seq = (uint16_t)leg->seq,
		.payload_type = (uint8_t)leg->pt,
		.rtcp_mux = !leg->rtcp_own,
	};
	if (p->spec.many || !leg->ssrc_given)
		out->ssrc = ssrc + 2 * (leg->ssrc_given ? i : p->sheet->n_calls) + leg_i;
	if (slots == NULL && leg->suite != NULL)
		return (call_sheet_key(leg->send_key, leg->suite, out->send_key) &&
			       call_sheet_key(leg->recv_key, leg->suite, out->recv_key)) ||
		       call_sheet_fault(p,
			       "leg %c: a key of %s is %u bytes, key and salt, in base64 or hex",
			       leg_name(leg_i), leg->suite->name,
			       leg->suite->key_len + leg->suite->salt_len);
	if (slots == NULL)
		return true;
	copy_slot(leg->suite, slots, out->send_key);
	copy_slot(leg->suite, p->spec.echo ? slots : slots + SLOT, out->recv_key);
	if (leg->seq_random)
		out->seq = (uint16_t)((slots[SLOT - 2] << 8 | slots[SLOT - 1]) & 0x7fff);
	return true;
}

static bool make_call(struct call_sheet_parser *p, uint32_t i, EVP_CIPHER_CTX *stream)
{
	static const uint8_t zeros[CALL_STREAM];
	uint8_t slots[CALL_STREAM];
	struct call *call = &p->sheet->calls[p->sheet->n_calls];
	int len;
	bool good = true;

	memset(call, 0, sizeof(*call));
	call->line = p->line;
	call->echo = p->spec.echo;
	if (stream != NULL && EVP_EncryptUpdate(stream, slots, &len, zeros, CALL_STREAM) != 1)
		return call_sheet_fault(p, "the library refuses AES-256-CTR");
	for (unsigned leg = 0; good && leg < (p->spec.echo ? 1U : CALL_LEGS); leg++)
		good = make_leg(p, leg, i, stream == NULL ? NULL : slots + (size_t)2 * SLOT * leg,
			&call->legs[leg]);
	secret_wipe(slots, sizeof(slots));
	p->sheet->n_calls += good;
	return good;
}

static bool reserve(struct call_sheet_parser *p)
{
	size_t want = (size_t)p->sheet->n_calls + p->spec.count;
	size_t capacity = p->capacity;
	struct call *calls;

	if (want > p->max_calls)
		return call_sheet_fault(
			p, "more than %u calls: take a smaller sheet", p->max_calls);
	if (want <= capacity)
		return true;
	capacity = want > 2 * capacity ? want : 2 * capacity;
	calls = malloc(capacity * sizeof(*calls)); /* not realloc: the old keys are wiped */
	if (calls == NULL) {
		p->error = -ENOMEM;
		return call_sheet_fault(p, "no memory for %zu calls", want);
	}
	if (p->sheet->n_calls > 0)
		memcpy(calls, p->sheet->calls, p->sheet->n_calls * sizeof(*calls));
	secret_wipe(p->sheet->calls, p->sheet->n_calls * sizeof(*calls));
	free(p->sheet->calls);
	p->sheet->calls = calls;
	p->capacity = capacity;
	return true;
}

bool call_sheet_expand(struct call_sheet_parser *p)
{
	EVP_CIPHER_CTX *stream = NULL;
	bool good = true;

	if (!check_spec(p) || !reserve(p))
		return false;
	if (p->spec.many) {
		stream = open_stream(p->spec.seed, p->sheet->n_calls);
		if (stream == NULL)
			return call_sheet_fault(p, "the library refuses AES-256-CTR");
	}
	for (uint32_t i = 0; good && i < p->spec.count; i++)
		good = make_call(p, i, stream);
	EVP_CIPHER_CTX_free(stream);
	return good;
}
