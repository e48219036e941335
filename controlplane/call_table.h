/* SPDX-License-Identifier: BSD-3-Clause */
/* call_table.h - all calls, by call-id and by age.
 *
 * Peers of one listener know nothing of another's, and may choose the same call-ids.
 *
 * Invariant: call-ids are unique within a listener. A call's id, its row in the store, is never
 *            used again.
 * Threads:   the event loop's.
 * Ownership: the table owns its calls until call_table_remove hands one back.
 * Units:     calls.
 * Errors:    -ENOMEM, or NULL; call_table_add: NULL also when the call-id is there, too long or
 *            empty, or the listener's name is too long.
 * Cost:      a keyed hash, as peers choose call-ids.
 */
#ifndef CALL_TABLE_H
#define CALL_TABLE_H

#include "call.h"

struct call_table;

int call_table_create(struct call_table **table);
void call_table_destroy(struct call_table *table); /* NULL accepted */

/* One of that call-id, and the others of it; NULL: no more. */
struct call *call_table_find(const struct call_table *table, struct slice call_id);
struct call *call_table_find_next(const struct call *call);

/* The one of a listener. */
struct call *call_table_find_at(
	const struct call_table *table, const char *listener, struct slice call_id);

/* 'id' 0: a new one. */
struct call *call_table_add(
	struct call_table *table, const char *listener, struct slice call_id, uint64_t id);

/* Out of the table: the caller's from now on. */
void call_table_remove(struct call_table *table, struct call *call);

uint32_t call_table_count(const struct call_table *table);

/* The first by age; the others by 'newer'. NULL: none. */
struct call *call_table_oldest(const struct call_table *table);

#endif
