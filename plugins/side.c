#include "side.h"

#include <stdlib.h>
#include <string.h>

#define SIDES_MAX 64

/* One of each kind, however often the broker makes its contexts anew. */
static struct {
	int index; /* of the contexts' ex-data; -1: none */
	struct side *kept[SIDES_MAX];
	size_t count;
} sides = {.index = -1};

static void side_read(struct side *side, SSL_CTX *ctx)
{
	STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);
	long min = SSL_CTX_get_min_proto_version(ctx), max = SSL_CTX_get_max_proto_version(ctx);
	uint64_t options = SSL_CTX_get_options(ctx);

	for (int i = 0; i < sk_SSL_CIPHER_num(ciphers) && side->suite_count < 96; i++)
		side->suites[side->suite_count++] =
			SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(ciphers, i));
	side->min_version = min ? (uint16_t)min : TLS1_VERSION;
	side->max_version = max ? (uint16_t)max : TLS1_3_VERSION;
	if (options & SSL_OP_NO_TLSv1_3 && side->max_version == TLS1_3_VERSION)
		side->max_version = TLS1_2_VERSION;
	/* Mosquitto switches the old ones off by options. */
	if (side->min_version < TLS1_2_VERSION && options & (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1))
		side->min_version = TLS1_2_VERSION;
	if (options & SSL_OP_NO_TLSv1_2 && side->min_version == TLS1_2_VERSION)
		side->min_version = TLS1_3_VERSION;
	side->asks_certificate = SSL_CTX_get_verify_mode(ctx) & SSL_VERIFY_PEER;
}

/* All but the holders, whom the other thread counts as well. */
static bool side_same(const struct side *a, const struct side *b)
{
	return memcmp(&a->min_version, &b->min_version,
		      sizeof(*a) - offsetof(struct side, min_version)) == 0;
}

/* The one that is kept of this kind: `fresh` is taken for it if there was none. */
static struct side *side_keep(struct side *fresh)
{
	for (size_t i = 0; i < sides.count; i++) {
		if (side_same(sides.kept[i], fresh)) {
			free(fresh);
			return sides.kept[i];
		}
	}
	if (sides.count == SIDES_MAX) {
		free(fresh);
		return NULL;
	}
	fresh->holders = 1;
	sides.kept[sides.count++] = fresh;
	return fresh;
}

const struct side *side_of(SSL *ssl)
{
	SSL_CTX *ctx = SSL_get_SSL_CTX(ssl);
	struct side *side = SSL_CTX_get_ex_data(ctx, sides.index);

	if (side)
		return side;
	side = calloc(1, sizeof(*side));
	if (!side)
		return NULL;
	side_read(side, ctx);
	side = side_keep(side);
	SSL_CTX_set_ex_data(ctx, sides.index, side);
	return side;
}

int sides_start(void)
{
	/* No free function: it would run after the plugin is unloaded. */
	sides.index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return sides.index < 0 ? -1 : 0;
}

void sides_stop(void)
{
	CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX, sides.index);
	for (size_t i = 0; i < sides.count; i++)
		side_release(sides.kept[i]);
	memset(&sides, 0, sizeof(sides));
	sides.index = -1;
}

void side_hold(const struct side *side)
{
	if (side)
		__atomic_add_fetch(&((struct side *)(uintptr_t)side)->holders, 1, __ATOMIC_RELAXED);
}

void side_release(const struct side *side)
{
	struct side *s = (struct side *)(uintptr_t)side;

	if (s && __atomic_sub_fetch(&s->holders, 1, __ATOMIC_ACQ_REL) == 0)
		free(s);
}
