#include "clerk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clerk_desk.h"

#define MOMENT_NS INT64_C(5000000)
#define RING_OUT  4096 /* parcels that may wait for the broker's thread */

struct outbox {
	struct parcel parcels[RING_OUT];
	_Atomic size_t head, tail;
};

struct clerk {
	struct ring *ring;
	struct outbox *outbox;
	int bell; /* timerfd, at which the thread waits: see clerk_ring() */
	pthread_t thread;
	atomic_bool stopping;
	_Atomic uint64_t lost;
	_Atomic int64_t watermark;
	_Atomic uint32_t watermark_generation;
	struct desk desk; /* the thread's own from its start to its end */
};

void parcel_free(struct parcel *parcel)
{
	free(parcel->topic);
	free(parcel->payload);
	free(parcel->human);
	memset(parcel, 0, sizeof(*parcel));
}

bool clerk_fetch(struct clerk *clerk, struct parcel *parcel)
{
	struct outbox *o = clerk->outbox;
	size_t tail = atomic_load_explicit(&o->tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&o->head, memory_order_acquire))
		return false;
	*parcel = o->parcels[tail % RING_OUT];
	atomic_store_explicit(&o->tail, tail + 1, memory_order_release);
	return true;
}

/* Takes the parcel; one that finds no room is given back unsent: the journal has its line. */
static void clerk_send(void *arg, struct parcel *parcel)
{
	struct outbox *o = ((struct clerk *)arg)->outbox;
	size_t head = atomic_load_explicit(&o->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&o->tail, memory_order_acquire) == RING_OUT) {
		parcel_free(parcel);
		return;
	}
	o->parcels[head % RING_OUT] = *parcel;
	atomic_store_explicit(&o->head, head + 1, memory_order_release);
}

/* Wakes the thread so much later, and from then on each time that it has something to do anyhow. */
static void clerk_ring(struct clerk *clerk, long nanoseconds)
{
	const struct itimerspec when = {
		.it_value = {.tv_nsec = nanoseconds},
		.it_interval = {.tv_nsec = DESK_TICK_MS * 1000000L},
	};

	timerfd_settime(clerk->bell, 0, &when, NULL);
}

bool clerk_note(struct clerk *clerk, const struct note *note)
{
	int saved = errno;

	if (!ring_put(clerk->ring, note, note->kind == NOTE_OPEN))
		return false;
	/* these are nothing to write yet: the next one wakes it, or its own clock */
	if (note->kind == NOTE_OPEN || note->kind == NOTE_HELLO || note->kind == NOTE_VISIT)
		return true;
	/* who comes now brings more in a moment: one round for all of it costs a fraction */
	if (ring_take_sleep(clerk->ring))
		clerk_ring(clerk, MOMENT_NS);
	errno = saved;
	return true;
}

void clerk_lost(struct clerk *clerk)
{
	atomic_fetch_add_explicit(&clerk->lost, 1, memory_order_relaxed);
}

void clerk_watermark(struct clerk *clerk, uint32_t generation, int64_t at)
{
	atomic_store_explicit(&clerk->watermark_generation, generation, memory_order_relaxed);
	atomic_store_explicit(&clerk->watermark, at, memory_order_release);
}

void clerk_tls_port(struct clerk *clerk, uint16_t port)
{
	desk_tls_port(&clerk->desk, port);
}

void clerk_plain_listener(struct clerk *clerk, uint16_t port, const char *name)
{
	desk_plain_listener(&clerk->desk, port, name);
}

/* Sleeps until the bell rings; where there is something already, for a moment. */
static void clerk_wait(struct clerk *clerk)
{
	static const struct timespec moment = {.tv_nsec = MOMENT_NS};
	uint64_t count;
	bool idle;

	ring_set_sleeping(clerk->ring, true);
	idle = ring_is_empty(clerk->ring);
	if (idle && read(clerk->bell, &count, sizeof(count)) < 0) {
		/* interrupted: a look too many does no harm */
	}
	ring_set_sleeping(clerk->ring, false);
	if (!idle && !atomic_load(&clerk->stopping))
		nanosleep(&moment, NULL);
}

static void *clerk_main(void *arg)
{
	struct clerk *clerk = arg;
	struct desk *desk = &clerk->desk;

	desk_begin(desk);
	for (;;) {
		/* read before the ring: what is put after it belongs to a later watermark */
		int64_t mark = atomic_load_explicit(&clerk->watermark, memory_order_acquire);
		uint32_t generation =
			atomic_load_explicit(&clerk->watermark_generation, memory_order_relaxed);
		bool stopping = atomic_load(&clerk->stopping);
		struct note note;
		unsigned n = 0;

		while (n < 512 && ring_take(clerk->ring, &note)) {
			desk_note(desk, &note);
			n++;
		}
		desk_lost(desk, atomic_exchange_explicit(&clerk->lost, 0, memory_order_relaxed));
		desk_round(desk, n < 512 ? mark : -1, generation);
		if (n == 512)
			continue;
		if (stopping && ring_is_empty(clerk->ring))
			break;
		clerk_wait(clerk);
	}
	/* nobody writes to the log any more while we are waited for: what stands there is all */
	desk->checked_us = 0;
	desk_round(desk, INT64_MAX, UINT32_MAX);
	desk_end(desk);
	return NULL;
}

static void clerk_free(struct clerk *clerk)
{
	struct parcel parcel;
	struct note note;

	while (clerk->ring && ring_take(clerk->ring, &note)) {
		visit_free(note.visit);
		free(note.text);
	}
	while (clerk->outbox && clerk_fetch(clerk, &parcel))
		parcel_free(&parcel);
	desk_done(&clerk->desk);
	ring_free(clerk->ring);
	free(clerk->outbox);
	if (clerk->bell >= 0)
		close(clerk->bell);
	free(clerk);
}

struct clerk *clerk_start(const struct clerk_setup *setup)
{
	struct clerk *clerk = calloc(1, sizeof(*clerk));
	sigset_t all, before;
	int rc;

	if (!clerk)
		return NULL;
	clerk->watermark = -1;
	clerk->bell = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	clerk->ring = ring_new(setup->ring);
	clerk->outbox = calloc(1, sizeof(*clerk->outbox));
	if (clerk->bell < 0 || !clerk->ring || !clerk->outbox ||
	    desk_init(&clerk->desk, setup, clerk_send, clerk) != 0)
		goto out;
	clerk_ring(clerk, MOMENT_NS);
	/* Signals are the broker's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&clerk->thread, NULL, clerk_main, clerk);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		return clerk;
	errno = rc;
out:
	clerk_free(clerk);
	return NULL;
}

bool clerk_stop(struct clerk *clerk, int milliseconds)
{
	struct timespec until;

	atomic_store(&clerk->stopping, true);
	clerk_ring(clerk, 1);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += milliseconds % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	if (pthread_timedjoin_np(clerk->thread, NULL, &until) != 0)
		return false;
	clerk_free(clerk);
	return true;
}
