#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool text_room(struct text *t, size_t more)
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

void text_add(struct text *t, const char *s, size_t len)
{
	if (!text_room(t, len))
		return;
	if (len)
		memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

void text_puts(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *fmt, ...)
{
	char small[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		t->broken = true;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		text_add(t, small, (size_t)n);
		return;
	}
	if (!text_room(t, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
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

/* The length of the valid UTF-8 sequence at s, 0 if there is none; *cp gets the code point. */
static size_t utf8_next(const unsigned char *s, size_t len, uint32_t *cp)
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
		size_t n = utf8_next(p, len, &c);

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

void text_safe(struct text *t, const char *s, size_t len, size_t max)
{
	text_escaped(t, s, len, max, ESCAPE_SAFE);
}

void text_show(struct text *t, const char *s, size_t len, size_t max)
{
	text_escaped(t, s, len, max, ESCAPE_SHOW);
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
