#include "key.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
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

int key_check(EVP_PKEY *key, const char *where, struct fault *fault)
{
	int kind = key ? EVP_PKEY_get_base_id(key) : 0, bits = key ? EVP_PKEY_get_bits(key) : 0;
	char curve[40] = "";

	if (kind == EVP_PKEY_RSA && bits >= 2048 && bits <= 4096)
		return 0;
	if (kind == EVP_PKEY_EC)
		EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL);
	if (strcmp(curve, SN_X9_62_prime256v1) && strcmp(curve, SN_secp384r1))
		return refuse(fault,
			      "%s has a key of %d bits%s%s, which is a kind that no modem uses; "
			      "expected P-256, P-384 or RSA of 2,048 to 4,096 bits",
			      where, bits, *curve ? " on " : "", curve);
	if (EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
					   OSSL_PKEY_EC_ENCODING_GROUP) != 1 ||
	    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					   "uncompressed") != 1)
		return refuse(fault, "%s: the key cannot be written with its curve by name", where);
	return 0;
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
