/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"
#include "config_reload.h"
#include "config_text.h"

#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/slt-config-XXXXXX";

/* Files that a configuration names: "^" stands for their folder. */
static const struct {
	const char *name;
	mode_t mode;
} files[] = {{"ca.crt", 0644}, {"relay.crt", 0644}, {"relay.key", 0600}, {"open.key", 0640},
	{"all.crt", 0666}};

#define CERTIFICATE "certificate = \"^/relay.crt\"; key = \"^/relay.key\"; "
#define TRUST       "client_ca = \"^/ca.crt\"; client_names = ( \"proxy.test\" ); "
#define AT          "address = \"127.0.0.1\"; port = 2223; "
#define HASH        "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TOKEN       "{ name = \"kam\"; hash = \"" HASH "\"; sources = ( \"10.0.0.0/8\" ); }"
#define UDP         "{ name = \"u\"; type = \"ng-udp\"; " AT "}"
#define TLS(more)   "{ name = \"t\"; type = \"ng-tls\"; " AT more "}"
#define WEB(more)   "{ name = \"w\"; type = \"https\"; " AT CERTIFICATE more "}"
#define LISTEN(one) "user = \"\"; listeners = ( " one " );\n"
#define FACE(more)                                                                                 \
	"interfaces = ( { name = \"trunk\"; addresses = ( \"192.0.2.10\" ); " more "} );\n"
#define REST      FACE("") "node_key = \"^/none.key\";\n"
#define NO_CLIENT "require_client_certificate = false; "

static void put_folder(const char *text, char *out, size_t room)
{
	size_t used = 0;

	for (; *text != '\0' && used + sizeof(folder) < room; text++)
		used += (size_t)(*text == '^' ? snprintf(out + used, room - used, "%s", folder)
					      : snprintf(out + used, room - used, "%c", *text));
}

static int load(const char *text, char *said, size_t room, struct config **c)
{
	char whole[8192];
	FILE *out = fmemopen(said, room, "w");
	int status;

	assert_non_null(out);
	memset(said, 0, room);
	put_folder(text, whole, sizeof(whole));
	status = config_load_text("s.conf", whole, strlen(whole), out, c);
	(void)fclose(out);
	return status;
}

/* A text, and what the only line about it has: behind "s.conf:LINE: ". */
static const struct {
	const char *text;
	unsigned line;
	const char *said;
} faults[] = {
	/* keys and values */
	{LISTEN(UDP) REST "sessions = 5;\n", 4, "unknown key 'sessions': remove it, or write one"},
	{LISTEN(UDP) REST "session_limit = 0;\n", 4, "'session_limit' is 0: write 1 to 500000"},
	{LISTEN(UDP) REST "media_limit = 65;\n", 4, "'media_limit' is 65: write 1 to 64"},
	{LISTEN(UDP) REST "session_limit = \"9\";\n", 4, "'session_limit' is a string: write"},
	{LISTEN(UDP) REST "log = \"syslog\";\n", 4, "'log' is \"syslog\": write one of \"stderr\""},
	{LISTEN(UDP) REST "@include \"/etc/passwd\"\n", 4, "@include: a configuration is one file"},
	{LISTEN("{ name = \"u\"; type = \"ng-udp\"; address = \"127.0.0.1\"; }") REST, 1,
		"'port' is missing: an entry of listeners must have it"},
	{LISTEN("{ name = \"u\"; " AT "}") REST, 1, "'type' is missing"},
	{LISTEN("{ name = \"u\"; type = \"sip\"; " AT "}") REST, 1, "'type' is \"sip\": write one"},
	{LISTEN("{ name = \"u v\"; type = \"ng-udp\"; " AT "}") REST, 1, "'name' is \"u v\": use"},
	{LISTEN("{ name = \"u\"; type = \"ng-udp\"; address = \"localhost\"; port = 1; }") REST, 1,
		"address \"localhost\" is no IP address"},
	{"user = \"\"; listeners = ( );\n" REST, 1, "'listeners' has no entry"},
	{"user = \"nobody-of-this-name\"; listeners = ( " UDP " );\n" REST, 1,
		"user \"nobody-of-this-name\" does not exist"},
	{"user = \"root\"; listeners = ( " UDP " );\n" REST, 1, "user \"root\" is root"},
	/* who would be let in */
	{LISTEN("{ name = \"u\"; type = \"ng-udp\"; address = \"0.0.0.0\"; port = 1; }") REST, 1,
		"listener \"u\" would take commands and SRTP keys in the clear at 0.0.0.0"},
	{LISTEN("{ name = \"u\"; type = \"ng-tcp\"; address = \"::\"; port = 1; }") REST, 1,
		"in the clear at ::: use"},
	{LISTEN("{ name = \"u\"; type = \"ng-udp\"; " AT CERTIFICATE "}") REST, 1,
		"has keys of TLS or tokens, but its type is in the clear"},
	{LISTEN(TLS(TRUST)) REST, 1, "has no 'certificate': TLS needs both"},
	{LISTEN(TLS(CERTIFICATE TRUST "allow_plaintext = true; ")) REST, 1, "is TLS and stays so"},
	{LISTEN(TLS(CERTIFICATE "client_ca = \"^/ca.crt\"; ")) REST, 1, "so it would trust nobody"},
	{LISTEN(TLS(CERTIFICATE "client_names = ( \"a.test\" ); ")) REST, 1, "has no 'client_ca'"},
	{LISTEN(TLS(CERTIFICATE TRUST NO_CLIENT)) REST, 1, "would let anybody in"},
	{LISTEN(WEB(NO_CLIENT)) REST, 1, "asks for no certificate and has no tokens"},
	{LISTEN(WEB(TRUST "tokens = ( " TOKEN " ); ")) REST, 1, "would never look at its tokens"},
	{LISTEN(TLS(CERTIFICATE TRUST "tokens = ( " TOKEN " ); ")) REST, 1, "tokens stand in URLs"},
	{LISTEN(TLS(CERTIFICATE "client_ca = \"^/ca.crt\"; client_names = ( \"*.test\" ); ")) REST,
		1, "\"*.test\": no wildcards"},
	{LISTEN(TLS(CERTIFICATE "client_ca = \"^/ca.crt\"; client_names = ( \"a b\" ); ")) REST, 1,
		"\"a b\" is no DNS name"},
	{LISTEN(TLS(CERTIFICATE
		 "client_ca = \"^/ca.crt\"; client_names = ( \"a.test\", \"A.TEST\" ); ")) REST,
		1, "\"A.TEST\" is there twice"},
	/* tokens: what stands in place of a hash is not repeated */
	{LISTEN(WEB(NO_CLIENT "tokens = ( { name = \"k\"; hash = \"hunter2\"; "
			      "sources = ( \"::1\" ); } ); ")) REST,
		1, "'hash' of a token is not sha256: and 64"},
	{LISTEN(WEB(NO_CLIENT "tokens = ( { name = \"k\"; hash = \"" HASH "\"; } ); ")) REST, 1,
		"'sources' has no entry: write sources = ( \"...\" );"},
	{LISTEN(WEB(NO_CLIENT "tokens = ( { name = \"k\"; hash = \"" HASH
			      "\"; sources = ( \"10.0.0.1/8\" ); } ); ")) REST,
		1, "source \"10.0.0.1/8\" is no network"},
	{LISTEN(WEB(NO_CLIENT "tokens = ( " TOKEN ", " TOKEN " ); ")) REST, 1,
		"a token with the hash of another"},
	/* files */
	{LISTEN(TLS("certificate = \"^/relay.crt\"; key = \"^/open.key\"; " TRUST)) REST, 1,
		"open.key is open to others (mode 0640): chmod 600"},
	{LISTEN(TLS("certificate = \"^/none.crt\"; key = \"^/relay.key\"; " TRUST)) REST, 1,
		"none.crt cannot be read: No such file or directory: make it"},
	{LISTEN(TLS("certificate = \"relay.crt\"; key = \"^/relay.key\"; " TRUST)) REST, 1,
		"\"relay.crt\" is no path from the root"},
	{LISTEN(TLS("certificate = \"^/all.crt\"; key = \"^/relay.key\"; " TRUST)) REST, 1,
		"all.crt can be written by everybody"},
	{LISTEN(TLS("certificate = \"^\"; key = \"^/relay.key\"; " TRUST)) REST, 1,
		"is no plain file"},
	{LISTEN(UDP) FACE("") "node_key = \"^/open.key\";\n", 3, "open.key is open to others"},
	/* what is there twice */
	{LISTEN(UDP ", { name = \"u\"; type = \"ng-udp\"; address = \"::1\"; port = 1; }") REST, 1,
		"a second listener \"u\""},
	{LISTEN(UDP ", { name = \"v\"; type = \"ng-udp\"; " AT "}") REST, 1,
		"listener \"v\" has the address and port of another"},
	/* interfaces */
	{LISTEN(UDP) FACE("suites = ( \"AES_CM_128\" ); ") "node_key = \"^/n\";\n", 2,
		"no suite is called \"AES_CM_128\""},
	{LISTEN(UDP) FACE(
		 "suites = ( \"AEAD_AES_128_GCM\", \"AEAD_AES_128_GCM\" ); ") "node_key = \"^/n\";\n",
		2, "suite \"AEAD_AES_128_GCM\" is there twice"},
	{LISTEN(UDP) FACE("port_min = 5000; port_max = 5002; ") "node_key = \"^/n\";\n", 2,
		"has no room for a call from port 5000 to 5002"},
	{LISTEN(UDP) "interfaces = ( { name = \"a\"; addresses = ( \"224.0.0.1\" ); } );\n"
		     "node_key = \"^/n\";\n",
		2, "address \"224.0.0.1\" is no unicast address: write"},
	{LISTEN(UDP) "interfaces = ( { name = \"a\"; addresses = ( { ip = \"192.0.2.1\"; "
		     "advertised = \"2001:db8::1\"; } ); } );\nnode_key = \"^/n\";\n",
		2, "address \"2001:db8::1\" is no unicast address of the same family"},
};

static void fault_is_told_with_line_and_cure(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct config *c = NULL;
		char said[8192], start[32];

		if (load(faults[i].text, said, sizeof(said), &c) != -EINVAL)
			fail_msg("row %zu was taken: %s", i, faults[i].text);
		(void)snprintf(start, sizeof(start), "s.conf:%u: ", faults[i].line);
		if (strncmp(said, start, strlen(start)) != 0 || !strstr(said, faults[i].said))
			fail_msg("row %zu: \"%s\" is not: %s", i, faults[i].said, said);
		assert_null(strstr(said, "hunter2"));
		if (strchr(said, '\n') != said + strlen(said) - 1)
			fail_msg("row %zu has more than one fault: %s", i, said);
	}
}

static void faults_all_are_told(void **state)
{
	struct config *c = NULL;
	char said[8192];
	unsigned lines = 0;

	(void)state;
	assert_int_equal(load("a = 1;\nb = 2;\nuser = \"\";\nlisteners = ( " TLS(
				      "key = \"^/open.key\"; ") " );\ndrain = 3;\n",
				 said, sizeof(said), &c),
		-EINVAL);
	for (const char *at = said; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	/* two unknown, drain, interfaces, certificate, client_ca, client_names, mode of the key */
	assert_int_equal(lines, 8);
}

static const char whole[] =
	LISTEN(UDP ", { name = \"w\"; type = \"https\"; address = \"::\"; "
		   "port = 443; " CERTIFICATE TRUST NO_CLIENT "tokens = ( " TOKEN " ); }") REST;

static void configuration_is_read_and_filled_in(void **state)
{
	const struct config_listener *l;
	const struct config_interface *in;
	struct config *c = NULL;
	char said[8192];

	(void)state;
	if (load(whole, said, sizeof(said), &c) != 0)
		fail_msg("%s", said);
	assert_int_equal(c->n_listeners, 2);
	assert_null(c->user);
	l = &c->listeners[0];
	assert_int_equal(l->transport, CONFIG_NG_UDP);
	assert_int_equal(l->address.family, RELAY_FAMILY_IPV4);
	assert_int_equal(l->address.port, 2223);
	assert_null(l->certificate);
	assert_true(l->require_client_certificate);
	l = &c->listeners[1];
	assert_int_equal(l->transport, CONFIG_HTTPS);
	assert_int_equal(l->n_client_names, 1);
	assert_string_equal(l->client_names[0], "proxy.test");
	assert_false(l->require_client_certificate);
	assert_int_equal(l->n_tokens, 1);
	assert_int_equal(l->tokens[0].hash[1], 0x11);
	assert_int_equal(l->tokens[0].sources[0].prefix_len, 8);
	in = &c->interfaces[0];
	assert_int_equal(in->n_suites, SUITE_COUNT);
	assert_int_equal(in->suites[0], SUITE_AEAD_AES_256_GCM);
	assert_memory_equal(&in->addresses[0].local, &in->addresses[0].advertised,
		sizeof(in->addresses[0].local));
	assert_int_equal(in->encryption, CONFIG_REQUIRED);
	config_free(c);
}

/* What is written anew, what of it needs a restart, and how many such there are. */
static const struct {
	const char *text;
	unsigned kept;
	const char *said;
} changes[] = {
	{LISTEN(UDP) REST, 0, ""},
	{LISTEN(UDP) REST "session_limit = 7;\nlog_level = \"debug\";\n", 0, ""},
	{LISTEN("{ name = \"u\"; type = \"ng-udp\"; max_message_bytes = 5000; " AT "}") REST, 0,
		""},
	{LISTEN(UDP) REST "state_directory = \"/x\";\n", 1, "state_directory needs a restart\n"},
	{LISTEN("{ name = \"u\"; type = \"ng-udp\"; address = \"127.0.0.2\"; port = 9; }") REST, 2,
		"listener u: address needs a restart\nlistener u: port needs a restart\n"},
	{LISTEN("{ name = \"v\"; type = \"ng-udp\"; " AT "}") REST, 2,
		"removing listener u needs a restart\nadding a listener needs a restart\n"},
	{LISTEN(UDP) "interfaces = ( { name = \"trunk\"; addresses = ( \"192.0.2.11\" ); } );\n"
		     "node_key = \"^/none.key\";\n",
		1, "interface trunk: addresses needs a restart\n"},
	{LISTEN(UDP) FACE("port_min = 20000; dscp = 0; ") "node_key = \"^/none.key\";\n", 1,
		"interface trunk: port_min needs a restart\n"},
};

static void reload_keeps_what_is_not_live(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct config *running = NULL, *fresh = NULL;
		char said[8192], told[1024] = "";
		FILE *out = fmemopen(told, sizeof(told), "w");
		unsigned kept;

		assert_int_equal(load(LISTEN(UDP) REST, said, sizeof(said), &running), 0);
		if (load(changes[i].text, said, sizeof(said), &fresh) != 0)
			fail_msg("%s", said);
		kept = config_reload_merge(fresh, running, out);
		(void)fclose(out);
		assert_string_equal(told, changes[i].said);
		assert_int_equal(kept, changes[i].kept);
		assert_int_equal(fresh->n_listeners, 1);
		if (kept == 0)
			config_free(running);
		/* texts that were kept are alive */
		assert_string_equal(fresh->listeners[0].name, "u");
		assert_string_equal(fresh->listeners[0].address_text, "127.0.0.1");
		assert_int_equal(fresh->listeners[0].address.port, 2223);
		assert_int_equal(fresh->interfaces[0].port_min, 16384);
		assert_int_equal(fresh->interfaces[0].addresses[0].local.ip[3], 10);
		assert_string_equal(fresh->state_directory, "/var/lib/sluice");
		config_free(fresh);
	}
}

static void prefix_covers_its_own(void **state)
{
	static const struct {
		const char *prefix, *addr;
		bool covers;
	} rows[] = {
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.1", false},
		{"192.0.2.128/25", "192.0.2.128", true},
		{"192.0.2.128/25", "192.0.2.127", false},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"::/0", "::1", true},
	};
	static const char *const bad[] = {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8",
		"10.0.0.0/8x", "10.0.0.0/0008", "10.0.0.1/8", "2001:db8::/129",
		"::ffff:10.0.0.0/104", "10.0.0/8", "a/8"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config_prefix prefix;
		struct relay_sockaddr addr;

		assert_true(config_text_prefix(rows[i].prefix, &prefix));
		assert_true(config_text_ip(rows[i].addr, &addr));
		assert_int_equal(config_text_covers(&prefix, &addr), rows[i].covers);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config_prefix prefix;

		if (config_text_prefix(bad[i], &prefix))
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void document_has_every_section(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	config_document(out);
	(void)fclose(out);
	assert_non_null(strstr(text, "## tokens of a listener\n"));
	assert_non_null(strstr(text, "| `client_names` | list of texts, 0 to 64 |  | yes | The"));
	assert_non_null(
		strstr(text, "| `type` | `\"ng-tls\"`, `\"ng-udp\"`, `\"ng-tcp\"`, `\"https\"` "
			     "| must be there |  | "));
	free(text);
}

static int make_files(void **state)
{
	(void)state;
	(void)umask(0);
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];
		FILE *file;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		file = fopen(path, "we");
		assert_non_null(file);
		(void)fclose(file);
		assert_int_equal(chmod(path, files[i].mode), 0);
	}
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		(void)unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_is_told_with_line_and_cure),
		cmocka_unit_test(faults_all_are_told),
		cmocka_unit_test(configuration_is_read_and_filled_in),
		cmocka_unit_test(reload_keeps_what_is_not_live),
		cmocka_unit_test(prefix_covers_its_own),
		cmocka_unit_test(document_has_every_section),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
