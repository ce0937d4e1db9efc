/*
 * One line of the journal, as the page keeps it: the raw line plus the few fields that tiles,
 * filters and counters need. Everything else is read from the line again when somebody asks.
 */
#ifndef DOORSTEP_WEB_RECORD_H
#define DOORSTEP_WEB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "line.h"

/* Strings are never NULL; a field that the line does not have is "". */
struct record {
	int64_t n; /* place in the window; the window sets it */
	int64_t t; /* ms since 1970 */
	uint64_t seq;
	struct record *same; /* next in the window's table of ids */
	enum line_kind kind;
	bool accepted;
	uint32_t count; /* of a flood or a loss, else 1 */
	double ms;	/* how long the visit took; negative: not said */
	size_t len;
	const char *line;
	const char *id;
	const char *run;
	const char *broker;
	const char *seat;
	const char *peer;
	const char *listener;
	const char *client_id;
	const char *reason;
	const char *stage;
	const char *by;
	const char *exercise;
	size_t size; /* bytes that it takes in memory */
};

/* What the page keeps of a line that line_parse() took apart; raw is the line itself. To be freed
 * with free(). NULL without memory, or when the line lacks what every line has: a time and a run. */
struct record *record_new(const struct line *l, const char *raw, size_t len);

/* The address of a peer "address:port", "[address]:port" or "address", without port and brackets. */
void record_address(const char *peer, char *out, size_t size);

#endif
