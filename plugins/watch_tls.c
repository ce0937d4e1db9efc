/* What OpenSSL tells of a handshake: records, alerts, how it failed or that it is done. */
#include "watch_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "clerk_desk.h"
#include "handshake.h"
#include "side.h"

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
		watch.events.wrote(c);
}

/* When the other side just hangs up, OpenSSL 3 "sends" a decode_error to nobody. */
static bool hung_up(const struct conn *c)
{
	return c->eof || c->read_error;
}

static void see_alert_step(struct conn *c, bool out, const uint8_t *p, size_t len)
{
	struct step *step = visit_step(c->visit, clock_mono_us(), out, STEP_ALERT, (uint32_t)len);

	if (!step || len < 2 || (out && hung_up(c)))
		return;
	step->coded = true;
	step->code = p[1];
}

static void msg_callback(int write_p, int version, int content_type, const void *buf, size_t len,
			 SSL *ssl, void *arg)
{
	struct conn *c = watch_conn(ssl);
	const uint8_t *p = buf;
	struct guard g;

	(void)arg;
	if (!c || !c->server || c->phase == CONN_IN)
		return;
	/* of these only application data counts, and there is none yet */
	if ((content_type == SSL3_RT_HEADER || content_type == SSL3_RT_INNER_CONTENT_TYPE) &&
	    c->phase == CONN_HANDSHAKE)
		return;
	g = guard_enter();
	switch (content_type) {
	case 0: /* a ClientHello in SSL 2.0's form has no content type */
		if (version == SSL2_VERSION && len && c->visit)
			handshake_hello_v2(c->visit, p, len);
		break;
	case SSL3_RT_HANDSHAKE:
		if (len && c->visit)
			handshake_message(c->visit, ssl, write_p, p, len);
		if (len && c->visit && write_p)
			watch.events.message_out(c, ssl, p[0]);
		break;
	case SSL3_RT_CHANGE_CIPHER_SPEC:
		if (c->visit)
			visit_step(c->visit, clock_mono_us(), write_p, STEP_CHANGE_CIPHER_SPEC,
				   (uint32_t)len);
		break;
	case SSL3_RT_ALERT:
		if (c->visit)
			see_alert_step(c, write_p, p, len);
		break;
	case SSL3_RT_HEADER:
		/* before 1.3 the header tells what is in a record; in 1.3 all look like data */
		if (SSL_version(ssl) != TLS1_3_VERSION && len && p[0] == SSL3_RT_APPLICATION_DATA)
			see_data(c, write_p);
		break;
	case SSL3_RT_INNER_CONTENT_TYPE:
		if (len && p[0] == SSL3_RT_APPLICATION_DATA)
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
	if (!v || code == SSL_AD_CLOSE_NOTIFY || (!from_device && hung_up(c)))
		return;
	if (v->alert_seen && (v->alert_level == SSL3_AL_FATAL || level != SSL3_AL_FATAL))
		return;
	v->alert_seen = true;
	v->alert_from_device = from_device;
	v->alert_level = level;
	v->alert_code = code;
}

/* An alert before any ClientHello: OpenSSL calls it an unexpected message, and tells no more of it. */
static void see_alert_first(struct visit *v)
{
	static const uint8_t rest[] = {0, 2}; /* the record's length */

	if (v->stage != STAGE_TCP || v->first_len < 7 || v->first[0] != SSL3_RT_ALERT ||
	    memcmp(v->first + 3, rest, sizeof(rest)) != 0)
		return;
	v->alert_seen = v->alert_from_device = true;
	v->alert_level = v->first[5];
	v->alert_code = v->first[6];
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
	see_alert_first(v);
	if (v->hello && v->shared_groups < 0)
		v->shared_groups = (int)SSL_get_shared_group(ssl, -1);
	if (!error || v->error || hung_up(c))
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
	watch.events.done(c, ssl);
}

static void info_callback(const SSL *const_ssl, int where, int ret)
{
	SSL *ssl =
		(SSL *)(uintptr_t)const_ssl; /* the API takes no const where it changes nothing */
	struct conn *c;
	struct guard g;

	/* a step of the handshake: the messages told of it */
	if (where & SSL_CB_LOOP)
		return;
	c = watch_conn(ssl);
	if (!c)
		return;
	if (!SSL_is_server(ssl)) {
		watch_disown(c);
		return;
	}
	g = guard_enter();
	if (where & SSL_CB_HANDSHAKE_START && c->phase == CONN_HANDSHAKE) {
		watch_open(c, ssl);
		watch_socket(c, SSL_get_rbio(ssl));
		watch_socket(c, SSL_get_wbio(ssl));
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
	int n = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
	int saved = errno;

	if (c && c->visit)
		handshake_certificate(c->visit, X509_STORE_CTX_get0_cert(store),
				      n > 0 ? (unsigned)n : 1);
	if (!verdict && c && c->visit && !c->visit->verify_seen) {
		c->visit->verify_seen = true;
		c->visit->verify_error = X509_STORE_CTX_get_error(store);
		c->visit->verify_depth = X509_STORE_CTX_get_error_depth(store);
	}
	errno = saved;
	return verdict;
}

/* ---- what was asked of it ---- */

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
		code = watch.events.hello(c, ssl);
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
		watch.events.keylog(c, line);
	guard_leave(g);
}

void watch_keys(SSL *ssl, bool wanted)
{
	SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
	SSL_CTX_keylog_cb_func now = SSL_CTX_get_keylog_callback(ctx);

	/* Mosquitto 2.1 may have one of its own */
	if (wanted ? !now : now == keylog_callback)
		SSL_CTX_set_keylog_callback(ctx, wanted ? keylog_callback : NULL);
}

void watch_tls(SSL_CTX *ctx)
{
	SSL_CTX_set_info_callback(ctx, info_callback);
	SSL_CTX_set_msg_callback(ctx, msg_callback);
	SSL_CTX_set_client_hello_cb(ctx, hello_callback, NULL);
}
