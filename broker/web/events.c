#include "answer.h"

#include <inttypes.h>
#include <string.h>

#include "row.h"

#define REPLAY_LINES 10000 /* each reader that comes back costs so many at most */

/* Where in the window the line stands that a browser saw last; before the first if it is not there. */
static int64_t place_of(const struct page *p, const char *run, uint64_t seq)
{
	int64_t n = window_end(&p->window) - 1;

	for (; n >= p->window.first_n; n--) {
		const struct record *r = window_at(&p->window, n);

		if (r->seq == seq && strcmp(r->run, run) == 0)
			break;
	}
	return n;
}

/* The state as it is now; the id lets a browser that sees no line come back here. */
static void put_state(struct page *p, const struct audience *who, struct text *out)
{
	const struct record *newest = window_at(&p->window, window_end(&p->window) - 1);

	text_puts(out, "id: ");
	stream_id(&p->stream, p->stream.end - 1, newest ? newest->run : "",
		  newest ? newest->seq : 0, out);
	text_puts(out, "\nevent: snapshot\ndata: ");
	page_snapshot(p, who, out);
	text_puts(out, "\n\n");
}

/*
 * After a restart, or a long time away: what stands behind the line that the browser saw last; of
 * very much, the newest. Where that line is not known, there is nothing to go on from.
 */
static struct replay replay_from(const struct page *p, const struct audience *who, const char *run,
				 uint64_t seq)
{
	struct replay r = {.last_n = place_of(p, run, seq)};
	const struct record *last = window_at(&p->window, r.last_n);

	if (!last && (p->reading_back || p->window.evicted || strcmp(run, "0") != 0))
		return r;
	r.on = true;
	r.last_t = last ? last->t : 0;
	r.n = window_end(&p->window) - REPLAY_LINES;
	if (r.n < p->window.first_n)
		r.n = p->window.first_n;
	for (int64_t n = r.last_n + 1; n < r.n; n++)
		r.missed += page_may_see(p, who, window_at(&p->window, n));
	return r;
}

void events_replay(struct page *p, const struct audience *who, struct replay *r, size_t max,
		   struct text *out)
{
	unsigned redact = page_redact(p, who);

	if (r->n < p->window.first_n) { /* newer ones pushed them out meanwhile */
		r->missed += p->window.first_n - r->n;
		r->n = p->window.first_n;
	}
	for (; r->n < window_end(&p->window) && out->len < max; r->n++) {
		const struct record *o = window_at(&p->window, r->n);
		cJSON *line;

		if (r->n == r->last_n || (r->n < r->last_n && o->t < r->last_t) ||
		    !page_may_see(p, who, o))
			continue;
		line = row_line(o, redact);
		text_puts(out, "event: line\ndata: {\"row\":");
		row_json(line, o->n, out);
		text_puts(out, "}\n\n");
		cJSON_Delete(line);
	}
	if (r->n < window_end(&p->window))
		return;
	text_printf(out, "event: replayed\ndata: {\"missed\":%" PRId64 "}\n\n", r->missed);
	put_state(p, who, out);
	r->on = false;
}

void events_get(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	const char *last = *rq->last_event_id ? rq->last_event_id : request_arg(rq, "last");
	uint64_t next = p->stream.end, seq = 0;
	char run[40] = "";
	int known = last && *last ? stream_resume(&p->stream, last, &next, run, &seq) : -1;

	(void)rest;
	a->events = true;
	a->type = "text/event-stream";
	a->cache = "no-store";
	a->next = next;
	text_puts(&a->body, "retry: 1000\n\n");
	if (known == 1) {
		text_puts(&a->body, "event: resumed\ndata: {}\n\n");
		return;
	}
	a->next = p->stream.end;
	if (known == 0)
		a->replay = replay_from(p, &rq->who, run, seq);
	if (a->replay.on)
		return;
	if (known == 0)
		text_puts(&a->body, "event: replayed\ndata: {}\n\n");
	put_state(p, &rq->who, &a->body);
}
