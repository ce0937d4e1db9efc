#include "policy_read.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 60 /* bytes of a wrong value that are quoted */

size_t read_down(struct reader *r, const char *key, size_t n)
{
	size_t mark = r->depth;

	if (mark == JSON_DEPTH)
		return mark;
	r->place[mark].key = key;
	r->place[mark].n = n;
	r->depth++;
	return mark;
}

void read_up(struct reader *r, size_t mark)
{
	r->depth = mark;
}

static void fault_head(struct reader *r, unsigned line)
{
	text_reset(r->error);
	text_printf(r->error, "%s:%u: ", r->file, line);
	for (size_t i = 0; i < r->depth; i++) {
		const char *key = r->place[i].key;

		if (!key) {
			text_printf(r->error, "[%zu]", r->place[i].n);
			continue;
		}
		text_puts(r->error, i ? "." : "");
		text_safe(r->error, key, strlen(key), SHOWN_MAX);
	}
}

int read_fault(struct reader *r, unsigned line, const char *fmt, ...)
{
	char said[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	fault_head(r, line);
	text_puts(r->error, r->depth ? ": " : "");
	text_safe(r->error, said, strlen(said), 0);
	return -1;
}

int read_expected(struct reader *r, const struct json *v, const char *fmt, ...)
{
	char expected[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(expected, sizeof(expected), fmt, ap);
	va_end(ap);
	fault_head(r, v->line);
	text_puts(r->error, r->depth ? " is " : "the document is ");
	if (v->type == JSON_STRING) {
		text_puts(r->error, "\"");
		text_safe(r->error, v->s, v->len, SHOWN_MAX);
		text_puts(r->error, "\"");
	} else if (v->type == JSON_NUMBER && v->whole) {
		text_printf(r->error, "%lld", (long long)v->number);
	} else {
		text_puts(r->error, json_type_name(v->type));
	}
	text_printf(r->error, ": expected %s", expected);
	return -1;
}

static int field_index(const struct field *fields, const char *key)
{
	for (int i = 0; fields[i].key; i++)
		if (strcmp(fields[i].key, key) == 0)
			return i;
	return -1;
}

static int fault_unknown(struct reader *r, const struct json *v, const struct field *fields)
{
	char names[300] = "";
	size_t len = 0;

	for (int i = 0; fields[i].key; i++) {
		int n = snprintf(names + len, sizeof(names) - len, "%s%s", i ? ", " : "",
				 fields[i].key);

		if (n < 0 || (size_t)n >= sizeof(names) - len)
			break;
		len += (size_t)n;
	}
	return read_fault(r, v->line, "\"%.40s\" is unknown here: expected one of %s", v->key,
			  names);
}

static int fields_walk(struct reader *r, const struct json *object, const struct field *fields,
		       void *target, bool others)
{
	uint64_t seen = 0;

	if (object->type != JSON_OBJECT)
		return read_expected(r, object, "an object {...}");
	for (const struct json *v = object->child; v; v = v->next) {
		int i = field_index(fields, v->key);
		size_t mark;

		if (i < 0 && (others || strcmp(v->key, "$schema") == 0))
			continue;
		if (i < 0)
			return fault_unknown(r, v, fields);
		mark = read_down(r, v->key, 0);
		if (seen & (uint64_t)1 << i)
			return read_fault(r, v->line, "it is here twice: expected it once");
		seen |= (uint64_t)1 << i;
		if (v->type != fields[i].type)
			return read_expected(r, v, "%s", json_type_name(fields[i].type));
		if (fields[i].take(r, v, target) != 0)
			return -1;
		read_up(r, mark);
	}
	for (int i = 0; fields[i].key; i++)
		if (fields[i].required && !(seen & (uint64_t)1 << i))
			return read_fault(r, object->line, "\"%s\" is missing: expected %s",
					  fields[i].key, json_type_name(fields[i].type));
	return 0;
}

int read_fields(struct reader *r, const struct json *object, const struct field *fields,
		void *target)
{
	return fields_walk(r, object, fields, target, false);
}

int read_known_fields(struct reader *r, const struct json *object, const struct field *fields,
		      void *target)
{
	return fields_walk(r, object, fields, target, true);
}

int read_each(struct reader *r, const struct json *array,
	      int (*take)(struct reader *, const struct json *, size_t, void *), void *target)
{
	size_t n = 0;

	for (const struct json *v = array->child; v; v = v->next, n++) {
		size_t mark = read_down(r, NULL, n);

		if (take(r, v, n, target) != 0)
			return -1;
		read_up(r, mark);
	}
	return 0;
}

int read_number(struct reader *r, const struct json *v, unsigned least, unsigned most,
		unsigned *out)
{
	if (!v->whole || v->number < (int64_t)least || v->number > (int64_t)most)
		return read_expected(r, v, "a whole number from %u to %u", least, most);
	*out = (unsigned)v->number;
	return 0;
}

const char *read_copy(struct reader *r, const struct json *v)
{
	return arena_copy(r->keep, v->s, v->len);
}

struct strings_taken {
	const char **v;
};

static int take_string(struct reader *r, const struct json *v, size_t n, void *target)
{
	struct strings_taken *taken = target;

	if (v->type != JSON_STRING || v->len == 0)
		return read_expected(r, v, "a string that is not empty");
	taken->v[n] = read_copy(r, v);
	return 0;
}

int read_strings(struct reader *r, const struct json *v, size_t most, struct strings *out)
{
	struct strings_taken taken;

	if (v->count > most)
		return read_fault(r, v->line, "%zu entries: expected at most %zu", v->count, most);
	taken.v = arena_array(r->keep, v->count + 1, sizeof(*taken.v));
	if (!taken.v)
		return read_fault(r, v->line, "expected more memory");
	if (read_each(r, v, take_string, &taken) != 0)
		return -1;
	*out = (struct strings){taken.v, v->count};
	return 0;
}

bool is_label(const char *s, size_t len, size_t most)
{
	if (len == 0 || len > most || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
			return false;
	return true;
}

static bool is_host(const char *s, size_t len)
{
	size_t label = 0;

	if (len == 0 || len > 253)
		return false;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != '.')
			continue;
		if (!is_label(s + label, i - label, 63))
			return false;
		label = i + 1;
	}
	return true;
}

int read_host(struct reader *r, const struct json *v, const char **out)
{
	char *copy = arena_copy(r->keep, v->s, v->len);

	if (!copy)
		return read_fault(r, v->line, "expected more memory");
	for (size_t i = 0; i < v->len; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	if (!is_host(copy, v->len))
		return read_expected(r, v, "a host name, as class.example");
	*out = copy;
	return 0;
}

int read_path(struct reader *r, const struct json *v, const char **out)
{
	if (v->len == 0 || v->s[0] == '/' || strstr(v->s, "..") || strpbrk(v->s, "\n\r"))
		return read_expected(r, v, "a path below the class directory, as certs/server.pem");
	*out = read_copy(r, v);
	return 0;
}

int word_index(const char *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(s, words[i]) == 0)
			return (int)i;
	return -1;
}
