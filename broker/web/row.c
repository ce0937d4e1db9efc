#include "row.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "redact.h"

cJSON *row_line(const struct record *r, unsigned redact)
{
	cJSON *json = cJSON_ParseWithLength(r->line, r->len);

	redact_json(json, redact);
	return json;
}

static const cJSON *at(const cJSON *json, const char *a, const char *b)
{
	json = cJSON_GetObjectItemCaseSensitive(json, a);
	return b ? cJSON_GetObjectItemCaseSensitive(json, b) : json;
}

void row_json(const cJSON *line, int64_t n, struct text *out)
{
	static const struct {
		const char *name, *a, *b;
	} strings[] = {
		{"kind", "kind", NULL},
		{"id", "id", NULL},
		{"t", "t", NULL},
		{"seat", "seat", NULL},
		{"seat_from", "seat_from", NULL},
		{"listener", "listener", NULL},
		{"peer", "peer", NULL},
		{"stage", "stage", NULL},
		{"verdict", "verdict", NULL},
		{"reason", "reason", NULL},
		{"by", "by", NULL},
		{"says", "says", NULL},
		{"exercise", "exercise", NULL},
		{"client_id", "mqtt", "client_id"},
		{"user", "mqtt", "user"},
		{"sni", "tls", "sni"},
		{"topic", "topic", NULL},
		{"first", "first", NULL},
		{"last", "last", NULL},
		{"since", "since", NULL},
		{"broker", "broker", NULL},
		{"run", "run", NULL},
		{"client_id", "client_id", NULL},
	};
	static const char *const numbers[] = {"ms", "count", "seq"};
	static const char *const lists[] = {"marks", "keylog"};

	text_printf(out, "{\"n\":%lld", (long long)n);
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		const char *s = cJSON_GetStringValue(at(line, strings[i].a, strings[i].b));

		if (s)
			text_field(out, strings[i].name, s);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const cJSON *v = at(line, numbers[i], NULL);

		if (cJSON_IsNumber(v))
			text_printf(out, ",\"%s\":%.15g", numbers[i], v->valuedouble);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		const cJSON *item, *list = at(line, lists[i], NULL);
		bool first = true;

		if (!cJSON_IsArray(list))
			continue;
		text_printf(out, ",\"%s\":[", lists[i]);
		cJSON_ArrayForEach(item, list)
		{
			if (!cJSON_IsString(item))
				continue;
			text_puts(out, first ? "" : ",");
			text_json(out, item->valuestring, strlen(item->valuestring), 0);
			first = false;
		}
		text_puts(out, "]");
	}
	text_puts(out, "}");
}

/* A name for a stranger that is the same for one life of this program and leads nowhere. */
static void pseudonym(const char *key, char out[20])
{
	static unsigned char salt[16]; /* drawn once */
	static bool drawn;
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;

	if (!drawn)
		drawn = RAND_bytes(salt, sizeof(salt)) == 1;
	memset(digest, 0, sizeof(digest));
	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, salt, sizeof(salt)) == 1 &&
	    EVP_DigestUpdate(ctx, key, strlen(key)) == 1)
		EVP_DigestFinal_ex(ctx, digest, &len);
	EVP_MD_CTX_free(ctx);
	snprintf(out, 20, "x:%02x%02x%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3],
		 digest[4], digest[5]);
}

void tile_json(const struct tile *t, unsigned redact, bool brief, struct text *out)
{
	bool seat = t->key[0] == 's';
	struct text name = {0};
	char hidden[20];

	text_puts(out, "{\"key\":");
	if (redact && !seat) {
		pseudonym(t->key, hidden);
		text_json(out, hidden, strlen(hidden), 0);
	} else {
		text_json(out, t->key, strlen(t->key), 0);
	}
	redact_text(&name, t->name, seat ? 0 : redact);
	text_field(out, "label", name.s ? name.s : "");
	text_printf(out, ",\"state\":\"%s\",\"expected\":%s,\"accepted\":%llu,\"rejected\":%llu",
		    tile_state_name(t->state), t->expected ? "true" : "false",
		    (unsigned long long)t->accepted, (unsigned long long)t->rejected);
	text_printf(out, ",\"denied\":%llu", (unsigned long long)t->denied);
	if (t->t)
		text_printf(out, ",\"t\":%lld", (long long)t->t);
	if (t->good_t)
		text_printf(out, ",\"good_t\":%lld", (long long)t->good_t);
	if (*t->reason)
		text_field(out, "reason", t->reason);
	if (*t->role)
		text_field(out, "role", t->role);
	if (!brief) {
		const char *const names[] = {"host", "client_ids", "client_id", "address"};
		const char *const values[] = {t->host, t->client_ids, t->client_id, t->address};

		if (*t->id)
			text_field(out, "id", t->id);
		for (int i = 0; i < 4; i++) {
			if (!*values[i])
				continue;
			text_reset(&name);
			redact_text(&name, values[i], redact);
			text_field(out, names[i], name.s ? name.s : "");
		}
	}
	text_puts(out, "}");
	text_free(&name);
}
