#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include "budget.h"
#include "bundle.h"
#include "cert.h"
#include "describe.h"
#include "host.h"
#include "outfit.h"
#include "when.h"

#define PATIENCE_MS 10000

/* What one visit to a server showed. */
struct visit {
	bool connected; /* TCP */
	bool done;	/* the handshake */
	bool asked;	/* the server wanted a client certificate */
	char suite[64], group[32], why[200];
	X509 *chain[BUNDLE_MAX];
	size_t count;
	size_t record; /* the largest that came during the handshake */
	long verify;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left = until - now_ms();

	return left > 0 && poll(&p, 1, (int)left) > 0;
}

/* "host:8883" or "[2001:db8::1]:8883" */
static int split_target(const char *target, char host[256], char port[6], struct fault *fault)
{
	const char *colon = strrchr(target, ':');
	size_t len = colon ? (size_t)(colon - target) : 0;

	if (len && target[0] == '[' && target[len - 1] == ']') {
		target++;
		len -= 2;
	}
	if (!colon || !len || len > 255 || strlen(colon + 1) > 5 || atoi(colon + 1) < 1 ||
	    atoi(colon + 1) > 65535)
		return misuse(fault, "%s: expected HOST:PORT with a port from 1 to 65535", target);
	memcpy(host, target, len);
	host[len] = '\0';
	strcpy(port, colon + 1);
	return 0;
}

static int dial(const struct addrinfo *where, int64_t until, char *why, size_t size)
{
	int fd = -1, error = 0;
	socklen_t len = sizeof(error);

	for (; where; where = where->ai_next) {
		fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		if (connect(fd, where->ai_addr, where->ai_addrlen) == 0)
			return fd;
		error = errno;
		if (error == EINPROGRESS) {
			error = ETIMEDOUT;
			if (wait_for(fd, POLLOUT, until))
				getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
			if (error == 0)
				return fd;
		}
		close(fd);
	}
	snprintf(why, size, "no connection: %s", strerror(error));
	return -1;
}

static void on_record(int sent, int version, int type, const void *buf, size_t len, SSL *ssl,
		      void *arg)
{
	const unsigned char *header = buf;
	struct visit *visit = arg;
	size_t size;

	(void)version;
	(void)ssl;
	if (!sent && type == SSL3_RT_HANDSHAKE && len && *header == SSL3_MT_CERTIFICATE_REQUEST)
		visit->asked = true;
	if (sent || type != SSL3_RT_HEADER || len < 5)
		return;
	size = 5 + ((size_t)header[3] << 8 | header[4]);
	if (size > visit->record)
		visit->record = size;
}

static SSL_CTX *modem_context(const struct modem_family *family, const struct outfit *outfit)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char ciphers[600];
	size_t len = modem_cipher_list(family, ciphers, sizeof(ciphers) - 20);

	snprintf(ciphers + len, sizeof(ciphers) - len, ":@SECLEVEL=0");
	if (ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, ciphers) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, MODEM_GROUPS) == 1 &&
	    SSL_CTX_set1_sigalgs_list(ctx, MODEM_SIGNATURES) == 1 && outfit_put_on(outfit, ctx)) {
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
		return ctx;
	}
	SSL_CTX_free(ctx);
	return NULL;
}

/* What ended a handshake, in words. */
static void explain(struct visit *visit, SSL *ssl, int rc)
{
	unsigned long error = ERR_peek_last_error();
	int reason = ERR_GET_REASON(error);

	if (error && reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
		snprintf(visit->why, sizeof(visit->why), "the server answered with alert %d, %s",
			 reason - SSL_AD_REASON_OFFSET,
			 SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	else if (error && ERR_reason_error_string(error))
		snprintf(visit->why, sizeof(visit->why), "%s", ERR_reason_error_string(error));
	else if (SSL_get_error(ssl, rc) == SSL_ERROR_SYSCALL && errno)
		snprintf(visit->why, sizeof(visit->why), "%s", strerror(errno));
	else
		snprintf(visit->why, sizeof(visit->why), "the server closed the connection");
	ERR_clear_error();
}

static void take_chain(struct visit *visit, SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	int n = chain ? sk_X509_num(chain) : 0;

	for (int i = 0; i < n && visit->count < BUNDLE_MAX; i++) {
		X509 *cert = sk_X509_value(chain, i);

		X509_up_ref(cert);
		visit->chain[visit->count++] = cert;
	}
}

static void shake(struct visit *visit, SSL *ssl, int fd, int64_t until)
{
	int rc, want;

	for (;;) {
		ERR_clear_error();
		errno = 0;
		rc = SSL_connect(ssl);
		if (rc == 1)
			break;
		want = SSL_get_error(ssl, rc);
		if (want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE) {
			explain(visit, ssl, rc);
			break;
		}
		if (!wait_for(fd, want == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until)) {
			snprintf(visit->why, sizeof(visit->why),
				 "nothing came for %d s, the handshake stands still",
				 PATIENCE_MS / 1000);
			break;
		}
	}
	visit->done = rc == 1;
	take_chain(visit, ssl);
	visit->verify = SSL_get_verify_result(ssl);
	if (visit->done)
		snprintf(visit->suite, sizeof(visit->suite), "%s", SSL_get_cipher_name(ssl));
	if (visit->done && SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl)))
		snprintf(visit->group, sizeof(visit->group), "%s",
			 SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl)));
}

static void go(struct visit *visit, const struct addrinfo *where, const struct modem_family *family,
	       const char *sni, const char *name, const struct outfit *outfit)
{
	int64_t until = now_ms() + PATIENCE_MS;
	SSL_CTX *ctx = modem_context(family, outfit);
	SSL *ssl = NULL;
	int fd;

	memset(visit, 0, sizeof(*visit));
	fd = dial(where, until, visit->why, sizeof(visit->why));
	visit->connected = fd >= 0;
	ssl = ctx && fd >= 0 ? SSL_new(ctx) : NULL;
	if (ssl && SSL_set_fd(ssl, fd) == 1 && (!sni || SSL_set_tlsext_host_name(ssl, sni) == 1) &&
	    (!outfit->trusts.count || !name || SSL_set1_host(ssl, name) == 1)) {
		SSL_set_msg_callback(ssl, on_record);
		SSL_set_msg_callback_arg(ssl, visit);
		shake(visit, ssl, fd, until);
		if (visit->done)
			SSL_shutdown(ssl);
	} else if (fd >= 0) {
		snprintf(visit->why, sizeof(visit->why), "TLS cannot be set up here");
	}
	ERR_clear_error();
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	if (fd >= 0)
		close(fd);
}

static void leave(struct visit *visit)
{
	for (size_t i = 0; i < visit->count; i++)
		X509_free(visit->chain[i]);
	visit->count = 0;
}

static bool gets_in(const struct modem_family *m, const struct visit *v, const char *ca)
{
	return v->done && budget_of_chain(v->chain, v->count).chain_der <= m->chain_der.max &&
	       (!ca || v->verify == X509_V_OK);
}

/* One line a family, with what it would meet. True if a modem of that family gets in. */
static bool verdict(struct text *out, const struct modem_family *m, const struct visit *v,
		    const char *sni, const char *ca)
{
	size_t chain = budget_of_chain(v->chain, v->count).chain_der;
	bool good = gets_in(m, v, ca);

	text_printf(out, "  %-50s %s, %s\n", m->title, good ? "gets in" : "does NOT get in",
		    sni ? "with SNI" : "without SNI");
	if (!v->done)
		text_printf(out, "      %s\n", v->why);
	if (!v->done && v->asked)
		text_puts(out,
			  "      the server asks for a client certificate: --cert and --key show "
			  "it one\n");
	if (v->done)
		text_printf(out, "      %s, %s, chain of %zu bytes, largest record %zu\n", v->suite,
			    v->group, chain, v->record);
	if (chain > m->chain_der.max)
		text_printf(out, "      the chain is over %zu bytes (%s: %s)\n", m->chain_der.max,
			    basis_name(m->chain_der.basis), m->chain_der.source);
	if (v->done && ca && v->verify != X509_V_OK)
		text_printf(out, "      a device that trusts %s refuses it: %s\n", ca,
			    X509_verify_cert_error_string(v->verify));
	return good;
}

static void name_check(struct text *out, const struct visit *v, const char *name)
{
	struct cert_facts facts;

	if (!name || !v->count || cert_facts_of(&facts, v->chain[0]))
		return;
	if (!cert_covers_host(&facts, name))
		text_printf(out,
			    "%s is NOT covered by the certificate: a device that checks the name "
			    "refuses it\n",
			    name);
	cert_facts_free(&facts);
}

/* The record as it was counted, not as it is reckoned. */
static struct budget visit_budget(const struct visit *v)
{
	struct budget budget = budget_of_chain(v->chain, v->count);

	budget.record = v->record;
	return budget;
}

static void tell_json(struct text *out, const struct modem_family *m, const struct visit *v,
		      const char *sni, const char *ca, long tag, bool first)
{
	struct budget budget = visit_budget(v);

	text_printf(out, "%s{\"family\":\"%s\",\"sni\":%s,\"handshake\":%s,\"gets_in\":%s",
		    first ? "[" : ",\n", m->code, sni ? "true" : "false",
		    v->done ? "true" : "false", gets_in(m, v, ca) ? "true" : "false");
	if (v->asked)
		text_puts(out, ",\"asks_for_certificate\":true");
	if (v->done)
		text_printf(out, ",\"suite\":\"%s\",\"group\":\"%s\"", v->suite, v->group);
	else
		text_puts(out, ",\"why\":"), text_json(out, v->why, strlen(v->why), 200);
	text_puts(out, ",\"budget\":");
	budget_json(out, &budget, tag);
	text_puts(out, ",\"chain\":");
	describe_chain(out, v->chain, v->count, true, when_now());
	text_puts(out, "}");
}

static int visit_all(const struct options *o, const struct addrinfo *where, const char *name,
		     const struct modem_family *only, const struct outfit *outfit, struct text *out,
		     struct fault *fault)
{
	struct text verdicts = {0};
	bool shown = false, first = true, all = true;
	int rc = 0;

	for (const struct modem_family *m = modem_families; m->code; m++) {
		const char *sni = o->no_sni || !m->sni.yes ? NULL : name;
		struct visit v;

		if (only && m != only)
			continue;
		go(&v, where, m, sni, name, outfit);
		if (!v.connected) {
			rc = refuse(fault, "%s: %s; is the broker up, and the port open?",
				    o->args[0], v.why);
			break;
		}
		if (o->json) {
			tell_json(out, m, &v, sni, o->ca, o->tag, first);
		} else if (v.count && !shown) {
			struct budget budget = visit_budget(&v);

			describe_chain(out, v.chain, v.count, false, when_now());
			text_puts(out, "budget\n");
			budget_print(out, &budget, o->tag, when_now());
			name_check(out, &v, name);
			shown = true;
		}
		all &= verdict(&verdicts, m, &v, sni, o->ca);
		first = false;
		leave(&v);
	}
	if (o->json)
		text_puts(out, first ? "[]\n" : "]\n");
	else
		text_printf(out, "modems\n%s", verdicts.s ? verdicts.s : "");
	if (!rc && (out->broken || verdicts.broken))
		rc = refuse(fault, "out of memory");
	text_free(&verdicts);
	if (!rc)
		fputs(out->s, stdout);
	if (!rc && !all)
		rc = refuse(fault, "not every modem gets in at %s", o->args[0]);
	return rc;
}

int inspect_server(const struct options *o, const char *target, struct fault *fault)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *where = NULL;
	const struct modem_family *only = NULL;
	const char *name;
	char host[256], port[6];
	struct outfit outfit = {0};
	struct text out = {0};
	int rc, error;

	rc = split_target(target, host, port, fault);
	if (rc)
		return rc;
	if (o->family) {
		only = modem_family(o->family);
		if (!only)
			return misuse(
				fault,
				"--family %s: expected nrf9160-1.0, nrf9160-1.2, nrf9160-1.3 or "
				"nrf91x1-2.0",
				o->family);
	}
	rc = outfit_read(&outfit, o, fault);
	if (rc)
		goto out;
	error = getaddrinfo(host, port, &hints, &where);
	if (error) {
		rc = refuse(fault, "%s cannot be resolved: %s", host, gai_strerror(error));
		goto out;
	}
	/* An address is no name to ask for. */
	name = o->sni ? o->sni : o->host ? o->host : host_kind(host) == HOST_ADDRESS ? NULL : host;
	rc = visit_all(o, where, name, only, &outfit, &out, fault);
	freeaddrinfo(where);
out:
	outfit_free(&outfit);
	text_free(&out);
	return rc;
}
