/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets through worker_poll: what comes out is held against libsrtp2, and its headers against
 * code that shares nothing with the stages. */
#include "relay_endpoint_view.h"
#include "worker_rig.h"

enum { IN = 1, OUT = 2, APART = 3, SSRC = 0x5e55107e, PACKETS = 40 };

static const struct worker_rig_key cm = {SUITE_AES_CM_128_HMAC_SHA1_80, 1, 0};
static const struct worker_rig_key cm_short = {SUITE_AES_256_CM_HMAC_SHA1_32, 2, 0};
static const struct worker_rig_key gcm = {SUITE_AEAD_AES_128_GCM, 3, 0};
static const struct worker_rig_key gcm256 = {SUITE_AEAD_AES_256_GCM, 4, 0};

/* From A by one endpoint and by the other to B. */
struct path {
	const struct worker_rig_key *in, *out;
	bool in6, out6;
	uint8_t dscp;
	bool offload;
};

static struct worker_rig rig;

static struct relay_sockaddr host(bool ipv6, uint8_t last, uint16_t port)
{
	return ipv6 ? rig_frame_ipv6(last, port) : rig_frame_ipv4(last, port);
}

static struct worker_rig_endpoint in_endpoint(const struct path *p)
{
	return (struct worker_rig_endpoint){
		.index = IN,
		.local = {p->in6 ? WORKER_RIG_IPV6 : WORKER_RIG_IPV4, 20000},
		.remote = host(p->in6, 10, 5000),
		.to = OUT,
		.ingress = p->in,
		.destination = p->in6 ? WORKER_RIG_PLAIN_HOP6 : WORKER_RIG_PLAIN_HOP,
	};
}

static struct worker_rig_endpoint out_endpoint(const struct path *p)
{
	return (struct worker_rig_endpoint){
		.index = OUT,
		.local = {p->out6 ? WORKER_RIG_IPV6 : WORKER_RIG_IPV4, 20002},
		.remote = host(p->out6, 11, 6000),
		.dscp = p->dscp,
		.to = IN,
		.egress = p->out,
		.destination = p->out6 ? WORKER_RIG_VLAN_HOP6 : WORKER_RIG_VLAN_HOP,
	};
}

static void open_path(const struct path *p)
{
	const struct worker_rig_endpoint in = in_endpoint(p), out = out_endpoint(p);

	worker_rig_open(&rig, 1);
	rig.w[0]->ports[1].tx_offload = p->offload;
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
}

/* Packet 'i' of the test: each fifth is RTCP, and lengths go up. */
static uint32_t make_packet(uint32_t i, uint8_t *out, bool *rtcp)
{
	uint32_t len = 12 + i * 17;

	*rtcp = i % 5 == 4;
	if (*rtcp) {
		len = len / 4 * 4;
		rig_frame_rtcp(out, len, SSRC);
	} else {
		rig_frame_rtp(out, len, SSRC, (uint16_t)(65520 + i)); /* over a rollover */
	}
	return len;
}

static void send_from(
	struct relay_sockaddr from, struct relay_sockaddr to, const uint8_t *packet, uint32_t len)
{
	worker_rig_receive(
		0, 0, &(struct rig_frame){.from = from, .to = to, .payload = packet, .len = len});
}

static void send_in(const struct path *p, const uint8_t *packet, uint32_t len)
{
	send_from(host(p->in6, 10, 5000), host(p->in6, 1, 20000), packet, len);
}

static void send_all(const struct path *p)
{
	struct oracle o;

	if (p->in != NULL)
		worker_rig_oracle(&o, p->in, true);
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint8_t packet[RIG_FRAME_MAX];
		bool rtcp;
		uint32_t len = make_packet(i, packet, &rtcp);

		if (p->in != NULL)
			assert_int_equal(oracle_run(&o, rtcp, packet, &len), srtp_err_status_ok);
		send_in(p, packet, len);
	}
	if (p->in != NULL)
		oracle_close(&o);
}

static void check_headers(const struct path *p, const struct rig_frame_seen *seen)
{
	static const uint8_t mac[6] = {2, 2, 2, 2, 2, 2};
	const struct relay_sockaddr from = host(p->out6, 1, 20002), to = host(p->out6, 11, 6000);

	assert_memory_equal(seen->mac, mac, 6);
	assert_int_equal(seen->vlan, WORKER_RIG_VLAN);
	assert_int_equal(seen->dscp, p->dscp);
	assert_int_equal(seen->ttl, 64);
	assert_true(relay_address_equal(&seen->from, &from));
	assert_true(relay_address_equal(&seen->to, &to));
	if (p->offload)
		assert_int_equal(seen->udp_checksum, rig_frame_pseudo(seen));
}

static void check_sent(const struct path *p, struct oracle *o, uint32_t i)
{
	uint8_t frame[RIG_FRAME_MAX], got[RIG_FRAME_MAX], want[RIG_FRAME_MAX];
	struct rig_frame_seen seen;
	bool rtcp;
	uint32_t want_len = make_packet(i, want, &rtcp), len = worker_rig_sent(1, 0, frame);

	assert_int_not_equal(len, 0);
	rig_frame_parse(frame, len, !p->offload, &seen);
	check_headers(p, &seen);
	memcpy(got, seen.payload, seen.len);
	if (o != NULL)
		assert_int_equal(oracle_run(o, rtcp, got, &seen.len), srtp_err_status_ok);
	assert_int_equal(seen.len, want_len);
	assert_memory_equal(got, want, want_len);
}

static void packets_of_each_pairing_come_out_as_they_were(void **state)
{
	static const struct path rows[] = {
		{.dscp = 0},
		{.out = &cm, .dscp = 46},
		{.in = &cm},
		{.in = &cm, .out = &gcm, .dscp = 34},
		{.in = &gcm256, .out = &cm_short, .dscp = 63},
		{.in = &cm_short, .out = &gcm256},
		{.in6 = true, .dscp = 46},
		{.out6 = true, .dscp = 46},
		{.in6 = true, .in = &gcm, .out = &cm},
		{.out6 = true, .in = &gcm, .out = &cm, .dscp = 1},
		{.in6 = true, .out6 = true, .out = &gcm, .dscp = 63},
		{.offload = true, .out = &cm},
		{.offload = true, .out6 = true, .in = &cm},
	};

	(void)state;
	for (uint32_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		const struct path *p = &rows[row];
		struct relay_counts c;
		struct oracle o;

		open_path(p);
		send_all(p);
		c = worker_rig_run(&rig, 0);
		assert_int_equal(c.counts[RELAY_COUNTER_RX], PACKETS);
		assert_int_equal(c.counts[RELAY_COUNTER_TX], PACKETS);
		if (p->out != NULL)
			worker_rig_oracle(&o, p->out, false);
		for (uint32_t i = 0; i < PACKETS; i++)
			check_sent(p, p->out != NULL ? &o : NULL, i);
		if (p->out != NULL)
			oracle_close(&o);
		worker_rig_close(&rig);
	}
}

/* Where RTP and RTCP leave: 20002 and 20003 of ours. */
static void rtcp_is_taken_apart_and_put_together(void **state)
{
	const struct path p = {.dscp = 0};
	struct worker_rig_endpoint in = in_endpoint(&p), out = out_endpoint(&p), apart = out;
	uint8_t packet[64], frame[RIG_FRAME_MAX];
	struct rig_frame_seen seen;

	(void)state;
	worker_rig_open(&rig, 1);
	in.rtcp_to = APART;
	out.media = RELAY_MEDIA_RTP;
	apart.index = APART;
	apart.media = RELAY_MEDIA_RTCP;
	apart.local.port = 20003;
	apart.remote.port = 6001;
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
	worker_rig_install(&rig, &apart);
	for (uint32_t i = 0; i < 2; i++) {
		uint16_t port = (uint16_t)(20002 + i);

		rig_frame_rtcp(packet, 64, SSRC);
		if (i == 0)
			rig_frame_rtp(packet, 64, SSRC, 7);
		send_in(&p, packet, 64);
		assert_int_equal(worker_rig_run(&rig, 0).counts[RELAY_COUNTER_TX], 1);
		rig_frame_parse(frame, worker_rig_sent(1, 0, frame), true, &seen);
		assert_int_equal(seen.from.port, port);
		assert_int_equal(seen.to.port, 6000 + i);
		/* and back: from either port of theirs to the one of A */
		send_from(seen.to, seen.from, packet, 64);
		assert_int_equal(worker_rig_run(&rig, 0).counts[RELAY_COUNTER_TX], 1);
		rig_frame_parse(frame, worker_rig_sent(0, 0, frame), true, &seen);
		assert_int_equal(seen.vlan, 0);
		assert_int_equal(seen.from.port, 20000);
		assert_int_equal(seen.to.port, 5000);
		assert_memory_equal(seen.payload, packet, 64);
		/* the wrong one of the two */
		send_from(rig_frame_ipv4(11, (uint16_t)(6000 + i)),
			rig_frame_ipv4(1, (uint16_t)(20003 - i)), packet, 64);
		assert_int_equal(worker_rig_run(&rig, 0).drops[RELAY_DROP_WRONG_MEDIA], 1);
	}
	worker_rig_close(&rig);
}

/* By OUT. */
static void expect_sent_and_lost(uint64_t sent, uint64_t lost)
{
	struct relay_endpoint_view view;

	assert_true(relay_endpoint_read(&rig.w[0]->endpoints.records[OUT], &view));
	assert_int_equal(view.tx_packets, sent);
	assert_int_equal(view.tx_lost, lost);
	assert_true((view.tx_bytes != 0) == (sent != 0));
}

static void longest_packet_of_the_mtu_goes_and_a_longer_one_does_not(void **state)
{
	const struct path rows[] = {{.out = NULL}, {.out6 = true}, {.out = &cm}, {.out = &gcm}};
	const uint32_t added[] = {28, 48, 28 + 10, 28 + 16};

	(void)state;
	for (uint32_t row = 0; row < sizeof(added) / sizeof(added[0]); row++) {
		uint8_t packet[RIG_FRAME_MAX];
		struct relay_counts c;

		open_path(&rows[row]);
		rig_frame_rtp(packet, WORKER_RIG_MTU - added[row], SSRC, 1);
		send_in(&rows[row], packet, WORKER_RIG_MTU - added[row]);
		c = worker_rig_run(&rig, 0);
		assert_int_equal(c.counts[RELAY_COUNTER_TX], 1);
		rig_frame_rtp(packet, WORKER_RIG_MTU - added[row] + 1, SSRC, 2);
		send_in(&rows[row], packet, WORKER_RIG_MTU - added[row] + 1);
		c = worker_rig_run(&rig, 0);
		assert_int_equal(c.counts[RELAY_COUNTER_TX], 0);
		assert_int_equal(c.drops[RELAY_DROP_MTU], 1);
		expect_sent_and_lost(1, 1);
		worker_rig_close(&rig);
	}
}

/* One packet, and the one counter that must have gone up; RELAY_DROP_COUNT: it was sent. */
static void expect_drop(struct relay_sockaddr from, enum relay_drop why)
{
	uint8_t packet[100];
	struct relay_counts c;

	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	send_from(from, rig_frame_ipv4(1, 20000), packet, sizeof(packet));
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_RX], 1);
	assert_int_equal(why == RELAY_DROP_COUNT ? c.counts[RELAY_COUNTER_TX] : c.drops[why], 1);
}

static void resolve_out(uint32_t destination)
{
	struct endpoints *e = &rig.w[0]->endpoints;

	endpoint_resolved(e, OUT, worker_rig_generation(OUT), &e->slots[OUT].remote, destination);
}

static void packet_without_a_way_is_dropped_for_its_reason(void **state)
{
	const struct relay_sockaddr a = rig_frame_ipv4(10, 5000);
	const struct path p = {.dscp = 0};
	struct worker_rig_endpoint in = in_endpoint(&p), out = out_endpoint(&p);

	(void)state;
	worker_rig_open(&rig, 1);
	expect_drop(a, RELAY_DROP_NO_ENDPOINT);
	worker_rig_install(&rig, &in);
	expect_drop(rig_frame_ipv4(10, 5001), RELAY_DROP_SOURCE);
	expect_drop(rig_frame_ipv4(12, 5000), RELAY_DROP_SOURCE);
	expect_drop(a, RELAY_DROP_NO_ROUTE);
	out.remote = (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	out.source = RELAY_SOURCE_LATCH;
	out.destination = 0;
	worker_rig_install(&rig, &out);
	expect_drop(a, RELAY_DROP_NO_REMOTE);
	worker_rig_close(&rig);
	open_path(&p);
	resolve_out(WORKER_RIG_NO_HOP);
	expect_drop(a, RELAY_DROP_NO_NEIGHBOUR);
	resolve_out(WORKER_RIG_VLAN_HOP);
	assert_true(worker_rig_clog(1, 0) > 0);
	expect_drop(a, RELAY_DROP_TX_FULL);
	assert_int_equal(atomic_load(&rig.w[0]->endpoints.records[IN].dropped), 2);
	expect_sent_and_lost(0, 1);
	(void)worker_rig_drain(1, 0);
	expect_drop(a, RELAY_DROP_COUNT);
	expect_sent_and_lost(1, 1);
	worker_rig_close(&rig);
}

/* The number of a slot is the client's, and nobody's when the route leads nowhere. */
static void route_to_nowhere_is_never_followed(void **state)
{
	const struct path p = {.dscp = 0};
	const struct worker_rig_endpoint in = in_endpoint(&p);
	struct relay_record record;
	struct relay_command c = worker_rig_command(&in, &record);

	(void)state;
	worker_rig_open(&rig, 1);
	c.routes[RELAY_ROUTE_RTP] = (struct relay_route){UINT32_MAX, 0};
	assert_int_equal(endpoint_command(&rig.w[0]->endpoints, &c, &record, 1), 0);
	expect_drop(in.remote, RELAY_DROP_NO_ROUTE);
	c.type = RELAY_COMMAND_UPDATE;
	c.set = RELAY_SET_ROUTES;
	c.routes[RELAY_ROUTE_RTP].endpoint = 0x40000000;
	assert_int_equal(endpoint_command(&rig.w[0]->endpoints, &c, &record, 1), 0);
	expect_drop(in.remote, RELAY_DROP_NO_ROUTE);
	worker_rig_close(&rig);
}

static const struct relay_sockaddr *remote_of(uint32_t index)
{
	return &rig.w[0]->endpoints.slots[index].remote;
}

static void replayed_and_forged_packets_teach_nothing(void **state)
{
	const struct path p = {.in = &cm};
	struct worker_rig_endpoint in = in_endpoint(&p), out = out_endpoint(&p);
	const struct relay_sockaddr a = in.remote, evil = rig_frame_ipv4(66, 666);
	uint8_t packet[200], forged[200];
	uint32_t len = 100;
	struct relay_counts c;
	struct oracle o;

	(void)state;
	worker_rig_open(&rig, 1);
	in.source = RELAY_SOURCE_HANDOVER;
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
	worker_rig_oracle(&o, &cm, true);
	rig_frame_rtp(packet, len, SSRC, 9);
	assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
	for (uint32_t i = 0; i < len; i++) {
		memcpy(forged, packet, len);
		forged[i] ^= 0x40;
		send_from(evil, rig_frame_ipv4(1, 20000), forged, len);
	}
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_TX], 0);
	assert_true(c.drops[RELAY_DROP_TAG_MISMATCH] >= len - 3); /* but for the first octets */
	assert_true(relay_address_equal(remote_of(IN), &a));
	send_from(a, rig_frame_ipv4(1, 20000), packet, len);
	send_from(evil, rig_frame_ipv4(1, 20000), packet, len);
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_TX], 1);
	assert_int_equal(c.drops[RELAY_DROP_REPLAYED], 1);
	assert_true(relay_address_equal(remote_of(IN), &a));
	/* an authentic one does move it */
	len = 100;
	rig_frame_rtp(packet, len, SSRC, 10);
	assert_int_equal(oracle_run(&o, false, packet, &len), srtp_err_status_ok);
	send_from(evil, rig_frame_ipv4(1, 20000), packet, len);
	assert_int_equal(worker_rig_run(&rig, 0).counts[RELAY_COUNTER_TX], 1);
	assert_true(relay_address_equal(remote_of(IN), &evil));
	oracle_close(&o);
	worker_rig_close(&rig);
}

static void latch_takes_the_first_of_a_burst(void **state)
{
	const struct path p = {.dscp = 0};
	struct worker_rig_endpoint in = in_endpoint(&p), out = out_endpoint(&p);
	const struct relay_sockaddr first = rig_frame_ipv4(20, 2000),
				    next = rig_frame_ipv4(21, 2100);
	uint8_t packet[50];
	struct relay_counts c;

	(void)state;
	worker_rig_open(&rig, 1);
	in.source = RELAY_SOURCE_LATCH;
	in.remote = (struct relay_sockaddr){.family = RELAY_FAMILY_NONE};
	worker_rig_install(&rig, &in);
	worker_rig_install(&rig, &out);
	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	send_from(first, rig_frame_ipv4(1, 20000), packet, sizeof(packet));
	send_from(next, rig_frame_ipv4(1, 20000), packet, sizeof(packet));
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_TX], 1);
	assert_int_equal(c.drops[RELAY_DROP_SOURCE], 1);
	assert_true(relay_address_equal(remote_of(IN), &first));
	worker_rig_close(&rig);
}

static void frames_that_are_no_media_go_where_they_belong(void **state)
{
	const struct path p = {.dscp = 0};
	uint8_t frame[RIG_FRAME_MAX], packet[100];
	struct rig_frame f = {.from = host(false, 10, 5000),
		.to = host(false, 1, 20000),
		.payload = packet,
		.len = 100};
	struct rte_mbuf *m;
	struct relay_counts c;
	void *kept = NULL;

	(void)state;
	open_path(&p);
	rig_frame_rtp(packet, 100, SSRC, 1);
	rig_frame_arp(frame);
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 42));
	worker_rig_put(1, 0, worker_rig_mbuf(frame, 42)); /* has no way to the kernel */
	m = worker_rig_mbuf(frame, rig_frame_build(frame, &f));
	m->next = worker_rig_mbuf(packet, 10);
	m->nb_segs = 2;
	m->pkt_len += 10;
	worker_rig_put(0, 0, m);
	frame[14 + 20 + 6] ^= 1; /* UDP's checksum */
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 142));
	frame[14 + 20 + 6] ^= 1;
	frame[14 + 10] ^= 1; /* IP's */
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 142));
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 141)); /* cut off */
	f.no_checksum = true;
	worker_rig_receive(0, 0, &f);
	frame[14 + 10] ^= 1;
	frame[5] ^= 1; /* to another host, whose frames we only hear */
	worker_rig_put(0, 0, worker_rig_mbuf(frame, 142));
	f.vlan = WORKER_RIG_VLAN + 1; /* in a VLAN that the kernel may know */
	worker_rig_receive(1, 0, &f);
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.drops[RELAY_DROP_OTHER_HOST], 1);
	assert_int_equal(c.counts[RELAY_COUNTER_PUNT_KERNEL], 1);
	assert_int_equal(c.counts[RELAY_COUNTER_PUNT], 1);
	assert_int_equal(c.drops[RELAY_DROP_NOT_OURS], 2);
	assert_int_equal(c.drops[RELAY_DROP_CHAINED], 1);
	assert_int_equal(c.drops[RELAY_DROP_BAD_CHECKSUM], 2);
	assert_int_equal(c.drops[RELAY_DROP_MALFORMED], 1);
	assert_int_equal(c.counts[RELAY_COUNTER_TX], 1); /* IPv4 may go without */
	assert_int_equal(rte_ring_dequeue(rig.w[0]->to_kernel, &kept), 0);
	m = kept;
	rig_frame_arp(frame);
	assert_int_equal(m->port, 0);
	assert_int_equal(m->pkt_len, 42);
	assert_memory_equal(rte_pktmbuf_mtod(m, void *), frame, 42);
	rte_pktmbuf_free(m);
	for (uint32_t i = 0; i < 20; i++)
		worker_rig_put(0, 0, worker_rig_mbuf(frame, 42));
	c = worker_rig_run(&rig, 0);
	assert_int_equal(c.counts[RELAY_COUNTER_PUNT_KERNEL], 15);
	assert_int_equal(c.drops[RELAY_DROP_KERNEL_FULL], 5);
	worker_rig_close(&rig);
}

static void count_free(void *addr, void *freed)
{
	(void)addr;
	++*(uint32_t *)freed;
}

/* As a NIC's driver has it that lets packets share a buffer of its own (mprq_en of mlx5). */
static void packet_in_a_buffer_of_the_driver_gives_it_back(void **state)
{
	const struct path rows[] = {{.out = &cm}, {.out = &cm, .offload = true}};
	static _Alignas(64) uint8_t buffer[RIG_FRAME_MAX];
	uint8_t packet[100];

	(void)state;
	rig_frame_rtp(packet, sizeof(packet), SSRC, 1);
	for (uint32_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		const struct rig_frame f = {.from = host(false, 10, 5000),
			.to = host(false, 1, 20000),
			.payload = packet,
			.len = sizeof(packet)};
		uint16_t size = sizeof(buffer) - RTE_PKTMBUF_HEADROOM, len;
		uint8_t frame[RIG_FRAME_MAX];
		struct rte_mbuf_ext_shared_info *shared;
		struct rte_mbuf *m;
		uint32_t freed = 0;

		open_path(&rows[row]);
		m = worker_rig_mbuf(frame, 0);
		assert_non_null(m);
		shared = rte_pktmbuf_ext_shinfo_init_helper(buffer, &size, count_free, &freed);
		assert_non_null(shared);
		rte_pktmbuf_attach_extbuf(m, buffer, RTE_BAD_IOVA, size, shared);
		len = (uint16_t)rig_frame_build(frame, &f);
		m->data_off = RTE_PKTMBUF_HEADROOM;
		memcpy(rte_pktmbuf_append(m, len), frame, len);
		worker_rig_put(0, 0, m);
		assert_int_equal(worker_rig_run(&rig, 0).counts[RELAY_COUNTER_TX], 1);
		assert_int_equal(freed, 0);
		assert_int_not_equal(worker_rig_sent(1, 0, frame), 0);
		assert_int_equal(freed, 1);
		worker_rig_close(&rig);
	}
}

/* A right frame, often with some octet changed or its end cut off. */
static void put_random(struct support_rng *rng)
{
	uint8_t frame[RIG_FRAME_MAX], packet[300];
	uint32_t len = 20 + support_below(rng, 280);
	const bool ipv6 = support_chance(rng, 300);
	struct rig_frame f = {.from = host(ipv6, 10, 5000),
		.to = host(ipv6, 1, (uint16_t)(20000 + support_below(rng, 4))),
		.payload = packet,
		.len = len,
		.vlan = (uint16_t)(support_chance(rng, 200) ? WORKER_RIG_VLAN : 0)};
	struct rte_mbuf *m;

	rig_frame_rtp(packet, len, support_below(rng, 6), (uint16_t)support_random(rng));
	if (support_chance(rng, 150))
		rig_frame_rtcp(packet, len / 4 * 4, support_below(rng, 6));
	if (support_chance(rng, 100))
		rig_frame_stun(packet);
	len = rig_frame_build(frame, &f);
	if (support_chance(rng, 300))
		frame[support_below(rng, len)] ^= (uint8_t)(1 + support_below(rng, 255));
	if (support_chance(rng, 100))
		len = support_below(rng, len + 1);
	if (support_chance(rng, 100))
		support_fill(rng, frame, len);
	m = worker_rig_mbuf(frame, len);
	if (support_chance(rng, 500)) /* looked at by the NIC: then the stages trust it */
		m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	worker_rig_put(support_below(rng, 2), 0, m);
}

static void counters_balance_whatever_comes(void **state)
{
	struct support_rng rng = {.state = 20260101};
	const struct path p = {.in = &cm, .out = &gcm};
	struct worker_rig_endpoint back = out_endpoint(&p);
	uint64_t seen = 0;

	(void)state;
	open_path(&p);
	back.index = APART;
	back.local.port = 20001;
	back.source = RELAY_SOURCE_ANY;
	back.egress = NULL;
	back.to = IN;
	back.rtcp_to = OUT;
	worker_rig_install(&rig, &back);
	for (uint32_t round = 0; round < 400; round++) {
		uint32_t n = 1 + support_below(&rng, 100);

		for (uint32_t i = 0; i < n; i++)
			put_random(&rng);
		seen = worker_rig_run(&rig, 0).counts[RELAY_COUNTER_RX];
		assert_int_equal(seen, n);
		if (round % 130 == 0) {
			void *m = NULL;

			while (rte_ring_dequeue(rig.w[0]->to_kernel, &m) == 0)
				rte_pktmbuf_free(m);
			(void)worker_rig_drain(0, 0);
			(void)worker_rig_drain(1, 0);
		}
	}
	assert_true(rig.w[0]->sums.counts[RELAY_COUNTER_TX] > 1000);
	assert_true(rig.w[0]->sums.drops[RELAY_DROP_TX_FULL] > 0);
	worker_rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_each_pairing_come_out_as_they_were),
		cmocka_unit_test(rtcp_is_taken_apart_and_put_together),
		cmocka_unit_test(longest_packet_of_the_mtu_goes_and_a_longer_one_does_not),
		cmocka_unit_test(packet_without_a_way_is_dropped_for_its_reason),
		cmocka_unit_test(route_to_nowhere_is_never_followed),
		cmocka_unit_test(replayed_and_forged_packets_teach_nothing),
		cmocka_unit_test(latch_takes_the_first_of_a_burst),
		cmocka_unit_test(frames_that_are_no_media_go_where_they_belong),
		cmocka_unit_test(packet_in_a_buffer_of_the_driver_gives_it_back),
		cmocka_unit_test(counters_balance_whatever_comes),
	};

	return cmocka_run_group_tests(tests, worker_rig_setup, worker_rig_teardown);
}
