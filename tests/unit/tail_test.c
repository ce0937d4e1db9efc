#include "unit.h"

#include "tail.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], journal[96];

static void setup(void)
{
	strcpy(dir, "/tmp/doorstep-tail-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(journal, sizeof(journal), "%s/journal.jsonl", dir);
}

static const char *name(unsigned n)
{
	static char s[128];

	snprintf(s, sizeof(s), n ? "%s.%u" : "%s", journal, n);
	return s;
}

static void teardown(void)
{
	for (unsigned n = 0; n < 40; n++)
		unlink(name(n));
	rmdir(dir);
}

static void put(const char *path, const char *mode, const char *s)
{
	FILE *f = fopen(path, mode);

	ck_assert_ptr_nonnull(f);
	fputs(s, f);
	fclose(f);
}

static void append(const char *s)
{
	put(journal, "a", s);
}

/* As the writer does: .1 becomes .2, the journal becomes .1. */
static void rotate(void)
{
	for (int n = 38; n >= 0; n--) {
		char from[128];

		snprintf(from, sizeof(from), "%s", name((unsigned)n));
		rename(from, name((unsigned)n + 1));
	}
}

/* All lines that can be had now, joined by '|'. */
static const char *now(struct tail *t)
{
	static char all[8192];
	const char *line;
	size_t len, at = 0;

	all[0] = '\0';
	while (tail_next(t, &line, &len) == 1) {
		ck_assert_uint_eq(strlen(line), len);
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s|", line);
	}
	return all;
}

static const char *backwards(struct tail_back *b)
{
	static char all[8192];
	const char *line;
	size_t len, at = 0;

	all[0] = '\0';
	while (tail_back_next(b, &line, &len) == 1) {
		ck_assert_uint_eq(strlen(line), len);
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s|", line);
	}
	return all;
}

START_TEST(lines_come_oldest_first_through_all_rotated_files)
{
	struct tail *t;

	put(name(2), "w", "a\nb\n");
	put(name(1), "w", "c\n");
	append("d\ne\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|b|c|d|e|");
	append("f\n");
	ck_assert_str_eq(now(t), "f|");
	ck_assert_uint_eq(tail_counts(t)->lines, 6);
	tail_close(t);
}
END_TEST

START_TEST(a_journal_that_does_not_exist_yet_is_waited_for)
{
	struct tail *t = tail_open(journal, tail_at_end, NULL);

	ck_assert_str_eq(now(t), "");
	append("first\n");
	ck_assert_str_eq(now(t), "first|");
	tail_close(t);
}
END_TEST

START_TEST(a_torn_last_line_is_handed_out_only_when_its_newline_came)
{
	struct tail *t;

	append("a\n{\"v\":1,");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|");
	append("\"kind\":\"visit\"}");
	ck_assert_str_eq(now(t), "");
	append("\n");
	ck_assert_str_eq(now(t), "{\"v\":1,\"kind\":\"visit\"}|");
	ck_assert_uint_eq(tail_counts(t)->torn, 0);
	tail_close(t);
}
END_TEST

START_TEST(a_line_that_the_writer_takes_back_half_written_brings_nothing_twice)
{
	for (int from_end = 0; from_end < 2; from_end++) {
		struct tail *t;

		put(journal, "w", "one\ntwo\n");
		t = tail_open(journal, from_end ? tail_at_end : NULL, NULL);
		ck_assert_str_eq(now(t), from_end ? "" : "one|two|");
		append("thr");
		ck_assert_str_eq(now(t), "");
		ck_assert_int_eq(truncate(journal, 8), 0);
		ck_assert_str_eq(now(t), "");
		append("four\n");
		ck_assert_str_eq(now(t), "four|");
		/* and where something longer stands in its place before anybody looked */
		append("fi");
		ck_assert_str_eq(now(t), "");
		ck_assert_int_eq(truncate(journal, 13), 0);
		append("six is longer\n");
		ck_assert_str_eq(now(t), "six is longer|");
		ck_assert_uint_eq(tail_counts(t)->torn, 2);
		ck_assert_uint_eq(tail_counts(t)->truncated, 0);
		tail_close(t);
	}
}
END_TEST

START_TEST(a_line_torn_at_the_end_of_a_rotated_file_is_counted_and_never_shown)
{
	struct tail *t;
	struct tail_back *b;

	put(name(1), "w", "a\ntorn");
	append("b\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|b|");
	ck_assert_uint_eq(tail_counts(t)->torn, 1);
	tail_close(t);
	b = tail_back_open(journal);
	ck_assert_str_eq(backwards(b), "b|a|");
	ck_assert_uint_eq(tail_back_counts(b)->torn, 1);
	tail_back_close(b);
}
END_TEST

START_TEST(following_goes_on_across_one_rotation_without_loss_or_repetition)
{
	struct tail *t = tail_open(journal, NULL, NULL);

	append("a\n");
	ck_assert_str_eq(now(t), "a|");
	append("b\n");
	rotate();
	ck_assert_str_eq(now(t), "b|");
	append("c\n");
	ck_assert_str_eq(now(t), "c|");
	tail_close(t);
}
END_TEST

START_TEST(following_catches_up_after_several_rotations_at_once)
{
	struct tail *t = tail_open(journal, NULL, NULL);

	append("a\n");
	ck_assert_str_eq(now(t), "a|");
	for (int i = 0; i < 5; i++) {
		char line[16];

		rotate();
		snprintf(line, sizeof(line), "%d\n", i);
		append(line);
	}
	ck_assert_str_eq(now(t), "0|1|2|3|4|");
	ck_assert_uint_eq(tail_counts(t)->replaced, 0);
	tail_close(t);
}
END_TEST

START_TEST(what_is_still_written_to_the_moved_file_is_read_before_the_new_one)
{
	struct tail *t = tail_open(journal, NULL, NULL);
	FILE *writer;

	append("a\n");
	ck_assert_str_eq(now(t), "a|");
	writer = fopen(journal, "a");
	rotate();
	put(journal, "w", ""); /* as logrotate's create does */
	ck_assert_str_eq(now(t), "");
	fputs("b\n", writer);
	fclose(writer);
	append("c\n");
	ck_assert_str_eq(now(t), "b|c|");
	tail_close(t);
}
END_TEST

START_TEST(a_truncated_journal_is_read_from_its_new_beginning)
{
	struct tail *t;

	append("a\nb\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|b|");
	put(journal, "w", "c\n");
	ck_assert_str_eq(now(t), "c|");
	ck_assert_uint_eq(tail_counts(t)->truncated, 1);
	tail_close(t);
}
END_TEST

START_TEST(a_journal_truncated_and_grown_beyond_the_old_end_is_noticed)
{
	struct tail *t;

	append("a\nb\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|b|");
	put(journal, "w", "other things\nand more\n");
	ck_assert_str_eq(now(t), "other things|and more|");
	ck_assert_uint_eq(tail_counts(t)->truncated, 1);
	tail_close(t);
}
END_TEST

START_TEST(a_replaced_journal_is_read_from_its_beginning)
{
	struct tail *t;
	char other[128];

	append("a\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|");
	snprintf(other, sizeof(other), "%s", name(39));
	put(other, "w", "new\n");
	ck_assert_int_eq(rename(other, journal), 0);
	ck_assert_str_eq(now(t), "new|");
	ck_assert_uint_eq(tail_counts(t)->replaced, 1);
	tail_close(t);
}
END_TEST

START_TEST(the_last_lines_are_found_across_files_and_then_followed)
{
	struct tail *t;
	size_t last = 3;

	put(name(1), "w", "a\nb\nc\n");
	append("d\n");
	t = tail_open(journal, tail_last, &last);
	ck_assert_str_eq(now(t), "b|c|d|");
	append("e\n");
	ck_assert_str_eq(now(t), "e|");
	tail_close(t);
	last = 100;
	t = tail_open(journal, tail_last, &last);
	ck_assert_str_eq(now(t), "a|b|c|d|e|");
	tail_close(t);
}
END_TEST

START_TEST(starting_at_the_end_skips_what_is_there_but_not_a_line_being_written)
{
	struct tail *t;

	append("a\nhalf");
	t = tail_open(journal, tail_at_end, NULL);
	ck_assert_str_eq(now(t), "");
	append(" a line\n");
	ck_assert_str_eq(now(t), "half a line|");
	tail_close(t);
}
END_TEST

START_TEST(a_number_that_is_missing_in_the_row_for_a_moment_hides_no_file)
{
	struct tail *t;
	struct tail_back *b;

	/* a rotation that has moved .1 to .2 and not yet the journal to .1 */
	put(name(3), "w", "a\n");
	put(name(2), "w", "b\n");
	append("c\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|b|c|");
	rename(journal, name(1));
	append("d\n");
	ck_assert_str_eq(now(t), "d|");
	tail_close(t);
	unlink(name(1));
	b = tail_back_open(journal);
	ck_assert_str_eq(backwards(b), "d|b|a|");
	tail_back_close(b);
}
END_TEST

static void put_long(const char *path, size_t n)
{
	FILE *f = fopen(path, "a");

	for (size_t i = 0; i < n; i++)
		fputc('x', f);
	fputc('\n', f);
	fclose(f);
}

START_TEST(a_line_over_the_bound_is_passed_over_in_both_directions_and_counted)
{
	struct tail *t;
	struct tail_back *b;

	append("a\n");
	put_long(journal, TAIL_LINE_MAX + 1);
	append("b\n");
	put_long(journal, 3 * TAIL_LINE_MAX);
	append("c\n");
	t = tail_open(journal, NULL, NULL);
	ck_assert_str_eq(now(t), "a|b|c|");
	ck_assert_uint_eq(tail_counts(t)->too_long, 2);
	tail_close(t);
	b = tail_back_open(journal);
	ck_assert_str_eq(backwards(b), "c|b|a|");
	ck_assert_uint_eq(tail_back_counts(b)->too_long, 2);
	tail_back_close(b);
}
END_TEST

START_TEST(a_line_of_exactly_the_bound_comes_whole_in_both_directions)
{
	const char *line;
	struct tail *t;
	struct tail_back *b;
	size_t len;

	put_long(journal, TAIL_LINE_MAX);
	t = tail_open(journal, NULL, NULL);
	ck_assert_int_eq(tail_next(t, &line, &len), 1);
	ck_assert_uint_eq(len, TAIL_LINE_MAX);
	tail_close(t);
	b = tail_back_open(journal);
	ck_assert_int_eq(tail_back_next(b, &line, &len), 1);
	ck_assert_uint_eq(len, TAIL_LINE_MAX);
	tail_back_close(b);
}
END_TEST

START_TEST(backwards_is_forwards_reversed_for_files_of_any_shape)
{
	static char lines[4000][12];

	srandom(7);
	for (int round = 0; round < 40; round++) {
		const char *line;
		struct tail *t;
		struct tail_back *b;
		size_t len, n = 0;

		for (int i = 0; i < 60; i++) {
			char s[8];
			int m = (int)(random() % 5);

			for (int k = 0; k < m; k++)
				s[k] = (char)('a' + random() % 26);
			s[m] = random() % 8 ? '\n' : 'z';
			s[m + 1] = '\0';
			append(s);
			if (random() % 10 == 0)
				rotate();
		}
		/* one long line now and then, so that lines span chunks */
		if (round % 4 == 0)
			put_long(journal, 60000 + (size_t)(random() % 20000));
		t = tail_open(journal, NULL, NULL);
		while (tail_next(t, &line, &len) == 1) {
			ck_assert_uint_lt(n, 4000);
			snprintf(lines[n++], 12, "%.5s%zu", line, len);
		}
		b = tail_back_open(journal);
		while (tail_back_next(b, &line, &len) == 1) {
			char same[12];

			ck_assert_uint_gt(n, 0);
			snprintf(same, sizeof(same), "%.5s%zu", line, len);
			ck_assert_str_eq(lines[--n], same);
		}
		ck_assert_uint_eq(n, 0);
		tail_back_close(b);
		tail_close(t);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(a_directory_in_the_journals_place_is_an_error_with_its_number)
{
	const char *line;
	struct tail *t;
	size_t len;

	mkdir(journal, 0700);
	t = tail_open(journal, NULL, NULL);
	ck_assert_int_lt(tail_next(t, &line, &len), 0);
	tail_close(t);
	rmdir(journal);
}
END_TEST

START_TEST(a_written_line_wakes_the_waiting_reader)
{
	struct tail *t = tail_open(journal, NULL, NULL);

	ck_assert_str_eq(now(t), "");
	append("a\n");
	for (int i = 0; i < 10 && tail_counts(t)->lines == 0; i++) {
		tail_wait(t, 1000);
		now(t);
	}
	ck_assert_uint_eq(tail_counts(t)->lines, 1);
	tail_close(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tail");
	TCase *c = tcase_create("journal");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, lines_come_oldest_first_through_all_rotated_files);
	tcase_add_test(c, a_journal_that_does_not_exist_yet_is_waited_for);
	tcase_add_test(c, a_torn_last_line_is_handed_out_only_when_its_newline_came);
	tcase_add_test(c, a_line_that_the_writer_takes_back_half_written_brings_nothing_twice);
	tcase_add_test(c, a_line_torn_at_the_end_of_a_rotated_file_is_counted_and_never_shown);
	tcase_add_test(c, following_goes_on_across_one_rotation_without_loss_or_repetition);
	tcase_add_test(c, following_catches_up_after_several_rotations_at_once);
	tcase_add_test(c, what_is_still_written_to_the_moved_file_is_read_before_the_new_one);
	tcase_add_test(c, a_truncated_journal_is_read_from_its_new_beginning);
	tcase_add_test(c, a_journal_truncated_and_grown_beyond_the_old_end_is_noticed);
	tcase_add_test(c, a_replaced_journal_is_read_from_its_beginning);
	tcase_add_test(c, a_number_that_is_missing_in_the_row_for_a_moment_hides_no_file);
	tcase_add_test(c, the_last_lines_are_found_across_files_and_then_followed);
	tcase_add_test(c, starting_at_the_end_skips_what_is_there_but_not_a_line_being_written);
	tcase_add_test(c, a_line_over_the_bound_is_passed_over_in_both_directions_and_counted);
	tcase_add_test(c, a_line_of_exactly_the_bound_comes_whole_in_both_directions);
	tcase_add_test(c, backwards_is_forwards_reversed_for_files_of_any_shape);
	tcase_add_test(c, a_directory_in_the_journals_place_is_an_error_with_its_number);
	tcase_add_test(c, a_written_line_wakes_the_waiting_reader);
	suite_add_tcase(s, c);
	return unit_run(s);
}
