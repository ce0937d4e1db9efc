/* Accepted and turned away a minute, and what for: the last hour in sixty buckets. */
#ifndef DOORSTEP_WEB_PLOT_H
#define DOORSTEP_WEB_PLOT_H

#include "record.h"

#define PLOT_MINUTES 60
#define PLOT_REASONS \
	96 /* as many different codes as are counted one by one; the rest are "other" */

struct plot_bucket {
	int64_t minute; /* since 1970 */
	uint32_t accepted;
	uint32_t rejected;
	uint32_t by_reason[PLOT_REASONS];
};

struct plot {
	struct plot_bucket at[PLOT_MINUTES]; /* slot: minute modulo 60 */
	char codes[PLOT_REASONS][48];	     /* [0] is "other" */
	int ncodes;
};

void plot_init(struct plot *p);

/* Counts a visit, a flood or a denial; anything else, and what is older than an hour, is nothing. */
void plot_count(struct plot *p, const struct record *r, int64_t now_ms);

/* {"from":minute,"accepted":[60],"rejected":[60],"top":[{"reason","count"}...]}, oldest first. */
void plot_json(const struct plot *p, int64_t now_ms, struct text *out);

#endif
