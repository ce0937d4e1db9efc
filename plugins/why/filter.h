/* Which lines of a journal somebody wants to see: a set of conditions that must all hold. */
#ifndef DOORSTEP_WHY_FILTER_H
#define DOORSTEP_WHY_FILTER_H

#include <stdbool.h>
#include "line.h"

/* Each is a shell pattern ("seat*"), or a list of them with commas; NULL: anything will do. "-" is
 * what was not seen. */
struct filter {
	const char *seat;
	const char *client_id;
	const char *address; /* without port; "10.0.*" */
	const char *reason;  /* a mark counts, and "accepted" is one too */
	const char *verdict;
	const char *stage;
	const char *listener;
	const char *kind;
	long long since; /* milliseconds since 1970; -1: always */
};

bool filter_match(const struct filter *f, const struct line *l);

/* True if the pattern list has this value; value may be NULL. */
bool filter_one(const char *patterns, const char *value);

/* True if the line's reason, verdict or one of its marks is in the list. */
bool filter_reason(const char *patterns, const struct line *l);

/* "10m", "2h", "30s", "1d", "2026-11-21", "2026-11-21T02:00:00Z" as milliseconds since 1970, with
 * `now` for the first four; -1 if it is none of these. */
long long filter_since(const char *s, long long now);

/* "30s", "500ms", "2m", "1h", "30" (seconds) as milliseconds; -1 if it is none. */
long long filter_duration(const char *s);

#endif
