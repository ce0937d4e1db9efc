#include "policy_table.h"

#include <string.h>

static uint32_t hash_bytes(const char *s, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619U;
	/* FNV leaves its low bits poor in short keys that differ at the end */
	h ^= h >> 15;
	return h * 2246822519U;
}

struct policy_table *table_new(struct arena *arena, const size_t keys[KEY_COUNT])
{
	struct policy_table *t = arena_take(arena, sizeof(*t));

	for (int i = 0; t && i < KEY_COUNT; i++) {
		size_t size = 8;

		while (size < keys[i] * 2)
			size *= 2;
		t->index[i].slots = arena_array(arena, size, sizeof(*t->index[i].slots));
		t->index[i].mask = size - 1;
		if (!t->index[i].slots)
			return NULL;
	}
	return t;
}

static struct policy_slot *slot_of(const struct policy_index *index, const char *key, size_t len,
				   uint32_t hash)
{
	for (size_t i = hash & index->mask;; i = (i + 1) & index->mask) {
		struct policy_slot *s = &index->slots[i];

		if (!s->key || (s->hash == hash && s->len == len && memcmp(s->key, key, len) == 0))
			return s;
	}
}

static void prefix_len_note(struct policy_table *table, size_t len)
{
	size_t i = 0;

	while (i < table->prefix_len_count && table->prefix_lens[i] > len)
		i++;
	if (i < table->prefix_len_count && table->prefix_lens[i] == len)
		return;
	memmove(&table->prefix_lens[i + 1], &table->prefix_lens[i],
		(table->prefix_len_count - i) * sizeof(table->prefix_lens[0]));
	table->prefix_lens[i] = (uint16_t)len;
	table->prefix_len_count++;
}

const struct seat *table_add(struct policy_table *table, enum table_key kind, const char *key,
			     size_t len, const struct seat *seat)
{
	uint32_t hash = hash_bytes(key, len);
	struct policy_slot *s = slot_of(&table->index[kind], key, len, hash);
	const struct seat *before = s->seat;

	if (kind == KEY_PREFIX)
		prefix_len_note(table, len);
	if (s->key) {
		if (before != seat)
			s->seat = NULL;
		return before;
	}
	*s = (struct policy_slot){key, (uint32_t)len, hash, seat};
	return NULL;
}

static const struct policy_slot *slot_find(const struct policy_table *table, enum table_key kind,
					   const char *key, size_t len)
{
	const struct policy_slot *s;

	if (len > UINT32_MAX)
		return NULL;
	s = slot_of(&table->index[kind], key, len, hash_bytes(key, len));
	return s->key ? s : NULL;
}

const struct seat *table_find(const struct policy_table *table, enum table_key kind,
			      const char *key, size_t len)
{
	const struct policy_slot *s = slot_find(table, kind, key, len);

	return s ? s->seat : NULL;
}

const struct seat *table_find_client_id(const struct policy_table *table, const char *id,
					size_t len)
{
	const struct policy_slot *s =
		len > CLIENT_ID_MAX ? NULL : slot_find(table, KEY_CLIENT_ID, id, len);

	if (s)
		return s->seat;
	for (size_t i = 0; i < table->prefix_len_count; i++) {
		if (table->prefix_lens[i] > len)
			continue;
		s = slot_find(table, KEY_PREFIX, id, table->prefix_lens[i]);
		if (s)
			return s->seat;
	}
	return NULL;
}
