/*
 * Guests: what the clerk knows of each connection, from its first note until it is gone. Found by
 * number, or (without TLS) by address and port, or by client id once a session began.
 */
#ifndef DOORSTEP_GUEST_H
#define DOORSTEP_GUEST_H

#include <sys/queue.h>
#include "visit.h"

enum guest_state {
	GUEST_AT_DOOR, /* no verdict yet */
	GUEST_IN,      /* accepted, its line is written */
};

struct guest {
	TAILQ_ENTRY(guest) order;    /* by arrival, of those at the door */
	LIST_ENTRY(guest) by_number; /* chains of the table */
	uint64_t number;
	enum guest_state state;
	bool plain;    /* known from the log alone */
	bool begun;    /* its begin line is written */
	bool answered; /* the broker sent something through the TLS */
	int64_t answered_us;
	int64_t start_us;
	int64_t in_us; /* when it was let in */
	uint32_t log_generation;
	int64_t log_from; /* the log's length when it came */
	int64_t log_in;	  /* where the line ends that says it was let in; 0: none was seen */
	int64_t gone_at; /* without TLS: where the line ends that says it is gone; -1: it is not yet */
	char *who; /* without TLS, in, and its id unknown: what the log's line about it begins with */
	struct visit *visit; /* at the door: NULL until it is handed over. In: a small rest */
};

struct guests {
	TAILQ_HEAD(guest_order, guest) door; /* oldest first */
	LIST_HEAD(guest_chain, guest) * chains;
	size_t mask, count;
};

int guests_init(struct guests *g);
void guests_done(struct guests *g);

/* A new one at the door; NULL without memory. Without TLS numbers are the clerk's own. */
struct guest *guests_add(struct guests *g, uint64_t number, int64_t start_us);
struct guest *guests_find(const struct guests *g, uint64_t number);
struct guest *guests_find_if(const struct guests *g,
			     bool (*fits)(const struct guest *guest, const void *arg),
			     const void *arg);
void guests_remove(struct guests *g, struct guest *guest);
/* It was let in: no longer at the door. */
void guests_let_in(struct guests *g, struct guest *guest, int64_t now_us);

#endif
