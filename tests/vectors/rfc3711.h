/* SPDX-License-Identifier: BSD-3-Clause */
/* rfc3711.h - the vectors of RFC 3711: appendix B.2 (AES-CM keystream) and B.3 (key derivation).
 *
 * All bytes are upper case hex, split as the RFC prints them.
 *
 * rfc3711_keystream, B.2: one keystream segment of segment_octets octets, of which six blocks are
 * printed.
 *   session_salt       14 octets; the RFC prints it "already shifted", with 0000 appended
 *   offset             the first counter block: session_salt << 16, as SSRC and index are 0
 *   blocks             "Counter" and "Keystream"; block n of the segment, at octet 16 * n, is the
 *                      one whose counter ends in n
 *
 * rfc3711_kdf, B.3: the initial derivation, (index DIV kdr) = 0.
 *   keys               one row a derived key, each with its label
 *   x                  label || (index DIV kdr) xor master_salt: the PRF's input
 *   blocks             what AES-CM makes of x * 2^16 under the master key: "AES-CM input" and
 *                      "AES-CM output"; rows not used are NULL, and the RFC prints but 14 octets
 *                      of the auth key's last block
 *   key, key_octets    the derived key: the first key_octets octets of the outputs. A suite with
 *                      HMAC-SHA1 uses the first 20 octets of the auth key
 */
#ifndef RFC3711_H
#define RFC3711_H

#include <stdint.h>

enum {
	RFC3711_BLOCKS = 6,
	RFC3711_KEYS = 3,
};

struct rfc3711_block {
	const char *counter;
	const char *output;
};

struct rfc3711_keystream {
	const char *section;
	uint32_t segment_octets;
	const char *session_key;
	uint32_t roc;
	uint16_t seq;
	uint32_t ssrc;
	const char *session_salt;
	const char *offset;
	struct rfc3711_block blocks[RFC3711_BLOCKS];
};

struct rfc3711_key {
	const char *name;
	uint8_t label;
	const char *x;
	struct rfc3711_block blocks[RFC3711_BLOCKS];
	const char *key;
	uint32_t key_octets;
};

struct rfc3711_kdf {
	const char *section;
	const char *master_key;
	const char *master_salt;
	const char *index_div_kdr;
	struct rfc3711_key keys[RFC3711_KEYS];
};

static const struct rfc3711_keystream rfc3711_keystream = {
	.section = "B.2",
	.segment_octets = 1044512,
	.session_key = "2B7E151628AED2A6ABF7158809CF4F3C",
	.roc = 0x00000000,
	.seq = 0x0000,
	.ssrc = 0x00000000,
	.session_salt = "F0F1F2F3F4F5F6F7F8F9FAFBFCFD",
	.offset = "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000",
	.blocks =
		{
			{"F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000", "E03EAD0935C95E80E166B16DD92B4EB4"},
			{"F0F1F2F3F4F5F6F7F8F9FAFBFCFD0001", "D23513162B02D0F72A43A2FE4A5F97AB"},
			{"F0F1F2F3F4F5F6F7F8F9FAFBFCFD0002", "41E95B3BB0A2E8DD477901E4FCA894C0"},
			{"F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF", "EC8CDF7398607CB0F2D21675EA9EA1E4"},
			{"F0F1F2F3F4F5F6F7F8F9FAFBFCFDFF00", "362B7C3C6773516318A077D7FC5073AE"},
			{"F0F1F2F3F4F5F6F7F8F9FAFBFCFDFF01", "6A2CC3787889374FBEB4C81B17BA6C44"},
		},
};

static const struct rfc3711_kdf rfc3711_kdf = {
	.section = "B.3",
	.master_key = "E1F97A0D3E018BE0D64FA32C06DE4139",
	.master_salt = "0EC675AD498AFEEBB6960B3AABE6",
	.index_div_kdr = "000000000000",
	.keys =
		{
			{
				.name = "cipher key",
				.label = 0x00,
				.x = "0EC675AD498AFEEBB6960B3AABE6",
				.blocks =
					{
						{"0EC675AD498AFEEBB6960B3AABE60000",
							"C61E7A93744F39EE10734AFE3FF7A087"},
					},
				.key = "C61E7A93744F39EE10734AFE3FF7A087",
				.key_octets = 16,
			},
			{
				.name = "cipher salt",
				.label = 0x02,
				.x = "0EC675AD498AFEE9B6960B3AABE6",
				.blocks =
					{
						{"0EC675AD498AFEE9B6960B3AABE60000",
							"30CBBC08863D8C85D49DB34A9AE17AC6"},
					},
				.key = "30CBBC08863D8C85D49DB34A9AE1",
				.key_octets = 14,
			},
			{
				.name = "auth key",
				.label = 0x01,
				.x = "0EC675AD498AFEEAB6960B3AABE6",
				.blocks =
					{
						{"0EC675AD498AFEEAB6960B3AABE60000",
							"CEBE321F6FF7716B6FD4AB49AF256A15"},
						{"0EC675AD498AFEEAB6960B3AABE60001",
							"6D38BAA48F0A0ACF3C34E2359E6CDBCE"},
						{"0EC675AD498AFEEAB6960B3AABE60002",
							"E049646C43D9327AD175578EF7227098"},
						{"0EC675AD498AFEEAB6960B3AABE60003",
							"6371C10C9A369AC2F94A8C5FBCDDDC25"},
						{"0EC675AD498AFEEAB6960B3AABE60004",
							"6D6E919A48B610EF17C2041E47403576"},
						{"0EC675AD498AFEEAB6960B3AABE60005",
							"6B68642C59BBFC2F34DB60DBDFB2"},
					},
				.key = "CEBE321F6FF7716B6FD4AB49AF256A15"
				       "6D38BAA48F0A0ACF3C34E2359E6CDBCE"
				       "E049646C43D9327AD175578EF7227098"
				       "6371C10C9A369AC2F94A8C5FBCDDDC25"
				       "6D6E919A48B610EF17C2041E47403576"
				       "6B68642C59BBFC2F34DB60DBDFB2",
				.key_octets = 94,
			},
		},
};

#endif
