#include "hello.h"

#include <string.h>

#include "tlsname.h"

struct cursor {
	const uint8_t *p;
	size_t left;
};

static bool take(struct cursor *c, size_t n, struct cursor *out)
{
	if (n > c->left)
		return false;
	*out = (struct cursor){c->p, n};
	c->p += n;
	c->left -= n;
	return true;
}

static bool take_number(struct cursor *c, size_t bytes, size_t *value)
{
	struct cursor n;

	if (!take(c, bytes, &n))
		return false;
	*value = 0;
	while (n.left--)
		*value = *value << 8 | *n.p++;
	return true;
}

/* A vector: its length in `bytes` bytes, then its contents. */
static bool take_vector(struct cursor *c, size_t bytes, struct cursor *out)
{
	size_t n;

	return take_number(c, bytes, &n) && take(c, n, out);
}

static struct hello_list list_of(struct cursor c)
{
	return (struct hello_list){c.p, c.left / 2};
}

static bool read_sni(struct hello *h, struct cursor c)
{
	struct cursor names, name;
	size_t type;

	if (!take_vector(&c, 2, &names))
		return false;
	while (names.left) {
		if (!take_number(&names, 1, &type) || !take_vector(&names, 2, &name))
			return false;
		if (type == 0 && !h->sni) {
			h->sni = (const char *)name.p;
			h->sni_len = name.left;
		}
	}
	return true;
}

static bool read_extension(struct hello *h, size_t type, struct cursor c)
{
	struct cursor v;
	size_t n;

	switch (type) {
	case 0:
		return read_sni(h, c);
	case 1:
		if (!take_number(&c, 1, &n))
			return false;
		h->max_fragment_length = n >= 1 && n <= 4 ? 256U << n : 0;
		return true;
	case 10:
		if (!take_vector(&c, 2, &v))
			return false;
		h->groups = list_of(v);
		return true;
	case 13:
		if (!take_vector(&c, 2, &v))
			return false;
		h->sigalgs = list_of(v);
		return true;
	case 16:
		if (!take_vector(&c, 2, &v))
			return false;
		h->alpn = v.p;
		h->alpn_len = v.left;
		return true;
	case 22:
		h->encrypt_then_mac = true;
		return true;
	case 23:
		h->extended_master_secret = true;
		return true;
	case 28:
		if (!take_number(&c, 2, &n))
			return false;
		h->record_size_limit = (unsigned)n;
		return true;
	case 35:
		h->ticket = c.left > 0;
		return true;
	case 41:
		h->psk = true;
		return true;
	case 43:
		if (!take_vector(&c, 1, &v))
			return false;
		h->versions = list_of(v);
		return true;
	case 51:
		if (!take_vector(&c, 2, &v))
			return false;
		h->key_shares = v.p;
		h->key_shares_len = v.left;
		return true;
	default:
		if (tls_is_grease((uint16_t)type))
			h->grease = true;
		return true;
	}
}

int hello_parse(struct hello *h, const uint8_t *msg, size_t len)
{
	struct cursor c = {msg, len}, body, v, ext;
	size_t type, n;

	memset(h, 0, sizeof(*h));
	if (!take_number(&c, 1, &type) || type != 1 || !take_number(&c, 3, &n))
		return -1;
	/* A message that is cut off is read as far as it came. */
	take(&c, n < c.left ? n : c.left, &body);
	if (!take_number(&body, 2, &n))
		return -1;
	h->legacy_version = (uint16_t)n;
	if (!take(&body, 32, &v) || !take_vector(&body, 1, &v))
		return -1;
	h->session_id = v.left > 0;
	if (!take_vector(&body, 2, &v))
		return -1;
	h->suites = list_of(v);
	for (size_t i = 0; i < h->suites.n; i++)
		if (tls_is_grease(hello_at(&h->suites, i)))
			h->grease = true;
	if (!take_vector(&body, 1, &v))
		return -1;
	if (body.left == 0)
		return 0; /* no extensions at all: allowed before TLS 1.3 */
	if (!take_number(&body, 2, &n))
		return -1;
	take(&body, n < body.left ? n : body.left, &ext);
	h->extensions = ext.p;
	h->extensions_len = ext.left;
	while (ext.left) {
		if (!take_number(&ext, 2, &type) || !take_vector(&ext, 2, &v)) {
			h->extensions_len = (size_t)(ext.p - h->extensions);
			return -1;
		}
		if (!read_extension(h, type, v))
			return -1;
	}
	return h->extensions_len == n ? 0 : -1;
}

uint16_t hello_at(const struct hello_list *list, size_t i)
{
	return (uint16_t)(list->p[2 * i] << 8 | list->p[2 * i + 1]);
}

bool hello_has(const struct hello_list *list, uint16_t value)
{
	for (size_t i = 0; i < list->n; i++)
		if (hello_at(list, i) == value)
			return true;
	return false;
}

bool hello_offers(const struct hello *h, uint16_t version)
{
	if (h->versions.n)
		return hello_has(&h->versions, version);
	/* without the list it is 1.2 at most, whatever the old field says (RFC 8446, 4.2.1) */
	return version <= h->legacy_version && version >= 0x0300 && version <= 0x0303;
}

uint16_t hello_highest(const struct hello *h)
{
	uint16_t best = 0;

	if (!h->versions.n)
		return h->legacy_version;
	for (size_t i = 0; i < h->versions.n; i++) {
		uint16_t v = hello_at(&h->versions, i);

		if (!tls_is_grease(v) && v > best)
			best = v;
	}
	return best;
}

static struct cursor remaining(const uint8_t *p, size_t len, size_t pos)
{
	return pos < len ? (struct cursor){p + pos, len - pos} : (struct cursor){NULL, 0};
}

int hello_next_extension(const struct hello *h, size_t *pos)
{
	struct cursor c = remaining(h->extensions, h->extensions_len, *pos), v;
	size_t type;

	if (c.left == 0 || !take_number(&c, 2, &type) || !take_vector(&c, 2, &v))
		return -1;
	*pos = h->extensions_len - c.left;
	return (int)type;
}

int hello_next_share(const struct hello *h, size_t *pos)
{
	struct cursor c = remaining(h->key_shares, h->key_shares_len, *pos), v;
	size_t group;

	if (c.left == 0 || !take_number(&c, 2, &group) || !take_vector(&c, 2, &v))
		return -1;
	*pos = h->key_shares_len - c.left;
	return (int)group;
}

const char *hello_next_alpn(const struct hello *h, size_t *pos, size_t *len)
{
	struct cursor c = remaining(h->alpn, h->alpn_len, *pos), v;

	if (c.left == 0 || !take_vector(&c, 1, &v))
		return NULL;
	*pos = h->alpn_len - c.left;
	*len = v.left;
	return (const char *)v.p;
}

/* ---- messages made of others ---- */

struct writer {
	uint8_t *p;
	size_t len, room;
	bool full;
};

static void put(struct writer *w, const void *p, size_t n)
{
	if (w->full || n > w->room - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->p + w->len, p, n);
	w->len += n;
}

static void put_number(struct writer *w, size_t bytes, size_t value)
{
	uint8_t b[3] = {(uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

	put(w, b + sizeof(b) - bytes, bytes);
}

/* Sets a length that was left open at `at`: how much was written after it. */
static void close_length(struct writer *w, size_t at, size_t bytes)
{
	size_t n = w->len - at - bytes;

	for (size_t i = 0; i < bytes && !w->full; i++)
		w->p[at + i] = (uint8_t)(n >> 8 * (bytes - 1 - i));
}

static void put_body(struct writer *w, size_t type, struct cursor body)
{
	struct cursor shares, key;
	size_t at, group;

	switch (type) {
	case 0:
	case 1:
	case 10:
	case 13:
	case 16:
	case 28:
	case 43:
		put(w, body.p, body.left);
		break;
	case 35:
		put(w, body.p, body.left ? 1 : 0); /* that there is a ticket */
		break;
	case 51:
		if (!take_vector(&body, 2, &shares))
			break;
		at = w->len;
		put_number(w, 2, 0);
		while (take_number(&shares, 2, &group) && take_vector(&shares, 2, &key)) {
			put_number(w, 2, group);
			put_number(w, 2, 0);
		}
		close_length(w, at, 2);
		break;
	default:
		break;
	}
}

size_t hello_condense(uint8_t *out, size_t room, const uint8_t *msg, size_t len)
{
	struct writer w = {.p = out, .room = room};
	struct cursor ext = {NULL, 0}, body;
	size_t at, type, before;
	struct hello h;

	hello_parse(&h, msg, len);
	if (!h.extensions)
		return 0;
	ext = (struct cursor){h.extensions, h.extensions_len};
	put(&w, msg, (size_t)(h.extensions - 2 - msg));
	at = w.len;
	put_number(&w, 2, 0);
	while (!w.full && take_number(&ext, 2, &type) && take_vector(&ext, 2, &body)) {
		before = w.len;
		put_number(&w, 2, type);
		put_number(&w, 2, 0);
		put_body(&w, type, body);
		if (w.full)
			w.len = before; /* as far as there is room */
		else
			close_length(&w, before + 2, 2);
	}
	w.full = w.full && w.len < at + 2;
	close_length(&w, at, 2);
	close_length(&w, 1, 3);
	return w.full ? 0 : w.len;
}

size_t hello_of_v2(uint8_t *out, size_t room, const uint8_t *msg, size_t len)
{
	static const uint8_t random_and_no_session[33];
	struct writer w = {.p = out, .room = room};
	struct cursor c = {msg, len}, specs, spec;
	size_t type, version, specs_len, skipped, kind;

	if (!take_number(&c, 1, &type) || type != 1 || !take_number(&c, 2, &version) ||
	    !take_number(&c, 2, &specs_len) || !take_number(&c, 2, &skipped) ||
	    !take_number(&c, 2, &skipped) || !take(&c, specs_len, &specs))
		return 0;
	put_number(&w, 1, type);
	put_number(&w, 3, 0);
	put_number(&w, 2, version);
	put(&w, random_and_no_session, sizeof(random_and_no_session));
	put_number(&w, 2, 0);
	/* three bytes each; those of SSL 2.0 itself do not begin with 0 */
	while (w.len + 4 <= room && take(&specs, 3, &spec))
		if (take_number(&spec, 1, &kind) && kind == 0)
			put(&w, spec.p, 2);
	close_length(&w, 39, 2);
	put(&w, "\x01\0", 2);
	close_length(&w, 1, 3);
	return w.full ? 0 : w.len;
}
