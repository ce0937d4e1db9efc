/*
 * Memory that is given back all at once: what a policy, or a JSON document, is made of.
 *
 * arena_take returns zeroed memory, or NULL when there is none left; it need not be checked at
 * every call by those who check `broken` once at the end and never write through a NULL.
 */
#ifndef DOORSTEP_POLICY_ARENA_H
#define DOORSTEP_POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	bool broken;
};

void *arena_take(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t n, size_t size);

/* A copy with a NUL at the end. */
char *arena_copy(struct arena *arena, const char *s, size_t len);

void arena_free(struct arena *arena);

#endif
