/* SPDX-License-Identifier: BSD-3-Clause */
/* rfc6188.h - the vectors of RFC 6188: sections 7.1 and 7.3 (AES-256-CM and AES-192-CM keystream),
 * 7.2 and 7.4 (AES_256_CM_PRF and AES_192_CM_PRF key derivation).
 *
 * All bytes are lower case hex, at most 16 octets a piece.
 *
 * rfc6188_keystream, 7.1 and 7.3: as B.2 of RFC 3711, with longer keys.
 *   session_salt       14 octets; the RFC prints it "already shifted", with 0000 appended
 *   offset             the first counter block: session_salt << 16, as SSRC and index are 0
 *   blocks             counter and keystream; block n of the segment, at octet 16 * n, is the
 *                      one whose counter ends in n
 *
 * rfc6188_kdf, 7.2 and 7.4: the initial derivation, (index DIV kdr) = 0, each key with its label.
 *   x                  label || (index DIV kdr) xor master_salt: the PRF's input, and x * 2^16
 *                      the first AES input block (x is worked out here, not copied)
 *   key, key_octets    the derived key
 */
#ifndef RFC6188_H
#define RFC6188_H

#include <stdint.h>

enum {
	RFC6188_BLOCKS = 6,
	RFC6188_KEYS = 3,
};

struct rfc6188_block {
	const char *counter;
	const char *output;
};

struct rfc6188_keystream {
	const char *section;
	const char *cipher;
	uint32_t segment_octets;
	const char *session_key;
	uint32_t roc;
	uint16_t seq;
	uint32_t ssrc;
	const char *session_salt;
	const char *offset;
	struct rfc6188_block blocks[RFC6188_BLOCKS];
};

struct rfc6188_key {
	const char *name;
	uint8_t label;
	const char *x;
	const char *key;
	uint32_t key_octets;
};

struct rfc6188_kdf {
	const char *section;
	const char *prf;
	const char *master_key;
	const char *master_salt;
	const char *index_div_kdr;
	struct rfc6188_key keys[RFC6188_KEYS];
};

static const struct rfc6188_keystream rfc6188_keystream[] = {
	{
		.section = "7.1",
		.cipher = "AES-256-CM",
		.segment_octets = 1044512,
		.session_key = "57f82fe3613fd170a85ec93c40b1f092"
			       "2ec4cb0dc025b58272147cc438944a98",
		.roc = 0x00000000,
		.seq = 0x0000,
		.ssrc = 0x00000000,
		.session_salt = "f0f1f2f3f4f5f6f7f8f9fafbfcfd",
		.offset = "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
		.blocks =
			{
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
					"92bdd28a93c3f52511c677d08b5515a4"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfd0001",
					"9da71b2378a854f67050756ded165bac"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfd0002",
					"63c4868b7096d88421b563b8c94c9a31"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
					"cea518c90fd91ced9cbb18c078a54711"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
					"3dbc4814f4da5f00a08772b63c6a046d"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfdff01",
					"6eb246913062a16891433e97dd01a57f"},
			},
	},
	{
		.section = "7.3",
		.cipher = "AES-192-CM",
		.segment_octets = 1044512,
		.session_key = "eab234764e517b2d3d160d587d8c8621"
			       "9740f65f99b6bcf7",
		.roc = 0x00000000,
		.seq = 0x0000,
		.ssrc = 0x00000000,
		.session_salt = "f0f1f2f3f4f5f6f7f8f9fafbfcfd",
		.offset = "f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
		.blocks =
			{
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfd0000",
					"35096cba4610028dc1b57503804ce37c"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfd0001",
					"5de986291dcce161d5165ec4568f5c9a"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfd0002",
					"474a40c77894bc17180202272a4c264d"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
					"d108d1a31a00bad6367ec23eb044b415"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfdff00",
					"c8f57129fdeb970b59f917b257662d4c"},
				{"f0f1f2f3f4f5f6f7f8f9fafbfcfdff01",
					"a5dab625811034e8cebdfeb6dc158dd3"},
			},
	},
};

static const struct rfc6188_kdf rfc6188_kdf[] = {
	{
		.section = "7.2",
		.prf = "AES_256_CM_PRF",
		.master_key = "f0f04914b513f2763a1b1fa130f10e29"
			      "98f6f6e43e4309d1e622a0e332b9f1b6",
		.master_salt = "3b04803de51ee7c96423ab5b78d2",
		.index_div_kdr = "000000000000",
		.keys =
			{
				{
					.name = "cipher key",
					.label = 0x00,
					.x = "3b04803de51ee7c96423ab5b78d2",
					.key = "5ba1064e30ec51613cad926c5a28ef73"
					       "1ec7fb397f70a960653caf06554cd8c4",
					.key_octets = 32,
				},
				{
					.name = "cipher salt",
					.label = 0x02,
					.x = "3b04803de51ee7cb6423ab5b78d2",
					.key = "fa31791685ca444a9e07c6c64e93",
					.key_octets = 14,
				},
				{
					.name = "auth key",
					.label = 0x01,
					.x = "3b04803de51ee7c86423ab5b78d2",
					.key = "fd9c32d39ed5fbb5a9dc96b30818454d"
					       "1313dc05",
					.key_octets = 20,
				},
			},
	},
	{
		.section = "7.4",
		.prf = "AES_192_CM_PRF",
		.master_key = "73edc66c4fa15776fb57f9505c171365"
			      "50ffda71f3e8e5f1",
		.master_salt = "c8522f3acd4ce86d5add78edbb11",
		.index_div_kdr = "000000000000",
		.keys =
			{
				{
					.name = "cipher key",
					.label = 0x00,
					.x = "c8522f3acd4ce86d5add78edbb11",
					.key = "31874736a8f1143870c26e4857d8a5b2"
					       "c4a354407faadabb",
					.key_octets = 24,
				},
				{
					.name = "cipher salt",
					.label = 0x02,
					.x = "c8522f3acd4ce86f5add78edbb11",
					.key = "2372b82d639b6d8503a47adc0a6c",
					.key_octets = 14,
				},
				{
					.name = "auth key",
					.label = 0x01,
					.x = "c8522f3acd4ce86c5add78edbb11",
					.key = "355b10973cd95b9eacf4061c7e1a7151"
					       "e7cfbfcb",
					.key_octets = 20,
				},
			},
	},
};

#endif
