#include "note.h"

#include <stdatomic.h>
#include <stdlib.h>

struct ring {
	struct note *notes;
	size_t size;		   /* a power of two */
	_Atomic size_t head, tail; /* written by the writer; by the reader */
	atomic_bool sleeping;
};

struct ring *ring_new(size_t notes)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->size = 16;
	while (ring->size < notes)
		ring->size *= 2;
	ring->notes = calloc(ring->size, sizeof(*ring->notes));
	if (!ring->notes) {
		free(ring);
		return NULL;
	}
	return ring;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->notes);
	free(ring);
}

bool ring_put(struct ring *ring, const struct note *note, bool begins)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	size_t used = head - tail;

	if (used == ring->size || (begins && used >= ring->size - ring->size / 4))
		return false;
	ring->notes[head & (ring->size - 1)] = *note;
	/* seq_cst: the reader announces its sleep before it looks a last time */
	atomic_store(&ring->head, head + 1);
	return true;
}

bool ring_take(struct ring *ring, struct note *note)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (tail == atomic_load(&ring->head))
		return false;
	*note = ring->notes[tail & (ring->size - 1)];
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

bool ring_take_sleep(struct ring *ring)
{
	return atomic_load(&ring->sleeping) && atomic_exchange(&ring->sleeping, false);
}

void ring_set_sleeping(struct ring *ring, bool sleeping)
{
	atomic_store(&ring->sleeping, sleeping);
}

bool ring_is_empty(struct ring *ring)
{
	return atomic_load(&ring->tail) == atomic_load(&ring->head);
}
