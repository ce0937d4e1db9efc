#include "reason.h"

#include <string.h>

#define LIST(...)		      __VA_ARGS__
#define BOARD(...)		      ((const struct symptom[]){__VA_ARGS__{0, 0, NULL, BASIS_ASSUMED, NULL}})
#define SHOWS(err, old, text, b, src) {err, old, text, BASIS_##b, src},
#define CAUSES(...)		      ((const struct cause[]){__VA_ARGS__{NULL, BASIS_ASSUMED, NULL}})
#define CAUSE(text, b, src)	      {text, BASIS_##b, src},
#define FIX(...)		      ((const char *const[]){__VA_ARGS__, NULL})
#define REASON(id, code, kind, title, says, what, board, causes, fix) \
	[REASON_##id] = {#id, code, REASON_KIND_##kind, title, says, what, board, causes, fix},

static const struct reason catalogue[REASON_COUNT] = {
#include "reasons.def"
};

const struct reason *reason_get(enum reason_id id)
{
	if (id <= REASON_NONE || id >= REASON_COUNT)
		return NULL;
	return &catalogue[id];
}

enum reason_id reason_by_code(const char *code)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		if (strcmp(catalogue[i].code, code) == 0)
			return (enum reason_id)i;
	return REASON_NONE;
}

size_t reason_by_errno(int err, void (*each)(enum reason_id, const struct symptom *, void *),
		       void *arg)
{
	size_t found = 0;

	if (err > 0)
		err = -err;
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		for (const struct symptom *s = catalogue[i].board; s->text; s++) {
			if (err == 0 || (s->err != err && s->err_old != err))
				continue;
			found++;
			if (each)
				each((enum reason_id)i, s, arg);
		}
	}
	return found;
}

const char *basis_name(enum basis basis)
{
	static const char *const names[] = {"known", "reported", "assumed"};

	return names[basis];
}

const char *reason_kind_name(enum reason_kind kind)
{
	static const char *const names[] = {"reject", "denial", "end", "mark", "device"};

	return names[kind];
}

/* Copies the name between the braces, of which the first is at p; returns the closing brace, NULL if it is no placeholder. */
static const char *placeholder(const char *p, const char *end, char name[32])
{
	const char *close = memchr(p, '}', (size_t)(end - p));
	size_t len;

	if (!close)
		return NULL;
	len = (size_t)(close - p - 1);
	if (len == 0 || len >= 32)
		return NULL;
	memcpy(name, p + 1, len);
	name[len] = '\0';
	return close;
}

/* Appends p up to end with its values. False: one of them was not seen. */
static bool fill_part(struct text *out, const char *p, const char *end, reason_value value,
		      void *arg)
{
	const char *open;
	bool all = true;

	while ((open = memchr(p, '{', (size_t)(end - p))) != NULL) {
		char name[32];
		const char *close = placeholder(open, end, name);
		const char *v;

		if (!close) {
			text_add(out, p, (size_t)(open + 1 - p));
			p = open + 1;
			continue;
		}
		text_add(out, p, (size_t)(open - p));
		v = value ? value(name, arg) : NULL;
		if (v)
			text_puts(out, v);
		else
			text_printf(out, "<%s>", name);
		all = all && v;
		p = close + 1;
	}
	text_add(out, p, (size_t)(end - p));
	return all;
}

void reason_fill(struct text *out, const char *template, reason_value value, void *arg)
{
	while (*template) {
		const char *open = strchr(template, '[');
		const char *close = open ? strchr(open, ']') : NULL;
		size_t at;

		if (!close) {
			fill_part(out, template, template + strlen(template), value, arg);
			return;
		}
		fill_part(out, template, open, value, arg);
		at = out->len;
		if (!fill_part(out, open + 1, close, value, arg))
			text_cut(out, at);
		template = close + 1;
	}
}
