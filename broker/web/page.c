#include "page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "redact.h"
#include "row.h"

#define STREAM_EVENTS 16384
#define STREAM_BYTES  (32U << 20)
#define SEARCH_LINES  200000 /* looked at for one answer; "next" goes on from there */
/* Masked for one answer, without the text that was looked for. To look at the line before it is masked
 * would tell by the time, or by "next", what stands behind the mask. */
#define SEARCH_MASKED 1000

int64_t page_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int page_init(struct page *p, const char *class_dir, size_t max_lines, size_t max_bytes)
{
	unsigned char random[8];
	char epoch[17];

	*p = (struct page){.guard = "nothing"};
	if (RAND_bytes(random, sizeof(random)) != 1)
		return -1;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(epoch + 2 * i, 3, "%02x", random[i]);
	classdir_init(&p->dir, class_dir);
	roster_init(&p->roster);
	plot_init(&p->plot);
	if (window_init(&p->window, max_lines, max_bytes) != 0)
		return -1;
	return stream_init(&p->stream, STREAM_EVENTS, STREAM_BYTES, epoch);
}

void page_free(struct page *p)
{
	feed_free(&p->feed);
	text_free(&p->noticed);
	window_free(&p->window);
	roster_free(&p->roster);
	stream_free(&p->stream);
	classdir_free(&p->dir);
}

enum view page_others_view(const struct page *p, const struct audience *who)
{
	static const enum view views[] = {
		[OTHERS_NONE] = VIEWS, [OTHERS_TILES] = VIEW_TILE, [OTHERS_VISITS] = VIEW_MASKED};

	return who->role == AUDIENCE_TEACHER ? VIEW_TEACHER : views[p->dir.others];
}

unsigned page_redact(const struct page *p, const struct audience *who)
{
	return who->role == AUDIENCE_TEACHER ? p->dir.redact_everyone : p->dir.redact;
}

bool page_may_see(const struct page *p, const struct audience *who, const struct record *r)
{
	if (who->role == AUDIENCE_TEACHER)
		return true;
	if (who->role != AUDIENCE_STUDENT || r->kind == LINE_LOST || r->kind == LINE_START ||
	    r->kind == LINE_STOP)
		return false;
	return strcmp(r->seat, who->seat) == 0 || p->dir.others == OTHERS_VISITS;
}

static void line_event(struct page *p, const struct record *r, const struct tile *t,
		       const struct tile *other)
{
	const unsigned flags[] = {p->dir.redact_everyone, p->dir.redact, p->dir.redact};
	struct event *e = stream_add(&p->stream, r->seat, r->run, r->seq);
	struct text data = {0};

	for (int v = 0; v < VIEWS; v++) {
		/* masked views only where somebody can have them */
		if (v != VIEW_TEACHER && !*p->access.token)
			break;
		if (v == VIEW_TILE && !t)
			break;
		text_reset(&data);
		text_puts(&data, "{");
		if (v != VIEW_TILE) {
			cJSON *line = row_line(r, flags[v]);

			text_puts(&data, "\"row\":");
			row_json(line, r->n, &data);
			cJSON_Delete(line);
		} else {
			text_printf(&data, "\"count\":%u,\"kind\":\"%s\",\"accepted\":%s", r->count,
				    line_kind_name(r->kind), r->accepted ? "true" : "false");
		}
		if (t) {
			text_puts(&data, ",\"tile\":");
			tile_json(t, flags[v], v == VIEW_TILE, &data);
		}
		if (other) {
			text_puts(&data, ",\"other\":");
			tile_json(other, flags[v], v == VIEW_TILE, &data);
		}
		text_puts(&data, "}");
		stream_render(&p->stream, e, (enum view)v, "line", data.s, data.len);
	}
	text_free(&data);
}

static void note_start(struct page *p, const struct line *l)
{
	struct text list = {0};

	p->keylog[0] = '\0';
	if (line_list(l, "keylog", &list))
		snprintf(p->keylog, sizeof(p->keylog), "%s", list.s ? list.s : "");
	text_free(&list);
}

bool page_take(struct record *r, const struct line *l, bool old, void *arg)
{
	struct page *p = arg;
	struct tile *t, *other;

	if (window_has(&p->window, r)) {
		p->metrics.duplicates++;
		free(r);
		return true;
	}
	if (old) {
		if (!window_push_old(&p->window, r))
			return false;
	} else if (window_push(&p->window, r) != 0) {
		return true;
	}
	if (r->kind == LINE_START && r->t >= p->self.newest_t)
		note_start(p, l);
	if (r->t > p->self.newest_t)
		p->self.newest_t = r->t;
	metrics_count(&p->metrics, r);
	plot_count(&p->plot, r, page_now());
	t = roster_apply(&p->roster, r, &other);
	if (!old)
		line_event(p, r, t, other);
	return true;
}

static void to_all(struct page *p, const char *name, const struct text *data)
{
	struct event *e = stream_add(&p->stream, "", "", 0);

	for (int v = 0; v < VIEWS; v++)
		stream_render(&p->stream, e, (enum view)v, name, data->s, data->len);
}

static void pulse(const struct page *p, struct text *out)
{
	int64_t now = page_now();

	text_printf(out, "\"now\":%" PRId64 ",\"outside\":%s,\"visits\":%llu,\"plot\":", now,
		    p->roster.outside ? "true" : "false", (unsigned long long)p->roster.visits);
	plot_json(&p->plot, now, out);
}

void page_tick(struct page *p)
{
	struct text data = {0};

	text_puts(&data, "{");
	pulse(p, &data);
	text_puts(&data, "}");
	to_all(p, "tick", &data);
	text_free(&data);
}

void page_settle(struct page *p)
{
	struct tile *other;

	roster_unhear(&p->roster);
	for (int64_t n = p->window.first_n; n < window_end(&p->window); n++)
		roster_apply(&p->roster, window_at(&p->window, n), &other);
}

void page_reload(struct page *p)
{
	struct text data = {0};

	text_puts(&data, "{}");
	to_all(p, "reload", &data);
	text_free(&data);
}

static void put_listeners(const struct page *p, struct text *out)
{
	const cJSON *l;
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(classdir_facts(&p->dir), "listeners");
	bool first = true;

	text_puts(out, ",\"listeners\":[");
	cJSON_ArrayForEach(l, list)
	{
		const cJSON *port = cJSON_GetObjectItemCaseSensitive(l, "port");
		const cJSON *tls = cJSON_GetObjectItemCaseSensitive(l, "tls");

		text_printf(out, "%s{\"port\":%d,\"tls\":%s", first ? "" : ",",
			    cJSON_IsNumber(port) ? port->valueint : 0,
			    cJSON_IsFalse(tls) ? "false" : "true");
		first = false;
		text_field(out, "name", json_text(l, "name"));
		text_field(out, "profile", json_text(l, "profile"));
		text_field(out, "protocol", json_text(l, "protocol"));
		text_puts(out, "}");
	}
	text_puts(out, "]");
}

/* In words, "" for none. */
static const char *journal_problem(const struct feed_journal *j)
{
	if (feed_error(j))
		return strerror(-feed_error(j));
	return access(j->path, F_OK) != 0 && errno == ENOENT
		       ? "not there yet: a broker makes it when it starts"
		       : "";
}

bool page_notices_changed(struct page *p)
{
	struct text now = {0};
	bool changed;

	text_printf(&now, "%s %d %d %d", p->keylog, p->metrics.lost > 0,
		    feed_unreadable(&p->feed) > 0, p->feed.unknown_v);
	for (int i = 0; i < p->feed.count; i++)
		text_printf(&now, " %s", journal_problem(&p->feed.journals[i]));
	changed = !now.broken && (!p->noticed.s || strcmp(p->noticed.s, now.s) != 0);
	if (changed) {
		text_free(&p->noticed);
		p->noticed = now;
	} else {
		text_free(&now);
	}
	return changed;
}

void page_class(const struct page *p, const struct audience *who, struct text *out)
{
	const cJSON *tag = cJSON_GetObjectItemCaseSensitive(classdir_facts(&p->dir), "tag");
	bool teacher = who->role == AUDIENCE_TEACHER;

	text_printf(out, "{\"tag\":%d", cJSON_IsNumber(tag) ? tag->valueint : 24);
	text_field(out, "domain", p->dir.domain);
	text_field(out, "others", others_name(p->dir.others));
	text_printf(out, ",\"token\":%s,\"redact\":%s", *p->access.token ? "true" : "false",
		    page_redact(p, who) ? "true" : "false");
	put_listeners(p, out);
	if (teacher) {
		text_field(out, "guard", p->guard);
		text_field(out, "problem", p->dir.problem);
		text_field(out, "keylog", p->keylog);
		text_printf(out, ",\"lost\":%llu,\"unreadable\":%lu,\"unknown_v\":%d",
			    (unsigned long long)p->metrics.lost, feed_unreadable(&p->feed),
			    p->feed.unknown_v);
		text_puts(out, ",\"journals\":[");
		for (int i = 0; i < p->feed.count; i++) {
			const struct feed_journal *j = &p->feed.journals[i];

			text_puts(out, i ? ",{\"path\":" : "{\"path\":");
			text_json(out, j->path, strlen(j->path), 0);
			text_field(out, "problem", journal_problem(j));
			text_puts(out, "}");
		}
		text_puts(out, "]");
	}
	text_puts(out, "}");
}

static void put_tiles(const struct page *p, const struct audience *who, struct text *out)
{
	unsigned redact = page_redact(p, who);
	bool first = true;

	text_puts(out, ",\"tiles\":[");
	for (size_t i = 0; i < p->roster.count; i++) {
		const struct tile *t = &p->roster.tiles[i];
		bool own = t->key[0] == 's' && strcmp(t->name, who->seat) == 0;
		bool brief =
			who->role != AUDIENCE_TEACHER && !own && p->dir.others != OTHERS_VISITS;

		if (who->role != AUDIENCE_TEACHER && !own && p->dir.others == OTHERS_NONE)
			continue;
		text_puts(out, first ? "" : ",");
		first = false;
		tile_json(t, redact, brief, out);
	}
	text_puts(out, "]");
}

void page_snapshot(struct page *p, const struct audience *who, struct text *out)
{
	struct filter all;

	filter_init(&all);
	all.limit = SNAPSHOT_ROWS;
	text_printf(out, "{\"epoch\":\"%s\",\"role\":\"%s\"", p->stream.epoch,
		    who->role == AUDIENCE_TEACHER ? "teacher" : "student");
	text_field(out, "seat", who->seat);
	text_puts(out, ",");
	pulse(p, out);
	text_puts(out, ",\"class\":");
	page_class(p, who, out);
	put_tiles(p, who, out);
	text_printf(out, ",\"reading_back\":%s,\"list\":", p->reading_back ? "true" : "false");
	page_visits(p, who, &all, out);
	text_puts(out, "}");
}

void page_visits(const struct page *p, const struct audience *who, const struct filter *f,
		 struct text *out)
{
	unsigned redact = page_redact(p, who);
	int64_t n = f->before && f->before < window_end(&p->window) ? f->before
								    : window_end(&p->window);
	int shown = 0, searched = 0, masked = 0;

	text_puts(out, "{\"rows\":[");
	while (--n >= p->window.first_n && n > f->after && shown < f->limit &&
	       searched < SEARCH_LINES && masked < SEARCH_MASKED) {
		const struct record *r = window_at(&p->window, n);
		size_t start = out->len;
		cJSON *line;

		searched++;
		if (!page_may_see(p, who, r))
			continue;
		/* a visit that has its verdict is shown once; what is masked cannot be searched for */
		if (r->kind == LINE_BEGIN && window_visit(&p->window, r->id) != r)
			continue;
		if (redact && (*f->client || *f->address))
			continue;
		if (!filter_match(f, r) || (!redact && !filter_match_text(f, r)))
			continue;
		line = row_line(r, redact);
		text_puts(out, shown ? "," : "");
		row_json(line, r->n, out);
		cJSON_Delete(line);
		if (redact && *f->text && !strcasestr(out->s + start, f->text_json)) {
			out->s[out->len = start] = '\0';
			masked++;
			continue;
		}
		shown++;
	}
	text_printf(out, "],\"searched\":%d,\"kept\":%zu,\"older\":%s,\"end\":%" PRId64, searched,
		    p->window.count, p->window.older ? "true" : "false", window_end(&p->window));
	if (n >= p->window.first_n && n > f->after)
		text_printf(out, ",\"next\":%" PRId64, n + 1);
	text_puts(out, "}");
}
