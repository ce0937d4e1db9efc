/* The ring between the two threads: order, bounds, and the reserve for what is already known. */
#include "unit.h"

#include <pthread.h>
#include <sched.h>

#include "note.h"

START_TEST(new_visits_leave_a_quarter_of_the_ring_to_older_ones)
{
	struct ring *ring = ring_new(64);
	struct note note = {.kind = NOTE_OPEN};
	unsigned begun = 0, more = 0;

	while (ring_put(ring, &note, true))
		begun++;
	while (ring_put(ring, &note, false))
		more++;
	ck_assert_uint_eq(begun, 48);
	ck_assert_uint_eq(more, 16);
	ck_assert(ring_take(ring, &note));
	ck_assert(!ring_put(ring, &note, true));
	ck_assert(ring_put(ring, &note, false));
	ring_free(ring);
}
END_TEST

static void *reader(void *arg)
{
	struct ring *ring = arg;
	uint64_t expected = 1;
	struct note note;

	while (expected <= 200000) {
		if (!ring_take(ring, &note)) {
			sched_yield();
			continue;
		}
		if (note.number != expected || (uint64_t)note.at_us != expected * 3)
			return arg;
		expected++;
	}
	return NULL;
}

START_TEST(what_one_thread_puts_the_other_takes_in_order_and_whole)
{
	struct ring *ring = ring_new(128);
	pthread_t thread;
	void *bad;

	pthread_create(&thread, NULL, reader, ring);
	for (uint64_t i = 1; i <= 200000;) {
		struct note note = {.number = i, .at_us = (int64_t)i * 3};

		if (ring_put(ring, &note, false))
			i++;
		else
			sched_yield();
	}
	pthread_join(thread, &bad);
	ck_assert_ptr_null(bad);
	ring_free(ring);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("note");
	TCase *c = tcase_create("ring");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, new_visits_leave_a_quarter_of_the_ring_to_older_ones);
	tcase_add_test(c, what_one_thread_puts_the_other_takes_in_order_and_whole);
	suite_add_tcase(s, c);
	return unit_run(s);
}
