/* SPDX-License-Identifier: BSD-3-Clause */
#include "options_row.h"

#include "stream.h"

#include <math.h>
#include <stdlib.h>

static bool to_number(const char *text, double min, double max, double *out)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !isfinite(value) || value < min || value > max)
		return false;
	*out = value;
	return true;
}

static bool set_sheet(struct options *o, const char *value)
{
	o->sheet = value;
	return true;
}

static bool set_port(struct options *o, const char *value)
{
	o->port = value;
	return *value != '\0';
}

static bool set_file_prefix(struct options *o, const char *value)
{
	o->file_prefix = value;
	return *value != '\0';
}

static bool set_no_huge(struct options *o, const char *value)
{
	(void)value;
	return o->no_huge = true;
}

static bool set_core(struct options *o, const char *value)
{
	return options_row_u32(value, 0, 1023, &o->core);
}

static bool set_main_core(struct options *o, const char *value)
{
	o->main_core_given = true;
	return options_row_u32(value, 0, 1023, &o->main_core);
}

static bool set_dst_mac(struct options *o, const char *value)
{
	unsigned b[6];
	char end;

	/* NOLINTNEXTLINE(cert-err34-c): two digits cannot overflow */
	if (sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		    &end) != 6)
		return false;
	for (unsigned i = 0; i < 6; i++)
		o->dst_mac[i] = (uint8_t)b[i];
	o->mac_given = true;
	return true;
}

static bool set_vlan(struct options *o, const char *value)
{
	uint32_t vlan;

	if (!options_row_u32(value, 1, 4094, &vlan))
		return false;
	o->vlan = (uint16_t)vlan;
	return true;
}

static bool set_checksum(struct options *o, const char *value)
{
	o->offload = strcmp(value, "offload") == 0;
	return o->offload || strcmp(value, "software") == 0;
}

static bool set_descriptors(struct options *o, const char *value)
{
	uint32_t n;

	if (!options_row_u32(value, 64, 8192, &n))
		return false;
	o->descriptors = (uint16_t)n;
	return true;
}

static bool set_mbufs(struct options *o, const char *value)
{
	return options_row_u32(value, 1024, 1 << 22, &o->mbufs);
}

static bool set_direction(struct options *o, const char *value)
{
	if (strcmp(value, "a") == 0)
		o->directions = STREAM_DIRECTION_A;
	else if (strcmp(value, "b") == 0)
		o->directions = STREAM_DIRECTION_B;
	else if (strcmp(value, "both") == 0)
		o->directions = STREAM_DIRECTION_A | STREAM_DIRECTION_B;
	else
		return false;
	return true;
}

static bool set_codec(struct options *o, const char *value)
{
	o->codec.codec = codec_find(value);
	return o->codec.codec != NULL;
}

static bool set_payload(struct options *o, const char *value)
{
	return options_row_u32(value, CODEC_PAYLOAD_MIN, CODEC_PAYLOAD_MAX, &o->codec.payload);
}

static bool set_rate(struct options *o, const char *value)
{
	o->rate = OPTIONS_RATE_MAX;
	o->own_pace = false;
	return strcmp(value, "max") == 0 || to_number(value, 1, 1e9, &o->rate);
}

static bool set_seconds(struct options *o, const char *value)
{
	return to_number(value, 0.01, 86400, &o->seconds);
}

static bool set_warmup(struct options *o, const char *value)
{
	return to_number(value, 0, 3600, &o->warmup);
}

static bool set_drain(struct options *o, const char *value)
{
	return to_number(value, 0, 60000, &o->drain_ms);
}

static bool set_catch_up(struct options *o, const char *value)
{
	double percent;

	if (!to_number(value, 0, 100, &percent))
		return false;
	o->catch_up = percent / 100;
	return true;
}

static bool set_verify(struct options *o, const char *value)
{
	o->sample = 1;
	if (strcmp(value, "full") == 0)
		return true;
	o->sample = 0;
	if (strcmp(value, "none") == 0)
		return true;
	o->sample = 64;
	if (strcmp(value, "sample") == 0)
		return true;
	return strncmp(value, "sample:", 7) == 0 &&
	       options_row_u32(value + 7, 1, 4096, &o->sample) &&
	       (o->sample & (o->sample - 1)) == 0;
}

static bool set_presealed(struct options *o, const char *value)
{
	return options_row_u32(value, 1, 1 << 20, &o->presealed_mb);
}

static bool set_rtcp(struct options *o, const char *value)
{
	return to_number(value, 0.01, 3600, &o->rtcp_seconds);
}

static bool set_search(struct options *o, const char *value)
{
	o->search = true;
	return strncmp(value, "loss=", 5) == 0 && to_number(value + 5, 0, 1e6, &o->search_loss_ppm);
}

static bool set_search_min(struct options *o, const char *value)
{
	return to_number(value, 0, 1e9, &o->search_min);
}

static bool set_search_max(struct options *o, const char *value)
{
	return to_number(value, 1, 1e9, &o->search_max);
}

static bool set_resolution(struct options *o, const char *value)
{
	return to_number(value, 0.1, 50, &o->resolution);
}

static bool set_allow_loss(struct options *o, const char *value)
{
	return to_number(value, 0, 1e6, &o->allow_loss_ppm);
}

static bool set_allow_reorder(struct options *o, const char *value)
{
	(void)value;
	return o->allow_reorder = true;
}

static bool set_backend(struct options *o, const char *value)
{
	o->backend = value;
	return true;
}

static bool set_json(struct options *o, const char *value)
{
	o->json = value;
	return true;
}

static bool set_cycles(struct options *o, const char *value)
{
	(void)value;
	return o->cycles = true;
}

static bool set_check(struct options *o, const char *value)
{
	(void)value;
	return o->check_only = true;
}

static bool set_help(struct options *o, const char *value)
{
	(void)value;
	return o->help = true;
}

enum {
	IN_MEDIA = OPTIONS_SHEET | OPTIONS_CALL,
	IN_ALL = OPTIONS_SHEET | OPTIONS_CALL | OPTIONS_SIGNALING,
};

const struct options_row options_row_media[] = {
	{OPTIONS_SHEET, "sheet", "FILE", "the calls, see call_sheet.h", set_sheet},
	{OPTIONS_SHEET, "check", NULL, "read the sheet, say what is in it, and end", set_check},
	{IN_MEDIA, "port", "DEVICE", "PCI address, or vdev with arguments", set_port},
	{IN_MEDIA, "core", "N", "CPU that sends and receives (0)", set_core},
	{IN_MEDIA, "main-core", "N", "CPU that watches (as --core)", set_main_core},
	{IN_MEDIA, "file-prefix", "NAME", "the EAL's (sluice-trafficgen)", set_file_prefix},
	{IN_MEDIA, "no-huge", NULL, "no hugepages (not for every port)", set_no_huge},
	{IN_MEDIA, "dst-mac", "MAC", "whom frames are for: the relay or the next hop", set_dst_mac},
	{IN_MEDIA, "vlan", "ID", "tag, 1 to 4094", set_vlan},
	{IN_MEDIA, "checksum", "WHO", "software (default) or offload to the port", set_checksum},
	{IN_MEDIA, "descriptors", "N", "of a queue (256)", set_descriptors},
	{IN_MEDIA, "mbufs", "N", "packet buffers (8192)", set_mbufs},
	{OPTIONS_SHEET, "direction", "WHICH", "a: leg a sends; b; both (default)", set_direction},
	{IN_ALL, "codec", "NAME", "g711 (default), opus, video: sizes, timestamps, pace",
		set_codec},
	{IN_MEDIA, "payload", "BYTES", "20 to 1400 instead of the codec's", set_payload},
	{IN_ALL, "rate", "N|max",
		"packets a second of all calls, else by codec; of signaling: calls a second",
		set_rate},
	{IN_MEDIA, "catch-up", "PERCENT", "of the rate, faster after a pause of the machine (3)",
		set_catch_up},
	{IN_ALL, "seconds", "S", "that a trial sends (10)", set_seconds},
	{OPTIONS_SHEET, "warmup", "S", "sent before, and not counted (0)", set_warmup},
	{IN_MEDIA, "drain", "MS", "wait for the last packets (100)", set_drain},
	{IN_MEDIA, "verify", "HOW",
		"full (default), sample[:N] (one in N, a power of two, 64), none", set_verify},
	{OPTIONS_SHEET, "presealed", "MB",
		"make packets before the trial; wants --rate or --search", set_presealed},
	{OPTIONS_SHEET, "rtcp", "S", "a sender report of each stream every S seconds", set_rtcp},
	{OPTIONS_SHEET, "search", "loss=PPM", "find the highest rate with no more loss",
		set_search},
	{OPTIONS_SHEET, "search-min", "PPS", "lowest rate of the search (0)", set_search_min},
	{OPTIONS_SHEET, "search-max", "PPS", "highest (20000000)", set_search_max},
	{OPTIONS_SHEET, "resolution", "PERCENT", "of the result, where the search ends (1)",
		set_resolution},
	{IN_MEDIA, "allow-loss", "PPM", "lost packets that are no failure (0)", set_allow_loss},
	{IN_MEDIA, "allow-reorder", NULL, "late packets are no failure", set_allow_reorder},
	{IN_MEDIA, "backend", "NAME", "of crypto: ipsec_mb or libsrtp2 (the fastest)", set_backend},
	{IN_ALL, "json", "FILE", "write all results", set_json},
	{IN_MEDIA, "cycles", NULL, "print the generator's own cycles a packet", set_cycles},
	{IN_ALL, "help", NULL, "print this", set_help},
};

const size_t options_row_media_count = sizeof(options_row_media) / sizeof(options_row_media[0]);
