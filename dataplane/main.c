/* SPDX-License-Identifier: BSD-3-Clause */
#include "hwprofile_check.h"
#include "hwprofile_eal.h"
#include "log.h"
#include "plane.h"
#include "privilege.h"
#include "steering.h"

#include <getopt.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
	"usage: sluice-dataplane [--check | --porcelain] PROFILE\n"
	"       sluice-dataplane --document | --version | --help\n"
	"\n"
	"Relays RTP and SRTP between endpoints that a control plane installs.\n"
	"\n"
	"  PROFILE      a hardware profile, as hwconf/loopback.conf\n"
	"  --check      say whether it is valid, and what would run where; start nothing\n"
	"  --porcelain  the same for scripts, as key=value lines\n"
	"  --document   the keys of a profile, as Markdown\n";

static int check(const struct hwprofile *profile)
{
	hwprofile_explain(profile, stdout);
	for (uint32_t i = 0; i < profile->n_ports; i++) {
		struct steering_rule rules[STEERING_RULES_MAX];
		bool any = steering_rules(profile, i, rules) > 0;

		(void)printf(
			"steering of port %s:%s\n", profile->ports[i].name, any ? "" : " none");
		steering_print(profile, i, stdout);
	}
	return EXIT_SUCCESS;
}

/* Blocked in every thread that is made from here on. */
static int open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int start_eal(const struct hwprofile *profile)
{
	static struct hwprofile_eal eal; /* the EAL keeps the pointers */
	int err = hwprofile_eal_args(profile, "sluice-dataplane", &eal);

	if (err != 0)
		return err;
	if (rte_eal_init(eal.argc, eal.argv) >= 0)
		return 0;
	log_line(LOG_LEVEL_ERROR, "main",
		"DPDK does not start: %s. What it needs is told by scripts/host-setup.sh --check",
		rte_strerror(rte_errno));
	return -EIO;
}

static int serve(struct plane *plane, int signals)
{
	const struct hwprofile *profile = plane->profile;
	int err = plane_open(plane);

	if (err != 0)
		return err;
	err = privilege_drop(profile->user);
	if (err != 0)
		log_line(LOG_LEVEL_ERROR, "main", "privileges can't be dropped: %s",
			strerrordesc_np(-err));
	if (err == 0 && profile->user == NULL && geteuid() == 0)
		log_line(LOG_LEVEL_WARN, "main",
			"runs as root, though without capabilities: set control.run_as");
	if (err == 0) {
		log_line(LOG_LEVEL_INFO, "main",
			"ready profile=%s workers=%u endpoints=%u crypto=\"%s\" socket=%s",
			profile->name, profile->n_workers, profile->endpoints,
			srtp_engine_describe(plane->workers[0]->engine), profile->socket);
		err = plane_run(plane, signals);
	}
	plane_close(plane);
	log_line(LOG_LEVEL_INFO, "main", "stopped");
	return err;
}

/* The socket first: a port that another data plane with this profile has must not be touched. */
static int run(const struct hwprofile *profile)
{
	static struct plane plane;
	int signals = open_signals();
	int err = signals < 0 ? -errno : port_check_iommu(profile, "/sys");

	if (err == 0)
		err = plane_claim(&plane, profile);
	if (err != 0)
		return EXIT_FAILURE;
	err = start_eal(profile);
	if (err != 0) {
		plane_close(&plane);
		return EXIT_FAILURE;
	}
	err = serve(&plane, signals);
	(void)rte_eal_cleanup();
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int start(const struct hwprofile *profile)
{
	int status = run(profile);

	if (status != EXIT_SUCCESS && geteuid() != 0)
		log_line(LOG_LEVEL_ERROR, "main",
			"not root: start it as root, who may open NICs and take hugepages; "
			"control.run_as names whom it becomes then");
	return status;
}

struct options {
	bool check, porcelain, document, version, help;
	const char *profile;
};

static bool parse(int argc, char *argv[], struct options *o)
{
	static const struct option table[] = {
		{"check", no_argument, NULL, 'c'},
		{"porcelain", no_argument, NULL, 'p'},
		{"document", no_argument, NULL, 'd'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread */
	while ((c = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		o->check |= c == 'c';
		o->porcelain |= c == 'p';
		o->document |= c == 'd';
		o->version |= c == 'v';
		o->help |= c == 'h';
		if (c == '?')
			return false;
	}
	if (optind < argc && !(o->document || o->version || o->help))
		o->profile = argv[optind++];
	if (optind < argc)
		(void)fprintf(stderr, "sluice-dataplane: unexpected argument '%s'\n", argv[optind]);
	return optind >= argc && (o->profile != NULL || o->document || o->version || o->help);
}

int main(int argc, char *argv[])
{
	struct options o = {.profile = NULL};
	struct hwprofile *profile = NULL;
	int status;

	if (!parse(argc, argv, &o)) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (o.help || o.version || o.document) {
		if (o.document)
			hwprofile_document(stdout);
		else
			(void)fputs(
				o.help ? usage : "sluice-dataplane " SLUICE_VERSION "\n", stdout);
		return EXIT_SUCCESS;
	}
	if (hwprofile_load(o.profile, stderr, &profile) != 0)
		return EXIT_FAILURE;
	if (o.porcelain) {
		hwprofile_porcelain(profile, stdout);
		status = EXIT_SUCCESS;
	} else if (hwprofile_check_users(profile, stderr) != 0) {
		status = EXIT_FAILURE;
	} else {
		status = o.check ? check(profile) : start(profile);
	}
	hwprofile_free(profile);
	return status;
}
