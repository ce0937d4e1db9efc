/* The journal's file: whole lines only, rotation, a torn end, a full disk. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

static char dir[64], path[128];

static void setup(void)
{
	strcpy(dir, "/tmp/doorstep-journal-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/journal.jsonl", dir);
}

static void teardown(void)
{
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static size_t slurp(const char *name, char *out, size_t size)
{
	FILE *f = fopen(name, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	fclose(f);
	return n;
}

START_TEST(a_line_that_was_torn_is_cut_off_when_the_journal_is_opened_again)
{
	struct journal j;
	char text[256];
	FILE *f = fopen(path, "w");

	fputs("{\"whole\":1}\n{\"torn\":", f);
	fclose(f);
	ck_assert_int_eq(journal_init(&j, path, 1, 14), 0);
	journal_add(&j, "{\"next\":1}", 10);
	ck_assert_int_eq(journal_flush(&j), 0);
	journal_done(&j);
	slurp(path, text, sizeof(text));
	ck_assert_str_eq(text, "{\"whole\":1}\n{\"next\":1}\n");
}
END_TEST

START_TEST(it_is_rotated_by_size_and_no_line_is_lost)
{
	struct journal j;
	char line[1024], part[160];
	unsigned lines = 0;

	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(journal_init(&j, path, 1, 14), 0);
	for (int i = 0; i < 3000; i++) {
		journal_add(&j, line, sizeof(line));
		if (i % 10 == 9)
			ck_assert_int_eq(journal_flush(&j), 0);
	}
	journal_flush(&j);
	journal_done(&j);
	for (int n = 0; n < 5; n++) {
		struct stat st;

		snprintf(part, sizeof(part), n ? "%s.%d" : "%s", path, n);
		if (stat(part, &st) != 0)
			continue;
		ck_assert_int_le(st.st_size, 1 << 20);
		lines += (unsigned)(st.st_size / 1025);
	}
	ck_assert_uint_eq(lines, 3000);
}
END_TEST

/* A limit on the file's size stands for the disk: the write breaks off in the middle. */
static void open_on_full_disk(struct journal *j)
{
	struct rlimit limit = {2000, 2000};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(journal_init(j, path, 64, 14), 0);
}

START_TEST(a_disk_that_is_full_loses_lines_whole_and_counts_them)
{
	struct journal j;
	char line[100], text[8192];
	size_t n;

	open_on_full_disk(&j);
	memset(line, 'y', sizeof(line));
	for (int i = 0; i < 30; i++) {
		journal_add(&j, line, sizeof(line));
		journal_flush(&j);
	}
	ck_assert_uint_eq(j.lost, 30 - 19);
	journal_done(&j);
	n = slurp(path, text, sizeof(text));
	ck_assert_uint_eq(n, 19 * 101);
	ck_assert_int_eq(text[n - 1], '\n');
}
END_TEST

START_TEST(what_a_full_disk_took_of_a_batch_stays)
{
	struct journal j;
	char line[100], text[8192];
	size_t n;

	open_on_full_disk(&j);
	memset(line, 'y', sizeof(line));
	for (int i = 0; i < 30; i++)
		journal_add(&j, line, sizeof(line));
	ck_assert_int_lt(journal_flush(&j), 0);
	/* a reader may have seen these: they are not taken back */
	ck_assert_uint_eq(j.lost, 30 - 19);
	n = slurp(path, text, sizeof(text));
	ck_assert_uint_eq(n, 19 * 101);
	ck_assert_int_eq(text[n - 1], '\n');
	journal_done(&j);
}
END_TEST

START_TEST(a_line_as_long_as_its_readers_take_is_written)
{
	static char line[JOURNAL_BUFFER];
	struct journal j;
	struct stat st;

	memset(line, 'z', sizeof(line));
	ck_assert_int_eq(journal_init(&j, path, 64, 14), 0);
	journal_add(&j, "1", 1);
	journal_add(&j, line, 800000);
	journal_add(&j, line, 800000);
	ck_assert_int_eq(journal_flush(&j), 0);
	ck_assert_uint_eq(j.lost, 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 2 + 2 * 800001);
	journal_done(&j);
}
END_TEST

START_TEST(a_journal_that_was_cut_within_a_line_goes_on_with_a_whole_one)
{
	struct journal j;
	char text[64];

	ck_assert_int_eq(journal_init(&j, path, 64, 14), 0);
	journal_add(&j, "{\"one\":1}", 9);
	journal_add(&j, "{\"two\":2}", 9);
	journal_flush(&j);
	ck_assert_int_eq(truncate(path, 15), 0);
	journal_add(&j, "{\"three\":3}", 11);
	ck_assert_int_eq(journal_flush(&j), 0);
	slurp(path, text, sizeof(text));
	ck_assert_str_eq(text, "{\"one\":1}\n{\"three\":3}\n");
	journal_done(&j);
}
END_TEST

/* A journal whose first line is so many days old. */
static void put_old(unsigned days)
{
	time_t then = time(NULL) - (time_t)days * 86400;
	FILE *f = fopen(path, "w");
	struct tm tm;
	char t[40];

	ck_assert_ptr_nonnull(gmtime_r(&then, &tm));
	strftime(t, sizeof(t), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(f, "{\"v\":1,\"kind\":\"start\",\"broker\":\"b\",\"t\":\"%s.123Z\"}\n", t);
	fclose(f);
}

static bool is_rotated(unsigned days, unsigned keep)
{
	struct journal j;
	char part[160];
	bool rotated;

	put_old(days);
	ck_assert_int_eq(journal_init(&j, path, 64, keep), 0);
	journal_add(&j, "1", 1);
	ck_assert_int_eq(journal_flush(&j), 0);
	journal_done(&j);
	snprintf(part, sizeof(part), "%s.1", path);
	rotated = access(part, F_OK) == 0;
	unlink(part);
	unlink(path);
	return rotated;
}

START_TEST(a_small_journal_is_rotated_by_age_so_that_its_lines_go_in_time)
{
	ck_assert(!is_rotated(0, 14));
	ck_assert(is_rotated(2, 14));
	ck_assert(!is_rotated(2, 365));
	ck_assert(is_rotated(30, 365));
	ck_assert(!is_rotated(2000, 0)); /* nothing is too old */
}
END_TEST

START_TEST(old_lines_go_while_nobody_comes)
{
	struct journal j;
	char part[160];
	struct timespec ages[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	put_old(0);
	ck_assert_int_eq(journal_init(&j, path, 64, 14), 0);
	journal_add(&j, "1", 1);
	journal_flush(&j);
	snprintf(part, sizeof(part), "%s.1", path);
	close(open(part, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(utimensat(AT_FDCWD, part, ages, 0), 0);
	journal_check(&j);
	ck_assert_int_eq(access(part, F_OK), 0);
	j.pruned -= 3600; /* as if an hour had passed */
	journal_check(&j);
	ck_assert_int_ne(access(part, F_OK), 0);
	/* and its own lines become an old part */
	j.begun -= 3 * 86400;
	j.pruned -= 3600;
	journal_check(&j);
	ck_assert_int_eq(access(part, F_OK), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	journal_done(&j);
}
END_TEST

START_TEST(a_journal_that_was_moved_away_is_begun_anew)
{
	struct journal j;
	char other[160], text[64];

	ck_assert_int_eq(journal_init(&j, path, 64, 14), 0);
	journal_add(&j, "1", 1);
	journal_flush(&j);
	snprintf(other, sizeof(other), "%s.moved", path);
	ck_assert_int_eq(rename(path, other), 0);
	journal_check(&j);
	journal_add(&j, "2", 1);
	journal_flush(&j);
	journal_done(&j);
	slurp(path, text, sizeof(text));
	ck_assert_str_eq(text, "2\n");
	slurp(other, text, sizeof(text));
	ck_assert_str_eq(text, "1\n");
}
END_TEST

START_TEST(old_parts_go_young_ones_stay_and_a_link_is_never_followed)
{
	struct journal j;
	char old[160], young[160], victim[160];
	struct timespec ages[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	snprintf(old, sizeof(old), "%s.2", path);
	snprintf(young, sizeof(young), "%s.1", path);
	snprintf(victim, sizeof(victim), "%s/victim", dir);
	close(open(old, O_CREAT | O_WRONLY, 0600));
	close(open(young, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(utimensat(AT_FDCWD, old, ages, 0), 0);
	ck_assert_int_eq(journal_init(&j, path, 64, 14), 0);
	journal_add(&j, "1", 1);
	ck_assert_int_eq(journal_flush(&j), 0);
	ck_assert_int_ne(access(old, F_OK), 0);
	ck_assert_int_eq(access(young, F_OK), 0);
	journal_done(&j);
	unlink(path);
	ck_assert_int_eq(symlink(victim, path), 0);
	ck_assert_int_eq(journal_init(&j, path, 64, 14), 0);
	journal_add(&j, "1", 1);
	ck_assert_int_lt(journal_flush(&j), 0);
	ck_assert_uint_eq(j.lost, 1);
	ck_assert_int_ne(access(victim, F_OK), 0);
	journal_done(&j);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("journal");
	TCase *c = tcase_create("file");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_line_that_was_torn_is_cut_off_when_the_journal_is_opened_again);
	tcase_add_test(c, it_is_rotated_by_size_and_no_line_is_lost);
	tcase_add_test(c, a_disk_that_is_full_loses_lines_whole_and_counts_them);
	tcase_add_test(c, what_a_full_disk_took_of_a_batch_stays);
	tcase_add_test(c, a_line_as_long_as_its_readers_take_is_written);
	tcase_add_test(c, a_journal_that_was_cut_within_a_line_goes_on_with_a_whole_one);
	tcase_add_test(c, a_small_journal_is_rotated_by_age_so_that_its_lines_go_in_time);
	tcase_add_test(c, old_lines_go_while_nobody_comes);
	tcase_add_test(c, a_journal_that_was_moved_away_is_begun_anew);
	tcase_add_test(c, old_parts_go_young_ones_stay_and_a_link_is_never_followed);
	suite_add_tcase(s, c);
	return unit_run(s);
}
