#include "unit.h"

#include "regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/doorstep-regular-XXXXXX";
static char path[64];

static void setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/it", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static void refused(const char *what, int more, int why)
{
	struct stat st;

	errno = 0;
	ck_assert_int_eq(regular_open(what, more, &st), -1);
	ck_assert_int_eq(errno, why);
}

START_TEST(a_file_is_opened_and_told_of)
{
	struct stat st;
	FILE *f = fopen(path, "w");
	int fd;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fprintf(f, "seven\n"), 6);
	fclose(f);
	fd = regular_open(path, 0, &st);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(st.st_size, 6);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
}
END_TEST

START_TEST(what_is_no_file_is_refused_and_holds_nobody_up)
{
	refused(path, 0, ENOENT);
	refused(dir, 0, EINVAL);
	refused("/dev/zero", 0, EINVAL);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(path, 0, EINVAL);
}
END_TEST

START_TEST(a_link_is_followed_unless_that_is_asked_not_to_be)
{
	struct stat st;
	int fd;

	ck_assert_int_eq(symlink("/proc/self/exe", path), 0);
	fd = regular_open(path, 0, &st);
	ck_assert_int_ge(fd, 0);
	close(fd);
	refused(path, O_NOFOLLOW, ELOOP);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("regular");
	TCase *c = tcase_create("regular");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_file_is_opened_and_told_of);
	tcase_add_test(c, what_is_no_file_is_refused_and_holds_nobody_up);
	tcase_add_test(c, a_link_is_followed_unless_that_is_asked_not_to_be);
	suite_add_tcase(s, c);
	return unit_run(s);
}
