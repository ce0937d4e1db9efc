#include "tls_assumed.h"

#include <openssl/x509v3.h>
#include <string.h>

/* A handshake that was done, and what it was done with. */
struct done {
	const struct tls *tls;
	STACK_OF(X509) * chain; /* as it was verified, the anchor last; NULL: it was not */
	X509 *leaf;
	const char *
		name; /* of the certificate, that the host's was found under; NULL: not looked for */
};

static X509 *anchor(const struct done *done)
{
	int count = done->chain ? sk_X509_num(done->chain) : 0;

	return count ? sk_X509_value(done->chain, count - 1) : NULL;
}

static bool anchor_is_no_ca(const struct done *done)
{
	return anchor(done) && X509_check_ca(anchor(done)) == 0;
}

static bool anchor_is_intermediate(const struct done *done)
{
	X509 *cert = anchor(done);

	return cert && X509_check_ca(cert) &&
	       X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) != 0;
}

static bool name_by_wildcard(const struct done *done)
{
	return done->name && strncmp(done->name, "*.", 2) == 0;
}

static bool name_by_cn(const struct done *done)
{
	return done->name && X509_get_ext_by_NID(done->leaf, NID_subject_alt_name, -1) < 0;
}

static bool leaf_is_large_rsa(const struct done *done)
{
	const EVP_PKEY *key = X509_get0_pubkey(done->leaf);

	return key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) > 2048;
}

static bool chain_is_large_as_text(const struct done *done)
{
	return done->tls->seen.chain_text > done->tls->shape.chain_max;
}

static bool key_is_sec1(const struct done *done)
{
	return done->tls->sec1_key && done->tls->seen.own_certificate;
}

static const struct rule {
	bool (*holds)(const struct done *done);
	const char *what;
} rules[] = {
	{anchor_is_no_ca, "a certificate that is no CA's does as trust anchor"},
	{anchor_is_intermediate, "an intermediate does as trust anchor"},
	{name_by_wildcard, "a wildcard name is taken"},
	{name_by_cn, "a name in the CN alone is taken"},
	{leaf_is_large_rsa, "an RSA key over 2,048 bits is taken from a server"},
	{chain_is_large_as_text, "the 4 kB of a chain are counted in DER"},
	{key_is_sec1, "a key in SEC1 form is taken (DevZone 85066 reports that it is not)"},
};

_Static_assert(sizeof(rules) / sizeof(rules[0]) <= TLS_ASSUMED, "each rule may hold");

void tls_assume(struct tls *tls, const SSL *ssl)
{
	struct done done = {
		.tls = tls,
		.leaf = SSL_get0_peer_certificate(ssl),
	};

	/* mbedTLS is there to be read; a session that is resumed shows no certificate. */
	if (tls->stack == STACK_MBEDTLS || tls->seen.resumed || !done.leaf)
		return;
	if (tls->door->verify) {
		done.chain = SSL_get0_verified_chain(ssl);
		done.name = tls->door->tls_name ? SSL_get0_peername((SSL *)(uintptr_t)ssl) : NULL;
	}
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].holds(&done))
			tls->seen.assumed[tls->seen.assumed_count++] = rules[i].what;
}
