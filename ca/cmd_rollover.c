/* rollover: from one pinned certificate to the next. With renew the only one that ever replaces a
 * server certificate. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cjson/cJSON.h>
#include "bundle.h"
#include "key.h"
#include "revocation.h"
#include "seats.h"
#include "succession.h"

static int budget_of_both(const struct options *o, const struct text *anchor, struct fault *fault)
{
	struct budget budget = {.not_after = INT64_MAX};

	budget_add_text(&budget, "old and new certificate together", anchor->len, 0, o->tag);
	printf("both in one tag, while boards are moved:\n");
	return report_budget(&budget, "certs/server.next.pem", o, fault);
}

/*
 * The name of the next one: that of the present one, with a generation behind it. Two anchors of one
 * name in one store make OpenSSL try the wrong one and give up.
 */
static X509_NAME *next_name(X509 *old, const struct options *o)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(old));
	int at = name ? X509_NAME_get_index_by_NID(name, NID_serialNumber, -1) : -1;
	const char *cn = o->arg_count && strlen(o->args[0]) <= 64 ? o->args[0] : NULL;
	char text[24];
	long generation = 1;
	int cn_at;

	if (at >= 0) {
		const ASN1_STRING *was = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

		snprintf(text, sizeof(text), "%.*s", ASN1_STRING_length(was),
			 (const char *)ASN1_STRING_get0_data(was));
		generation = strtol(text, NULL, 10);
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, at));
	}
	cn_at = name && cn ? X509_NAME_get_index_by_NID(name, NID_commonName, -1) : -1;
	if (cn_at >= 0) {
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, cn_at));
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
					   (const unsigned char *)cn, -1, cn_at, 0);
	}
	snprintf(text, sizeof(text), "%ld", generation + 1);
	if (!name || X509_NAME_add_entry_by_NID(name, NID_serialNumber, MBSTRING_ASC,
						(const unsigned char *)text, -1, -1, 0) != 1) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

/* Every seat that the old certificate covers has to find itself in the next one. */
static int check_seats(const struct options *o, const struct store *store, X509 *old, X509 *next,
		       struct fault *fault)
{
	struct cert_facts was = {0}, is = {0};
	struct text file = {0};
	cJSON *roster = NULL, *seat;
	int rc = 0;

	if (o->force || !file_exists(store->dir, SEATS_FILE))
		return 0;
	rc = file_read(store->dir, SEATS_FILE, &file, SEATS_MAX, fault);
	if (!rc && (cert_facts_of(&was, old) || cert_facts_of(&is, next)))
		rc = refuse(fault, "out of memory");
	if (!rc)
		roster = cJSON_ParseWithLength(file.s, file.len);
	cJSON_ArrayForEach(seat, cJSON_GetObjectItemCaseSensitive(roster, "seats"))
	{
		const char *host =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(seat, "host"));

		if (!rc && host && cert_covers_host(&was, host) && !cert_covers_host(&is, host))
			rc = refuse(
				fault,
				"the next certificate would not cover %s, and its board would be "
				"turned away; name it too, or say --force",
				host);
	}
	cJSON_Delete(roster);
	text_free(&file);
	cert_facts_free(&was);
	cert_facts_free(&is);
	return rc;
}

static X509 *make_next(const struct options *o, const struct store *store, X509 *old,
		       EVP_PKEY **key, struct fault *fault)
{
	struct cert_facts facts;
	struct plan plan = {0};
	const char **names = NULL;
	X509 *next = NULL;
	int rc;

	if (cert_facts_of(&facts, old)) {
		refuse(fault, "out of memory");
		return NULL;
	}
	rc = facts.self_issued
		     ? plan_like(&plan, o, &facts, old, &names, fault)
		     : refuse(fault,
			      "the server certificate was issued by %s, which boards trust; renew "
			      "does it: doorstep-ca renew server",
			      facts.issuer);
	plan.subject = next_name(old, o);
	if (!rc && !plan.subject)
		rc = refuse(fault, "out of memory");
	if (!rc && o->arg_count) {
		plan.names = (const char *const *)o->args;
		plan.name_count = o->arg_count;
	}
	if (!rc)
		plan.key = *key = key_new(o, "p384", fault);
	if (plan.key)
		next = plan_sign(&plan, fault);
	if (next && check_seats(o, store, old, next, fault)) {
		X509_free(next);
		next = NULL;
	}
	free(names);
	X509_NAME_free(plan.subject);
	cert_facts_free(&facts);
	return next;
}

/* Both into every bundle and before the doors. What boards may find in a bundle is complete once the
 * last of these files is, by which a call that was cut short is known. */
static int offer_both(const struct options *o, struct store *store, X509 *old, X509 *next,
		      const struct text *anchor, struct fault *fault)
{
	X509 *const both[] = {old, next};
	long seats = seats_prepare_bundles(store, anchor, o->tag, fault);
	int64_t now = when_now();
	struct cert_facts facts;
	int rc = seats < 0 ? (int)seats : succession_trust(store, both, 2, fault);

	if (!rc)
		rc = store_commit(store, fault);
	if (!rc && cert_facts_of(&facts, old))
		rc = refuse(fault, "out of memory");
	if (rc)
		return rc;
	printf("1. From now, %s: the broker still shows the old certificate, valid until\n"
	       "   %s.\n",
	       when_date(now).s, when_words(facts.not_after, now).s);
	printf("2. Store both in each board: ca-cert.pem and provision.at of %ld bundle%s hold "
	       "both.\n",
	       seats, seats == 1 ? "" : "s");
	printf("3. When all have it, before %s: doorstep-ca rollover --switch\n",
	       when_date(facts.not_after).s);
	cert_facts_free(&facts);
	return 0;
}

static int begin(const struct options *o, struct store *store, struct fault *fault)
{
	bool again = store_has(store, "server.next");
	struct text anchor = {0};
	X509 *old = NULL, *next = NULL;
	EVP_PKEY *key = NULL;
	int rc = check_hosts(o, fault);

	if (!rc)
		rc = store_load(store, "server", &old, NULL, fault);
	if (!rc && again)
		rc = store_load(store, "server.next", &next, NULL, fault);
	if (!rc && again && (o->arg_count || succession_trusts(store, next)))
		rc = refuse(fault,
			    "a rollover is under way: %s/certs/server.next.pem is there; finish it "
			    "with doorstep-ca rollover --switch",
			    o->class_dir);
	if (!rc && !again) {
		next = make_next(o, store, old, &key, fault);
		rc = next ? 0 : FAULT_REFUSED;
	}
	if (!rc)
		rc = report_certificate(o, "certs/server.next.pem", &next, 1, true, true, fault);
	if (!rc) {
		plan_pem(&anchor, old);
		plan_pem(&anchor, next);
		rc = budget_of_both(o, &anchor, fault);
	}
	/* A key that a call cut short left belongs to nothing. */
	if (!rc && !again)
		rc = store_prepare(store, "server.next", next, NULL, key, "server", NULL,
				   FILE_REPLACE, fault);
	if (!rc)
		rc = offer_both(o, store, old, next, &anchor, fault);
	text_free(&anchor);
	EVP_PKEY_free(key);
	X509_free(old);
	X509_free(next);
	return rc ? (rc == FAULT_USAGE ? rc : FAULT_REFUSED) : 0;
}

/* The next one in the place of the present one. Every step can be done again after a crash. */
static int take_place(const struct options *o, struct store *store, X509 *next,
		      const struct text *anchor, long *seats, struct fault *fault)
{
	X509 *old = NULL, *first[2] = {next, NULL};
	EVP_PKEY *old_key = NULL, *key = NULL;
	int rc = store_load(store, "server", &old, &old_key, fault);
	/* The new key lies there already: then the old pair was kept before it. */
	bool kept = !rc && X509_check_private_key(old, old_key) != 1;

	if (!rc)
		rc = store_load_key(store, "server.next", &key, fault);
	first[1] = old;
	if (!rc)
		rc = succession_trust(store, first, 2, fault);
	if (!rc && !kept)
		rc = succession_keep(store, "server", fault);
	if (!rc)
		rc = store_prepare(store, "server", next, NULL, key, "server", NULL, FILE_REPLACE,
				   fault);
	if (!rc) {
		*seats = seats_prepare_bundles(store, anchor, o->tag, fault);
		rc = *seats < 0 ? (int)*seats : 0;
	}
	X509_free(old);
	EVP_PKEY_free(old_key);
	EVP_PKEY_free(key);
	return rc;
}

static int finish(const struct options *o, struct store *store, struct fault *fault)
{
	X509 *now = NULL, *next = NULL;
	struct text anchor = {0};
	long seats = 0;
	int rc;

	if (!store_has(store, "server.next"))
		return refuse(fault,
			      "no rollover is under way in %s; begin one: doorstep-ca rollover",
			      o->class_dir);
	rc = store_load(store, "server", &now, NULL, fault);
	if (!rc)
		rc = store_load(store, "server.next", &next, NULL, fault);
	if (rc)
		goto out;
	plan_pem(&anchor, next);
	if (X509_cmp(now, next)) {
		rc = take_place(o, store, next, &anchor, &seats, fault);
	} else {
		seats = seats_prepare_bundles(store, &anchor, o->tag, fault);
		rc = seats < 0 ? (int)seats : 0;
	}
	if (!rc)
		rc = revocation_follow(store, "server", fault);
	if (!rc)
		rc = store_commit(store, fault);
	/* The certificate last: as long as it is there, this can be done again. */
	if (!rc && ((store_has_key(store, "server.next") &&
		     unlinkat(store->dir, "keys/server.next.key", 0)) ||
		    unlinkat(store->dir, "certs/server.next.pem", 0)))
		rc = refuse(fault, "certs/server.next.pem cannot be taken away");
	if (!rc)
		rc = file_sync_dir(store->dir, "keys", fault);
	if (!rc)
		rc = file_sync_dir(store->dir, "certs", fault);
	if (!rc)
		printf("%s/certs/server.pem is the new certificate; the old one is kept as "
		       "server.previous.\nThe bundles of %ld seats hold the new one alone. Device "
		       "certificates of both are in\ncerts/client-ca.pem, which the broker takes when it is "
		       "started again:\nbroker/down, then broker/up.\n",
		       o->class_dir, seats);
out:
	text_free(&anchor);
	X509_free(now);
	X509_free(next);
	return rc;
}

int cmd_rollover(const struct options *given, struct fault *fault)
{
	struct options own = *given;
	struct store store = STORE_CLOSED;
	int rc;

	if (own.swap && own.arg_count)
		return misuse(fault,
			      "--switch takes no names; they were given when the rollover began");
	rc = store_open(&store, own.class_dir, STORE_CHANGE, fault);
	store.flags = own.no_sync ? FILE_NO_SYNC : 0;
	if (!rc)
		rc = seats_tag(&store, given, &own.tag, fault);
	if (!rc)
		rc = own.swap ? finish(&own, &store, fault) : begin(&own, &store, fault);
	store_close(&store);
	return rc;
}
