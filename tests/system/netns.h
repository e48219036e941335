/* SPDX-License-Identifier: BSD-3-Clause */
/* netns.h - a network namespace for a test program, where it may do as it likes. */
#ifndef NETNS_H
#define NETNS_H

/* Enters a new one, or ends the program with status 77 and the reason. */
void netns_enter(void);

/* Runs ip(8) with these words, separated by spaces; its exit status. */
int netns_ip(const char *arguments);

/* The same from a file of lines, as 'ip -batch' reads them. */
int netns_ip_batch(const char *path);

/* Ends the program with status 77. */
_Noreturn void netns_skip(const char *reason);

#endif
