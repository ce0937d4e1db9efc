#include "outfit.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include "file.h"
#include "key.h"

int outfit_read(struct outfit *outfit, const struct options *o, struct fault *fault)
{
	struct text file = {0};
	int rc = 0;

	if (!o->cert != !o->key)
		return misuse(fault, "a client certificate needs both: --cert FILE --key FILE");
	if (o->ca)
		rc = bundle_read_file(&outfit->trusts, o->ca, fault);
	if (!rc && o->cert)
		rc = bundle_read_file(&outfit->own, o->cert, fault);
	if (!rc && o->key)
		rc = file_read(AT_FDCWD, o->key, &file, 1 << 16, fault);
	if (!rc && o->key) {
		outfit->key = key_read(&file, o->key, fault);
		rc = outfit->key ? 0 : FAULT_REFUSED;
	}
	if (!rc && o->key && X509_check_private_key(outfit->own.cert[0], outfit->key) != 1)
		rc = refuse(fault, "the key %s does not belong to the certificate %s", o->key,
			    o->cert);
	ERR_clear_error();
	key_wipe(&file);
	return rc;
}

void outfit_free(struct outfit *outfit)
{
	bundle_free(&outfit->trusts);
	bundle_free(&outfit->own);
	EVP_PKEY_free(outfit->key);
}

bool outfit_put_on(const struct outfit *outfit, SSL_CTX *ctx)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);

	for (size_t i = 0; i < outfit->trusts.count; i++)
		if (X509_STORE_add_cert(store, outfit->trusts.cert[i]) != 1)
			return false;
	if (!outfit->key)
		return true;
	for (size_t i = 1; i < outfit->own.count; i++)
		if (SSL_CTX_add1_chain_cert(ctx, outfit->own.cert[i]) != 1)
			return false;
	return SSL_CTX_use_certificate(ctx, outfit->own.cert[0]) == 1 &&
	       SSL_CTX_use_PrivateKey(ctx, outfit->key) == 1;
}
