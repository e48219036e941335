/* SPDX-License-Identifier: BSD-3-Clause */
#include "secret.h"

#include <openssl/crypto.h>

void secret_wipe(void *secret, size_t len)
{
	if (len > 0)
		OPENSSL_cleanse(secret, len);
}
