/*
 * The journal's file: lines go in whole or not at all, it is rotated by size and by age, old parts
 * are removed by age, and a disk that is full costs lines (counted), never a torn one. Used by one
 * thread.
 */
#ifndef DOORSTEP_JOURNAL_H
#define DOORSTEP_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct journal {
	char *path;
	int fd; /* -1: not open */
	uint64_t size;
	uint64_t rotate_bytes;
	unsigned keep_days;
	uint64_t device, inode; /* of what fd is */
	time_t begun;		/* when its first line was written */
	time_t pruned;		/* when old parts were last looked for */
	uint64_t lost;		/* lines that could not be written, since journal_lost() */
	int error;		/* why, the last time */
	char *buffer;		/* whole lines that wait for journal_flush() */
	size_t used, lines;
};

/* As long as a line may be for its readers: an id, a user name and a topic of 64 kB, escaped. */
#define JOURNAL_BUFFER (1024U * 1024)

/* Takes a path; nothing is opened yet. 0 or -ENOMEM. */
int journal_init(struct journal *j, const char *path, unsigned rotate_mb, unsigned keep_days);
void journal_done(struct journal *j);

/* Adds one line (without newline). It reaches the file at the next flush. */
void journal_add(struct journal *j, const char *line, size_t len);

/* Writes what waits; opens, rotates and prunes as needed. 0 or -errno; on failure the lines are
 * counted as lost and the file ends as it did before. */
int journal_flush(struct journal *j);

/* After SIGHUP: opens the file anew at the next flush. */
void journal_reopen(struct journal *j);

/* Now and then: notices that another file stands at the path, and that lines grow too old. */
void journal_check(struct journal *j);

#endif
