#include "backoff.h"

uint32_t backoff_next(struct backoff *backoff, uint32_t random)
{
	uint32_t half;

	if (backoff->now_ms == 0)
		backoff->now_ms = backoff->first_ms;
	else if (backoff->now_ms > backoff->most_ms / 2)
		backoff->now_ms = backoff->most_ms;
	else
		backoff->now_ms *= 2;
	half = backoff->now_ms / 2;
	return half + (uint32_t)(((uint64_t)random * (backoff->now_ms - half + 1)) >> 32);
}

void backoff_reset(struct backoff *backoff)
{
	backoff->now_ms = 0;
}
