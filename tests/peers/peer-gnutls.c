#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include "peer.h"

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	const struct options *opt;
	struct wire *wire;
	struct report *report;
};

static ssize_t push(gnutls_transport_ptr_t wire, const void *buf, size_t len)
{
	return wire_send(wire, buf, len);
}

static ssize_t pull(gnutls_transport_ptr_t wire, void *buf, size_t len)
{
	return wire_recv(wire, buf, len);
}

static void complain(struct tls *tls, const char *what, int error)
{
	struct report *report = tls->report;

	if (error == GNUTLS_E_FATAL_ALERT_RECEIVED || error == GNUTLS_E_WARNING_ALERT_RECEIVED)
		report->alert_in = (int)gnutls_alert_get(tls->session);
	if (!report->error[0])
		snprintf(report->error, sizeof(report->error), "%s: %s", what,
			 gnutls_strerror(error));
}

/* The library leaves alerts to its user: most programs send what it calls appropriate. */
static void send_alert(struct tls *tls, int error)
{
	int level, code = gnutls_error_to_alert(error, &level);

	if (code < 0 || error == GNUTLS_E_FATAL_ALERT_RECEIVED || error == GNUTLS_E_PUSH_ERROR ||
	    error == GNUTLS_E_PULL_ERROR || error == GNUTLS_E_PREMATURE_TERMINATION)
		return;
	if (gnutls_alert_send(tls->session, (gnutls_alert_level_t)level,
			      (gnutls_alert_description_t)code) == 0)
		tls->report->alert_out = code;
}

/* One priority string out of our options; each list is GnuTLS's own, "+AES-128-GCM:+..." */
static int set_priority(struct tls *tls)
{
	const struct options *opt = tls->opt;
	char text[1024];

	snprintf(text, sizeof(text), "NORMAL:-VERS-ALL%s%s%s%s%s%s%s%s",
		 opt->no_ticket ? ":%NO_TICKETS" : "",
		 !opt->tls || strcmp(opt->tls, "1.3") ? ":+VERS-TLS1.2" : "",
		 !opt->tls || strcmp(opt->tls, "1.2") ? ":+VERS-TLS1.3" : "",
		 opt->ciphers ? ":" : "", opt->ciphers ? opt->ciphers : "",
		 opt->groups ? ":-GROUP-ALL:" : "", opt->groups ? opt->groups : "",
		 opt->sigalgs ? ":-SIGN-ALL:" : "");
	if (opt->sigalgs)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", opt->sigalgs);
	return gnutls_priority_set_direct(tls->session, text, NULL);
}

static int set_certificate(struct tls *tls)
{
	const struct options *opt = tls->opt;

	if (opt->mismatch)
		gnutls_certificate_set_flags(tls->credentials,
					     GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	return gnutls_certificate_set_x509_key_file(tls->credentials, opt->cert, opt->key,
						    GNUTLS_X509_FMT_PEM);
}

static void load_session(struct tls *tls)
{
	static unsigned char data[65536];
	FILE *from = fopen(tls->opt->session_in, "r");
	size_t len;

	if (!from)
		return;
	len = fread(data, 1, sizeof(data), from);
	fclose(from);
	gnutls_session_set_data(tls->session, data, len);
}

static void save_session(struct tls *tls)
{
	gnutls_datum_t data;
	FILE *to;

	if (gnutls_session_get_data2(tls->session, &data))
		return;
	to = fopen(tls->opt->session_out, "w");
	if (to) {
		fwrite(data.data, 1, data.size, to);
		fclose(to);
	}
	gnutls_free(data.data);
}

static struct tls *gnutls_open(const struct options *opt, struct wire *wire, struct report *report)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	const char *what = NULL;
	int error = 0;

	if (!tls)
		abort();
	tls->opt = opt;
	tls->wire = wire;
	tls->report = report;
	gnutls_certificate_allocate_credentials(&tls->credentials);
	gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL);
	if (opt->ca) {
		what = "--ca";
		error = gnutls_certificate_set_x509_trust_file(tls->credentials, opt->ca,
							       GNUTLS_X509_FMT_PEM);
		if (error < 0)
			goto fail;
	}
	if (opt->cert) {
		what = "--cert, --key";
		error = set_certificate(tls);
		if (error < 0)
			goto fail;
	}
	what = "--ciphers, --groups, --sigalgs";
	error = set_priority(tls);
	if (error < 0)
		goto fail;
	gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
	if (opt->sni)
		gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS, opt->sni, strlen(opt->sni));
	if (opt->verify)
		gnutls_session_set_verify_cert(tls->session, opt->verify_name, 0);
	if (opt->fragment)
		gnutls_record_set_max_size(tls->session, opt->fragment);
	if (opt->session_in)
		load_session(tls);
	gnutls_transport_set_ptr(tls->session, wire);
	gnutls_transport_set_push_function(tls->session, push);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_handshake_set_timeout(tls->session, 0);
	return tls;
fail:
	snprintf(report->error, sizeof(report->error), "%s: %s", what, gnutls_strerror(error));
	return NULL;
}

static int gnutls_go(struct tls *tls)
{
	struct report *report = tls->report;
	int error;

	do {
		error = gnutls_handshake(tls->session);
		if (error == GNUTLS_E_WARNING_ALERT_RECEIVED)
			report->alert_in = (int)gnutls_alert_get(tls->session);
		if (error == GNUTLS_E_AGAIN && tls->wire->err == EAGAIN)
			break;
	} while (error < 0 && !gnutls_error_is_fatal(error));
	if (error < 0) {
		complain(tls, "handshake", error);
		send_alert(tls, error);
		return -1;
	}
	snprintf(report->version, sizeof(report->version), "%s",
		 gnutls_protocol_get_name(gnutls_protocol_get_version(tls->session)));
	/* not gnutls_ciphersuite_get: it came with 3.7.4, and Ubuntu 22.04 has 3.7.3 */
	snprintf(report->cipher, sizeof(report->cipher), "%s",
		 gnutls_cipher_get_name(gnutls_cipher_get(tls->session)));
	report->resumed = gnutls_session_is_resumed(tls->session) != 0;
	return 0;
}

static ssize_t gnutls_hear(struct tls *tls, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = gnutls_record_recv(tls->session, buf, len);
		/* In TLS 1.3 "again" also means that a ticket was read. */
		if (n == GNUTLS_E_AGAIN && tls->wire->err == EAGAIN)
			break;
	} while (n < 0 && !gnutls_error_is_fatal((int)n));
	if (n < 0) {
		complain(tls, "read", (int)n);
		return -1;
	}
	return n;
}

static ssize_t gnutls_speak(struct tls *tls, const void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = gnutls_record_send(tls->session, (const char *)buf + done, len - done);
		if (n < 0) {
			complain(tls, "write", (int)n);
			return -1;
		}
		done += (size_t)n;
	}
	return (ssize_t)len;
}

static void gnutls_notify(struct tls *tls)
{
	gnutls_bye(tls->session, GNUTLS_SHUT_WR);
}

static void gnutls_warn(struct tls *tls)
{
	gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, GNUTLS_A_INTERNAL_ERROR);
}

static void gnutls_close(struct tls *tls)
{
	if (tls->opt->session_out)
		save_session(tls);
	gnutls_deinit(tls->session);
	gnutls_certificate_free_credentials(tls->credentials);
	free(tls);
}

const struct stack the_stack = {
	.name = "gnutls",
	.open = gnutls_open,
	.handshake = gnutls_go,
	.read = gnutls_hear,
	.write = gnutls_speak,
	.notify = gnutls_notify,
	.alert = gnutls_warn,
	.close = gnutls_close,
};
