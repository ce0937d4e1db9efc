/*
 * Floods: rejected visits that are identical in listener, address, SNI, client id and reason are
 * written one by one nine times within any minute; from the tenth on they are counted, and one line
 * with first, last and count is written when that minute is over. Bounded; pure, the clock is given.
 */
#ifndef DOORSTEP_FLOOD_H
#define DOORSTEP_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "reason.h"

#define FLOOD_FREE 9
#define FLOOD_US   (60 * INT64_C(1000000))
#define FLOOD_KEYS 1024

struct flood_key {
	const char *listener;
	uint16_t port;
	const char *address;
	const char *sni, *client_id; /* NULL: not seen; differs from empty */
	enum reason_id reason;
};

/* A run of identical visits, as it is told when its minute is over. The strings are the flood's. */
struct flood_run {
	struct flood_key key;
	uint64_t count; /* how many were not written */
	int64_t first_wall_us, last_wall_us;
};

struct flood;

struct flood *flood_new(void);
void flood_free(struct flood *f);

/* May this visit be written? Otherwise it was counted. When the table is full of live runs,
 * everything may be written: nothing is ever lost here. */
bool flood_passes(struct flood *f, const struct flood_key *key, int64_t now_us, int64_t wall_us);

/* Calls tell for each run whose minute is over (all: for every one). Returns the
 * microseconds until the next one is over, -1 if none waits. */
int64_t flood_tell(struct flood *f, int64_t now_us, bool all,
		   void (*tell)(const struct flood_run *run, void *arg), void *arg);

#endif
