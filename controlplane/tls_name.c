/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_name.h"

#include "slice.h"

#include <openssl/x509v3.h>

static const char *find(struct slice san, const char *const *names, uint32_t n_names)
{
	for (uint32_t i = 0; i < n_names; i++)
		if (slice_means(san, names[i]))
			return names[i];
	return NULL;
}

const char *tls_name_find(const X509 *certificate, const char *const *names, uint32_t n_names)
{
	GENERAL_NAMES *sans = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	const char *found = NULL;
	int n = sk_GENERAL_NAME_num(sans);

	for (int i = 0; i < n && i < TLS_NAME_SANS_MAX && found == NULL; i++) {
		const GENERAL_NAME *san = sk_GENERAL_NAME_value(sans, i);

		/* a '*' in it is a letter like others, which no listed name has */
		if (san->type == GEN_DNS)
			found = find(
				(struct slice){(const char *)ASN1_STRING_get0_data(san->d.dNSName),
					(size_t)ASN1_STRING_length(san->d.dNSName)},
				names, n_names);
	}
	GENERAL_NAMES_free(sans);
	return found;
}
