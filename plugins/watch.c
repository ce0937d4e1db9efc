#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "clerk_desk.h"
#include "handshake.h"

struct watch {
	bool started;
	bool keylog;
	struct watch_events events;
	int ctx_index, ssl_index, side_index;
	uint64_t number;
	struct conn_list conns;
	size_t unseen; /* of which the address is not known yet */
	struct side *sides[64]; /* one of each kind; the contexts' references */
	size_t side_count;
};

static struct watch w = {.ctx_index = -1, .ssl_index = -1, .side_index = -1};

/* What every callback begins and ends with. */
struct guard {
	int saved_errno;
};

static struct guard guard_enter(void)
{
	struct guard g = {errno};

	ERR_set_mark();
	return g;
}

static void guard_leave(struct guard g)
{
	ERR_pop_to_mark();
	errno = g.saved_errno;
}

const struct conn_list *watch_all(void)
{
	return &w.conns;
}

struct conn *watch_conn(const SSL *ssl)
{
	return w.ssl_index < 0 ? NULL : SSL_get_ex_data(ssl, w.ssl_index);
}

/* ---- addresses ---- */

static bool peer_read(struct peer *peer, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

	if (ss->ss_family == AF_INET) {
		peer->port = ntohs(in->sin_port);
		return inet_ntop(AF_INET, &in->sin_addr, peer->ip, sizeof(peer->ip)) != NULL;
	}
	if (ss->ss_family != AF_INET6)
		return false;
	peer->port = ntohs(in6->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], peer->ip,
				 sizeof(peer->ip)) != NULL;
	peer->v6 = true;
	return inet_ntop(AF_INET6, &in6->sin6_addr, peer->ip, sizeof(peer->ip)) != NULL;
}

static void conn_open(struct conn *c, const SSL *ssl)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct peer own = {0};

	if (c->opened)
		return;
	c->fd = SSL_get_fd(ssl);
	if (c->fd < 0)
		return;
	c->opened = true;
	c->server = true;
	w.unseen--;
	if (getpeername(c->fd, (struct sockaddr *)&ss, &len) == 0)
		peer_read(&c->peer, &ss);
	len = sizeof(ss);
	if (getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0 && peer_read(&own, &ss))
		c->port = own.port;
	if (c->visit) {
		c->visit->peer = c->peer;
		c->visit->port = c->port;
	}
	w.events.open(c);
}

void watch_look_up(void)
{
	struct conn *c;

	if (w.unseen == 0)
		return;
	LIST_FOREACH(c, &w.conns, all)
		if (!c->opened && SSL_is_server(c->ssl))
			conn_open(c, c->ssl);
}

/* ---- the socket ---- */

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
			w.events.read(c);
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

static long bio_callback(BIO *bio, int oper, const char *argp, size_t len, int argi, long argl,
			 int ret, size_t *processed)
{
	struct conn *c = (struct conn *)BIO_get_callback_arg(bio);
	struct guard g = guard_enter();

	(void)argi;
	(void)argl;
	(void)len;
	switch (oper) {
	case BIO_CB_READ:
	case BIO_CB_WRITE:
		w.events.other(c);
		break;
	case BIO_CB_READ | BIO_CB_RETURN:
		errno = g.saved_errno;
		c->active_us = clock_mono_us();
		conn_read(c, (const uint8_t *)argp, processed && ret > 0 ? *processed : 0, ret,
			  BIO_should_retry(bio));
		break;
	case BIO_CB_WRITE | BIO_CB_RETURN:
		if (ret > 0 && processed)
			c->bytes_out += *processed;
		break;
	default:
		break;
	}
	guard_leave(g);
	return ret;
}

/* The socket's own callback; once for reading and writing where both are one BIO. */
static void conn_hook(struct conn *c, BIO *bio)
{
	if (!bio || BIO_get_callback_ex(bio) == bio_callback)
		return;
	BIO_set_callback_arg(bio, (char *)c);
	BIO_set_callback_ex(bio, bio_callback);
}

/* ---- records ---- */

static void see_data(struct conn *c, bool out)
{
	if (out)
		c->data_out++;
	else
		c->data_in++;
	if (c->visit) {
		c->visit->data_in = c->data_in;
		c->visit->data_out = c->data_out;
		if (!out && !c->visit->data_in_us) {
			c->visit->data_in_us = clock_mono_us();
			visit_reach(c->visit, STAGE_CONNECT);
		}
	}
	if (out)
		w.events.wrote(c);
}

static void msg_callback(int write_p, int version, int content_type, const void *buf, size_t len,
			 SSL *ssl, void *arg)
{
	struct conn *c = watch_conn(ssl);
	const uint8_t *p = buf;
	struct guard g;

	(void)version;
	(void)arg;
	if (!c || !c->server || c->phase == CONN_IN)
		return;
	g = guard_enter();
	switch (content_type) {
	case SSL3_RT_HANDSHAKE:
		if (len && c->visit)
			handshake_message(c->visit, ssl, write_p, p, len);
		if (len && c->visit && write_p)
			w.events.message_out(c, ssl, p[0]);
		break;
	case SSL3_RT_CHANGE_CIPHER_SPEC:
		if (c->visit)
			visit_step(c->visit, clock_mono_us(), write_p, STEP_CHANGE_CIPHER_SPEC,
				   (uint32_t)len);
		break;
	case SSL3_RT_ALERT:
		if (c->visit)
			visit_step(c->visit, clock_mono_us(), write_p, STEP_ALERT, (uint32_t)len);
		break;
	case SSL3_RT_HEADER:
		/* before 1.3 the header tells what is in a record; in 1.3 all look like data */
		if (c->phase != CONN_HANDSHAKE && SSL_version(ssl) != TLS1_3_VERSION && len &&
		    p[0] == SSL3_RT_APPLICATION_DATA)
			see_data(c, write_p);
		break;
	case SSL3_RT_INNER_CONTENT_TYPE:
		if (c->phase != CONN_HANDSHAKE && len && p[0] == SSL3_RT_APPLICATION_DATA)
			see_data(c, write_p);
		break;
	default:
		break;
	}
	guard_leave(g);
}

/* ---- what OpenSSL thinks of it ---- */

static void see_alert(struct conn *c, bool from_device, int value)
{
	struct visit *v = c->visit;
	uint8_t level = (uint8_t)(value >> 8), code = (uint8_t)value;

	if (from_device && code == SSL_AD_CLOSE_NOTIFY)
		c->close_notify = true;
	/* When the other side just hangs up, OpenSSL 3 "sends" a decode_error to nobody. */
	if (!v || code == SSL_AD_CLOSE_NOTIFY || (!from_device && (c->eof || c->read_error)))
		return;
	if (v->alert_seen && (v->alert_level == SSL3_AL_FATAL || level != SSL3_AL_FATAL))
		return;
	v->alert_seen = true;
	v->alert_from_device = from_device;
	v->alert_level = level;
	v->alert_code = code;
}

static void see_failure(struct conn *c, SSL *ssl)
{
	struct visit *v = c->visit;
	unsigned long error = ERR_peek_error();
	const char *text;

	if (!v)
		return;
	handshake_own(v, ssl);
	handshake_tcp(v, c->fd);
	if (v->hello && v->shared_groups < 0)
		v->shared_groups = (int)SSL_get_shared_group(ssl, -1);
	if (!error || v->error || c->eof || c->read_error)
		return;
	/* the device's alert is told as such, not as an error of ours */
	if (ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET && ERR_GET_LIB(error) == ERR_LIB_SSL)
		return;
	v->error = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : (int)error;
	text = ERR_reason_error_string(error);
	snprintf(v->error_text, sizeof(v->error_text), "%s", text ? text : "unknown");
	if (v->error < 0)
		v->error = 1;
}

static void see_done(struct conn *c, SSL *ssl)
{
	struct visit *v = c->visit;

	if (c->phase != CONN_HANDSHAKE)
		return;
	c->phase = CONN_WAITS;
	c->data_in = c->data_out = 0;
	if (!v)
		return;
	handshake_done(v, ssl);
	v->bytes_in = c->bytes_in;
	v->bytes_out = c->bytes_out;
	handshake_tcp(v, c->fd);
	w.events.done(c, ssl);
}

static void info_callback(const SSL *const_ssl, int where, int ret)
{
	SSL *ssl =
		(SSL *)(uintptr_t)const_ssl; /* the API takes no const where it changes nothing */
	struct conn *c = watch_conn(ssl);
	struct guard g;

	if (!c || !SSL_is_server(ssl))
		return;
	g = guard_enter();
	if (where & SSL_CB_HANDSHAKE_START && c->phase == CONN_HANDSHAKE) {
		conn_open(c, ssl);
		conn_hook(c, SSL_get_rbio(ssl));
		conn_hook(c, SSL_get_wbio(ssl));
	}
	if (where & SSL_CB_ALERT)
		see_alert(c, where & SSL_CB_READ, ret);
	if (where == SSL_CB_ACCEPT_EXIT && ret <= 0 && c->phase == CONN_HANDSHAKE &&
	    (ERR_peek_error() || !BIO_should_retry(SSL_get_rbio(ssl))))
		see_failure(c, ssl);
	if (where & SSL_CB_HANDSHAKE_DONE)
		see_done(c, ssl);
	guard_leave(g);
}

/* Notes the first error and its depth; the verdict is that of whoever was asked before us. */
static int verify_callback(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct conn *c = ssl ? watch_conn(ssl) : NULL;
	int verdict = c && c->verify ? c->verify(ok, store) : ok;
	int saved = errno;

	if (c && c->visit)
		handshake_certificate(c->visit, X509_STORE_CTX_get0_cert(store),
				      sk_X509_num(X509_STORE_CTX_get0_untrusted(store)));
	if (!verdict && c && c->visit && !c->visit->verify_seen) {
		c->visit->verify_seen = true;
		c->visit->verify_error = X509_STORE_CTX_get_error(store);
		c->visit->verify_depth = X509_STORE_CTX_get_error_depth(store);
	}
	errno = saved;
	return verdict;
}

/* ---- what our side can do ---- */

static const struct side *side_of(SSL *ssl)
{
	SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
	struct side *side = SSL_CTX_get_ex_data(ctx, w.side_index);
	STACK_OF(SSL_CIPHER) * ciphers;
	long min, max;

	if (side)
		return side;
	side = calloc(1, sizeof(*side));
	if (!side)
		return NULL;
	side->holders = 1;
	ciphers = SSL_CTX_get_ciphers(ctx);
	for (int i = 0; i < sk_SSL_CIPHER_num(ciphers) && side->suite_count < 96; i++)
		side->suites[side->suite_count++] =
			SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(ciphers, i));
	min = SSL_CTX_get_min_proto_version(ctx);
	max = SSL_CTX_get_max_proto_version(ctx);
	side->min_version = min ? (uint16_t)min : TLS1_VERSION;
	side->max_version = max ? (uint16_t)max : TLS1_3_VERSION;
	if (SSL_CTX_get_options(ctx) & SSL_OP_NO_TLSv1_3 && side->max_version == TLS1_3_VERSION)
		side->max_version = TLS1_2_VERSION;
	/* Mosquitto switches the old ones off by options. */
	if (side->min_version < TLS1_2_VERSION &&
	    SSL_CTX_get_options(ctx) & (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1))
		side->min_version = TLS1_2_VERSION;
	if (SSL_CTX_get_options(ctx) & SSL_OP_NO_TLSv1_2 && side->min_version == TLS1_2_VERSION)
		side->min_version = TLS1_3_VERSION;
	side->asks_certificate = SSL_CTX_get_verify_mode(ctx) & SSL_VERIFY_PEER;
	/* One of each kind is enough, however often the broker makes its contexts anew. */
	for (size_t i = 0; i < w.side_count; i++) {
		struct side *old = w.sides[i];
		unsigned holders = old->holders;
		bool same;

		side->holders = holders;
		same = memcmp(old, side, sizeof(*side)) == 0;
		if (same) {
			free(side);
			SSL_CTX_set_ex_data(ctx, w.side_index, old);
			return old;
		}
	}
	side->holders = 1;
	if (w.side_count == sizeof(w.sides) / sizeof(w.sides[0])) {
		free(side);
		return NULL;
	}
	w.sides[w.side_count++] = side;
	SSL_CTX_set_ex_data(ctx, w.side_index, side);
	return side;
}

static int hello_callback(SSL *ssl, int *alert, void *arg)
{
	struct conn *c = watch_conn(ssl);
	struct guard g = guard_enter();
	int code = 0;

	(void)arg;
	if (c && c->server && c->visit) {
		c->visit->side = side_of(ssl);
		side_hold(c->visit->side);
		handshake_own(c->visit, ssl);
		code = w.events.hello(c, ssl);
		/* the certificate may be another one now */
		X509_free(c->visit->ours);
		c->visit->ours = NULL;
		handshake_own(c->visit, ssl);
		if (SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
			c->verify = SSL_get_verify_callback(ssl);
			SSL_set_verify(ssl, SSL_get_verify_mode(ssl), verify_callback);
		}
	}
	guard_leave(g);
	if (code == 0)
		return SSL_CLIENT_HELLO_SUCCESS;
	*alert = code;
	return SSL_CLIENT_HELLO_ERROR;
}

static void keylog_callback(const SSL *ssl, const char *line)
{
	struct conn *c = watch_conn(ssl);
	struct guard g = guard_enter();

	if (c && c->server)
		w.events.keylog(c, line);
	guard_leave(g);
}

/* ---- OpenSSL's ex-data: where it begins and ends ---- */

static void ctx_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	SSL_CTX *ctx = parent;

	(void)ptr;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	SSL_CTX_set_info_callback(ctx, info_callback);
	SSL_CTX_set_msg_callback(ctx, msg_callback);
	SSL_CTX_set_client_hello_cb(ctx, hello_callback, NULL);
	if (w.keylog)
		SSL_CTX_set_keylog_callback(ctx, keylog_callback);
}

static void ssl_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct conn *c = calloc(1, sizeof(*c));

	(void)ptr;
	(void)argl;
	(void)argp;
	if (!c)
		return;
	/* The SSL is half made: nothing but its address may be used. */
	c->ssl = parent;
	c->fd = -1;
	c->log_from = -1;
	c->start_us = c->active_us = clock_mono_us();
	c->wall_us = clock_wall_us();
	c->number = ++w.number;
	c->visit = visit_new();
	if (c->visit) {
		c->visit->tls = true;
		c->visit->number = c->number;
		c->visit->start_us = c->start_us;
		c->visit->wall_us = c->wall_us;
	}
	LIST_INSERT_HEAD(&w.conns, c, all);
	w.unseen++;
	CRYPTO_set_ex_data(ad, idx, c);
}

static void ssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct conn *c = ptr;
	struct guard g;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	if (!c)
		return;
	/* The SSL is half gone: only what was kept counts. */
	g = guard_enter();
	LIST_REMOVE(c, all);
	if (!c->opened)
		w.unseen--;
	w.events.end(c);
	visit_free(c->visit);
	free(c);
	guard_leave(g);
}

int watch_start(const struct watch_events *events, bool keylog)
{
	w.events = *events;
	w.keylog = keylog;
	if (w.started)
		return 0;
	LIST_INIT(&w.conns);
	/* No free function for the context: it would run after the plugin is unloaded. */
	w.ctx_index = SSL_CTX_get_ex_new_index(0, NULL, ctx_new, NULL, NULL);
	w.side_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	w.ssl_index = SSL_get_ex_new_index(0, NULL, ssl_new, NULL, ssl_free);
	if (w.ctx_index < 0 || w.ssl_index < 0 || w.side_index < 0)
		return -1;
	w.started = true;
	return 0;
}

void watch_stop(void)
{
	if (!w.started)
		return;
	CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX, w.ctx_index);
	CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX, w.side_index);
	CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, w.ssl_index);
	for (size_t i = 0; i < w.side_count; i++)
		side_release(w.sides[i]);
	memset(&w, 0, sizeof(w));
	w.ctx_index = w.ssl_index = w.side_index = -1;
}
