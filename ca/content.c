#include "content.h"

#include <string.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

static EVP_PKEY *pkcs8(const struct text *der)
{
	const unsigned char *at = (const unsigned char *)der->s;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der->len);
	EVP_PKEY *key = NULL;

	if (info && at == (const unsigned char *)der->s + der->len)
		key = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

/* SEC1 and PKCS#1, which d2i_AutoPrivateKey tells by their shape. */
static EVP_PKEY *older_key(const struct text *der)
{
	const unsigned char *at = (const unsigned char *)der->s;
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)der->len);

	if (key && at != (const unsigned char *)der->s + der->len) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static X509 *certificate(const struct text *der)
{
	const unsigned char *at = (const unsigned char *)der->s;
	X509 *cert = d2i_X509(NULL, &at, (long)der->len);

	if (cert && at != (const unsigned char *)der->s + der->len) {
		X509_free(cert);
		cert = NULL;
	}
	return cert;
}

static bool encrypted(const struct text *der)
{
	const unsigned char *at = (const unsigned char *)der->s;
	X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)der->len);
	bool is = sig && at == (const unsigned char *)der->s + der->len;

	X509_SIG_free(sig);
	return is;
}

/* A request, or a revocation list: nothing that a tag holds, and nothing that is wrong either. */
static bool neither(const struct text *der)
{
	const unsigned char *at = (const unsigned char *)der->s;
	X509_REQ *req = d2i_X509_REQ(NULL, &at, (long)der->len);
	X509_CRL *crl = NULL;
	bool is;

	at = (const unsigned char *)der->s;
	if (!req)
		crl = d2i_X509_CRL(NULL, &at, (long)der->len);
	is = req || crl;
	X509_REQ_free(req);
	X509_CRL_free(crl);
	return is;
}

void content_key_digest(uint8_t out[32], EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	memset(out, 0, 32);
	if (len > 0)
		EVP_Digest(der, (size_t)len, out, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
}

bool content_recognise(struct content *c, const struct text *der)
{
	if (!der->len || der->len > (1U << 24))
		return false;
	c->cert = certificate(der);
	if (!c->cert)
		c->key = pkcs8(der);
	if (!c->cert && !c->key) {
		c->key = older_key(der);
		c->old_form = c->key != NULL;
	}
	if (!c->cert && !c->key)
		c->encrypted = encrypted(der);
	if (!c->cert && !c->key && !c->encrypted)
		c->other = neither(der);
	ERR_clear_error();
	return c->cert || c->key || c->encrypted || c->other;
}

static const char *right_label(const struct content *c)
{
	if (c->cert)
		return "CERTIFICATE";
	if (c->key)
		return "PRIVATE KEY";
	return c->encrypted ? "ENCRYPTED PRIVATE KEY" : "";
}

bool content_label_fits(const struct content *c, const char *label)
{
	static const char *const also[] = {"EC PRIVATE KEY", "RSA PRIVATE KEY",
					   "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST",
					   "X509 CRL"};

	if (strcmp(label, right_label(c)) == 0)
		return true;
	for (size_t i = 0; i < 5; i++)
		if (strcmp(label, also[i]) == 0)
			return i < 2 ? c->old_form : c->other;
	return false;
}

void content_free(struct content *c)
{
	X509_free(c->cert);
	EVP_PKEY_free(c->key);
}
