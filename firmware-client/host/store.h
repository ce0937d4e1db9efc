/*
 * The modem's credential store: items under (tag, type), byte for byte as they were written. With a
 * path it survives restarts: every change is written to the file at once (0600, whole or not at all),
 * and nobody else has it open meanwhile (a lock beside it, path.lock).
 */
#ifndef DOORSTEP_DK_STORE_H
#define DOORSTEP_DK_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_ITEMS 64

struct store_item {
	uint32_t tag;
	uint32_t type;
	char *text; /* len bytes and a NUL */
	size_t len;
	bool made_here; /* a key that AT%KEYGEN made: it never leaves the modem */
};

struct store {
	char *path; /* NULL: kept in memory only */
	char *lock_path;
	int lock; /* held; -1: there is none */
	struct store_item items[STORE_ITEMS];
	size_t count;
};

/* Loads path if it is there; 0, or a negative errno with *why set to a sentence about the file:
 * -EBUSY if another doorstep-dk has it open. */
int store_open(struct store *store, const char *path, const char **why);
void store_close(struct store *store);

const struct store_item *store_find(const struct store *store, uint32_t tag, uint32_t type);

/* Adds or replaces; -ENOSPC when there is no room, else what saving gave. */
int store_put(struct store *store, uint32_t tag, uint32_t type, const char *text, size_t len,
	      bool made_here);

/* -ENOENT if it isn't there. */
int store_delete(struct store *store, uint32_t tag, uint32_t type);

/* Everything gone, as after a deep discharge (field report 2). */
int store_clear(struct store *store);

#endif
