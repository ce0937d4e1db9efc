#include "why.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A narrow terminal gets narrower columns, so that something is left for the sentence. */
#define NARROW 100

static int who_columns(const struct paint *p)
{
	return p->width && p->width < NARROW ? 10 : 18;
}

static int reason_columns(const struct paint *p)
{
	return p->width && p->width < NARROW ? 24 : 30;
}

static enum ink ink_of(const struct line *l)
{
	if (l->exercise)
		return INK_PURPOSE;
	switch (l->kind) {
	case LINE_VISIT:
		return l->accepted ? INK_GOOD : INK_BAD;
	case LINE_DENIAL:
	case LINE_LOST:
		return INK_WARN;
	case LINE_FLOOD:
		return INK_BAD;
	case LINE_END:
		return l->reason && strcmp(l->reason, "device-left") == 0 ? INK_DIM : INK_WARN;
	default:
		return INK_DIM;
	}
}

static const char *outcome(const struct line *l)
{
	if (l->kind == LINE_VISIT && l->accepted)
		return "accepted";
	if (l->kind == LINE_BEGIN)
		return "at the door";
	if (l->kind == LINE_START)
		return "broker starts";
	if (l->kind == LINE_STOP)
		return "broker stops";
	if (l->kind == LINE_LOST)
		return "lines lost";
	return l->reason ? l->reason : line_kind_name(l->kind);
}

/* Who came: the seat, else the client id, else the address. */
static const char *who(const struct line *l)
{
	const char *w = l->seat ? l->seat : l->client_id ? l->client_id : l->peer;

	return w ? w : "-";
}

static void put_safe(struct text *out, const char *s, size_t max)
{
	text_show(out, s, strlen(s), max);
}

static void put_details(struct text *out, const struct line *l)
{
	double count;
	const cJSON *mark;

	if (l->exercise) {
		text_puts(out, "[exercise ");
		put_safe(out, l->exercise, 64);
		text_puts(out, "] ");
	}
	if (l->kind == LINE_FLOOD && line_number(l, "count", &count))
		text_printf(out, "the same %.0f time%s", count, count > 1 ? "s" : "");
	else if (l->kind == LINE_LOST && line_number(l, "count", &count))
		text_printf(out, "%.0f lines did not get into the journal", count);
	else if (l->kind == LINE_START && line_string(l, "mosquitto"))
		text_puts(out, "Mosquitto "), put_safe(out, line_string(l, "mosquitto"), 64);
	else if (l->kind == LINE_BEGIN && l->stage)
		put_safe(out, l->stage, 32);
	else if (l->says)
		put_safe(out, l->says, 600);
	cJSON_ArrayForEach(mark, line_at(l, "marks"))
	{
		if (!cJSON_IsString(mark))
			continue;
		text_puts(out, " (");
		put_safe(out, mark->valuestring, 64);
		text_puts(out, ")");
	}
	if (l->peer && (l->seat || l->client_id) && l->kind != LINE_END) {
		text_puts(out, " from ");
		put_safe(out, l->peer, 64);
	}
}

static void put_when(struct why *w, struct text *out, const struct line *l)
{
	long long ms = line_time(l->t);
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[40];

	if (ms < 0 || !localtime_r(&s, &tm)) {
		text_puts(out, "--:--:--");
		return;
	}
	if (tm.tm_yday + 366 * tm.tm_year != w->day) {
		w->day = tm.tm_yday + 366 * tm.tm_year;
		strftime(text, sizeof(text), "%A %Y-%m-%d", &tm);
		paint_put(out, &w->paint, INK_BOLD, text);
		text_puts(out, "\n");
	}
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	paint_put(out, &w->paint, INK_DIM, text);
}

void show_line(struct why *w, struct text *out, const struct line *l)
{
	struct text name = {.max = 1024}, reason = {.max = 1024}, says = {.max = 65536};
	/* what remains for the sentence; the id at its end is worth more than its last words */
	int room =
		w->paint.width - 8 - 2 - who_columns(&w->paint) - 1 - reason_columns(&w->paint) - 1;

	put_when(w, out, l);
	text_puts(out, "  ");
	put_safe(&name, who(l), 200);
	paint_column(out, &w->paint, INK_BOLD, name.s ? name.s : "-", who_columns(&w->paint));
	text_puts(out, " ");
	put_safe(&reason, outcome(l), 200);
	paint_column(out, &w->paint, ink_of(l), reason.s ? reason.s : "",
		     reason_columns(&w->paint));
	text_puts(out, " ");
	put_details(&says, l);
	if (says.s && w->paint.width) {
		/* the last part of an id is enough for --explain */
		const char *id = l->id ? strrchr(l->id, '-') : NULL;
		int columns = id && strlen(id) <= 17 ? (int)strlen(id) : 0;

		if (room < 30)
			columns = 0;
		paint_column(out, &w->paint, INK_PLAIN, says.s,
			     room - columns > 1 ? room - columns : 1);
		if (columns) {
			struct text safe = {.max = 64};

			put_safe(&safe, id + 1, 32);
			text_puts(out, " ");
			paint_put(out, &w->paint, INK_DIM, safe.s ? safe.s : "");
			text_free(&safe);
		}
	} else {
		if (says.s)
			text_puts(out, says.s);
		if (l->id) {
			text_puts(out, "  ");
			put_safe(out, l->id, 64);
		}
	}
	text_puts(out, "\n");
	text_free(&name);
	text_free(&reason);
	text_free(&says);
}

/* ---- reading and following ---- */

/* Lines that are of use only while they are new. */
static bool passing(const struct why *w, const struct line *l)
{
	return l->kind == LINE_OTHER || (l->kind == LINE_BEGIN && !w->follow);
}

static bool wanted(const struct why *w, const struct line *l)
{
	return (w->filter.kind || !passing(w, l)) && filter_match(&w->filter, l);
}

struct start {
	struct why *w;
	size_t left;
};

/* Backwards until there are enough lines, or they are too old. A visit that lasted long is written
 * later than it began, so lines are not quite in the order of their times. */
static bool enough(const char *s, size_t len, void *arg)
{
	struct start *start = arg;
	long long since = start->w->filter.since;
	struct line l;
	bool stop = false;

	if (line_parse(&l, s, len, NULL))
		return false;
	if (since >= 0 && line_time(l.t) >= 0 && line_time(l.t) < since - 600000)
		stop = true;
	else if (start->left != SIZE_MAX && wanted(start->w, &l))
		stop = start->left == 0 || (start->left--, false);
	line_free(&l);
	return stop;
}

/* The id of a visit that was turned away goes to `refused`. */
static void show(struct why *w, struct text *out, const char *s, size_t len, char refused[80])
{
	struct line l;

	if (!why_parse(w, s, len, &l))
		return;
	if (wanted(w, &l)) {
		if (l.kind == LINE_VISIT && !l.accepted && l.id)
			snprintf(refused, 80, "%s", l.id);
		if (!w->json)
			show_line(w, out, &l);
		else if (w->paint.tty)
			text_show(out, s, len, 0), text_puts(out, "\n");
		else
			text_add(out, s, len), text_puts(out, "\n");
	}
	line_free(&l);
}

/* Where a person looks, what to type next. */
static void hint(struct why *w, struct text *out, const char *id)
{
	const char *part = strrchr(id, '-');
	struct text t = {.max = 256};

	if (!w->paint.tty || w->json || w->follow || !*id)
		return;
	text_puts(&t, "--explain ");
	text_show(&t, part ? part + 1 : id, strlen(part ? part + 1 : id), 24);
	text_puts(&t, " tells the last refusal's story\n");
	paint_put(out, &w->paint, INK_DIM, t.s);
	text_free(&t);
}

int show_journal(struct why *w)
{
	char refused[80] = "";

	struct start start = {w, w->last};
	struct text out = {0};
	struct tail *t;
	const char *s;
	size_t len;
	int r;

	if (!w->follow && !why_journal_there(w))
		return WHY_FAILED;
	t = tail_open(w->journal, w->last == SIZE_MAX && w->filter.since < 0 ? NULL : enough,
		      &start);
	if (!t) {
		why_error("out of memory");
		return WHY_FAILED;
	}
	for (;;) {
		while ((r = tail_next(t, &s, &len)) == 1 && why_is_heard()) {
			show(w, &out, s, len, refused);
			if (out.len > 65536)
				why_print(&out);
		}
		why_print(&out);
		if (r < 0)
			why_error("%s cannot be read: %s", w->journal, strerror(-r));
		if (!w->follow || r < 0 || !why_is_heard())
			break;
		tail_wait(t, 1000);
	}
	hint(w, &out, refused);
	why_print(&out);
	tail_close(t);
	text_free(&out);
	return r < 0 || w->refused_v ? WHY_FAILED : WHY_DONE;
}
