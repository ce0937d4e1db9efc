/*
 * A bounded memory of things that peers named: fixed size, oldest out first, no allocation after it
 * is made. Keys are any bytes; only a keyed digest of them is kept, so that nobody outside can aim
 * at a slot, and a 64 kB client id costs no more than a short one.
 */
#ifndef DOORSTEP_SEATS_MEMORY_H
#define DOORSTEP_SEATS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct memory;

/* Room for about `entries` values of value_size bytes each. NULL without memory. */
struct memory *memory_new(size_t entries, size_t value_size);
void memory_free(struct memory *memory);

/* The value of a key, NULL if it isn't remembered. */
void *memory_find(const struct memory *memory, const void *key, size_t len);

/* The value of a key, remembered from now on; new ones are zeroed, and push out the one among their
 * neighbours that was put longest ago. */
void *memory_put(struct memory *memory, const void *key, size_t len, int64_t now);

void memory_drop(struct memory *memory, const void *key, size_t len);

/* Calls each for every value. */
void memory_each(const struct memory *memory, void (*each)(void *value, void *arg), void *arg);

#endif
