/* SPDX-License-Identifier: BSD-3-Clause */
/* call_compare.h - that two calls are the same, field by field, but for their places in tables. */
#ifndef CALL_COMPARE_H
#define CALL_COMPARE_H

#include "call.h"

/* Fails the test at the first that is not. */
void call_compare(const struct call *a, const struct call *b);

#endif
