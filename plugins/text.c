#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_room(struct text *t, size_t more)
{
	size_t need, cap;
	char *s;

	if (t->broken)
		return false;
	if (more > SIZE_MAX / 4 || t->len > SIZE_MAX / 4)
		goto broken;
	need = t->len + more + 1;
	if (t->max && need > t->max)
		goto broken;
	if (need <= t->cap)
		return true;
	cap = t->cap ? t->cap : 256;
	while (cap < need)
		cap *= 2;
	if (t->max && cap > t->max)
		cap = t->max;
	s = realloc(t->s, cap);
	if (!s)
		goto broken;
	t->s = s;
	t->cap = cap;
	return true;
broken:
	t->broken = true;
	return false;
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	size_t room;
	int n;

	if (!text_room(t, 0))
		return;
	room = t->cap - t->len;
	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || ((size_t)n >= room && !text_room(t, (size_t)n))) {
		t->broken = true;
		t->s[t->len] = '\0';
		return;
	}
	if ((size_t)n >= room) {
		va_start(ap, fmt);
		vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	t->len += (size_t)n;
}

void text_number(struct text *t, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	text_add(t, digits + at, sizeof(digits) - at);
}

/* The last digits of n, as many as there is room for, with zeros in front. */
static void digits_of(char *out, size_t len, uint64_t n)
{
	while (len--) {
		out[len] = (char)('0' + n % 10);
		n /= 10;
	}
}

void text_ms(struct text *t, int64_t us)
{
	uint64_t n = us < 0 ? 0 : (uint64_t)us;
	char rest[] = ".000";

	digits_of(rest + 1, 3, n % 1000);
	text_number(t, n / 1000);
	text_add(t, rest, sizeof(rest) - 1);
}

#define DAY	  86400
#define ERA_DAYS  146097	   /* in 400 years */
#define FIRST_DAY INT64_C(-719528) /* 1 January of the year 0, in days from 1970 */
#define LAST_DAY  INT64_C(2932896) /* 31 December 9999 */

void text_time(struct text *t, int64_t us)
{
	char out[] = "1970-01-01T00:00:00.000Z";
	int64_t s = us / 1000000 - (us % 1000000 < 0), day = s / DAY - (s % DAY < 0);
	uint64_t clock = (uint64_t)(s - day * DAY);

	if (day >= FIRST_DAY && day <= LAST_DAY) {
		/* years begin in March, that of -400 first: so a leap day is the last of its year */
		uint64_t n = (uint64_t)(day - FIRST_DAY) + ERA_DAYS - 60, of_era = n % ERA_DAYS;
		uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
		uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
		uint64_t month = (5 * of_year + 2) / 153;

		digits_of(out, 4, n / ERA_DAYS * 400 + year + (month >= 10) - 400);
		digits_of(out + 5, 2, month < 10 ? month + 3 : month - 9);
		digits_of(out + 8, 2, of_year - (153 * month + 2) / 5 + 1);
		digits_of(out + 11, 2, clock / 3600);
		digits_of(out + 14, 2, clock / 60 % 60);
		digits_of(out + 17, 2, clock % 60);
		digits_of(out + 20, 3, (uint64_t)(us - s * 1000000) / 1000);
	}
	text_add(t, out, sizeof(out) - 1);
}

void text_hex(struct text *t, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (!text_room(t, len * 2))
		return;
	for (size_t i = 0; i < len; i++) {
		t->s[t->len++] = digits[bytes[i] >> 4];
		t->s[t->len++] = digits[bytes[i] & 15];
	}
	t->s[t->len] = '\0';
}

size_t text_unhex(const char *s, size_t len, uint8_t *out, size_t cap)
{
	/* one more than the digit's value; 0: no digit */
	static const uint8_t digits[UCHAR_MAX + 1] = {
		['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
		['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
		['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
		['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
	};

	if (len % 2 || len / 2 > cap)
		return 0;
	for (size_t i = 0; i < len; i += 2) {
		unsigned high = digits[(unsigned char)s[i]], low = digits[(unsigned char)s[i + 1]];

		if (!high || !low)
			return 0;
		out[i / 2] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return len / 2;
}

size_t text_utf8(const unsigned char *s, size_t len, uint32_t *cp)
{
	size_t n;
	uint32_t c, low;

	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		n = 2;
		c = s[0] & 0x1fU;
		low = 0x80;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		n = 3;
		c = s[0] & 0x0fU;
		low = 0x800;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		n = 4;
		c = s[0] & 0x07U;
		low = 0x10000;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < low || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*cp = c;
	return n;
}

/* Characters that draw nothing, move the cursor or turn the reading direction. */
static bool cp_is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff ||
	       c == 0xad || c == 0x61c || c == 0x180e || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe007f) || (c & 0xfffe) == 0xfffe;
}

/* How many bytes at s need no escape in any way of escaping. */
static size_t plain_run(const unsigned char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

enum escape { ESCAPE_JSON, ESCAPE_SAFE, ESCAPE_SHOW };

static void text_escaped(struct text *t, const char *s, size_t len, size_t max, enum escape how)
{
	bool json = how == ESCAPE_JSON;
	const unsigned char *p = (const unsigned char *)s;
	bool cut = max && len > max;

	if (cut) {
		/* not in the middle of a character */
		len = max;
		for (int back = 0; back < 3 && len && (p[len] & 0xc0) == 0x80; back++)
			len--;
	}
	while (len) {
		uint32_t c;
		size_t n = plain_run(p, len);

		if (n) {
			text_add(t, (const char *)p, n);
			p += n;
			len -= n;
			continue;
		}
		n = text_utf8(p, len, &c);
		if (n == 0) {
			/* a byte that is no UTF-8: shown as the byte it was */
			text_printf(t, json ? "\\\\x%02x" : "\\x%02x", p[0]);
			n = 1;
		} else if ((c == '\\' && how != ESCAPE_SHOW) || (json && c == '"')) {
			text_puts(t, c == '"' ? "\\\"" : "\\\\");
		} else if (cp_is_unsafe(c)) {
			if (!json)
				text_printf(t, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
			else if (c > 0xffff)
				text_printf(t, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
					    0xdc00 + (c & 0x3ff));
			else
				text_printf(t, "\\u%04x", c);
		} else {
			text_add(t, (const char *)p, n);
		}
		p += n;
		len -= n;
	}
	if (cut)
		text_puts(t, "…");
}

void text_json(struct text *t, const char *s, size_t len, size_t max)
{
	text_puts(t, "\"");
	text_escaped(t, s, len, max, ESCAPE_JSON);
	text_puts(t, "\"");
}

void text_field(struct text *t, const char *name, const char *value)
{
	text_printf(t, t->len && t->s[t->len - 1] == '{' ? "\"%s\":" : ",\"%s\":", name);
	text_json(t, value, strlen(value), 0);
}

void text_safe(struct text *t, const char *s, size_t len, size_t max)
{
	text_escaped(t, s, len, max, ESCAPE_SAFE);
}

void text_show(struct text *t, const char *s, size_t len, size_t max)
{
	text_escaped(t, s, len, max, ESCAPE_SHOW);
}

void text_copy(char *out, size_t size, const char *s)
{
	size_t n = strnlen(s, size - 1);

	memcpy(out, s, n);
	out[n] = '\0';
}

void text_cut(struct text *t, size_t len)
{
	if (t->len <= len)
		return;
	t->len = len;
	t->s[len] = '\0';
}

void text_reset(struct text *t)
{
	t->len = 0;
	t->broken = false;
	if (t->s)
		t->s[0] = '\0';
}

void text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){.max = t->max};
}
