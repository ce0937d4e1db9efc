#include "flood.h"

#include <stdlib.h>
#include <string.h>

#define KEY_TEXT 768 /* a longer key is hashed as a whole and kept cut off */

struct entry {
	bool used;
	uint64_t hash;
	int64_t written_us[FLOOD_FREE]; /* the last ones; the oldest is at written % FLOOD_FREE */
	unsigned written;
	int64_t begun_us; /* of the minute that is counted: when the first of the nine came */
	struct flood_run run;
	char *text; /* the strings of run.key, one block */
};

struct flood {
	struct entry entries[FLOOD_KEYS];
	size_t used;
};

struct flood *flood_new(void)
{
	return calloc(1, sizeof(struct flood));
}

static void entry_clear(struct flood *f, struct entry *e)
{
	free(e->text);
	memset(e, 0, sizeof(*e));
	f->used--;
}

void flood_free(struct flood *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < FLOOD_KEYS; i++)
		free(f->entries[i].text);
	free(f);
}

static void entry_write(struct entry *e, int64_t now_us)
{
	e->written_us[e->written++ % FLOOD_FREE] = now_us;
}

static int64_t entry_oldest(const struct entry *e)
{
	return e->written_us[e->written % FLOOD_FREE];
}

/* Have so many been written within the last minute as may be? */
static bool entry_is_full(const struct entry *e, int64_t now_us)
{
	return e->written >= FLOOD_FREE && now_us - entry_oldest(e) < FLOOD_US;
}

/* It has nothing to tell, and nothing of the last minute counts. */
static bool entry_is_over(const struct entry *e, int64_t now_us)
{
	int64_t newest = e->written_us[(e->written - 1) % FLOOD_FREE];

	return e->run.count == 0 && now_us - newest >= FLOOD_US;
}

static uint64_t mix(uint64_t h, const char *s)
{
	/* FNV-1a; a missing string differs from an empty one */
	h = (h ^ (s ? 1 : 2)) * 0x100000001b3ULL;
	for (; s && *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ULL;
	return h;
}

static uint64_t key_hash(const struct flood_key *k)
{
	uint64_t h = 0xcbf29ce484222325ULL ^ (uint64_t)k->reason << 16 ^ k->port;

	return mix(mix(mix(mix(h, k->listener), k->address), k->sni), k->client_id);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool key_same(const struct flood_key *a, const struct flood_key *b)
{
	return a->reason == b->reason && a->port == b->port && same(a->listener, b->listener) &&
	       same(a->address, b->address) && same(a->sni, b->sni) &&
	       same(a->client_id, b->client_id);
}

static const char *keep(char **at, const char *s)
{
	char *copy = *at;

	if (!s)
		return NULL;
	*at = stpcpy(copy, s) + 1;
	return copy;
}

static size_t length(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static bool entry_fill(struct entry *e, const struct flood_key *key, uint64_t hash, int64_t now_us)
{
	size_t need = length(key->listener) + length(key->address) + length(key->sni) +
		      length(key->client_id);
	char *at;

	if (need > KEY_TEXT * 128)
		return false;
	e->text = at = malloc(need ? need : 1);
	if (!at)
		return false;
	e->used = true;
	e->hash = hash;
	entry_write(e, now_us);
	e->run.key = (struct flood_key){
		.listener = keep(&at, key->listener),
		.port = key->port,
		.address = keep(&at, key->address),
		.sni = keep(&at, key->sni),
		.client_id = keep(&at, key->client_id),
		.reason = key->reason,
	};
	return true;
}

bool flood_passes(struct flood *f, const struct flood_key *key, int64_t now_us, int64_t wall_us)
{
	uint64_t hash = key_hash(key);
	struct entry *e = NULL, *room = NULL;

	for (size_t i = 0; i < 16; i++) {
		struct entry *at = &f->entries[(hash + i) & (FLOOD_KEYS - 1)];

		if (at->used && at->hash == hash && key_same(&at->run.key, key)) {
			e = at;
			break;
		}
		if (at->used && entry_is_over(at, now_us))
			entry_clear(f, at);
		if (!at->used && !room)
			room = at;
	}
	if (!e) {
		if (room && entry_fill(room, key, hash, now_us))
			f->used++;
		return true;
	}
	if (!entry_is_full(e, now_us)) {
		entry_write(e, now_us);
		return true;
	}
	if (e->run.count++ == 0) {
		e->begun_us = entry_oldest(e);
		e->run.first_wall_us = wall_us;
	}
	e->run.last_wall_us = wall_us;
	return false;
}

int64_t flood_tell(struct flood *f, int64_t now_us, bool all,
		   void (*tell)(const struct flood_run *run, void *arg), void *arg)
{
	int64_t next = -1;

	for (size_t i = 0; f->used && i < FLOOD_KEYS; i++) {
		struct entry *e = &f->entries[i];
		int64_t left = e->begun_us + FLOOD_US - now_us;

		if (!e->used)
			continue;
		if (e->run.count && !all && left > 0) {
			if (next < 0 || left < next)
				next = left;
			continue;
		}
		if (e->run.count)
			tell(&e->run, arg);
		e->run.count = 0;
		if (all || entry_is_over(e, now_us))
			entry_clear(f, e);
	}
	return next;
}
