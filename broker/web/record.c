#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void record_address(const char *peer, char *out, size_t size)
{
	const char *from = peer, *end = NULL;
	const char *colon = strrchr(peer, ':');

	if (*peer == '[') {
		from++;
		end = strchr(from, ']');
	} else if (colon && strchr(peer, ':') == colon) {
		end = colon;
	} /* else a bare address, IPv6 without a port too */
	if (!end)
		end = from + strlen(from);
	snprintf(out, size, "%.*s", (int)(end - from), from);
}

struct record *record_new(const struct line *l, const char *raw, size_t len)
{
	int64_t t = l->t ? line_time(l->t) : -1;
	const char *client = l->client_id;
	struct record *r;
	double count;
	char *at;

	if (t < 0 || !l->run || l->kind == LINE_OTHER)
		return NULL;
	if (!client && l->kind == LINE_FLOOD)
		client = line_string(l, "client_id");

	const char *fields[] = {l->id,	l->run,	   l->broker, l->seat, l->peer,	   l->listener,
				client, l->reason, l->stage,  l->by,   l->exercise};
	size_t size = sizeof(*r) + len + 1;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		size += (fields[i] ? strlen(fields[i]) : 0) + 1;
	r = malloc(size);
	if (!r)
		return NULL;
	*r = (struct record){.t = t, .kind = l->kind, .accepted = l->accepted, .ms = l->ms};
	r->seq = (uint64_t)l->seq;
	r->count = 1;
	if (line_number(l, "count", &count) && count >= 1 && count < 4e9)
		r->count = (uint32_t)count;
	r->len = len;
	r->size = size;
	at = (char *)(r + 1);
	memcpy(at, raw, len);
	at[len] = '\0';
	r->line = at;
	at += len + 1;

	const char **slots[] = {&r->id,	   &r->run,	 &r->broker,	&r->seat,
				&r->peer,  &r->listener, &r->client_id, &r->reason,
				&r->stage, &r->by,	 &r->exercise};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *s = fields[i] ? fields[i] : "";
		size_t n = strlen(s) + 1;

		memcpy(at, s, n);
		*slots[i] = at;
		at += n;
	}
	return r;
}
