/* SPDX-License-Identifier: BSD-3-Clause */
#include "options_row.h"

#include "stream.h"

#include <getopt.h>

/* Row i of both tables, or NULL. */
static const struct options_row *row_at(size_t i)
{
	if (i < options_row_media_count)
		return &options_row_media[i];
	i -= options_row_media_count;
	return i < options_row_signal_count ? &options_row_signal[i] : NULL;
}

static const char *const synopses[] = {
	[OPTIONS_SHEET] =
		"usage: sluice-trafficgen [EAL-ARGUMENTS --] --sheet FILE --port DEVICE --dst-mac "
		"MAC [OPTION...]\n"
		"       sluice-trafficgen [EAL-ARGUMENTS --] call --help\n"
		"       sluice-trafficgen signaling --help\n"
		"Sends the calls of a sheet through a relay and checks every packet that comes "
		"back.\n",
	[OPTIONS_CALL] =
		"usage: sluice-trafficgen [EAL-ARGUMENTS --] call --ng URL --port DEVICE --dst-mac "
		"MAC [OPTION...]\n"
		"Places calls through a relay's signalling, sends their media and checks every "
		"packet, deletes them\nand checks the relay's statistics.\n",
	[OPTIONS_SIGNALING] =
		"usage: sluice-trafficgen signaling --ng URL [OPTION...]\n"
		"Measures how many calls a second a relay's signalling places: offer, answer, "
		"delete.\n",
};

void options_usage(enum options_mode mode, FILE *out)
{
	const struct options_row *row;

	(void)fprintf(out,
		"%sExit status: 0 if every check held, 1 if not, 2 for wrong usage or set-up.\n\n",
		synopses[mode]);
	for (size_t i = 0; (row = row_at(i)) != NULL; i++)
		if ((row->modes & mode) != 0)
			(void)fprintf(out, "  --%s%s%-*s %s\n", row->name, row->arg ? " " : "",
				(int)(24 - strlen(row->name) - (row->arg != NULL)),
				row->arg ? row->arg : "", row->help);
}

static bool wrong(const char *why)
{
	(void)fprintf(stderr, "sluice-trafficgen: %s\n", why);
	return false;
}

static bool check_signaling(const struct options *o)
{
	const struct signaler_options *s = &o->signaler;
	uint64_t at_a_time = (uint64_t)s->connections * s->window;

	if (!o->ng_given)
		return wrong("no relay: give --ng URL");
	if (s->url.scheme == URL_TLS && s->ca == NULL)
		return wrong("nobody to trust: give --ca FILE");
	if ((s->certificate != NULL) != (s->key != NULL))
		return wrong("--certificate and --key belong together");
	if ((o->caller.plain != NULL) != (o->caller.sealed != NULL))
		return wrong("--interface-plain and --interface-sealed belong together");
	if ((o->mode == OPTIONS_CALL ? o->calls : at_a_time) > caller_room(&o->caller))
		return wrong("more calls than the parties have ports: give them more addresses");
	return true;
}

static bool check(const struct options *o)
{
	if (o->help)
		return true;
	if (o->mode != OPTIONS_SHEET && !check_signaling(o))
		return false;
	if (o->mode == OPTIONS_SIGNALING)
		return true;
	if (o->mode == OPTIONS_SHEET && o->sheet == NULL)
		return wrong("no calls: give --sheet FILE");
	if (o->check_only)
		return true;
	if (!o->mac_given)
		return wrong("no destination: give --dst-mac MAC");
	if (o->presealed_mb > 0 && o->own_pace && !o->search)
		return wrong("--presealed sends in turn: give --rate or --search too");
	if (o->search && o->search_min >= o->search_max)
		return wrong("--search-min must be below --search-max");
	return true;
}

static bool take(struct options *o, const struct options_row *row, const char *value)
{
	if ((row->modes & o->mode) == 0)
		(void)fprintf(
			stderr, "sluice-trafficgen: --%s is none of these options\n", row->name);
	else if (row->set(o, value))
		return true;
	else
		(void)fprintf(stderr, "sluice-trafficgen: --%s %s: wants %s: %s\n", row->name,
			value, row->arg, row->help);
	return false;
}

static void set_defaults(struct options *o, enum options_mode mode)
{
	*o = (struct options){
		.mode = mode,
		.file_prefix = "sluice-trafficgen",
		.descriptors = 256,
		.mbufs = 8192,
		.directions = STREAM_DIRECTION_A | STREAM_DIRECTION_B,
		.codec.codec = codec_find("g711"),
		.rate = mode == OPTIONS_SIGNALING ? OPTIONS_RATE_MAX : OPTIONS_RATE_OWN,
		.own_pace = mode != OPTIONS_SIGNALING,
		.seconds = 10,
		.drain_ms = 100,
		.catch_up = 0.03,
		.sample = 1,
		.search_max = 20e6,
		.resolution = 1,
	};
	options_row_signal_defaults(o);
}

static enum options_mode read_mode(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "call") == 0)
		return OPTIONS_CALL;
	return argc > 1 && strcmp(argv[1], "signaling") == 0 ? OPTIONS_SIGNALING : OPTIONS_SHEET;
}

bool options_read(int argc, char **argv, struct options *out)
{
	struct option longs[OPTIONS_ROWS_MAX + 1] = {{0}};
	enum options_mode mode = read_mode(argc, argv);
	int got, row = 0, skip = mode != OPTIONS_SHEET;

	for (size_t i = 0; row_at(i) != NULL; i++)
		longs[i] = (struct option){.name = row_at(i)->name,
			.has_arg = row_at(i)->arg != NULL ? required_argument : no_argument};
	set_defaults(out, mode);
	optind = 0; /* the EAL reads with getopt, too */
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread */
	while ((got = getopt_long(argc - skip, argv + skip, "", longs, &row)) == 0)
		if (!take(out, row_at((size_t)row), optarg))
			return false;
	if (got != -1)
		return false;
	if (optind < argc - skip)
		return wrong("an argument without option: give the sheet as --sheet FILE");
	if (!out->main_core_given)
		out->main_core = out->core;
	out->own_pace = out->own_pace && !out->search;
	return check(out);
}
