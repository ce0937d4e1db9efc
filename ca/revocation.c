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

static bool add_pem(struct text *out, X509_CRL *crl)
{
	BIO *mem = BIO_new(BIO_s_mem());
	bool ok = mem && PEM_write_bio_X509_CRL(mem, crl) == 1;
	char *pem = NULL;
	long len = ok ? BIO_get_mem_data(mem, &pem) : 0;

	text_add(out, pem, (size_t)len);
	BIO_free(mem);
	return ok;
}

/*
 * One issuer's list, appended as PEM. It ends with its issuer: a list that ends sooner would turn
 * every board of the class away on that day.
 */
static int add_crl(const struct index_book *book, const char *name, X509 *issuer, EVP_PKEY *key,
		   struct text *out, struct fault *fault)
{
	int64_t now = when_now();
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)(now - 3600));
	X509_CRL *crl = X509_CRL_new();
	bool ok;

	ok = from && crl && X509_CRL_set_version(crl, 1) &&
	     X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) &&
	     X509_CRL_set1_lastUpdate(crl, from) &&
	     X509_CRL_set1_nextUpdate(crl, X509_get0_notAfter(issuer)) &&
	     add_identity(crl, issuer, now);
	for (size_t i = 0; ok && i < book->count; i++)
		if (book->entries[i].revoked && same_issuer(book->entries[i].issuer, name))
			ok = add_revoked(crl, &book->entries[i]);
	ok = ok && X509_CRL_sort(crl) && X509_CRL_sign(crl, key, EVP_sha256()) && add_pem(out, crl);
	ERR_clear_error();
	ASN1_TIME_free(from);
	X509_CRL_free(crl);
	return ok ? 0 : refuse(fault, "the revocation list of %s cannot be made", name);
}

/* The file while it is put together. */
struct lists {
	struct text pem;
	X509 *issuer[ISSUERS_MAX];
	size_t count, kept;
};

/* Adds the list of one issuer, if it is there, may issue and has none yet: a renewed one is still the
 * same. */
static int add_list(struct store *store, const struct index_book *book, const char *name,
		    struct lists *lists, struct fault *fault)
{
	struct fault none = {.text = ""};
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	bool issues = !store_load(store, name, &cert, &key, &none) &&
		      !plan_can_issue(cert, key, name, &none);
	int rc = 0;

	for (size_t i = 0; issues && i < lists->count; i++)
		issues = !succession_same(lists->issuer[i], cert);
	if (issues && lists->count == ISSUERS_MAX)
		rc = refuse(fault, "more than %d may issue in %s: too many for %s", ISSUERS_MAX,
			    store->name, REVOCATION_LISTS);
	else if (issues)
		rc = add_crl(book, name, cert, key, &lists->pem, fault);
	if (issues && !rc) {
		lists->issuer[lists->count++] = cert;
		cert = NULL;
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}

/* Whom an entry of the book names as one who issues; NULL: nobody. */
static const char *issuer_in(const struct index_entry *e)
{
	if (strcmp(e->kind, "server") == 0 || strcmp(e->kind, "root") == 0)
		return e->name;
	return strcmp(e->kind, "exercise") && strcmp(e->issuer, "-") ? e->issuer : NULL;
}

/* All others that the book knows, each looked at once. */
static int add_others(struct store *store, const struct index_book *book, struct lists *lists,
		      struct fault *fault)
{
	const char **seen = calloc(book->count + 1, sizeof(*seen));
	size_t count = 0;
	int rc = seen ? 0 : refuse(fault, "out of memory");

	for (size_t i = 0; !rc && i < book->count; i++) {
		const char *name = issuer_in(&book->entries[i]);
		size_t k = 0;

		while (name && k < count && strcmp(seen[k], name))
			k++;
		if (!name || k < count)
			continue;
		seen[count++] = name;
		rc = add_list(store, book, name, lists, fault);
	}
	free(seen);
	return rc;
}

/* The lists that are there, to be read one by one; NULL if there are none. file has to outlive it. */
static BIO *open_lists(const struct store *store, struct text *file)
{
	struct fault none = {.text = ""};

	if (!file_exists(store->dir, REVOCATION_LISTS) ||
	    file_read(store->dir, REVOCATION_LISTS, file, CRL_MAX, &none))
		return NULL;
	return BIO_new_mem_buf(file->s, (int)file->len);
}

/* Whether one of the issuers whose keys are here made this list. */
static bool is_ours(const struct lists *lists, X509_CRL *crl)
{
	for (size_t i = 0; i < lists->count; i++)
		if (X509_CRL_verify(crl, X509_get0_pubkey(lists->issuer[i])) == 1)
			return true;
	return false;
}

/* A list that nobody here can write anew, since its issuer's key is kept elsewhere, stays until it ends. */
static void add_kept(const struct store *store, struct lists *lists)
{
	struct text file = {0};
	BIO *in = open_lists(store, &file);
	X509_CRL *crl;

	while (in && (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
		const ASN1_TIME *end = X509_CRL_get0_nextUpdate(crl);

		if ((!end || X509_cmp_current_time(end) > 0) && !is_ours(lists, crl)) {
			lists->pem.broken |= !add_pem(&lists->pem, crl);
			lists->kept++;
		}
		X509_CRL_free(crl);
	}
	ERR_clear_error();
	BIO_free(in);
	text_free(&file);
}

int revocation_prepare(struct store *store, const struct index_book *book, const char *also,
		       size_t *count, struct fault *fault)
{
	static const char *const first[] = {"server", "server.previous", "server.next", "root"};
	struct lists lists = {0};
	char name[40];
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(first) / sizeof(first[0]); i++)
		rc = add_list(store, book, first[i], &lists, fault);
	for (int n = 1; !rc && n < ISSUERS_MAX; n++) {
		snprintf(name, sizeof(name), "server.former-%d", n);
		rc = add_list(store, book, name, &lists, fault);
	}
	if (!rc)
		rc = add_others(store, book, &lists, fault);
	if (!rc && also)
		rc = add_list(store, book, also, &lists, fault);
	if (!rc && !lists.count)
		rc = refuse(fault, "nothing in %s/certs may issue, so there is nothing to revoke",
			    store->name);
	if (!rc)
		add_kept(store, &lists);
	if (!rc && lists.pem.broken)
		rc = refuse(fault, "out of memory");
	if (!rc)
		rc = store_prepare_file(store, REVOCATION_LISTS, &lists.pem, FILE_PUBLIC,
					FILE_REPLACE | FILE_FIRST, fault);
	*count = lists.count + lists.kept;
	for (size_t i = 0; i < lists.count; i++)
		X509_free(lists.issuer[i]);
	text_free(&lists.pem);
	return rc;
}

int revocation_possible(const struct store *store, const struct index_entry *e, struct fault *fault)
{
	struct fault none = {.text = ""};
	const char *issuer = same_issuer(e->issuer, "server.") && !store_has(store, e->issuer)
				     ? "server"
				     : e->issuer;
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;
	int rc = store_load(store, issuer, &cert, &key, &none);

	if (!rc)
		rc = plan_can_issue(cert, key, issuer, &none);
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc ? refuse(fault,
			   "%s was issued by %s, which cannot sign a list here (%s); without one it "
			   "would still be let in",
			   e->name, e->issuer, none.text)
		  : 0;
}

bool revocation_listed(const struct store *store, const char *serial)
{
	struct text file = {0};
	ASN1_INTEGER *number = NULL;
	X509_REVOKED *found = NULL;
	X509_CRL *crl;
	BIGNUM *n = NULL;
	BIO *in = open_lists(store, &file);

	if (in && BN_hex2bn(&n, serial))
		number = BN_to_ASN1_INTEGER(n, NULL);
	while (number && !found && (crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL))) {
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

int revocation_follow(struct store *store, const char *who, struct fault *fault)
{
	struct index_book book = {0};
	size_t lists;
	int rc;

	if (!file_exists(store->dir, REVOCATION_LISTS))
		return 0;
	rc = index_read(&book, store->dir, fault);
	if (!rc)
		rc = revocation_prepare(store, &book, who, &lists, fault);
	index_free(&book);
	return rc;
}
