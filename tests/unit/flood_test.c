/* Floods: nine identical visits are written, the rest of the minute is counted, nothing is lost. */
#include "unit.h"

#include <stdio.h>

#include "flood.h"

static unsigned told;
static uint64_t told_count;

static void tell(const struct flood_run *run, void *arg)
{
	(void)arg;
	told++;
	told_count += run->count;
}

static struct flood_key key(const char *id)
{
	return (struct flood_key){"academy", 8883, "192.0.2.1",
				  "h.test",  id,   REASON_NOT_AUTHORISED};
}

START_TEST(the_tenth_identical_visit_within_a_minute_is_counted_not_written)
{
	struct flood *f = flood_new();
	struct flood_key k = key("nrf-1");
	unsigned written = 0;

	told = 0;
	told_count = 0;
	for (int i = 0; i < 100; i++)
		written += flood_passes(f, &k, i * 1000, i);
	ck_assert_uint_eq(written, 9);
	ck_assert_int_eq(flood_tell(f, 1000000, false, tell, NULL), FLOOD_US - 1000000);
	ck_assert_uint_eq(told, 0);
	flood_tell(f, FLOOD_US + 1, false, tell, NULL);
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(told_count, 91);
	/* a new minute begins from the start */
	ck_assert(flood_passes(f, &k, FLOOD_US + 2, 0));
	flood_free(f);
}
END_TEST

START_TEST(any_minute_counts_not_only_the_one_since_the_first)
{
	struct flood *f = flood_new();
	struct flood_key k = key("nrf-1");
	unsigned written = 0;

	told = 0;
	told_count = 0;
	ck_assert(flood_passes(f, &k, 0, 0));
	for (int i = 0; i < 9; i++) /* the ninth of these is the tenth since the first */
		written += flood_passes(f, &k, FLOOD_US - 9000 + i * 1000, i);
	ck_assert_uint_eq(written, 8);
	/* the first is a minute old: one more fits, and then nine of the last minute are written */
	for (int i = 0; i < 9; i++)
		written += flood_passes(f, &k, FLOOD_US + 1000 + i * 1000, 100 + i);
	ck_assert_uint_eq(written, 9);
	flood_tell(f, FLOOD_US + 20000, false, tell, NULL);
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(told_count, 9);
	/* told, and still not forgotten */
	ck_assert(!flood_passes(f, &k, FLOOD_US + 30000, 0));
	ck_assert(flood_passes(f, &k, 2 * FLOOD_US - 9000, 0));
	flood_tell(f, FLOOD_US, true, tell, NULL);
	ck_assert_uint_eq(told_count, 10);
	flood_free(f);
}
END_TEST

START_TEST(thirty_boards_behind_one_address_stay_thirty)
{
	struct flood *f = flood_new();
	char id[32];

	for (int round = 0; round < 9; round++) {
		for (int i = 0; i < 30; i++) {
			struct flood_key k;

			snprintf(id, sizeof(id), "nrf-%d", i);
			k = key(id);
			ck_assert(flood_passes(f, &k, round * 1000, 0));
		}
	}
	flood_free(f);
}
END_TEST

START_TEST(a_name_that_was_not_sent_differs_from_an_empty_one)
{
	struct flood *f = flood_new();
	struct flood_key none = key(NULL), empty = key("");

	for (int i = 0; i < 9; i++) {
		ck_assert(flood_passes(f, &none, 0, 0));
		ck_assert(flood_passes(f, &empty, 0, 0));
	}
	ck_assert(!flood_passes(f, &none, 0, 0));
	ck_assert(!flood_passes(f, &empty, 0, 0));
	flood_free(f);
}
END_TEST

START_TEST(a_table_that_is_full_lets_everything_through)
{
	struct flood *f = flood_new();
	char id[32];

	for (int i = 0; i < 5000; i++) {
		struct flood_key k;

		snprintf(id, sizeof(id), "id-%d", i);
		k = key(id);
		ck_assert(flood_passes(f, &k, 0, 0));
	}
	flood_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flood");
	TCase *c = tcase_create("rule");

	tcase_add_test(c, the_tenth_identical_visit_within_a_minute_is_counted_not_written);
	tcase_add_test(c, any_minute_counts_not_only_the_one_since_the_first);
	tcase_add_test(c, thirty_boards_behind_one_address_stay_thirty);
	tcase_add_test(c, a_name_that_was_not_sent_differs_from_an_empty_one);
	tcase_add_test(c, a_table_that_is_full_lets_everything_through);
	suite_add_tcase(s, c);
	return unit_run(s);
}
