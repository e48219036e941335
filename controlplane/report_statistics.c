/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_impl.h"

#include "config_text.h"

#include <inttypes.h>
#include <stdio.h>

const char *report_end_text(enum report_end end)
{
#define END_TEXT(id, name, reason) reason,
	static const char *const texts[REPORT_END_COUNT] = {REPORT_ENDS(END_TEXT)};

	return texts[end];
}

void report_list(const struct call_table *table, const struct report_filter *filter,
	struct ng_arena *arena, struct ng_value *reply)
{
	struct ng_value *list = ng_value_put_list(arena, reply, "calls");
	size_t left = REPORT_LIST_BYTES;
	int64_t n = 0;

	for (struct call *c = call_table_oldest(table); c != NULL && n < filter->limit;
		c = c->newer) {
		struct slice call_id = call_text(c->call_id);

		if (filter->visible != NULL && !filter->visible(filter->arg, c))
			continue;
		if (call_id.len > left)
			return;
		left -= call_id.len;
		ng_value_append(list, ng_value_text(arena, ng_arena_copy(arena, call_id)));
		n++;
	}
}

static uint64_t sum(const uint64_t *numbers, size_t n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += numbers[i];
	return all;
}

uint64_t report_managed(const struct report_statistics *s)
{
	return sum(s->ended, REPORT_END_COUNT) - s->ended[REPORT_END_REJECTED];
}

uint64_t report_errors(const struct report_statistics *s)
{
	return sum(s->errors, NG_ERROR_COUNT) - s->errors[NG_OK];
}

uint64_t report_drops(const struct relay_counts *totals)
{
	return sum(totals->drops, RELAY_DROP_COUNT);
}

uint64_t report_calls(const struct report_now *now)
{
	return sum(now->calls, REPORT_STATE_COUNT);
}

/* In seconds with their fractions, as text: the protocol has whole numbers alone. */
static void put_duration(
	struct ng_arena *arena, struct ng_value *dict, const char *key, uint64_t us)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
	ng_value_put_text(arena, dict, key, ng_arena_copy(arena, slice_of(text)));
}

static void put_current(
	const struct report_now *now, struct ng_arena *arena, struct ng_value *statistics)
{
#define STATE_NAME(id, name, label) name,
	static const char *const names[REPORT_STATE_COUNT] = {REPORT_STATES(STATE_NAME)};
	struct ng_value *to = ng_value_put_dict(arena, statistics, "currentstatistics");

	ng_value_put_int(arena, to, "sessionsown", report_calls(now));
	ng_value_put_int(arena, to, "sessionsforeign", 0);
	ng_value_put_int(arena, to, "sessionstotal", report_calls(now));
	for (unsigned i = 0; i < REPORT_STATE_COUNT; i++)
		ng_value_put_int(arena, to, names[i], now->calls[i]);
}

static void put_total(const struct report_statistics *s, const struct report_now *now,
	struct ng_arena *arena, struct ng_value *statistics)
{
#define END_NAME(id, name, reason) name,
	static const char *const names[REPORT_END_COUNT] = {REPORT_ENDS(END_NAME)};
	struct ng_value *to = ng_value_put_dict(arena, statistics, "totalstatistics");
	uint64_t managed = report_managed(s);

	ng_value_put_int(arena, to, "uptime", now->uptime_s);
	ng_value_put_int(arena, to, "createdsessions", s->created);
	ng_value_put_int(arena, to, "managedsessions", managed);
	for (unsigned i = 0; i < REPORT_END_COUNT; i++)
		ng_value_put_int(arena, to, names[i], s->ended[i]);
	if (now->totals != NULL) {
		const uint64_t *counts = now->totals->counts;

		ng_value_put_int(arena, to, "relayedpackets", counts[RELAY_COUNTER_TX]);
		ng_value_put_int(arena, to, "relayedpacketerrors", report_drops(now->totals));
		ng_value_put_int(arena, to, "relayedbytes", counts[RELAY_COUNTER_TX_BYTES]);
	}
	put_duration(arena, to, "avgcallduration", managed > 0 ? s->ended_us / managed : 0);
	put_duration(arena, to, "totalcallsduration", s->ended_us);
}

static void put_control(
	const struct report_statistics *s, struct ng_arena *arena, struct ng_value *statistics)
{
	static const char *const names[NG_COMMAND_COUNT] = {
		[NG_PING] = "totalpingcount",
		[NG_OFFER] = "totaloffercount",
		[NG_ANSWER] = "totalanswercount",
		[NG_DELETE] = "totaldeletecount",
		[NG_QUERY] = "totalquerycount",
		[NG_LIST_CALLS] = "totallistcount",
		[NG_STATISTICS] = "totalstatscount",
		[NG_BLOCK_MEDIA] = "totalblkmediacount",
		[NG_UNBLOCK_MEDIA] = "totalunblkmediacount",
		[NG_REFUSED] = "totalunsupportedcount",
	};
	struct ng_value *to = ng_value_put_dict(arena, statistics, "controlstatistics");

	for (unsigned i = 0; i < NG_COMMAND_COUNT; i++)
		ng_value_put_int(arena, to, names[i], s->requests[i]);
	ng_value_put_int(arena, to, "totalerrorcount", report_errors(s));
	ng_value_put_int(arena, to, "totalrepeatedcount", s->repeated);
}

static void put_ports(const struct config_interface *interface, const struct report_ports *ports,
	struct ng_arena *arena, struct ng_value *dict)
{
	struct ng_value *to = ng_value_put_dict(arena, dict, "ports");

	ng_value_put_int(arena, to, "min", interface->port_min);
	ng_value_put_int(arena, to, "max", interface->port_max);
	if (ports == NULL)
		return;
	ng_value_put_int(arena, to, "used", ports->used);
	ng_value_put_int(
		arena, to, "free", ports->all > ports->used ? ports->all - ports->used : 0);
	ng_value_put_int(arena, to, "totals", ports->all);
}

static void put_interfaces(
	const struct report_now *now, struct ng_arena *arena, struct ng_value *statistics)
{
	struct ng_value *list = ng_value_put_list(arena, statistics, "interfaces");

	for (uint32_t i = 0; i < now->config->n_interfaces; i++) {
		const struct config_interface *interface = &now->config->interfaces[i];

		for (uint32_t j = 0; j < interface->n_addresses; j++) {
			struct ng_value *to = ng_value_dict(arena);
			char address[CONFIG_TEXT_ADDRESS];

			config_text_address(&interface->addresses[j].local, address);
			ng_value_append(list, to);
			ng_value_put_text(
				arena, to, "name", ng_arena_copy(arena, slice_of(interface->name)));
			ng_value_put_text(
				arena, to, "address", ng_arena_copy(arena, slice_of(address)));
			put_ports(interface, now->ports == NULL ? NULL : &now->ports[i][j], arena,
				to);
		}
	}
}

void report_statistics(const struct report_statistics *s, const struct report_now *now,
	struct ng_arena *arena, struct ng_value *reply)
{
	struct ng_value *statistics = ng_report_statistics(arena, reply);

	put_current(now, arena, statistics);
	put_total(s, now, arena, statistics);
	put_control(s, arena, statistics);
	put_interfaces(now, arena, statistics);
}
