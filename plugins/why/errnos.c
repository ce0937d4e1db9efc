#include "why.h"

#include <string.h>
#include <strings.h>

struct number {
	int now, old, native;
	const char *name, *words;
	const struct cause *means; /* ends with text == NULL */
};

#define LIST(...)	    __VA_ARGS__
#define MEANS(text, b, src) {text, BASIS_##b, src},
#define ERRNO(now, old, native, name, words, means) \
	{now, old, native, name, words, (const struct cause[]){means{NULL, BASIS_ASSUMED, NULL}}},

static const struct number numbers[] = {
#include "errnos.def"
};

#define COUNT (sizeof(numbers) / sizeof(numbers[0]))

int errno_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcasecmp(numbers[i].name, name) == 0)
			return numbers[i].now;
	return 0;
}

static void show_one(struct why *w, struct text *out, const struct number *n)
{
	struct text t = {0};

	text_printf(&t, "%d %s", n->now, n->name);
	paint_put(out, &w->paint, INK_BAD, t.s ? t.s : "");
	text_printf(out, "  %s", n->words);
	if (n->old)
		text_printf(out, "; %d before NCS 1.6", n->old);
	if (n->native && n->native != n->now)
		text_printf(out, "; %d on native_sim", n->native);
	text_puts(out, "\n");
	for (const struct cause *c = n->means; c->text; c++) {
		text_reset(&t);
		text_printf(&t, "- %s  (%s: %s)", c->text, basis_name(c->basis), c->source);
		text_puts(out, "  ");
		paint_wrapped(out, &w->paint, t.s ? t.s : "", 4, 2);
	}
	text_free(&t);
}

bool errno_show(struct why *w, struct text *out, int err)
{
	bool any = false;

	if (err > 0)
		err = -err;
	for (size_t i = 0; i < COUNT; i++) {
		const struct number *n = &numbers[i];

		if (n->now != err && n->old != err && n->native != err)
			continue;
		if (any)
			text_puts(out, "\n");
		if (n->now != err && n->old == err)
			text_printf(out, "%d in the old numbering (before NCS 1.6) is today's\n",
				    err);
		else if (n->now != err)
			text_printf(
				out,
				"%d on native_sim, which has the host's numbers, is the modem's\n",
				err);
		show_one(w, out, n);
		any = true;
	}
	return any;
}
