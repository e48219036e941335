/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as what we ourselves read of HTTP and write to logs: a path, the headers of a
 * WebSocket, a value in a line. */
#include "fuzz.h"

#include "listener_http.h"

#include <stdlib.h>
#include <string.h>

static void check_path(const char *text)
{
	struct slice token;
	enum listener_http_target target = listener_http_target(text, &token);

	FUZZ_CHECK(target <= TARGET_METRICS);
	FUZZ_CHECK(token.ptr == NULL || token.len > 0);
	for (size_t i = 0; token.ptr != NULL && i < token.len; i++)
		FUZZ_CHECK(token.ptr[i] != '/');
}

static void check_headers(const char *text)
{
	char accept[LISTENER_ACCEPT_BYTES];
	bool has_cookie;
	const char *protocol = listener_websocket_protocol(text, &has_cookie);

	if (listener_websocket_accept(text, accept))
		FUZZ_CHECK(strlen(text) == 24 && strlen(accept) == LISTENER_ACCEPT_BYTES - 1);
	FUZZ_CHECK(protocol == NULL || strstr(text, protocol) != NULL);
	FUZZ_CHECK(!listener_websocket_lists(text, "upgrade") || strlen(text) >= 7);
}

static void check_line(struct slice value)
{
	char line[1024];
	size_t len =
		logger_format(line, sizeof(line), "e", LOGGER_FIELDS(LOGGER_PIECE("k", value)));
	bool quoted = len > 10 && line[10] == '"';
	unsigned quotes = 0;

	FUZZ_CHECK(len == strlen(line) && len < sizeof(line));
	for (size_t i = 10; i < len; i++) {
		FUZZ_CHECK(line[i] >= 0x20 && line[i] < 0x7f);
		if (line[i] == '\\')
			i++;
		else
			quotes += line[i] == '"';
	}
	/* 256 bytes of value take no more than 1024 here, quotes and all: nothing is cut */
	if (value.len <= 200)
		FUZZ_CHECK(quotes == (quoted ? 2 : 0) && (!quoted || line[len - 1] == '"'));
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = (char *)fuzz_alloc((uint32_t)size + 1);

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	check_line((struct slice){text, size});
	check_path(text);
	check_headers(text);
	free(text);
	return 0;
}
