/* Points in time, as people write and read them. Seconds since 1970, UTC. Pure but when_now(). */
#ifndef DOORSTEP_WHEN_H
#define DOORSTEP_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_DAY     86400
#define WHEN_YEARS30 10957	    /* days of thirty years */
#define WHEN_LAST    253402300799LL /* the last second of 9999, which a certificate can say */

struct when_text {
	char s[96];
};

int64_t when_now(void);

/* "2026-11-21", "2026-11-21T01:13:39Z" or seconds since 1970 into *at. */
bool when_parse(const char *text, int64_t *at);

/* "2056-11-14 01:13 UTC" */
struct when_text when_date(int64_t at);

/* "2056-11-21T01:13:39Z" */
struct when_text when_iso(int64_t at);

/* "14 November 2056, in 30 years", "3 July 2027, in 7 months", "yesterday", "12 days ago" */
struct when_text when_words(int64_t at, int64_t now);

#endif
