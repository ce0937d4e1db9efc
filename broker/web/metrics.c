#include "metrics.h"

#include <stdio.h>
#include <string.h>

static const double bounds[METRICS_BUCKETS] = {10, 25, 50, 100, 250, 500, 1000, 5000, 30000};

static bool is_series(const struct metric *s, const struct record *r, const char *listener)
{
	return s->kind == r->kind && s->accepted == r->accepted &&
	       strcmp(s->reason, r->reason) == 0 && strcmp(s->listener, listener) == 0;
}

static struct metric *series_of(struct metrics *m, const struct record *r, const char *listener)
{
	struct metric *s;

	for (int i = 0; i < m->count; i++)
		if (is_series(&m->series[i], r, listener))
			return &m->series[i];
	if (m->count == METRICS_SERIES || strlen(r->reason) >= sizeof(s->reason))
		return NULL;
	s = &m->series[m->count++];
	*s = (struct metric){.kind = r->kind, .accepted = r->accepted};
	snprintf(s->reason, sizeof(s->reason), "%s", r->reason);
	snprintf(s->listener, sizeof(s->listener), "%s", listener);
	return s;
}

void metrics_count(struct metrics *m, const struct record *r)
{
	struct metric *s;
	int bucket = 0;

	if (r->kind == LINE_LOST) {
		m->lost += r->count;
		return;
	}
	if (r->kind == LINE_BEGIN || r->kind == LINE_OTHER)
		return;
	s = strlen(r->listener) < sizeof(s->listener) && m->count < METRICS_SERIES - 64
		    ? series_of(m, r, r->listener)
		    : series_of(m, r, "other");
	if (s)
		s->count += r->kind == LINE_FLOOD ? r->count : 1;
	if (r->kind != LINE_VISIT || r->ms < 0)
		return;
	while (bucket < METRICS_BUCKETS && r->ms > bounds[bucket])
		bucket++;
	m->took[r->accepted][bucket]++;
	m->took_sum[r->accepted] += r->ms;
}

/* A label's value: backslash, quote and newline are escaped, anything unsafe shown as it is named. */
static void label(struct text *out, const char *name, const char *value, const char *before)
{
	struct text safe = {0};

	text_safe(&safe, value, strlen(value), 0);
	text_printf(out, "%s%s=\"", before, name);
	for (const char *p = safe.s ? safe.s : ""; *p; p++) {
		if (*p == '\\' || *p == '"')
			text_puts(out, "\\");
		text_add(out, p, 1);
	}
	text_puts(out, "\"");
	text_free(&safe);
}

static void family(const struct metrics *m, struct text *out, const char *name, const char *help,
		   enum line_kind a, enum line_kind b)
{
	text_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
	for (int i = 0; i < m->count; i++) {
		const struct metric *s = &m->series[i];

		if (s->kind != a && s->kind != b)
			continue;
		text_puts(out, name);
		label(out, "listener", s->listener, "{");
		if (a == LINE_VISIT)
			label(out, "verdict", s->accepted ? "accepted" : "rejected", ",");
		if (a != LINE_START)
			label(out, "reason", s->reason, ",");
		text_printf(out, "} %llu\n", (unsigned long long)s->count);
	}
}

static void value(struct text *out, const char *name, const char *type, const char *help, double v)
{
	text_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, type, name, v);
}

static void durations(const struct metrics *m, struct text *out)
{
	static const char name[] = "doorstep_visit_duration_seconds";

	text_printf(out, "# HELP %s From TCP accept to the verdict.\n# TYPE %s histogram\n", name,
		    name);
	for (int accepted = 0; accepted < 2; accepted++) {
		const char *verdict = accepted ? "accepted" : "rejected";
		uint64_t sum = 0;

		for (int i = 0; i <= METRICS_BUCKETS; i++) {
			sum += m->took[accepted][i];
			if (i < METRICS_BUCKETS)
				text_printf(out, "%s_bucket{verdict=\"%s\",le=\"%g\"} %llu\n", name,
					    verdict, bounds[i] / 1000, (unsigned long long)sum);
			else
				text_printf(out, "%s_bucket{verdict=\"%s\",le=\"+Inf\"} %llu\n",
					    name, verdict, (unsigned long long)sum);
		}
		text_printf(out, "%s_sum{verdict=\"%s\"} %.15g\n", name, verdict,
			    m->took_sum[accepted] / 1000);
		text_printf(out, "%s_count{verdict=\"%s\"} %llu\n", name, verdict,
			    (unsigned long long)sum);
	}
}

void metrics_text(const struct metrics *m, const struct metrics_self *self, struct text *out)
{
	family(m, out, "doorstep_visits_total",
	       "Visits with a verdict, those counted together in a flood too.", LINE_VISIT,
	       LINE_FLOOD);
	family(m, out, "doorstep_denials_total", "Refusals inside accepted sessions.", LINE_DENIAL,
	       LINE_DENIAL);
	family(m, out, "doorstep_ends_total", "Ends of accepted sessions.", LINE_END, LINE_END);
	durations(m, out);
	value(out, "doorstep_journal_lost_lines_total", "counter",
	      "Lines that the broker had to drop.", (double)m->lost);
	value(out, "doorstep_web_unreadable_lines_total", "counter",
	      "Lines that are no journal lines of this version.", (double)m->unreadable);
	value(out, "doorstep_web_duplicate_lines_total", "counter",
	      "Lines that another journal had already.", (double)m->duplicates);
	value(out, "doorstep_web_journals", "gauge", "Journals that are read.", self->journals);
	value(out, "doorstep_web_window_lines", "gauge", "Lines that are kept in memory.",
	      (double)self->window_lines);
	value(out, "doorstep_web_window_bytes", "gauge", "What they take.",
	      (double)self->window_bytes);
	value(out, "doorstep_web_window_evicted_total", "counter",
	      "Lines that had to leave memory for newer ones.", (double)self->evicted);
	value(out, "doorstep_web_clients", "gauge", "Browsers that follow the events.",
	      (double)self->clients);
	value(out, "doorstep_web_clients_dropped_total", "counter",
	      "Browsers that read too slowly and were dropped.", (double)self->dropped);
	value(out, "doorstep_web_answers_total", "counter", "HTTP requests that were answered.",
	      (double)self->answers);
	value(out, "doorstep_web_refused_total", "counter",
	      "HTTP requests that were refused for want of a token.", (double)self->refused);
	if (self->newest_t)
		value(out, "doorstep_journal_newest_timestamp_seconds", "gauge",
		      "Time of the newest line.", (double)self->newest_t / 1000);
}
