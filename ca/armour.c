#include "armour.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <openssl/evp.h>

/* UTF-16 by its byte order mark, made bytes again; what is no ASCII cannot be part of PEM. */
static bool narrow(struct text *out, const char *data, size_t len)
{
	size_t low = len >= 2 && memcmp(data, "\xff\xfe", 2) == 0 ? 0 : 1;

	if (len < 2 || (low && memcmp(data, "\xfe\xff", 2) != 0))
		return false;
	for (size_t i = 2; i + 1 < len; i += 2)
		text_add(out, data[i + 1 - low] ? "?" : &data[i + low], 1);
	return true;
}

/* Undoes what C source and careless copying do to text: out is what was meant. */
static void unwrap(struct armour *a, struct text *out, const char *data, size_t len)
{
	size_t i = 0;

	if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		a->bom = true;
		i = 3;
	}
	for (; i < len; i++) {
		char c = data[i], next = i + 1 < len ? data[i + 1] : '\0';

		if (c == '\0') {
			a->nul = true;
		} else if (c == '\\' && (next == 'n' || next == 'r')) {
			a->literal = true;
			text_add(out, "\n", next == 'n');
			i++;
		} else if (c == '\\' && (next == '\n' || next == '\r')) {
			a->quoted = true;
		} else if (c == '"') {
			a->quoted = true;
		} else if (c == '\r') {
			a->crlf = true;
			if (next != '\n')
				text_add(out, "\n", 1);
		} else {
			text_add(out, &c, 1);
		}
	}
	text_add(out, "", 0);
	/* In C source \n is how it has to be; the quotes are the mistake. */
	if (a->quoted)
		a->literal = false;
}

/* An armour line at p: "--- BEGIN LABEL ---", with two dashes or more. Returns what follows it, or
 * NULL; strict says whether it is written as it should be. */
static const char *armour_line(const char *p, const char *word, char label[64], bool *strict)
{
	const char *at = p, *end;
	size_t before = strspn(at, "-"), after, n = 0;
	size_t word_len = strlen(word);

	if (before < 2)
		return NULL;
	at += before;
	*strict = before == 5 && strncmp(at, word, word_len) == 0 && at[word_len] == ' ';
	at += strspn(at, " ");
	if (strncasecmp(at, word, word_len) != 0)
		return NULL;
	at += word_len;
	at += strspn(at, " ");
	for (end = at; *end && *end != '-' && *end != '\n'; end++) {
		if (!isalnum((unsigned char)*end) && *end != ' ')
			return NULL;
		if (*end == ' ' && (n == 0 || label[n - 1] == ' ')) {
			*strict = false;
			continue;
		}
		if (n < 62)
			label[n++] = (char)toupper((unsigned char)*end);
		if (islower((unsigned char)*end))
			*strict = false;
	}
	if (n && label[n - 1] == ' ') {
		n--;
		*strict = false;
	}
	label[n] = '\0';
	after = strspn(end, "-");
	if (after != 5)
		*strict = false;
	return n ? end + after : NULL;
}

static const char *find_line(const char *from, const char *word, char label[64], bool *strict,
			     const char **start)
{
	const char *at = from, *after;

	while ((at = strstr(at, "--")) != NULL) {
		after = armour_line(at, word, label, strict);
		if (after) {
			*start = at;
			return after;
		}
		at += strspn(at, "-");
	}
	return NULL;
}

/* Whether the body is lines of 64 characters, the last one shorter, and nothing else. */
static void judge_lines(struct armour_block *b, const char *body, size_t len)
{
	size_t column = 0, lines = 0;
	bool shorter = false;

	if (len == 0 || body[0] != '\n' || body[len - 1] != '\n')
		b->wrapped_otherwise = true;
	for (size_t i = len && body[0] == '\n'; i < len; i++) {
		if (body[i] == ' ' || body[i] == '\t') {
			b->spaces |= i > 0 && i + 1 < len && !isspace((unsigned char)body[i - 1]) &&
				     !isspace((unsigned char)body[i + 1]);
			b->wrapped_otherwise = true;
			continue;
		}
		if (body[i] != '\n') {
			column++;
			continue;
		}
		lines++;
		if (shorter || column > 64 || column == 0)
			b->wrapped_otherwise = true;
		shorter = column < 64;
		column = 0;
	}
	if (b->spaces && lines <= 1)
		b->wrapped_otherwise = false;
	else
		b->spaces = false;
}

/* Header lines of the old encrypted form, "Proc-Type: 4,ENCRYPTED", up to an empty line. */
static const char *skip_headers(struct armour_block *b, const char *body, const char *end)
{
	const char *empty, *colon = memchr(body, ':', (size_t)(end - body));

	if (!colon)
		return body;
	b->encrypted = memmem(body, (size_t)(end - body), "ENCRYPTED", 9) != NULL;
	empty = memmem(body, (size_t)(end - body), "\n\n", 2);
	return empty ? empty + 1 : end;
}

static void decode(struct armour_block *b, const char *body, size_t len)
{
	char *plain = malloc(len + 4);
	unsigned char *out = malloc(len + 4);
	size_t n = 0, pad = 0;
	int got = -1;

	for (size_t i = 0; plain && i < len; i++)
		if (!isspace((unsigned char)body[i]))
			plain[n++] = body[i];
	while (pad < 2 && pad < n && plain[n - 1 - pad] == '=')
		pad++;
	if (plain && out && n && n % 4 == 0 && n < (1U << 30))
		got = EVP_DecodeBlock(out, (const unsigned char *)plain, (int)n);
	if (got > (int)pad)
		text_add(&b->bytes, (const char *)out, (size_t)got - pad);
	else
		b->unreadable = true;
	if (out)
		OPENSSL_cleanse(out, len);
	if (plain)
		OPENSSL_cleanse(plain, len);
	free(plain);
	free(out);
}

/* Whether there is anything but white space between two points. */
static bool anything(const char *from, const char *to)
{
	for (; from < to; from++)
		if (!isspace((unsigned char)*from))
			return true;
	return false;
}

void armour_read(struct armour *a, const char *data, size_t len)
{
	struct text plain = {0}, narrowed = {0};
	const char *at, *begin, *body, *end, *after;

	memset(a, 0, sizeof(*a));
	a->utf16 = narrow(&narrowed, data, len);
	if (a->utf16)
		unwrap(a, &plain, narrowed.s ? narrowed.s : "", narrowed.len);
	else
		unwrap(a, &plain, data, len);
	if (narrowed.s)
		OPENSSL_cleanse(narrowed.s, narrowed.cap);
	text_free(&narrowed);
	if (!plain.s || plain.broken) {
		text_free(&plain);
		return;
	}
	at = plain.s;
	while (a->count < ARMOUR_MAX) {
		struct armour_block *b = &a->block[a->count];
		char closing[64], next[64];
		bool open_strict, close_strict = true, other;
		const char *next_begin;

		body = find_line(at, "BEGIN", b->label, &open_strict, &begin);
		if (!body)
			break;
		after = find_line(body, "END", closing, &close_strict, &end);
		/* Another block before the END: this one has none. */
		if (!after ||
		    (find_line(body, "BEGIN", next, &other, &next_begin) && next_begin < end)) {
			b->unreadable = true;
			a->count++;
			at = body;
			continue;
		}
		a->text_around |= anything(at, begin);
		b->odd = !open_strict || !close_strict || strcmp(b->label, closing) != 0;
		judge_lines(b, body, (size_t)(end - body));
		body = skip_headers(b, body, end);
		decode(b, body, (size_t)(end - body));
		a->count++;
		at = after;
	}
	/* What follows a BEGIN without an END is no text around anything. */
	if (!a->count || !a->block[a->count - 1].unreadable)
		a->text_around |= anything(at, at + strlen(at));
	/* `#define CA_CERTIFICATE \` and the like are part of being quoted. */
	if (a->quoted)
		a->text_around = false;
	if (plain.s)
		OPENSSL_cleanse(plain.s, plain.cap);
	text_free(&plain);
}

void armour_free(struct armour *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct text *bytes = &a->block[i].bytes;

		if (bytes->s)
			OPENSSL_cleanse(bytes->s, bytes->cap);
		text_free(bytes);
	}
	a->count = 0;
}
