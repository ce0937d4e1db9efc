#include "why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LABEL 12

static void put_safe(struct text *out, const char *s)
{
	text_show(out, s, strlen(s), 4096);
}

static void label(struct why *w, struct text *out, const char *name)
{
	text_puts(out, "  ");
	paint_column(out, &w->paint, INK_DIM, name, LABEL);
}

/* A row of facts: "label  text", wrapped. */
static void row(struct why *w, struct text *out, const char *name, const struct text *value)
{
	if (!value->len)
		return;
	label(w, out, name);
	paint_wrapped(out, &w->paint, value->s, LABEL + 2, LABEL + 2);
}

/* Appends `before`, the string at path made safe, `after`; nothing if it was not seen. */
static void add(struct text *t, const struct line *l, const char *before, const char *path,
		const char *after)
{
	const cJSON *at = line_at(l, path);

	if (cJSON_IsString(at)) {
		text_puts(t, before);
		put_safe(t, at->valuestring);
		text_puts(t, after);
	} else if (cJSON_IsNumber(at)) {
		text_printf(t, "%s%.15g%s", before, at->valuedouble, after);
	} else if (cJSON_IsArray(at) && at->child) {
		text_puts(t, before);
		line_list(l, path, t);
		text_puts(t, after);
	}
}

static void when(struct text *t, const struct line *l)
{
	long long ms = line_time(l->t);
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[48];

	if (ms >= 0 && localtime_r(&s, &tm)) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		text_printf(t, "%s.%03lld", text, ms % 1000);
		strftime(text, sizeof(text), " %Z", &tm);
		text_puts(t, text);
	}
	if (l->ms >= 0)
		text_printf(t, ", over after %.0f ms", l->ms);
	if (l->id) {
		text_puts(t, ", visit ");
		put_safe(t, l->id);
	}
}

static void where(struct text *t, const struct line *l)
{
	add(t, l, "", "peer", "");
	add(t, l, " at ", "listener", "");
	add(t, l, " (port ", "port", ")");
	add(t, l, ", round trip ", "tcp.rtt_us", " us");
	add(t, l, ", ", "tcp.retransmits", " retransmissions");
}

static void seat(struct text *t, const struct line *l)
{
	static const char *const from[][2] = {
		{"sni", "the host name it asked for"},
		{"certificate", "its certificate"},
		{"client-id", "its client id"},
		{"user", "its user name"},
		{"address", "an address that only this seat has used lately"},
	};

	add(t, l, "", "seat", "");
	for (size_t i = 0; l->seat_from && i < sizeof(from) / sizeof(from[0]); i++)
		if (strcmp(l->seat_from, from[i][0]) == 0)
			text_printf(t, ", known by %s", from[i][1]);
}

static void tls(struct text *t, const struct line *l)
{
	add(t, l, "asked for ", "tls.sni", "; ");
	add(t, l, "", "tls.version", " ");
	add(t, l, "", "tls.cipher", " ");
	add(t, l, "over ", "tls.group", "");
	if (cJSON_IsTrue(line_at(l, "tls.resumed")))
		text_puts(t, " (resumed)");
	if (t->len && line_at(l, "tls.version"))
		text_puts(t, "; ");
	add(t, l, "looks like: ", "tls.looks_like.what", "");
	add(t, l, " (", "tls.looks_like.why", ")");
}

static void offer(struct text *t, const struct line *l)
{
	add(t, l, "versions ", "tls.offer.versions", "; ");
	add(t, l, "suites ", "tls.offer.ciphers", "; ");
	add(t, l, "groups ", "tls.offer.groups", "; ");
	add(t, l, "signatures ", "tls.offer.sigalgs", "");
}

static void alert(struct text *t, const struct line *l)
{
	add(t, l, "", "tls.alert.code", " ");
	add(t, l, "", "tls.alert.name", "");
	add(t, l, ", sent by the ", "tls.alert.from", "");
}

static void certificate(struct text *t, const struct line *l, const char *which)
{
	static const struct {
		const char *before, *key, *after;
	} parts[] = {
		{"", "subject", ""},	       {", issued by ", "issuer", ""},
		{", names ", "names", ""},     {", ", "key", ""},
		{", from ", "not_before", ""}, {" to ", "not_after", ""},
		{", ", "bytes", " bytes"},     {", a chain of ", "chain", ""},
	};
	char path[64];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		snprintf(path, sizeof(path), "tls.%s.%s", which, parts[i].key);
		add(t, l, parts[i].before, path, parts[i].after);
	}
	snprintf(path, sizeof(path), "tls.%s.ca", which);
	if (cJSON_IsTrue(line_at(l, path)))
		text_puts(t, ", a CA certificate");
}

static void ours(struct text *t, const struct line *l)
{
	certificate(t, l, "our_certificate");
	add(t, l, "; ", "tls.chain_bytes", " bytes of it were sent");
}

static void theirs(struct text *t, const struct line *l)
{
	certificate(t, l, "client_certificate");
	add(t, l, "; ", "tls.verify.text", "");
	add(t, l, " (error ", "tls.verify.error", ")");
}

static void mqtt(struct text *t, const struct line *l)
{
	add(t, l, "client id ", "mqtt.client_id", "");
	add(t, l, ", user ", "mqtt.user", "");
	add(t, l, ", MQTT ", "mqtt.version", "");
	add(t, l, ", keepalive ", "mqtt.keepalive", " s");
	add(t, l, ", CONNACK ", "mqtt.connack", "");
}

static void broker(struct text *t, const struct line *l)
{
	add(t, l, "", "tls.error", "");
	if (t->len && l->json && line_at(l, "log"))
		text_puts(t, "; ");
	add(t, l, "log: ", "log", "");
}

static void policy(struct text *t, const struct line *l)
{
	add(t, l, "exercise ", "exercise", " ");
	add(t, l, "policy ", "policy", "");
}

static const struct {
	const char *label;
	void (*tell)(struct text *, const struct line *);
} rows[] = {
	{"when", when},	  {"where", where},	   {"seat", seat},     {"TLS", tls},
	{"offer", offer}, {"alert", alert},	   {"our cert", ours}, {"its cert", theirs},
	{"MQTT", mqtt},	  {"broker said", broker}, {"rules", policy},
};

static void steps(struct why *w, struct text *out, const struct line *l)
{
	const cJSON *step;
	const char *name = "steps";

	cJSON_ArrayForEach(step, line_at(l, "steps"))
	{
		const char *dir =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(step, "dir"));
		const char *msg =
			cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(step, "msg"));
		const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(step, "bytes");
		const cJSON *us = cJSON_GetObjectItemCaseSensitive(step, "us");
		const cJSON *code = cJSON_GetObjectItemCaseSensitive(step, "code");
		struct text what = {.max = 1024};

		if (!dir || !msg)
			continue;
		put_safe(&what, msg);
		if (cJSON_IsNumber(code))
			text_printf(&what, " %.0f", code->valuedouble);
		label(w, out, name);
		name = "";
		text_puts(out,
			  strcmp(dir, "in") == 0 ? "device -> broker  " : "device <- broker  ");
		paint_column(out, &w->paint, INK_PLAIN, what.s ? what.s : "", 22);
		if (cJSON_IsNumber(bytes))
			text_printf(out, " %6.0f bytes", bytes->valuedouble);
		if (cJSON_IsNumber(us))
			text_printf(out, "%*s at %8.1f ms", cJSON_IsNumber(bytes) ? 0 : 13, "",
				    us->valuedouble / 1000);
		text_puts(out, "\n");
		text_free(&what);
	}
}

static void headline(struct why *w, struct text *out, const struct line *l)
{
	const struct reason *r = reason_get(line_reason(l));
	struct text head = {.max = 1024};
	const char *who = l->seat ? l->seat : l->client_id ? l->client_id : l->peer;

	put_safe(&head, who ? who : "somebody");
	if (l->kind == LINE_VISIT)
		text_puts(&head, l->accepted ? " was let in" : " was turned away");
	if (r)
		text_printf(&head, ": %s", r->title);
	paint_put(out, &w->paint,
		  l->accepted	? INK_GOOD
		  : l->exercise ? INK_PURPOSE
				: INK_BAD,
		  head.s ? head.s : "");
	text_puts(out, "\n");
	if (l->reason) {
		text_puts(out, "  ");
		put_safe(out, l->reason);
		add(out, l, ", by the ", "by", "");
		add(out, l, ", at stage ", "stage", "");
		if (!r)
			text_puts(
				out,
				" (this program does not know that reason: take a newer doorstep)");
		text_puts(out, "\n");
	}
	text_puts(out, "\n");
	text_free(&head);
}

void story_tell(struct why *w, struct text *out, const struct line *l)
{
	const cJSON *mark;

	headline(w, out, l);
	if (l->says) {
		struct text says = {.max = 65536};

		put_safe(&says, l->says);
		text_puts(out, "  ");
		paint_wrapped(out, &w->paint, says.s ? says.s : "", 2, 2);
		text_puts(out, "\n");
		text_free(&says);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text value = {.max = 65536};

		rows[i].tell(&value, l);
		row(w, out, rows[i].label, &value);
		text_free(&value);
	}
	steps(w, out, l);
	if (line_reason(l) != REASON_NONE)
		entry_parts(w, out, reason_get(line_reason(l)), l);
	cJSON_ArrayForEach(mark, line_at(l, "marks"))
	{
		const struct reason *r =
			cJSON_IsString(mark) ? reason_get(reason_by_code(mark->valuestring)) : NULL;

		if (!r)
			continue;
		text_puts(out, "\n");
		paint_put(out, &w->paint, INK_WARN, r->title);
		text_printf(out, " (%s)\n", r->code);
		entry_parts(w, out, r, l);
	}
}

/* ---- finding it ---- */

static bool part_of(const char *id, const char *part)
{
	size_t all = strlen(id), n = strlen(part);

	return n <= all && (strncmp(id, part, n) == 0 || strcmp(id + all - n, part) == 0);
}

bool story_find(struct why *w, const char *id, struct line *found)
{
	bool last = strcmp(id, "last") == 0;
	struct tail_back *b = tail_back_open(w->journal);
	const char *s;
	size_t len;

	*found = (struct line){0};
	while (b && tail_back_next(b, &s, &len) == 1) {
		struct line l;

		/* cheap, for the many lines that are none of it */
		if (!last && !memmem(s, len, id, strlen(id)))
			continue;
		if (!why_parse(w, s, len, &l))
			continue;
		if (l.kind != LINE_VISIT || !l.id || (last ? l.accepted : !part_of(l.id, id)) ||
		    !filter_match(&w->filter, &l)) {
			line_free(&l);
			continue;
		}
		*found = l;
		tail_back_close(b);
		return true;
	}
	tail_back_close(b);
	return false;
}

/* What became of it: the lines of later kinds with the same id, oldest first. */
static void sequel(struct why *w, struct text *out, const char *id)
{
	struct tail_back *b = tail_back_open(w->journal);
	char **lines = NULL;
	size_t n = 0, len;
	const char *s;

	while (b && n < 1000 && tail_back_next(b, &s, &len) == 1) {
		struct line l;
		bool done;

		if (!memmem(s, len, id, strlen(id)) || line_parse(&l, s, len, NULL))
			continue;
		done = l.kind == LINE_VISIT && l.id && strcmp(l.id, id) == 0;
		if ((l.kind == LINE_DENIAL || l.kind == LINE_END) && l.id &&
		    strcmp(l.id, id) == 0) {
			char **more = realloc(lines, (n + 1) * sizeof(*lines));

			if (more) {
				lines = more;
				lines[n] = strdup(s);
				n += lines[n] != NULL;
			}
		}
		line_free(&l);
		if (done)
			break;
	}
	if (n) {
		text_puts(out, "\n");
		paint_put(out, &w->paint, INK_BOLD, "Afterwards");
		text_puts(out, "\n");
	}
	w->day = 0;
	while (n--) {
		struct line l;

		if (line_parse(&l, lines[n], strlen(lines[n]), NULL) == 0) {
			show_line(w, out, &l);
			line_free(&l);
		}
		free(lines[n]);
	}
	free(lines);
	tail_back_close(b);
}

int story_explain(struct why *w, const char *id)
{
	struct text out = {0};
	struct line l;

	if (!why_journal_there(w))
		return WHY_FAILED;
	if (!story_find(w, id, &l)) {
		if (strcmp(id, "last") == 0)
			why_error("no visit was turned away in %s", w->journal);
		else
			why_error("no visit has the id \"%s\" in %s; `doorstep-why` lists them", id,
				  w->journal);
		return WHY_FAILED;
	}
	if (w->json) {
		char *json = cJSON_PrintUnformatted(l.json);

		text_puts(&out, json ? json : "");
		text_puts(&out, "\n");
		free(json);
	} else {
		story_tell(w, &out, &l);
		sequel(w, &out, l.id);
	}
	why_print(&out);
	line_free(&l);
	text_free(&out);
	return WHY_DONE;
}
