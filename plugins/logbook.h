/*
 * The logbook: the clerk's copy of the last lines of Mosquitto's own log, each with its place in
 * the file. Mosquitto writes line by line and flushes each, so what stands between two places that
 * the broker's thread saw while it served one client is about that client: an exact tie, not a
 * guess. A line is claimed once; unclaimed lines belong to nobody that TLS knows.
 */
#ifndef DOORSTEP_LOGBOOK_H
#define DOORSTEP_LOGBOOK_H

#include "brokerlog.h"

#define LOGBOOK_LINES	 4096
#define LOGBOOK_LINE_MAX 2048 /* of longer ones the beginning is read */

struct log_entry {
	uint32_t generation;
	int64_t from, to;     /* bytes in the file, newline included */
	int64_t read_us;      /* when it was read, monotonic */
	struct log_line line; /* points into text */
	char *text;
	bool claimed;
	bool settled; /* looked at as unclaimed */
};

struct logbook {
	int fd;	   /* -1: no log */
	bool is21; /* whose log it is */
	uint32_t generation;
	int64_t at; /* read so far */
	char *partial;
	size_t partial_len;
	int64_t line_from;
	struct log_entry *entries; /* a ring of LOGBOOK_LINES */
	uint64_t first, next;	   /* entries[first..next) */
	uint64_t settled;	   /* before this one all are claimed or settled */
};

int logbook_init(struct logbook *b);
void logbook_done(struct logbook *b);

/* Another file, from its byte `from` on; takes the fd. */
void logbook_open(struct logbook *b, int fd, uint32_t generation, int64_t from);

/* Reads what has been written up to `to` (-1: up to the end as it is now). */
void logbook_read(struct logbook *b, int64_t to, int64_t now_us);

/* Calls each for the unclaimed lines that begin in [from, to) of that generation. */
void logbook_window(struct logbook *b, uint32_t generation, int64_t from, int64_t to,
		    void (*each)(struct log_entry *e, void *arg), void *arg);

/* The unclaimed line that ends exactly at `to`, NULL if there is none. */
struct log_entry *logbook_ending_at(struct logbook *b, uint32_t generation, int64_t to);

/* The newest unclaimed line that begins at `from` or later, ends at `to` or before (-1: any), and
 * `fits`. */
struct log_entry *logbook_last(struct logbook *b, uint32_t generation, int64_t from, int64_t to,
			       bool (*fits)(const struct log_entry *e, void *arg), void *arg);

#endif
