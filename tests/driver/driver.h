/* SPDX-License-Identifier: BSD-3-Clause */
/* driver.h - stands in for the control plane in tests and benchmarks of the data plane: sentences
 * from standard input are carried out over the contract, each answered by a line of JSON.
 *
 *   install SHEET [OPTION...]             the calls of a sheet (call_sheet.h)
 *   adopt SHEET [OPTION...]               the same, as an earlier client installed them
 *   update SHEET set=WHAT,... [OPTION...] remote, ingress, egress, routes or dscp of what is there
 *   remove                                all of them
 *   churn SHEET seconds=S [rate=N] [batch=N]
 *                                         installs and removes these calls over and over, at
 *                                         most N endpoints a second (0: as fast as it goes)
 *   takeover [OPTION...]                  installs all again in the data plane that came after
 *                                         one that died, with the state of its streams
 *   counters | workers | ports | endpoints | info | alive
 *   events | punts                        those that came since the last time
 *   answer-stun on | off                  binding requests, from here on
 *   quit
 *
 * Options: source=strict|learn|latch|handover|any (latch), learn-ds=N, remote=unknown, dscp=N,
 * clock=KHZ (8).
 */
#ifndef DRIVER_H
#define DRIVER_H

#include "driver_calls.h"

enum { DRIVER_EVENTS_KEPT = 4096, DRIVER_PUNTS_KEPT = 256 };

/* What came by itself. */
struct driver_news {
	struct relay_event events[DRIVER_EVENTS_KEPT];
	struct relay_packet punts[DRIVER_PUNTS_KEPT];
	uint32_t n_events, n_punts; /* kept; of more, only the number is known */
	uint64_t all_events, all_punts, answered;
	bool answer_stun;
};

struct driver {
	struct plane_client *client;
	const char *path;
	struct driver_calls calls;
	struct driver_news news;
	uint32_t answers, refusals;
	uint8_t last_refusal;
};

/* Takes what the data plane said. */
void driver_listen(struct driver *d);

double driver_now(void);
void driver_fail(const char *what, int err); /* a line that says so */

/* Of a sentence's words, those with KEY=VALUE: NULL if there is none. */
const char *driver_option(char *const words[], const char *key);
bool driver_rule_read(char *const words[], struct driver_rule *rule);

/* Sentences; 'words' ends with NULL, and its first is the sentence's name. */
void driver_do_install(struct driver *d, char *const words[]);
void driver_do_adopt(struct driver *d, char *const words[]);
void driver_do_update(struct driver *d, char *const words[]);
void driver_do_remove(struct driver *d, char *const words[]);
void driver_do_churn(struct driver *d, char *const words[]);
void driver_do_takeover(struct driver *d, char *const words[]);

void driver_print_counters(struct driver *d, char *const words[]);
void driver_print_workers(struct driver *d, char *const words[]);
void driver_print_ports(struct driver *d, char *const words[]);
void driver_print_endpoints(struct driver *d, char *const words[]);
void driver_print_info(struct driver *d, char *const words[]);
void driver_print_events(struct driver *d, char *const words[]);
void driver_print_punts(struct driver *d, char *const words[]);

/* A STUN binding request is answered with where it came from. */
void driver_stun_answer(struct plane_client *client, const struct relay_packet *request);

#endif
