/*
 * The bounded window of records that the page keeps: a queue, newest at the end, with a table by
 * id. New records go to the end and push old ones out; older records found later (a large journal
 * is read backwards, in pieces) go to the front as long as there is room.
 */
#ifndef DOORSTEP_WEB_WINDOW_H
#define DOORSTEP_WEB_WINDOW_H

#include "record.h"

struct window {
	struct record **ring; /* a power of two */
	size_t ring_size;
	size_t head; /* slot of the oldest */
	size_t count;
	int64_t first_n; /* of the oldest */
	struct record **table;
	size_t table_size;
	size_t bytes;
	size_t max_bytes;
	size_t max_count;
	uint64_t evicted;
	bool older; /* there were older lines, for which there is no room (any more) */
};

/* 0, or -1 without memory. */
int window_init(struct window *w, size_t max_count, size_t max_bytes);
void window_free(struct window *w);

/* Takes r: the newest. The oldest leave when a bound is passed. 0, or -1 without memory (r freed). */
int window_push(struct window *w, struct record *r);

/* Takes r: the oldest. False, and r is freed, when the window is full. */
bool window_push_old(struct window *w, struct record *r);

/* The record with this place, NULL if it is not there (any more). */
struct record *window_at(const struct window *w, int64_t n);

/* The place after the newest. */
int64_t window_end(const struct window *w);

/* The first record of a chain with this id; walk on with ->same and compare ids. */
struct record *window_find(const struct window *w, const char *id);

/* The visit with this id, else its begin, else NULL. */
struct record *window_visit(const struct window *w, const char *id);

/* Is this very line known: same id and kind, and for denials and lines without id same run and seq? */
bool window_has(const struct window *w, const struct record *r);

#endif
