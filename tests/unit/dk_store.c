/* The credential store as a file, and what a modem is besides: its firmware, its IMEI. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "modem.h"
#include "store.h"

START_TEST(the_store_survives_a_restart_and_is_readable_by_its_owner_alone)
{
	char dir[] = "/tmp/doorstep-dk-XXXXXX";
	char path[64];
	struct store store;
	struct stat st;
	const char *why;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store.json", dir);
	ck_assert_int_eq(store_open(&store, path, &why), 0);
	ck_assert_int_eq(store_put(&store, 16842753, 2, "a\0b\n", 4, true), 0);
	ck_assert_int_eq(store_put(&store, 24, 0, "text", 4, false), 0);
	store_close(&store);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(store_open(&store, path, &why), 0);
	ck_assert_uint_eq(store.count, 2);
	ck_assert_uint_eq(store_find(&store, 16842753, 2)->len, 4);
	ck_assert_int_eq(memcmp(store_find(&store, 16842753, 2)->text, "a\0b\n", 4), 0);
	ck_assert(store_find(&store, 16842753, 2)->made_here);
	ck_assert_int_eq(store_clear(&store), 0);
	store_close(&store);
	ck_assert_int_eq(store_open(&store, path, &why), 0);
	ck_assert_uint_eq(store.count, 0);
	store_close(&store);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(a_store_is_one_modems_until_it_is_closed)
{
	char dir[] = "/tmp/doorstep-dk-XXXXXX";
	char path[64], lock[80];
	struct store first, second;
	const char *why;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store.json", dir);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	ck_assert_int_eq(store_open(&first, path, &why), 0);
	ck_assert_int_eq(store_open(&second, path, &why), -EBUSY);
	ck_assert_ptr_nonnull(strstr(why, "another doorstep-dk"));
	ck_assert_int_eq(store_put(&first, 24, 0, "text", 4, false), 0);
	/* Saving replaces the file, not the lock. */
	ck_assert_int_eq(store_open(&second, path, &why), -EBUSY);
	store_close(&first);
	ck_assert_int_eq(access(lock, F_OK), -1);
	ck_assert_int_eq(store_open(&second, path, &why), 0);
	ck_assert_uint_eq(second.count, 1);
	store_close(&second);
	/* One that a killed program left behind is nobody's. */
	fclose(fopen(lock, "w"));
	ck_assert_int_eq(store_open(&first, path, &why), 0);
	store_close(&first);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(store_open(&first, path, &why), -ENOENT);
}
END_TEST

START_TEST(a_store_that_is_none_is_refused_and_left_as_it_is)
{
	static const char *const bad[] = {
		"",
		"{}",
		"{\"v\":2,\"credentials\":[]}",
		"[1",
		"{\"v\":1,\"credentials\":[{\"tag\":1}]}",
		"{\"v\":1,\"credentials\":[{\"tag\":-1,\"type\":0,\"base64\":"
		"\"QUJD\"}]}",
		"{\"v\":1,\"credentials\":[{\"tag\":1,\"type\":0,\"base64\":"
		"\"QUJ\"}]}"};
	char path[] = "/tmp/doorstep-dk-XXXXXX";
	int fd = mkstemp(path);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct store store;
		const char *why = NULL;

		ck_assert_int_eq(ftruncate(fd, 0), 0);
		ck_assert_int_eq(pwrite(fd, bad[i], strlen(bad[i]), 0), (int)strlen(bad[i]));
		ck_assert_int_lt(store_open(&store, path, &why), 0);
		ck_assert_ptr_nonnull(why);
	}
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(each_firmware_line_of_the_issue_is_there_with_its_differences)
{
	char ciphers[1024];

	ck_assert_str_eq(firmware_find("1.1.x")->version, "1.1.5");
	ck_assert_str_eq(firmware_find("1.3.x")->version, "1.3.6");
	ck_assert_str_eq(firmware_find("2.0.x")->version, "2.0.2");
	ck_assert(!firmware_find("1.2.0")->sni);
	ck_assert(firmware_find("1.2.3")->sni);
	ck_assert_ptr_null(firmware_find("9.9"));
	for (const struct firmware *f = firmwares; f->version; f++) {
		ck_assert_ptr_nonnull(firmware_family(f));
		ck_assert_uint_lt(firmware_ciphers(f, ciphers, sizeof(ciphers)), sizeof(ciphers));
		ck_assert_int_eq(strstr(ciphers, "GCM") != NULL, f->gcm);
		ck_assert_ptr_null(strstr(ciphers, "ECDHE-ECDSA-AES256-GCM"));
		ck_assert_ptr_null(strstr(ciphers, "CHACHA"));
	}
}
END_TEST

START_TEST(an_imei_made_from_a_name_is_valid_and_always_the_same)
{
	char a[16], b[16];
	int sum = 0;

	modem_imei_of(a, "seat07");
	modem_imei_of(b, "seat07");
	ck_assert_str_eq(a, b);
	modem_imei_of(b, "seat08");
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strspn(a, "0123456789"), 15);
	for (int i = 0; i < 15; i++) {
		int digit = a[i] - '0';

		if (i % 2)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	ck_assert_int_eq(sum % 10, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_store");
	TCase *tests = tcase_create("store");

	tcase_add_test(tests, the_store_survives_a_restart_and_is_readable_by_its_owner_alone);
	tcase_add_test(tests, a_store_is_one_modems_until_it_is_closed);
	tcase_add_test(tests, a_store_that_is_none_is_refused_and_left_as_it_is);
	tcase_add_test(tests, each_firmware_line_of_the_issue_is_there_with_its_differences);
	tcase_add_test(tests, an_imei_made_from_a_name_is_valid_and_always_the_same);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
