/* What lies at each address of the page. */
#include "http.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "asset.h"
#include "certfile.h"
#include "exercise.h"
#include "publicfile.h"
#include "row.h"
#include "story.h"

#define EXERCISE_PORT 8900
#define REPLAY_LINES  10000 /* each reader that comes back costs so many at most */
#define RESUME_BACK_MS \
	60000 /* after a restart, lines of several journals may stand in another order */

enum who_may { ANYBODY, STUDENTS, TEACHER };

struct route {
	const char *path; /* one that ends with '/' takes one component more */
	enum who_may who;
	void (*get)(struct page *p, const struct request *rq, const char *rest, struct answer *a);
};

static void plain(struct answer *a, int status, const char *text)
{
	a->status = status;
	a->type = "text/plain; charset=utf-8";
	text_reset(&a->body);
	text_puts(&a->body, text);
}

static void asset_type(const char *name, struct answer *a)
{
	static const struct {
		const char *end, *type;
	} types[] = {{".js", "text/javascript; charset=utf-8"},
		     {".css", "text/css; charset=utf-8"},
		     {".html", "text/html; charset=utf-8"},
		     {".svg", "image/svg+xml"}};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(dot, types[i].end) == 0)
			a->type = types[i].type;
}

static void send_asset(const struct request *rq, const char *name, struct answer *a)
{
	const struct asset *f = assets;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	while (f->name && strcmp(f->name, name) != 0)
		f++;
	if (!f->name) {
		plain(a, 404, "there is no such file\n");
		return;
	}
	asset_type(name, a);
	a->cache = "no-cache";
	if (EVP_Digest(f->bytes, f->len, digest, &n, EVP_sha256(), NULL) == 1)
		snprintf(a->etag, sizeof(a->etag), "\"%02x%02x%02x%02x%02x%02x%02x%02x\"",
			 digest[0], digest[1], digest[2], digest[3], digest[4], digest[5],
			 digest[6], digest[7]);
	if (*a->etag && strcmp(a->etag, rq->if_none_match) == 0) {
		a->status = 304;
		return;
	}
	text_add(&a->body, (const char *)f->bytes, f->len);
}

static void get_asset(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	(void)p;
	send_asset(rq, rest, a);
}

static void get_app(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	(void)p;
	(void)rest;
	send_asset(rq, "index.html", a);
}

static void set_cookie(struct page *p, const struct audience *who, struct answer *a)
{
	char value[256];

	access_cookie(&p->access, who, value, sizeof(value));
	snprintf(a->cookie, sizeof(a->cookie),
		 "doorstep=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", value,
		 14 * 24 * 3600, p->tls ? "; Secure" : "");
}

static void redirect(struct answer *a, const char *to)
{
	plain(a, 303, "");
	snprintf(a->location, sizeof(a->location), "%s", to);
	text_printf(&a->body, "see %s\n", to);
}

/* The class, or the way in: with the teacher's token. */
static void get_home(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	const char *token = request_arg(rq, "token");
	struct audience who = {AUDIENCE_TEACHER, ""};

	(void)rest;
	if (*p->access.token && token) {
		if (access_is_token(&p->access, token)) {
			set_cookie(p, &who, a);
			redirect(a, "/");
			return;
		}
		send_asset(rq, "enter.html", a);
		a->status = 403;
		a->etag[0] = '\0';
		return;
	}
	if (rq->who.role == AUDIENCE_NONE) {
		send_asset(rq, "enter.html", a);
		a->status = 401;
		a->etag[0] = '\0';
		return;
	}
	get_app(p, rq, rest, a);
}

/* A seat's own page, or a student's way in: with the key of its link. */
static void get_seat(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	const char *key = request_arg(rq, "key");
	struct audience who = {AUDIENCE_STUDENT, ""};
	char to[sizeof(a->location)];

	if (!publicfile_name_ok(rest) || strlen(rest) >= sizeof(who.seat)) {
		plain(a, 404, "that is no seat's label\n");
		return;
	}
	if (*p->access.token && key) {
		if (!access_is_seat_key(&p->access, rest, key)) {
			plain(a, 403, "this link is not of this class: ask for your seat's link\n");
			return;
		}
		snprintf(who.seat, sizeof(who.seat), "%s", rest);
		if (rq->who.role != AUDIENCE_TEACHER)
			set_cookie(p, &who, a);
		snprintf(to, sizeof(to), "/seat/%s", rest);
		redirect(a, to);
		return;
	}
	if (rq->who.role == AUDIENCE_NONE) {
		send_asset(rq, "enter.html", a);
		a->status = 401;
		a->etag[0] = '\0';
		return;
	}
	if (rq->who.role == AUDIENCE_STUDENT && strcmp(rq->who.seat, rest) != 0 &&
	    p->dir.others == OTHERS_NONE) {
		plain(a, 403, "your link is of another seat\n");
		return;
	}
	get_app(p, rq, rest, a);
}

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
	p->metrics.unreadable = p->feed.unreadable;
	a->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_text(&p->metrics, &p->self, &a->body);
}

static void get_snapshot(struct page *p, const struct request *rq, const char *rest,
			 struct answer *a)
{
	(void)rest;
	page_snapshot(p, &rq->who, &a->body);
}

/* After a restart: what stands behind the line that the browser saw last; of very much, the newest. */
static void replay_journal(struct page *p, const struct request *rq, const char *run, uint64_t seq,
			   struct text *out)
{
	const struct record *last = NULL;
	int64_t from = window_end(&p->window) - REPLAY_LINES;
	unsigned redact = page_redact(p, &rq->who);

	for (int64_t n = window_end(&p->window) - 1; n >= p->window.first_n && !last; n--) {
		const struct record *r = window_at(&p->window, n);

		if (r->seq == seq && strcmp(r->run, run) == 0)
			last = r;
	}
	if (!last)
		return;
	if (from < p->window.first_n)
		from = p->window.first_n;
	for (int64_t n = from; n < window_end(&p->window); n++) {
		const struct record *r = window_at(&p->window, n);
		cJSON *line;

		if (r == last || (n < last->n && r->t < last->t - RESUME_BACK_MS) ||
		    !page_may_see(p, &rq->who, r))
			continue;
		if (n < last->n && r->t < last->t)
			continue;
		line = row_line(r, redact);
		text_puts(out, "event: line\ndata: {\"row\":");
		row_json(line, r->n, out);
		text_puts(out, "}\n\n");
		cJSON_Delete(line);
	}
	text_printf(out, "event: replayed\ndata: {\"missed\":%" PRId64 "}\n\n",
		    last->n + 1 < from ? from - last->n - 1 : 0);
}

static void get_events(struct page *p, const struct request *rq, const char *rest, struct answer *a)
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
		replay_journal(p, rq, run, seq, &a->body);
	/* the state as it is now; the id lets a browser that sees no line come back here */
	text_printf(&a->body, "id: %s-%llu-0-0\nevent: snapshot\ndata: ", p->stream.epoch,
		    (unsigned long long)p->stream.end - 1);
	page_snapshot(p, &rq->who, &a->body);
	text_puts(&a->body, "\n\n");
}

static void get_visits(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	struct filter f;

	(void)rest;
	filter_init(&f);
	for (int i = 0; i < rq->nargs; i++) {
		const char *expected;
		int rc = filter_set(&f, rq->args[i].name, rq->args[i].value, &expected);

		if (rc == 0)
			continue;
		a->status = 400;
		text_puts(&a->body, "{\"error\":");
		{
			struct text why = {0};

			if (rc == -1)
				text_printf(&why,
					    "no such filter: \"%s\"; expected seat, reason, "
					    "verdict, stage, address, client, exercise, text, "
					    "before, after or limit",
					    rq->args[i].name);
			else
				text_printf(&why, "%s is \"%s\"; expected %s", rq->args[i].name,
					    rq->args[i].value, expected);
			text_json(&a->body, why.s, why.len, 0);
			text_free(&why);
		}
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
	p->dir.shown_path = rq->who.role == AUDIENCE_TEACHER ? p->dir.path : "var";
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
	(void)rest;
	p->dir.shown_path = rq->who.role == AUDIENCE_TEACHER ? p->dir.path : "var";
	story_catalogue(&a->body, &p->dir);
}

static void put(struct text *out, const char *name, const char *value)
{
	text_printf(out, ",\"%s\":", name);
	text_json(out, value, strlen(value), 0);
}

static bool exercise_is_on(const cJSON *on, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, on) if (cJSON_IsString(item) &&
					 strcmp(item->valuestring, name) == 0) return true;
	return false;
}

/* Where the broker really listens for this exercise, if it does. */
static const cJSON *exercise_door(const struct page *p, const char *name)
{
	const cJSON *l;

	cJSON_ArrayForEach(l, cJSON_GetObjectItemCaseSensitive(
				      p->dir.run, "listeners")) if (strcmp(json_text(l, "exercise"),
									   name) == 0) return l;
	return NULL;
}

static void get_exercises(struct page *p, const struct request *rq, const char *rest,
			  struct answer *a)
{
	const cJSON *conf = cJSON_GetObjectItemCaseSensitive(p->dir.conf, "exercises");
	const cJSON *base = cJSON_GetObjectItemCaseSensitive(conf, "port");
	const cJSON *on = cJSON_GetObjectItemCaseSensitive(conf, "on");
	unsigned port = cJSON_IsNumber(base) ? (unsigned)base->valueint : EXERCISE_PORT;

	(void)rq;
	(void)rest;
	text_puts(&a->body, "{\"exercises\":[");
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		const struct exercise *e = exercise_get((enum exercise_id)i);
		uint64_t visits = 0;

		for (int64_t n = p->window.first_n; n < window_end(&p->window); n++) {
			const struct record *r = window_at(&p->window, n);

			visits += r->kind == LINE_VISIT && strcmp(r->exercise, e->name) == 0;
		}
		const cJSON *door = exercise_door(p, e->name);
		const cJSON *real = cJSON_GetObjectItemCaseSensitive(door, "port");

		text_printf(&a->body, "%s{\"port\":%u,\"on\":%s,\"visits\":%llu", i > 1 ? "," : "",
			    cJSON_IsNumber(real) ? (unsigned)real->valueint
						 : exercise_port(port, (enum exercise_id)i),
			    exercise_is_on(on, e->name) ? "true" : "false",
			    (unsigned long long)visits);
		put(&a->body, "name", e->name);
		put(&a->body, "does", e->does);
		put(&a->body, "board", e->board);
		put(&a->body, "basis", basis_name(e->basis));
		put(&a->body, "source", e->source);
		put(&a->body, "journal", e->journal);
		put(&a->body, "reasons", e->reasons);
		put(&a->body, "learnt", e->learnt);
		put(&a->body, "outcome", exercise_outcome_name(e->outcome));
		text_puts(&a->body, "}");
	}
	text_puts(&a->body, "]}");
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

static void send_file(struct answer *a, int rc, const char *name)
{
	if (rc == -EACCES)
		plain(a, 403, "this file holds a private key and is not served\n");
	else if (rc != 0)
		plain(a, 404, "there is no such file\n");
	if (rc != 0)
		return;
	a->type = "application/octet-stream";
	snprintf(a->filename, sizeof(a->filename), "%s", name);
}

/* exports/<label>.tar, exports/<label>/<file> */
static void get_export(struct page *p, const struct request *rq, const char *rest, struct answer *a)
{
	char label[256], path[4096];
	const char *slash = strchr(rest, '/');
	const char *name = slash ? slash + 1 : NULL;
	size_t len = slash ? (size_t)(slash - rest) : strlen(rest);
	bool tar = !slash && len > 4 && strcmp(rest + len - 4, ".tar") == 0;

	if (tar)
		len -= 4;
	snprintf(label, sizeof(label), "%.*s", (int)(len < 255 ? len : 255), rest);
	if ((!tar && !name) ||
	    (rq->who.role == AUDIENCE_STUDENT && strcmp(label, rq->who.seat) != 0)) {
		plain(a, 404, "there is no such file\n");
		return;
	}
	snprintf(path, sizeof(path), "%s/exports", p->dir.path);
	if (tar)
		send_file(a, publicfile_bundle(p->dir.path, label, &a->body), rest);
	else
		send_file(a, publicfile_read(path, "public", label, name, &a->body), name);
}

/* /<host>.pem as the Academy's site has it; any name of this class gives the one certificate. */
static bool get_pem(struct page *p, const char *path, struct answer *a)
{
	size_t len = strlen(path), domain = strlen(p->dir.domain);
	const char *host = path + 1;

	if (len < 6 || strcmp(path + len - 4, ".pem") != 0 || strchr(host, '/'))
		return false;
	len -= 5;
	if (!(len == 6 && strncmp(host, "server", 6) == 0) &&
	    !(domain && len == domain && strncasecmp(host, p->dir.domain, domain) == 0) &&
	    !(domain && len > domain + 1 && host[len - domain - 1] == '.' &&
	      strncasecmp(host + len - domain, p->dir.domain, domain) == 0))
		return false;
	if (!publicfile_name_ok(host))
		return false;
	send_file(a, publicfile_read(p->dir.path, "certs", "server.pem", NULL, &a->body), host);
	if (a->status == 200)
		a->type = "application/x-pem-file";
	return true;
}

static const struct route routes[] = {
	{"/", ANYBODY, get_home},
	{"/visits", STUDENTS, get_app},
	{"/visit/", STUDENTS, get_app},
	{"/seat/", ANYBODY, get_seat},
	{"/exercises", STUDENTS, get_app},
	{"/reasons", STUDENTS, get_app},
	{"/reasons/", STUDENTS, get_app},
	{"/certificate", STUDENTS, get_app},
	{"/help", STUDENTS, get_app},
	{"/assets/", ANYBODY, get_asset},
	{"/healthz", ANYBODY, get_health},
	{"/metrics", TEACHER, get_metrics},
	{"/events", STUDENTS, get_events},
	{"/api/snapshot", STUDENTS, get_snapshot},
	{"/api/visits", STUDENTS, get_visits},
	{"/api/visits/", STUDENTS, get_visit},
	{"/api/reasons", STUDENTS, get_reasons},
	{"/api/exercises", STUDENTS, get_exercises},
	{"/api/certificate", STUDENTS, get_certificate},
	{"/api/links", TEACHER, get_links},
	{"/exports/", STUDENTS, get_export},
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
		if (!get_pem(p, rq->path, a))
			plain(a, 404, "there is nothing here; the page begins at /\n");
		return;
	}
	if (r->who != ANYBODY && role == AUDIENCE_NONE) {
		if (r->get == get_app) {
			send_asset(rq, "enter.html", a);
			a->etag[0] = '\0';
		} else {
			plain(a, 401,
			      "expected the teacher's token (Authorization: Bearer), or "
			      "the cookie that a link gives\n");
		}
		a->status = 401;
		return;
	}
	if (r->who == TEACHER && role != AUDIENCE_TEACHER) {
		plain(a, 403, "this is for the teacher\n");
		return;
	}
	r->get(p, rq, rest, a);
}
