#include "at_credential.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#define TAG_MAX	      2147483667u /* the last of the TLS-decrypt tags */
#define PASSWORD_MAX  32
#define KEYGEN_CLIENT 2
#define KEYGEN_OTHER  8 /* endorsement key */

/* What may be written by a user, and whether it may be read back. Types 6 to 11 come from the
 * factory. That a private key cannot be read back is assumed (514 exists for it). */
enum access {
	ACCESS_NONE,
	ACCESS_WRITE,
	ACCESS_BOTH,
};

static const enum access accesses[] = {ACCESS_BOTH, ACCESS_BOTH, ACCESS_WRITE, ACCESS_WRITE,
				       ACCESS_BOTH, ACCESS_BOTH, ACCESS_NONE,  ACCESS_NONE,
				       ACCESS_NONE, ACCESS_NONE, ACCESS_NONE,  ACCESS_NONE};
#define TYPE_MAX 11

static bool is_active(const struct modem *modem)
{
	return modem->cfun == 1 || modem->cfun == 2 || modem->cfun == 21;
}

/* All of it is certificates that can be parsed, and nothing else is between them. */
static bool is_certificates(const char *text, size_t len)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	BIO *bio;
	X509 *cert;
	bool ok = false;

	if (len < sizeof(begin) || memcmp(text, begin, sizeof(begin) - 1) != 0)
		return false;
	bio = BIO_new_mem_buf(text, (int)len);
	while (bio && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		X509_free(cert);
		ok = true;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		ok = false;
	ERR_clear_error();
	BIO_free(bio);
	return ok;
}

static int cmng_write(struct modem *modem, const struct at_args *args, uint32_t tag, uint32_t type)
{
	const struct store_item *old = store_find(&modem->store, tag, type);
	const char *text;
	const char *password;
	size_t len;
	size_t password_len;

	if (args->count > 5 || !at_arg_string(args, 3, &text, &len) || len == 0)
		return CME_INCORRECT_PARAMETER;
	if (args->count == 5 &&
	    (!at_arg_string(args, 4, &password, &password_len) || password_len > PASSWORD_MAX))
		return CME_INCORRECT_PARAMETER;
	if (accesses[type] == ACCESS_NONE)
		return CME_NO_ACCESS;
	if (is_active(modem))
		return CME_ACTIVE_STATE;
	if (old && old->made_here)
		return CME_ALREADY_EXISTS;
	if (modem->firmware->checks_content && type <= 1 && !is_certificates(text, len))
		return CME_INVALID_CONTENT;
	switch (store_put(&modem->store, tag, type, text, len, false)) {
	case 0:
		return AT_OK;
	case -ENOSPC:
		return CME_MEMORY_FULL;
	default:
		return CME_MEMORY_FAILURE;
	}
}

/* The digest as the firmware shows it: SHA-256, or before 1.3.2 a placeholder. */
static void digest_put(const struct modem *modem, const struct store_item *item, struct text *out)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	if (modem->firmware->shows_sha)
		SHA256((const unsigned char *)item->text, item->len, digest);
	else
		memset(digest, (int)(item->type & 0xff), sizeof(digest));
	for (size_t i = 0; i < sizeof(digest); i++)
		text_printf(out, "%02X", digest[i]);
}

static void list_put(const struct modem *modem, const struct store_item *item, struct text *out)
{
	text_printf(out, "%%CMNG: %u,%u,\"", item->tag, item->type);
	digest_put(modem, item, out);
	text_puts(out, "\"");
}

static int cmng_list(const struct modem *modem, const struct at_args *args, uint64_t tag,
		     uint64_t type, struct text *out)
{
	if (args->count > 3)
		return CME_INCORRECT_PARAMETER;
	for (size_t i = 0; i < modem->store.count; i++) {
		const struct store_item *item = &modem->store.items[i];

		if ((args->count > 1 && item->tag != tag) ||
		    (args->count > 2 && item->type != type))
			continue;
		list_put(modem, item, out);
		text_puts(out, "\r\n");
	}
	return AT_OK;
}

static int cmng_read(struct modem *modem, uint32_t tag, uint32_t type, struct text *out)
{
	const struct store_item *item = store_find(&modem->store, tag, type);

	if (!item)
		return CME_NOT_FOUND;
	if (accesses[type] != ACCESS_BOTH)
		return CME_NO_ACCESS;
	if (item->len > MODEM_READ_BACK_MAX) {
		modem->fault = MODEM_FAULT_MEM_MANAGE;
		return AT_DEAD;
	}
	list_put(modem, item, out);
	text_puts(out, ",\"");
	text_add(out, item->text, item->len);
	text_puts(out, "\"\r\n");
	return AT_OK;
}

static int cmng_delete(struct modem *modem, uint32_t tag, uint32_t type)
{
	if (is_active(modem))
		return CME_ACTIVE_STATE;
	switch (store_delete(&modem->store, tag, type)) {
	case 0:
		return AT_OK;
	case -ENOENT:
		return CME_NOT_FOUND;
	default:
		return CME_MEMORY_FAILURE;
	}
}

int at_cmng(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t operation;
	uint64_t tag = 0;
	uint64_t type = 0;

	if (!at_arg_number(args, 0, 3, &operation))
		return CME_INCORRECT_PARAMETER;
	if (args->count > 1 && !at_arg_number(args, 1, TAG_MAX, &tag))
		return CME_INCORRECT_PARAMETER;
	if (args->count > 2 && !at_arg_number(args, 2, TYPE_MAX, &type))
		return CME_INCORRECT_PARAMETER;
	if (operation == 1)
		return cmng_list(modem, args, tag, type, out);
	if (args->count < 3 || (operation != 0 && args->count != 3))
		return CME_INCORRECT_PARAMETER;
	if (operation == 0)
		return cmng_write(modem, args, (uint32_t)tag, (uint32_t)type);
	if (operation == 2)
		return cmng_read(modem, (uint32_t)tag, (uint32_t)type, out);
	return cmng_delete(modem, (uint32_t)tag, (uint32_t)type);
}

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

/* The attestation that follows the dot: a COSE_Sign1 of the right shape, signed with the new key
 * itself. A real modem signs with its own identity: nobody can check this one (assumed form). */
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

int at_keygen(struct modem *modem, const struct at_args *args, struct text *out)
{
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
	if (args->count < 2 || args->count > 5 || !at_arg_number(args, 0, TAG_MAX, &tag) ||
	    !at_arg_number(args, 1, TYPE_MAX, &type) ||
	    (args->count > 2 && args->list[2].len && !at_arg_number(args, 2, 1, &answer)) ||
	    (args->count > 3 && args->list[3].len &&
	     !at_arg_string(args, 3, &subject, &subject_len)))
		return CME_INCORRECT_PARAMETER;
	if (type != KEYGEN_CLIENT && type != KEYGEN_OTHER)
		return CME_INCORRECT_PARAMETER;
	if (is_active(modem))
		return CME_ACTIVE_STATE;
	if (store_find(&modem->store, (uint32_t)tag, (uint32_t)type))
		return CME_ALREADY_EXISTS;
	key = EVP_EC_gen("P-256");
	bio = BIO_new(BIO_s_mem());
	if (!key || !bio || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
		rc = CME_KEY_GENERATION;
		goto out;
	}
	pem_len = BIO_get_mem_data(bio, &pem);
	rc = answer == 0 ? csr_put(key, subject, subject_len, out) : public_put(key, out);
	if (rc == AT_OK && store_put(&modem->store, (uint32_t)tag, (uint32_t)type, pem,
				     (size_t)pem_len, true) != 0)
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

/* The form of the answer is assumed: the command is documented, its answer was not to be had. */
int at_certexpiry(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t tag, type;
	const struct store_item *item;
	BIO *bio;
	X509 *cert;
	struct tm when;
	char text[32];

	if (!modem->firmware->checks_content)
		return AT_ERROR;
	if (args->count != 2 || !at_arg_number(args, 0, TAG_MAX, &tag) ||
	    !at_arg_number(args, 1, 10, &type) || (type > 1 && type != 10))
		return CME_INCORRECT_PARAMETER;
	item = store_find(&modem->store, (uint32_t)tag, (uint32_t)type);
	if (!item)
		return CME_NOT_FOUND;
	bio = BIO_new_mem_buf(item->text, (int)item->len);
	cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	if (!cert || !ASN1_TIME_to_tm(X509_get0_notAfter(cert), &when)) {
		X509_free(cert);
		return CME_INVALID_CONTENT;
	}
	X509_free(cert);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &when);
	text_printf(out, "%%CERTEXPIRY: \"%s\"\r\n", text);
	return AT_OK;
}
