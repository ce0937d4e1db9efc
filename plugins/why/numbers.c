#include "why.h"

static void show_meaning(struct why *w, struct text *out, const struct cause *c)
{
	struct text t = {0};

	text_printf(&t, "- %s  (%s: %s)", c->text, basis_name(c->basis), c->source);
	text_puts(out, "  ");
	paint_wrapped(out, &w->paint, t.s ? t.s : "", 4, 2);
	text_free(&t);
}

bool code_show(struct why *w, struct text *out, const char *as)
{
	const struct code *c;
	bool any = false;

	for (size_t i = 0; (c = code_at(i)) != NULL; i++) {
		if (!code_is(c, as))
			continue;
		paint_put(out, &w->paint, INK_BAD, as);
		text_printf(out, " %s: %s%s%s\n", code_place(c), c->name, c->words ? ", " : "",
			    c->words ? c->words : "");
		show_meaning(w, out, &c->means);
		any = true;
	}
	return any;
}

static void show_one(struct why *w, struct text *out, const struct number *n)
{
	struct text t = {0};

	text_printf(&t, "%d %s", n->now, n->name);
	paint_put(out, &w->paint, INK_BAD, t.s ? t.s : "");
	text_free(&t);
	text_printf(out, "  %s", n->words);
	if (n->old)
		text_printf(out, "; %d before NCS 1.6", n->old);
	if (n->native && n->native != n->now)
		text_printf(out, "; %d on native_sim", n->native);
	text_puts(out, "\n");
	for (const struct cause *c = n->means; c->text; c++)
		show_meaning(w, out, c);
}

bool errno_show(struct why *w, struct text *out, int err)
{
	const struct number *n;
	bool any = false;

	if (err > 0)
		err = -err;
	for (size_t i = 0; (n = errno_at(i)) != NULL; i++) {
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
