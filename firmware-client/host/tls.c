#include "tls.h"
#include "tls_assumed.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define RECORD_DATA	     23
#define ALERT_NO_SUITE	     40
#define MESSAGE_HELLO	     1
#define MESSAGE_SERVER_HELLO 2
#define MESSAGE_CERTIFICATE  11
#define AEAD_OVERHEAD	     24 /* explicit nonce and tag */
#define PEM_ARMOUR	     54 /* both lines */
#define CHACHA_OVERHEAD	     16
#define CBC_OVERHEAD	     17 /* IV, one byte of padding: the least, so data is the most */

static int tls_index(void)
{
	static int index = -1;
	static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&once);
	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	pthread_mutex_unlock(&once);
	return index;
}

static struct tls *tls_of(const SSL *ssl)
{
	return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), tls_index());
}

/* So many bytes as lines of 64 digits. */
static size_t base64_lines(size_t bytes)
{
	size_t digits = (bytes + 2) / 3 * 4;

	return digits + (digits + 63) / 64;
}

/* The sum of the certificates in a Certificate message of TLS 1.2. */
static void chain_count(struct tls_seen *seen, const uint8_t *p, size_t len)
{
	size_t at = 7; /* type, length, length of the list */

	seen->chain_bytes = 0;
	seen->chain_text = 0;
	seen->chain_count = 0;
	while (at + 3 <= len) {
		size_t size = (size_t)p[at] << 16 | (size_t)p[at + 1] << 8 | p[at + 2];

		seen->chain_bytes += size;
		seen->chain_text += PEM_ARMOUR + base64_lines(size);
		seen->chain_count++;
		at += 3 + size;
	}
}

/* What a record has beside its data: of a CBC suite's padding nothing is seen but that there is some. */
static size_t overhead_of(const SSL_CIPHER *cipher)
{
	const EVP_MD *mac = cipher ? EVP_get_digestbynid(SSL_CIPHER_get_digest_nid(cipher)) : NULL;

	if (mac)
		return CBC_OVERHEAD + (size_t)EVP_MD_get_size(mac);
	return cipher && SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305
		       ? CHACHA_OVERHEAD
		       : AEAD_OVERHEAD;
}

static void record_count(struct tls *tls, const SSL *ssl, const uint8_t *header)
{
	size_t wire = (size_t)header[3] << 8 | header[4];
	size_t overhead = overhead_of(SSL_get_current_cipher(ssl));
	size_t data = wire > overhead ? wire - overhead : 0;

	if (header[0] != RECORD_DATA)
		return;
	if (data > tls->seen.largest_record)
		tls->seen.largest_record = data;
	if (data > tls->shape.record_max)
		tls->seen.record_over = true;
}

static void on_message(int out, int version, int kind, const void *data, size_t len, SSL *ssl,
		       void *arg)
{
	struct tls *tls = arg;
	const uint8_t *p = data;

	(void)version;
	if (kind == SSL3_RT_HEADER && !out && len == 5) {
		record_count(tls, ssl, p);
		return;
	}
	if (kind != SSL3_RT_HANDSHAKE || len == 0)
		return;
	if (out && p[0] == MESSAGE_HELLO)
		tls->seen.hello_sent = true;
	if (out && p[0] == MESSAGE_CERTIFICATE)
		tls->seen.own_certificate = len > 7;
	if (!out && p[0] == MESSAGE_SERVER_HELLO)
		tls->seen.server_hello = true;
	if (!out && p[0] == MESSAGE_CERTIFICATE) {
		tls->seen.certificate = true;
		chain_count(&tls->seen, p, len);
		tls->seen.chain_over =
			tls->shape.chain_max && tls->seen.chain_bytes > tls->shape.chain_max;
	}
}

static long on_bio(BIO *bio, int operation, const char *data, size_t len, int argi, long argl,
		   int rc, size_t *processed)
{
	struct tls *tls = (struct tls *)BIO_get_callback_arg(bio);

	(void)data, (void)len, (void)argi, (void)argl, (void)processed;
	if (operation == (BIO_CB_READ | BIO_CB_RETURN) && rc <= 0) {
		if (rc < 0 && errno == ECONNRESET)
			tls->seen.reset = true;
		else if (rc == 0 && !BIO_should_retry(bio))
			tls->seen.eof = true;
	}
	return rc;
}

/* Before the ClientHello is made: the name to ask for, the session to resume. */
static void handshake_begins(struct tls *tls, SSL *ssl)
{
	const struct door *door = tls->door;

	/* libmosquitto has put its own idea of the host there. */
	SSL_set_tlsext_host_name(ssl, NULL);
	if (door->tls_name && tls->shape.sni) {
		SSL_set_tlsext_host_name(ssl, door->tls_name);
		snprintf(tls->seen.sni, sizeof(tls->seen.sni), "%s", door->tls_name);
	}
	if (door->session_cache && tls->session)
		SSL_set_session(ssl, tls->session);
	BIO_set_callback_arg(SSL_get_rbio(ssl), (char *)tls);
	BIO_set_callback_ex(SSL_get_rbio(ssl), on_bio);
}

static void on_info(const SSL *const_ssl, int where, int value)
{
	SSL *ssl = (SSL *)(uintptr_t)const_ssl;
	struct tls *tls = tls_of(ssl);
	bool fatal = value >> 8 == SSL3_AL_FATAL;

	if (where & SSL_CB_HANDSHAKE_START && !tls->seen.done)
		handshake_begins(tls, ssl);
	if (where & SSL_CB_HANDSHAKE_DONE) {
		tls->seen.done = true;
		tls->seen.resumed = SSL_session_reused(ssl);
		snprintf(tls->seen.cipher, sizeof(tls->seen.cipher), "%s",
			 SSL_get_cipher_name(ssl));
		tls_assume(tls, ssl);
	}
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && fatal)
		tls->seen.alert_in = value & 0xff;
	if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && fatal)
		tls->seen.alert_out = value & 0xff;
}

static int on_verify(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *tls = tls_of(ssl);

	if (tls->seen.chain_over) {
		X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
		return 0;
	}
	if (ok || !tls->door->verify) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	if (tls->seen.verify_error == X509_V_OK)
		tls->seen.verify_error = X509_STORE_CTX_get_error(store);
	return 0;
}

static int on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *tls = tls_of(ssl);

	SSL_SESSION_free(tls->session);
	tls->session = session;
	return 1;
}

/* Each PEM block of the item as a trust anchor; how many there were. */
static int anchors_add(SSL_CTX *context, const struct store_item *item)
{
	BIO *bio = BIO_new_mem_buf(item->text, (int)item->len);
	X509 *cert;
	int count = 0;

	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), cert))
			count++;
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	return count;
}

/* Client certificate and key; false if the modem would not take them together. */
static bool pair_add(SSL_CTX *context, const struct store_item *cert_item,
		     const struct store_item *key_item)
{
	BIO *cert_bio = BIO_new_mem_buf(cert_item->text, (int)cert_item->len);
	BIO *key_bio = BIO_new_mem_buf(key_item->text, (int)key_item->len);
	X509 *cert = cert_bio ? PEM_read_bio_X509(cert_bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = key_bio ? PEM_read_bio_PrivateKey(key_bio, NULL, NULL, (void *)"") : NULL;
	bool ok = cert && key && SSL_CTX_use_certificate(context, cert) == 1 &&
		  SSL_CTX_use_PrivateKey(context, key) == 1 &&
		  SSL_CTX_check_private_key(context) == 1;
	X509 *more;

	while (ok && (more = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL)))
		if (SSL_CTX_add_extra_chain_cert(context, more) != 1)
			X509_free(more);
	ERR_clear_error();
	X509_free(cert);
	EVP_PKEY_free(key);
	BIO_free(cert_bio);
	BIO_free(key_bio);
	return ok;
}

static bool shape(struct tls *tls)
{
	SSL_CTX *context = tls->context;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

	/* Level 0: what the modem takes is the modem's business, not this PC's. */
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_msg_callback(context, on_message);
	SSL_CTX_set_msg_callback_arg(context, tls);
	SSL_CTX_set_info_callback(context, on_info);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_mode(context,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (tls->door->session_cache) {
		SSL_CTX_set_session_cache_mode(context,
					       SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(context, on_session);
	} else {
		SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
	}
	/* Any stored certificate is an anchor, a leaf or an intermediate too (assumed). */
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	if (tls->door->tls_name && tls->door->verify &&
	    !X509_VERIFY_PARAM_set1_host(param, tls->door->tls_name, 0))
		return false;
	return SSL_CTX_set_ex_data(context, tls_index(), tls) == 1 &&
	       SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(context, tls->shape.ciphers) == 1 &&
	       (!tls->shape.groups || SSL_CTX_set1_groups_list(context, tls->shape.groups) == 1) &&
	       (!tls->shape.signatures ||
		SSL_CTX_set1_sigalgs_list(context, tls->shape.signatures) == 1);
}

void tls_unused(struct tls *tls)
{
	tls->seen = (struct tls_seen){.alert_in = -1, .alert_out = -1};
}

const struct outcome *tls_open(struct tls *tls, const struct modem *modem, enum stack stack,
			       const struct door *door)
{
	const struct store_item *ca = store_find(&modem->store, door->tag, CREDENTIAL_CA);
	const struct store_item *cert = store_find(&modem->store, door->tag, CREDENTIAL_CERT);
	const struct store_item *key = store_find(&modem->store, door->tag, CREDENTIAL_KEY);
	SSL_SESSION *session = tls->session;

	/* What was agreed with one broker is nothing to another. */
	if (session && tls->door != door) {
		SSL_SESSION_free(session);
		session = NULL;
	}
	*tls = (struct tls){.modem = modem,
			    .door = door,
			    .stack = stack,
			    .shape = tls_shape_of(stack, modem->firmware),
			    .sec1_key = key && strstr(key->text, "BEGIN EC PRIVATE KEY"),
			    .session = session};
	tls_unused(tls);
	if (!ca)
		return &outcome_no_anchor;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context || !shape(tls))
		return &outcome_protocol;
	if (anchors_add(tls->context, ca) == 0)
		return &outcome_bad_anchor;
	if (cert && key && !pair_add(tls->context, cert, key))
		return &outcome_bad_pair;
	return NULL;
}

void tls_close(struct tls *tls)
{
	SSL_CTX_free(tls->context);
	tls->context = NULL;
}

void tls_forget(struct tls *tls)
{
	tls_close(tls);
	SSL_SESSION_free(tls->session);
	tls->session = NULL;
}

static const struct outcome *outcome_of_verify(long error)
{
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return &outcome_name;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
		return &outcome_dates;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		return &outcome_untrusted;
	default:
		return &outcome_unfit;
	}
}

const struct outcome *tls_outcome(const struct tls *tls, bool timed_out)
{
	const struct tls_seen *seen = &tls->seen;

	if (seen->chain_over)
		return &outcome_chain;
	if (seen->verify_error != X509_V_OK)
		return outcome_of_verify(seen->verify_error);
	if (seen->alert_in == ALERT_NO_SUITE && !seen->server_hello)
		return &outcome_no_suite;
	if (seen->alert_in >= 0)
		return &outcome_alert;
	if (timed_out)
		return &outcome_stalled;
	if (seen->reset)
		return &outcome_reset;
	if (seen->alert_out >= 0)
		return &outcome_protocol;
	return seen->eof ? &outcome_reset : &outcome_protocol;
}
