#include "why.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What has come so far of those whom we wait for. */
struct seen {
	struct line last; /* the newest visit, or denial, or end, that was not what we expect */
	bool any;
	bool unreadable;
	unsigned count;
};

static long long monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Each of the list must be a code of the catalogue, or "accepted"; or a pattern. */
static bool codes_known(const char *reasons)
{
	for (const char *p = reasons; *p;) {
		char code[64];
		size_t n = strcspn(p, ",");

		snprintf(code, sizeof(code), "%.*s", (int)(n < 63 ? n : 63), p);
		if (strcmp(code, "accepted") != 0 && !strpbrk(code, "*?[") &&
		    reason_by_code(code) == REASON_NONE) {
			why_error("--expect: there is no reason \"%s\"; it is accepted, or one of "
				  "`doorstep-why --reasons`",
				  code);
			return false;
		}
		p += n;
		p += *p == ',';
	}
	return *reasons != '\0';
}

static void show_what(struct why *w, const struct line *l)
{
	struct text out = {0};

	if (w->json) {
		char *json = cJSON_PrintUnformatted(l->json);

		text_printf(&out, "%s\n", json ? json : "");
		cJSON_free(json);
	} else {
		show_line(w, &out, l);
	}
	why_print(&out);
	text_free(&out);
}

static void put_whom(struct text *t, const struct filter *f)
{
	const char *const parts[][2] = {{"seat", f->seat},	 {"client id", f->client_id},
					{"address", f->address}, {"listener", f->listener},
					{"stage", f->stage},	 {"verdict", f->verdict}};
	const char *between = " of ";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i][1])
			continue;
		text_printf(t, "%s%s ", between, parts[i][0]);
		text_show(t, parts[i][1], strlen(parts[i][1]), 200);
		between = ", ";
	}
}

/* The story of what came instead, or of nothing. */
static void tell_failure(struct why *w, const char *reasons, const struct seen *seen)
{
	struct text out = {0}, whom = {0};

	put_whom(&whom, &w->filter);
	if (seen->any) {
		why_error("expected %s%s; %u other%s came, and this is the last:", reasons,
			  whom.s ? whom.s : "", seen->count, seen->count == 1 ? "" : "s");
		if (w->json)
			show_what(w, &seen->last);
		else
			story_tell(w, &out, &seen->last);
	} else {
		why_error("expected %s%s within %.3g s, and no visit came at all", reasons,
			  whom.s ? whom.s : "", (double)w->within / 1000);
		text_puts(
			&out,
			"Nothing of it reached this broker. What to check, in order:\n"
			"  1. Does the broker run, and which ports has it? `broker/status`\n"
			"  2. Does the device use this host and port? From cellular it must be a "
			"public address.\n"
			"  3. Did it come under another name? `doorstep-why --since 10m` shows all.\n"
			"  4. Does its own log name an errno? `doorstep-why -- -111` explains it; "
			"an empty\n     security tag gives -111 without a visit.\n");
	}
	why_print(&out);
	text_free(&out);
	text_free(&whom);
}

static bool counts(const struct why *w, const struct line *l)
{
	return (l->kind == LINE_VISIT || l->kind == LINE_DENIAL || l->kind == LINE_END) &&
	       filter_match(&w->filter, l);
}

/* Back to --since; without it only what is yet to come. */
static bool before_since(const char *s, size_t len, void *arg)
{
	const struct why *w = arg;
	struct line l;
	bool stop = w->filter.since < 0;

	if (!stop && line_parse(&l, s, len, NULL) == 0) {
		stop = line_time(l.t) >= 0 && line_time(l.t) < w->filter.since - 600000;
		line_free(&l);
	}
	return stop;
}

/* Reads what is there. 1: it came; -1: another came and the first one counts, or there is no reading
 * on; 0: neither. */
static int read_some(struct why *w, struct tail *t, const char *reasons, struct seen *seen)
{
	const char *s;
	size_t len;
	int r;

	while ((r = tail_next(t, &s, &len)) == 1) {
		struct line l;

		if (!why_parse(w, s, len, &l)) {
			if (w->refused_v)
				return -1;
			continue;
		}
		if (!counts(w, &l)) {
			line_free(&l);
			continue;
		}
		if (filter_reason(reasons, &l)) {
			show_what(w, &l);
			line_free(&l);
			return 1;
		}
		if (l.kind != LINE_VISIT) {
			/* an end or a denial is not what became of a visit */
			line_free(&l);
			continue;
		}
		line_free(&seen->last);
		seen->last = l;
		seen->any = true;
		seen->count++;
		if (w->first)
			return -1;
	}
	if (r < 0) {
		why_error("%s cannot be read: %s", w->journal, strerror(-r));
		seen->unreadable = true;
	}
	return r;
}

int expect(struct why *w, const char *reasons)
{
	long long end = monotonic() + w->within;
	struct seen seen = {0};
	struct tail *t;
	int r;

	if (!codes_known(reasons))
		return WHY_USAGE;
	t = tail_open(w->journal, before_since, w);
	if (!t) {
		why_error("out of memory");
		return WHY_FAILED;
	}
	while ((r = read_some(w, t, reasons, &seen)) == 0) {
		long long left = end - monotonic();

		if (left <= 0)
			break;
		tail_wait(t, left > 1000 ? 1000 : (int)left);
	}
	/* of a journal that cannot be read it is not true that nothing came */
	if (r != 1 && !seen.unreadable && (seen.any || !w->refused_v))
		tell_failure(w, reasons, &seen);
	line_free(&seen.last);
	tail_close(t);
	return r == 1 ? WHY_DONE : WHY_FAILED;
}
