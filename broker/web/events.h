/*
 * How /events begins: with the state as it is now, or for a browser that comes back with what it
 * missed. What comes after that is the stream's.
 */
#ifndef DOORSTEP_WEB_EVENTS_H
#define DOORSTEP_WEB_EVENTS_H

#include "page.h"

/* Lines that a browser which comes back gets before the state as it is now. */
struct replay {
	bool on;
	int64_t n;	/* the next one's place in the window */
	int64_t last_n; /* of the line that the browser saw last, and its time */
	int64_t last_t;
	int64_t missed; /* that are too old to be sent again */
};

struct answer;
struct request;

void events_get(struct page *p, const struct request *rq, const char *rest, struct answer *a);

/* Appends what comes next of a replay, about max bytes; with the last of it, the state. */
void events_replay(struct page *p, const struct audience *who, struct replay *r, size_t max,
		   struct text *out);

#endif
