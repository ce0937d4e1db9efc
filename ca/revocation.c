#include "revocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include "plan.h"
#include "succession.h"
#include "when.h"

#define CRL_MAX	    (64U << 20)
#define ISSUERS_MAX 32

static const struct {
	const char *name;
	int code;
} reasons[] = {
	{"unspecified", CRL_REASON_UNSPECIFIED},
	{"keyCompromise", CRL_REASON_KEY_COMPROMISE},
	{"superseded", CRL_REASON_SUPERSEDED},
	{"cessationOfOperation", CRL_REASON_CESSATION_OF_OPERATION},
};

int revocation_reason(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].code;
	return -1;
}

static bool add_revoked(X509_CRL *crl, const struct index_entry *e)
{
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)e->revoked);
	ASN1_INTEGER *serial = NULL;
	int code = revocation_reason(e->reason);
	BIGNUM *n = NULL;
	bool ok;

	ok = revoked && why && at && BN_hex2bn(&n, e->serial) &&
	     (serial = BN_to_ASN1_INTEGER(n, NULL)) &&
	     X509_REVOKED_set_serialNumber(revoked, serial) &&
	     X509_REVOKED_set_revocationDate(revoked, at);
	if (ok && code > 0)
		ok = ASN1_ENUMERATED_set(why, code) &&
		     X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, why, 0, 0) == 1;
	ok = ok && X509_CRL_add0_revoked(crl, revoked);
	if (!ok)
		X509_REVOKED_free(revoked);
	BN_free(n);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(at);
	ASN1_ENUMERATED_free(why);
	return ok;
}

static bool add_identity(X509_CRL *crl, X509 *issuer, int64_t now)
{
	const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	bool ok = number && aki && ASN1_INTEGER_set_int64(number, now) &&
		  X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;

	if (ok && ski) {
		aki->keyid = ASN1_OCTET_STRING_dup(ski);
		ok = aki->keyid &&
		     X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0) == 1;
	}
	ASN1_INTEGER_free(number);
	AUTHORITY_KEYID_free(aki);
	return ok;
}

/* After a rollover "server" is another certificate than it was. A serial on the list of somebody who
 * never gave it out does no harm, a missing one does. */
static bool same_issuer(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (strncmp(a, "server", 6) == 0 && strncmp(b, "server", 6) == 0);
}

/*
 * One issuer's list, appended as PEM. It ends with its issuer: a list that ends sooner would turn
 * every board of the class away on that day.
 */
static int add_crl(struct store *store, const struct index_book *book, const char *name,
		   struct text *out, struct fault *fault)
{
	int64_t now = when_now();
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(now - 3600));
	X509_CRL *crl = X509_CRL_new();
	X509 *issuer = NULL;
	EVP_PKEY *key = NULL;
	BIO *mem = NULL;
	char *pem = NULL;
	long len;
	int rc;

	rc = store_load(store, name, &issuer, &key, fault);
	if (!rc)
		rc = plan_can_issue(issuer, key, name, fault);
	if (rc)
		goto out;
	rc = FAULT_REFUSED;
	if (!from || !crl || !X509_CRL_set_version(crl, 1) ||
	    !X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) ||
	    !X509_CRL_set1_lastUpdate(crl, from) ||
	    !X509_CRL_set1_nextUpdate(crl, X509_get0_notAfter(issuer)) ||
	    !add_identity(crl, issuer, now))
		goto out;
	for (size_t i = 0; i < book->count; i++)
		if (book->entries[i].revoked && same_issuer(book->entries[i].issuer, name) &&
		    !add_revoked(crl, &book->entries[i]))
			goto out;
	mem = BIO_new(BIO_s_mem());
	if (!mem || !X509_CRL_sort(crl) || !X509_CRL_sign(crl, key, EVP_sha256()) ||
	    PEM_write_bio_X509_CRL(mem, crl) != 1)
		goto out;
	len = BIO_get_mem_data(mem, &pem);
	text_add(out, pem, (size_t)len);
	rc = 0;
out:
	if (rc)
		refuse(fault, "the revocation list of %s cannot be made", name);
	ERR_clear_error();
	BIO_free(mem);
	ASN1_TIME_free(from);
	X509_CRL_free(crl);
	X509_free(issuer);
	EVP_PKEY_free(key);
	return rc;
}

/* Adds the list of one issuer, if it may issue and has none yet: a renewed one is still the same. */
static int add_list(struct store *store, const struct index_book *book, const char *name,
		    X509 *listed[], size_t *lists, struct text *out, struct fault *fault)
{
	struct fault none = {.text = ""};
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	bool issues = !store_load(store, name, &cert, &key, &none) &&
		      !plan_can_issue(cert, key, name, &none) && *lists < ISSUERS_MAX;
	int rc = 0;

	for (size_t i = 0; i < *lists; i++)
		issues = issues && !succession_same(listed[i], cert);
	if (issues)
		rc = add_crl(store, book, name, out, fault);
	if (issues && !rc) {
		listed[(*lists)++] = cert;
		cert = NULL;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

/* Whoever issues or has issued: root and the class certificate, with those that it took over from. */
int revocation_prepare(struct store *store, const struct index_book *book, size_t *lists,
		       struct fault *fault)
{
	static const char *const issuers[] = {"server", "server.previous", "server.next", "root"};
	X509 *listed[ISSUERS_MAX];
	struct text out = {0};
	char name[40] = "";
	int rc = 0;

	*lists = 0;
	for (size_t i = 0; !rc && i < sizeof(issuers) / sizeof(issuers[0]); i++)
		if (store_has(store, issuers[i]))
			rc = add_list(store, book, issuers[i], listed, lists, &out, fault);
	for (int n = 1; !rc && n < ISSUERS_MAX; n++) {
		snprintf(name, sizeof(name), "server.former-%d", n);
		if (!store_has(store, name))
			break;
		rc = add_list(store, book, name, listed, lists, &out, fault);
	}
	if (!rc && !*lists)
		rc = refuse(fault, "nothing in %s/certs may issue, so there is nothing to revoke",
			    store->name);
	if (!rc)
		rc = store_prepare_file(store, REVOCATION_LISTS, &out, FILE_PUBLIC, FILE_REPLACE,
					fault);
	for (size_t i = 0; i < *lists; i++)
		X509_free(listed[i]);
	text_free(&out);
	return rc;
}

bool revocation_listed(const struct store *store, const char *serial)
{
	struct fault none = {.text = ""};
	struct text file = {0};
	ASN1_INTEGER *number = NULL;
	X509_REVOKED *found = NULL;
	X509_CRL *crl;
	BIGNUM *n = NULL;
	BIO *in = NULL;

	if (BN_hex2bn(&n, serial) && file_exists(store->dir, REVOCATION_LISTS) &&
	    !file_read(store->dir, REVOCATION_LISTS, &file, CRL_MAX, &none)) {
		number = BN_to_ASN1_INTEGER(n, NULL);
		in = BIO_new_mem_buf(file.s, (int)file.len);
	}
	while (number && in && !found && (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL))) {
		X509_CRL_get0_by_serial(crl, &found, number);
		X509_CRL_free(crl);
	}
	ERR_clear_error();
	BIO_free(in);
	BN_free(n);
	ASN1_INTEGER_free(number);
	text_free(&file);
	return found != NULL;
}

int revocation_follow(struct store *store, struct fault *fault)
{
	struct index_book book = {0};
	size_t lists;
	int rc;

	if (!file_exists(store->dir, REVOCATION_LISTS))
		return 0;
	rc = index_read(&book, store->dir, fault);
	if (!rc)
		rc = revocation_prepare(store, &book, &lists, fault);
	if (!rc)
		rc = store_commit(store, fault);
	index_free(&book);
	return rc;
}
