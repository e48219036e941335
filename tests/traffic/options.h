/* SPDX-License-Identifier: BSD-3-Clause */
/* options.h - what the command line says.
 *
 * Invariant: what options_read accepted is consistent; defaults are filled in.
 * Threads:   const after reading.
 * Ownership: strings are argv's.
 * Units:     in the names; rates in packets a second of all calls together.
 * Errors:    false, having said on stderr which option is wrong and what it takes.
 * Cost:      cold.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "caller.h"
#include "signaler.h"

#define OPTIONS_RATE_OWN (-1.0) /* each call at its codec's pace */
#define OPTIONS_RATE_MAX 0.0

/* What the program is to do: send a sheet's calls; place calls, send theirs and end them; or
 * measure how fast calls are placed. */
enum options_mode { OPTIONS_SHEET = 1, OPTIONS_CALL = 2, OPTIONS_SIGNALING = 4 };

struct options {
	enum options_mode mode;
	struct signaler_options signaler;
	struct caller_options caller;
	bool ng_given;
	bool keep;      /* calls are not deleted */
	uint32_t calls; /* that are placed */
	const char *sheet;
	const char *port; /* NULL: the EAL's arguments name it */
	const char *file_prefix;
	const char *json;
	const char *backend;
	uint32_t core, main_core;
	uint8_t dst_mac[6];
	bool main_core_given, mac_given;
	uint16_t vlan;
	uint16_t descriptors;
	uint32_t mbufs;
	bool offload;
	unsigned directions; /* STREAM_DIRECTION_* */
	struct codec_choice codec;
	double rate; /* or OPTIONS_RATE_* */
	bool own_pace;
	double seconds, warmup;
	double drain_ms;
	double catch_up; /* share of the rate, see pace.h */
	uint32_t sample; /* open one of so many; 0: none */
	uint32_t presealed_mb;
	double rtcp_seconds; /* 0: none */
	bool search;
	double search_loss_ppm, search_min, search_max, resolution;
	double allow_loss_ppm;
	bool allow_reorder;
	bool cycles;
	bool check_only, help;
	bool no_huge;
};

/* argv[0] is skipped, as usual; then the mode, "call" or "signaling", or none. */
bool options_read(int argc, char **argv, struct options *out);
void options_usage(enum options_mode mode, FILE *out);

#endif
