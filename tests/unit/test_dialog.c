/* SPDX-License-Identifier: BSD-3-Clause */
/* A call's requests are what a proxy would send, and only a reply that is right is taken for one.
 */
#include "caller.h"
#include "ng_bencode.h"
#include "ng_request.h"
#include "support.h"

enum { ARENA = 1 << 20 };

static struct scene {
	struct caller_options options;
	struct dialog_plan plan;
	struct call call;
	struct dialog dialog;
	struct ng_arena arena;
	struct buffer sdp;
	struct faults faults;
} scene;

static int open_scene(void **state)
{
	struct scene *s = &scene;

	(void)state;
	memset(s, 0, sizeof(*s));
	ng_arena_init(&s->arena, ARENA);
	s->sdp.limit = ARENA;
	s->options.n_legs = 1;
	s->options.plain = "plain";
	s->options.sealed = "sealed";
	assert_true(legs_parse("rtp-srtp", &s->options.legs[0]));
	assert_true(caller_addresses("198.18.0.2", &s->options.parties[CALL_LEG_A]));
	assert_true(caller_addresses("198.18.0.3", &s->options.parties[CALL_LEG_B]));
	assert_int_equal(caller_plan(&s->options, codec_find("g711"), &s->plan), 0);
	assert_int_equal(caller_make(&s->options, codec_find("g711"), 0, &s->call), 0);
	s->dialog = (struct dialog){.call = &s->call, .number = 0x1f, .tag = 4};
	s->plan.own_keys = true;
	return 0;
}

static int close_scene(void **state)
{
	(void)state;
	ng_arena_fini(&scene.arena);
	buffer_fini(&scene.sdp);
	return 0;
}

static struct ng_value *request(enum dialog_step step)
{
	struct ng_value *dict =
		dialog_request(&scene.plan, &scene.dialog, step, &scene.arena, &scene.sdp);

	assert_non_null(dict);
	assert_false(scene.arena.failed || scene.sdp.failed);
	return dict;
}

static void text_is(const struct ng_value *dict, const char *key, const char *text)
{
	const struct ng_value *value = ng_value_get(dict, key);

	assert_non_null(value);
	assert_true(slice_is(value->text, text));
}

/* The relay's own reader takes them, and finds nothing that it does not know. */
static void requests_are_read_by_the_relay(void **state)
{
	static const enum ng_command commands[DIALOG_STEPS] = {NG_OFFER, NG_ANSWER, NG_DELETE};

	(void)state;
	for (unsigned step = 0; step < DIALOG_STEPS; step++) {
		struct ng_value *dict = request((enum dialog_step)step);
		struct ng_request parsed;

		assert_int_equal(ng_request_parse(dict, &scene.arena, &parsed), NG_OK);
		assert_int_equal(parsed.command, commands[step]);
		assert_int_equal(parsed.n_warnings, 0);
		text_is(dict, "from-tag", "a1f");
	}
}

static void requests_say_what_the_call_is(void **state)
{
	const struct ng_value *offer = request(DIALOG_OFFER), *direction;

	(void)state;
	text_is(offer, "transport-protocol", "RTP/SAVP");
	direction = ng_value_get(offer, "direction");
	assert_non_null(direction);
	assert_true(slice_is(direction->first->text, "plain"));
	assert_true(slice_is(direction->last->text, "sealed"));
	assert_null(ng_value_get(offer, "to-tag"));
	text_is(request(DIALOG_ANSWER), "to-tag", "b1f");
	assert_non_null(strstr(scene.sdp.data, "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:"));
	assert_int_equal(ng_value_get(request(DIALOG_DELETE), "delete-delay")->number, 0);
}

static void request_again_is_the_same(void **state)
{
	(void)state;
	for (unsigned step = 0; step < DIALOG_STEPS; step++) {
		struct buffer first = {.limit = ARENA}, second = {.limit = ARENA};

		ng_bencode_encode(request((enum dialog_step)step), &first);
		ng_bencode_encode(request((enum dialog_step)step), &second);
		assert_true(slice_equal(buffer_all(&first), buffer_all(&second)));
		buffer_fini(&first);
		buffer_fini(&second);
	}
}

static struct ng_value *reply_of(const char *result)
{
	struct ng_value *reply = ng_value_dict(&scene.arena);

	ng_value_put_text(&scene.arena, reply, "result", slice_of(result));
	return reply;
}

static bool take(enum dialog_step step, const struct ng_value *reply, const char *why)
{
	bool good;

	memset(&scene.faults, 0, sizeof(scene.faults));
	good = dialog_take(&scene.plan, &scene.dialog, step, reply, &scene.faults);
	assert_int_equal(good, scene.faults.total == 0);
	if (why != NULL)
		assert_string_equal(scene.faults.list[0].text, why);
	return good;
}

#define SDP(proto, more)                                                                           \
	"v=0\r\no=- 1 1 IN IP4 198.18.0.1\r\ns=-\r\nt=0 0\r\nm=audio 30000 " proto                 \
	" 0 101\r\nc=IN IP4 198.18.0.1\r\n" more
#define CRYPTO "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"

static void offer_reply_is_taken_over(void **state)
{
	struct ng_value *reply = reply_of("ok");

	(void)state;
	ng_value_put_text(&scene.arena, reply, "sdp",
		slice_of(SDP("RTP/SAVP", CRYPTO "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\n")));
	assert_true(take(DIALOG_OFFER, reply, NULL));
	assert_int_equal(scene.dialog.tag, 2);
	assert_int_equal(scene.call.legs[CALL_LEG_B].relay.port, 30000);
	assert_int_equal(scene.call.legs[CALL_LEG_B].recv_key[29], 29);
}

static void answer_reply_is_taken_over(void **state)
{
	struct ng_value *reply = reply_of("ok");

	(void)state;
	ng_value_put_text(&scene.arena, reply, "sdp", slice_of(SDP("RTP/AVP", "")));
	assert_true(take(DIALOG_ANSWER, reply, NULL));
	assert_int_equal(scene.call.legs[CALL_LEG_A].relay.port, 30000);
	assert_false(take(DIALOG_OFFER, reply, "offer: transport is not what was asked for"));
}

/* The relay must have keys of its own on each leg, and answer to the tag that was offered. */
static void keys_passed_on_are_refused(void **state)
{
	struct ng_value *reply = reply_of("ok");
	struct party_says says = {.codec = codec_find("g711"), .tag = 1};
	struct buffer sdp = {.limit = ARENA};

	(void)state;
	scene.call.legs[CALL_LEG_A].suite = scene.call.legs[CALL_LEG_B].suite;
	party_write(&scene.call.legs[CALL_LEG_B], &says, &sdp);
	ng_value_put_text(&scene.arena, reply, "sdp", buffer_all(&sdp));
	assert_false(take(DIALOG_ANSWER, reply, "answer: the relay passes a party's key on"));
	scene.plan.own_keys = false;
	assert_true(take(DIALOG_ANSWER, reply, NULL));
	sdp.len = 0;
	says.tag = 2;
	party_write(&scene.call.legs[CALL_LEG_B], &says, &sdp);
	reply = reply_of("ok");
	ng_value_put_text(&scene.arena, reply, "sdp", buffer_all(&sdp));
	assert_false(take(
		DIALOG_ANSWER, reply, "answer: a=crypto has another tag than the offered one"));
	buffer_fini(&sdp);
}

static void bad_replies_are_counted_by_text(void **state)
{
	struct ng_value *error = reply_of("error"), *load = reply_of("load limit");
	struct ng_value *warning = reply_of("ok");

	(void)state;
	ng_value_put_text(&scene.arena, error, "error-reason", slice_of("Ran out of \"ports\"\n"));
	ng_value_put_text(&scene.arena, load, "message", slice_of("sessions"));
	ng_value_put_text(&scene.arena, warning, "warning", slice_of("Call-ID not found"));
	assert_false(take(DIALOG_OFFER, error, "offer: error: Ran out of 'ports'?"));
	assert_false(take(DIALOG_OFFER, load, "offer: load limit: sessions"));
	assert_false(take(DIALOG_OFFER, reply_of("ok"), "offer: SDP cannot be read"));
	assert_false(take(DIALOG_ANSWER, reply_of("pong"), "answer: result is not ok: pong"));
	assert_false(take(DIALOG_ANSWER, ng_value_dict(&scene.arena), "answer: result is not ok"));
	assert_false(
		take(DIALOG_ANSWER, ng_value_list(&scene.arena), "answer: reply is no dictionary"));
	assert_false(take(DIALOG_DELETE, warning, "delete: warning: Call-ID not found"));
	assert_true(take(DIALOG_DELETE, reply_of("ok"), NULL));
}

static struct ng_value *decode(const char *text)
{
	struct ng_value *value = NULL;

	assert_int_equal(ng_bencode_decode(slice_of(text), &scene.arena, &value), 0);
	return value;
}

#define TAG(n) "d6:mediasld7:streamsld5:statsd7:packetsi" n "eeeeeee"
#define REPLY(total, errors, a, b)                                                                 \
	"d6:result2:ok6:totalsd3:RTPd7:packetsi" total "e6:errorsi" errors                         \
	"eee4:tagsd3:a1f" TAG(a) "3:b1f" TAG(b) "ee"

static void statistics_must_be_what_was_sent(void **state)
{
	(void)state;
	scene.plan.counts = true;
	scene.dialog.sent[CALL_LEG_A] = 500;
	scene.dialog.sent[CALL_LEG_B] = 498;
	assert_true(take(DIALOG_DELETE, decode(REPLY("998", "0", "500", "498")), NULL));
	assert_false(take(DIALOG_DELETE, decode(REPLY("997", "0", "500", "498")),
		"delete: totals are not the packets sent"));
	assert_false(take(DIALOG_DELETE, decode(REPLY("998", "1", "500", "498")),
		"delete: totals have errors"));
	assert_false(take(DIALOG_DELETE, decode(REPLY("998", "0", "498", "500")),
		"delete: a party's packets are not those it sent"));
	assert_false(take(DIALOG_DELETE, decode("d6:result2:oke"), "delete: no statistics"));
	assert_false(take(DIALOG_DELETE, decode("d6:result2:ok6:totalsle4:tags1:xe"),
		"delete: no statistics"));
	assert_false(take(DIALOG_DELETE,
		decode("d6:result2:ok6:totalsd3:RTPd7:packetsi998e6:errorsi0eee4:tagsd3:a1fle3:b1f"
		       "d6:mediasleeee"),
		"delete: a party's packets are not those it sent"));
}

static void faults_further_ones_count_as_others(void **state)
{
	struct faults f = {.n = 0};
	char text[200];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		(void)snprintf(text, sizeof(text), "%0100u", i % 20);
		faults_add_text(&f, text);
	}
	assert_int_equal(f.n, FAULTS_MAX);
	assert_int_equal(f.total, 40);
	assert_int_equal(f.list[0].n, 2);
	assert_string_equal(f.list[FAULTS_MAX - 1].text, "others");
	assert_int_equal(f.list[FAULTS_MAX - 1].n, 40 - 2 * (FAULTS_MAX - 1));
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)
	const struct CMUnitTest tests[] = {
		SCENE(requests_are_read_by_the_relay),
		SCENE(requests_say_what_the_call_is),
		SCENE(request_again_is_the_same),
		SCENE(offer_reply_is_taken_over),
		SCENE(answer_reply_is_taken_over),
		SCENE(keys_passed_on_are_refused),
		SCENE(bad_replies_are_counted_by_text),
		SCENE(statistics_must_be_what_was_sent),
		SCENE(faults_further_ones_count_as_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
