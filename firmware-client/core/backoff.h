/*
 * How long to wait before the next attempt: doubling from `first_ms` to `most_ms`, with jitter, so
 * that a class of boards that lost its broker together doesn't come back together.
 */
#ifndef DOORSTEP_BACKOFF_H
#define DOORSTEP_BACKOFF_H

#include <stdint.h>

struct backoff {
	uint32_t first_ms;
	uint32_t most_ms;
	uint32_t now_ms; /* 0: no failure yet */
};

/* The next pause: between half of the doubled span and all of it. `random` is any 32 random bits. */
uint32_t backoff_next(struct backoff *backoff, uint32_t random);

/* After a success: the next failure begins at first_ms again. */
void backoff_reset(struct backoff *backoff);

#endif
