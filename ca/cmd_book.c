/* list and expiring: what the book holds. */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include "store.h"

static const char *state_of(const struct index_entry *e, int64_t now)
{
	if (e->revoked)
		return "revoked";
	if (e->replaced)
		return "replaced";
	return e->not_after <= now ? "expired" : "valid";
}

static bool wanted(const struct options *o, const char *name)
{
	for (int i = 0; i < o->arg_count; i++)
		if (strcmp(o->args[i], name) == 0)
			return true;
	return o->arg_count == 0;
}

static void json_entry(struct text *out, const struct index_entry *e, const char *state)
{
	text_puts(out, "{\"name\":");
	text_json(out, e->name, strlen(e->name), 4096);
	text_printf(out, ",\"kind\":\"%s\",\"state\":\"%s\",\"serial\":\"%s\",\"issuer\":", e->kind,
		    state, e->serial);
	text_json(out, e->issuer, strlen(e->issuer), 4096);
	text_printf(out, ",\"issued\":\"%s\"", when_iso(e->issued).s);
	text_printf(out, ",\"not_after\":\"%s\"", when_iso(e->not_after).s);
	if (e->revoked) {
		text_printf(out, ",\"revoked\":\"%s\",\"reason\":", when_iso(e->revoked).s);
		text_json(out, e->reason, strlen(e->reason), 64);
	}
	text_puts(out, ",\"subject\":");
	text_json(out, e->subject, strlen(e->subject), 4096);
	text_printf(out, ",\"sha256\":\"%s\"}", e->sha256);
}

/* Whether each name that was asked for is in the book. */
static int check_names(const struct options *o, const struct index_book *book, struct fault *fault)
{
	for (int i = 0; i < o->arg_count; i++)
		if (!index_by_name(book, o->args[i]))
			return refuse(fault,
				      "there is no certificate %s in %s/%s; doorstep-ca list "
				      "shows those that are",
				      o->args[i], o->class_dir, INDEX_FILE);
	return 0;
}

static int open_book(const struct options *o, struct store *store, struct index_book *book,
		     struct fault *fault)
{
	int rc = store_open(store, o->class_dir, STORE_READ, fault);

	if (!rc)
		rc = index_read(book, store->dir, fault);
	return rc ? rc : check_names(o, book, fault);
}

int cmd_list(const struct options *o, struct fault *fault)
{
	struct store store = STORE_CLOSED;
	struct index_book book = {0};
	struct text out = {0};
	int64_t now = when_now();
	bool first = true;
	int rc = open_book(o, &store, &book, fault);

	for (size_t i = 0; !rc && i < book.count; i++) {
		const struct index_entry *e = &book.entries[i];

		if (!wanted(o, e->name))
			continue;
		if (o->json) {
			text_puts(&out, first ? "[\n" : ",\n");
			json_entry(&out, e, state_of(e, now));
		} else {
			text_printf(&out, "%-8s  %-8s  %-28s  %s  %s\n", state_of(e, now), e->kind,
				    e->name, when_date(e->not_after).s, e->serial);
		}
		first = false;
	}
	if (!rc && o->json)
		text_puts(&out, first ? "[]\n" : "\n]\n");
	if (!rc && out.broken)
		rc = refuse(fault, "out of memory");
	if (!rc && out.s)
		fputs(out.s, stdout);
	text_free(&out);
	index_free(&book);
	store_close(&store);
	return rc;
}

int cmd_expiring(const struct options *o, struct fault *fault)
{
	long days = o->days > 0 ? o->days : 30;
	struct store store = STORE_CLOSED;
	struct index_book book = {0};
	int64_t now = when_now();
	size_t found = 0;
	int rc = open_book(o, &store, &book, fault);

	for (size_t i = 0; !rc && i < book.count; i++) {
		const struct index_entry *e = &book.entries[i];

		/* The broken doors are meant to be broken. */
		if (e->revoked || e->replaced || !wanted(o, e->name) ||
		    strcmp(e->kind, "exercise") == 0 || e->not_after > now + days * WHEN_DAY)
			continue;
		printf("%s: %s %s\n", e->name, e->not_after <= now ? "EXPIRED" : "valid until",
		       when_words(e->not_after, now).s);
		found++;
	}
	index_free(&book);
	store_close(&store);
	if (!rc && found)
		rc = refuse(fault,
			    "%zu certificate%s end%s within %ld days; doorstep-ca renew NAME, or "
			    "rollover for the one that boards have pinned",
			    found, found == 1 ? "" : "s", found == 1 ? "s" : "", days);
	return rc;
}
