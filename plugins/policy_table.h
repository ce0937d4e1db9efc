/*
 * Hash tables over the seats. A key that more than one seat has finds nobody: it identifies none.
 */
#ifndef DOORSTEP_POLICY_TABLE_H
#define DOORSTEP_POLICY_TABLE_H

#include "policy.h"
#include "policy_arena.h"

#define CLIENT_ID_MAX 256 /* a client id, or the beginning of one, in seats.json */

enum table_key {
	KEY_LABEL,
	KEY_HOST,
	KEY_USER,
	KEY_CERT, /* SHA-256, 32 bytes */
	KEY_SUBJECT,
	KEY_CLIENT_ID, /* whole ids */
	KEY_PREFIX,    /* beginnings of ids, without the '*' */
	KEY_COUNT
};

struct policy_slot {
	const char *key;
	uint32_t len, hash;
	const struct seat *seat; /* NULL with a key: several seats have it */
};

struct policy_index {
	struct policy_slot *slots;
	size_t mask;
};

struct policy_table {
	struct policy_index index[KEY_COUNT];
	uint16_t prefix_lens[CLIENT_ID_MAX]; /* the lengths that occur, longest first */
	size_t prefix_len_count;
};

/* Makes the tables; room for `keys` of each kind. NULL without memory. */
struct policy_table *table_new(struct arena *arena, const size_t keys[KEY_COUNT]);

/* Adds a key that lives as long as the table. Returns the seat that had it before, NULL if none. */
const struct seat *table_add(struct policy_table *table, enum table_key kind, const char *key,
			     size_t len, const struct seat *seat);

const struct seat *table_find(const struct policy_table *table, enum table_key kind,
			      const char *key, size_t len);

/* Whole ids first, then the longest beginning that is anybody's. */
const struct seat *table_find_client_id(const struct policy_table *table, const char *id,
					size_t len);

#endif
