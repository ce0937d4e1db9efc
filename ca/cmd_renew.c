/* renew: the same certificate and key with new dates. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bundle.h"
#include "revocation.h"
#include "seats.h"
#include "succession.h"

/* What one renewal is about. */
struct renewal {
	const struct options *o;
	const char *name;
	const char *kind;
	const char *issuer; /* NULL: itself */
	struct store store;
	struct index_book book;
	struct cert_facts facts; /* of the old certificate */
	struct plan plan;
	X509 *old, *cert;
};

/* What another command answers for, or what nobody should have again. */
static int check_name(const struct renewal *r, const struct index_entry *entry, struct fault *fault)
{
	if (!entry)
		return refuse(fault,
			      "there is no certificate named %s; doorstep-ca list shows those that "
			      "are",
			      r->name);
	if (strncmp(r->name, "server.", 7) == 0)
		return refuse(fault, "%s is a rollover's own; doorstep-ca rollover deals with it",
			      r->name);
	if (strcmp(r->name, "server") == 0 && store_has(&r->store, "server.next"))
		return refuse(
			fault,
			"a rollover is under way, and the bundles hold the present certificate: "
			"finish it with doorstep-ca rollover --switch");
	if (strcmp(entry->kind, "exercise") == 0)
		return refuse(
			fault,
			"%s is broken on purpose; doorstep-ca exercises --force makes it anew",
			r->name);
	if (entry->revoked && !r->o->force)
		return refuse(fault,
			      "%s is revoked since %s, and renewing it would let the same key in "
			      "again; make another one, or say --force",
			      r->name, when_date(entry->revoked).s);
	if (strcmp(entry->kind, "web") == 0 && r->o->days > DAYS_WEB)
		return misuse(fault,
			      "--days %ld: browsers refuse web certificates of more than %d days",
			      r->o->days, DAYS_WEB);
	return 0;
}

static int sign(struct renewal *r, struct fault *fault)
{
	const char **names = NULL;
	int rc = 0;

	if (cert_facts_of(&r->facts, r->old))
		return refuse(fault, "out of memory");
	if (!r->issuer && !r->facts.self_issued)
		return refuse(fault, "%s was issued by somebody else (%s); ask them for a new one",
			      r->name, r->facts.issuer);
	rc = plan_like(&r->plan, r->o, &r->facts, r->old, &names, fault);
	if (!rc && r->issuer) {
		rc = store_load(&r->store, r->issuer, &r->plan.issuer, &r->plan.issuer_key, fault);
		if (!rc)
			rc = plan_can_issue(r->plan.issuer, r->plan.issuer_key, r->issuer, fault);
		if (!rc)
			rc = plan_within(&r->plan, r->o, r->plan.issuer, r->issuer, fault);
	}
	if (!rc) {
		r->cert = plan_sign(&r->plan, fault);
		rc = r->cert ? 0 : FAULT_REFUSED;
	}
	free(names);
	return rc;
}

/* Whoever holds the certificate gets the new one: the seat its bundle, or, where it is what boards
 * trust, every seat, and the doors that ask devices for certificates. */
static int update_bundles(struct renewal *r, struct fault *fault)
{
	bool pinned = r->facts.self_issued &&
		      (strcmp(r->name, "server") == 0 || strcmp(r->name, "root") == 0);
	bool seat = strncmp(r->name, "seats/", 6) == 0;
	struct text anchor = {0};
	long seats = 0;
	int rc = 0;

	if (pinned && succession_trusts(&r->store, r->old))
		rc = succession_trust(&r->store, &r->cert, 1, fault);
	if (rc || !file_exists(r->store.dir, SEATS_FILE) || !(pinned || seat))
		return rc;
	rc = bundle_anchor(&r->store, &anchor, fault);
	if (!rc && seat)
		rc = seats_renewed(&r->store, r->name + 6, r->cert, fault);
	if (!rc && seat)
		rc = seats_add_bundles(&r->store, &anchor, r->o->tag, r->name + 6, r->cert, NULL,
				       fault);
	if (!rc && pinned)
		seats = seats_prepare_bundles(&r->store, &anchor, r->o->tag, fault);
	text_free(&anchor);
	return seats < 0 ? (int)seats : rc;
}

static int renew(struct renewal *r, struct fault *fault)
{
	X509 *chain[2];
	char path[400];
	int rc = sign(r, fault);

	chain[0] = r->cert;
	chain[1] = r->plan.issuer;
	snprintf(path, sizeof(path), "%s/certs/%s.pem", r->o->class_dir, r->name);
	if (!rc)
		rc = report_certificate(r->o, path, chain, r->issuer && !r->plan.client ? 2 : 1,
					!r->plan.client, true, fault);
	if (!rc && r->facts.self_issued)
		rc = succession_keep(&r->store, r->name, fault);
	if (!rc)
		rc = store_prepare(&r->store, r->name, r->cert, NULL, NULL, r->kind, r->issuer,
				   FILE_REPLACE, fault);
	if (!rc)
		rc = update_bundles(r, fault);
	if (!rc && r->plan.issues)
		rc = revocation_follow(&r->store, r->name, fault);
	if (!rc)
		rc = store_commit(&r->store, fault);
	if (!rc && r->facts.self_issued)
		printf("The key is the same, the certificate is another: boards whose TLS compares the\n"
		       "whole certificate refuse it until they store it. The old one is kept as\n"
		       "certs/%s.previous.pem, the bundles hold the new one; a day without silence is\n"
		       "what rollover is for.\n",
		       r->name);
	return rc;
}

int cmd_renew(const struct options *given, struct fault *fault)
{
	struct options own = *given;
	struct renewal r = {
		.o = &own, .name = own.args[0], .kind = "server", .store = STORE_CLOSED};
	const struct index_entry *entry = NULL;
	int rc;

	rc = store_open(&r.store, own.class_dir, STORE_CHANGE, fault);
	r.store.flags = own.no_sync ? FILE_NO_SYNC : 0;
	if (!rc)
		rc = seats_tag(&r.store, given, &own.tag, fault);
	if (!rc)
		rc = index_read(&r.book, r.store.dir, fault);
	if (!rc) {
		entry = index_by_name(&r.book, r.name);
		rc = check_name(&r, entry, fault);
	}
	if (!rc) {
		r.kind = entry->kind;
		r.issuer = strcmp(entry->issuer, "-") ? entry->issuer : NULL;
		rc = store_load(&r.store, r.name, &r.old, NULL, fault);
	}
	/* Of what another one signs the public half is enough: the key may be in a modem. */
	if (!rc && r.issuer)
		r.plan.key = X509_get_pubkey(r.old);
	else if (!rc)
		rc = store_load_key(&r.store, r.name, &r.plan.key, fault);
	if (!rc)
		rc = renew(&r, fault);
	cert_facts_free(&r.facts);
	index_free(&r.book);
	X509_free(r.old);
	X509_free(r.cert);
	X509_free(r.plan.issuer);
	EVP_PKEY_free(r.plan.issuer_key);
	EVP_PKEY_free(r.plan.key);
	store_close(&r.store);
	return rc;
}
