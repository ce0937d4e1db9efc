#include "succession.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "bundle.h"
#include "command.h"
#include "key.h"

int plan_like(struct plan *plan, const struct options *o, const struct cert_facts *f, X509 *cert,
	      const char ***names, struct fault *fault)
{
	long days = (long)((f->not_after - f->not_before + WHEN_DAY / 2) / WHEN_DAY);
	int rc = plan_from_options(plan, o, days > 0 ? days : 1, fault);

	if (rc)
		return rc;
	*names = calloc(f->name_count + 1, sizeof(**names));
	if (!*names)
		return refuse(fault, "out of memory");
	for (size_t i = 0; i < f->name_count && !f->names_from_cn; i++)
		(*names)[plan->name_count++] = f->names[i].text;
	plan->names = *names;
	plan->subject = X509_get_subject_name(cert);
	plan->ca = f->is_ca;
	plan->issues = f->is_ca && (f->key_usage & KU_KEY_CERT_SIGN);
	plan->sign = f->has_key_usage && !plan->issues;
	plan->server = f->ext_key_usage & XKU_SSL_SERVER;
	plan->client = f->ext_key_usage & XKU_SSL_CLIENT;
	/* The smallest stays the smallest. */
	if (strlen(f->serial) == 8)
		plan->serial_bytes = 4;
	if (!o->hash && EVP_get_digestbyname(f->hash))
		plan->hash = EVP_get_digestbyname(f->hash);
	return 0;
}

bool succession_same(X509 *a, X509 *b)
{
	bool same = X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(b)) == 0 &&
		    EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1;

	ERR_clear_error();
	return same;
}

/* Copies a certificate and its key, as they lie, to another name in the batch. */
static int copy_pair(struct store *store, const char *from, const char *to, struct fault *fault)
{
	struct text file = {0};
	int rc = 0;

	for (int i = 0; !rc && i < 2; i++) {
		char source[200], target[200];

		snprintf(source, sizeof(source), i ? "certs/%s.pem" : "keys/%s.key", from);
		snprintf(target, sizeof(target), i ? "certs/%s.pem" : "keys/%s.key", to);
		rc = file_read(store->dir, source, &file, 1 << 20, fault);
		if (!rc)
			rc = store_prepare_file(store, target, &file, i ? FILE_PUBLIC : FILE_KEY,
						FILE_REPLACE, fault);
	}
	key_wipe(&file);
	return rc;
}

/* Moves on what lies as NAME.previous, unless a call that was cut short did it already: then its key
 * is another's by now, or it is among the former ones. */
static int make_room(struct store *store, const char *name, X509 *now, struct fault *fault)
{
	struct fault none = {.text = ""};
	char previous[140], former[140];
	X509 *was = NULL, *kept = NULL;
	EVP_PKEY *key = NULL;
	bool move;
	int rc = 0;

	snprintf(previous, sizeof(previous), "%s.previous", name);
	if (!store_has(store, previous) || store_load(store, previous, &was, &key, &none))
		return 0;
	move = !succession_same(was, now) && X509_check_private_key(was, key) == 1;
	ERR_clear_error();
	for (int n = 1; move; n++) {
		snprintf(former, sizeof(former), "%s.former-%d", name, n);
		if (!store_has(store, former))
			break;
		if (!store_load(store, former, &kept, NULL, &none))
			move = !succession_same(was, kept);
		X509_free(kept);
	}
	if (move)
		rc = copy_pair(store, previous, former, fault);
	X509_free(was);
	EVP_PKEY_free(key);
	return rc;
}

int succession_keep(struct store *store, const char *name, struct fault *fault)
{
	char previous[140];
	X509 *now = NULL;
	int rc = store_load(store, name, &now, NULL, fault);

	snprintf(previous, sizeof(previous), "%s.previous", name);
	if (!rc)
		rc = make_room(store, name, now, fault);
	if (!rc)
		rc = copy_pair(store, name, previous, fault);
	X509_free(now);
	return rc;
}

static int read_trusted(const struct store *store, struct bundle *trusted, struct fault *fault)
{
	struct text file = {0};
	int rc;

	memset(trusted, 0, sizeof(*trusted));
	if (!file_exists(store->dir, CLIENT_CA))
		return 0;
	rc = file_read(store->dir, CLIENT_CA, &file, 1 << 20, fault);
	if (!rc)
		rc = bundle_read(trusted, &file, CLIENT_CA, fault);
	text_free(&file);
	return rc;
}

int succession_trust(struct store *store, X509 *const *first, size_t count, struct fault *fault)
{
	struct bundle before;
	struct text out = {0};
	int rc = read_trusted(store, &before, fault);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		plan_pem(&out, first[i]);
	for (size_t i = 0; i < before.count; i++) {
		bool again = X509_cmp_current_time(X509_get0_notAfter(before.cert[i])) < 0;

		for (size_t k = 0; k < count && !again; k++)
			again = succession_same(before.cert[i], first[k]);
		if (!again)
			plan_pem(&out, before.cert[i]);
	}
	rc = out.broken
		     ? refuse(fault, "out of memory")
		     : store_prepare_file(store, CLIENT_CA, &out, FILE_PUBLIC, FILE_REPLACE, fault);
	bundle_free(&before);
	text_free(&out);
	return rc;
}

bool succession_trusts(const struct store *store, X509 *cert)
{
	struct fault none = {.text = ""};
	struct bundle trusted;
	bool found = false;

	if (read_trusted(store, &trusted, &none))
		return false;
	for (size_t i = 0; i < trusted.count && !found; i++)
		found = X509_cmp(trusted.cert[i], cert) == 0;
	bundle_free(&trusted);
	return found;
}
