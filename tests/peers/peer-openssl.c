#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include "peer.h"

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO_METHOD *method;
	const struct options *opt;
	struct wire *wire;
	struct report *report;
};

static int bio_write(BIO *bio, const char *buf, int len)
{
	return (int)wire_send(BIO_get_data(bio), buf, (size_t)len);
}

static int bio_read(BIO *bio, char *buf, int len)
{
	return (int)wire_recv(BIO_get_data(bio), buf, (size_t)len);
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	struct wire *wire = BIO_get_data(bio);

	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return wire->eof;
	return cmd == BIO_CTRL_FLUSH;
}

static void info(const SSL *ssl, int where, int value)
{
	struct tls *tls = SSL_get_app_data(ssl);

	if (where == SSL_CB_READ_ALERT && (value & 0xff))
		tls->report->alert_in = value & 0xff;
	if (where == SSL_CB_WRITE_ALERT && (value & 0xff))
		tls->report->alert_out = value & 0xff;
}

static int new_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *tls = SSL_get_app_data(ssl);
	FILE *to = fopen(tls->opt->session_out, "w");

	if (to) {
		PEM_write_SSL_SESSION(to, session);
		fclose(to);
	}
	return 0;
}

static void complain(struct report *report, const char *what)
{
	unsigned long code = ERR_peek_error();

	if (!report->error[0])
		snprintf(report->error, sizeof(report->error), "%s: %s", what,
			 code ? ERR_reason_error_string(code) : strerror(errno));
	ERR_clear_error();
}

/* A key whose public half is the certificate's and whose private half is another's: it passes the
 * library's own check and makes signatures that nobody can verify. */
static EVP_PKEY *crossed(X509 *cert, EVP_PKEY *key)
{
	char group[64];
	unsigned char pub[256];
	size_t len, pub_len;
	BIGNUM *priv = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *out = NULL, *theirs = X509_get0_pubkey(cert);
	OSSL_PARAM *params;

	EVP_PKEY_get_group_name(key, group, sizeof(group), &len);
	EVP_PKEY_get_octet_string_param(theirs, OSSL_PKEY_PARAM_PUB_KEY, pub, sizeof(pub),
					&pub_len);
	EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &priv);
	OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, pub, pub_len);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, priv);
	params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_fromdata_init(ctx);
	EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEYPAIR, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(priv);
	return out;
}

static int use_certificate(struct tls *tls)
{
	const struct options *opt = tls->opt;
	FILE *file;
	EVP_PKEY *key, *both;
	int ok;

	if (SSL_CTX_use_certificate_chain_file(tls->ctx, opt->cert) != 1)
		return -1;
	if (!opt->mismatch)
		return SSL_CTX_use_PrivateKey_file(tls->ctx, opt->key, SSL_FILETYPE_PEM) == 1 ? 0
											      : -1;
	file = fopen(opt->key, "r");
	if (!file)
		return -1;
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	if (!key)
		return -1;
	both = crossed(SSL_CTX_get0_certificate(tls->ctx), key);
	ok = both && SSL_CTX_use_PrivateKey(tls->ctx, both) == 1;
	EVP_PKEY_free(key);
	EVP_PKEY_free(both);
	return ok ? 0 : -1;
}

static const char *configure(struct tls *tls)
{
	const struct options *opt = tls->opt;
	unsigned char alpn[64];

	/* What is tried here is the broker's judgement, not the library's own floor. */
	SSL_CTX_set_security_level(tls->ctx, 0);
	if (opt->tls) {
		int version = strcmp(opt->tls, "1.3") ? TLS1_2_VERSION : TLS1_3_VERSION;

		SSL_CTX_set_min_proto_version(tls->ctx, version);
		SSL_CTX_set_max_proto_version(tls->ctx, version);
	}
	if (opt->ciphers && opt->tls && !strcmp(opt->tls, "1.3")) {
		if (SSL_CTX_set_ciphersuites(tls->ctx, opt->ciphers) != 1)
			return "--ciphers";
	} else if (opt->ciphers && SSL_CTX_set_cipher_list(tls->ctx, opt->ciphers) != 1) {
		return "--ciphers";
	}
	if (opt->groups && SSL_CTX_set1_groups_list(tls->ctx, opt->groups) != 1)
		return "--groups";
	if (opt->sigalgs && SSL_CTX_set1_sigalgs_list(tls->ctx, opt->sigalgs) != 1)
		return "--sigalgs";
	if (opt->alpn) {
		alpn[0] = (unsigned char)strlen(opt->alpn);
		memcpy(alpn + 1, opt->alpn, alpn[0]);
		SSL_CTX_set_alpn_protos(tls->ctx, alpn, alpn[0] + 1U);
	}
	if (opt->ca && SSL_CTX_load_verify_file(tls->ctx, opt->ca) != 1)
		return "--ca";
	if (opt->cert && use_certificate(tls))
		return "--cert, --key";
	SSL_CTX_set_verify(tls->ctx, opt->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (opt->no_ticket)
		SSL_CTX_set_options(tls->ctx, SSL_OP_NO_TICKET);
	if (opt->session_out) {
		SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_CLIENT);
		SSL_CTX_sess_set_new_cb(tls->ctx, new_session);
	}
	return NULL;
}

static struct tls *openssl_open(const struct options *opt, struct wire *wire, struct report *report)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	const char *what;
	SSL_SESSION *session;
	FILE *file;
	BIO *bio;

	if (!tls)
		abort();
	tls->opt = opt;
	tls->wire = wire;
	tls->report = report;
	tls->ctx = SSL_CTX_new(TLS_client_method());
	what = configure(tls);
	if (what) {
		complain(report, what);
		return NULL;
	}
	tls->ssl = SSL_new(tls->ctx);
	SSL_set_app_data(tls->ssl, tls);
	SSL_set_info_callback(tls->ssl, info);
	if (opt->sni)
		SSL_set_tlsext_host_name(tls->ssl, opt->sni);
	if (opt->verify)
		SSL_set1_host(tls->ssl, opt->verify_name);
	if (opt->fragment)
		SSL_set_tlsext_max_fragment_length(
			tls->ssl, opt->fragment == 512	  ? TLSEXT_max_fragment_length_512
				  : opt->fragment == 1024 ? TLSEXT_max_fragment_length_1024
				  : opt->fragment == 2048 ? TLSEXT_max_fragment_length_2048
							  : TLSEXT_max_fragment_length_4096);
	file = opt->session_in ? fopen(opt->session_in, "r") : NULL;
	if (file) {
		session = PEM_read_SSL_SESSION(file, NULL, NULL, NULL);
		fclose(file);
		if (session)
			SSL_set_session(tls->ssl, session);
		SSL_SESSION_free(session);
	}
	tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wire");
	BIO_meth_set_write(tls->method, bio_write);
	BIO_meth_set_read(tls->method, bio_read);
	BIO_meth_set_ctrl(tls->method, bio_ctrl);
	bio = BIO_new(tls->method);
	BIO_set_data(bio, wire);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	return tls;
}

static int openssl_handshake(struct tls *tls)
{
	struct report *report = tls->report;

	if (SSL_connect(tls->ssl) != 1) {
		complain(report, "handshake");
		return -1;
	}
	snprintf(report->version, sizeof(report->version), "%s", SSL_get_version(tls->ssl));
	snprintf(report->cipher, sizeof(report->cipher), "%s", SSL_get_cipher_name(tls->ssl));
	report->resumed = SSL_session_reused(tls->ssl);
	return 0;
}

static ssize_t openssl_read(struct tls *tls, void *buf, size_t len)
{
	int n = SSL_read(tls->ssl, buf, (int)len);

	if (n > 0)
		return n;
	if (SSL_get_error(tls->ssl, n) == SSL_ERROR_ZERO_RETURN)
		return 0;
	complain(tls->report, "read");
	return -1;
}

static ssize_t openssl_write(struct tls *tls, const void *buf, size_t len)
{
	int n = SSL_write(tls->ssl, buf, (int)len);

	if (n > 0)
		return n;
	complain(tls->report, "write");
	return -1;
}

static void openssl_notify(struct tls *tls)
{
	SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

static void openssl_close(struct tls *tls)
{
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->ctx);
	BIO_meth_free(tls->method);
	free(tls);
}

const struct stack the_stack = {
	.name = "openssl",
	.open = openssl_open,
	.handshake = openssl_handshake,
	.read = openssl_read,
	.write = openssl_write,
	.notify = openssl_notify,
	.close = openssl_close,
};
