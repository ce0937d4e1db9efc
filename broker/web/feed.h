/* Reading the journals: the newest lines first, then on towards the oldest, and what is written. */
#ifndef DOORSTEP_WEB_FEED_H
#define DOORSTEP_WEB_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"
#include "tail.h"

#define FEED_JOURNALS 32

struct feed_journal {
	const char *path;
	struct tail *tail;
	struct tail_back *back;
	struct record *older; /* the next one that `back` has to offer, and its line */
	struct line older_line;
	int error;		     /* -errno of the last look, 0 */
	int back_error;		     /* the same, of what was there before; it stays */
	unsigned long back_too_long; /* what `back` passed over, once it is closed */
};

struct feed {
	struct feed_journal journals[FEED_JOURNALS];
	int count;
	unsigned long foreign; /* lines that are none of ours */
	int unknown_v;	       /* a version in them that is not ours, 0: none */
};

/* Takes a record: the newest one, or, with `old`, one older than all. False: no more old ones,
 * there is no room. It owns the record; the line lives as long as the call. */
typedef bool (*feed_take)(struct record *r, const struct line *l, bool old, void *arg);

/* 0, or -1 without memory or with too many. */
int feed_add(struct feed *f, const char *path);

/* Lines that are none of ours, and those that are too long to be one. */
unsigned long feed_unreadable(const struct feed *f);

/* -errno if something of it cannot be read, 0. */
int feed_error(const struct feed_journal *j);

/* Hands out up to `max` older lines, newest first over all journals. False when there are no more. */
bool feed_back(struct feed *f, int max, feed_take take, void *arg);

/* Hands out up to `max` new lines of each journal. True if there may be more at once. */
bool feed_poll(struct feed *f, int max, feed_take take, void *arg);

void feed_free(struct feed *f);

#endif
