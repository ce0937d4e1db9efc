#include "routes.h"

#include <string.h>

#include "certfile.h"
#include "download.h"
#include "entrance.h"
#include "exercises.h"
#include "publicfile.h"
#include "story.h"

enum who_may { ANYBODY, STUDENTS, TEACHER };

struct route {
	const char *path; /* one that ends with '/' takes one component more */
	enum who_may who;
	answer_get *get;
};

static void get_health(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	int readable = 0;

	(void)rq;
	(void)rest;
	for (int i = 0; i < p->feed.count; i++)
		readable += feed_error(&p->feed.journals[i]) == 0;
	a->status = readable || !p->feed.count ? 200 : 503;
	text_printf(&a->body, "{\"ok\":%s,\"journals\":%d,\"readable\":%d,\"reading_back\":%s}\n",
		    a->status == 200 ? "true" : "false", p->feed.count, readable,
		    p->reading_back ? "true" : "false");
}

static void get_metrics(struct page *p, const struct request *rq, const char *rest,
			struct answer *a)
{
	(void)rq;
	(void)rest;
	p->self.window_lines = p->window.count;
	p->self.window_bytes = p->window.bytes;
	p->self.evicted = p->window.evicted;
	p->self.journals = p->feed.count;
	p->metrics.unreadable = feed_unreadable(&p->feed);
	a->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_text(&p->metrics, &p->self, &a->body);
}

static void get_snapshot(struct page *p, const struct request *rq, const char *rest,
			 struct answer *a)
{
	(void)rest;
	page_snapshot(p, &rq->who, &a->body);
}

static void get_visits(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	struct filter f;

	(void)rest;
	filter_init(&f);
	for (int i = 0; i < rq->nargs; i++) {
		struct text why = {0};
		const char *expected;
		int rc = filter_set(&f, rq->args[i].name, rq->args[i].value, &expected);

		if (rc == 0)
			continue;
		if (rc == -1)
			text_printf(&why,
				    "no such filter: \"%s\"; expected seat, reason, verdict, "
				    "stage, address, client, exercise, text, before, after or "
				    "limit",
				    rq->args[i].name);
		else
			text_printf(&why, "%s is \"%s\"; expected %s", rq->args[i].name,
				    rq->args[i].value, expected);
		a->status = 400;
		text_puts(&a->body, "{\"error\":");
		text_json(&a->body, why.s, why.len, 0);
		text_free(&why);
		text_puts(&a->body, "}\n");
		return;
	}
	page_visits(p, &rq->who, &f, &a->body);
}

static void get_visit(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	const struct record *r = window_visit(&p->window, rest);

	if (!r)
		r = window_find(&p->window, rest);
	if (r && !page_may_see(p, &rq->who, r))
		r = NULL;
	if (!r || !story_visit(&a->body, &p->window, &p->roster, &p->dir, rest,
			       page_redact(p, &rq->who))) {
		a->status = 404;
		text_puts(&a->body, "{\"error\":\"this visit is not in memory (any more); the "
				    "journal may still have it: doorstep-why --id\"}\n");
	}
}

static void get_reasons(struct page *p, const struct request *rq, const char *rest,
			struct answer *a)
{
	(void)rq;
	(void)rest;
	story_catalogue(&a->body, &p->dir);
}

static void get_exercises(struct page *p, const struct request *rq, const char *rest,
			  struct answer *a)
{
	(void)rq;
	(void)rest;
	exercises_json(p, &a->body);
}

static void get_certificate(struct page *p, const struct request *rq, const char *rest,
			    struct answer *a)
{
	const char *own = rq->who.seat;

	(void)rest;
	text_puts(&a->body, "{\"certificate\":");
	certfile_json(p->dir.path, &a->body);
	text_puts(&a->body, ",\"exports\":");
	if (rq->who.role == AUDIENCE_TEACHER) {
		publicfile_exports(p->dir.path, NULL, &a->body);
	} else {
		text_puts(&a->body, "{");
		text_json(&a->body, own, strlen(own), 0);
		text_puts(&a->body, ":");
		if (publicfile_name_ok(own))
			publicfile_exports(p->dir.path, own, &a->body);
		else
			text_puts(&a->body, "[]");
		text_puts(&a->body, "}");
	}
	text_puts(&a->body, "}");
}

/* Links for hand-outs: for the teacher, where there is a token to make them from. */
static void get_links(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	bool first = true;

	(void)rq;
	(void)rest;
	text_puts(&a->body, "{\"links\":[");
	for (size_t i = 0; i < p->roster.count && *p->access.token; i++) {
		const struct tile *t = &p->roster.tiles[i];
		char key[ACCESS_KEY_LEN + 1];

		if (!t->expected || !publicfile_name_ok(t->name))
			continue;
		access_seat_key(&p->access, t->name, key);
		text_printf(&a->body, "%s{\"seat\":\"%s\",\"path\":\"/seat/%s?key=%s\"}",
			    first ? "" : ",", t->name, t->name, key);
		first = false;
	}
	text_puts(&a->body, "]}");
}

static const struct route routes[] = {
	{"/", ANYBODY, entrance_get_home},
	{"/visits", STUDENTS, entrance_get_app},
	{"/visit/", STUDENTS, entrance_get_app},
	{"/seat/", ANYBODY, entrance_get_seat},
	{"/exercises", STUDENTS, entrance_get_app},
	{"/reasons", STUDENTS, entrance_get_app},
	{"/reasons/", STUDENTS, entrance_get_app},
	{"/certificate", STUDENTS, entrance_get_app},
	{"/help", STUDENTS, entrance_get_app},
	{"/assets/", ANYBODY, download_get_asset},
	{"/healthz", ANYBODY, get_health},
	{"/metrics", TEACHER, get_metrics},
	{"/events", STUDENTS, events_get},
	{"/api/snapshot", STUDENTS, get_snapshot},
	{"/api/visits", STUDENTS, get_visits},
	{"/api/visits/", STUDENTS, get_visit},
	{"/api/reasons", STUDENTS, get_reasons},
	{"/api/exercises", STUDENTS, get_exercises},
	{"/api/certificate", STUDENTS, get_certificate},
	{"/api/links", TEACHER, get_links},
	{"/exports/", STUDENTS, download_get_export},
};

static const struct route *find_route(const char *path, const char **rest)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		size_t len = strlen(routes[i].path);
		bool tree = len > 1 && routes[i].path[len - 1] == '/';

		*rest = path + len;
		if (tree ? strncmp(path, routes[i].path, len) == 0 && path[len]
			 : strcmp(path, routes[i].path) == 0)
			return &routes[i];
	}
	return NULL;
}

void routes_answer(struct page *p, const struct request *rq, struct answer *a)
{
	const char *rest;
	const struct route *r = find_route(rq->path, &rest);
	enum audience_role role = rq->who.role;

	if (!r) {
		if (!download_pem(p, rq->path, a))
			answer_plain(a, 404, "there is nothing here; the page begins at /\n");
		return;
	}
	if (r->who != ANYBODY && role == AUDIENCE_NONE) {
		if (r->get == entrance_get_app)
			entrance_ask(rq, 401, a);
		else
			answer_plain(a, 401,
				     "expected the teacher's token (Authorization: Bearer), or "
				     "the cookie that a link gives\n");
		return;
	}
	if (r->who == TEACHER && role != AUDIENCE_TEACHER) {
		answer_plain(a, 403, "this is for the teacher\n");
		return;
	}
	p->dir.shown_path = role == AUDIENCE_TEACHER ? p->dir.path : "var";
	r->get(p, rq, rest, a);
}
