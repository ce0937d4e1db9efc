/* Rings once, in the thread that set it: a system call that waits there ends with EINTR. */
#ifndef DOORSTEP_DK_BELL_H
#define DOORSTEP_DK_BELL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct bell {
	timer_t timer;
	bool set;
};

/* Once, before there are threads. */
void bell_init(void);

/* After ms; where there is no timer to be had it never rings. */
void bell_set(struct bell *bell, uint32_t ms);
void bell_off(struct bell *bell);

/* At once, in another thread. */
void bell_ring(pthread_t thread);

#endif
