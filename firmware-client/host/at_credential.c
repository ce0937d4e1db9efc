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

#define PASSWORD_MAX 32

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

int at_may_write(const struct modem *modem)
{
	if (modem->cfun == 1 || modem->cfun == 2 || modem->cfun == 21)
		return CME_ACTIVE_STATE;
	return modem->low_power ? CME_POWER_OFF_WARNING : modem->refuses;
}

uint32_t at_last_tag(const struct modem *modem)
{
	return modem->firmware->decrypt_tags ? TAG_LAST_DECRYPT : TAG_LAST;
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
	int rc = at_may_write(modem);

	if (args->count > 5 || !at_arg_string(args, 3, &text, &len) || len == 0)
		return CME_INCORRECT_PARAMETER;
	if (args->count == 5 &&
	    (!at_arg_string(args, 4, &password, &password_len) || password_len > PASSWORD_MAX))
		return CME_INCORRECT_PARAMETER;
	if (accesses[type] == ACCESS_NONE)
		return CME_NO_ACCESS;
	if (rc)
		return rc;
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
	if (modem->lists)
		return modem->lists;
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
	int rc = at_may_write(modem);

	if (rc)
		return rc;
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
	/* Types 6 to 11 came with AT%KEYGEN. */
	uint64_t last_type = modem->firmware->keygen ? 11 : 5;

	if (!at_arg_number(args, 0, 3, &operation))
		return CME_INCORRECT_PARAMETER;
	if (args->count > 1 && !at_arg_number(args, 1, at_last_tag(modem), &tag))
		return CME_INCORRECT_PARAMETER;
	if (args->count > 2 && !at_arg_number(args, 2, last_type, &type))
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

/* The number as in the certificate: with the zero that keeps it positive. */
static void serial_put(struct text *out, const X509 *cert)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;

	if (hex)
		text_printf(out, "%s%s", number && BN_num_bits(number) % 8 == 0 ? "00" : "", hex);
	OPENSSL_free(hex);
	BN_free(number);
}

static bool time_put(struct text *out, const ASN1_TIME *at)
{
	struct tm when;
	char text[32];

	if (!ASN1_TIME_to_tm(at, &when))
		return false;
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &when);
	text_printf(out, ",%s", text);
	return true;
}

/* The AT command references have it for nRF9160 and nRF91x1 and do not say from which version on:
 * that it came with the digests is assumed. */
int at_certexpiry(struct modem *modem, const struct at_args *args, struct text *out)
{
	uint64_t tag, type;
	const struct store_item *item;
	BIO *bio;
	X509 *cert;
	size_t before = out->len;
	int rc = CME_INVALID_CONTENT;

	if (!modem->firmware->shows_sha)
		return AT_ERROR;
	if (args->count != 2 || !at_arg_number(args, 0, TAG_LAST, &tag) || tag == 0 ||
	    !at_arg_number(args, 1, 10, &type) || (type > 1 && type != 10))
		return CME_INCORRECT_PARAMETER;
	item = store_find(&modem->store, (uint32_t)tag, (uint32_t)type);
	if (!item)
		return CME_NOT_FOUND;
	bio = BIO_new_mem_buf(item->text, (int)item->len);
	cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	if (!cert)
		return CME_INVALID_CONTENT;
	text_puts(out, "%CERTEXPIRY: ");
	serial_put(out, cert);
	if (time_put(out, X509_get0_notBefore(cert)) && time_put(out, X509_get0_notAfter(cert))) {
		text_puts(out, "\r\n");
		rc = AT_OK;
	} else if (out->s) {
		out->len = before;
		out->s[before] = '\0';
	}
	X509_free(cert);
	return rc;
}
