#include "seats.h"

#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "bundle.h"
#include "cert.h"
#include "key.h"
#include "plan.h"

int seats_tag(const struct store *store, const struct options *o, long *tag, struct fault *fault)
{
	struct text file = {0};
	cJSON *roster = NULL;
	const cJSON *has;
	int rc = 0;

	*tag = o->tag;
	if (!file_exists(store->dir, SEATS_FILE))
		return 0;
	rc = file_read(store->dir, SEATS_FILE, &file, SEATS_MAX, fault);
	if (!rc)
		roster = cJSON_ParseWithLength(file.s, file.len);
	has = cJSON_GetObjectItemCaseSensitive(roster, "tag");
	if (cJSON_IsNumber(has))
		*tag = (long)has->valuedouble;
	if (!rc && o->tag_given && *tag != o->tag)
		rc = misuse(
			fault,
			"--tag %ld: the boards of the class in %s have tag %ld; for another one "
			"use doorstep-ca export --tag %ld DIR",
			o->tag, store->name, *tag, o->tag);
	cJSON_Delete(roster);
	text_free(&file);
	return rc;
}

int seats_write(struct store *store, const cJSON *roster, struct fault *fault)
{
	const cJSON *seats = cJSON_GetObjectItemCaseSensitive(roster, "seats"), *item, *seat;
	struct text out = {0};
	const char *before = "\n";
	char *s;
	int rc;

	text_puts(&out, "{");
	cJSON_ArrayForEach(item, roster)
	{
		if (item == seats)
			continue;
		s = cJSON_PrintUnformatted(item);
		text_printf(&out, "\"%s\":%s,", item->string, s ? s : "null");
		cJSON_free(s);
	}
	text_puts(&out, "\"seats\":[");
	cJSON_ArrayForEach(seat, seats)
	{
		s = cJSON_PrintUnformatted(seat);
		text_puts(&out, before);
		if (s)
			text_puts(&out, s);
		else
			out.broken = true;
		cJSON_free(s);
		before = ",\n";
	}
	text_puts(&out, "\n]}\n");
	rc = out.broken ? refuse(fault, "out of memory")
			: store_prepare_file(store, SEATS_FILE, &out, FILE_PUBLIC, FILE_REPLACE,
					     fault);
	text_free(&out);
	return rc;
}

int seats_renewed(struct store *store, const char *label, X509 *cert, struct fault *fault)
{
	struct text file = {0};
	struct cert_facts facts;
	cJSON *roster = NULL, *seat, *found = NULL;
	char sum[65];
	int rc = file_read(store->dir, SEATS_FILE, &file, SEATS_MAX, fault);

	if (!rc)
		roster = cJSON_ParseWithLength(file.s, file.len);
	cJSON_ArrayForEach(seat, cJSON_GetObjectItemCaseSensitive(roster, "seats"))
	{
		const char *has =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(seat, "label"));

		if (has && strcmp(has, label) == 0)
			found = seat;
	}
	if (!rc && cert_facts_of(&facts, cert))
		rc = refuse(fault, "out of memory");
	if (!rc) {
		cert_hex(sum, facts.sha256, 32);
		if (found)
			cJSON_ReplaceItemInObjectCaseSensitive(found, "cert_sha256",
							       cJSON_CreateString(sum));
		cert_facts_free(&facts);
		rc = found ? seats_write(store, roster, fault) : 0;
	}
	cJSON_Delete(roster);
	text_free(&file);
	return rc;
}

/* The key of a seat: in this batch, or in its file already. */
static int seat_key(struct store *store, const char *label, struct text *pem, struct fault *fault)
{
	char path[120];

	snprintf(path, sizeof(path), "keys/seats/%s.key", label);
	if (!store_prepared(store, path, pem))
		return 0;
	return file_read(store->dir, path, pem, 1 << 16, fault);
}

int seats_add_bundles(struct store *store, const struct text *anchor, long tag, const char *label,
		      X509 *cert, const char *password, struct fault *fault)
{
	struct material public = {.ca = *anchor, .tag = tag};
	struct material all = {.ca = *anchor, .tag = tag, .client_id = label};
	struct forms forms = {0};
	struct text word = {0};
	char path[200];
	int rc;

	snprintf(path, sizeof(path), "exports/public/%s", label);
	rc = forms_make(&forms, &public, fault);
	if (!rc)
		rc = bundle_prepare_forms(store, path, &forms, false, FILE_REPLACE, fault);
	forms_free(&forms);
	if (rc)
		return rc;

	plan_pem(&all.cert, cert);
	snprintf(path, sizeof(path), "exports/private/%s", label);
	rc = seat_key(store, label, &all.key, fault);
	if (!rc)
		rc = forms_make(&forms, &all, fault);
	if (!rc)
		rc = bundle_prepare_forms(store, path, &forms, true, FILE_REPLACE, fault);
	if (!rc && password) {
		text_printf(&word, "%s\n", password);
		snprintf(path, sizeof(path), "exports/private/%s/password.txt", label);
		rc = store_prepare_file(store, path, &word, FILE_KEY, FILE_REPLACE, fault);
	}
	forms_free(&forms);
	key_wipe(&word);
	key_wipe(&all.key);
	text_free(&all.cert);
	return rc;
}

long seats_prepare_bundles(struct store *store, const struct text *anchor, long tag,
			   struct fault *fault)
{
	struct text file = {0};
	cJSON *roster = NULL, *seats, *seat;
	long count = 0;
	int rc;

	if (!file_exists(store->dir, SEATS_FILE))
		return 0;
	rc = file_read(store->dir, SEATS_FILE, &file, SEATS_MAX, fault);
	if (!rc)
		roster = cJSON_ParseWithLength(file.s, file.len);
	seats = cJSON_GetObjectItemCaseSensitive(roster, "seats");
	cJSON_ArrayForEach(seat, seats)
	{
		cJSON *label = cJSON_GetObjectItemCaseSensitive(seat, "label");
		X509 *cert = NULL;
		char name[120];

		if (rc || !cJSON_IsString(label))
			continue;
		snprintf(name, sizeof(name), "seats/%s", label->valuestring);
		rc = store_load(store, name, &cert, NULL, fault);
		if (!rc)
			rc = seats_add_bundles(store, anchor, tag, label->valuestring, cert, NULL,
					       fault);
		X509_free(cert);
		count++;
	}
	cJSON_Delete(roster);
	text_free(&file);
	return rc ? rc : count;
}
