#include "unit.h"
#include "exercise.h"

#include <string.h>

START_TEST(every_exercise_has_a_row_with_all_its_columns)
{
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		const struct exercise *e = exercise_get((enum exercise_id)i);

		ck_assert_ptr_nonnull(e);
		ck_assert(*e->name && *e->does && *e->board && *e->source && *e->journal &&
			  *e->reasons && *e->learnt);
		ck_assert_int_eq(exercise_by_name(e->name, strlen(e->name)), i);
	}
	ck_assert_ptr_null(exercise_get(EXERCISE_NONE));
	ck_assert_ptr_null(exercise_get(EXERCISE_COUNT));
}
END_TEST

START_TEST(every_reason_an_exercise_promises_is_in_the_catalogue)
{
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		const struct exercise *e = exercise_get((enum exercise_id)i);
		char reasons[128], *save = NULL;

		ck_assert_uint_lt(strlen(e->reasons), sizeof(reasons));
		strcpy(reasons, e->reasons);
		for (char *r = strtok_r(reasons, ",", &save); r; r = strtok_r(NULL, ",", &save))
			ck_assert_msg(strcmp(r, "accepted") == 0 ||
					      reason_by_code(r) != REASON_NONE,
				      "%s promises %s", e->name, r);
	}
}
END_TEST

START_TEST(the_names_are_host_labels_and_found_whatever_their_case)
{
	ck_assert_int_eq(exercise_by_name("EXPIRED", 7), EXERCISE_EXPIRED);
	ck_assert_int_eq(exercise_by_name("expire", 6), EXERCISE_NONE);
	ck_assert_int_eq(exercise_by_name("expired.", 8), EXERCISE_NONE);
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		const char *n = exercise_get((enum exercise_id)i)->name;

		ck_assert_uint_eq(strspn(n, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(n));
	}
}
END_TEST

START_TEST(the_ports_follow_the_table)
{
	ck_assert_uint_eq(exercise_port(8900, EXERCISE_EXPIRED), 8900);
	ck_assert_uint_eq(exercise_port(8900, EXERCISE_NOT_YET_VALID), 8901);
}
END_TEST

START_TEST(a_connack_is_spelt_as_its_version_has_it)
{
	static const struct {
		int version;
		unsigned code;
		size_t len;
		uint8_t bytes[5];
	} rows[] = {
		{3, 5, 4, {0x20, 2, 0, 5}},	  {4, 1, 4, {0x20, 2, 0, 1}},
		{4, 2, 4, {0x20, 2, 0, 2}},	  {4, 3, 4, {0x20, 2, 0, 3}},
		{4, 4, 4, {0x20, 2, 0, 4}},	  {5, 1, 5, {0x20, 3, 0, 0x84, 0}},
		{5, 2, 5, {0x20, 3, 0, 0x85, 0}}, {5, 3, 5, {0x20, 3, 0, 0x88, 0}},
		{5, 4, 5, {0x20, 3, 0, 0x86, 0}}, {5, 5, 5, {0x20, 3, 0, 0x87, 0}},
	};
	uint8_t out[8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_uint_eq(exercise_connack(out, rows[i].version, rows[i].code),
				  rows[i].len);
		ck_assert_mem_eq(out, rows[i].bytes, rows[i].len);
	}
	ck_assert_uint_eq(exercise_connack(out, 4, 0), 0);
	ck_assert_uint_eq(exercise_connack(out, 4, 6), 0);
}
END_TEST

START_TEST(the_listing_has_a_line_for_each_in_every_form)
{
	for (int form = EXERCISE_PLAIN; form <= EXERCISE_TABLE; form++) {
		struct text out = {0};

		exercise_list(&out, (enum exercise_form)form, 8900);
		for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++)
			ck_assert_ptr_nonnull(
				strstr(out.s, exercise_get((enum exercise_id)i)->name));
		text_free(&out);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exercise");
	TCase *t = tcase_create("exercise");

	tcase_add_test(t, every_exercise_has_a_row_with_all_its_columns);
	tcase_add_test(t, every_reason_an_exercise_promises_is_in_the_catalogue);
	tcase_add_test(t, the_names_are_host_labels_and_found_whatever_their_case);
	tcase_add_test(t, the_ports_follow_the_table);
	tcase_add_test(t, a_connack_is_spelt_as_its_version_has_it);
	tcase_add_test(t, the_listing_has_a_line_for_each_in_every_form);
	suite_add_tcase(s, t);
	return unit_run(s);
}
