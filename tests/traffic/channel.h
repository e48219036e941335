/* SPDX-License-Identifier: BSD-3-Clause */
/* channel.h - one connection to a relay: TLS, TCP or UDP, never waiting.
 *
 * Invariant: messages go out whole and in order; what comes is cut into whole messages. A channel
 *            that broke stays so, and says why.
 * Threads:   one.
 * Ownership: open makes the socket, close ends it (also of one that was never opened).
 * Units:     bytes.
 * Errors:    'state' is CHANNEL_BROKEN and 'why' a text.
 * Cost:      a system call for each record.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "buffer.h"
#include "ng_frame.h"
#include "url.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

enum {
	CHANNEL_IN_BYTES = 512 << 10,
	CHANNEL_OUT_BYTES = 16 << 20,
	CHANNEL_MESSAGE_MAX = 256 << 10,
	CHANNEL_WHY_MAX = 160,
};

enum channel_state {
	CHANNEL_CLOSED,
	CHANNEL_CONNECTING,
	CHANNEL_SHAKING, /* hands, of TLS */
	CHANNEL_OPEN,
	CHANNEL_BROKEN,
};

/* Whom all channels go to. */
struct channel_end {
	enum url_scheme scheme;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	SSL_CTX *tls; /* NULL: in the clear */
};

struct channel {
	const struct channel_end *end;
	int fd;
	enum channel_state state;
	SSL *ssl;
	struct buffer out;
	size_t out_at;
	char *in;
	size_t in_at, in_len;
	struct ng_frame_stream frame;
	bool waits_to_write;
	char why[CHANNEL_WHY_MAX];
};

void channel_open(struct channel *c, const struct channel_end *end);
void channel_close(struct channel *c);

/* Goes on with whatever it waits for: the connection, the handshake, what is to be written. */
void channel_run(struct channel *c);

/* The next whole message, which stays until the next call; false: none has come yet. */
bool channel_next(struct channel *c, struct slice *message);

/* Goes out with channel_run; a datagram at once. */
void channel_send(struct channel *c, struct slice message);

static inline bool channel_has_output(const struct channel *c)
{
	return c->out_at < c->out.len;
}

#endif
