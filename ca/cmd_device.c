/* device: client certificates, one or thousands in a call. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "device.h"
#include "key.h"
#include "roster.h"
#include "seats.h"

int device_issuer(const struct store *store, const char *wanted, struct device_issuer *issuer,
		  struct fault *fault)
{
	int rc;

	issuer->name = wanted ? wanted : store_has(store, "root") ? "root" : "server";
	if (!wanted && !store_has(store, issuer->name))
		return refuse(fault,
			      "there is no certificate in %s/certs to issue from; make one first: "
			      "doorstep-ca root, or ca/class for a whole class",
			      store->name);
	rc = store_load(store, issuer->name, &issuer->cert, &issuer->key, fault);
	return rc ? rc : plan_can_issue(issuer->cert, issuer->key, issuer->name, fault);
}

void device_issuer_free(struct device_issuer *issuer)
{
	X509_free(issuer->cert);
	EVP_PKEY_free(issuer->key);
}

int device_plan(struct plan *plan, const struct options *o, const struct device_issuer *issuer,
		struct fault *fault)
{
	int rc = plan_from_options(plan, o, DAYS_CLASS, fault);

	if (!rc)
		rc = plan_within(plan, o, issuer->cert, issuer->name, fault);
	plan->issuer = issuer->cert;
	plan->issuer_key = issuer->key;
	plan->client = true;
	plan->sign = true;
	return rc;
}

int device_begin(const struct options *given, struct options *own, struct store *store,
		 struct device_issuer *issuer, struct plan *plan, struct fault *fault)
{
	int rc = check_out(given, fault);

	*own = *given;
	if (!rc)
		rc = store_open(store, own->class_dir, STORE_CHANGE, fault);
	store->flags = own->no_sync ? FILE_NO_SYNC : 0;
	if (!rc && !own->tag_given)
		rc = seats_tag(store, given, &own->tag, fault);
	if (!rc)
		rc = device_issuer(store, own->issuer, issuer, fault);
	return rc ? rc : device_plan(plan, own, issuer, fault);
}

X509 *device_prepare(struct store *store, const struct options *o, const struct plan *common,
		     const char *issuer, const char *directory, const char *id, const char *kind,
		     int flags, struct fault *fault)
{
	struct plan plan = *common;
	char name[120];
	X509 *cert = NULL;
	bool kept = false;

	snprintf(name, sizeof(name), "%s/%s", directory, id);
	plan.cn = id;
	plan.key = flags & FILE_REPLACE ? key_make(o->curve ? o->curve : "p256", fault)
					: key_from_options(o, store, name, "p256", &kept, fault);
	if (plan.key)
		cert = plan_sign(&plan, fault);
	if (cert && store_prepare(store, name, cert, NULL, kept ? NULL : plan.key, kind, issuer,
				  flags, fault)) {
		X509_free(cert);
		cert = NULL;
	}
	EVP_PKEY_free(plan.key);
	return cert;
}

static int read_roster(const struct options *o, struct roster *roster, struct fault *fault)
{
	struct text file = {0};
	int rc = 0;

	for (int i = 0; !rc && i < o->arg_count; i++)
		rc = roster_add(roster, o->args[i], fault);
	if (!rc && o->pattern)
		rc = roster_add_pattern(roster, o->pattern, fault);
	if (!rc && o->list) {
		rc = file_read(AT_FDCWD, o->list, &file, 16U << 20, fault);
		if (!rc)
			rc = roster_add_lines(roster, &file, fault);
	}
	text_free(&file);
	if (!rc && !roster->count)
		rc = misuse(fault, "no device is named; say ID..., --list FILE or --pattern P:A-B");
	return rc;
}

/*
 * Takes those out of the list that are there, if some of it stand in the book and are not: then a call
 * that was cut short had made the others. How many were taken out. Where nothing was cut short the list
 * stays, and what is there already is refused.
 */
static size_t leave_out_made(const struct store *store, const struct index_book *book,
			     struct roster *roster)
{
	bool *there = calloc(roster->count, sizeof(*there));
	size_t kept = 0, made = 0;
	bool cut_short = false;
	char name[120];

	for (size_t i = 0; there && i < roster->count; i++) {
		snprintf(name, sizeof(name), "devices/%s", roster->ids[i]);
		there[i] = store_has(store, name);
		made += there[i];
	}
	for (size_t i = 0; made && i < roster->count && !cut_short; i++) {
		snprintf(name, sizeof(name), "devices/%s", roster->ids[i]);
		cut_short = !there[i] && index_by_name(book, name);
	}
	if (!cut_short)
		made = 0;
	for (size_t i = 0; made && i < roster->count; i++) {
		if (there[i])
			free(roster->ids[i]);
		else
			roster->ids[kept++] = roster->ids[i];
	}
	roster->count -= made;
	free(there);
	return made;
}

static int device_emit(const struct store *store, const char *id, const struct options *o,
		       struct fault *fault)
{
	struct text both = {0}, one = {0};
	int rc = 0;

	for (int i = 0; !rc && i < 2; i++) {
		char path[120];

		snprintf(path, sizeof(path), i ? "keys/devices/%s.key" : "certs/devices/%s.pem",
			 id);
		rc = file_read(store->dir, path, &one, 1 << 16, fault);
		text_add(&both, one.s, one.len);
	}
	if (!rc && strcmp(o->out, "-") == 0)
		fwrite(both.s, 1, both.len, stdout);
	else if (!rc)
		rc = file_write(AT_FDCWD, o->out, both.s, both.len, FILE_KEY,
				o->force ? FILE_REPLACE : 0, fault);
	key_wipe(&both);
	key_wipe(&one);
	return rc;
}

int cmd_device(const struct options *o, struct fault *fault)
{
	struct options own;
	struct device_issuer issuer = {0};
	struct store store = STORE_CLOSED;
	struct index_book book = {0};
	struct roster roster = {0};
	struct plan plan = {0};
	size_t made = 0;
	X509 *last = NULL;
	char path[400];
	int rc;

	rc = read_roster(o, &roster, fault);
	if (!rc)
		rc = roster_check_twice(&roster, fault);
	if (!rc && roster.count > 1 && (o->key || o->serial || o->out))
		rc = misuse(fault, "--key, --serial and --out are for one device, %zu are named",
			    roster.count);
	if (!rc)
		rc = device_begin(o, &own, &store, &issuer, &plan, fault);
	if (!rc)
		rc = index_read(&book, store.dir, fault);
	if (rc)
		goto out;
	if (!o->force)
		made = leave_out_made(&store, &book, &roster);
	for (size_t i = 0; i < roster.count; i++) {
		X509_free(last);
		last = device_prepare(&store, o, &plan, issuer.name, "devices", roster.ids[i],
				      "device", o->force ? FILE_REPLACE : 0, fault);
		rc = last ? 0 : FAULT_REFUSED;
		if (rc)
			goto out;
	}
	snprintf(path, sizeof(path), "%s/certs/devices/%s.pem", o->class_dir,
		 roster.ids[roster.count - 1]);
	rc = report_certificate(&own, path, &last, 1, false, true, fault);
	if (!rc)
		rc = store_commit(&store, fault);
	if (!rc && roster.count > 1)
		printf("%zu devices, each with a key of its own in %s/keys/devices; the above is the "
		       "last\n",
		       roster.count, o->class_dir);
	if (!rc && made)
		fprintf(words(o),
			"%zu were there already, from a call that was cut short, and stay as they are\n",
			made);
	if (!rc && o->out)
		rc = device_emit(&store, roster.ids[0], o, fault);
out:
	X509_free(last);
	device_issuer_free(&issuer);
	index_free(&book);
	roster_free(&roster);
	store_close(&store);
	return rc;
}
