/* Shared by both readers of tail.h: the files of a journal and what tells them apart. */
#ifndef DOORSTEP_TAIL_FILE_H
#define DOORSTEP_TAIL_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#define TAIL_CHUNK     65536U
#define TAIL_FILES_MAX 100000U /* a bound against a directory that plays tricks */

struct tail_file {
	dev_t dev;
	ino_t ino;
};

/* The name of PATH's n-th older file; 0 is PATH itself. Malloc'ed. */
char *tail_name(const char *path, unsigned n);

/* Opens it for reading: the descriptor, or -errno; only regular files. */
int tail_file_open(const char *path, unsigned n, struct stat *st);

/* 0, or -errno. */
int tail_file_stat(const char *path, unsigned n, struct stat *st);

/* The first number from n on that there is; 0 if there is none. A rotation moves one file after the
 * other, so for a moment a number is missing in the row; it is looked over. */
unsigned tail_file_next(const char *path, unsigned n, struct stat *st);

bool tail_file_same(const struct tail_file *f, const struct stat *st);

/* Where a backward reader stands: the open file and the offset just behind the line that it handed
 * out last. The descriptor stays the reader's. */
struct tail_back;
bool tail_back_where(const struct tail_back *b, int *fd, off_t *behind);

#endif
