/* revoke and crl: the class's book says who is revoked, and certs/crl.pem follows it. */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include "revocation.h"
#include "store.h"

static int mark(struct store *store, struct index_book *book, const char *what, const char *reason,
		struct fault *fault)
{
	const struct index_entry *found = index_by_name(book, what);
	struct index_entry *e;

	if (!found)
		found = index_by_serial(book, what);
	if (!found)
		return refuse(
			fault,
			"there is no certificate named or numbered %s; doorstep-ca list shows "
			"those that are",
			what);
	e = &book->entries[found - book->entries];
	if (e->revoked && revocation_listed(store, e->serial))
		return refuse(fault, "%s is revoked since %s already", e->name,
			      when_date(e->revoked).s);
	if (strcmp(e->issuer, "-") == 0)
		return refuse(
			fault,
			"%s is its own issuer and cannot be revoked; boards that have it trust "
			"it until they store another: doorstep-ca rollover",
			e->name);
	if (revocation_possible(store, e, fault))
		return FAULT_REFUSED;
	/* A call that was cut short wrote the book and no list: this one makes it good. */
	if (e->revoked)
		return 0;
	e->revoked = when_now();
	e->reason = reason;
	index_add_revoked(&store->lines, e->serial, reason, e->revoked);
	return 0;
}

int cmd_revoke(const struct options *o, struct fault *fault)
{
	const char *reason = o->reason ? o->reason : "unspecified";
	struct store store = STORE_CLOSED;
	struct index_book book = {0};
	size_t lists;
	int rc;

	if (revocation_reason(reason) < 0)
		return misuse(fault,
			      "--reason %s: expected unspecified, keyCompromise, superseded or "
			      "cessationOfOperation",
			      reason);
	rc = store_open(&store, o->class_dir, STORE_CHANGE, fault);
	if (!rc)
		rc = index_read(&book, store.dir, fault);
	for (int i = 0; !rc && i < o->arg_count; i++)
		rc = mark(&store, &book, o->args[i], reason, fault);
	if (!rc)
		rc = revocation_prepare(&store, &book, NULL, &lists, fault);
	if (!rc)
		rc = store_commit(&store, fault);
	if (!rc)
		printf("%d revoked; %s/certs/crl.pem is new: let the broker read it (broker/up, or "
		       "SIGHUP)\n",
		       o->arg_count, o->class_dir);
	index_free(&book);
	store_close(&store);
	return rc;
}

int cmd_crl(const struct options *o, struct fault *fault)
{
	struct store store = STORE_CLOSED;
	struct index_book book = {0};
	size_t lists = 0;
	int rc;

	rc = store_open(&store, o->class_dir, STORE_CHANGE, fault);
	if (!rc)
		rc = index_read(&book, store.dir, fault);
	if (!rc)
		rc = revocation_prepare(&store, &book, NULL, &lists, fault);
	if (!rc)
		rc = store_commit(&store, fault);
	if (!rc)
		printf("%s/certs/crl.pem: %zu list%s\n", o->class_dir, lists,
		       lists == 1 ? "" : "s");
	index_free(&book);
	store_close(&store);
	return rc;
}
