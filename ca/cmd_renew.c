/* renew and rollover: the only two that ever replace a server certificate. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/x509v3.h>
#include "bundle.h"
#include "cert.h"
#include "key.h"
#include "seats.h"

/* A plan that says what a certificate says, but for serial and dates. names is freed by the caller;
 * facts have to live as long as the plan. */
static int plan_like(struct plan *plan, const struct options *o, const struct cert_facts *f,
		     X509 *cert, const char ***names, struct fault *fault)
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
	return 0;
}

/* Copies a certificate and its key, as they lie, to another name in the batch. */
static int keep_copy(struct store *store, const char *from, const char *to, struct fault *fault)
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

/* A seat's certificate stands in the roster by its digest, and in the seat's private bundle. */
static int update_seat(struct store *store, const char *name, const struct cert_facts *before,
		       X509 *cert, long tag, struct fault *fault)
{
	struct text file = {0}, anchor = {0};
	struct cert_facts now = {0};
	char was[65], is[65], *at;
	int rc;

	if (strncmp(name, "seats/", 6) || !file_exists(store->dir, "seats.json"))
		return 0;
	rc = file_read(store->dir, "seats.json", &file, 64U << 20, fault);
	if (!rc && cert_facts_of(&now, cert))
		rc = refuse(fault, "out of memory");
	if (rc)
		goto out;
	cert_hex(was, before->sha256, 32);
	cert_hex(is, now.sha256, 32);
	at = strstr(file.s, was);
	if (at)
		memcpy(at, is, 64);
	rc = store_prepare_file(store, "seats.json", &file, FILE_PUBLIC, FILE_REPLACE, fault);
	if (!rc)
		rc = bundle_anchor(store, &anchor, fault);
	if (!rc)
		rc = seats_add_bundles(store, &anchor, tag, name + 6, cert, NULL, fault);
out:
	cert_facts_free(&now);
	text_free(&file);
	text_free(&anchor);
	return rc;
}

int cmd_renew(const struct options *o, struct fault *fault)
{
	const char *name = o->args[0], *issuer = NULL, *kind = "server";
	struct store store = STORE_CLOSED;
	struct index_book book = {0};
	struct cert_facts facts = {0};
	struct plan plan = {0};
	const struct index_entry *entry;
	const char **names = NULL;
	X509 *old = NULL, *chain[2] = {NULL, NULL};
	char path[400];
	int rc;

	rc = store_open(&store, o->class_dir, STORE_WRITE, fault);
	if (!rc)
		rc = index_read(&book, store.dir, fault);
	if (!rc)
		rc = store_load(&store, name, &old, &plan.key, fault);
	if (rc)
		goto out;
	entry = index_by_name(&book, name);
	if (entry) {
		kind = entry->kind;
		issuer = strcmp(entry->issuer, "-") ? entry->issuer : NULL;
	}
	if (cert_facts_of(&facts, old))
		rc = refuse(fault, "out of memory");
	else if (!issuer && !facts.self_issued)
		rc = refuse(fault, "%s was issued by somebody else (%s); ask them for a new one",
			    name, facts.issuer);
	if (!rc)
		rc = plan_like(&plan, o, &facts, old, &names, fault);
	if (!rc && issuer) {
		rc = store_load(&store, issuer, &plan.issuer, &plan.issuer_key, fault);
		if (!rc)
			rc = plan_can_issue(plan.issuer, plan.issuer_key, issuer, fault);
	}
	if (rc)
		goto out;
	chain[0] = plan_sign(&plan, fault);
	chain[1] = plan.issuer;
	rc = chain[0] ? 0 : FAULT_REFUSED;
	snprintf(path, sizeof(path), "%s/certs/%s.pem", o->class_dir, name);
	if (!rc)
		rc = report_certificate(o, path, chain, issuer && !plan.client ? 2 : 1,
					!plan.client, true, fault);
	if (!rc && facts.self_issued) {
		char previous[120];

		snprintf(previous, sizeof(previous), "%s.previous", name);
		rc = keep_copy(&store, name, previous, fault);
	}
	if (!rc)
		rc = store_prepare(&store, name, chain[0], NULL, NULL, kind, issuer, FILE_REPLACE,
				   fault);
	if (!rc)
		rc = update_seat(&store, name, &facts, chain[0], o->tag, fault);
	if (!rc)
		rc = store_commit(&store, fault);
	if (!rc && facts.self_issued)
		printf("The key is the same, the certificate is another: boards whose TLS compares the\n"
		       "whole certificate refuse it until they store it. The old one is kept as\n"
		       "certs/%s.previous.pem; a day without silence is what rollover is for.\n",
		       name);
out:
	free(names);
	cert_facts_free(&facts);
	index_free(&book);
	X509_free(old);
	X509_free(chain[0]);
	X509_free(plan.issuer);
	EVP_PKEY_free(plan.issuer_key);
	EVP_PKEY_free(plan.key);
	store_close(&store);
	return rc;
}

/* Who may have issued the boards' own certificates: the present, the next and the previous one. */
static int prepare_client_ca(struct store *store, const char *const *names, size_t count,
			     struct fault *fault)
{
	struct text out = {0};
	int rc = 0;

	for (size_t i = 0; !rc && i < count; i++) {
		X509 *cert = NULL;

		if (!store_has(store, names[i]))
			continue;
		rc = store_load(store, names[i], &cert, NULL, fault);
		if (!rc)
			plan_pem(&out, cert);
		X509_free(cert);
	}
	if (!rc)
		rc = store_prepare_file(store, "certs/client-ca.pem", &out, FILE_PUBLIC,
					FILE_REPLACE, fault);
	text_free(&out);
	return rc;
}

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

static int begin(const struct options *o, struct store *store, struct fault *fault)
{
	struct cert_facts facts = {0};
	struct plan plan = {0};
	struct text anchor = {0};
	const char **names = NULL;
	X509 *old = NULL, *next = NULL;
	long seats;
	int rc;

	if (store_has(store, "server.next"))
		return refuse(
			fault,
			"a rollover is under way: %s/certs/server.next.pem is there; finish it "
			"with doorstep-ca rollover --switch",
			o->class_dir);
	rc = store_load(store, "server", &old, NULL, fault);
	if (!rc && cert_facts_of(&facts, old))
		rc = refuse(fault, "out of memory");
	if (!rc && !facts.self_issued)
		rc = refuse(fault,
			    "the server certificate was issued by %s, which boards trust; renew "
			    "does it: doorstep-ca renew server",
			    facts.issuer);
	if (!rc)
		rc = plan_like(&plan, o, &facts, old, &names, fault);
	plan.subject = old ? next_name(old, o) : NULL;
	if (!rc && !plan.subject)
		rc = refuse(fault, "out of memory");
	if (!rc && o->arg_count) {
		plan.names = (const char *const *)o->args;
		plan.name_count = o->arg_count;
	}
	if (rc)
		goto out;
	plan.key = key_make(o->curve ? o->curve : "p384", fault);
	next = plan.key ? plan_sign(&plan, fault) : NULL;
	rc = next ? 0 : FAULT_REFUSED;
	if (!rc)
		rc = report_certificate(o, "certs/server.next.pem", &next, 1, true, true, fault);
	plan_pem(&anchor, old);
	if (next)
		plan_pem(&anchor, next);
	if (!rc)
		rc = budget_of_both(o, &anchor, fault);
	if (!rc)
		rc = store_prepare(store, "server.next", next, NULL, plan.key, "server", NULL, 0,
				   fault);
	seats = rc ? 0 : seats_prepare_bundles(store, &anchor, o->tag, fault);
	if (!rc && seats < 0)
		rc = (int)seats;
	if (!rc)
		rc = store_prepare_file(store, "certs/client-ca.pem", &anchor, FILE_PUBLIC,
					FILE_REPLACE, fault);
	if (!rc)
		rc = store_commit(store, fault);
	if (!rc) {
		printf("1. From now, %s: the broker still shows the old certificate, valid until\n"
		       "   %s.\n",
		       when_date(when_now()).s, when_words(facts.not_after, when_now()).s);
		printf("2. Store both in each board: ca-cert.pem and provision.at of %ld bundle%s hold "
		       "both.\n",
		       seats, seats == 1 ? "" : "s");
		printf("3. When all have it, before %s: doorstep-ca rollover --switch\n",
		       when_date(facts.not_after).s);
	}
out:
	free(names);
	cert_facts_free(&facts);
	text_free(&anchor);
	EVP_PKEY_free(plan.key);
	X509_NAME_free(plan.subject);
	X509_free(old);
	X509_free(next);
	return rc;
}

/* Every step can be done again after a crash: server.next goes last. */
static int finish(const struct options *o, struct store *store, struct fault *fault)
{
	static const char *const issuers[] = {"server.next", "server", "server.previous"};
	X509 *old = NULL, *next = NULL;
	EVP_PKEY *key = NULL;
	struct text anchor = {0};
	bool again;
	long seats = 0;
	int rc;

	if (!store_has(store, "server.next"))
		return refuse(fault,
			      "no rollover is under way in %s; begin one: doorstep-ca rollover",
			      o->class_dir);
	rc = store_load(store, "server", &old, NULL, fault);
	if (!rc)
		rc = store_load(store, "server.next", &next, &key, fault);
	if (rc)
		goto out;
	again = X509_cmp(old, next) == 0;
	rc = prepare_client_ca(store, issuers + again, 2, fault);
	if (!rc && !again)
		rc = keep_copy(store, "server", "server.previous", fault);
	if (!rc)
		rc = store_prepare(store, "server", next, NULL, key, "server", NULL, FILE_REPLACE,
				   fault);
	plan_pem(&anchor, next);
	if (!rc)
		seats = seats_prepare_bundles(store, &anchor, o->tag, fault);
	if (!rc && seats < 0)
		rc = (int)seats;
	if (!rc)
		rc = store_commit(store, fault);
	if (!rc && (unlinkat(store->dir, "certs/server.next.pem", 0) ||
		    unlinkat(store->dir, "keys/server.next.key", 0)))
		rc = refuse(fault, "certs/server.next.pem cannot be taken away");
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
	X509_free(old);
	X509_free(next);
	EVP_PKEY_free(key);
	return rc;
}

int cmd_rollover(const struct options *o, struct fault *fault)
{
	struct store store = STORE_CLOSED;
	int rc;

	if (o->swap && o->arg_count)
		return misuse(fault,
			      "--switch takes no names; they were given when the rollover began");
	rc = store_open(&store, o->class_dir, STORE_WRITE, fault);
	if (!rc)
		rc = o->swap ? finish(o, &store, fault) : begin(o, &store, fault);
	store_close(&store);
	return rc;
}
