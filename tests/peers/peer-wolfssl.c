#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include "peer.h"

struct tls {
	WOLFSSL_CTX *ctx;
	WOLFSSL *ssl;
	const struct options *opt;
	struct wire *wire;
	struct report *report;
};

static int push(WOLFSSL *ssl, char *buf, int len, void *wire)
{
	ssize_t n = wire_send(wire, buf, (size_t)len);

	(void)ssl;
	return n < 0 ? WOLFSSL_CBIO_ERR_CONN_RST : (int)n;
}

static int pull(WOLFSSL *ssl, char *buf, int len, void *wire)
{
	ssize_t n = wire_recv(wire, buf, (size_t)len);

	(void)ssl;
	if (n > 0)
		return (int)n;
	return n ? WOLFSSL_CBIO_ERR_CONN_RST : WOLFSSL_CBIO_ERR_CONN_CLOSE;
}

static void complain(struct tls *tls, const char *what, int result)
{
	int error = tls->ssl ? wolfSSL_get_error(tls->ssl, result) : 0;
	char text[WOLFSSL_MAX_ERROR_SZ] = "";

	wolfSSL_ERR_error_string((unsigned long)error, text);
	if (!tls->report->error[0])
		snprintf(tls->report->error, sizeof(tls->report->error), "%s: %s (%d)", what, text,
			 error);
}

/* Text that the library wants to be writable. */
static char *writable(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

static const struct {
	const char *name;
	word16 number;
} groups[] = {
	{"P-256", WOLFSSL_ECC_SECP256R1},
	{"P-384", WOLFSSL_ECC_SECP384R1},
	{"P-521", WOLFSSL_ECC_SECP521R1},
	{"brainpoolP384r1", WOLFSSL_ECC_BRAINPOOLP384R1},
};

/* The library's own list works for TLS 1.3 only; in 1.2 groups are an extension to be filled in. */
static int use_groups(struct tls *tls)
{
	char *list = writable(tls->opt->groups), *word, *rest;
	int ok = WOLFSSL_SUCCESS;
	size_t i;

	if (tls->opt->tls && !strcmp(tls->opt->tls, "1.3"))
		ok = wolfSSL_CTX_set1_groups_list(tls->ctx, list);
	else
		for (word = strtok_r(list, ":", &rest); word; word = strtok_r(NULL, ":", &rest)) {
			for (i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
				if (!strcmp(groups[i].name, word))
					break;
			}
			if (i == sizeof(groups) / sizeof(*groups))
				ok = 0;
			else
				ok &= wolfSSL_CTX_UseSupportedCurve(tls->ctx, groups[i].number);
		}
	free(list);
	return ok == WOLFSSL_SUCCESS ? 0 : -1;
}

static const char *configure(struct tls *tls)
{
	const struct options *opt = tls->opt;

	/* Says nothing of a certificate until it is told to look: the mode is set either way. */
	wolfSSL_CTX_set_verify(tls->ctx, opt->verify ? WOLFSSL_VERIFY_PEER : WOLFSSL_VERIFY_NONE,
			       NULL);
	if (opt->ca && wolfSSL_CTX_load_verify_locations_ex(tls->ctx, opt->ca, NULL,
							    WOLFSSL_LOAD_FLAG_DATE_ERR_OKAY) !=
			       WOLFSSL_SUCCESS)
		return "--ca";
	if (opt->cert &&
	    wolfSSL_CTX_use_certificate_chain_file(tls->ctx, opt->cert) != WOLFSSL_SUCCESS)
		return "--cert";
	if (opt->key && wolfSSL_CTX_use_PrivateKey_file(tls->ctx, opt->key, WOLFSSL_FILETYPE_PEM) !=
				WOLFSSL_SUCCESS)
		return "--key";
	if (opt->ciphers && wolfSSL_CTX_set_cipher_list(tls->ctx, opt->ciphers) != WOLFSSL_SUCCESS)
		return "--ciphers";
	if (opt->groups && use_groups(tls))
		return "--groups";
	if (opt->sigalgs &&
	    wolfSSL_CTX_set1_sigalgs_list(tls->ctx, opt->sigalgs) != WOLFSSL_SUCCESS)
		return "--sigalgs";
	return NULL;
}

static void load_session(struct tls *tls)
{
	static unsigned char data[65536];
	const unsigned char *at = data;
	WOLFSSL_SESSION *session;
	FILE *from = fopen(tls->opt->session_in, "r");
	size_t len;

	if (!from)
		return;
	len = fread(data, 1, sizeof(data), from);
	fclose(from);
	session = wolfSSL_d2i_SSL_SESSION(NULL, &at, (long)len);
	if (session)
		wolfSSL_set_session(tls->ssl, session);
	wolfSSL_SESSION_free(session);
}

static void save_session(struct tls *tls)
{
	WOLFSSL_SESSION *session = wolfSSL_get1_session(tls->ssl);
	unsigned char *data = NULL;
	int len = session ? wolfSSL_i2d_SSL_SESSION(session, &data) : 0;
	FILE *to = len > 0 ? fopen(tls->opt->session_out, "w") : NULL;

	if (to) {
		fwrite(data, 1, (size_t)len, to);
		fclose(to);
	}
	wolfSSL_SESSION_free(session);
}

static struct tls *wolf_open(const struct options *opt, struct wire *wire, struct report *report)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	const char *what;

	if (!tls)
		abort();
	tls->opt = opt;
	tls->wire = wire;
	tls->report = report;
	wolfSSL_Init();
	tls->ctx = wolfSSL_CTX_new(!opt->tls		     ? wolfSSLv23_client_method()
				   : strcmp(opt->tls, "1.3") ? wolfTLSv1_2_client_method()
							     : wolfTLSv1_3_client_method());
	what = tls->ctx ? configure(tls) : "a context";
	if (what) {
		complain(tls, what, 0);
		return NULL;
	}
	wolfSSL_CTX_SetIOSend(tls->ctx, push);
	wolfSSL_CTX_SetIORecv(tls->ctx, pull);
	tls->ssl = wolfSSL_new(tls->ctx);
	if (!tls->ssl) {
		complain(tls, "a session", 0);
		return NULL;
	}
	wolfSSL_SetIOWriteCtx(tls->ssl, wire);
	wolfSSL_SetIOReadCtx(tls->ssl, wire);
	if (opt->sni)
		wolfSSL_UseSNI(tls->ssl, WOLFSSL_SNI_HOST_NAME, opt->sni,
			       (unsigned short)strlen(opt->sni));
	if (opt->verify)
		wolfSSL_check_domain_name(tls->ssl, opt->verify_name);
	if (opt->alpn) {
		char *alpn = writable(opt->alpn);

		wolfSSL_UseALPN(tls->ssl, alpn, (unsigned)strlen(alpn),
				WOLFSSL_ALPN_CONTINUE_ON_MISMATCH);
		free(alpn);
	}
	if (opt->session_out && (!opt->tls || strcmp(opt->tls, "1.3")))
		wolfSSL_UseSessionTicket(tls->ssl);
	if (opt->session_in)
		load_session(tls);
	return tls;
}

static int wolf_handshake(struct tls *tls)
{
	struct report *report = tls->report;
	int result = wolfSSL_connect(tls->ssl);

	if (result != WOLFSSL_SUCCESS) {
		complain(tls, "handshake", result);
		return -1;
	}
	snprintf(report->version, sizeof(report->version), "%s", wolfSSL_get_version(tls->ssl));
	snprintf(report->cipher, sizeof(report->cipher), "%s", wolfSSL_get_cipher_name(tls->ssl));
	report->resumed = wolfSSL_session_reused(tls->ssl);
	return 0;
}

static ssize_t wolf_read(struct tls *tls, void *buf, size_t len)
{
	int n = wolfSSL_read(tls->ssl, buf, (int)len);

	if (n > 0)
		return n;
	if (wolfSSL_get_error(tls->ssl, n) == WOLFSSL_ERROR_ZERO_RETURN)
		return 0;
	complain(tls, "read", n);
	return -1;
}

static ssize_t wolf_write(struct tls *tls, const void *buf, size_t len)
{
	int n = wolfSSL_write(tls->ssl, buf, (int)len);

	if (n > 0)
		return n;
	complain(tls, "write", n);
	return -1;
}

static void wolf_notify(struct tls *tls)
{
	wolfSSL_shutdown(tls->ssl);
}

static void wolf_close(struct tls *tls)
{
	WOLFSSL_ALERT_HISTORY seen;

	if (wolfSSL_get_alert_history(tls->ssl, &seen) == WOLFSSL_SUCCESS) {
		if (seen.last_rx.code > 0)
			tls->report->alert_in = seen.last_rx.code;
		if (seen.last_tx.code > 0)
			tls->report->alert_out = seen.last_tx.code;
	}
	if (tls->opt->session_out)
		save_session(tls);
	wolfSSL_free(tls->ssl);
	wolfSSL_CTX_free(tls->ctx);
	wolfSSL_Cleanup();
	free(tls);
}

const struct stack the_stack = {
	.name = "wolfssl",
	.open = wolf_open,
	.handshake = wolf_handshake,
	.read = wolf_read,
	.write = wolf_write,
	.notify = wolf_notify,
	.close = wolf_close,
};
