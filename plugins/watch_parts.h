/* What the files of the watch (watch*.c) share among themselves; others use watch.h. */
#ifndef DOORSTEP_WATCH_PARTS_H
#define DOORSTEP_WATCH_PARTS_H

#include "watch.h"

#include <errno.h>
#include <openssl/err.h>

struct watch {
	bool started;
	struct watch_events events;
	int ctx_index, ssl_index;
	uint64_t number;
	struct conn_list conns;
	size_t unseen; /* of which the address is not known yet; connections of our own are not counted */
};

extern struct watch watch;

/* What every callback begins and ends with. */
struct guard {
	int saved_errno;
};

static inline struct guard guard_enter(void)
{
	struct guard g = {errno};

	ERR_set_mark();
	return g;
}

static inline void guard_leave(struct guard g)
{
	ERR_pop_to_mark();
	errno = g.saved_errno;
}

/* Its address can be read: the door learns of it. */
void watch_open(struct conn *c, const SSL *ssl);
/* We are the client: a bridge, or another plugin's request. Nothing of it is a visit. */
void watch_disown(struct conn *c);

/* Sets the callbacks of a context's handshakes (watch_tls.c). */
void watch_tls(SSL_CTX *ctx);
/* And that of a connection's socket (watch_socket.c): once where reading and writing are one BIO. */
void watch_socket(struct conn *c, BIO *bio);

#endif
