/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-trafficgen: sends calls through a relay, of a sheet or placed by itself, and checks what
 * comes back; or measures how fast a relay places calls. */
#include "placement.h"
#include "result.h"
#include "signaling.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <signal.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2, EAL_ARGS_MAX = 16 };

static struct trial trial;
static struct result result;

static void on_signal(int number)
{
	(void)number;
	trial_stop();
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* Where the EAL's arguments end, or 0. */
static int find_dashes(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return 0;
}

static bool is_vdev(const char *port)
{
	return strncmp(port, "net_", 4) == 0 || strncmp(port, "eth_", 4) == 0;
}

/* An EAL as the options describe it: two threads, the watching one on the same core if so told. */
static int init_eal(const struct options *o, char *name)
{
	char lcores[64], port_option[8] = "-a", prefix[128], no_pci[] = "--no-pci";
	char *argv[EAL_ARGS_MAX], no_huge[] = "--no-huge", no_telemetry[] = "--no-telemetry";
	char quiet[] = "--log-level=lib.eal:error";
	char in_memory[] = "--in-memory", no_shconf[] = "--no-shconf",
	     one_file[] = "--single-file-segments";
	char *device = o->port != NULL ? strdup(o->port) : NULL;
	int argc = 0, result_code;

	(void)snprintf(lcores, sizeof(lcores), "--lcores=0@%u,1@%u", o->main_core, o->core);
	(void)snprintf(prefix, sizeof(prefix), "--file-prefix=%.100s", o->file_prefix);
	argv[argc++] = name;
	argv[argc++] = lcores;
	argv[argc++] = prefix;
	argv[argc++] = no_telemetry;
	argv[argc++] = quiet;
	if (o->no_huge) {
		argv[argc++] = no_huge;
		argv[argc++] = no_shconf;
	} else {
		argv[argc++] = in_memory; /* needs no mounted hugetlbfs; */
		argv[argc++] = one_file;  /* few enough regions for vhost-user */
	}
	if (device != NULL && is_vdev(device)) {
		(void)snprintf(port_option, sizeof(port_option), "--vdev");
		argv[argc++] = no_pci;
	}
	if (device != NULL) {
		argv[argc++] = port_option;
		argv[argc++] = device;
	}
	argv[argc] = NULL;
	result_code = rte_eal_init(argc, argv);
	free(device);
	return result_code;
}

static void print_sheet(const struct call_sheet *sheet)
{
	uint32_t sealed = 0, echoes = 0;

	for (uint32_t i = 0; i < sheet->n_calls; i++) {
		const struct call *call = &sheet->calls[i];

		echoes += call->echo;
		sealed += call->legs[CALL_LEG_A].suite != NULL ||
			  (!call->echo && call->legs[CALL_LEG_B].suite != NULL);
	}
	(void)printf("%u calls, %u of them with SRTP, %u echoes; %u port classes\n", sheet->n_calls,
		sealed, echoes, sheet->classes);
}

static int run_one(void *context, double pps, struct search_trial *out)
{
	static struct trial_result one;
	struct result *all = context;
	int error = trial_run(&trial, pps, all->options->seconds, &one);

	if (error != 0)
		return error;
	if (trial_stopped())
		return -EINTR;
	*out = (struct search_trial){.sent_pps = trial_sent_pps(&one),
		.sent = one.tx.sent,
		.lost = trial_lost(&one),
		.refused = one.tx.tx_refused,
		.faulty = trial_faulty(&one),
		.passed = result_passes(
			all->options->search_loss_ppm, all->options->allow_reorder, &one)};
	(void)printf("trial at %.0f pps: sent %llu at %.0f pps, lost %llu, faulty %llu: %s\n", pps,
		(unsigned long long)out->sent, out->sent_pps, (unsigned long long)out->lost,
		(unsigned long long)out->faulty, out->passed ? "passed" : "failed");
	(void)fflush(stdout);
	/* the best is kept, or else the last */
	if (out->passed ? out->sent_pps > all->best_pps : all->best_pps == 0) {
		all->trial = one;
		all->best_pps = out->passed ? out->sent_pps : 0;
	}
	return 0;
}

static int run_search(void)
{
	const struct options *o = result.options;
	int error;

	result.search = (struct search){
		.min = o->search_min, .max = o->search_max, .resolution = o->resolution / 100};
	error = search_run(&result.search, run_one, &result);
	if (error != 0 && error != -EINTR)
		return error;
	result.failed = 0;
	if (result.search.best == 0)
		result.failed = result_verdict(o, &result.trial) | 1U << RESULT_SEARCH;
	for (uint32_t i = 0; i < result.search.n; i++)
		if (result.search.trials[i].faulty > 0)
			result.failed |= 1U << RESULT_FAULTY;
	return 0;
}

static int run_trials(void)
{
	const struct options *o = result.options;
	int error = 0;

	if (o->warmup > 0)
		error = trial_run(
			&trial, o->search ? o->search_max / 10 : o->rate, o->warmup, &result.trial);
	memset(&result.trial, 0, sizeof(result.trial));
	if (error != 0)
		return error;
	if (o->search)
		return run_search();
	error = trial_run(&trial, o->rate, o->seconds, &result.trial);
	if (error == 0)
		result.failed = result_verdict(o, &result.trial);
	return error;
}

static int run(const struct options *o, const struct call_sheet *sheet)
{
	int error = trial_open(&trial, o, sheet);

	if (error != 0)
		return EXIT_USAGE;
	result.options = o;
	result.n_calls = sheet->n_calls;
	result.n_streams = trial.streams->n;
	error = run_trials();
	if (error == 0)
		result_print(&result, stdout);
	if (error == 0 && o->json != NULL) {
		error = result_write_json(&result, o->json);
		if (error != 0)
			(void)fprintf(stderr, "sluice-trafficgen: %s: %s\n", o->json,
				rte_strerror(-error));
	}
	trial_close(&trial);
	if (error != 0)
		return EXIT_USAGE;
	return result.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int start_eal(int dashes, char **argv, const struct options *o)
{
	if ((dashes > 0 ? rte_eal_init(dashes, argv) : init_eal(o, argv[0])) >= 0)
		return 0;
	(void)fprintf(
		stderr, "sluice-trafficgen: the EAL does not start: %s\n", rte_strerror(rte_errno));
	return -1;
}

static int start_sheet(int dashes, char **argv, const struct options *o)
{
	struct call_sheet *sheet = NULL;
	int status = EXIT_SUCCESS;

	if (call_sheet_read(o->sheet, stderr, &sheet) != 0)
		return EXIT_USAGE;
	if (o->check_only) {
		print_sheet(sheet);
	} else if (start_eal(dashes, argv, o) != 0) {
		status = EXIT_USAGE;
	} else {
		catch_signals();
		status = run(o, sheet);
		(void)rte_eal_cleanup();
	}
	call_sheet_free(sheet);
	return status;
}

static int start_calls(int dashes, char **argv, const struct options *o)
{
	int status;

	if (start_eal(dashes, argv, o) != 0)
		return EXIT_USAGE;
	catch_signals();
	status = placement_run(o);
	(void)rte_eal_cleanup();
	return status;
}

static int start(int dashes, char **argv, const struct options *o)
{
	switch (o->mode) {
	case OPTIONS_SHEET:
		return start_sheet(dashes, argv, o);
	case OPTIONS_CALL:
		return start_calls(dashes, argv, o);
	case OPTIONS_SIGNALING:
		catch_signals(); /* no EAL: needs no hugepages and no root */
		return signaling_run(o, trial_stopped);
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int dashes = find_dashes(argc, argv);
	struct options options;

	if (!options_read(argc - dashes, argv + dashes, &options)) {
		(void)fprintf(stderr, "sluice-trafficgen: %s--help lists the options\n",
			options.mode == OPTIONS_CALL        ? "call "
			: options.mode == OPTIONS_SIGNALING ? "signaling "
							    : "");
		return EXIT_USAGE;
	}
	if (options.help) {
		options_usage(options.mode, stdout);
		return EXIT_SUCCESS;
	}
	return start(dashes, argv, &options);
}
