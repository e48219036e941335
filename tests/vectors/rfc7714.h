/* SPDX-License-Identifier: BSD-3-Clause */
/* rfc7714.h - the vectors of RFC 7714: section 16 (SRTP) and section 17 (SRTCP), AEAD_AES_128_GCM
 * and AEAD_AES_256_GCM.
 *
 * All bytes are lower case hex, split as the RFC prints them. The keys and salts are SESSION
 * keys and salts: no key derivation comes before them.
 *
 *   section, suite     the subsection and the suite's name as of section 14.1
 *   encrypted          false: tagged only (16.x.3, 16.x.4; 17.3 and 17.4, where E is 0), recorded
 *                      for completeness: Sluice encrypts all it protects
 *   ssrc, roc, seq     what the SRTP IV is formed of; the index is roc << 16 | seq
 *   ssrc, index        what the SRTCP IV is formed of; the index is without the E bit
 *   esrtcp             the ESRTCP word, E bit and index: the end of the AAD and of protected_packet
 *   key, salt, iv, aad "Key", "salt", "IV", "AAD"
 *   plaintext          "PT"; empty if tagged only
 *   cipher             "CT" or "Cipher with tag": the ciphertext, then the tag
 *   tag                "full GMAC": the last 16 octets of cipher
 *   packet             the whole plain RTP or RTCP packet
 *   protected_packet   the whole SRTP or SRTCP packet
 *
 * A section that decrypts or verifies prints the protected packet and not always all of the plain
 * one: the header is put before the payload that 16.1.2 and 16.2.2 print, 16.1.4 and 16.2.4 print
 * the packet as AAD. Such a row then holds the same bytes as the one that encrypts or tags.
 *
 * The RTCP packet's length field is wrong in the RFC: 000d stands for 56 octets, and there are 52.
 * Test the crypto with it, not an RTCP parser. The packet that opens section 17 (81c8000e ...)
 * differs from the one all of 17.1 to 17.4 use, which is the one here.
 */
#ifndef RFC7714_H
#define RFC7714_H

#include <stdbool.h>
#include <stdint.h>

struct rfc7714_srtp {
	const char *section;
	const char *suite;
	bool encrypted;
	uint32_t ssrc;
	uint32_t roc;
	uint16_t seq;
	const char *key;
	const char *salt;
	const char *iv;
	const char *aad;
	const char *plaintext;
	const char *cipher;
	const char *tag;
	const char *packet;
	const char *protected_packet;
};

struct rfc7714_srtcp {
	const char *section;
	const char *suite;
	bool encrypted;
	uint32_t ssrc;
	uint32_t index;
	uint32_t esrtcp;
	const char *key;
	const char *salt;
	const char *iv;
	const char *aad;
	const char *plaintext;
	const char *cipher;
	const char *tag;
	const char *packet;
	const char *protected_packet;
};

static const struct rfc7714_srtp rfc7714_srtp[] = {
	/* SRTP AEAD_AES_128_GCM Encryption */
	{
		.section = "16.1.1",
		.suite = "AEAD_AES_128_GCM",
		.encrypted = true,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b2",
		.plaintext = "47616c6c696120657374206f6d6e6973"
			     "2064697669736120696e207061727465"
			     "732074726573",
		.cipher = "f24de3a3fb34de6cacba861c9d7e4bca"
			  "be633bd50d294e6f42a5f47a51c7d19b"
			  "36de3adf8833899d7f27beb16a9152cf"
			  "765ee4390cce",
		.tag = "899d7f27beb16a9152cf765ee4390cce",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b2f24de3a3"
				    "fb34de6cacba861c9d7e4bcabe633bd5"
				    "0d294e6f42a5f47a51c7d19b36de3adf"
				    "8833899d7f27beb16a9152cf765ee439"
				    "0cce",
	},
	/* SRTP AEAD_AES_128_GCM Decryption */
	{
		.section = "16.1.2",
		.suite = "AEAD_AES_128_GCM",
		.encrypted = true,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b2",
		.plaintext = "47616c6c696120657374206f6d6e6973"
			     "2064697669736120696e207061727465"
			     "732074726573",
		.cipher = "f24de3a3fb34de6cacba861c9d7e4bca"
			  "be633bd50d294e6f42a5f47a51c7d19b"
			  "36de3adf8833899d7f27beb16a9152cf"
			  "765ee4390cce",
		.tag = "899d7f27beb16a9152cf765ee4390cce",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b2f24de3a3"
				    "fb34de6cacba861c9d7e4bcabe633bd5"
				    "0d294e6f42a5f47a51c7d19b36de3adf"
				    "8833899d7f27beb16a9152cf765ee439"
				    "0cce",
	},
	/* SRTP AEAD_AES_128_GCM Authentication Tagging */
	{
		.section = "16.1.3",
		.suite = "AEAD_AES_128_GCM",
		.encrypted = false,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b247616c6c"
		       "696120657374206f6d6e697320646976"
		       "69736120696e20706172746573207472"
		       "6573",
		.plaintext = "",
		.cipher = "22493f82d2bce397e9d79e3b19aa4216",
		.tag = "22493f82d2bce397e9d79e3b19aa4216",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b247616c6c"
				    "696120657374206f6d6e697320646976"
				    "69736120696e20706172746573207472"
				    "657322493f82d2bce397e9d79e3b19aa"
				    "4216",
	},
	/* SRTP AEAD_AES_128_GCM Tag Verification */
	{
		.section = "16.1.4",
		.suite = "AEAD_AES_128_GCM",
		.encrypted = false,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b247616c6c"
		       "696120657374206f6d6e697320646976"
		       "69736120696e20706172746573207472"
		       "6573",
		.plaintext = "",
		.cipher = "22493f82d2bce397e9d79e3b19aa4216",
		.tag = "22493f82d2bce397e9d79e3b19aa4216",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b247616c6c"
				    "696120657374206f6d6e697320646976"
				    "69736120696e20706172746573207472"
				    "657322493f82d2bce397e9d79e3b19aa"
				    "4216",
	},
	/* SRTP AEAD_AES_256_GCM Encryption */
	{
		.section = "16.2.1",
		.suite = "AEAD_AES_256_GCM",
		.encrypted = true,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f"
		       "101112131415161718191a1b1c1d1e1f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b2",
		.plaintext = "47616c6c696120657374206f6d6e6973"
			     "2064697669736120696e207061727465"
			     "732074726573",
		.cipher = "32b1de78a822fe12ef9f78fa332e33aa"
			  "b18012389a58e2f3b50b2a0276ffae0f"
			  "1ba63799b87b7aa3db36dfffd6b0f9bb"
			  "7878d7a76c13",
		.tag = "7aa3db36dfffd6b0f9bb7878d7a76c13",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b232b1de78"
				    "a822fe12ef9f78fa332e33aab1801238"
				    "9a58e2f3b50b2a0276ffae0f1ba63799"
				    "b87b7aa3db36dfffd6b0f9bb7878d7a7"
				    "6c13",
	},
	/* SRTP AEAD_AES_256_GCM Decryption */
	{
		.section = "16.2.2",
		.suite = "AEAD_AES_256_GCM",
		.encrypted = true,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f"
		       "101112131415161718191a1b1c1d1e1f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b2",
		.plaintext = "47616c6c696120657374206f6d6e6973"
			     "2064697669736120696e207061727465"
			     "732074726573",
		.cipher = "32b1de78a822fe12ef9f78fa332e33aa"
			  "b18012389a58e2f3b50b2a0276ffae0f"
			  "1ba63799b87b7aa3db36dfffd6b0f9bb"
			  "7878d7a76c13",
		.tag = "7aa3db36dfffd6b0f9bb7878d7a76c13",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b232b1de78"
				    "a822fe12ef9f78fa332e33aab1801238"
				    "9a58e2f3b50b2a0276ffae0f1ba63799"
				    "b87b7aa3db36dfffd6b0f9bb7878d7a7"
				    "6c13",
	},
	/* SRTP AEAD_AES_256_GCM Authentication Tagging */
	{
		.section = "16.2.3",
		.suite = "AEAD_AES_256_GCM",
		.encrypted = false,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f"
		       "101112131415161718191a1b1c1d1e1f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b247616c6c"
		       "696120657374206f6d6e697320646976"
		       "69736120696e20706172746573207472"
		       "6573",
		.plaintext = "",
		.cipher = "a866d5910f887463067ceefec45215d4",
		.tag = "a866d5910f887463067ceefec45215d4",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b247616c6c"
				    "696120657374206f6d6e697320646976"
				    "69736120696e20706172746573207472"
				    "6573a866d5910f887463067ceefec452"
				    "15d4",
	},
	/* SRTP AEAD_AES_256_GCM Tag Verification */
	{
		.section = "16.2.4",
		.suite = "AEAD_AES_256_GCM",
		.encrypted = false,
		.ssrc = 0x5501a0b2,
		.roc = 0x00000000,
		.seq = 0xf17b,
		.key = "000102030405060708090a0b0c0d0e0f"
		       "101112131415161718191a1b1c1d1e1f",
		.salt = "517569642070726f2071756f",
		.iv = "51753c6580c2726f20718414",
		.aad = "8040f17b8041f8d35501a0b247616c6c"
		       "696120657374206f6d6e697320646976"
		       "69736120696e20706172746573207472"
		       "6573",
		.plaintext = "",
		.cipher = "a866d5910f887463067ceefec45215d4",
		.tag = "a866d5910f887463067ceefec45215d4",
		.packet = "8040f17b8041f8d35501a0b247616c6c"
			  "696120657374206f6d6e697320646976"
			  "69736120696e20706172746573207472"
			  "6573",
		.protected_packet = "8040f17b8041f8d35501a0b247616c6c"
				    "696120657374206f6d6e697320646976"
				    "69736120696e20706172746573207472"
				    "6573a866d5910f887463067ceefec452"
				    "15d4",
	},
};

static const struct rfc7714_srtcp rfc7714_srtcp[] = {
	/* SRTCP AEAD_AES_128_GCM Encryption and Tagging */
	{
		.section = "17.1",
		.suite = "AEAD_AES_128_GCM",
		.encrypted = true,
		.ssrc = 0x4d617273,
		.index = 0x000005d4,
		.esrtcp = 0x800005d4,
		.key = "000102030405060708090a0b0c0d0e0f",
		.salt = "517569642070726f2071756f",
		.iv = "517524055203726f207170bb",
		.aad = "81c8000d4d617273800005d4",
		.plaintext = "4e5450314e545032525450200000042a"
			     "0000e9304c756e61deadbeefdeadbeef"
			     "deadbeefdeadbeefdeadbeef",
		.cipher = "63e94885dcdab67ca727d7662f6b7e99"
			  "7ff5c0f76c06f32dc676a5f1730d6fda"
			  "4ce09b4686303ded0bb9275bc84aa458"
			  "96cf4d2fc5abf87245d9eade",
		.tag = "c84aa45896cf4d2fc5abf87245d9eade",
		.packet = "81c8000d4d6172734e5450314e545032"
			  "525450200000042a0000e9304c756e61"
			  "deadbeefdeadbeefdeadbeefdeadbeef"
			  "deadbeef",
		.protected_packet = "81c8000d4d61727363e94885dcdab67c"
				    "a727d7662f6b7e997ff5c0f76c06f32d"
				    "c676a5f1730d6fda4ce09b4686303ded"
				    "0bb9275bc84aa45896cf4d2fc5abf872"
				    "45d9eade800005d4",
	},
	/* SRTCP AEAD_AES_256_GCM Verification and Decryption */
	{
		.section = "17.2",
		.suite = "AEAD_AES_256_GCM",
		.encrypted = true,
		.ssrc = 0x4d617273,
		.index = 0x000005d4,
		.esrtcp = 0x800005d4,
		.key = "000102030405060708090a0b0c0d0e0f"
		       "101112131415161718191a1b1c1d1e1f",
		.salt = "517569642070726f2071756f",
		.iv = "517524055203726f207170bb",
		.aad = "81c8000d4d617273800005d4",
		.plaintext = "4e5450314e545032525450200000042a"
			     "0000e9304c756e61deadbeefdeadbeef"
			     "deadbeefdeadbeefdeadbeef",
		.cipher = "d50ae4d1f5ce5d304ba297e47d470c28"
			  "2c3ece5dbffe0a50a2eaa5c1110555be"
			  "8415f658c61de0476f1b6fad1d1eb30c"
			  "4446839f57ff6f6cb26ac3be",
		.tag = "1d1eb30c4446839f57ff6f6cb26ac3be",
		.packet = "81c8000d4d6172734e5450314e545032"
			  "525450200000042a0000e9304c756e61"
			  "deadbeefdeadbeefdeadbeefdeadbeef"
			  "deadbeef",
		.protected_packet = "81c8000d4d617273d50ae4d1f5ce5d30"
				    "4ba297e47d470c282c3ece5dbffe0a50"
				    "a2eaa5c1110555be8415f658c61de047"
				    "6f1b6fad1d1eb30c4446839f57ff6f6c"
				    "b26ac3be800005d4",
	},
	/* SRTCP AEAD_AES_128_GCM Tagging Only */
	{
		.section = "17.3",
		.suite = "AEAD_AES_128_GCM",
		.encrypted = false,
		.ssrc = 0x4d617273,
		.index = 0x000005d4,
		.esrtcp = 0x000005d4,
		.key = "000102030405060708090a0b0c0d0e0f",
		.salt = "517569642070726f2071756f",
		.iv = "517524055203726f207170bb",
		.aad = "81c8000d4d6172734e5450314e545032"
		       "525450200000042a0000e9304c756e61"
		       "deadbeefdeadbeefdeadbeefdeadbeef"
		       "deadbeef000005d4",
		.plaintext = "",
		.cipher = "841dd9683dd78ec92ae58790125f62b3",
		.tag = "841dd9683dd78ec92ae58790125f62b3",
		.packet = "81c8000d4d6172734e5450314e545032"
			  "525450200000042a0000e9304c756e61"
			  "deadbeefdeadbeefdeadbeefdeadbeef"
			  "deadbeef",
		.protected_packet = "81c8000d4d6172734e5450314e545032"
				    "525450200000042a0000e9304c756e61"
				    "deadbeefdeadbeefdeadbeefdeadbeef"
				    "deadbeef841dd9683dd78ec92ae58790"
				    "125f62b3000005d4",
	},
	/* SRTCP AEAD_AES_256_GCM Tag Verification */
	{
		.section = "17.4",
		.suite = "AEAD_AES_256_GCM",
		.encrypted = false,
		.ssrc = 0x4d617273,
		.index = 0x000005d4,
		.esrtcp = 0x000005d4,
		.key = "000102030405060708090a0b0c0d0e0f"
		       "101112131415161718191a1b1c1d1e1f",
		.salt = "517569642070726f2071756f",
		.iv = "517524055203726f207170bb",
		.aad = "81c8000d4d6172734e5450314e545032"
		       "525450200000042a0000e9304c756e61"
		       "deadbeefdeadbeefdeadbeefdeadbeef"
		       "deadbeef000005d4",
		.plaintext = "",
		.cipher = "91db4afbfeee5a978fab4393ed2615fe",
		.tag = "91db4afbfeee5a978fab4393ed2615fe",
		.packet = "81c8000d4d6172734e5450314e545032"
			  "525450200000042a0000e9304c756e61"
			  "deadbeefdeadbeefdeadbeefdeadbeef"
			  "deadbeef",
		.protected_packet = "81c8000d4d6172734e5450314e545032"
				    "525450200000042a0000e9304c756e61"
				    "deadbeefdeadbeefdeadbeefdeadbeef"
				    "deadbeef91db4afbfeee5a978fab4393"
				    "ed2615fe000005d4",
	},
};

#endif
