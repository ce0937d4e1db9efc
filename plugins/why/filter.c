#include "filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool filter_one(const char *patterns, const char *value)
{
	while (*patterns) {
		char one[256];
		size_t n = strcspn(patterns, ",");

		if (n < sizeof(one)) {
			memcpy(one, patterns, n);
			one[n] = '\0';
			if (!value ? strcmp(one, "-") == 0 : fnmatch(one, value, 0) == 0)
				return true;
		}
		patterns += n;
		patterns += *patterns == ',';
	}
	return false;
}

bool filter_reason(const char *patterns, const struct line *l)
{
	const cJSON *mark;

	if (l->reason && filter_one(patterns, l->reason))
		return true;
	if (l->accepted && filter_one(patterns, "accepted"))
		return true;
	cJSON_ArrayForEach(mark, line_at(l, "marks"))
	{
		if (cJSON_IsString(mark) && filter_one(patterns, mark->valuestring))
			return true;
	}
	return false;
}

/* The peer without its port: "10.0.0.7:51234", "[fd00::1]:51234", "10.0.0.7". */
static bool address_match(const char *patterns, const char *peer)
{
	char address[128];
	const char *end;
	size_t n;

	if (!peer)
		return filter_one(patterns, NULL);
	if (*peer == '[') {
		peer++;
		end = strchr(peer, ']');
	} else {
		end = strchr(peer, ':');
		/* more than one colon: an IPv6 address that stands alone */
		if (end && strchr(end + 1, ':'))
			end = NULL;
	}
	n = end ? (size_t)(end - peer) : strlen(peer);
	if (n >= sizeof(address))
		return false;
	memcpy(address, peer, n);
	address[n] = '\0';
	return filter_one(patterns, address);
}

bool filter_match(const struct filter *f, const struct line *l)
{
	if (f->kind && !filter_one(f->kind, line_kind_name(l->kind)))
		return false;
	if (f->seat && !filter_one(f->seat, l->seat))
		return false;
	if (f->client_id && !filter_one(f->client_id, l->client_id))
		return false;
	if (f->address && !address_match(f->address, l->peer))
		return false;
	if (f->reason && !filter_reason(f->reason, l))
		return false;
	if (f->verdict && !filter_one(f->verdict, l->verdict))
		return false;
	if (f->stage && !filter_one(f->stage, l->stage))
		return false;
	if (f->listener && !filter_one(f->listener, l->listener))
		return false;
	return f->since < 0 || line_time(l->t) >= f->since;
}

long long filter_duration(const char *s)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
	char *end;
	double n;

	if (*s < '0' || *s > '9')
		return -1;
	n = strtod(s, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 && n * units[i].ms < 1e14)
			return (long long)(n * units[i].ms);
	return -1;
}

long long filter_since(const char *s, long long now)
{
	long long back = filter_duration(s);
	char day[32];

	if (back >= 0)
		return now - back;
	if (strlen(s) == 10) {
		snprintf(day, sizeof(day), "%sT00:00:00Z", s);
		return line_time(day);
	}
	return line_time(s);
}
