/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay_counters.h"

#include "relay_seqlock.h"

#define ROW(id, name, help) {name, help},
const struct relay_counter_row relay_counters_worker_rows[] = {RELAY_WORKER_COUNTERS(ROW)};
const struct relay_counter_row relay_counters_drop_rows[] = {RELAY_DROPS(ROW)};
const struct relay_counter_row relay_counters_port_rows[] = {RELAY_PORT_COUNTERS(ROW)};

#define NAME(id, name) name,
const char *const relay_counters_stage_names[] = {RELAY_STAGES(NAME)};

bool relay_counters_read(const struct relay_worker_counters *from, struct relay_counts *out)
{
	struct relay_seqlock_reader r;

	RELAY_SEQLOCK_READ(r, &from->version)
	{
		relay_seqlock_copy_out(out->counts, from->counts, sizeof(out->counts));
		relay_seqlock_copy_out(out->drops, from->drops, sizeof(out->drops));
		relay_seqlock_copy_out(
			out->stage_cycles, from->stage_cycles, sizeof(out->stage_cycles));
	}
	return r.consistent;
}

void relay_counters_publish(struct relay_worker_counters *to, const struct relay_counts *sums)
{
	relay_seqlock_begin(&to->version);
	relay_seqlock_copy_in(to->counts, sums->counts, sizeof(sums->counts));
	relay_seqlock_copy_in(to->drops, sums->drops, sizeof(sums->drops));
	relay_seqlock_copy_in(to->stage_cycles, sums->stage_cycles, sizeof(sums->stage_cycles));
	relay_seqlock_end(&to->version);
}
