#include "redact.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS, IMEI };

/* The number of a value, from 1; the same value has the same number. 0: no memory. */
static size_t number_of(struct redact *r, int kind, const char *s, size_t len)
{
	char **more;

	for (size_t i = 0; i < r->known[kind].n; i++)
		if (strlen(r->known[kind].names[i]) == len &&
		    strncmp(r->known[kind].names[i], s, len) == 0)
			return i + 1;
	more = realloc(r->known[kind].names, (r->known[kind].n + 1) * sizeof(*more));
	if (!more)
		return 0;
	r->known[kind].names = more;
	more[r->known[kind].n] = strndup(s, len);
	if (!more[r->known[kind].n])
		return 0;
	return ++r->known[kind].n;
}

static bool is_address(int family, const char *s, size_t len)
{
	char text[64];
	unsigned char bytes[16];

	if (len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return inet_pton(family, text, bytes) == 1;
}

/* The length of an address that begins here, 0 if none does. A run of hex, colons and dots is taken
 * whole, or without the ":port" at its end. */
static size_t address_at(const char *s)
{
	size_t n = strspn(s, "0123456789."), six = strspn(s, "0123456789abcdefABCDEF:.");

	while (n && s[n - 1] == '.')
		n--;
	if (n >= 7 && is_address(AF_INET, s, n))
		return n;
	while (six > 2 && s[six - 1] == ':' && s[six - 2] != ':')
		six--;
	if (six >= 2 && memchr(s, ':', six) && is_address(AF_INET6, s, six))
		return six;
	return 0;
}

void redact_string(struct redact *r, struct text *out, const char *s)
{
	bool inside = false; /* within a word or number: nothing begins here */

	while (*s) {
		size_t digits = strspn(s, "0123456789");
		size_t address = inside ? 0 : address_at(s);

		if (address) {
			text_printf(out, "address-%zu", number_of(r, ADDRESS, s, address));
			s += address;
			inside = true;
			continue;
		}
		if (digits) {
			bool whole = digits == 15;

			if (whole)
				text_printf(out, "imei-%zu", number_of(r, IMEI, s, digits));
			else
				text_add(out, s, digits);
			s += digits;
			inside = true;
			continue;
		}
		inside = isalnum((unsigned char)*s) || *s == '.';
		text_add(out, s++, 1);
	}
}

/* Whole values that say who it is, by the name of their member. */
static const struct {
	const char *key, *instead;
} whole[] = {
	{"broker", "broker"},
	{"sha256", "0000000000000000000000000000000000000000000000000000000000000000"},
};

static bool redact_value(struct redact *r, cJSON *item)
{
	struct text out = {0};
	bool ok;

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (item->string && strcmp(item->string, whole[i].key) == 0)
			text_puts(&out, whole[i].instead);
	if (!out.len)
		redact_string(r, &out, item->valuestring);
	ok = !out.broken && (!out.len || cJSON_SetValuestring(item, out.s));
	text_free(&out);
	return ok;
}

/* Members that cannot hold either and must stay as they are. */
static bool is_plain(const cJSON *item)
{
	static const char *const keys[] = {"t",		"id",	      "run",	"first",
					   "last",	"since",      "policy", "not_before",
					   "not_after", "first_bytes"};

	for (size_t i = 0; item->string && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(item->string, keys[i]) == 0)
			return true;
	return false;
}

bool redact_line(struct redact *r, cJSON *json)
{
	cJSON *item;

	cJSON_ArrayForEach(item, json)
	{
		if (cJSON_IsString(item) && !is_plain(item) && !redact_value(r, item))
			return false;
		if (item->child && !redact_line(r, item))
			return false;
	}
	return true;
}

void redact_free(struct redact *r)
{
	for (int kind = 0; kind < 2; kind++) {
		for (size_t i = 0; i < r->known[kind].n; i++)
			free(r->known[kind].names[i]);
		free(r->known[kind].names);
	}
	*r = (struct redact){0};
}
