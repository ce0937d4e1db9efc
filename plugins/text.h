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

struct text {
	char *s;    /* always NUL-terminated once something was added; NULL before */
	size_t len; /* without the NUL */
	size_t cap;
	size_t max; /* never grows beyond; 0: no limit */
	bool broken;
};

void text_add(struct text *t, const char *s, size_t len);
void text_puts(struct text *t, const char *s);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_hex(struct text *t, const uint8_t *bytes, size_t len);

/* A JSON string with its quotes, from bytes that a peer sent: control characters and invalid UTF-8
 * are escaped, so that the result is valid UTF-8 and holds no terminal escape. At most `max` bytes
 * of input are taken; a cut shows as "…" at the end. */
void text_json(struct text *t, const char *s, size_t len, size_t max);

/* The same bytes made safe for a terminal or a log line: no quotes, control characters as \xNN. */
void text_safe(struct text *t, const char *s, size_t len, size_t max);

/* For strings out of a journal, where text_json() has already shown odd bytes as \xNN: as
 * text_safe(), but a backslash stays one. */
void text_show(struct text *t, const char *s, size_t len, size_t max);

/* Empties, keeping the memory; and gives it back. */
void text_reset(struct text *t);
void text_free(struct text *t);

#endif
