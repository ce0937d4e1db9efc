#include "key.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

EVP_PKEY *key_make(const char *kind, struct fault *fault)
{
	static const struct {
		const char *name;
		const char *curve; /* NULL: RSA */
		size_t bits;
	} kinds[] = {
		{"p384", "P-384", 0},  {"p256", "P-256", 0},	{"p-384", "P-384", 0},
		{"p-256", "P-256", 0}, {"rsa2048", NULL, 2048}, {"rsa4096", NULL, 4096},
	};
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcasecmp(kinds[i].name, kind))
			continue;
		key = kinds[i].curve ? EVP_EC_gen(kinds[i].curve) : EVP_RSA_gen(kinds[i].bits);
		if (!key)
			refuse(fault, "no key %s could be made: %s", kind,
			       ERR_reason_error_string(ERR_peek_last_error()));
		ERR_clear_error();
		return key;
	}
	misuse(fault, "the key \"%s\" is none that we make; say p384 or p256", kind);
	return NULL;
}

static int no_password(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

EVP_PKEY *key_read(const struct text *file, const char *where, struct fault *fault)
{
	const unsigned char *der = (const unsigned char *)file->s;
	bool encrypted = false;
	EVP_PKEY *key = NULL;
	BIO *in;

	if (file->len && file->len < INT_MAX) {
		in = BIO_new_mem_buf(file->s, (int)file->len);
		key = in ? PEM_read_bio_PrivateKey(in, NULL, no_password, &encrypted) : NULL;
		BIO_free(in);
		if (!key && !encrypted)
			key = d2i_AutoPrivateKey(NULL, &der, (long)file->len);
	}
	ERR_clear_error();
	if (encrypted)
		refuse(fault,
		       "%s: the key is encrypted; decrypt it first: openssl pkey -in %s -out plain.key",
		       where, where);
	else if (!key)
		refuse(fault, "%s holds no private key that can be read (PKCS#8, PEM or DER)",
		       where);
	return key;
}

int key_pem(EVP_PKEY *key, struct text *out, struct fault *fault)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	char *data = NULL;
	long len;
	int rc = 0;

	if (!mem || PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) != 1) {
		rc = refuse(fault, "the key cannot be written as PKCS#8");
	} else {
		len = BIO_get_mem_data(mem, &data);
		text_reset(out);
		text_add(out, data, (size_t)len);
		if (out->broken)
			rc = refuse(fault, "out of memory");
	}
	BIO_free(mem);
	ERR_clear_error();
	return rc;
}

void key_wipe(struct text *secret)
{
	if (secret->s)
		OPENSSL_cleanse(secret->s, secret->cap);
	text_free(secret);
}
