#include "seats.h"

#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "bundle.h"
#include "key.h"
#include "plan.h"

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

	if (!file_exists(store->dir, "seats.json"))
		return 0;
	rc = file_read(store->dir, "seats.json", &file, 64U << 20, fault);
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
