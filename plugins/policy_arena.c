#include "policy_arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)64 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

void *arena_take(struct arena *arena, size_t size)
{
	struct arena_block *b = arena->blocks;
	void *p;

	if (arena->broken || size > SIZE_MAX / 2)
		goto broken;
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!b || b->size - b->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		b = calloc(1, sizeof(*b) + room);
		if (!b)
			goto broken;
		b->size = room;
		b->next = arena->blocks;
		arena->blocks = b;
	}
	p = b->bytes + b->used;
	b->used += size;
	return p;
broken:
	arena->broken = true;
	return NULL;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / 2 / size) {
		arena->broken = true;
		return NULL;
	}
	return arena_take(arena, n * size);
}

char *arena_copy(struct arena *arena, const char *s, size_t len)
{
	char *copy = arena_take(arena, len + 1);

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

void arena_free(struct arena *arena)
{
	for (struct arena_block *b = arena->blocks; b;) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	*arena = (struct arena){0};
}
