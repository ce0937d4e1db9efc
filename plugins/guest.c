#include "guest.h"

#include <stdlib.h>
#include <string.h>

int guests_init(struct guests *g)
{
	memset(g, 0, sizeof(*g));
	TAILQ_INIT(&g->door);
	g->mask = 4095;
	g->chains = calloc(g->mask + 1, sizeof(*g->chains));
	return g->chains ? 0 : -1;
}

void guests_done(struct guests *g)
{
	for (size_t i = 0; g->chains && i <= g->mask; i++)
		while (!LIST_EMPTY(&g->chains[i]))
			guests_remove(g, LIST_FIRST(&g->chains[i]));
	free(g->chains);
	g->chains = NULL;
}

static struct guest_chain *chain_of(const struct guests *g, uint64_t number)
{
	return &g->chains[number & g->mask];
}

struct guest *guests_add(struct guests *g, uint64_t number, int64_t start_us)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest)
		return NULL;
	guest->number = number;
	guest->start_us = start_us;
	guest->log_from = guest->gone_at = -1;
	TAILQ_INSERT_TAIL(&g->door, guest, order);
	LIST_INSERT_HEAD(chain_of(g, number), guest, by_number);
	g->count++;
	return guest;
}

struct guest *guests_find(const struct guests *g, uint64_t number)
{
	struct guest *guest;

	LIST_FOREACH(guest, chain_of(g, number), by_number)
	if (guest->number == number)
		return guest;
	return NULL;
}

struct guest *guests_find_if(const struct guests *g,
			     bool (*fits)(const struct guest *guest, const void *arg),
			     const void *arg)
{
	struct guest *guest;

	for (size_t i = 0; i <= g->mask; i++)
		LIST_FOREACH(guest, &g->chains[i], by_number)
	if (fits(guest, arg))
		return guest;
	return NULL;
}

void guests_remove(struct guests *g, struct guest *guest)
{
	if (guest->state == GUEST_AT_DOOR)
		TAILQ_REMOVE(&g->door, guest, order);
	LIST_REMOVE(guest, by_number);
	g->count--;
	visit_free(guest->visit);
	free(guest->who);
	free(guest);
}

void guests_let_in(struct guests *g, struct guest *guest, int64_t now_us)
{
	if (guest->state == GUEST_AT_DOOR)
		TAILQ_REMOVE(&g->door, guest, order);
	guest->state = GUEST_IN;
	guest->in_us = now_us;
}
