/* SPDX-License-Identifier: BSD-3-Clause */
#include "logger.h"

#include "config_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 2048, VALUE_BYTES = 256 };

static struct {
	enum logger_level least;
	int journal; /* -1: stderr */
} output = {LOGGER_INFO, -1};

struct line {
	char *at;
	char *end; /* one byte before the room's, which the NUL takes */
};

static void put(struct line *l, char c)
{
	if (l->at < l->end)
		*l->at++ = c;
}

static void put_text(struct line *l, const char *text)
{
	while (*text != '\0')
		put(l, *text++);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_-./:@+,[]", c) != NULL);
}

static void put_byte(struct line *l, char c)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char u = (unsigned char)c;

	if (c == '"' || c == '\\') {
		put(l, '\\');
		put(l, c);
	} else if (u >= 0x20 && u < 0x7f) {
		put(l, c);
	} else {
		put_text(l, "\\x");
		put(l, hex[u >> 4]);
		put(l, hex[u & 15]);
	}
}

static void put_value(struct line *l, struct slice value)
{
	bool plain = value.len > 0 && value.len <= VALUE_BYTES;

	for (size_t i = 0; plain && i < value.len; i++)
		plain = is_plain(value.ptr[i]);
	if (!plain)
		put(l, '"');
	for (size_t i = 0; i < value.len && i < VALUE_BYTES; i++)
		put_byte(l, value.ptr[i]);
	if (value.len > VALUE_BYTES)
		put_text(l, "...");
	if (!plain)
		put(l, '"');
}

static void put_field(struct line *l, const struct logger_field *field)
{
	char text[CONFIG_TEXT_ADDRESS];

	put(l, ' ');
	put_text(l, field->key);
	put(l, '=');
	switch (field->kind) {
	case LOGGER_SLICE:
		put_value(l, field->text);
		break;
	case LOGGER_NUMBER:
		(void)snprintf(text, sizeof(text), "%" PRId64, field->number);
		put_text(l, text);
		break;
	case LOGGER_ADDRESS:
		config_text_address(field->address, text);
		put_text(l, text);
		break;
	}
}

size_t logger_format(char *line, size_t room, const char *event, const struct logger_field *fields)
{
	struct line l = {line, line + room - 1};

	put_text(&l, "event=");
	put_value(&l, slice_of(event));
	for (const struct logger_field *f = fields; f != NULL && f->key != NULL; f++)
		put_field(&l, f);
	*l.at = '\0';
	return (size_t)(l.at - line);
}

static void to_stderr(enum logger_level level, const char *module, const char *text)
{
	static const char *const names[] = {"error", "warn", "info", "debug"};
	char line[LINE_BYTES + 128], when[32];
	struct timespec now;
	struct tm utc;
	int len;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	len = snprintf(line, sizeof(line), "%s.%03ldZ %s %s %s\n", when, now.tv_nsec / 1000000,
		names[level], module, text);
	if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nowhere to say so */
}

/* The journal's own protocol: a field a line; no value of ours has a line end. */
static void to_journal(enum logger_level level, const char *module, const char *text)
{
	static const char priorities[] = {'3', '4', '6', '7'}; /* syslog's */
	char entry[LINE_BYTES + 256];
	int len = snprintf(entry, sizeof(entry),
		"PRIORITY=%c\nSYSLOG_IDENTIFIER=sluice-controlplane\nSLUICE_MODULE=%s\n"
		"MESSAGE=%s %s\n",
		priorities[level], module, module, text);

	/* a full socket loses the line rather than hold up calls */
	if (len > 0)
		(void)send(output.journal, entry, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void logger_write(enum logger_level level, const char *module, const char *event,
	const struct logger_field *fields)
{
	char text[LINE_BYTES];

	if (level > output.least)
		return;
	(void)logger_format(text, sizeof(text), event, fields);
	if (output.journal >= 0)
		to_journal(level, module, text);
	else
		to_stderr(level, module, text);
}

void logger_set_level(enum logger_level least)
{
	output.least = least;
}

int logger_open(enum logger_level least, const char *journal)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = -1, err = 0;

	if (journal != NULL && strlen(journal) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	if (journal != NULL) {
		memcpy(addr.sun_path, journal, strlen(journal) + 1);
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return -errno;
		if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
			err = -errno;
			(void)close(fd);
			return err;
		}
	}
	if (output.journal >= 0)
		(void)close(output.journal);
	output.journal = fd;
	output.least = least;
	return 0;
}

bool logger_limit_allow(struct logger_limit *limit, uint64_t now_ms, uint64_t *swallowed)
{
	uint64_t back = (now_ms - limit->last_ms) / 1000;

	if (back > 0) {
		limit->used -= back < limit->used ? (uint32_t)back : limit->used;
		limit->last_ms += back * 1000;
	}
	if (limit->used >= limit->burst) {
		limit->swallowed++;
		return false;
	}
	limit->used++;
	*swallowed = limit->swallowed;
	limit->swallowed = 0;
	return true;
}
