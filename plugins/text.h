/*
 * A growing string, with the escapes that a journal needs. It never fails half-way: when memory or
 * the limit runs out, `broken` is set and everything after is dropped, so one check at the end does.
 */
#ifndef DOORSTEP_TEXT_H
#define DOORSTEP_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *s;    /* always NUL-terminated once something was added; NULL before */
	size_t len; /* without the NUL */
	size_t cap; /* never more than max */
	size_t max; /* never grows beyond; 0: no limit */
	bool broken;
};

/* Makes room for so many bytes more; false, and the text is broken, where there is none. */
bool text_room(struct text *t, size_t more);

/* Inline, as a line is put together of hundreds of pieces. */
static inline void text_add(struct text *t, const char *s, size_t len)
{
	if ((t->broken || len >= t->cap - t->len) && !text_room(t, len))
		return;
	if (len)
		memcpy(t->s + t->len, s, len);
	t->len += len;
	t->s[t->len] = '\0';
}

static inline void text_puts(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Hex digits into at most cap bytes; how many, or 0 where it is no hex or does not fit. */
size_t text_unhex(const char *s, size_t len, uint8_t *out, size_t cap);

void text_number(struct text *t, uint64_t n);
/* Microseconds as milliseconds, "12.345"; of a negative number "0.000". */
void text_ms(struct text *t, int64_t us);
/* Microseconds since 1970 in UTC, as RFC 3339 has it, with milliseconds: "2026-11-26T19:15:00.123Z". */
void text_time(struct text *t, int64_t us);
void text_hex(struct text *t, const uint8_t *bytes, size_t len);

/* The length of the valid UTF-8 sequence at s, of at least one byte, 0 if there is none; *cp gets the
 * code point. */
size_t text_utf8(const unsigned char *s, size_t len, uint32_t *cp);

/* A JSON string with its quotes, from bytes that a peer sent: control characters and invalid UTF-8
 * are escaped, so that the result is valid UTF-8 and holds no terminal escape. At most `max` bytes
 * of input are taken; a cut shows as "…" at the end. */
void text_json(struct text *t, const char *s, size_t len, size_t max);

/* "name":"value" of a JSON object, behind a comma unless it is the first there. */
void text_field(struct text *t, const char *name, const char *value);

/* The same bytes made safe for a terminal or a log line: no quotes, control characters as \xNN. */
void text_safe(struct text *t, const char *s, size_t len, size_t max);

/* For strings out of a journal, where text_json() has already shown odd bytes as \xNN: as
 * text_safe(), but a backslash stays one. */
void text_show(struct text *t, const char *s, size_t len, size_t max);

/* Copies s into an array of that size, as far as it fits. */
void text_copy(char *out, size_t size, const char *s);

/* Back to a length that it had. */
void text_cut(struct text *t, size_t len);

/* Empties, keeping the memory; and gives it back. */
void text_reset(struct text *t);
void text_free(struct text *t);

#endif
