/*
 * Reading a journal that is being written, rotated and perhaps truncated under our eyes.
 *
 * A journal is one file, PATH, with older ones beside it: PATH.1 (the newest of them), PATH.2 and
 * so on. Both readers here pull: each call hands out one line, without its newline and with a NUL
 * in its place; the pointer lives until the next call on the same reader. Neither ever blocks.
 *
 * - Only what a newline ends is a line. A torn last line is not handed out; should its rest be
 *   written later it comes whole, should its file end there it is counted as torn.
 * - A line of more than TAIL_LINE_MAX bytes is passed over and counted; so memory is bounded.
 * - Several journals at once are the caller's matter: one reader each.
 */
#ifndef DOORSTEP_TAIL_H
#define DOORSTEP_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAIL_LINE_MAX (1024U * 1024U)

struct tail_counts {
	uint64_t lines;	    /* handed out */
	uint64_t too_long;  /* passed over */
	uint64_t torn;	    /* ends of files that no newline ended, and lines taken back before it came */
	uint64_t truncated; /* the file became shorter, or other bytes stand where we had read */
	uint64_t replaced;  /* our file vanished, and another was taken up from its beginning */
};

/* ---- forward, and following ---- */

struct tail;

/* Asked for lines from the newest backwards; true for the first that is NOT wanted any more. */
typedef bool (*tail_enough)(const char *line, size_t len, void *arg);

/*
 * Opens the journal at `path`, which need not exist yet. Lines come oldest first: from the very
 * oldest (PATH.N) where `enough` is NULL, else from the line after the newest one for which
 * `enough` says true. NULL when memory runs out.
 */
struct tail *tail_open(const char *path, tail_enough enough, void *arg);

/* For tail_open: only lines yet to be written; and the last *(size_t *)arg lines. */
bool tail_at_end(const char *line, size_t len, void *arg);
bool tail_last(const char *line, size_t len, void *arg);

/*
 * 1: *line and *len are the next line. 0: nothing more for now; wait for tail_fd() or some time
 * and call again. Negative: -errno of a file that cannot be read (also to be tried again later).
 * A caller with an event loop takes as many lines at a time as it likes.
 */
int tail_next(struct tail *t, const char **line, size_t *len);

/* Readable when something happened in the journal's directory since tail_next() said 0; -1 where
 * that cannot be had. What happened before the first call is not told: ask for it before the first
 * tail_next(). Some file systems do not tell at all, so look again once a second anyway. */
int tail_fd(struct tail *t);

/* Waits until tail_next() is worth calling: at most `ms` milliseconds and never over a second.
 * Returns early on a signal. */
void tail_wait(struct tail *t, int ms);

const struct tail_counts *tail_counts(const struct tail *t);
void tail_close(struct tail *t);

/* ---- newest first ---- */

struct tail_back;

/* The newest lines of a journal of any size within milliseconds: reads backwards from the end.
 * NULL when memory runs out. */
struct tail_back *tail_back_open(const char *path);

/* 1: the next older line; 0: there are no more; negative: -errno. */
int tail_back_next(struct tail_back *b, const char **line, size_t *len);

const struct tail_counts *tail_back_counts(const struct tail_back *b);
void tail_back_close(struct tail_back *b);

#endif
