/* SPDX-License-Identifier: BSD-3-Clause */
#include "backend.h"

const struct backend *const backend_all[] = {&backend_ipsec_mb, &backend_libsrtp2, NULL};
