#include "misbehave.h"
#include "papers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CERTIFICATE_MESSAGE 11
#define RECORD_HEAD	    5

/* ---- a filter on the way out: lets records through, or swallows what comes ---- */

/* How many of the bytes may go out: all, none, or up to the end of the first record. */
static size_t filter_room(const struct misbehaviour *m, const uint8_t *buf, size_t len)
{
	uint8_t head[RECORD_HEAD];
	size_t have = m->head_len, room = 0, body;

	if (m->swallows || m->records > 0)
		return 0;
	if (m->left)
		return len < m->left ? len : m->left;
	memcpy(head, m->head, have);
	while (have < RECORD_HEAD && room < len)
		head[have++] = buf[room++];
	if (have < RECORD_HEAD)
		return room;
	body = (size_t)head[3] << 8 | head[4];
	return len - room < body ? len : room + body;
}

static void filter_went(struct misbehaviour *m, const uint8_t *buf, size_t len)
{
	while (len && m->records == 0) {
		size_t n = len < m->left ? len : m->left;

		if (!m->left) {
			m->head[m->head_len++] = *buf++;
			len--;
			if (m->head_len < RECORD_HEAD)
				continue;
			m->left = (uint32_t)m->head[3] << 8 | m->head[4];
			m->head_len = 0;
			m->records += m->left == 0;
			continue;
		}
		m->left -= (uint32_t)n;
		buf += n;
		len -= n;
		m->records += m->left == 0;
	}
}

static void close_tcp(int fd)
{
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

static int filter_write(BIO *bio, const char *buf, size_t len, size_t *written)
{
	struct misbehaviour *m = BIO_get_data(bio);
	bool whole = exercise_get(m->exercise)->act == ACT_CLOSE_AFTER_CERT;
	size_t room = whole ? len : filter_room(m, (const uint8_t *)buf, len);
	int rc = 1;

	BIO_clear_retry_flags(bio);
	*written = 0;
	if (room) {
		rc = BIO_write_ex(BIO_next(bio), buf, room, written);
		BIO_copy_next_retry(bio);
		filter_went(m, (const uint8_t *)buf, *written);
	}
	if (rc <= 0 || *written < room)
		return rc;
	if (room < len)
		m->acted = true;
	if (m->closes)
		close_tcp((int)BIO_get_fd(bio, NULL));
	*written = len;
	return 1;
}

static long filter_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	return BIO_next(bio) ? BIO_ctrl(BIO_next(bio), cmd, num, ptr) : 0;
}

static int filter_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

static BIO_METHOD *filter_method(void)
{
	/* made once for the process: a BIO may outlive every policy */
	static BIO_METHOD *method;

	if (method)
		return method;
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "doorstep exercise");
	if (!method || !BIO_meth_set_write_ex(method, filter_write) ||
	    !BIO_meth_set_ctrl(method, filter_ctrl) ||
	    !BIO_meth_set_create(method, filter_create)) {
		BIO_meth_free(method);
		method = NULL;
	}
	return method;
}

static bool filter_add(struct misbehaviour *m, SSL *ssl)
{
	BIO_METHOD *method = filter_method();
	BIO *out = SSL_get_wbio(ssl), *filter = method && out ? BIO_new(method) : NULL;

	if (!filter)
		return false;
	BIO_set_data(filter, m);
	BIO_up_ref(out);
	BIO_push(filter, out);
	SSL_set0_wbio(ssl, filter);
	m->cutting = true;
	return true;
}

/* ---- the certificates ---- */

struct prop {
	X509 *leaf;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

struct props {
	struct prop of[EXERCISE_COUNT];
};

static void prop_free(struct prop *p)
{
	X509_free(p->leaf);
	sk_X509_pop_free(p->chain, X509_free);
	EVP_PKEY_free(p->key);
}

void props_free(struct props *props)
{
	for (int i = 0; props && i < EXERCISE_COUNT; i++)
		prop_free(&props->of[i]);
	free(props);
}

static FILE *prop_open(const char *dir, const char *kind, const char *name, const char *ext,
		       struct text *error)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/exercises/%s.%s", dir, kind, name, ext);
	f = paper_open(path);
	if (!f)
		text_printf(error,
			    "%s:1: %s: expected the file that ca/class makes for exercise %s; "
			    "run ca/class again",
			    path, strerror(errno), name);
	return f;
}

static bool prop_read(struct prop *p, FILE *certs, FILE *key)
{
	X509 *x;

	p->leaf = PEM_read_X509(certs, NULL, NULL, NULL);
	p->chain = sk_X509_new_null();
	p->key = PEM_read_PrivateKey(key, NULL, NULL, ""); /* never asks for a phrase */
	while (p->leaf && p->chain && (x = PEM_read_X509(certs, NULL, NULL, NULL)) != NULL)
		if (!sk_X509_push(p->chain, x)) {
			X509_free(x);
			return false;
		}
	return p->leaf && p->chain && p->key && X509_check_private_key(p->leaf, p->key) == 1;
}

static bool prop_load(struct prop *p, const char *dir, const char *name, struct text *error)
{
	FILE *certs = prop_open(dir, "certs", name, "pem", error);
	FILE *key = certs ? prop_open(dir, "keys", name, "key", error) : NULL;
	bool ok = certs && key && prop_read(p, certs, key);

	if (certs && key && !ok)
		text_printf(
			error,
			"%s/certs/exercises/%s.pem:1: expected certificates in PEM, the first one with "
			"the key in keys/exercises/%s.key",
			dir, name, name);
	if (certs)
		fclose(certs);
	if (key)
		fclose(key);
	return ok;
}

struct props *props_load(const char *dir, const struct policy *policy, struct text *error)
{
	struct props *props = calloc(1, sizeof(*props));
	bool wanted[EXERCISE_COUNT];

	text_reset(error);
	if (!props) {
		text_puts(error, "no memory for exercises");
		return NULL;
	}
	memcpy(wanted, policy->exercise_on, sizeof(wanted));
	for (size_t i = 0; i < policy->seat_count; i++)
		wanted[policy->seats[i].exercise] = true;
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		enum exercise_id id = (enum exercise_id)i;

		if (!wanted[i] || !exercise_has_certificate(id))
			continue;
		if (!prop_load(&props->of[i], dir, exercise_get(id)->name, error)) {
			props_free(props);
			return NULL;
		}
	}
	return props;
}

/* ---- the acts ---- */

static bool show_certificate(struct misbehaviour *m, SSL *ssl, const struct props *props)
{
	const struct prop *p = &props->of[m->exercise];

	/* exactly what is in the file: OpenSSL would add issuers that it finds in the trust store */
	SSL_set_mode(ssl, SSL_MODE_NO_AUTO_CHAIN);
	SSL_certs_clear(ssl);
	return p->leaf && SSL_use_cert_and_key(ssl, p->leaf, p->key, p->chain, 1) == 1;
}

/* A session from before the exercise would walk through the door unjudged: none is taken, neither from a
 * ticket nor by an id that we remember. A session has to be of the visit's context, and no other has it. */
static bool refuse_sessions(SSL *ssl)
{
	static uint64_t context;

	context++;
	SSL_set_options(ssl, SSL_OP_NO_TICKET);
	return SSL_set_session_id_context(ssl, (const unsigned char *)&context, sizeof(context)) ==
	       1;
}

static bool insist_on_certificate(SSL *ssl)
{
	SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return true;
}

bool misbehave_hello(struct misbehaviour *m, SSL *ssl, enum exercise_id exercise,
		     const struct props *props)
{
	const struct exercise *e = exercise_get(exercise);

	if (!e)
		return true;
	m->exercise = exercise;
	if (!refuse_sessions(ssl))
		return false;
	switch (e->act) {
	case ACT_CERTIFICATE:
		return show_certificate(m, ssl, props);
	case ACT_SUITE:
		return SSL_set_max_proto_version(ssl, TLS1_2_VERSION) == 1 &&
		       SSL_set_cipher_list(ssl, e->suite) == 1;
	case ACT_TLS13:
		return SSL_set_min_proto_version(ssl, TLS1_3_VERSION) == 1;
	case ACT_CLIENT_CERT:
		return insist_on_certificate(ssl);
	case ACT_STALL:
	case ACT_CLOSE_AFTER_CERT:
		return filter_add(m, ssl);
	default:
		return true;
	}
}

void misbehave_sent(struct misbehaviour *m, int type)
{
	const struct exercise *e = exercise_get(m->exercise);

	if (!e || e->act != ACT_CLOSE_AFTER_CERT || type != CERTIFICATE_MESSAGE || m->acted)
		return;
	m->acted = true;
	/* it still waits in the buffer of the flight */
	m->closes = true;
}

void misbehave_done(struct misbehaviour *m, SSL *ssl)
{
	const struct exercise *e = exercise_get(m->exercise);

	if (!e || e->act != ACT_CLOSE_AFTER_HANDSHAKE)
		return;
	m->acted = true;
	close_tcp(SSL_get_fd(ssl));
}

/* ---- connections that are left hanging ---- */

#define HANGING_US (INT64_C(90) * 1000000)

void hanging_give_up(struct hanging *h, int64_t now_us, bool all)
{
	while (h->count) {
		unsigned oldest = (h->next + HANGING_MAX - h->count) % HANGING_MAX;

		if (!all && h->until_us[oldest] > now_us)
			return;
		close(h->fd[oldest]);
		h->count--;
	}
}

static void hang(struct hanging *h, const SSL *ssl, int64_t now_us)
{
	int fd = fcntl(SSL_get_fd(ssl), F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (h->count == HANGING_MAX) {
		close(h->fd[h->next]);
		h->count--;
	}
	h->fd[h->next] = fd;
	h->until_us[h->next] = now_us + HANGING_US;
	h->next = (h->next + 1) % HANGING_MAX;
	h->count++;
}

bool misbehave_connect(struct misbehaviour *m, SSL *ssl, int version, bool websockets,
		       struct hanging *hanging, int64_t now_us, int *connack)
{
	const struct exercise *e = exercise_get(m->exercise);
	uint8_t bytes[8];
	size_t len;

	*connack = -1;
	/* what was read before the connection was closed comes to nothing */
	if (e && (e->act == ACT_CLOSE_AFTER_HANDSHAKE || e->act == ACT_CLOSE_AFTER_CERT))
		return true;
	if (!e || (e->act != ACT_CONNACK && e->act != ACT_NO_CONNACK))
		return false;
	m->acted = true;
	if (e->act == ACT_NO_CONNACK) {
		if (m->cutting || filter_add(m, ssl)) {
			m->swallows = true;
			hang(hanging, ssl, now_us);
		}
		return true;
	}
	/* a frame of WebSockets is not ours to write: there the visit is closed without an answer */
	len = websockets ? 0 : exercise_connack(bytes, version, e->arg);
	if (len && SSL_write(ssl, bytes, (int)len) == (int)len)
		*connack = bytes[3];
	return true;
}

bool misbehave_publish(struct misbehaviour *m, SSL *ssl)
{
	const struct exercise *e = exercise_get(m->exercise);

	if (!e || e->act != ACT_CLOSE_AFTER_PUBLISH || m->acted)
		return false;
	m->acted = true;
	close_tcp(SSL_get_fd(ssl));
	return true;
}

size_t misbehave_subscribe(struct misbehaviour *m, int version, size_t topic_len)
{
	const struct exercise *e = exercise_get(m->exercise);
	/* first byte, two bytes of length, the topic with its length, in MQTT 5 no properties */
	size_t head = 1 + 2 + 2 + topic_len + (version >= 5);

	if (!e || e->act != ACT_PUBLISH || m->acted)
		return 0;
	m->acted = true;
	return head < e->arg ? e->arg - head : 1;
}
