/* Counters for Prometheus, by verdict, reason and listener: since this program began to read. */
#ifndef DOORSTEP_WEB_METRICS_H
#define DOORSTEP_WEB_METRICS_H

#include "record.h"

#define METRICS_SERIES	512 /* what does not fit is counted under listener="other" */
#define METRICS_BUCKETS 9

struct metric {
	enum line_kind kind;
	bool accepted;
	char reason[64];
	char listener[64];
	uint64_t count;
};

struct metrics {
	struct metric series[METRICS_SERIES];
	int count;
	uint64_t lost;
	uint64_t unreadable; /* lines that are no journal lines of ours */
	uint64_t duplicates;
	uint64_t took[2][METRICS_BUCKETS + 1]; /* rejected, accepted; the last one is +Inf */
	double took_sum[2];
};

/* What the server knows of itself. */
struct metrics_self {
	uint64_t clients, dropped, answers, refused, evicted;
	size_t window_lines, window_bytes;
	int64_t newest_t; /* of the newest line, ms; 0: none */
	int journals;
};

void metrics_count(struct metrics *m, const struct record *r);

/* The text exposition format, version 0.0.4. */
void metrics_text(const struct metrics *m, const struct metrics_self *self, struct text *out);

#endif
