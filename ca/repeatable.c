/* ECDSA with the nonce of RFC 6979: libcrypto has it from 3.2 on only, and tests want bytes that
 * stay the same. Used only where both --serial and --from are given. */
#include "key.h"

#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>

struct drbg {
	const EVP_MD *md;
	size_t len;
	unsigned char k[EVP_MAX_MD_SIZE], v[EVP_MAX_MD_SIZE];
};

static void next_v(struct drbg *d)
{
	HMAC(d->md, d->k, (int)d->len, d->v, d->len, d->v, NULL);
}

/* K = HMAC_K(V || mark || seed), V = HMAC_K(V) */
static void stir(struct drbg *d, unsigned char mark, const unsigned char *seed, size_t len)
{
	unsigned char in[EVP_MAX_MD_SIZE + 1 + 160];

	memcpy(in, d->v, d->len);
	in[d->len] = mark;
	if (len)
		memcpy(in + d->len + 1, seed, len);
	HMAC(d->md, d->k, (int)d->len, in, d->len + 1 + len, d->k, NULL);
	next_v(d);
	OPENSSL_cleanse(in, sizeof(in));
}

/* bits2int: the leftmost bits of bytes, as many as the order has. */
static void leftmost(BIGNUM *out, const unsigned char *bytes, size_t len, int bits)
{
	BN_bin2bn(bytes, (int)len, out);
	if ((int)len * 8 > bits)
		BN_rshift(out, out, (int)len * 8 - bits);
}

static void draw(struct drbg *d, BIGNUM *k, size_t bytes, int bits)
{
	unsigned char t[2 * EVP_MAX_MD_SIZE];
	size_t have = 0;

	while (have < bytes) {
		next_v(d);
		memcpy(t + have, d->v, d->len);
		have += d->len;
	}
	leftmost(k, t, bytes, bits);
	OPENSSL_cleanse(t, sizeof(t));
}

size_t key_sign_repeatable(EVP_PKEY *key, const EVP_MD *md, const unsigned char *message,
			   size_t len, unsigned char sig[160])
{
	unsigned char hash[EVP_MAX_MD_SIZE], seed[160], *at = sig;
	struct drbg d = {.md = md, .len = (size_t)EVP_MD_get_size(md)};
	BIGNUM *x = NULL, *h = BN_new(), *k = BN_secure_new(), *r = BN_new(), *s = BN_new();
	BN_CTX *ctx = BN_CTX_secure_new();
	ECDSA_SIG *out = ECDSA_SIG_new();
	EC_GROUP *group = NULL;
	EC_POINT *point = NULL;
	const BIGNUM *q;
	char name[64];
	size_t bytes;
	int bits, size = 0;

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &x) != 1 ||
	    !(group = EC_GROUP_new_by_curve_name(OBJ_txt2nid(name))) ||
	    !(point = EC_POINT_new(group)) || !h || !k || !r || !s || !ctx || !out)
		goto out;
	q = EC_GROUP_get0_order(group);
	bits = BN_num_bits(q);
	bytes = (size_t)(bits + 7) / 8;
	EVP_Digest(message, len, hash, NULL, md, NULL);
	leftmost(h, hash, d.len, bits);
	BN_nnmod(h, h, q, ctx);
	BN_bn2binpad(x, seed, (int)bytes);
	BN_bn2binpad(h, seed + bytes, (int)bytes);
	memset(d.v, 1, d.len);
	stir(&d, 0, seed, 2 * bytes);
	stir(&d, 1, seed, 2 * bytes);
	do {
		draw(&d, k, bytes, bits);
		if (BN_is_zero(k) || BN_cmp(k, q) >= 0) {
			stir(&d, 0, NULL, 0);
			BN_zero(r);
			continue;
		}
		BN_set_flags(k, BN_FLG_CONSTTIME);
		EC_POINT_mul(group, point, k, NULL, NULL, ctx);
		EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx);
		BN_nnmod(r, r, q, ctx);
		BN_mod_mul(s, r, x, q, ctx);
		BN_mod_add(s, s, h, q, ctx);
		BN_mod_inverse(k, k, q, ctx);
		BN_mod_mul(s, s, k, q, ctx);
	} while (BN_is_zero(r) || BN_is_zero(s));
	if (ECDSA_SIG_set0(out, r, s) == 1) {
		r = s = NULL;
		size = i2d_ECDSA_SIG(out, NULL);
		size = size > 0 && size <= 160 ? i2d_ECDSA_SIG(out, &at) : 0;
	}
out:
	OPENSSL_cleanse(seed, sizeof(seed));
	OPENSSL_cleanse(&d, sizeof(d));
	ERR_clear_error();
	BN_clear_free(x);
	BN_free(h);
	BN_clear_free(k);
	BN_free(r);
	BN_free(s);
	BN_CTX_free(ctx);
	ECDSA_SIG_free(out);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return size > 0 ? (size_t)size : 0;
}
