#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define READS_V 1

static const char *const kinds[] = {
	[LINE_OTHER] = "other",	  [LINE_VISIT] = "visit", [LINE_BEGIN] = "begin",
	[LINE_DENIAL] = "denial", [LINE_END] = "end",	  [LINE_FLOOD] = "flood",
	[LINE_LOST] = "lost",	  [LINE_START] = "start", [LINE_STOP] = "stop",
};

const char *line_kind_name(enum line_kind kind)
{
	return kinds[kind];
}

static enum line_kind kind_by_name(const char *name)
{
	for (int i = LINE_VISIT; i <= LINE_STOP; i++)
		if (name && strcmp(kinds[i], name) == 0)
			return (enum line_kind)i;
	return LINE_OTHER;
}

const cJSON *line_at(const struct line *l, const char *path)
{
	const cJSON *at = l->json;

	while (at && *path) {
		char name[48];
		size_t n = strcspn(path, ".");

		if (n >= sizeof(name) || !cJSON_IsObject(at))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		at = cJSON_GetObjectItemCaseSensitive(at, name);
		path += n;
		path += *path == '.';
	}
	return at;
}

const char *line_string(const struct line *l, const char *path)
{
	return cJSON_GetStringValue(line_at(l, path));
}

bool line_number(const struct line *l, const char *path, double *n)
{
	const cJSON *at = line_at(l, path);

	if (!cJSON_IsNumber(at))
		return false;
	*n = at->valuedouble;
	return true;
}

bool line_list(const struct line *l, const char *path, struct text *out)
{
	const cJSON *list = line_at(l, path), *item;
	const char *between = "";

	if (!cJSON_IsArray(list) || !list->child)
		return false;
	cJSON_ArrayForEach(item, list)
	{
		text_puts(out, between);
		between = ", ";
		if (cJSON_IsString(item))
			text_show(out, item->valuestring, strlen(item->valuestring), 256);
		else if (cJSON_IsNumber(item))
			text_printf(out, "%.15g", item->valuedouble);
	}
	return true;
}

/* The sentence for a line that is not ours: before, the value that is wrong, after. */
static int refuse(cJSON *json, struct text *why, const char *before, const char *value,
		  const char *after)
{
	if (why) {
		text_puts(why, before);
		text_show(why, value, strlen(value), 40);
		text_puts(why, after);
	}
	cJSON_Delete(json);
	return -1;
}

static int check_version(cJSON *json, struct text *why)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(json, "v");
	char number[32];

	if (!cJSON_IsObject(json))
		return refuse(json, why, "a line of a journal is one JSON object", "", "");
	if (cJSON_IsString(v))
		return refuse(json, why, "journal v is \"", v->valuestring,
			      "\", and this program reads v 1");
	if (!cJSON_IsNumber(v))
		return refuse(json, why, "the line has no v; a journal's lines have \"v\":1", "",
			      "");
	snprintf(number, sizeof(number), "%.15g", v->valuedouble);
	if (v->valuedouble < READS_V || v->valuedouble > READS_V)
		return refuse(json, why, "journal v is ", number,
			      ", and this program reads v 1: take a newer doorstep");
	return 0;
}

int line_parse(struct line *l, const char *s, size_t len, struct text *why)
{
	const char *end = s;
	cJSON *json;
	double seq;

	*l = (struct line){.ms = -1};
	json = cJSON_ParseWithLengthOpts(s, len, &end, 0);
	if (!json) {
		char at[32];

		snprintf(at, sizeof(at), "%zu", (size_t)(end - s));
		return refuse(NULL, why, "not JSON at byte ", at, "");
	}
	while (end < s + len && (*end == ' ' || *end == '\t' || *end == '\r'))
		end++;
	if (end != s + len)
		return refuse(json, why, "more than one JSON value in the line", "", "");
	if (check_version(json, why))
		return -1;
	l->json = json;
	l->kind = kind_by_name(line_string(l, "kind"));
	l->id = line_string(l, "id");
	l->t = line_string(l, "t");
	l->broker = line_string(l, "broker");
	l->run = line_string(l, "run");
	l->listener = line_string(l, "listener");
	l->peer = line_string(l, "peer");
	l->seat = line_string(l, "seat");
	l->seat_from = line_string(l, "seat_from");
	l->stage = line_string(l, "stage");
	l->verdict = line_string(l, "verdict");
	l->reason = line_string(l, "reason");
	l->by = line_string(l, "by");
	l->says = line_string(l, "says");
	l->exercise = line_string(l, "exercise");
	l->client_id = line_string(l, "mqtt.client_id");
	if (!l->client_id)
		l->client_id = line_string(l, "client_id");
	l->user = line_string(l, "mqtt.user");
	l->sni = line_string(l, "tls.sni");
	if (!l->sni)
		l->sni = line_string(l, "sni");
	line_number(l, "ms", &l->ms);
	if (line_number(l, "seq", &seq) && seq >= 1 && seq < 1e15)
		l->seq = (long)seq;
	l->accepted = l->kind == LINE_VISIT && l->verdict && strcmp(l->verdict, "accepted") == 0;
	return 0;
}

void line_free(struct line *l)
{
	cJSON_Delete(l->json);
	*l = (struct line){.ms = -1};
}

enum reason_id line_reason(const struct line *l)
{
	return l->reason ? reason_by_code(l->reason) : REASON_NONE;
}

long long line_time(const char *t)
{
	struct tm tm = {0};
	int ms = 0, used = 0;

	if (!t ||
	    sscanf(t, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
	    used != 19)
		return -1;
	if (t[used] == '.') {
		int more = 0;

		if (sscanf(t + used, ".%3d%n", &ms, &more) != 1 || more != 4 || ms < 0)
			return -1;
		used += more;
	}
	if (strcmp(t + used, "Z") != 0 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
	    tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60 || tm.tm_year < 1970)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (long long)timegm(&tm) * 1000 + ms;
}
