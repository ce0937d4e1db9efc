/* Keys that the modem makes, and what it signs. */
#include "at_credential.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>

#define KEYGEN_CLIENT	   2
#define KEYGEN_ENDORSEMENT 8
#define PUBLIC_KEY	   5 /* the credential type */
#define NONCE_DIGITS	   32

static void base64url_put(struct text *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (have += 8; have >= 6; have -= 6)
			text_add(out, &digits[bits >> (have - 6) & 63], 1);
	}
	if (have)
		text_add(out, &digits[bits << (6 - have) & 63], 1);
}

/* A subject like "CN=nrf-350...,O=Class" as one name. */
static X509_NAME *subject_of(const char *text, size_t len)
{
	X509_NAME *name = X509_NAME_new();
	const char *end = text + len;

	while (name && text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		const char *equals = memchr(text, '=', (size_t)(stop - text));
		char key[16] = "";

		if (equals && (size_t)(equals - text) < sizeof(key))
			memcpy(key, text, (size_t)(equals - text));
		if (!key[0] || !X509_NAME_add_entry_by_txt(name, key, MBSTRING_UTF8,
							   (const unsigned char *)equals + 1,
							   (int)(stop - equals - 1), -1, 0)) {
			X509_NAME_free(name);
			ERR_clear_error();
			return NULL;
		}
		text = comma ? comma + 1 : end;
	}
	return name;
}

/* What follows the dot: a COSE_Sign1 in its shape, whose signature is zeros. A real modem signs with
 * its own identity, which no simulation has. */
static void cose_put(struct text *out, const uint8_t *payload, size_t len)
{
	static const uint8_t head[] = {0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0x58, 0x20};
	uint8_t cose[sizeof(head) + SHA256_DIGEST_LENGTH + 2 + 64] = {0};

	memcpy(cose, head, sizeof(head));
	SHA256(payload, len, cose + sizeof(head));
	cose[sizeof(head) + SHA256_DIGEST_LENGTH] = 0x58;
	cose[sizeof(head) + SHA256_DIGEST_LENGTH + 1] = 0x40;
	base64url_put(out, cose, sizeof(cose));
}

static int csr_put(EVP_PKEY *key, const char *subject, size_t len, struct text *out)
{
	X509_REQ *request = X509_REQ_new();
	X509_NAME *name = subject_of(subject, len);
	uint8_t *der = NULL;
	int bytes;
	int rc = name ? CME_KEY_GENERATION : CME_INCORRECT_PARAMETER;

	if (!request || !name || !X509_REQ_set_subject_name(request, name) ||
	    !X509_REQ_set_pubkey(request, key) || !X509_REQ_sign(request, key, EVP_sha256()))
		goto out;
	bytes = i2d_X509_REQ(request, &der);
	if (bytes <= 0)
		goto out;
	text_puts(out, "%KEYGEN: \"");
	base64url_put(out, der, (size_t)bytes);
	text_puts(out, ".");
	cose_put(out, der, (size_t)bytes);
	text_puts(out, "\"\r\n");
	rc = AT_OK;
out:
	ERR_clear_error();
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_REQ_free(request);
	return rc;
}

static int public_put(EVP_PKEY *key, struct text *out)
{
	uint8_t *der = NULL;
	int bytes = i2d_PUBKEY(key, &der);

	if (bytes <= 0)
		return CME_KEY_GENERATION;
	text_puts(out, "%KEYGEN: \"");
	base64url_put(out, der, (size_t)bytes);
	text_puts(out, ".");
	cose_put(out, der, (size_t)bytes);
	text_puts(out, "\"\r\n");
	OPENSSL_free(der);
	return AT_OK;
}

static EVP_PKEY *key_read(const struct store_item *item)
{
	BIO *bio = BIO_new_mem_buf(item->text, (int)item->len);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;

	BIO_free(bio);
	return key;
}

int at_keygen(struct modem *modem, const struct at_args *args, struct text *out)
{
	const struct store_item *old;
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;
	char *pem;
	long pem_len;
	uint64_t tag, type, answer = 0;
	const char *subject = "CN=";
	size_t subject_len = 0;
	size_t before = out->len;
	int rc;

	if (!modem->firmware->keygen)
		return AT_ERROR;
	if (args->count < 2 || args->count > 5 || !at_arg_number(args, 0, TAG_LAST, &tag) ||
	    !at_arg_number(args, 1, 11, &type) ||
	    (args->count > 2 && args->list[2].len && !at_arg_number(args, 2, 1, &answer)) ||
	    (args->count > 3 && args->list[3].len &&
	     !at_arg_string(args, 3, &subject, &subject_len)))
		return CME_INCORRECT_PARAMETER;
	if (type != KEYGEN_CLIENT && type != KEYGEN_ENDORSEMENT)
		return CME_INCORRECT_PARAMETER;
	rc = at_may_write(modem);
	if (rc)
		return rc;
	old = store_find(&modem->store, (uint32_t)tag, (uint32_t)type);
	/* An endorsement key that is there is told again. */
	if (old && type != KEYGEN_ENDORSEMENT)
		return CME_ALREADY_EXISTS;
	key = old ? key_read(old) : EVP_EC_gen("P-256");
	bio = BIO_new(BIO_s_mem());
	if (!key || !bio || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
		rc = CME_KEY_GENERATION;
		goto out;
	}
	pem_len = BIO_get_mem_data(bio, &pem);
	rc = answer == 0 && type == KEYGEN_CLIENT ? csr_put(key, subject, subject_len, out)
						  : public_put(key, out);
	if (rc == AT_OK && !old &&
	    store_put(&modem->store, (uint32_t)tag, (uint32_t)type, pem, (size_t)pem_len, true) !=
		    0)
		rc = CME_MEMORY_FULL;
out:
	if (rc != AT_OK && out->s) {
		out->len = before;
		out->s[before] = '\0';
	}
	BIO_free(bio);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return rc;
}

/* The message is CBOR: a list of its kind, the device's UUID, its family and the nonce. Which more a
 * modem puts in is not to be had (assumed form). */
int at_attesttoken(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint8_t message[3 + 2 + 17 + 1 + 17] = {0xd9, 0xd9, 0xf7, 0x84, 0x01, 0x50};
	uint8_t hash[SHA256_DIGEST_LENGTH];
	const char *nonce = "";
	size_t len = 0;

	if (!modem->firmware->keygen)
		return AT_ERROR;
	if (args && (args->count != 1 || !at_arg_string(args, 0, &nonce, &len) ||
		     len != NONCE_DIGITS || strspn(nonce, "0123456789abcdefABCDEF") < NONCE_DIGITS))
		return CME_INCORRECT_PARAMETER;
	SHA256((const uint8_t *)modem->imei, strlen(modem->imei), hash);
	memcpy(message + 6, hash, 16);
	message[22] = 0x03;
	message[23] = 0x50;
	SHA256((const uint8_t *)nonce, len, hash);
	memcpy(message + 24, hash, 16);
	text_puts(out, "%ATTESTTOKEN: \"");
	base64url_put(out, message, sizeof(message));
	text_puts(out, ".");
	cose_put(out, message, sizeof(message));
	text_puts(out, "\"\r\n");
	return AT_OK;
}

/* There is no ownership key here, and no way to get one. */
int at_claimtoken(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t tag;

	(void)out;
	if (!modem->firmware->keygen)
		return AT_ERROR;
	return at_arg_number(args, 0, TAG_LAST, &tag) ? CME_CLAIM_TOKEN : CME_INCORRECT_PARAMETER;
}

/* No signature is good enough: with a public key it is a wrong one, without there is none to check. */
int at_xsudo(struct modem *modem, const struct at_args *args, struct text *out)
{
	const char *signature;
	size_t len;
	uint64_t length, tag = 0;

	(void)out;
	if (args->count < 2 || args->count > 3 || !at_arg_number(args, 0, AT_LINE_MAX, &length) ||
	    !at_arg_string(args, 1, &signature, &len) ||
	    (args->count == 3 && !at_arg_number(args, 2, 9, &tag)))
		return CME_INCORRECT_PARAMETER;
	return store_find(&modem->store, (uint32_t)tag, PUBLIC_KEY) ? CME_AUTHENTICATION
								    : CME_NOT_FOUND;
}
