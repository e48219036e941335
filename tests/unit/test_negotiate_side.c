/* SPDX-License-Identifier: BSD-3-Clause */
/* Where media are sent to and believed to come from, and by which of our addresses. */
#include "config_text.h"
#include "nego_rig.h"
#include "support.h"

#define FLAGS(words)  ",\"flags\":[" words "]"
#define RTCP_AT(what) NEGO_PLAIN(1) "a=rtcp:" what "\r\n"
#define SIGNALLED     FLAGS("\"SIP-source-address\"")

/* Where 'a' is to be sent to: RTP, then RTCP; "": nowhere. */
static const struct {
	const char *more, *sdp;
	const char *rtp, *rtcp;
	uint16_t ports[2];
} remotes[] = {
	{"", NEGO_PLAIN(1), "198.51.100.1", "198.51.100.1", {4000, 4001}},
	{"", RTCP_AT("5001"), "198.51.100.1", "198.51.100.1", {4000, 5001}},
	{"", RTCP_AT("5001 IN IP4 198.51.100.9"), "198.51.100.1", "198.51.100.9", {4000, 5001}},
	{"", RTCP_AT("5001 IN IP4 0.0.0.0"), "198.51.100.1", "198.51.100.1", {4000, 5001}},
	{"", RTCP_AT("5001 IN IP4 224.0.0.1"), "198.51.100.1", "198.51.100.1", {4000, 5001}},
	{"", RTCP_AT("5001 IN IP6 2001:db8::9"), "198.51.100.1", "198.51.100.1", {4000, 5001}},
	{"", NEGO_HEAD(1) "m=audio 65535 RTP/AVP 0\r\n", "198.51.100.1", "", {65535, 0}},
	{"", NEGO_HEAD_OF("IN IP4 239.1.2.3/127") NEGO_AUDIO("RTP/AVP"), "", "", {0, 0}},
	{"", NEGO_HEAD_OF("IN IP4 255.255.255.255") NEGO_AUDIO("RTP/AVP"), "", "", {0, 0}},
	{"", NEGO_HEAD_OF("IN IP4 0.1.2.3") NEGO_AUDIO("RTP/AVP"), "", "", {0, 0}},
	{"", NEGO_HEAD_OF("IN IP6 ff02::1") NEGO_AUDIO("RTP/AVP"), "", "", {0, 0}},
	{"", NEGO_HEAD6(1) NEGO_AUDIO("RTP/AVP"), "2001:db8:f::1", "2001:db8:f::1", {4000, 4001}},
	/* each media may have its own */
	{"", NEGO_PLAIN(1) "c=IN IP4 198.51.100.8\r\n", "198.51.100.8", "198.51.100.8",
		{4000, 4001}},
	/* not trusted */
	{SIGNALLED ",\"received-from\":[\"IP4\",\"198.51.100.77\"]", NEGO_PLAIN(1), "198.51.100.77",
		"198.51.100.77", {4000, 4001}},
	{SIGNALLED ",\"received-from\":[\"IP4\",\"198.51.100.77\"]",
		RTCP_AT("5001 IN IP4 198.51.100.9"), "198.51.100.77", "198.51.100.77",
		{4000, 5001}},
	{SIGNALLED ",\"received-from\":[\"IP6\",\"2001:db8:f::7\"]", NEGO_PLAIN(1), "2001:db8:f::7",
		"2001:db8:f::7", {4000, 4001}},
	{SIGNALLED ",\"received-from\":[\"IP6\",\"::\"]", NEGO_PLAIN(1), "", "", {0, 0}},
	{SIGNALLED, NEGO_PLAIN(1), "198.51.100.1", "198.51.100.1", {4000, 4001}},
	{",\"received-from\":[\"IP4\",\"198.51.100.77\"]", NEGO_PLAIN(1), "198.51.100.1",
		"198.51.100.1", {4000, 4001}},
};

static void address_of(const struct relay_sockaddr *a, char text[CONFIG_TEXT_ADDRESS])
{
	struct relay_sockaddr host = *a;

	host.port = 0;
	text[0] = '\0';
	if (a->family != RELAY_FAMILY_NONE)
		config_text_address(&host, text);
}

static void media_are_sent_to_hosts_alone(void **state)
{
	char text[CONFIG_TEXT_ADDRESS];

	(void)state;
	for (size_t i = 0; i < sizeof(remotes) / sizeof(remotes[0]); i++) {
		const struct relay_sockaddr *r;

		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		assert_int_equal(nego_rig_offer(0, remotes[i].more, remotes[i].sdp), NG_OK);
		r = nego_rig_leg(0, 0)->next.remote;
		for (unsigned flow = 0; flow < RELAY_ROUTES; flow++) {
			address_of(&r[flow], text);
			if (strcmp(text, flow == 0 ? remotes[i].rtp : remotes[i].rtcp) != 0)
				fail_msg("row %zu: %s", i, text);
			assert_int_equal(r[flow].port, remotes[i].ports[flow]);
		}
	}
}

static const struct {
	const char *more;
	enum relay_source source;
} sources[] = {
	{"", RELAY_SOURCE_LEARN},
	{FLAGS("\"symmetric\""), RELAY_SOURCE_LEARN},
	{FLAGS("\"strict-source\""), RELAY_SOURCE_LATCH},
	{FLAGS("\"asymmetric\""), RELAY_SOURCE_ANY},
	{FLAGS("\"asymmetric\",\"strict-source\""), RELAY_SOURCE_STRICT},
	{FLAGS("\"media-handover\",\"strict-source\""), RELAY_SOURCE_HANDOVER},
	{",\"endpoint-learning\":\"off\"", RELAY_SOURCE_ANY},
	{",\"endpoint-learning\":\"immediate\"", RELAY_SOURCE_LATCH},
	{",\"endpoint-learning\":\"delayed\"", RELAY_SOURCE_LEARN},
	{",\"endpoint-learning\":\"heuristic\"", RELAY_SOURCE_LEARN},
};

static void flags_say_whom_to_believe(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
		assert_int_equal(nego_rig_offer(0, sources[i].more, NEGO_PLAIN(1)), NG_OK);
		if (nego_rig_leg(0, 0)->next.source != sources[i].source)
			fail_msg("row %zu", i);
	}
	/* nowhere to be strict about */
	assert_int_equal(nego_rig_offer(0, sources[4].more,
				 NEGO_HEAD_OF("IN IP4 0.0.0.0") NEGO_AUDIO("RTP/AVP")),
		NG_OK);
	assert_int_not_equal(nego_rig_leg(0, 0)->next.source, RELAY_SOURCE_STRICT);
}

static void sides_get_interfaces_addresses_and_tos(void **state)
{
	static const char six[] = NEGO_HEAD6(1) NEGO_AUDIO("RTP/AVP");
	struct call_side *sides;

	(void)state;
	assert_int_equal(nego_rig_offer(1, ",\"address-family\":\"IP6\"", NEGO_PLAIN(1)), NG_OK);
	sides = nego_rig.bridge->sides;
	assert_int_equal(sides[1].interface, 1);
	assert_int_equal(sides[1].address, 0);
	assert_int_equal(sides[0].interface, 0);
	assert_int_equal(sides[0].address, 1);
	assert_int_equal(sides[0].dscp, 46);
	assert_true(slice_is(nego_rig_media(0)->section.connection.text, "2001:db8::1"));
	/* they stay, whatever is asked later */
	assert_int_equal(nego_rig_answer(",\"TOS\":184", six), NG_OK);
	assert_true(slice_is(nego_rig_media(0)->section.connection.text, "203.0.113.2"));
	assert_int_equal(sides[0].dscp, 46);
	assert_int_equal(nego_rig_answer(",\"TOS\":40", NEGO_PLAIN(2)), NG_ERROR_FAMILY);
	assert_int_equal(nego_rig_answer(",\"TOS\":40", six), NG_OK);
	/* signalling may come another way than the media that was agreed on */
	assert_int_equal(
		nego_rig_answer(SIGNALLED ",\"received-from\":[\"IP4\",\"198.51.100.7\"]", six),
		NG_OK);
	assert_int_equal(nego_rig_leg(0, 0)->next.remote[0].family, RELAY_FAMILY_IPV6);
	assert_int_equal(nego_rig_answer(",\"TOS\":40", six), NG_OK);
	assert_int_equal(sides[0].dscp, 10);
	/* a family that an interface has not */
	nego_rig_renew(CONFIG_SUPPORTED, CONFIG_SUPPORTED);
	nego_rig.config.interfaces[1].n_addresses = 1;
	assert_int_equal(
		nego_rig_offer(0, ",\"address-family\":\"IP6\"", NEGO_PLAIN(1)), NG_ERROR_FAMILY);
	assert_int_equal(nego_rig_offer(0, "", six), NG_OK);
	assert_true(slice_is(nego_rig_media(0)->section.connection.text, "203.0.113.2"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, nego_rig_open, nego_rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(media_are_sent_to_hosts_alone),
		TEST(flags_say_whom_to_believe),
		TEST(sides_get_interfaces_addresses_and_tos),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
