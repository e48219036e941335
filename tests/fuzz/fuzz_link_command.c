/* SPDX-License-Identifier: BSD-3-Clause */
/* A client that writes what it likes into its region: counters of its rings, commands, records,
 * injected packets. The data plane's end takes each as what it is or not at all, and never reads or
 * writes past its own. */
#include "fuzz.h"

#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct relay_geometry geometry = {2, 8, 16, 8, 8, 8};

/* Made once; the process ends with them. */
static struct relay_region data_region, control;

static void make_regions(void)
{
	if (data_region.base != NULL)
		return;
	FUZZ_CHECK(relay_region_create(&data_region, RELAY_ROLE_DATA,
			   relay_layout_data_bytes(&geometry), relay_layout_hash()) == 0);
	FUZZ_CHECK(relay_region_create(&control, RELAY_ROLE_CONTROL,
			   relay_layout_control_bytes(&geometry), relay_layout_hash()) == 0);
}

static struct link *open_link(void)
{
	const struct relay_attach_offer offer = {
		.hello = {.region_bytes = control.bytes,
			.layout_hash = relay_layout_hash(),
			.geometry = geometry},
		.region_fd = fcntl(control.fd, F_DUPFD_CLOEXEC, 0),
		.wake_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	};
	struct link *link = NULL;

	for (uint32_t i = 0; i < geometry.workers; i++)
		link_reset(data_region.base, &geometry, i);
	/* a fresh region's counters, and nothing of the last input */
	memset((uint8_t *)control.base + sizeof(struct relay_region_header), 0,
		control.bytes - sizeof(struct relay_region_header));
	FUZZ_CHECK(link_open(&offer, data_region.base, &geometry, &link) == 0);
	(void)close(offer.region_fd);
	return link;
}

static uint32_t fuzz_u32(struct fuzz_input *in)
{
	uint32_t high = fuzz_u16(in);

	return high << 16 | fuzz_u16(in);
}

/* A counter: most often near what it could be. */
static uint32_t counter(struct fuzz_input *in)
{
	uint8_t n = fuzz_u8(in);

	return n < 0xf0 ? n : fuzz_u32(in);
}

/* Bytes anywhere in the region. */
static void scribble(struct fuzz_input *in)
{
	size_t room = control.bytes - sizeof(struct relay_region_header);
	size_t off = fuzz_u32(in) % room;
	uint32_t len = fuzz_u8(in);

	if (len > room - off)
		len = (uint32_t)(room - off);
	(void)fuzz_bytes(
		in, (uint8_t *)control.base + sizeof(struct relay_region_header) + off, len);
}

static void write_slot(
	struct fuzz_input *in, struct relay_ring_head *head, uint32_t slots, size_t slot_bytes)
{
	uint8_t *slot = (uint8_t *)(head + 1) + fuzz_u8(in) % slots * slot_bytes;

	(void)fuzz_bytes(in, slot, RELAY_MESSAGE_BYTES);
}

static void take_command(struct link_worker *w)
{
	struct relay_command *c = (void *)fuzz_alloc(sizeof(*c));
	struct relay_record *record = (void *)fuzz_alloc(sizeof(*record));
	uint32_t tail = w->command.tail;
	int got = link_command_next(w, c, record);

	FUZZ_CHECK(got == 0 || got == 1 || got == -EPROTO);
	FUZZ_CHECK((got == 1) == (w->command.tail == tail + 1));
	FUZZ_CHECK((got == -EPROTO) == w->command.broken);
	free(c);
	free(record);
}

static void take_injected(struct link_worker *w)
{
	struct relay_packet *p = (void *)fuzz_alloc(sizeof(*p));
	uint32_t tail = w->inject.tail;
	int got = link_inject_next(w, p);

	FUZZ_CHECK(got == 0 || got == 1 || got == -EPROTO || got == -EMSGSIZE);
	FUZZ_CHECK((got == 1 || got == -EMSGSIZE) == (w->inject.tail == tail + 1));
	FUZZ_CHECK(got != 1 || p->len <= RELAY_PACKET_DATA);
	free(p);
}

static void send_event(struct link_worker *w)
{
	const struct relay_event e = {.cookie = 1};
	uint32_t room = link_event_room(w);
	int sent = link_event_send(w, &e);

	FUZZ_CHECK(room <= geometry.event_slots);
	FUZZ_CHECK(sent == 0 || sent == 1 || sent == -EAGAIN || sent == -EPROTO);
	FUZZ_CHECK(room == 0 || sent >= 0 || w->event.broken);
}

static void send_punt(struct fuzz_input *in, struct link_worker *w)
{
	struct relay_packet header = {.len = fuzz_u16(in)};
	uint8_t *bytes = fuzz_alloc(header.len + 1u);
	int sent;

	memset(bytes, 7, header.len + 1u);
	sent = link_punt_send(w, &header, bytes);
	FUZZ_CHECK((sent == -EMSGSIZE) == (header.len > RELAY_PACKET_DATA));
	free(bytes);
}

enum op {
	OP_SCRIBBLE,
	OP_COMMAND_HEAD,
	OP_INJECT_HEAD,
	OP_EVENT_TAIL,
	OP_PUNT_TAIL,
	OP_WRITE_COMMAND,
	OP_WRITE_INJECT,
	OP_TAKE_COMMAND,
	OP_TAKE_INJECTED,
	OP_SEND_EVENT,
	OP_SEND_PUNT,
	OP_SLEEP,
	OP_COUNT
};

static void step(struct fuzz_input *in, struct link *link)
{
	uint8_t byte = fuzz_u8(in);
	uint32_t i = byte >> 7; /* worker */
	struct link_worker *w = &link->workers[i];
	const void *c = control.base;

	switch ((enum op)((byte & 0x7f) % OP_COUNT)) {
	case OP_SCRIBBLE:
		scribble(in);
		break;
	case OP_COMMAND_HEAD:
		atomic_store(&relay_layout_command_head(c, &geometry, i)->head, counter(in));
		break;
	case OP_INJECT_HEAD:
		atomic_store(&relay_layout_inject_head(c, &geometry, i)->head, counter(in));
		break;
	case OP_EVENT_TAIL:
		atomic_store(&relay_layout_event_tail(c, &geometry, i)->tail, counter(in));
		break;
	case OP_PUNT_TAIL:
		atomic_store(&relay_layout_punt_tail(c, &geometry, i)->tail, counter(in));
		break;
	case OP_WRITE_COMMAND:
		write_slot(in, relay_layout_command_head(c, &geometry, i), geometry.command_slots,
			RELAY_MESSAGE_BYTES);
		break;
	case OP_WRITE_INJECT:
		write_slot(in, relay_layout_inject_head(c, &geometry, i), geometry.inject_slots,
			RELAY_PACKET_BYTES);
		break;
	case OP_TAKE_COMMAND:
		take_command(w);
		break;
	case OP_TAKE_INJECTED:
		take_injected(w);
		break;
	case OP_SEND_EVENT:
		send_event(w);
		break;
	case OP_SEND_PUNT:
		send_punt(in, w);
		break;
	case OP_SLEEP:
	case OP_COUNT:
		(void)link_sleep(w);
		link_awake(w);
		break;
	}
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = {data, data + size};
	struct link *link;
	int wake_fd;

	make_regions();
	link = open_link();
	while (fuzz_more(&in))
		step(&in, link);
	wake_fd = link->wake_fd;
	link_close(link);
	(void)close(wake_fd);
	return 0;
}
