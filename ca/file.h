/*
 * Files that are whole or not there. A file is written without a name, synced, and only then given
 * one; a call that is killed leaves nothing behind, but where it replaces a file at most one whole
 * .new-NAME, which the next call that writes NAME takes away (on a file system that has no files without
 * a name: .new-PID, which the next call of that number does). Names are relative to an open directory.
 */
#ifndef DOORSTEP_FILE_H
#define DOORSTEP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "fault.h"
#include "text.h"

#define FILE_KEY    0600
#define FILE_PUBLIC 0644

enum file_flags {
	FILE_REPLACE = 1, /* an existing file is replaced; else that is a refusal */
	FILE_NO_SYNC = 2, /* leaves the write to the kernel */
	FILE_REMOVE = 8,  /* in a batch: it goes */
	FILE_FIRST = 16,  /* in a batch: it is written before those without */
	FILE_NAMED = 4, /* as where the file system has no nameless files; chosen by itself there */
};

/* Writes a file; its mode is what it says from the first byte. Owner is that of the directory dir
 * where we are root. The directory entry is durable only after file_sync_dir(). */
int file_write(int dir, const char *name, const void *data, size_t len, mode_t mode, int flags,
	       struct fault *fault);

/* Reads a whole file of at most max bytes; a larger one is refused with its size. */
int file_read(int dir, const char *name, struct text *out, size_t max, struct fault *fault);

/* Takes a file away, if it is there. */
int file_remove(int dir, const char *name, struct fault *fault);

/* Makes a directory with exactly this mode (and the parents that are missing) unless it is there. Its
 * own entry is durable, unless flags say FILE_NO_SYNC. */
int file_mkdir(int dir, const char *name, mode_t mode, int flags, struct fault *fault);

bool file_exists(int dir, const char *name);
int file_sync_dir(int dir, const char *name, struct fault *fault);

#endif
