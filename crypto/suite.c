/* SPDX-License-Identifier: BSD-3-Clause */
#include "suite.h"

#include <string.h>

#define CM_ROW(suffix, key, tag)                                                                   \
	[SUITE_##suffix] = {                                                                       \
		.name = #suffix,                                                                   \
		.id = SUITE_##suffix,                                                              \
		.key_len = (key),                                                                  \
		.salt_len = 14,                                                                    \
		.auth_key_len = 20,                                                                \
		.rtp_tag_len = (tag),                                                              \
		.rtcp_tag_len = 10,                                                                \
	}

#define GCM_ROW(suffix, key)                                                                       \
	[SUITE_##suffix] = {                                                                       \
		.name = #suffix,                                                                   \
		.id = SUITE_##suffix,                                                              \
		.aead = true,                                                                      \
		.key_len = (key),                                                                  \
		.salt_len = 12,                                                                    \
		.rtp_tag_len = 16,                                                                 \
		.rtcp_tag_len = 16,                                                                \
	}

const struct suite suite_table[SUITE_COUNT] = {
	CM_ROW(AES_CM_128_HMAC_SHA1_80, 16, 10),
	CM_ROW(AES_CM_128_HMAC_SHA1_32, 16, 4),
	CM_ROW(AES_192_CM_HMAC_SHA1_80, 24, 10),
	CM_ROW(AES_192_CM_HMAC_SHA1_32, 24, 4),
	CM_ROW(AES_256_CM_HMAC_SHA1_80, 32, 10),
	CM_ROW(AES_256_CM_HMAC_SHA1_32, 32, 4),
	GCM_ROW(AEAD_AES_128_GCM, 16),
	GCM_ROW(AEAD_AES_256_GCM, 32),
};

const struct suite *suite_find(const char *name)
{
	if (name == NULL)
		return NULL;
	for (unsigned i = 0; i < SUITE_COUNT; i++)
		if (strcmp(suite_table[i].name, name) == 0)
			return &suite_table[i];
	return NULL;
}
