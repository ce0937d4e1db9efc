#include "redact.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define IMEI_DIGITS 14 /* 15, or 14 where the check digit is left out */
#define IMEI_SHOWN  3

unsigned redact_flag(const char *word)
{
	if (strcmp(word, "imei") == 0)
		return REDACT_IMEI;
	if (strcmp(word, "address") == 0)
		return REDACT_ADDRESS;
	return 0;
}

static size_t digits_at(const char *s)
{
	return strspn(s, "0123456789");
}

/* Digits that start here, perhaps in groups as on a label (35-265610-123456-7): their length with
 * what stands between them; *digits is how many they are. */
static size_t groups_at(const char *s, size_t *digits)
{
	size_t len = 0;

	*digits = 0;
	for (;;) {
		size_t n = digits_at(s + len);

		*digits += n;
		len += n;
		if (!n || !s[len] || !strchr("-./_ ", s[len]) ||
		    !isdigit((unsigned char)s[len + 1]))
			return len;
		len++;
	}
}

/* Masks all of these digits but the last. */
static void mask_digits(struct text *out, const char *s, size_t len, size_t digits)
{
	for (size_t i = 0; i < len; i++) {
		bool hide = isdigit((unsigned char)s[i]) && digits-- > IMEI_SHOWN;

		text_add(out, hide ? "*" : s + i, 1);
	}
}

/* An IPv4 address that starts here: its length, else 0; *keep is that of its first two numbers. */
static size_t v4_at(const char *s, size_t *keep)
{
	char copy[16];
	struct in_addr a;
	size_t len = strspn(s, "0123456789.");
	const char *dot;

	while (len && s[len - 1] == '.')
		len--;
	if (len < 7 || len >= sizeof(copy))
		return 0;
	memcpy(copy, s, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, &a) != 1)
		return 0;
	dot = strchr(strchr(s, '.') + 1, '.');
	*keep = (size_t)(dot - s);
	return len;
}

/* An IPv6 address that starts here: its length, else 0; *keep is that of its first two groups. */
static size_t v6_at(const char *s, size_t *keep)
{
	char copy[64];
	struct in6_addr a;
	size_t len = strspn(s, "0123456789abcdefABCDEF:.");
	const char *colon = memchr(s, ':', len);

	while (len && (s[len - 1] == '.' || (s[len - 1] == ':' && (len < 2 || s[len - 2] != ':'))))
		len--;
	if (!colon || len < 2 || len >= sizeof(copy))
		return 0;
	memcpy(copy, s, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, &a) != 1)
		return 0;
	colon = strchr(colon + 1, ':');
	*keep = colon && colon < s + len ? (size_t)(colon - s) : 0;
	while (*keep && s[*keep - 1] == ':')
		(*keep)--;
	return len;
}

void redact_text(struct text *out, const char *s, unsigned flags)
{
	char before = '\0'; /* an address may stand right behind a word, but not within a number */

	while (*s) {
		size_t keep = 0, len = 0, digits, grouped = groups_at(s, &digits);

		if (flags & REDACT_ADDRESS && !isdigit((unsigned char)before))
			len = v4_at(s, &keep);
		if (len) {
			text_add(out, s, keep);
			text_puts(out, ".x.x");
		} else if (flags & REDACT_ADDRESS && !isxdigit((unsigned char)before) &&
			   before != ':' && (len = v6_at(s, &keep)) != 0) {
			text_add(out, s, keep);
			text_puts(out, "::x");
		}
		if (!len && flags & REDACT_IMEI && digits >= IMEI_DIGITS) {
			mask_digits(out, s, grouped, digits);
			len = grouped;
		}
		if (!len) {
			len = digits ? digits_at(s) : 1;
			text_add(out, s, len);
		}
		before = s[len - 1];
		s += len;
	}
}

/* What a mask would only spoil: our own names for things, and digests. */
static bool is_ours(const char *name)
{
	static const char *const ours[] = {"id",     "run",    "t",	  "sha256", "kind",
					   "policy", "reason", "verdict", NULL};

	for (const char *const *o = ours; *o; o++)
		if (strcmp(name, *o) == 0)
			return true;
	return false;
}

/* What can carry anything in a spelling that is not text. */
static bool is_raw(const char *name)
{
	return strcmp(name, "first_bytes") == 0 || strcmp(name, "log") == 0;
}

void redact_json(cJSON *json, unsigned flags)
{
	cJSON *next;

	if (!flags || !json)
		return;
	for (cJSON *item = json->child; item; item = next) {
		struct text t = {0};

		next = item->next;
		if (item->string && is_raw(item->string)) {
			cJSON_Delete(cJSON_DetachItemViaPointer(json, item));
			continue;
		}
		if (!cJSON_IsString(item)) {
			redact_json(item, flags);
			continue;
		}
		if (item->string && is_ours(item->string))
			continue;
		redact_text(&t, item->valuestring, flags);
		cJSON_SetValuestring(item, t.s ? t.s : "");
		text_free(&t);
	}
}
