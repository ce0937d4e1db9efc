/* The catalogue as a page to read: plugins/reasons.md. */
#include "why.h"

#include <string.h>

/* Prose in Markdown: what would be markup is shown as it is. */
static void put_prose(struct text *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			text_puts(out, "&lt;");
		else if (strchr("*|[]`\\", *s))
			text_printf(out, "\\%c", *s);
		else
			text_add(out, s, 1);
	}
}

static void put_basis(struct text *out, enum basis basis, const char *source)
{
	text_printf(out, " *(%s: ", basis_name(basis));
	put_prose(out, source);
	text_puts(out, ")*\n");
}

static const char *no_value(const char *name, void *arg)
{
	(void)name;
	(void)arg;
	return NULL;
}

/* What stands in a line of a fix: the word behind its fence, or NULL for prose. */
static const char *fence_of(const char *line)
{
	if (strncmp(line, "AT", 2) == 0)
		return "at";
	return strncmp(line, "$ ", 2) == 0 ? "sh" : NULL;
}

static void put_fix(struct text *out, const char *const *fix)
{
	const char *open = NULL;

	for (; *fix; fix++) {
		const char *fence = fence_of(*fix);
		struct text line = {0};

		reason_fill(&line, *fix, no_value, NULL);
		if (open && (!fence || strcmp(open, fence))) {
			text_puts(out, "```\n");
			open = NULL;
		}
		if (fence && !open)
			text_printf(out, "\n```%s\n", fence);
		if (fence) {
			text_printf(out, "%s\n", line.s + (strcmp(fence, "sh") ? 0 : 2));
			open = fence;
		} else {
			text_puts(out, "\n");
			put_prose(out, line.s);
			text_puts(out, "\n");
		}
		text_free(&line);
	}
	if (open)
		text_puts(out, "```\n");
}

static void put_reason(struct text *out, const struct reason *r)
{
	int n = 0;

	text_printf(out, "\n### %s\n\n**", r->code);
	put_prose(out, r->title);
	text_printf(out, "** (%s). In the log: \"", reason_kind_name(r->kind));
	put_prose(out, r->says);
	text_puts(out, "\"\n\n");
	put_prose(out, r->what);
	text_puts(out, "\n");
	if (r->board[0].text)
		text_puts(out, "\nA board prints\n\n");
	for (const struct symptom *s = r->board; s->text; s++) {
		text_puts(out, "- ");
		put_prose(out, s->text);
		put_basis(out, s->basis, s->source);
	}
	text_puts(out, "\nLikely causes\n\n");
	for (const struct cause *c = r->causes; c->text; c++) {
		text_printf(out, "%d. ", ++n);
		put_prose(out, c->text);
		put_basis(out, c->basis, c->source);
	}
	text_puts(out, "\nWhat to do\n");
	put_fix(out, r->fix);
}

struct row {
	struct text *out;
	enum basis basis;
	bool any;
	bool seen[REASON_COUNT];
};

static void put_candidate(enum reason_id id, const struct symptom *s, void *arg)
{
	struct row *row = arg;
	const char *code = reason_get(id)->code;

	if (s->basis != row->basis || row->seen[id])
		return;
	row->seen[id] = true;
	text_printf(row->out, "%s[%s](#%s)", row->any ? ", " : "", code, code);
	row->any = true;
}

/* The reasons for which a board may print each number, the surest first. */
static void put_numbers(struct text *out)
{
	const struct number *n;

	text_puts(out, "| number | before NCS 1.6 | name | known | reported | assumed |\n"
		       "|---|---|---|---|---|---|\n");
	for (size_t i = 0; (n = errno_at(i)) != NULL; i++) {
		struct row row = {.out = out};

		text_printf(out, "| %d | ", n->now);
		if (n->old)
			text_printf(out, "%d", n->old);
		text_printf(out, " | %s, %s", n->name, n->words);
		for (int basis = BASIS_KNOWN; basis <= BASIS_ASSUMED; basis++) {
			row.basis = (enum basis)basis;
			row.any = false;
			text_puts(out, " | ");
			reason_by_errno(n->now, put_candidate, &row);
		}
		text_puts(out, " |\n");
	}
}

void page_write(struct text *out)
{
	static const struct {
		enum reason_kind kind;
		const char *head;
	} parts[] = {
		{REASON_KIND_REJECT, "Why a visit was turned away"},
		{REASON_KIND_DENIAL, "What was refused inside an accepted session"},
		{REASON_KIND_END, "How an accepted session ended"},
		{REASON_KIND_MARK, "Remarks beside a verdict"},
		{REASON_KIND_DEVICE, "What only the board sees"},
	};

	text_puts(
		out,
		"# What each reason means\n\n"
		"This page is the catalogue (`reasons.def`) as `doorstep-why --reasons=page` writes it; edit "
		"that, not this. In a terminal `doorstep-why name-mismatch` shows one entry, and "
		"`doorstep-why -111` what a number on a board can mean; the page of a running class has all "
		"of it under *Reasons*, with commands filled in for that class.\n\n"
		"What is claimed of boards and causes is *known* (read in code or documents, or measured), "
		"*reported* (somebody saw it and said so) or *assumed* (it follows, and nobody has seen "
		"it). Words in &lt;angle brackets> are yours to fill in.\n\n"
		"## By the number that the board prints\n\n");
	put_numbers(out);
	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		text_printf(out, "\n## %s\n", parts[p].head);
		for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
			if (reason_get((enum reason_id)i)->kind == parts[p].kind)
				put_reason(out, reason_get((enum reason_id)i));
	}
}
