/* handout: a card a seat, to be printed and cut. It holds nothing that is secret. */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>
#include "bundle.h"
#include "handout.h"
#include "seats.h"

static cJSON *read_json(const struct store *store, const char *name, struct fault *fault)
{
	struct text file = {0};
	cJSON *json = NULL;

	if (!file_read(store->dir, name, &file, 64U << 20, fault)) {
		json = cJSON_ParseWithLength(file.s, file.len);
		if (!json)
			refuse(fault, "%s/%s is no JSON", store->name, name);
	}
	text_free(&file);
	return json;
}

/* The port of the Academy's door in class.json, or 8883. */
static long class_port(const struct store *store)
{
	struct fault none = {.text = ""};
	cJSON *json, *listener, *profile, *port;
	long found = 8883;

	if (!file_exists(store->dir, "class.json"))
		return found;
	json = read_json(store, "class.json", &none);
	cJSON_ArrayForEach(listener, cJSON_GetObjectItemCaseSensitive(json, "listeners"))
	{
		profile = cJSON_GetObjectItemCaseSensitive(listener, "profile");
		port = cJSON_GetObjectItemCaseSensitive(listener, "port");
		if (cJSON_IsString(profile) && strcmp(profile->valuestring, "academy") == 0 &&
		    cJSON_IsNumber(port) && port->valueint > 0) {
			found = port->valueint;
			break;
		}
	}
	cJSON_Delete(json);
	return found;
}

static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int make(const struct options *o, struct store *store, const cJSON *roster,
		const struct material *material, struct fault *fault)
{
	struct handout h = {.domain = text_of(roster, "domain"),
			    .port = o->port > 0 ? o->port : class_port(store),
			    .url = o->url,
			    .material = material};
	struct text out = {0}, before = {0};
	struct fault none = {.text = ""};
	const cJSON *seat, *ids;
	int cards = 0, rc = 0;

	if (!h.domain)
		return refuse(fault, "%s/seats.json names no domain; restore it", o->class_dir);
	handout_begin(&out, &h);
	cJSON_ArrayForEach(seat, cJSON_GetObjectItemCaseSensitive(roster, "seats"))
	{
		const char *label = text_of(seat, "label"), *host = text_of(seat, "host");

		ids = cJSON_GetObjectItemCaseSensitive(seat, "client_ids");
		if (!label || !host)
			continue;
		ids = cJSON_GetArrayItem(ids, 0);
		handout_card(&out, &h, label, host,
			     cJSON_IsString(ids) ? ids->valuestring : "nrf-<IMEI>");
		cards++;
	}
	handout_end(&out);
	/* Unchanged is not written again. */
	if (file_exists(store->dir, "exports/handout.html"))
		file_read(store->dir, "exports/handout.html", &before, 256U << 20, &none);
	if (out.broken)
		rc = refuse(fault, "out of memory");
	else if (!before.s || before.len != out.len || memcmp(before.s, out.s, out.len))
		rc = store_prepare_file(store, "exports/handout.html", &out, FILE_PUBLIC,
					FILE_REPLACE, fault);
	if (!rc)
		rc = store_commit(store, fault);
	if (!rc)
		printf("%s/exports/handout.html: %d cards\n", o->class_dir, cards);
	text_free(&out);
	text_free(&before);
	return rc;
}

int cmd_handout(const struct options *o, struct fault *fault)
{
	struct store store = STORE_CLOSED;
	struct material material = {0};
	cJSON *roster = NULL;
	int rc;

	if (o->url && strncmp(o->url, "http://", 7) && strncmp(o->url, "https://", 8))
		return misuse(fault, "--url %s: expected http:// or https://", o->url);
	rc = store_open(&store, o->class_dir, STORE_CHANGE, fault);
	if (!rc)
		rc = seats_tag(&store, o, &material.tag, fault);
	if (!rc)
		rc = bundle_anchor(&store, &material.ca, fault);
	if (!rc) {
		roster = read_json(&store, SEATS_FILE, fault);
		rc = roster ? make(o, &store, roster, &material, fault) : FAULT_REFUSED;
	}
	cJSON_Delete(roster);
	text_free(&material.ca);
	store_close(&store);
	return rc;
}
