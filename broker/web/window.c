#include "window.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_N ((int64_t)1 << 40) /* leaves room below for what is read later */

/* Lines without an id are told apart by their run. */
static const char *key_of(const struct record *r)
{
	return *r->id ? r->id : r->run;
}

static size_t hash_of(const char *s)
{
	uint64_t h = 1469598103934665603ULL;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return (size_t)(h ^ h >> 29);
}

int window_init(struct window *w, size_t max_count, size_t max_bytes)
{
	*w = (struct window){.ring_size = 1024, .table_size = 2048};
	w->max_count = max_count;
	w->max_bytes = max_bytes;
	w->first_n = FIRST_N;
	w->ring = calloc(w->ring_size, sizeof(*w->ring));
	w->table = calloc(w->table_size, sizeof(*w->table));
	if (!w->ring || !w->table) {
		window_free(w);
		return -1;
	}
	return 0;
}

void window_free(struct window *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->ring[(w->head + i) & (w->ring_size - 1)]);
	free(w->ring);
	free(w->table);
	*w = (struct window){0};
}

static int grow(struct window *w)
{
	size_t size = w->ring_size * 2;
	struct record **ring, **table;

	ring = calloc(size, sizeof(*ring));
	table = calloc(size * 2, sizeof(*table));
	if (!ring || !table) {
		free(ring);
		free(table);
		return -1;
	}
	for (size_t i = 0; i < w->count; i++) {
		struct record *r = w->ring[(w->head + i) & (w->ring_size - 1)];
		size_t slot = hash_of(key_of(r)) & (size * 2 - 1);

		ring[i] = r;
		r->same = table[slot];
		table[slot] = r;
	}
	free(w->ring);
	free(w->table);
	w->ring = ring;
	w->table = table;
	w->ring_size = size;
	w->table_size = size * 2;
	w->head = 0;
	return 0;
}

static void table_add(struct window *w, struct record *r)
{
	size_t slot = hash_of(key_of(r)) & (w->table_size - 1);

	r->same = w->table[slot];
	w->table[slot] = r;
}

static void drop_oldest(struct window *w)
{
	struct record *r = w->ring[w->head];
	struct record **p = &w->table[hash_of(key_of(r)) & (w->table_size - 1)];

	while (*p != r)
		p = &(*p)->same;
	*p = r->same;
	w->head = (w->head + 1) & (w->ring_size - 1);
	w->first_n++;
	w->count--;
	w->bytes -= r->size;
	w->evicted++;
	w->older = true;
	free(r);
}

int window_push(struct window *w, struct record *r)
{
	if (w->count == w->ring_size && grow(w) != 0) {
		free(r);
		return -1;
	}
	while (w->count && (w->count >= w->max_count || w->bytes + r->size > w->max_bytes))
		drop_oldest(w);
	r->n = w->first_n + (int64_t)w->count;
	w->ring[(w->head + w->count) & (w->ring_size - 1)] = r;
	w->count++;
	w->bytes += r->size;
	table_add(w, r);
	return 0;
}

bool window_push_old(struct window *w, struct record *r)
{
	if (w->count >= w->max_count || w->bytes + r->size > w->max_bytes ||
	    (w->count == w->ring_size && grow(w) != 0)) {
		w->older = true;
		free(r);
		return false;
	}
	w->head = (w->head - 1) & (w->ring_size - 1);
	r->n = --w->first_n;
	w->ring[w->head] = r;
	w->count++;
	w->bytes += r->size;
	table_add(w, r);
	return true;
}

struct record *window_at(const struct window *w, int64_t n)
{
	if (n < w->first_n || n >= w->first_n + (int64_t)w->count)
		return NULL;
	return w->ring[(w->head + (size_t)(n - w->first_n)) & (w->ring_size - 1)];
}

int64_t window_end(const struct window *w)
{
	return w->first_n + (int64_t)w->count;
}

struct record *window_find(const struct window *w, const char *id)
{
	struct record *r = w->table[hash_of(id) & (w->table_size - 1)];

	while (r && strcmp(r->id, id) != 0)
		r = r->same;
	return r;
}

struct record *window_visit(const struct window *w, const char *id)
{
	struct record *begin = NULL;

	for (struct record *r = window_find(w, id); r; r = r->same) {
		if (strcmp(r->id, id) != 0)
			continue;
		if (r->kind == LINE_VISIT)
			return r;
		if (r->kind == LINE_BEGIN)
			begin = r;
	}
	return begin;
}

bool window_has(const struct window *w, const struct record *r)
{
	bool one_each = *r->id && r->kind != LINE_DENIAL;
	const struct record *o = w->table[hash_of(key_of(r)) & (w->table_size - 1)];

	for (; o; o = o->same) {
		if (o->kind != r->kind || strcmp(key_of(o), key_of(r)) != 0)
			continue;
		if (one_each || (o->seq == r->seq && strcmp(o->run, r->run) == 0))
			return true;
	}
	return false;
}
