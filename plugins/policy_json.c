#include "policy_json.h"

#include <string.h>

struct scan {
	struct arena *arena;
	const unsigned char *p, *end;
	unsigned line;
	struct json_fault fault; /* the first one */
};

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
		[JSON_NULL] = "null",	       [JSON_BOOL] = "true or false",
		[JSON_NUMBER] = "a number",    [JSON_STRING] = "a string",
		[JSON_ARRAY] = "a list [...]", [JSON_OBJECT] = "an object {...}",
	};

	return names[type];
}

static void *scan_fail(struct scan *s, const char *expected)
{
	if (!s->fault.expected)
		s->fault = (struct json_fault){s->line, expected};
	return NULL;
}

static void scan_space(struct scan *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\n')
			s->line++;
		else if (*s->p != ' ' && *s->p != '\t' && *s->p != '\r')
			return;
	}
}

static bool scan_char(struct scan *s, unsigned char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return false;
	s->p += len;
	return true;
}

static bool scan_hex4(struct scan *s, uint32_t *out)
{
	uint32_t v = 0;

	if (s->end - s->p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		unsigned char c = *s->p++;

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* The code point after "\u", surrogate pairs put together; false where it is none. */
static bool scan_unicode(struct scan *s, uint32_t *cp)
{
	uint32_t low;

	if (!scan_hex4(s, cp) || *cp == 0)
		return false;
	if (*cp < 0xd800 || *cp > 0xdfff)
		return true;
	if (*cp > 0xdbff || !scan_word(s, "\\u") || !scan_hex4(s, &low) || low < 0xdc00 ||
	    low > 0xdfff)
		return false;
	*cp = 0x10000 + ((*cp - 0xd800) << 10 | (low - 0xdc00));
	return true;
}

static size_t utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* The length of the UTF-8 sequence at p; 0 where there is none. */
static size_t utf8_len(const unsigned char *p, const unsigned char *end)
{
	size_t n = p[0] < 0x80	 ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;

	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* How many bytes from p on are ASCII and stand for themselves. The closing quote ends them. */
static size_t plain_len(const unsigned char *p)
{
	const unsigned char *end = p;

	while (*end >= 0x20 && *end < 0x80 && *end != '"' && *end != '\\')
		end++;
	return (size_t)(end - p);
}

static bool scan_escape(struct scan *s, char *out, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;
	uint32_t cp;

	if (s->p == s->end)
		return false;
	if (*s->p == 'u') {
		s->p++;
		if (!scan_unicode(s, &cp))
			return false;
		*len += utf8_put(out + *len, cp);
		return true;
	}
	which = *s->p ? strchr(from, *s->p) : NULL;
	if (!which)
		return false;
	s->p++;
	out[(*len)++] = to[which - from];
	return true;
}

/* After the opening quote. A text never grows when its escapes are undone. */
static char *scan_string(struct scan *s, size_t *len)
{
	const unsigned char *close = s->p;
	char *out;

	while (close < s->end && *close != '"') {
		if (*close == '\\' && s->end - close > 1)
			close++;
		close++;
	}
	if (close == s->end)
		return scan_fail(s, "a closing quote");
	out = arena_take(s->arena, (size_t)(close - s->p) + 1);
	if (!out)
		return scan_fail(s, "more memory");
	*len = 0;
	while (*s->p != '"') {
		size_t n;

		if (*s->p == '\\') {
			s->p++;
			if (!scan_escape(s, out, len))
				return scan_fail(s, "a valid escape after \\ (\\u0000 is none)");
			continue;
		}
		if (*s->p < 0x20)
			return scan_fail(s, "a closing quote before the end of the line");
		n = plain_len(s->p);
		if (n == 0)
			n = utf8_len(s->p, s->end);
		if (n == 0)
			return scan_fail(s, "UTF-8");
		memcpy(out + *len, s->p, n);
		*len += n;
		s->p += n;
	}
	s->p++;
	return out;
}

static bool digit(const struct scan *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static struct json *scan_number(struct scan *s, struct json *j)
{
	const int64_t most = (int64_t)1 << 53;
	bool minus = scan_char(s, '-');
	const unsigned char *first = s->p;
	int64_t v = 0;

	j->type = JSON_NUMBER;
	j->whole = true;
	if (!digit(s))
		return scan_fail(s, "a digit");
	for (; digit(s); s->p++) {
		if (v > most / 10)
			j->whole = false;
		else
			v = v * 10 + (*s->p - '0');
	}
	if (*first == '0' && s->p - first > 1)
		return scan_fail(s, "a number without leading zeros");
	if (scan_char(s, '.')) {
		j->whole = false;
		if (!digit(s))
			return scan_fail(s, "a digit after the point");
		while (digit(s))
			s->p++;
	}
	if (scan_char(s, 'e') || scan_char(s, 'E')) {
		j->whole = false;
		if (!scan_char(s, '+'))
			scan_char(s, '-');
		if (!digit(s))
			return scan_fail(s, "a digit in the exponent");
		while (digit(s))
			s->p++;
	}
	if (v > most)
		j->whole = false;
	j->number = minus ? -v : v;
	return j;
}

static struct json *scan_value(struct scan *s, unsigned depth);

/* Members or elements, after the opening bracket. */
static struct json *scan_list(struct scan *s, struct json *j, unsigned depth)
{
	bool object = j->type == JSON_OBJECT;
	unsigned char close = object ? '}' : ']';
	struct json **tail = &j->child;

	if (depth >= JSON_DEPTH)
		return scan_fail(s, "fewer levels of brackets");
	scan_space(s);
	if (scan_char(s, close))
		return j;
	for (;;) {
		const char *key = NULL;
		size_t key_len;
		struct json *child;

		scan_space(s);
		if (object) {
			if (!scan_char(s, '"'))
				return scan_fail(s, "a name in quotes");
			key = scan_string(s, &key_len);
			if (!key)
				return NULL;
			scan_space(s);
			if (!scan_char(s, ':'))
				return scan_fail(s, "a colon after the name");
		}
		child = scan_value(s, depth + 1);
		if (!child)
			return NULL;
		child->key = key;
		*tail = child;
		tail = &child->next;
		j->count++;
		scan_space(s);
		if (scan_char(s, close))
			return j;
		if (!scan_char(s, ','))
			return scan_fail(s, object ? "a comma or }" : "a comma or ]");
	}
}

static struct json *scan_value(struct scan *s, unsigned depth)
{
	struct json *j = arena_take(s->arena, sizeof(*j));

	if (!j)
		return scan_fail(s, "more memory");
	scan_space(s);
	j->line = s->line;
	if (scan_char(s, '"')) {
		j->type = JSON_STRING;
		j->s = scan_string(s, &j->len);
		return j->s ? j : NULL;
	}
	if (scan_char(s, '{')) {
		j->type = JSON_OBJECT;
		return scan_list(s, j, depth);
	}
	if (scan_char(s, '[')) {
		j->type = JSON_ARRAY;
		return scan_list(s, j, depth);
	}
	if (scan_word(s, "null"))
		return j;
	j->type = JSON_BOOL;
	j->truth = true;
	if (scan_word(s, "true"))
		return j;
	j->truth = false;
	if (scan_word(s, "false"))
		return j;
	if (s->p < s->end && (*s->p == '-' || digit(s)))
		return scan_number(s, j);
	return scan_fail(s, "a value (a string in quotes, a number, true, false, {...} or [...])");
}

const struct json *json_read(struct arena *arena, const char *s, size_t len,
			     struct json_fault *fault)
{
	struct scan scan = {
		.arena = arena,
		.p = (const unsigned char *)s,
		.end = (const unsigned char *)s + len,
		.line = 1,
	};
	const struct json *j =
		scan_word(&scan, "\xef\xbb\xbf")
			? scan_fail(&scan, "no byte order mark before it: UTF-8 without BOM")
			: scan_value(&scan, 0);

	scan_space(&scan);
	if (j && scan.p != scan.end)
		j = scan_fail(&scan, "nothing after the end of the document");
	if (!j)
		*fault = scan.fault;
	return j;
}
