/* SPDX-License-Identifier: BSD-3-Clause */
/* contenders.h - an engine of every backend and instruction set that this machine can run. */
#ifndef CONTENDERS_H
#define CONTENDERS_H

#include "srtp_engine.h"

#include <stdbool.h>
#include <stdint.h>

enum { CONTENDERS_MAX = 16 };

struct contender {
	struct srtp_engine *engine;
	char name[48];    /* "ipsec_mb/sse" */
	uint64_t packets; /* the test's own count */
};

extern struct contender contenders[CONTENDERS_MAX];
extern uint32_t contenders_count;

/* Set-up and tear-down of a cmocka group. */
int contenders_open(void **state);
int contenders_close(void **state);

#endif
