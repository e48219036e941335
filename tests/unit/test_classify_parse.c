/* SPDX-License-Identifier: BSD-3-Clause */
/* What is media and what not, byte by byte; nothing outside a frame is read; a wrong checksum is
 * found. */
#include "classify.h"
#include "frames.h"
#include "support.h"

enum { PORT_MIN = 20000, PORT_MAX = 29999, PEER = 4000, RTP_LEN = 32, FAMILIES = 2 };

static const uint8_t rtp[RTP_LEN] = {0x80, 96, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, 'p', 'a', 'y', 0xff};
static const struct relay_sockaddr our4 = {{10, 0, 0, 2}, PORT_MIN, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr peer4 = {{10, 0, 0, 9}, PEER, RELAY_FAMILY_IPV4, 0};
static const struct relay_sockaddr our6 = {
	{0x20, 1, 0xd, 0xb8, [15] = 2}, PORT_MIN, RELAY_FAMILY_IPV6, 0};
static const struct relay_sockaddr peer6 = {
	{0x20, 1, 0xd, 0xb8, [15] = 9}, PEER, RELAY_FAMILY_IPV6, 0};

static struct local_table local;
static const struct classify_config config = {&local, PORT_MIN, PORT_MAX};
static struct classify_port port; /* of the rig's MAC, untagged and with its first tag */
static struct support_guard guard;

static struct frames_spec media(uint8_t family)
{
	bool is_ipv4 = family == RELAY_FAMILY_IPV4;

	return (struct frames_spec){
		.from = is_ipv4 ? peer4 : peer6,
		.to = is_ipv4 ? our4 : our6,
		.payload = rtp,
		.payload_len = RTP_LEN,
	};
}

/* Parses a copy that ends where memory does. */
static enum classify_result parse_bytes(const uint8_t *frame, uint32_t len, struct pkt_meta *meta)
{
	uint8_t *copy = support_guard_before_end(&guard, len);

	memcpy(copy, frame, len);
	memset(meta, 0xa5, sizeof(*meta));
	return classify_parse(&config, &port, copy, len, meta);
}

static enum classify_result parse(const struct frames_spec *spec, struct pkt_meta *meta)
{
	uint8_t frame[FRAMES_ROOM];
	uint32_t len = frames_build(spec, frame);
	enum classify_result result = parse_bytes(frame, len, meta);

	if (result == CLASSIFY_MEDIA) {
		assert_true((uint32_t)meta->off + meta->len + spec->padding <= len);
		assert_memory_equal(frame + meta->off, spec->payload, meta->len);
	}
	return result;
}

static const uint8_t families[FAMILIES] = {RELAY_FAMILY_IPV4, RELAY_FAMILY_IPV6};

static void media_of_each_shape_is_found(void **state)
{
	static const struct {
		uint16_t tags[FRAMES_TAGS_MAX];
		uint32_t options, padding, header; /* 'header': Ethernet and tags */
	} rows[] = {
		{{0}, 0, 0, 14},
		{{0}, 0, 18, 14},
		{{0}, 4, 0, 14},
		{{0}, 40, 7, 14},
		{{FRAMES_VLAN}, 0, 0, 18},
		{{FRAMES_VLAN}, 8, 3, 18},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t f = 0; f < FAMILIES; f++) {
			struct frames_spec s = media(families[f]);
			bool is_ipv4 = families[f] == RELAY_FAMILY_IPV4;
			struct pkt_meta meta;

			memcpy(s.tags, rows[i].tags, sizeof(s.tags));
			s.options = is_ipv4 ? rows[i].options : 0;
			s.padding = rows[i].padding;
			assert_int_equal(parse(&s, &meta), CLASSIFY_MEDIA);
			assert_int_equal(
				meta.off, rows[i].header + (is_ipv4 ? 28 + s.options : 48));
			assert_int_equal(meta.len, RTP_LEN);
			assert_int_equal(meta.class, PKT_RTP);
			assert_int_equal(meta.local_port, PORT_MIN);
			assert_int_equal(meta.local_address, f);
			assert_memory_equal(&meta.source, &s.from, sizeof(s.from));
		}
}

static void frame_cut_anywhere_is_malformed(void **state)
{
	static const uint16_t tags[][FRAMES_TAGS_MAX] = {{0}, {FRAMES_VLAN}};
	uint8_t frame[FRAMES_ROOM];
	struct pkt_meta meta;

	(void)state;
	for (size_t t = 0; t < sizeof(tags) / sizeof(tags[0]); t++)
		for (uint32_t f = 0; f < FAMILIES; f++)
			for (uint32_t options = 0; options <= 40; options += 20) {
				struct frames_spec s = media(families[f]);
				uint32_t len;

				memcpy(s.tags, tags[t], sizeof(s.tags));
				s.options = families[f] == RELAY_FAMILY_IPV4 ? options : 0;
				len = frames_build(&s, frame);
				for (uint32_t cut = 0; cut < len; cut++)
					assert_int_equal(
						parse_bytes(frame, cut, &meta), CLASSIFY_MALFORMED);
			}
}

static void fragment_is_told_apart(void **state)
{
	static const struct {
		uint8_t family, proto;
		uint16_t field; /* as in the header */
		enum classify_result want;
	} rows[] = {
		{RELAY_FAMILY_IPV4, 0, FRAMES_MORE, CLASSIFY_FRAGMENT},
		/* what follows the first has no port */
		{RELAY_FAMILY_IPV4, 0, FRAMES_MORE | 1, CLASSIFY_FRAGMENT_LATER},
		{RELAY_FAMILY_IPV4, 0, 1, CLASSIFY_FRAGMENT_LATER},
		{RELAY_FAMILY_IPV4, 0, 0x1fff, CLASSIFY_FRAGMENT_LATER},
		{RELAY_FAMILY_IPV4, 6, 1, CLASSIFY_KERNEL},
		{RELAY_FAMILY_IPV4, 6, FRAMES_MORE, CLASSIFY_KERNEL},
		{RELAY_FAMILY_IPV4, 0, 0x4000, CLASSIFY_MEDIA}, /* DF */
		{RELAY_FAMILY_IPV4, 0, 0x8000, CLASSIFY_MEDIA}, /* reserved, RFC 3514 */
		{RELAY_FAMILY_IPV6, 0, 1, CLASSIFY_FRAGMENT},
		{RELAY_FAMILY_IPV6, 0, 8 | 1, CLASSIFY_FRAGMENT_LATER},
		{RELAY_FAMILY_IPV6, 0, 8, CLASSIFY_FRAGMENT_LATER},
		{RELAY_FAMILY_IPV6, 0, 0, CLASSIFY_FRAGMENT}, /* atomic: no media is sent so */
		{RELAY_FAMILY_IPV6, 58, 1, CLASSIFY_KERNEL},
	};
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frames_spec s = media(rows[i].family);

		s.proto = rows[i].proto;
		s.fragment = rows[i].field;
		s.extended = rows[i].family == RELAY_FAMILY_IPV6;
		s.extension = 44;
		assert_int_equal(parse(&s, &meta), rows[i].want);
		s.to.port = PORT_MIN - 1; /* of the kernel, as its other packets are */
		assert_int_equal(parse(&s, &meta), rows[i].want == CLASSIFY_FRAGMENT_LATER
							   ? CLASSIFY_FRAGMENT_LATER
							   : CLASSIFY_KERNEL);
	}
}

/* The first fragment has to say its port. Of IPv4, some payload and no header. */
static void first_fragment_without_its_port_is_malformed(void **state)
{
	struct frames_spec s = media(RELAY_FAMILY_IPV4);
	uint8_t frame[FRAMES_ROOM];
	struct pkt_meta meta;

	(void)state;
	s.fragment = FRAMES_MORE;
	(void)frames_build(&s, frame);
	frame[16] = 0;
	for (uint8_t len = 0; len <= 9; len++) {
		frame[17] = 20 + len;
		assert_int_equal(parse_bytes(frame, 14 + 20 + len, &meta),
			len < 8 ? CLASSIFY_MALFORMED : CLASSIFY_FRAGMENT);
	}
}

/* Neither read past the end nor taken for a fragment of ours; the kernel may judge it. */
static void fragment_header_cut_short_is_the_kernels(void **state)
{
	struct frames_spec s = media(RELAY_FAMILY_IPV6);
	uint8_t frame[FRAMES_ROOM];
	struct pkt_meta meta;

	(void)state;
	s.extended = true;
	s.extension = 44;
	(void)frames_build(&s, frame);
	frame[18] = 0;
	for (uint8_t len = 0; len <= 16; len++) {
		frame[19] = len; /* of the IP payload */
		assert_int_equal(
			parse_bytes(frame, 14 + 40 + len, &meta), len < 8    ? CLASSIFY_KERNEL
								  : len < 16 ? CLASSIFY_MALFORMED
									     : CLASSIFY_FRAGMENT);
	}
}

/* Hop-by-hop, routing and destination options, a tunnel, other protocols, a third tag. */
static void what_is_not_plain_udp_is_the_kernels(void **state)
{
	static const uint8_t extensions[] = {0, 43, 60, 50, 51};
	static const uint8_t protos[] = {1, 6, 16, 18, 41, 58, 132, 136};
	static const uint16_t types[] = {0x0806, 0x0801, 0x9100, 0x86dc, 0x88cc, 64};
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(extensions); i++) {
		struct frames_spec s = media(RELAY_FAMILY_IPV6);

		s.extended = true;
		s.extension = extensions[i];
		assert_int_equal(parse(&s, &meta), CLASSIFY_KERNEL);
	}
	for (uint32_t f = 0; f < FAMILIES; f++) {
		struct frames_spec s = media(families[f]);

		for (size_t i = 0; i < sizeof(protos); i++) {
			s.proto = protos[i];
			assert_int_equal(parse(&s, &meta), CLASSIFY_KERNEL);
		}
		s = media(families[f]);
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
			s.type = types[i];
			assert_int_equal(parse(&s, &meta), CLASSIFY_KERNEL);
		}
		s = media(families[f]);
		s.tags[0] = FRAMES_QINQ; /* the identifier is a service's, and no VLAN of ours */
		assert_int_equal(parse(&s, &meta), CLASSIFY_KERNEL);
		s.tags[1] = FRAMES_VLAN;
		assert_int_equal(parse(&s, &meta), CLASSIFY_KERNEL);
		s.tags[2] = FRAMES_VLAN;
		assert_int_equal(parse(&s, &meta), CLASSIFY_KERNEL);
	}
}

/* The Ethertype says one version, the packet the other. */
static void wrong_version_is_malformed(void **state)
{
	struct pkt_meta meta;

	(void)state;
	for (uint32_t f = 0; f < FAMILIES; f++) {
		struct frames_spec s = media(families[f]);

		s.type = families[f] == RELAY_FAMILY_IPV4 ? 0x86dd : 0x0800;
		assert_int_equal(parse(&s, &meta), CLASSIFY_MALFORMED);
	}
}

static void ipv4_header_length_below_five_or_past_the_packet_is_malformed(void **state)
{
	struct frames_spec s = media(RELAY_FAMILY_IPV4);
	uint8_t frame[FRAMES_ROOM];
	uint32_t len;
	struct pkt_meta meta;

	(void)state;
	s.payload_len = 2; /* the packet has 30 bytes */
	len = frames_build(&s, frame);
	assert_int_equal(parse_bytes(frame, len, &meta), CLASSIFY_MEDIA);
	for (uint8_t words = 0; words < 16; words++) {
		frame[14] = 0x40 | words;
		if (words != 5)
			assert_int_equal(parse_bytes(frame, len, &meta), CLASSIFY_MALFORMED);
	}
}

static void length_that_lies_is_judged(void **state)
{
	static const struct {
		int32_t ip, udp;
		uint32_t padding;
		enum classify_result want;
		uint32_t len;
	} rows[] = {
		{1, 0, 0, CLASSIFY_MALFORMED, 0},
		{-1, 0, 0, CLASSIFY_MALFORMED, 0}, /* UDP past IP */
		{-RTP_LEN - 1, 0, 0, CLASSIFY_MALFORMED, 0},
		{-1000, 0, 0, CLASSIFY_MALFORMED, 0},
		{1, 0, 1, CLASSIFY_MEDIA, RTP_LEN}, /* bytes between UDP and IP's end */
		{2, 0, 1, CLASSIFY_MALFORMED, 0},
		{0, 1, 0, CLASSIFY_MALFORMED, 0},
		{0, 1, 9, CLASSIFY_MALFORMED, 0}, /* into the padding */
		{0, -1, 0, CLASSIFY_MEDIA, RTP_LEN - 1},
		{0, -RTP_LEN + 2, 0, CLASSIFY_MEDIA, 2},
		{0, -RTP_LEN + 1, 0, CLASSIFY_NOT_MEDIA, 0},
		{0, -RTP_LEN, 0, CLASSIFY_NOT_MEDIA, 0},
		{0, -RTP_LEN - 1, 0, CLASSIFY_MALFORMED, 0},
		{0, -RTP_LEN - 8, 0, CLASSIFY_MALFORMED, 0}, /* 0 */
		{0, 0xffff - RTP_LEN - 8, 0, CLASSIFY_MALFORMED, 0},
	};
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t f = 0; f < FAMILIES; f++) {
			struct frames_spec s = media(families[f]);

			s.ip_lie = rows[i].ip;
			s.udp_lie = rows[i].udp;
			s.padding = rows[i].padding;
			assert_int_equal(parse(&s, &meta), rows[i].want);
			if (rows[i].want == CLASSIFY_MEDIA)
				assert_int_equal(meta.len, rows[i].len);
		}
}

static void address_and_port_decide(void **state)
{
	static const struct {
		uint8_t last; /* byte of the destination address */
		uint16_t from, to;
		enum classify_result want;
	} rows[] = {
		{2, PEER, PORT_MIN, CLASSIFY_MEDIA},
		{2, PEER, PORT_MAX, CLASSIFY_MEDIA},
		{2, PEER, PORT_MIN - 1, CLASSIFY_KERNEL},
		{2, PEER, PORT_MAX + 1, CLASSIFY_KERNEL},
		{2, PEER, 0, CLASSIFY_KERNEL},
		{2, PEER, 65535, CLASSIFY_KERNEL},
		{3, PEER, PORT_MIN, CLASSIFY_KERNEL},
		{255, PEER, PORT_MIN, CLASSIFY_KERNEL},
		{2, 1, PORT_MIN, CLASSIFY_MEDIA},
		{2, 65535, PORT_MIN, CLASSIFY_MEDIA},
		{2, 0, PORT_MIN, CLASSIFY_MALFORMED}, /* can't be answered */
		{2, 0, PORT_MIN - 1, CLASSIFY_KERNEL},
	};
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t f = 0; f < FAMILIES; f++) {
			struct frames_spec s = media(families[f]);

			s.to.ip[families[f] == RELAY_FAMILY_IPV4 ? 3 : 15] = rows[i].last;
			s.to.port = rows[i].to;
			s.from.port = rows[i].from;
			assert_int_equal(parse(&s, &meta), rows[i].want);
			if (rows[i].want == CLASSIFY_MEDIA)
				assert_int_equal(meta.local_port, rows[i].to);
		}
}

/* RFC 7983 7, all first bytes: its classes are ranges, whose ends these rows are. */
static void first_byte_tells_the_class(void **state)
{
	static const struct {
		uint8_t low, high;
		enum classify_result want;
		enum pkt_class class;
	} rows[] = {
		{0, 3, CLASSIFY_MEDIA, PKT_STUN},
		{4, 19, CLASSIFY_NOT_MEDIA, 0}, /* ZRTP among them */
		{20, 63, CLASSIFY_MEDIA, PKT_DTLS},
		{64, 127, CLASSIFY_NOT_MEDIA, 0}, /* TURN channels */
		{128, 191, CLASSIFY_MEDIA, PKT_RTP},
		{192, 255, CLASSIFY_NOT_MEDIA, 0},
	};
	uint8_t payload[RTP_LEN] = {0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42};
	struct pkt_meta meta;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint32_t byte = rows[i].low; byte <= rows[i].high; byte++) {
			struct frames_spec s = media(families[byte % 2]);

			s.payload = payload;
			payload[0] = (uint8_t)byte;
			assert_int_equal(parse(&s, &meta), rows[i].want);
			if (rows[i].want == CLASSIFY_MEDIA)
				assert_int_equal(meta.class, rows[i].class);
		}
}

/* RFC 5761 4: all second bytes. */
static void second_byte_tells_rtcp(void **state)
{
	uint8_t payload[RTP_LEN];
	struct pkt_meta meta;

	(void)state;
	memcpy(payload, rtp, sizeof(payload));
	for (uint32_t byte = 0; byte < 256; byte++) {
		struct frames_spec s = media(families[byte % 2]);

		s.payload = payload;
		payload[1] = (uint8_t)byte;
		assert_int_equal(parse(&s, &meta), CLASSIFY_MEDIA);
		assert_int_equal(meta.class, byte < 192 || byte > 223 ? PKT_RTP : PKT_RTCP);
	}
}

static void stun_needs_its_header_and_its_cookie(void **state)
{
	uint8_t payload[RTP_LEN] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
	struct frames_spec s = media(RELAY_FAMILY_IPV4);
	struct pkt_meta meta;

	(void)state;
	s.payload = payload;
	for (s.payload_len = 0; s.payload_len <= RTP_LEN; s.payload_len++)
		assert_int_equal(
			parse(&s, &meta), s.payload_len < 20 ? CLASSIFY_NOT_MEDIA : CLASSIFY_MEDIA);
	s.payload_len = 20;
	for (uint32_t bit = 0; bit < 32; bit++) {
		payload[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(parse(&s, &meta), CLASSIFY_NOT_MEDIA);
		payload[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* Of what classify_parse calls media; both called as the stage calls them. */
static bool checksums_right(const uint8_t *frame, uint32_t len)
{
	struct pkt_meta meta;

	assert_int_equal(parse_bytes(frame, len, &meta), CLASSIFY_MEDIA);
	return classify_checksums_right(support_guard_before_end(&guard, len), &meta);
}

static void right_checksums_are_right_at_each_length(void **state)
{
	static const uint16_t tags[][FRAMES_TAGS_MAX] = {{0}, {FRAMES_VLAN}};
	uint8_t frame[FRAMES_ROOM], payload[1500];
	struct support_rng rng = {1};

	(void)state;
	for (uint32_t len = 2; len < sizeof(payload); len += 1 + len / 8)
		for (size_t t = 0; t < sizeof(tags) / sizeof(tags[0]); t++)
			for (uint32_t f = 0; f < FAMILIES; f++) {
				struct frames_spec s = media(families[f]);
				uint32_t frame_len;

				support_fill(&rng, payload, len);
				payload[0] = 0x80;
				memcpy(s.tags, tags[t], sizeof(s.tags));
				s.payload = payload;
				s.payload_len = len;
				s.options = f == 0 ? len % 11 * 4 : 0;
				s.padding = len % 5;
				frame_len = frames_build(&s, frame);
				assert_true(checksums_right(frame, frame_len));
				frame[frame_len - s.padding - 1] ^= 1;
				assert_false(checksums_right(frame, frame_len));
			}
}

static void zero_checksum_is_none_in_ipv4_and_wrong_in_ipv6(void **state)
{
	uint8_t frame[FRAMES_ROOM];

	(void)state;
	for (uint32_t f = 0; f < FAMILIES; f++) {
		struct frames_spec s = media(families[f]);

		s.no_udp_checksum = true;
		assert_int_equal(checksums_right(frame, frames_build(&s, frame)),
			families[f] == RELAY_FAMILY_IPV4);
	}
}

/* A sum of zero travels as 0xffff: the payload's last word is what makes it so. */
static void checksum_of_all_ones_is_right(void **state)
{
	uint8_t frame[FRAMES_ROOM], payload[RTP_LEN];

	(void)state;
	for (uint32_t f = 0; f < FAMILIES; f++) {
		struct frames_spec s = media(families[f]);
		uint32_t at = families[f] == RELAY_FAMILY_IPV4 ? 34 : 54, len;
		uint16_t sum;

		memcpy(payload, rtp, sizeof(payload));
		s.payload = payload;
		(void)frames_build(&s, frame);
		payload[RTP_LEN - 2] = frame[at + 6]; /* were zero */
		payload[RTP_LEN - 1] = frame[at + 7];
		len = frames_build(&s, frame);
		memcpy(&sum, frame + at + 6, sizeof(sum));
		assert_int_equal(sum, 0xffff);
		assert_true(checksums_right(frame, len));
	}
}

/* Each bit from the IP header on: no media any more, or a wrong checksum, or nothing that counts.
 * The last are the IPv6 bits that no checksum covers: class and label, hop limit. */
static void each_bit_error_is_found_or_harmless(void **state)
{
	uint8_t frame[FRAMES_ROOM];
	struct pkt_meta before, after;

	(void)state;
	for (uint32_t f = 0; f < FAMILIES; f++) {
		struct frames_spec s = media(families[f]);
		uint32_t unseen = 0, len;

		s.tags[0] = FRAMES_VLAN;
		len = frames_build(&s, frame);
		assert_int_equal(parse_bytes(frame, len, &before), CLASSIFY_MEDIA);
		for (uint32_t bit = 18 * 8; bit < len * 8; bit++) {
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (parse_bytes(frame, len, &after) == CLASSIFY_MEDIA &&
				checksums_right(frame, len)) {
				assert_memory_equal(&before, &after, sizeof(before));
				unseen++;
			}
			frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_int_equal(unseen, families[f] == RELAY_FAMILY_IPV4 ? 0 : 28 + 8);
	}
}

static int open_guard(void **state)
{
	struct relay_sockaddr a = our4, b = our6;

	(void)state;
	a.port = b.port = 0;
	support_guard_open(&guard, FRAMES_ROOM);
	classify_port_init(&port, frames_mac);
	classify_port_add(&port, 0);
	classify_port_add(&port, FRAMES_TAG);
	return local_add(&local, &a) && local_add(&local, &b) ? 0 : -1;
}

static int close_guard(void **state)
{
	(void)state;
	support_guard_close(&guard);
	return 0;
}

/* Each length up to the whole, in front of a page that faults. */
static void neighbour_frames_are_known(void **state)
{
	static const uint8_t arp[14] = {[12] = 0x08, 0x06},
			     udp[14 + 41] = {[12] = 0x86, 0xdd, [20] = 17};
	uint8_t nd[18 + 41] = {[12] = 0x81, 0x00, [16] = 0x86, 0xdd, [18 + 6] = 58};
	struct support_guard g;

	(void)state;
	support_guard_open(&g, 256);
	assert_true(classify_is_neighbour(arp, sizeof(arp)));
	assert_false(classify_is_neighbour(udp, sizeof(udp)));
	for (unsigned type = 128; type < 140; type++) {
		nd[18 + 40] = (uint8_t)type;
		for (uint32_t len = 0; len <= sizeof(nd); len++) {
			uint8_t *at = support_guard_before_end(&g, len);

			memcpy(at, nd, len);
			assert_int_equal(classify_is_neighbour(at, len),
				len == sizeof(nd) && type >= 133 && type <= 137);
		}
	}
	support_guard_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbour_frames_are_known),
		cmocka_unit_test(media_of_each_shape_is_found),
		cmocka_unit_test(frame_cut_anywhere_is_malformed),
		cmocka_unit_test(fragment_is_told_apart),
		cmocka_unit_test(first_fragment_without_its_port_is_malformed),
		cmocka_unit_test(fragment_header_cut_short_is_the_kernels),
		cmocka_unit_test(what_is_not_plain_udp_is_the_kernels),
		cmocka_unit_test(wrong_version_is_malformed),
		cmocka_unit_test(ipv4_header_length_below_five_or_past_the_packet_is_malformed),
		cmocka_unit_test(length_that_lies_is_judged),
		cmocka_unit_test(address_and_port_decide),
		cmocka_unit_test(first_byte_tells_the_class),
		cmocka_unit_test(second_byte_tells_rtcp),
		cmocka_unit_test(stun_needs_its_header_and_its_cookie),
		cmocka_unit_test(right_checksums_are_right_at_each_length),
		cmocka_unit_test(zero_checksum_is_none_in_ipv4_and_wrong_in_ipv6),
		cmocka_unit_test(checksum_of_all_ones_is_right),
		cmocka_unit_test(each_bit_error_is_found_or_harmless),
	};

	return cmocka_run_group_tests(tests, open_guard, close_guard);
}
