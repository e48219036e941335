/* SPDX-License-Identifier: BSD-3-Clause */
/* A data plane that says and writes what it likes: its hello, counters of its rings, events, punted
 * packets, endpoint records, info. The client hands on what can be and keeps the rest back, wipes
 * its records, and never reads or writes past its own. */
#include "fuzz.h"

#include "plane_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct relay_geometry geometry = {2, 8, 8, 8, 8, 8};

/* Made once; the process ends with them. */
static struct relay_region data_region;
static int wake_fd;

static void make_region(void)
{
	if (data_region.base != NULL)
		return;
	FUZZ_CHECK(relay_region_create(&data_region, RELAY_ROLE_DATA,
			   relay_layout_data_bytes(&geometry), relay_layout_hash()) == 0);
	relay_layout_info(data_region.base)->geometry = geometry;
	wake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FUZZ_CHECK(wake_fd >= 0);
}

static uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t high = fuzz_u16(in);

	return high << 16 | fuzz_u16(in);
}

/* Its hello: right, unless the first byte is odd, and then with some bytes changed. */
static void say_hello(struct fuzz_input *in, int sock)
{
	struct relay_attach_offer offer = {
		.hello = {.magic = RELAY_REGION_MAGIC,
			.abi_version = RELAY_ABI_VERSION,
			.role = RELAY_ROLE_DATA,
			.region_bytes = data_region.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = geometry},
		.region_fd = data_region.fd,
		.wake_fd = wake_fd,
	};

	if ((fuzz_u8(in) & 1) != 0) {
		uint8_t *hello = (uint8_t *)&offer.hello;
		uint32_t off = fuzz_u8(in) % sizeof(offer.hello);

		(void)fuzz_bytes(
			in, hello + off, fuzz_u8(in) % (uint32_t)(sizeof(offer.hello) - off + 1));
	}
	FUZZ_CHECK(relay_attach_send(sock, &offer) == 0);
}

static bool zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* What is handed on is what the header promises. */
static void check_event(void *arg, const struct relay_event *e)
{
	(void)arg;
	FUZZ_CHECK(e->version == RELAY_ABI_VERSION && e->type >= 1 &&
		   e->type <= RELAY_EVENT_WENT_BACK && e->status < RELAY_STATUS_COUNT);
	FUZZ_CHECK(e->endpoint < geometry.endpoints && relay_address_valid(&e->remote));
	FUZZ_CHECK(zero(e->reserved, sizeof(e->reserved)));
}

static void check_punt(void *arg, const struct relay_packet *p)
{
	(void)arg;
	FUZZ_CHECK(p->len <= RELAY_PACKET_DATA && p->endpoint < geometry.endpoints);
	FUZZ_CHECK(p->generation != 0 && relay_address_valid(&p->remote) &&
		   p->remote.family != RELAY_FAMILY_NONE && (p->class == 1 || p->class == 2));
}

static void install(struct fuzz_input *in, struct plane_client *c)
{
	const struct relay_command command = {.endpoint = fuzz_u8(in), .generation = 1};
	struct relay_record record;

	memset(&record, 0x5a, sizeof(record));
	(void)plane_client_install(c, &command, &record);
}

static void send_some(struct fuzz_input *in, struct plane_client *c)
{
	const struct relay_route to = {fuzz_u8(in), 1};
	uint16_t len = fuzz_u16(in);
	uint8_t *bytes = fuzz_alloc(len + 1u);

	memset(bytes, 1, len + 1u);
	(void)plane_client_inject(c, &to, NULL, bytes, len);
	(void)plane_client_remove(c, to.endpoint, 1, 0);
	free(bytes);
}

static void read_some(struct fuzz_input *in, struct plane_client *c)
{
	struct relay_sockaddr addresses[RELAY_ADDRESSES_MAX];
	struct relay_endpoint_view *view = (void *)fuzz_alloc(sizeof(*view));
	uint64_t port[RELAY_PORT_COUNT];
	struct relay_counts counts;
	struct relay_info info;

	plane_client_info(c, &info);
	FUZZ_CHECK(info.n_ports <= RELAY_PORTS_MAX && strlen(info.engine) < sizeof(info.engine) &&
		   strlen(info.profile) < sizeof(info.profile));
	FUZZ_CHECK(plane_client_addresses(c, addresses) <= RELAY_ADDRESSES_MAX);
	for (uint32_t i = 0; i < RELAY_ADDRESSES_MAX; i++)
		FUZZ_CHECK(relay_address_valid(&addresses[i]));
	(void)plane_client_read(c, fuzz_u8(in), view);
	if (plane_client_read(c, 0, view) != -EINVAL) {
		FUZZ_CHECK(view->identity.state <= RELAY_STATE_GONE);
		FUZZ_CHECK(view->n_ingress <= RELAY_SSRCS && view->n_egress <= RELAY_SSRCS);
	}
	FUZZ_CHECK(plane_client_next(c, 0) <= geometry.endpoints);
	(void)plane_client_total(c, &counts);
	(void)plane_client_port(c, fuzz_u8(in), port);
	free(view);
}

static void take_slot(struct fuzz_input *in, struct plane_client *c)
{
	struct relay_route slot;
	uint8_t worker = fuzz_u8(in);

	if (plane_client_slot_take(c, worker & 1, &slot) == 0)
		FUZZ_CHECK(slot.endpoint / 4 == (worker & 1u) && slot.generation != 0);
	plane_client_slot_give(c, fuzz_u8(in));
	slot = (struct relay_route){fuzz_u8(in) & 0x0f, fuzz_u8(in)};
	plane_client_slot_claim(c, &slot);
}

/* Bytes anywhere behind the header: the client has looked at that. */
static void scribble(struct fuzz_input *in)
{
	size_t room = data_region.bytes - sizeof(struct relay_region_header);
	size_t off = fuzz_u32(in) % room;
	uint32_t len = fuzz_u8(in);

	if (len > room - off)
		len = (uint32_t)(room - off);
	(void)fuzz_bytes(
		in, (uint8_t *)data_region.base + sizeof(struct relay_region_header) + off, len);
}

static void write_record(struct fuzz_input *in)
{
	uint8_t *e =
		(uint8_t *)&relay_layout_endpoints(data_region.base, &geometry)[fuzz_u8(in) & 7];
	uint32_t off = fuzz_u16(in) % sizeof(struct relay_endpoint);

	(void)fuzz_bytes(
		in, e + off, fuzz_u8(in) % (uint32_t)(sizeof(struct relay_endpoint) - off));
}

/* Half of a message from the input, and the head by as much as it says. */
static void write_ring(
	struct fuzz_input *in, struct relay_ring_head *head, size_t slot_bytes, uint32_t *count)
{
	uint8_t ahead = fuzz_u8(in);

	(void)fuzz_bytes(
		in, (uint8_t *)(head + 1) + (size_t)(*count % 8) * slot_bytes, RELAY_MESSAGE_BYTES);
	*count += ahead < 0xf0 ? 1 : ahead;
	atomic_store(&head->head, *count);
}

enum op {
	OP_SCRIBBLE,
	OP_RECORD,
	OP_EVENT,
	OP_PUNT,
	OP_COMMAND_TAIL,
	OP_INJECT_TAIL,
	OP_INSTALL,
	OP_SEND,
	OP_TAKE,
	OP_READ,
	OP_SLOT,
	OP_SLEEP,
	OP_COUNT
};

struct heads {
	uint32_t event[2], punt[2];
};

static void step_data(struct fuzz_input *in, enum op op, uint32_t i, struct heads *heads)
{
	if (op == OP_SCRIBBLE)
		scribble(in);
	else if (op == OP_RECORD)
		write_record(in);
	else if (op == OP_EVENT)
		write_ring(in, relay_layout_event_head(data_region.base, &geometry, i),
			RELAY_MESSAGE_BYTES, &heads->event[i]);
	else if (op == OP_PUNT)
		write_ring(in, relay_layout_punt_head(data_region.base, &geometry, i),
			RELAY_PACKET_BYTES, &heads->punt[i]);
	else if (op == OP_COMMAND_TAIL)
		atomic_store(&relay_layout_command_tail(data_region.base, &geometry, i)->tail,
			(uint32_t)(int8_t)fuzz_u8(in));
	else
		atomic_store(&relay_layout_inject_tail(data_region.base, &geometry, i)->tail,
			(uint32_t)(int8_t)fuzz_u8(in));
}

static void step(struct fuzz_input *in, struct plane_client *c, struct heads *heads)
{
	uint8_t byte = fuzz_u8(in);
	enum op op = (enum op)((byte & 0x7f) % OP_COUNT);

	switch (op) {
	case OP_SCRIBBLE:
	case OP_RECORD:
	case OP_EVENT:
	case OP_PUNT:
	case OP_COMMAND_TAIL:
	case OP_INJECT_TAIL:
		step_data(in, op, byte >> 7, heads);
		break;
	case OP_INSTALL:
		install(in, c);
		break;
	case OP_SEND:
		send_some(in, c);
		break;
	case OP_TAKE:
		(void)plane_client_events(c, check_event, NULL, 32);
		(void)plane_client_punts(c, check_punt, NULL, 32);
		break;
	case OP_READ:
		read_some(in, c);
		break;
	case OP_SLOT:
		take_slot(in, c);
		break;
	case OP_SLEEP:
	case OP_COUNT:
		(void)plane_client_sleep(c);
		plane_client_awake(c);
		break;
	}
}

/* After its death; whatever it left, what is taken over can be installed. */
static void take_over(struct plane_client *c)
{
	for (uint32_t i = plane_client_next(c, 0); i < geometry.endpoints;
		i = plane_client_next(c, i + 1)) {
		struct relay_record record = {.ingress = {.n_ssrcs = 255}};
		struct relay_endpoint_view view;
		struct relay_route slot = {.endpoint = i};

		(void)plane_client_read(c, i, &view);
		slot.generation = view.identity.generation;
		if (plane_client_takeover(c, &slot, &record) != 0)
			continue;
		FUZZ_CHECK(record.ingress.n_ssrcs <= RELAY_SSRCS);
		FUZZ_CHECK(record.egress.n_ssrcs <= RELAY_SSRCS);
		FUZZ_CHECK(record.ingress.rtp_used <= UINT64_C(1) << 48);
		FUZZ_CHECK(record.egress.rtcp_used <= UINT32_C(1) << 31);
	}
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, data + size};
	struct heads heads = {.event = {0}};
	struct plane_client *c = NULL;
	int pair[2];

	make_region();
	memset((uint8_t *)data_region.base + sizeof(struct relay_region_header), 0,
		data_region.bytes - sizeof(struct relay_region_header));
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	say_hello(&in, pair[0]);
	if (plane_client_adopt(pair[1], 0, &c) == 0) {
		while (fuzz_more(&in))
			step(&in, c, &heads);
		(void)close(pair[0]);
		FUZZ_CHECK(!plane_client_alive(c));
		take_over(c);
		(void)plane_client_events(c, check_event, NULL, 32);
		plane_client_detach(c);
	} else {
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
	return 0;
}
