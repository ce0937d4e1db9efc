/* The socket of a connection, as OpenSSL uses it: what came, what went, and how it ended. */
#include "watch_parts.h"

#include <errno.h>
#include <string.h>

#include "clerk_desk.h"

static void conn_read(struct conn *c, const uint8_t *bytes, size_t n, long ret, bool retry)
{
	if (ret > 0) {
		struct visit *v = c->visit;

		if (v && v->first_len < sizeof(v->first)) {
			size_t room = sizeof(v->first) - v->first_len;
			size_t take = n < room ? n : room;

			memcpy(v->first + v->first_len, bytes, take);
			v->first_len = (uint8_t)(v->first_len + take);
		}
		c->bytes_in += n;
		c->read_ok = true;
		if (c->phase != CONN_HANDSHAKE)
			watch.events.read(c);
		return;
	}
	c->read_ok = false;
	if (retry)
		return;
	if (ret == 0)
		c->eof = true;
	else
		c->read_error = errno;
}

/* Who resets at once is noticed when the answer is written: nothing is read after that. */
static void conn_wrote(struct conn *c, size_t n, long ret, bool retry)
{
	if (ret > 0)
		c->bytes_out += n;
	else if (!retry && !c->write_error)
		c->write_error = errno;
}

/* Without a guard for OpenSSL's error queue, as nothing here calls what could put something there. */
static __attribute__((noinline)) void bio_told(BIO *bio, int oper, const uint8_t *bytes, long ret,
					       size_t n)
{
	struct conn *c = (struct conn *)BIO_get_callback_arg(bio);
	int saved = errno;

	switch (oper) {
	case BIO_CB_READ:
	case BIO_CB_WRITE:
		watch.events.other(c);
		break;
	case BIO_CB_READ | BIO_CB_RETURN:
		c->active_us = clock_mono_us();
		errno = saved;
		conn_read(c, bytes, n, ret, BIO_should_retry(bio));
		break;
	case BIO_CB_WRITE | BIO_CB_RETURN:
		conn_wrote(c, n, ret, BIO_should_retry(bio));
		break;
	default:
		break;
	}
	errno = saved;
}

static long bio_callback(BIO *bio, int oper, const char *argp, size_t len, int argi, long argl,
			 int ret, size_t *processed)
{
	(void)argi;
	(void)argl;
	(void)len;
	/* OpenSSL asks its BIO some 120 things a visit, each told twice: they cost as little as can be */
	if ((oper & ~BIO_CB_RETURN) != BIO_CB_CTRL)
		bio_told(bio, oper, (const uint8_t *)argp, ret,
			 processed && ret > 0 ? *processed : 0);
	return ret;
}

void watch_socket(struct conn *c, BIO *bio)
{
	if (!bio || BIO_get_callback_ex(bio) == bio_callback)
		return;
	BIO_set_callback_arg(bio, (char *)c);
	BIO_set_callback_ex(bio, bio_callback);
}
