/* SPDX-License-Identifier: BSD-3-Clause */
#include "codec.h"

#include <stddef.h>
#include <string.h>

static const struct codec codecs[] = {
	{"g711", CODEC_G711, 20000, 1, 160, 160},
	{"opus", CODEC_OPUS, 20000, 1, 960, 120},
	{"video", CODEC_VIDEO, 33333, CODEC_VIDEO_PACKETS, 3000, CODEC_VIDEO_FULL},
};

const struct codec *codec_find(const char *name)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (strcmp(codecs[i].name, name) == 0)
			return &codecs[i];
	return NULL;
}
