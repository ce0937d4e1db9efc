#include "when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t when_now(void)
{
	return time(NULL);
}

bool when_parse(const char *text, int64_t *at)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"};
	int day;
	char *end;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *rest = strptime(text, forms[i], &tm);

		if (rest && !*rest) {
			/* 31 February would become 3 March. */
			day = tm.tm_mday;
			*at = timegm(&tm);
			return tm.tm_mday == day && *at >= 0 && *at <= WHEN_LAST;
		}
	}
	if (!*text || strlen(text) > 15)
		return false;
	*at = strtoll(text, &end, 10);
	return !*end && *at >= 0 && *at <= WHEN_LAST;
}

static bool split(int64_t at, struct tm *tm)
{
	time_t seconds = at;

	return at != INT64_MIN && at != INT64_MAX && gmtime_r(&seconds, tm);
}

#define UNREADABLE ((struct when_text){"a date that cannot be read"})

struct when_text when_date(int64_t at)
{
	struct when_text out;
	struct tm tm;

	if (!split(at, &tm))
		return UNREADABLE;
	strftime(out.s, sizeof(out.s), "%Y-%m-%d %H:%M UTC", &tm);
	return out;
}

struct when_text when_iso(int64_t at)
{
	struct when_text out;
	struct tm tm;

	if (!split(at, &tm))
		return UNREADABLE;
	strftime(out.s, sizeof(out.s), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

struct when_text when_words(int64_t at, int64_t now)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {
		{365 * WHEN_DAY + WHEN_DAY / 4, "year"},
		{30 * WHEN_DAY + WHEN_DAY / 2, "month"},
		{WHEN_DAY, "day"},
		{3600, "hour"},
		{60, "minute"},
		{1, "second"},
	};
	struct when_text out;
	struct tm tm;
	int64_t distance;
	size_t used, u = 0;
	long long count;

	if (!split(at, &tm))
		return UNREADABLE;
	strftime(out.s, sizeof(out.s), "%e %B %Y", &tm);
	if (out.s[0] == ' ')
		memmove(out.s, out.s + 1, strlen(out.s));
	distance = at > now ? at - now : now - at;
	/* Two of a unit at least: "in 13 months" says more than "in 1 year". */
	while (u < 5 && distance < 2 * units[u].seconds)
		u++;
	count = (distance + units[u].seconds / 2) / units[u].seconds;
	used = strlen(out.s);
	snprintf(out.s + used, sizeof(out.s) - used,
		 at > now ? ", in %lld %s%s" : ", %lld %s%s ago", count, units[u].unit,
		 count == 1 ? "" : "s");
	return out;
}
