/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules bring each UDP port to the queue of the worker that the layout gives it to. */
#include "steering.h"
#include "support.h"

enum { PORT = 1 }; /* not the first, whose index might come out right by chance */

/* Worker w polls queue 'workers' - 1 - w, so that number and queue differ. */
static struct hwprofile profile_of(uint32_t workers)
{
	struct hwprofile p = {.n_ports = 2, .n_workers = workers};

	p.ports[PORT].rx_queues = (uint16_t)workers;
	for (uint32_t w = 0; w < workers; w++) {
		p.workers[w].queue[0] = HWPROFILE_NO_QUEUE;
		p.workers[w].queue[PORT] = (uint16_t)(workers - 1 - w);
	}
	return p;
}

/* The queue of the one rule that takes 'udp_port' of 'family'. */
static uint16_t queue_of(
	const struct steering_rule *rules, uint32_t n, uint8_t family, uint16_t udp_port)
{
	uint32_t hits = 0;
	uint16_t queue = HWPROFILE_NO_QUEUE;

	for (uint32_t i = 0; i < n; i++)
		if (rules[i].family == family &&
			(udp_port & rules[i].port_mask) == rules[i].port_spec) {
			queue = rules[i].queue;
			hits++;
		}
	if (hits != 1)
		fail_msg("port %u of IPv%u: %u rules", udp_port, family, hits);
	return queue;
}

static void each_port_goes_to_its_workers_queue(void **state)
{
	static const uint8_t families[] = {RELAY_FAMILY_IPV4, RELAY_FAMILY_IPV6};

	(void)state;
	for (uint32_t workers = 2; workers <= RELAY_WORKERS_MAX; workers++) {
		struct hwprofile p = profile_of(workers);
		struct steering_rule rules[STEERING_RULES_MAX];
		uint32_t n = steering_rules(&p, PORT, rules);

		assert_in_range(n, 2 * workers, STEERING_RULES_MAX);
		for (uint32_t f = 0; f < 2; f++)
			for (uint32_t port = 0; port <= UINT16_MAX; port++) {
				uint32_t w = relay_layout_port_worker((uint16_t)port, workers);

				if (queue_of(rules, n, families[f], (uint16_t)port) !=
					p.workers[w].queue[PORT])
					fail_msg("%u workers: port %u", workers, port);
			}
	}
}

/* NICs have few places for rules. */
static void power_of_two_of_workers_needs_a_rule_each(void **state)
{
	struct steering_rule rules[STEERING_RULES_MAX];

	(void)state;
	for (uint32_t workers = 2; workers <= RELAY_WORKERS_MAX; workers *= 2) {
		struct hwprofile p = profile_of(workers);

		assert_int_equal(steering_rules(&p, PORT, rules), 2 * workers);
	}
}

static void one_worker_or_one_queue_needs_no_rule(void **state)
{
	struct steering_rule rules[STEERING_RULES_MAX];
	struct hwprofile p = profile_of(1);

	(void)state;
	assert_int_equal(steering_rules(&p, PORT, rules), 0);
	p.ports[PORT].rx_queues = 2;
	assert_int_equal(steering_rules(&p, PORT, rules), 0);
	for (uint32_t workers = 2; workers <= RELAY_WORKERS_MAX; workers++) {
		p = profile_of(workers);
		p.ports[PORT].rx_queues = 1;
		assert_int_equal(steering_rules(&p, PORT, rules), 0);
	}
}

/* Each class has a rule, or none has. */
static void worker_without_queue_leaves_no_rule(void **state)
{
	struct steering_rule rules[STEERING_RULES_MAX];

	(void)state;
	for (uint32_t workers = 2; workers <= RELAY_WORKERS_MAX; workers++)
		for (uint32_t w = 0; w < workers; w++) {
			struct hwprofile p = profile_of(workers);

			p.workers[w].queue[PORT] = HWPROFILE_NO_QUEUE;
			assert_int_equal(steering_rules(&p, PORT, rules), 0);
		}
}

static void print_says_each_rule(void **state)
{
	struct hwprofile p = profile_of(2);
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	steering_print(&p, PORT, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "  rule 0: IPv4 UDP dst port & 0x0002 == 0x0000 -> queue 1\n"
				  "  rule 1: IPv4 UDP dst port & 0x0002 == 0x0002 -> queue 0\n"
				  "  rule 2: IPv6 UDP dst port & 0x0002 == 0x0000 -> queue 1\n"
				  "  rule 3: IPv6 UDP dst port & 0x0002 == 0x0002 -> queue 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_port_goes_to_its_workers_queue),
		cmocka_unit_test(power_of_two_of_workers_needs_a_rule_each),
		cmocka_unit_test(one_worker_or_one_queue_needs_no_rule),
		cmocka_unit_test(worker_without_queue_leaves_no_rule),
		cmocka_unit_test(print_says_each_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
