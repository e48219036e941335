/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent comes through a relay and verifies; what a faulty relay does is found, by its name.
 */
#include "mirror.h"
#include "payload.h"
#include "support.h"

#define BOTH (STREAM_DIRECTION_A | STREAM_DIRECTION_B)

static struct mirror m;

static uint64_t faults(void)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < RECEIVE_FAULT_COUNT; i++)
		n += m.receiver.counts.faults[i];
	return n;
}

/* Every frame is counted once. */
static void check_sum(void)
{
	const struct receive_counts *c = &m.receiver.counts;

	assert_int_equal(c->frames, c->good + c->duplicated + c->reports + c->reports_again +
					    c->questions + c->foreign + faults());
}

static const char *const relayed[] = {
	"calls 3 a.gen=10.0.0.2 a.relay=10.0.0.1 b.gen=10.1.0.2 b.relay=10.1.0.1 ports=16384-16500 "
	"suite=RTP",
	"calls 3 a.gen=10.0.0.2 a.relay=10.0.0.1 b.gen=2001:db8::2 b.relay=2001:db8::1 "
	"ports=16384-16500 a.suite=RTP b.suite=AES_CM_128_HMAC_SHA1_80 seed=1 seq=65500 b.rtcp=own",
	"calls 3 a.gen=2001:db8:1::2 a.relay=2001:db8:1::1 b.gen=2001:db8::2 b.relay=2001:db8::1 "
	"ports=16384-16500 a.suite=AES_256_CM_HMAC_SHA1_32 b.suite=AEAD_AES_128_GCM seed=2 seq=random "
	"rtcp=own",
	"calls 3 a.gen=10.0.0.2 a.relay=10.0.0.1 b.gen=10.0.0.2 b.relay=10.0.0.1 "
	"a.ports=16384-16500 b.ports=17408-17524 suite=AEAD_AES_256_GCM seed=2 a.pt=96 b.pt=0",
};

static void relayed_packets_verify(void **state)
{
	static const char *const codecs[] = {"g711", "opus", "video"};

	(void)state;
	for (unsigned i = 0; i < sizeof(relayed) / sizeof(relayed[0]) * 3; i++) {
		mirror_open(&m, relayed[i / 3], codecs[i % 3], BOTH);
		assert_int_equal(m.streams->n, 6);
		for (unsigned round = 0; round < 50; round++) {
			mirror_build(&m, 30);
			for (unsigned k = 0; k < 30; k++)
				mirror_relay(&m, &m.frames[k]);
			mirror_receive(&m, m.frames, 30);
		}
		assert_int_equal(m.receiver.counts.verified, 1500);
		assert_int_equal(m.receiver.counts.good, 1500);
		assert_int_equal(m.receiver.counts.heard, 6);
		assert_int_equal(m.receiver.counts.reordered, 0);
		assert_int_equal(m.latency.count, 1500);
		assert_int_equal(m.latency.max, 777);
		check_sum();
		mirror_close(&m);
	}
}

static void relayed_reports_verify(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(relayed) / sizeof(relayed[0]); i++) {
		mirror_open(&m, relayed[i], "g711", BOTH);
		for (unsigned k = 0; k < 60; k++) {
			m.frames[0] = (struct tx_frame){.data = m.memory[0], .room = MIRROR_ROOM};
			assert_true(transmit_build_report(&m.transmitter, &m.frames[0], 1000));
			mirror_relay(&m, &m.frames[0]);
			mirror_receive(&m, m.frames, 1);
		}
		assert_int_equal(m.receiver.counts.reports, 60);
		check_sum();
		mirror_close(&m);
	}
}

static void one_direction_sends_and_expects_that_alone(void **state)
{
	(void)state;
	for (unsigned d = STREAM_DIRECTION_A; d <= STREAM_DIRECTION_B; d <<= 1) {
		mirror_open(&m, relayed[0], "g711", d);
		assert_int_equal(m.streams->n, 3);
		mirror_build(&m, 3);
		for (unsigned k = 0; k < 3; k++)
			mirror_relay(&m, &m.frames[k]);
		mirror_receive(&m, m.frames, 3);
		assert_int_equal(m.receiver.counts.verified, 3);
		mirror_close(&m);
	}
}

#define ECHO_RTP                                                                                   \
	"calls 4 echo gen=10.0.0.2 relay=10.0.0.1 ports=16384-16500 suite=RTP seq=65532 pt=8"
#define ECHO_SRTP                                                                                  \
	"calls 4 echo gen=10.0.0.2 relay=10.0.0.1 ports=16384-16500 "                              \
	"suite=AES_CM_128_HMAC_SHA1_80 seq=65532 roc=9 pt=8"

/* What is done to a packet; the frame is then whole again, with right checksums. */
struct change {
	const char *what;
	uint32_t at;  /* byte of the RTP packet, or of the frame */
	uint8_t flip; /* bits */
	int longer;   /* bytes */
	enum receive_fault plain, sealed;
};

static const struct change changes[] = {
	{"version", 0, 0xc0, 0, RECEIVE_MALFORMED, RECEIVE_MALFORMED},
	{"padding bit", 0, 0x20, 0, RECEIVE_HEADER, RECEIVE_TAG},
	{"CSRC count", 0, 0x01, 0, RECEIVE_HEADER, RECEIVE_TAG},
	{"marker", 1, 0x80, 0, RECEIVE_HEADER, RECEIVE_TAG},
	{"payload type", 1, 0x01, 0, RECEIVE_HEADER, RECEIVE_TAG},
	{"sequence number", 3, 0x02, 0, RECEIVE_HEADER, RECEIVE_TAG},
	{"timestamp", 7, 0x01, 0, RECEIVE_HEADER, RECEIVE_TAG},
	{"SSRC", 8, 0x80, 0, RECEIVE_WRONG_SSRC, RECEIVE_WRONG_SSRC},
	{"call", 12, 0x02, 0, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"index", 16, 0x01, 0, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"time", 24, 0x01, 0, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"first of the pattern", 32, 0x01, 0, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"last of the payload", 171, 0x80, 0, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"a byte less", 12, 0, -1, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"a byte more", 12, 0, 1, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"header alone", 12, 0, -160, RECEIVE_PAYLOAD, RECEIVE_TAG},
	{"within the header", 10, 0, -161, RECEIVE_MALFORMED, RECEIVE_MALFORMED},
};

static void check_change(const char *sheet, const struct change *change, enum receive_fault want)
{
	uint8_t *payload;
	uint32_t len;

	mirror_open(&m, sheet, "g711", BOTH);
	for (unsigned round = 0; round < 3; round++) {
		mirror_build(&m, 4);
		payload = mirror_payload(&m.frames[2], &len);
		if (round == 1) {
			payload[change->at] ^= change->flip;
			len += (uint32_t)change->longer;
		}
		mirror_turn(&m.frames[2], len);
		for (unsigned i = 0; i < 4; i++)
			if (i != 2) {
				(void)mirror_payload(&m.frames[i], &len);
				mirror_turn(&m.frames[i], len);
			}
		mirror_receive(&m, m.frames, 4);
	}
	if (m.receiver.counts.faults[want] != 1 || faults() != 1)
		fail_msg("%s: not found as %s", change->what, receive_fault_names[want]);
	assert_int_equal(m.receiver.counts.verified, 11);
	assert_int_equal(m.receiver.counts.duplicated + m.receiver.counts.reordered, 0);
	check_sum();
	mirror_close(&m);
}

static void changed_packet_is_found_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		check_change(ECHO_RTP, &changes[i], changes[i].plain);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		check_change(ECHO_SRTP, &changes[i], changes[i].sealed);
}

/* Addresses as they are on the wire: of an IPv4 frame the source is at 26, the destination at 30,
 * the ports at 34 and 36. */
static void misdirected_packet_is_found_by_its_name(void **state)
{
	static const struct {
		uint32_t at;
		enum receive_fault want; /* RECEIVE_FAULT_COUNT: foreign */
	} rows[] = {{29, RECEIVE_WRONG_SOURCE}, {35, RECEIVE_WRONG_SOURCE},
		{33, RECEIVE_FAULT_COUNT}, {36, RECEIVE_UNKNOWN_CALL}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame_view view;
		uint8_t *frame;

		mirror_open(&m, ECHO_RTP, "g711", BOTH);
		mirror_build(&m, 1);
		frame = m.frames[0].data;
		mirror_turn(&m.frames[0], 172);
		frame[rows[i].at] ^= 0x10;
		memset(frame + 40, 0, 2); /* no UDP checksum */
		frame_parse(frame, m.frames[0].len, FRAME_NO_VLAN, false, &view);
		memset(frame + 24, 0, 2);
		memcpy(frame + 24, &(uint16_t){(uint16_t)~frame_fold(frame_sum(frame + 14, 20))},
			2);
		mirror_receive(&m, m.frames, 1);
		if (rows[i].want == RECEIVE_FAULT_COUNT)
			assert_int_equal(m.receiver.counts.foreign, 1);
		else
			assert_int_equal(m.receiver.counts.faults[rows[i].want], 1);
		assert_int_equal(m.receiver.counts.good, 0);
		check_sum();
		mirror_close(&m);
	}
}

static void wrong_checksum_is_found(void **state)
{
	static const uint32_t places[] = {24 /* IP's */, 22 /* TTL */, 40 /* UDP's */, 100};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		mirror_open(&m, ECHO_RTP, "g711", BOTH);
		mirror_build(&m, 1);
		mirror_turn(&m.frames[0], 172);
		m.frames[0].data[places[i]] ^= 1;
		mirror_receive(&m, m.frames, 1);
		assert_int_equal(m.receiver.counts.faults[RECEIVE_BAD_CHECKSUM], 1);
		assert_int_equal(m.receiver.counts.good, 0);
		check_sum();
		mirror_close(&m);
	}
}

/* What the port has looked at is not looked at again; what it says is bad is bad. */
static void port_s_word_on_checksums_is_taken(void **state)
{
	struct rx_frame frame;

	(void)state;
	mirror_open(&m, ECHO_RTP, "g711", BOTH);
	mirror_build(&m, 2);
	mirror_turn(&m.frames[0], 172);
	mirror_turn(&m.frames[1], 172);
	m.frames[0].data[40] ^= 1;
	m.frames[0].data[24] ^= 1;
	frame = (struct rx_frame){.data = m.frames[0].data,
		.len = m.frames[0].len,
		.checksums = RECEIVE_IP_GOOD | RECEIVE_UDP_GOOD};
	receive_run(&m.receiver, &frame, 1, 0);
	assert_int_equal(m.receiver.counts.verified, 1);
	frame = (struct rx_frame){
		.data = m.frames[1].data, .len = m.frames[1].len, .checksums = RECEIVE_BAD};
	receive_run(&m.receiver, &frame, 1, 0);
	assert_int_equal(m.receiver.counts.faults[RECEIVE_BAD_CHECKSUM], 1);
	mirror_close(&m);
}

/* The order in which packets of one stream arrive, and what is to be counted. */
static const struct order_row {
	const char *what;
	int order[12]; /* -1: end */
	uint64_t good, reordered, duplicated;
} orders[] = {
	{"as sent", {0, 1, 2, 3, -1}, 4, 0, 0},
	{"one lost", {0, 1, 3, 4, -1}, 4, 0, 0},
	{"first lost", {1, 2, 3, -1}, 3, 0, 0},
	{"swapped", {0, 2, 1, 3, -1}, 4, 1, 0},
	{"first last", {1, 2, 3, 0, -1}, 4, 1, 0},
	{"backwards", {4, 3, 2, 1, 0, -1}, 5, 4, 0},
	{"twice", {0, 1, 1, 2, -1}, 3, 0, 1},
	{"twice, later", {0, 1, 2, 3, 0, -1}, 4, 0, 1},
	{"late and twice", {0, 2, 1, 1, -1}, 3, 1, 1},
	{"far ahead", {0, 63, 1, 63, 62, -1}, 4, 2, 1},
};

static void run_order(const char *sheet, const struct order_row *row, bool in_one_burst)
{
	struct tx_frame burst[MIRROR_FRAMES];
	static uint8_t copies[12][MIRROR_ROOM];
	uint32_t n = 0;

	mirror_open(&m, sheet, "g711", BOTH);
	mirror_build(&m, MIRROR_FRAMES);
	for (uint32_t i = 0; i < MIRROR_FRAMES; i++) {
		uint32_t len;

		(void)mirror_payload(&m.frames[i], &len);
		mirror_turn(&m.frames[i], len);
	}
	for (; row->order[n] >= 0; n++) {
		burst[n] = m.frames[row->order[n]];
		memcpy(copies[n], burst[n].data, burst[n].len); /* opening is in place */
		burst[n].data = copies[n];
	}
	for (uint32_t i = 0; i < n; i += in_one_burst ? n : 1)
		mirror_receive(&m, burst + i, in_one_burst ? n : 1);
	if (m.receiver.counts.good != row->good || m.receiver.counts.reordered != row->reordered ||
		m.receiver.counts.duplicated != row->duplicated || faults() != 0)
		fail_msg("%s: good %d, reordered %d, duplicated %d", row->what,
			(int)m.receiver.counts.good, (int)m.receiver.counts.reordered,
			(int)m.receiver.counts.duplicated);
	check_sum();
	mirror_close(&m);
}

#define ONE "calls 1 echo gen=10.0.0.2 relay=10.0.0.1 ports=16384-16500 seq=65530 suite="

static void order_is_counted_as_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]) * 2; i++) {
		run_order(ONE "RTP", &orders[i / 2], i % 2);
		run_order(ONE "AES_CM_128_HMAC_SHA1_80", &orders[i / 2], i % 2);
		run_order(ONE "AEAD_AES_128_GCM", &orders[i / 2], i % 2);
	}
}

static void order_beyond_the_window_is_not_taken_for_late(void **state)
{
	struct order o;

	(void)state;
	order_init(&o, 5);
	assert_int_equal(order_see(&o, 4), ORDER_AGAIN);
	assert_int_equal(order_see(&o, 5), ORDER_NEW);
	assert_int_equal(order_see(&o, 5 + ORDER_WINDOW), ORDER_NEW);
	assert_int_equal(order_see(&o, 5), ORDER_OLD);
	assert_int_equal(order_see(&o, 6), ORDER_LATE);
	assert_int_equal(order_see(&o, 6), ORDER_AGAIN);
	assert_int_equal(order_see(&o, 100000), ORDER_NEW);
	for (int64_t i = 100000 - ORDER_WINDOW + 1; i < 100000; i++)
		assert_int_equal(order_see(&o, i), ORDER_LATE);
	assert_int_equal(order_see(&o, 100000 - ORDER_WINDOW), ORDER_OLD);
	assert_int_equal(order_index(&o, (uint16_t)(100000 + 32767)), 100000 + 32767);
	assert_int_equal(order_index(&o, (uint16_t)(100000 - 32768)), 100000 - 32768);
}

/* 'sample' 0: none. Sealed, and every packet's payload is damaged: only those opened show it. */
static void check_sample(uint32_t sample, uint64_t found)
{
	mirror_open(&m, ONE "AES_CM_128_HMAC_SHA1_80", "g711", BOTH);
	m.receiver.sample = sample;
	for (unsigned round = 0; round < 4; round++) {
		mirror_build(&m, 64);
		for (unsigned i = 0; i < 64; i++) {
			uint32_t len;
			uint8_t *payload = mirror_payload(&m.frames[i], &len);

			payload[50] ^= 1;
			mirror_turn(&m.frames[i], len);
		}
		mirror_receive(&m, m.frames, 64);
	}
	assert_int_equal(m.receiver.counts.faults[RECEIVE_TAG], found);
	assert_int_equal(m.receiver.counts.good, 256 - found);
	assert_int_equal(m.receiver.counts.verified, 0);
	check_sum();
	mirror_close(&m);
}

static void sample_opens_one_in_so_many(void **state)
{
	(void)state;
	check_sample(1, 256);
	check_sample(16, 16);
	check_sample(64, 4);
	check_sample(0, 0);
}

/* Sealed ahead in parts, with something left over each time: indices go on without gap. */
static void presealed_packets_go_on_where_they_were_left(void **state)
{
	struct presealed *p;
	uint64_t sent = 0;

	(void)state;
	mirror_open(&m, ECHO_SRTP, "opus", BOTH);
	p = presealed_create((size_t)100 * (320 + 10), transmit_frame_max(&m.transmitter));
	assert_non_null(p);
	m.receiver.stamps = (struct receive_stamps){.tsc = p->stamps, .n = p->n};
	for (unsigned trial = 0; trial < 20; trial++) {
		assert_true(presealed_fill(p, &m.transmitter, trial % 2 ? 77 : UINT64_MAX));
		assert_int_equal(presealed_waiting(p), trial % 2 ? 77 : p->n);
		for (uint32_t i = 0; i < 65; i++, p->tail++, sent++) {
			uint64_t at = p->tail % p->n;
			uint32_t len;

			m.frames[0] = (struct tx_frame){.data = m.memory[0], .len = p->lens[at]};
			memcpy(m.memory[0], p->slots + at * p->slot_bytes, p->lens[at]);
			p->stamps[at] = 1777 - sent % 100;
			(void)mirror_payload(&m.frames[0], &len);
			mirror_turn(&m.frames[0], len);
			mirror_receive(&m, m.frames, 1);
		}
	}
	assert_int_equal(m.receiver.counts.verified, sent);
	assert_int_equal(m.receiver.counts.duplicated + m.receiver.counts.reordered, 0);
	assert_int_equal(m.latency.max, 99);
	assert_int_equal(histogram_quantile(&m.latency, 50, 100) / 4, 49 / 4);
	presealed_destroy(p);
	mirror_close(&m);
}

static void video_sends_whole_frames_with_one_timestamp(void **state)
{
	uint32_t len, bytes = 0, timestamp = 0;

	(void)state;
	mirror_open(&m, ECHO_RTP, "video", BOTH);
	m.transmitter.turn = CODEC_VIDEO_PACKETS;
	mirror_build(&m, 2 * CODEC_VIDEO_PACKETS);
	for (unsigned i = 0; i < CODEC_VIDEO_PACKETS; i++) {
		const uint8_t *rtp = mirror_payload(&m.frames[i], &len);

		if (i == 0)
			memcpy(&timestamp, rtp + 4, 4);
		assert_memory_equal(rtp + 4, &timestamp, 4);
		assert_int_equal(rtp[1] >> 7, i == CODEC_VIDEO_PACKETS - 1);
		assert_int_equal(rtp[11], mirror_payload(&m.frames[0], &len)[11]);
		(void)mirror_payload(&m.frames[i], &len);
		bytes += len - 12;
	}
	assert_int_equal(bytes * 30 * 8, 1500000);
	assert_int_not_equal(mirror_payload(&m.frames[CODEC_VIDEO_PACKETS], &len)[11],
		mirror_payload(&m.frames[0], &len)[11]);
	mirror_close(&m);
}

static void random_damage_is_survived_and_counted(void **state)
{
	struct support_rng rng = {7};

	(void)state;
	mirror_open(&m, relayed[2], "opus", BOTH);
	for (unsigned round = 0; round < 3000; round++) {
		mirror_build(&m, 16);
		for (unsigned i = 0; i < 16; i++) {
			struct tx_frame *frame = &m.frames[i];

			mirror_relay(&m, frame);
			if (support_chance(&rng, 300))
				frame->len = support_below(&rng, frame->len + 1);
			for (unsigned k = support_below(&rng, 3); k > 0 && frame->len > 0; k--)
				frame->data[support_below(
					&rng, frame->len < 80 ? frame->len : 80)] =
					(uint8_t)support_random(&rng);
		}
		mirror_receive(&m, m.frames, 16);
		check_sum();
	}
	assert_true(m.receiver.counts.good > 1000);
	assert_true(faults() > 1000);
	mirror_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(relayed_packets_verify),
		cmocka_unit_test(relayed_reports_verify),
		cmocka_unit_test(one_direction_sends_and_expects_that_alone),
		cmocka_unit_test(changed_packet_is_found_by_its_name),
		cmocka_unit_test(misdirected_packet_is_found_by_its_name),
		cmocka_unit_test(wrong_checksum_is_found),
		cmocka_unit_test(port_s_word_on_checksums_is_taken),
		cmocka_unit_test(order_is_counted_as_it_was),
		cmocka_unit_test(order_beyond_the_window_is_not_taken_for_late),
		cmocka_unit_test(sample_opens_one_in_so_many),
		cmocka_unit_test(presealed_packets_go_on_where_they_were_left),
		cmocka_unit_test(video_sends_whole_frames_with_one_timestamp),
		cmocka_unit_test(random_damage_is_survived_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
