#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix.h"
#include "number.h"
#include "redact.h"
#include "row.h"

#define ALSO_MAX 100 /* denials of one session that are shown with it */

static const char *const stages[] = {"tcp",	 "hello",   "server-flight", "client-cert",
				     "finished", "connect", "auth",	     "session"};

static int stage_rank(const char *stage)
{
	for (int i = 0; stage && i < (int)(sizeof(stages) / sizeof(*stages)); i++)
		if (strcmp(stages[i], stage) == 0)
			return i;
	return 0;
}

static void put_cause(struct text *out, const struct cause *c)
{
	text_field(out, "text", c->text);
	text_field(out, "basis", basis_name(c->basis));
	text_field(out, "source", c->source);
}

static void put_causes(struct text *out, const struct cause *c)
{
	text_puts(out, "[");
	for (const char *between = ""; c->text; c++, between = ",") {
		text_printf(out, "%s{", between);
		put_cause(out, c);
		text_puts(out, "}");
	}
	text_puts(out, "]");
}

void story_reason(struct text *out, enum reason_id id, const struct classdir *c,
		  const struct line *line)
{
	const struct reason *r = reason_get(id);
	struct fix fix = {.class_dir = c->shown_path,
			  .run = c->run ? c->run : c->facts,
			  .seats = c->seats,
			  .line = line};
	struct text filled = {0};

	text_puts(out, "{");
	text_field(out, "code", r->code);
	text_field(out, "kind", reason_kind_name(r->kind));
	text_field(out, "title", r->title);
	text_field(out, "what", r->what);
	text_puts(out, ",\"board\":[");
	for (const struct symptom *s = r->board; s->text; s++) {
		text_printf(out, "%s{\"err\":%d,\"err_old\":%d", s == r->board ? "" : ",", s->err,
			    s->err_old);
		text_field(out, "text", s->text);
		text_field(out, "basis", basis_name(s->basis));
		text_field(out, "source", s->source);
		text_puts(out, "}");
	}
	text_puts(out, "],\"causes\":");
	put_causes(out, r->causes);
	text_puts(out, ",\"fix\":[");
	for (const char *const *f = r->fix; *f; f++) {
		text_reset(&filled);
		reason_fill(&filled, *f, fix_value, &fix);
		text_puts(out, f == r->fix ? "" : ",");
		text_json(out, filled.s ? filled.s : "", filled.len, 0);
	}
	text_puts(out, "]}");
	text_free(&filled);
	text_free(&fix.value);
}

/* What the numbers on a board mean, beside the reasons. */
static void put_numbers(struct text *out)
{
	const struct number *n;
	const struct code *c;

	text_puts(out, ",\"errnos\":[");
	for (size_t i = 0; (n = errno_at(i)) != NULL; i++) {
		text_printf(out, "%s{\"now\":%d,\"old\":%d,\"native\":%d", i ? "," : "", n->now,
			    n->old, n->native);
		text_field(out, "name", n->name);
		text_field(out, "words", n->words);
		text_puts(out, ",\"means\":");
		put_causes(out, n->means);
		text_puts(out, "}");
	}
	text_puts(out, "],\"codes\":[");
	for (size_t i = 0; (c = code_at(i)) != NULL; i++) {
		text_printf(out, "%s{\"number\":%d,\"hex\":%s,\"minus\":%s", i ? "," : "",
			    c->number, c->where == CODE_FAULT ? "true" : "false",
			    c->where == CODE_DNS ? "true" : "false");
		text_field(out, "place", code_place(c));
		text_field(out, "name", c->name);
		text_field(out, "words", c->words ? c->words : "");
		put_cause(out, &c->means);
		text_puts(out, "}");
	}
	text_puts(out, "]");
}

void story_catalogue(struct text *out, const struct classdir *c)
{
	text_puts(out, "{\"reasons\":[");
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		text_puts(out, i > REASON_NONE + 1 ? "," : "");
		story_reason(out, (enum reason_id)i, c, NULL);
	}
	text_puts(out, "]");
	put_numbers(out);
	text_puts(out, "}");
}

/* The value at a path as text: strings as they are, lists with commas. False if it is absent. */
static bool value_at(const struct line *l, const char *path, struct text *out)
{
	const cJSON *v = line_at(l, path);

	text_reset(out);
	if (!v)
		return false;
	if (cJSON_IsString(v)) {
		text_puts(out, v->valuestring);
	} else if (cJSON_IsNumber(v)) {
		text_printf(out, "%.15g", v->valuedouble);
	} else if (cJSON_IsBool(v)) {
		text_puts(out, cJSON_IsTrue(v) ? "yes" : "no");
	} else if (cJSON_IsArray(v)) {
		const cJSON *item;

		cJSON_ArrayForEach(item, v)
		{
			text_puts(out, out->len ? ", " : "");
			if (cJSON_IsString(item))
				text_puts(out, item->valuestring);
			else if (cJSON_IsNumber(item))
				text_printf(out, "%.15g", item->valuedouble);
		}
	} else {
		return false;
	}
	return true;
}

void story_differences(struct text *out, const struct line *then, const struct line *now)
{
	/* `from` is the stage at which a field must have shown itself */
	static const struct {
		const char *path, *what, *from;
	} fields[] = {
		{"listener", "listener", "tcp"},
		{"broker", "broker", "tcp"},
		{"tls.sni", "host name it asked for", "hello"},
		{"tls.offer.versions", "TLS versions it offered", "hello"},
		{"tls.offer.ciphers", "cipher suites it offered", "hello"},
		{"tls.offer.groups", "groups it offered", "hello"},
		{"tls.offer.sigalgs", "signature algorithms it offered", "hello"},
		{"tls.offer.max_fragment_length", "max_fragment_length it asked for", "session"},
		{"tls.looks_like.what", "TLS library it looks like", "session"},
		{"tls.version", "TLS version", "finished"},
		{"tls.cipher", "cipher suite", "finished"},
		{"tls.our_certificate.sha256", "our certificate", "server-flight"},
		{"tls.our_certificate.not_after", "end of our certificate", "server-flight"},
		{"tls.chain_bytes", "bytes of our certificate message", "server-flight"},
		{"tls.client_certificate.subject", "its certificate", "finished"},
		{"tls.client_certificate.sha256", "digest of its certificate", "finished"},
		{"tls.client_certificate.not_after", "end of its certificate", "finished"},
		{"mqtt.client_id", "client id", "auth"},
		{"mqtt.user", "user name", "auth"},
		{"mqtt.version", "MQTT version", "auth"},
		{"mqtt.keepalive", "keep-alive", "auth"},
		{"exercise", "exercise", "tcp"},
		{"policy", "policy of the class (class.json, seats.json)", "auth"},
	};
	struct text a = {0}, b = {0};
	int reached = stage_rank(now->stage);
	char one[80] = "", other[80] = "";
	bool first = true;

	text_puts(out, "[");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		bool was = value_at(then, fields[i].path, &a);
		bool is = value_at(now, fields[i].path, &b);

		if (was == is && (!was || strcmp(a.s ? a.s : "", b.s ? b.s : "") == 0))
			continue;
		if (was != is && reached < stage_rank(fields[i].from))
			continue;
		text_puts(out, first ? "{" : ",{");
		first = false;
		text_field(out, "what", fields[i].what);
		if (was)
			text_field(out, "then", a.s ? a.s : "");

		if (is)
			text_field(out, "now", b.s ? b.s : "");

		text_puts(out, "}");
	}
	if (then->peer)
		record_address(then->peer, one, sizeof(one));
	if (now->peer)
		record_address(now->peer, other, sizeof(other));
	if (strcmp(one, other) != 0) {
		text_puts(out, first ? "{" : ",{");
		text_field(out, "what", "address");
		text_field(out, "then", one);
		text_field(out, "now", other);
		text_puts(out, "}");
	}
	text_puts(out, "]");
	text_free(&a);
	text_free(&b);
}

/* A line for these eyes, parsed; *text is what line points into and is to be freed. */
static bool seen_line(const char *raw, size_t len, unsigned redact, struct line *line, char **text)
{
	cJSON *json = cJSON_ParseWithLength(raw, len);
	bool ok;

	redact_json(json, redact);
	*text = json ? cJSON_PrintUnformatted(json) : NULL;
	cJSON_Delete(json);
	ok = *text && line_parse(line, *text, strlen(*text), NULL) == 0;
	if (!ok) {
		free(*text);
		*text = NULL;
	}
	return ok;
}

/* This device's good visit nearest before r in the window, else the newest one known of its tile. */
static const char *good_visit(const struct window *w, struct roster *ro, const struct record *r,
			      size_t *len, bool *later)
{
	char key[sizeof(((struct tile *)0)->key)], other[sizeof(key)];
	const struct record *best = NULL;
	const struct tile *t;

	roster_key(r, key, sizeof(key));
	for (int64_t n = window_end(w) - 1; n >= w->first_n; n--) {
		const struct record *o = window_at(w, n);

		if (o->kind != LINE_VISIT || !o->accepted || o == r || o->t > r->t)
			continue;
		if (best && o->t <= best->t)
			continue;
		roster_key(o, other, sizeof(other));
		if (strcmp(other, key) == 0)
			best = o;
		if (best && o->t < best->t - 600000)
			break;
	}
	*later = false;
	if (best) {
		*len = best->len;
		return best->line;
	}
	t = roster_find(ro, key);
	if (!t || !t->good)
		return NULL;
	*later = t->good_t > r->t;
	*len = t->good_len;
	return t->good;
}

static void put_story(struct text *out, const char *code, const struct classdir *c,
		      const struct line *line, bool told[REASON_COUNT], bool *first)
{
	enum reason_id id = code ? reason_by_code(code) : REASON_NONE;

	if (!code || (id != REASON_NONE && told[id]))
		return;
	text_puts(out, *first ? "" : ",");
	*first = false;
	if (id == REASON_NONE) { /* of a later version: its code is all that we have */
		text_puts(out, "{\"unknown\":true");
		text_field(out, "code", code);
		text_puts(out, "}");
		return;
	}
	told[id] = true;
	story_reason(out, id, c, line);
}

bool story_visit(struct text *out, const struct window *w, struct roster *ro,
		 const struct classdir *c, const char *id, unsigned redact)
{
	struct record *r = window_visit(w, id);
	bool told[REASON_COUNT] = {false}, first = true, later = false;
	struct line line, good_line, extra;
	char *text, *good_text, *extra_text;
	const cJSON *mark;
	const char *good;
	size_t good_len;
	int shown = 0;

	if (!r)
		r = window_find(w, id); /* only a denial or an end is left in the window */
	if (!r || !seen_line(r->line, r->len, redact, &line, &text))
		return false;
	text_printf(out, "{\"n\":%lld,\"visit\":%s,\"also\":[", (long long)r->n, text);
	for (struct record *o = window_find(w, id); o; o = o->same) {
		if (o == r || strcmp(o->id, id) != 0 || shown >= ALSO_MAX ||
		    !seen_line(o->line, o->len, redact, &extra, &extra_text))
			continue;
		text_puts(out, shown++ ? "," : "");
		text_puts(out, extra_text);
		line_free(&extra);
		free(extra_text);
	}
	text_puts(out, "],\"stories\":[");
	put_story(out, line.reason, c, &line, told, &first);
	cJSON_ArrayForEach(mark, line_at(&line, "marks"))
		put_story(out, cJSON_GetStringValue(mark), c, &line, told, &first);
	for (struct record *o = window_find(w, id); o; o = o->same) {
		if (o == r || strcmp(o->id, id) != 0 || !*o->reason ||
		    !seen_line(o->line, o->len, redact, &extra, &extra_text))
			continue;
		put_story(out, extra.reason, c, &extra, told, &first);
		line_free(&extra);
		free(extra_text);
	}
	text_puts(out, "]");
	good = r->kind == LINE_VISIT || r->kind == LINE_BEGIN
		       ? good_visit(w, ro, r, &good_len, &later)
		       : NULL;
	if (good && good != r->line && strcmp(good, r->line) != 0 &&
	    seen_line(good, good_len, redact, &good_line, &good_text)) {
		text_printf(out, ",\"good\":%s,\"good_later\":%s,\"differs\":", good_text,
			    later ? "true" : "false");
		story_differences(out, &good_line, &line);
		line_free(&good_line);
		free(good_text);
	}
	text_puts(out, "}");
	line_free(&line);
	free(text);
	return true;
}
