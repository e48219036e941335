/* SPDX-License-Identifier: BSD-3-Clause */
#include "backend.h"

const struct backend *const backend_all[] = {&backend_ipsec_mb, &backend_libsrtp2, NULL};

const struct backend *backend_find(const char *name)
{
	if (name == NULL)
		return NULL;
	for (uint32_t i = 0; backend_all[i] != NULL; i++)
		if (strcmp(backend_all[i]->name, name) == 0)
			return backend_all[i];
	return NULL;
}
