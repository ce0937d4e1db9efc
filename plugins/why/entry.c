#include "why.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void head(struct why *w, struct text *out, const char *s)
{
	text_puts(out, "\n");
	paint_put(out, &w->paint, INK_BOLD, s);
	text_puts(out, "\n");
}

/* How sure we are of it, and by whom. */
static void put_basis(struct text *t, enum basis basis, const char *source)
{
	text_printf(t, "  (%s: %s)", basis_name(basis), source);
}

static void board(struct why *w, struct text *out, const struct reason *r)
{
	if (r->board[0].text)
		head(w, out, "What an nRF91 board prints");
	for (const struct symptom *s = r->board; s->text; s++) {
		struct text t = {0};

		text_puts(&t, s->text);
		if (s->err_old && !strstr(s->text, "before NCS"))
			text_printf(&t, " (%d before NCS 1.6)", s->err_old);
		put_basis(&t, s->basis, s->source);
		text_puts(out, "  ");
		paint_wrapped(out, &w->paint, t.s ? t.s : "", 4, 2);
		text_free(&t);
	}
}

static void causes(struct why *w, struct text *out, const struct reason *r)
{
	int n = 0;

	head(w, out, "Likely causes");
	for (const struct cause *c = r->causes; c->text; c++) {
		struct text t = {0};

		text_printf(&t, "%d. %s", ++n, c->text);
		put_basis(&t, c->basis, c->source);
		text_puts(out, "  ");
		paint_wrapped(out, &w->paint, t.s ? t.s : "", 5, 2);
		text_free(&t);
	}
}

static void fix(struct why *w, struct text *out, const struct reason *r, const struct line *l)
{
	head(w, out, "What to do");
	w->fix.line = l;
	for (const char *const *f = r->fix; *f; f++) {
		struct text t = {0};

		reason_fill(&t, *f, fix_value, &w->fix);
		text_puts(out, "  ");
		/* commands stay in one piece, to be copied */
		if (strncmp(*f, "AT", 2) == 0 || strncmp(*f, "$ ", 2) == 0) {
			text_puts(out, "  ");
			paint_put(out, &w->paint, INK_COMMAND, t.s ? t.s : "");
			text_puts(out, "\n");
		} else {
			paint_wrapped(out, &w->paint, t.s ? t.s : "", 2, 2);
		}
		text_free(&t);
	}
	w->fix.line = NULL;
}

void entry_parts(struct why *w, struct text *out, const struct reason *r, const struct line *l)
{
	head(w, out, "What happened");
	text_puts(out, "  ");
	paint_wrapped(out, &w->paint, r->what, 2, 2);
	board(w, out, r);
	causes(w, out, r);
	fix(w, out, r, l);
}

void entry_show(struct why *w, struct text *out, const struct reason *r, const struct line *l)
{
	static const char *const kinds[] = {
		[REASON_KIND_REJECT] = "a visit that was turned away",
		[REASON_KIND_DENIAL] = "a refusal inside an accepted session",
		[REASON_KIND_END] = "the end of an accepted session",
		[REASON_KIND_MARK] = "a remark beside a verdict",
		[REASON_KIND_DEVICE] = "what only the board sees; never in a journal",
	};

	paint_put(out, &w->paint, INK_BAD, r->code);
	text_puts(out, "  ");
	paint_put(out, &w->paint, INK_BOLD, r->title);
	text_printf(out, "\n  %s: \"%s\"\n", kinds[r->kind], r->says);
	entry_parts(w, out, r, l);
}

/* ---- by name or number ---- */

/* How many letters have to change. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n >= 64 || strlen(a) >= 64)
		return 64;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t keep = corner + (tolower((unsigned char)a[i - 1]) != b[j - 1]);
			size_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			corner = row[j];
			row[j] = keep < least ? keep : least;
		}
	}
	return row[n];
}

static int unknown(const char *what)
{
	struct text near = {0};
	size_t best = 64;

	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		const char *code = reason_get((enum reason_id)i)->code;
		size_t d = strcasestr(code, what) ? 0 : distance(what, code);

		if (d > best || d > 4)
			continue;
		if (d < best)
			text_reset(&near);
		best = d;
		text_printf(&near, "%s%s", near.len ? ", " : "", code);
	}
	why_error("there is no reason \"%s\"%s%s; `doorstep-why --reasons` lists them all", what,
		  near.len ? "; did you mean " : "", near.len ? near.s : "");
	text_free(&near);
	return WHY_USAGE;
}

struct found {
	struct why *w;
	struct text *out;
	enum basis basis; /* only these, the surest first */
	bool shown[REASON_COUNT];
};

static void found(enum reason_id id, const struct symptom *s, void *arg)
{
	struct found *f = arg;
	const struct reason *r = reason_get(id);

	if (s->basis != f->basis || f->shown[id])
		return;
	f->shown[id] = true;
	text_puts(f->out, "  ");
	paint_column(f->out, &f->w->paint, INK_BAD, r->code, 32);
	text_printf(f->out, "%-9s %s\n", basis_name(s->basis), r->title);
}

/* A number, written `as`: what it is as a code of something, and as an errno (0: it can be none). */
static int by_number(struct why *w, const char *as, int err)
{
	struct text out = {0}, numbered = {0};
	struct found f = {.w = w, .out = &out};
	bool coded = code_show(w, &out, as);
	bool named = err && errno_show(w, &numbered, err);
	size_t n = reason_by_errno(err, NULL, NULL);

	if (coded && named)
		text_printf(&out, "\n%s", err > 0 ? "An errno has a minus on the board:\n" : "");
	text_puts(&out, numbered.s ? numbered.s : "");
	text_free(&numbered);
	if (!n && !named && !coded) {
		why_error("nothing is known of the number %s", as);
		text_free(&out);
		return WHY_FAILED;
	}
	if (n) {
		head(w, &out, "Reasons for which a board prints it");
		for (f.basis = BASIS_KNOWN; f.basis <= BASIS_ASSUMED; f.basis++)
			reason_by_errno(err, found, &f);
		text_puts(
			&out,
			"\nThe broker's line of that visit says which it was: `doorstep-why`. One of them "
			"in full: `doorstep-why REASON`.\n");
	}
	why_print(&out);
	text_free(&out);
	return WHY_DONE;
}

/* An identifier as code: NAME_MISMATCH is name-mismatch. */
static enum reason_id by_name(const char *what)
{
	char code[64];
	size_t n = strlen(what);

	if (n >= sizeof(code))
		return REASON_NONE;
	for (size_t i = 0; i <= n; i++)
		code[i] = what[i] == '_' ? '-' : (char)tolower((unsigned char)what[i]);
	return reason_by_code(code);
}

int entry_lookup(struct why *w, const char *what)
{
	const struct reason *r = reason_get(by_name(what));
	struct text out = {0};
	char *end;
	long err = strtol(what, &end, 10);

	if (*what && !*end)
		return by_number(w, what, err > -10000 && err < 10000 ? (int)err : 0);
	if (strncasecmp(what, "0x", 2) == 0)
		return by_number(w, what, 0);
	if (errno_by_name(what))
		return by_number(w, what, errno_by_name(what));
	if (!r)
		return unknown(what);
	entry_show(w, &out, r, NULL);
	why_print(&out);
	text_free(&out);
	return WHY_DONE;
}

/* ---- the whole list ---- */

int entry_list(struct why *w, const char *form)
{
	struct text out = {0};
	bool markdown = form && strcmp(form, "markdown") == 0;
	bool codes = form && strcmp(form, "codes") == 0;
	bool page = form && strcmp(form, "page") == 0;

	if (form && !markdown && !codes && !page) {
		why_error("--reasons can be plain, =markdown, =page or =codes, not \"%s\"", form);
		return WHY_USAGE;
	}
	if (page) {
		page_write(&out);
		why_print(&out);
		text_free(&out);
		return WHY_DONE;
	}
	if (markdown)
		text_puts(&out, "| code | kind | title | a board prints |\n|---|---|---|---|\n");
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		const struct reason *r = reason_get((enum reason_id)i);
		const char *between = "";

		if (codes) {
			text_printf(&out, "%s\n", r->code);
			continue;
		}
		if (!markdown) {
			paint_column(&out, &w->paint, INK_BAD, r->code, 32);
			text_printf(&out, "%-7s %s\n", reason_kind_name(r->kind), r->title);
			continue;
		}
		text_printf(&out, "| [`%s`](reasons.md#%s) | %s | %s | ", r->code, r->code,
			    reason_kind_name(r->kind), r->title);
		for (const struct symptom *s = r->board; s->text; s++) {
			if (!s->err)
				continue;
			text_printf(&out, "%s%d (%s)", between, s->err, basis_name(s->basis));
			between = ", ";
		}
		text_puts(&out, " |\n");
	}
	why_print(&out);
	text_free(&out);
	return WHY_DONE;
}
