#include "filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX     1000

static const char *const verdicts[] = {"accepted", "rejected", "denial", "end",	 "flood",
				       "begin",	   "lost",     "start",	 "stop", NULL};
static const char *const stages[] = {"tcp",	"hello", "server-flight", "client-cert", "finished",
				     "connect", "auth",	 "session",	  NULL};

void filter_init(struct filter *f)
{
	*f = (struct filter){.limit = LIMIT_DEFAULT};
}

static bool one_of(const char *value, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(value, *list) == 0)
			return true;
	return false;
}

static int number(const char *value, int64_t max, int64_t *out)
{
	char *end;
	long long n = strtoll(value, &end, 10);

	if (end == value || *end || n < 0 || n > max)
		return -1;
	*out = n;
	return 0;
}

int filter_set(struct filter *f, const char *name, const char *value, const char **expected)
{
	struct {
		const char *name;
		char *to;
		size_t size;
	} const texts[] = {
		{"seat", f->seat, sizeof(f->seat)},
		{"reason", f->reason, sizeof(f->reason)},
		{"address", f->address, sizeof(f->address)},
		{"client", f->client, sizeof(f->client)},
		{"exercise", f->exercise, sizeof(f->exercise)},
		{"text", f->text, sizeof(f->text)},
		{"verdict", f->verdict, sizeof(f->verdict)},
		{"stage", f->stage, sizeof(f->stage)},
	};
	int64_t n;

	*expected = "";
	if (strcmp(name, "limit") == 0) {
		*expected = "a number from 1 to 1000";
		if (number(value, LIMIT_MAX, &n) != 0 || n == 0)
			return -2;
		f->limit = (int)n;
		return 0;
	}
	if (strcmp(name, "before") == 0 || strcmp(name, "after") == 0) {
		*expected = "the \"next\" of an earlier answer";
		return number(value, INT64_MAX / 2, *name == 'b' ? &f->before : &f->after) ? -2 : 0;
	}
	if (strcmp(name, "verdict") == 0 && *value && !one_of(value, verdicts)) {
		*expected = "accepted, rejected, denial, end, flood, begin, lost, start or stop";
		return -2;
	}
	if (strcmp(name, "stage") == 0 && *value && !one_of(value, stages)) {
		*expected =
			"tcp, hello, server-flight, client-cert, finished, connect, auth or session";
		return -2;
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (strcmp(name, texts[i].name) != 0)
			continue;
		if (strlen(value) >= texts[i].size) {
			*expected = "a shorter text";
			return -2;
		}
		strcpy(texts[i].to, value);
		if (texts[i].to == f->text) {
			struct text t = {.max = sizeof(f->text_json) - 1};

			text_json(&t, value, strlen(value), 0);
			if (t.len >= 2 && !t.broken)
				snprintf(f->text_json, sizeof(f->text_json), "%.*s", (int)t.len - 2,
					 t.s + 1);
			else
				snprintf(f->text_json, sizeof(f->text_json), "%s", value);
			text_free(&t);
		}
		return 0;
	}
	return -1;
}

bool filter_match(const struct filter *f, const struct record *r)
{
	if (*f->seat && strcmp(f->seat, r->seat) != 0)
		return false;
	if (*f->reason && strcmp(f->reason, r->reason) != 0)
		return false;
	if (*f->stage && strcmp(f->stage, r->stage) != 0)
		return false;
	if (*f->client && strcmp(f->client, r->client_id) != 0)
		return false;
	if (*f->exercise && strcmp(f->exercise, r->exercise) != 0)
		return false;
	if (*f->verdict) {
		if (strcmp(f->verdict, "accepted") == 0 || strcmp(f->verdict, "rejected") == 0) {
			if (r->kind != LINE_VISIT || r->accepted != (*f->verdict == 'a'))
				return false;
		} else if (strcmp(f->verdict, line_kind_name(r->kind)) != 0) {
			return false;
		}
	}
	if (*f->address) {
		char address[80];

		record_address(r->peer, address, sizeof(address));
		if (strncmp(address, f->address, strlen(f->address)) != 0)
			return false;
	}
	return true;
}

bool filter_match_text(const struct filter *f, const struct record *r)
{
	return !*f->text || strcasestr(r->line, f->text_json) != NULL;
}
