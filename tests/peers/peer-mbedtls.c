/* Debian 12 has 2.28, Debian 13 has 3.6: the newer hides the state of a handshake, and says of two
 * calls that they will go. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/debug.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/version.h>
#include "peer.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum { LIST_MAX = 32 };

struct tls {
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config conf;
	mbedtls_x509_crt ca, cert;
	mbedtls_pk_context key;
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	int suites[LIST_MAX + 1];
	mbedtls_ecp_group_id groups[LIST_MAX + 1];
	int hashes[LIST_MAX + 1];
	const char *alpn[2];
	const struct options *opt;
	struct wire *wire;
	struct report *report;
};

static int push(void *wire, const unsigned char *buf, size_t len)
{
	ssize_t n = wire_send(wire, buf, len);

	return n < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)n;
}

static int pull(void *wire, unsigned char *buf, size_t len)
{
	ssize_t n = wire_recv(wire, buf, len);

	return n < 0 ? (errno == EAGAIN ? MBEDTLS_ERR_SSL_TIMEOUT : MBEDTLS_ERR_SSL_CONN_EOF)
		     : (int)n;
}

/* The library tells of alerts in its debug lines only. */
static void debug(void *arg, int level, const char *file, int line, const char *text)
{
	struct report *report = arg;
	const char *at;
	int code;

	(void)level;
	(void)file;
	(void)line;
	at = strstr(text, "got an alert message, type: [");
	if (at && sscanf(at, "got an alert message, type: [%*d:%d]", &code) == 1 && code)
		report->alert_in = code;
	at = strstr(text, "send alert level=");
	if (at && sscanf(at, "send alert level=%*d message=%d", &code) == 1 && code)
		report->alert_out = code;
}

static void complain(struct tls *tls, const char *what, int error)
{
	char text[128];

	mbedtls_strerror(error, text, sizeof(text));
	if (!tls->report->error[0])
		snprintf(tls->report->error, sizeof(tls->report->error), "%s: %s (-0x%04x)", what,
			 text, (unsigned)-error);
}

/* Walks a list of names, separated by colons; -1 if one of them is unknown or there are too many. */
static int each(const char *list, int (*one)(struct tls *, size_t, const char *), struct tls *tls)
{
	char copy[1024], *word, *rest;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	for (word = strtok_r(copy, ":", &rest); word; word = strtok_r(NULL, ":", &rest)) {
		if (n == LIST_MAX || one(tls, n++, word))
			return -1;
	}
	return 0;
}

static int add_suite(struct tls *tls, size_t i, const char *name)
{
	tls->suites[i] = mbedtls_ssl_get_ciphersuite_id(name);
	return tls->suites[i] ? 0 : -1;
}

static int add_group(struct tls *tls, size_t i, const char *name)
{
	const mbedtls_ecp_curve_info *info = mbedtls_ecp_curve_info_from_name(name);

	tls->groups[i] = info ? info->grp_id : MBEDTLS_ECP_DP_NONE;
	return info ? 0 : -1;
}

static int add_hash(struct tls *tls, size_t i, const char *name)
{
	const mbedtls_md_info_t *info = mbedtls_md_info_from_string(name);

	tls->hashes[i] = info ? (int)mbedtls_md_get_type(info) : 0;
	return info ? 0 : -1;
}

static int parse_key(struct tls *tls)
{
#if MBEDTLS_VERSION_MAJOR >= 3
	return mbedtls_pk_parse_keyfile(&tls->key, tls->opt->key, NULL, mbedtls_ctr_drbg_random,
					&tls->random);
#else
	return mbedtls_pk_parse_keyfile(&tls->key, tls->opt->key, NULL);
#endif
}

static const char *configure(struct tls *tls, int *error)
{
	const struct options *opt = tls->opt;
	mbedtls_ssl_config *conf = &tls->conf;

	*error = mbedtls_ctr_drbg_seed(&tls->random, mbedtls_entropy_func, &tls->entropy, NULL, 0);
	if (*error)
		return "random numbers";
	*error = mbedtls_ssl_config_defaults(conf, MBEDTLS_SSL_IS_CLIENT,
					     MBEDTLS_SSL_TRANSPORT_STREAM,
					     MBEDTLS_SSL_PRESET_DEFAULT);
	if (*error)
		return "defaults";
#if MBEDTLS_VERSION_MAJOR >= 3
	mbedtls_ssl_conf_max_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
	mbedtls_ssl_conf_rng(conf, mbedtls_ctr_drbg_random, &tls->random);
	mbedtls_ssl_conf_dbg(conf, debug, tls->report);
	mbedtls_debug_set_threshold(3);
	mbedtls_ssl_conf_authmode(conf, opt->verify ? MBEDTLS_SSL_VERIFY_REQUIRED
						    : MBEDTLS_SSL_VERIFY_NONE);
	if (opt->tls && strcmp(opt->tls, "1.2"))
		return "--tls 1.3 (this client stays with what its oldest library can)";
	if (opt->ca) {
		*error = mbedtls_x509_crt_parse_file(&tls->ca, opt->ca);
		if (*error)
			return "--ca";
		mbedtls_ssl_conf_ca_chain(conf, &tls->ca, NULL);
	}
	if (opt->cert) {
		*error = mbedtls_x509_crt_parse_file(&tls->cert, opt->cert);
		if (!*error)
			*error = parse_key(tls);
		if (!*error)
			*error = mbedtls_ssl_conf_own_cert(conf, &tls->cert, &tls->key);
		if (*error)
			return "--cert, --key";
	}
	if (opt->ciphers) {
		if (each(opt->ciphers, add_suite, tls))
			return "--ciphers";
		mbedtls_ssl_conf_ciphersuites(conf, tls->suites);
	}
	if (opt->groups) {
		if (each(opt->groups, add_group, tls))
			return "--groups";
		mbedtls_ssl_conf_curves(conf, tls->groups);
	}
	if (opt->sigalgs) {
		if (each(opt->sigalgs, add_hash, tls))
			return "--sigalgs";
		mbedtls_ssl_conf_sig_hashes(conf, tls->hashes);
	}
	if (opt->alpn) {
		tls->alpn[0] = opt->alpn;
		mbedtls_ssl_conf_alpn_protocols(conf, tls->alpn);
	}
	if (opt->no_ticket)
		mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
	if (opt->fragment)
		mbedtls_ssl_conf_max_frag_len(
			conf, opt->fragment == 512    ? MBEDTLS_SSL_MAX_FRAG_LEN_512
			      : opt->fragment == 1024 ? MBEDTLS_SSL_MAX_FRAG_LEN_1024
			      : opt->fragment == 2048 ? MBEDTLS_SSL_MAX_FRAG_LEN_2048
						      : MBEDTLS_SSL_MAX_FRAG_LEN_4096);
	return NULL;
}

static void load_session(struct tls *tls)
{
	static unsigned char data[65536];
	mbedtls_ssl_session session;
	FILE *from = fopen(tls->opt->session_in, "r");
	size_t len;

	if (!from)
		return;
	len = fread(data, 1, sizeof(data), from);
	fclose(from);
	mbedtls_ssl_session_init(&session);
	if (!mbedtls_ssl_session_load(&session, data, len))
		mbedtls_ssl_set_session(&tls->ssl, &session);
	mbedtls_ssl_session_free(&session);
}

static void save_session(struct tls *tls)
{
	static unsigned char data[65536];
	mbedtls_ssl_session session;
	size_t len;
	FILE *to;

	mbedtls_ssl_session_init(&session);
	if (!mbedtls_ssl_get_session(&tls->ssl, &session) &&
	    !mbedtls_ssl_session_save(&session, data, sizeof(data), &len)) {
		to = fopen(tls->opt->session_out, "w");
		if (to) {
			fwrite(data, 1, len, to);
			fclose(to);
		}
	}
	mbedtls_ssl_session_free(&session);
}

static struct tls *mbed_open(const struct options *opt, struct wire *wire, struct report *report)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	const char *what;
	int error = 0;

	if (!tls)
		abort();
	tls->opt = opt;
	tls->wire = wire;
	tls->report = report;
	mbedtls_ssl_init(&tls->ssl);
	mbedtls_ssl_config_init(&tls->conf);
	mbedtls_x509_crt_init(&tls->ca);
	mbedtls_x509_crt_init(&tls->cert);
	mbedtls_pk_init(&tls->key);
	mbedtls_entropy_init(&tls->entropy);
	mbedtls_ctr_drbg_init(&tls->random);
	what = configure(tls, &error);
	if (!what) {
		what = "set-up";
		error = mbedtls_ssl_setup(&tls->ssl, &tls->conf);
		if (!error)
			what = NULL;
	}
	if (what) {
		complain(tls, what, error);
		return NULL;
	}
	/* One name serves as SNI and as the name to verify: the library knows no other way. */
	if (opt->sni || opt->verify)
		mbedtls_ssl_set_hostname(&tls->ssl, opt->sni ? opt->sni : NULL);
	if (opt->session_in)
		load_session(tls);
	mbedtls_ssl_set_bio(&tls->ssl, wire, push, pull, NULL);
	return tls;
}

static int mbed_handshake(struct tls *tls)
{
	struct report *report = tls->report;
	int error;

	do {
		error = mbedtls_ssl_handshake_step(&tls->ssl);
		/* A resumed handshake never reaches the server's certificate. */
		if (tls->ssl.state == MBEDTLS_SSL_SERVER_CERTIFICATE)
			report->resumed_known = true;
	} while (!error && tls->ssl.state != MBEDTLS_SSL_HANDSHAKE_OVER);
	if (error) {
		complain(tls, "handshake", error);
		return -1;
	}
	report->resumed = !report->resumed_known;
	snprintf(report->version, sizeof(report->version), "%s",
		 mbedtls_ssl_get_version(&tls->ssl));
	snprintf(report->cipher, sizeof(report->cipher), "%s",
		 mbedtls_ssl_get_ciphersuite(&tls->ssl));
	return 0;
}

static ssize_t mbed_read(struct tls *tls, void *buf, size_t len)
{
	int n = mbedtls_ssl_read(&tls->ssl, buf, len);

	if (n >= 0)
		return n;
	if (n == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return 0;
	complain(tls, "read", n);
	return -1;
}

static ssize_t mbed_write(struct tls *tls, const void *buf, size_t len)
{
	size_t done = 0;
	int n;

	while (done < len) {
		n = mbedtls_ssl_write(&tls->ssl, (const unsigned char *)buf + done, len - done);
		if (n < 0) {
			complain(tls, "write", n);
			return -1;
		}
		done += (size_t)n;
	}
	return (ssize_t)len;
}

static void mbed_notify(struct tls *tls)
{
	mbedtls_ssl_close_notify(&tls->ssl);
}

static void mbed_alert(struct tls *tls)
{
	mbedtls_ssl_send_alert_message(&tls->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
				       MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
}

static void mbed_close(struct tls *tls)
{
	if (tls->opt->session_out)
		save_session(tls);
	mbedtls_ssl_free(&tls->ssl);
	mbedtls_ssl_config_free(&tls->conf);
	mbedtls_x509_crt_free(&tls->ca);
	mbedtls_x509_crt_free(&tls->cert);
	mbedtls_pk_free(&tls->key);
	mbedtls_ctr_drbg_free(&tls->random);
	mbedtls_entropy_free(&tls->entropy);
	free(tls);
}

const struct stack the_stack = {
	.name = "mbedtls",
	.open = mbed_open,
	.handshake = mbed_handshake,
	.read = mbed_read,
	.write = mbed_write,
	.notify = mbed_notify,
	.alert = mbed_alert,
	.close = mbed_close,
};
