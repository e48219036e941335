/* SPDX-License-Identifier: BSD-3-Clause */
#include "plane_rig.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct plane_rig rig;
static char dir[] = "/tmp/plane_rig.XXXXXX";

const struct relay_sockaddr plane_rig_v4 = {
	.ip = {198, 51, 100, 7}, .port = 4000, .family = RELAY_FAMILY_IPV4};

void plane_rig_keep_event(void *arg, const struct relay_event *event)
{
	assert_ptr_equal(arg, &rig.got);
	rig.got.events[rig.got.n_events++ % 64] = *event;
}

void plane_rig_keep_punt(void *arg, const struct relay_packet *packet)
{
	assert_ptr_equal(arg, &rig.got);
	memcpy(&rig.got.packet, packet, RELAY_PACKET_HEADER + (size_t)packet->len);
	rig.got.n_punts++;
}

int plane_rig_make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	return snprintf(rig.path, sizeof(rig.path), "%s/sock", dir) < 0;
}

int plane_rig_remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

/* Both in one thread: the data plane's hello must be on its way before it is waited for. */
int plane_rig_attach(struct plane_client **c)
{
	int sock = -1, err;

	assert_int_equal(relay_attach_connect(rig.path, &sock), 0);
	for (uint32_t i = 0; i < 3; i++)
		fake_plane_turn(&rig.plane);
	err = plane_client_adopt(sock, 0, c);
	if (err != 0)
		(void)close(sock);
	fake_plane_turn(&rig.plane);
	return err;
}

int plane_rig_open(void **state)
{
	(void)state;
	memset(&rig.got, 0, sizeof(rig.got));
	if (fake_plane_open(&rig.plane, rig.path, &fake_plane_geometry) != 0)
		return -1;
	return plane_rig_attach(&rig.client);
}

int plane_rig_close(void **state)
{
	(void)state;
	plane_client_detach(rig.client);
	fake_plane_close(&rig.plane);
	return 0;
}

void plane_rig_make_record(struct relay_record *record)
{
	memset(record, 0, sizeof(*record));
	plane_client_plain(&record->ingress);
	record->egress.suite = SUITE_AES_CM_128_HMAC_SHA1_80;
	memset(&record->egress.session, 0x5a, sizeof(record->egress.session));
	record->ingress.suite = SUITE_AEAD_AES_256_GCM;
	memset(&record->ingress.session, 0x5a, sizeof(record->ingress.session));
	record->ingress.key_name = 11;
	record->egress.key_name = 22;
}

struct relay_command plane_rig_command_for(uint32_t endpoint, uint32_t generation)
{
	return (struct relay_command){
		.cookie = 100 + endpoint,
		.endpoint = endpoint,
		.generation = generation,
		.local = {0, 20000},
		.remote = plane_rig_v4,
		.kind = RELAY_KIND_PORT,
		.source = RELAY_SOURCE_STRICT,
		.media = RELAY_MEDIA_MUXED,
	};
}

int plane_rig_install(uint32_t endpoint, uint32_t generation)
{
	const struct relay_command command = plane_rig_command_for(endpoint, generation);
	struct relay_record record;

	plane_rig_make_record(&record);
	return plane_client_install(rig.client, &command, &record);
}

bool plane_rig_control_holds_keys(void)
{
	const uint8_t *bytes = rig.plane.link->control.base;
	static const uint8_t key[4] = {0x5a, 0x5a, 0x5a, 0x5a};

	for (size_t i = 0; i + sizeof(key) <= rig.plane.link->control.bytes; i++)
		if (memcmp(bytes + i, key, sizeof(key)) == 0)
			return true;
	return false;
}

int plane_rig_take_events(void)
{
	return plane_client_events(rig.client, plane_rig_keep_event, &rig.got, 64);
}
