/* SPDX-License-Identifier: BSD-3-Clause */
/* notify.h - tells the service manager how we are (sd_notify).
 *
 * Invariant: without a manager each call does nothing.
 * Threads:   one.
 * Ownership: the socket is the process's.
 * Units:     microseconds, as the manager gives them.
 * Errors:    0 or -errno from opening; a state that can't be sent is lost.
 * Cost:      a syscall.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>

/* Where NOTIFY_SOCKET says. */
int notify_open(void);
void notify_close(void);

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_watchdog(void);

/* How often it must hear of us; 0: it does not ask. */
uint64_t notify_watchdog_us(void);

#endif
