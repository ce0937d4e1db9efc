#include "seats_memory.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WAYS   8
#define DIGEST 16
#define SALT   16

struct slot_head {
	uint8_t digest[DIGEST];
	int64_t put;
	uint64_t turn; /* which of those that were put at one time was last */
	bool used;
};

struct memory {
	size_t buckets, slot_size;
	uint64_t turns;
	EVP_MD_CTX *salted, *work; /* the digest's beginning is the same for every key */
	unsigned char *slots;
};

struct memory *memory_new(size_t entries, size_t value_size)
{
	struct memory *m = calloc(1, sizeof(*m));
	uint8_t salt[SALT];

	if (!m)
		return NULL;
	m->buckets = (entries + WAYS - 1) / WAYS;
	m->slot_size = (sizeof(struct slot_head) + value_size + 15) & ~(size_t)15;
	m->slots = calloc(m->buckets * WAYS, m->slot_size);
	m->salted = EVP_MD_CTX_new();
	m->work = EVP_MD_CTX_new();
	if (!m->slots || !m->salted || !m->work || RAND_bytes(salt, SALT) != 1 ||
	    EVP_DigestInit_ex(m->salted, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(m->salted, salt, SALT) != 1) {
		memory_free(m);
		return NULL;
	}
	return m;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	EVP_MD_CTX_free(memory->salted);
	EVP_MD_CTX_free(memory->work);
	free(memory->slots);
	free(memory);
}

static bool key_digest(const struct memory *m, const void *key, size_t len, uint8_t out[DIGEST])
{
	uint8_t md[EVP_MAX_MD_SIZE];

	if (EVP_MD_CTX_copy_ex(m->work, m->salted) != 1 ||
	    EVP_DigestUpdate(m->work, key, len) != 1 || EVP_DigestFinal_ex(m->work, md, NULL) != 1)
		return false;
	memcpy(out, md, DIGEST);
	return true;
}

static struct slot_head *way(const struct memory *m, const uint8_t digest[DIGEST], size_t i)
{
	uint64_t h;

	memcpy(&h, digest, sizeof(h));
	return (struct slot_head *)(void *)(m->slots + (h % m->buckets * WAYS + i) * m->slot_size);
}

static struct slot_head *slot_find(const struct memory *m, const uint8_t digest[DIGEST])
{
	for (size_t i = 0; i < WAYS; i++) {
		struct slot_head *s = way(m, digest, i);

		if (s->used && memcmp(s->digest, digest, DIGEST) == 0)
			return s;
	}
	return NULL;
}

void *memory_find(const struct memory *memory, const void *key, size_t len)
{
	uint8_t digest[DIGEST];
	struct slot_head *s;

	if (!memory || !key_digest(memory, key, len, digest))
		return NULL;
	s = slot_find(memory, digest);
	return s ? s + 1 : NULL;
}

static bool is_older(const struct slot_head *a, const struct slot_head *b)
{
	return a->put < b->put || (a->put == b->put && a->turn < b->turn);
}

void *memory_put(struct memory *memory, const void *key, size_t len, int64_t now)
{
	uint8_t digest[DIGEST];
	struct slot_head *s;

	if (!memory || !key_digest(memory, key, len, digest))
		return NULL;
	s = slot_find(memory, digest);
	for (size_t i = 0; !s && i < WAYS; i++)
		if (!way(memory, digest, i)->used)
			s = way(memory, digest, i);
	if (!s) {
		s = way(memory, digest, 0);
		for (size_t i = 1; i < WAYS; i++)
			if (is_older(way(memory, digest, i), s))
				s = way(memory, digest, i);
		s->used = false;
	}
	if (!s->used) {
		memset(s, 0, memory->slot_size);
		memcpy(s->digest, digest, DIGEST);
		s->used = true;
	}
	s->put = now;
	s->turn = ++memory->turns;
	return s + 1;
}

void memory_drop(struct memory *memory, const void *key, size_t len)
{
	uint8_t digest[DIGEST];
	struct slot_head *s = NULL;

	if (memory && key_digest(memory, key, len, digest))
		s = slot_find(memory, digest);
	if (s)
		s->used = false;
}

void memory_each(const struct memory *memory, void (*each)(void *value, void *arg), void *arg)
{
	for (size_t i = 0; memory && i < memory->buckets * WAYS; i++) {
		struct slot_head *s =
			(struct slot_head *)(void *)(memory->slots + i * memory->slot_size);

		if (s->used)
			each(s + 1, arg);
	}
}
