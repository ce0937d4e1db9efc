/* AT%CMNG against the table of the facts: operations, types, CME errors. */
#include "dk_modem.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "at.h"

START_TEST(a_credential_is_kept_byte_for_byte_and_read_back)
{
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,0"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, pem));
	ck_assert_uint_eq(store_find(&modem.store, 24, 0)->len, strlen(pem));
}
END_TEST

START_TEST(the_list_shows_one_line_an_item_with_its_sha256)
{
	ck_assert_int_eq(put(24, 2, "abc"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_str_eq(out.s, "%CMNG: 24,2,\"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410"
				"FF61F20015AD\"\r\n");
	ck_assert_int_eq(run("AT%CMNG=1,25"), AT_OK);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(run("AT%CMNG=1,24,0"), AT_OK);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(run("AT%CMNG=1"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, "%CMNG: 24,2"));
}
END_TEST

START_TEST(firmware_before_1_3_2_lists_placeholders_instead_of_digests)
{
	with_firmware("1.3.1");
	ck_assert_int_eq(put(24, 0, "HONKHONK"), AT_OK);
	ck_assert_int_eq(put(24, 1, "HONKHONK"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, "24,0,\"00000000"));
	ck_assert_ptr_nonnull(strstr(out.s, "24,1,\"01010101"));
}
END_TEST

START_TEST(writing_and_deleting_need_the_radio_off_and_reading_does_not)
{
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	ck_assert_int_eq(run("AT+CFUN=1"), AT_OK);
	ck_assert_int_eq(put(24, 0, pem), CME_ACTIVE_STATE);
	ck_assert_int_eq(run("AT%CMNG=3,24,0"), CME_ACTIVE_STATE);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,0"), AT_OK);
	ck_assert_int_eq(run("AT%KEYGEN=30,2,0"), CME_ACTIVE_STATE);
	ck_assert_int_eq(run("AT+CFUN=4"), AT_OK);
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=3,24,0"), AT_OK);
}
END_TEST

START_TEST(each_cme_error_of_the_facts_has_its_cause)
{
	static const struct {
		const char *line;
		int expected;
	} cases[] = {
		{"AT%CMNG=2,24,0", CME_NOT_FOUND},
		{"AT%CMNG=3,24,0", CME_NOT_FOUND},
		{"AT%CMNG=4,24,0", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0,\"\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0,abc", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,12,\"x\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,2147483668,0,\"x\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0,\"x", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,-1,0,\"x\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,2,\"x\",\"123456789012345678901234567890123\"",
		 CME_INCORRECT_PARAMETER},
		{"AT%CMNG=2,24", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,8,\"x\"", CME_NO_ACCESS},
		{"AT%CMNG=0,24,10,\"x\"", CME_NO_ACCESS},
		{"AT%CMNG=0,24,0,\"HONKHONK\"", CME_INVALID_CONTENT},
		{"AT%CMNG=0,24,1,\"HONKHONK\"", CME_INVALID_CONTENT},
		{"AT%CMNG=0,24,2,\"HONKHONK\"", AT_OK},
		{"AT%CMNG=0,24,4,\"identity\"", AT_OK},
		{"AT%CMNG=2,24,2", CME_NO_ACCESS},
		{"AT%CMNG=2,24,4", AT_OK},
		{"AT%CMNG", AT_ERROR},
		{"AT%CMNG?", AT_ERROR},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(run(cases[i].line) == cases[i].expected, "%s", cases[i].line);
}
END_TEST

START_TEST(a_full_store_is_told_as_memory_full)
{
	for (unsigned tag = 0; tag < STORE_ITEMS; tag++)
		ck_assert_int_eq(put(tag, 2, "x"), AT_OK);
	ck_assert_int_eq(put(STORE_ITEMS, 2, "x"), CME_MEMORY_FULL);
	ck_assert_int_eq(put(0, 2, "y"), AT_OK);
}
END_TEST

START_TEST(broken_pem_is_refused_by_new_firmware_and_taken_by_old)
{
	static const char *const broken[] = {
		"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----",
		"-----BEGIN CA CERTIFICATE-----\nMIIB\n-----END CA CERTIFICATE-----\n",
	};
	char cut[sizeof(pem)];

	snprintf(cut, sizeof(cut), "%s", pem);
	cut[strlen(cut) - 2] = '\0'; /* the newline and the last '-' */
	for (int i = 0; i < 2; i++) {
		with_firmware(i == 0 ? "2.0.2" : "2.0.0");
		for (size_t b = 0; b < 2; b++)
			ck_assert_int_eq(put(24, 0, broken[b]),
					 i == 0 ? CME_INVALID_CONTENT : AT_OK);
		ck_assert_int_eq(put(24, 0, cut), i == 0 ? CME_INVALID_CONTENT : AT_OK);
	}
}
END_TEST

START_TEST(pem_without_its_final_newline_is_whole)
{
	pem[strlen(pem) - 1] = '\0';
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
}
END_TEST

START_TEST(reading_back_more_than_4096_bytes_crashes_the_modem_and_4096_do_not)
{
	char text[4200];

	memset(text, 'a', sizeof(text));
	text[4096] = '\0';
	ck_assert_int_eq(put(24, 4, text), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,4"), AT_OK);
	text[4096] = 'a';
	text[4097] = '\0';
	ck_assert_int_eq(put(24, 4, text), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=1,24,4"), AT_OK); /* the digest is harmless */
	ck_assert_int_eq(run("AT%CMNG=2,24,4"), AT_DEAD);
	ck_assert_uint_eq(modem.fault, 4);
	ck_assert_int_eq(run("AT"), AT_DEAD);
	ck_assert_int_eq(run("AT%CMNG=1"), AT_DEAD);
	modem_start(&modem);
	ck_assert_int_eq(run("AT"), AT_OK);
}
END_TEST

START_TEST(each_firmware_has_the_types_and_tags_of_its_time)
{
	/* Types 6 to 11 came with 1.3.0, tags that can be decrypted with 2.0. */
	with_firmware("1.2.3");
	ck_assert_int_eq(put(24, 5, "x"), AT_OK);
	ck_assert_int_eq(put(24, 6, "x"), CME_INCORRECT_PARAMETER);
	ck_assert_int_eq(put(2147483647u, 2, "x"), AT_OK);
	ck_assert_int_eq(put(2147483648u, 2, "x"), CME_INCORRECT_PARAMETER);
	with_firmware("1.3.x");
	ck_assert_int_eq(put(24, 6, "x"), CME_NO_ACCESS);
	ck_assert_int_eq(put(2147483648u, 2, "x"), CME_INCORRECT_PARAMETER);
	with_firmware("2.0.x");
	ck_assert_int_eq(put(2147483648u, 2, "x"), AT_OK);
	ck_assert_int_eq(put(2147483667u, 2, "x"), AT_OK);
	ck_assert_int_eq(put(2147483668u, 2, "x"), CME_INCORRECT_PARAMETER);
	for (unsigned type = 0; type <= 11; type++)
		ck_assert_int_eq(put(30, type, type <= 1 ? pem : "x"),
				 type <= 5 ? AT_OK : CME_NO_ACCESS);
	for (unsigned type = 0; type <= 5; type++) {
		char line[40];

		snprintf(line, sizeof(line), "AT%%CMNG=2,30,%u", type);
		ck_assert_int_eq(run(line), type == 2 || type == 3 ? CME_NO_ACCESS : AT_OK);
		snprintf(line, sizeof(line), "AT%%CMNG=3,30,%u", type);
		ck_assert_int_eq(run(line), AT_OK);
		ck_assert_int_eq(run(line), CME_NOT_FOUND);
	}
}
END_TEST

START_TEST(a_low_supply_blocks_writes_and_nothing_else)
{
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	modem.low_power = true;
	ck_assert_int_eq(put(24, 0, pem), CME_POWER_OFF_WARNING);
	ck_assert_int_eq(run("AT%CMNG=3,24,0"), CME_POWER_OFF_WARNING);
	ck_assert_int_eq(run("AT%KEYGEN=30,2"), CME_POWER_OFF_WARNING);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,0"), AT_OK);
	ck_assert_int_eq(run("AT+CFUN=1"), AT_OK);
	ck_assert_int_eq(put(24, 0, pem), CME_ACTIVE_STATE);
}
END_TEST

START_TEST(errors_that_no_simulation_has_come_on_request)
{
	static const int codes[] = {AT_PHONE_FAILURE, CME_MEMORY_FAILURE, CME_SYSTEM_ERROR};
	static const char *const said[] = {"+CME ERROR: 0\r\n", "+CME ERROR: 23\r\n",
					   "+CME ERROR: 60\r\n"};
	const char *line = "AT%CMNG=0,24,2,\"x\"";

	run("AT+CMEE=1");
	for (size_t i = 0; i < 3; i++) {
		modem.refuses = codes[i];
		text_reset(&out);
		at_answer(&modem, line, strlen(line), &out);
		ck_assert_str_eq(out.s, said[i]);
		ck_assert_ptr_null(store_find(&modem.store, 24, 2));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_at_credential");
	TCase *tests = tcase_create("at_credential");

	tcase_add_checked_fixture(tests, modem_setup, modem_teardown);
	tcase_add_test(tests, a_credential_is_kept_byte_for_byte_and_read_back);
	tcase_add_test(tests, the_list_shows_one_line_an_item_with_its_sha256);
	tcase_add_test(tests, firmware_before_1_3_2_lists_placeholders_instead_of_digests);
	tcase_add_test(tests, writing_and_deleting_need_the_radio_off_and_reading_does_not);
	tcase_add_test(tests, each_cme_error_of_the_facts_has_its_cause);
	tcase_add_test(tests, a_full_store_is_told_as_memory_full);
	tcase_add_test(tests, broken_pem_is_refused_by_new_firmware_and_taken_by_old);
	tcase_add_test(tests, pem_without_its_final_newline_is_whole);
	tcase_add_test(tests, reading_back_more_than_4096_bytes_crashes_the_modem_and_4096_do_not);
	tcase_add_test(tests, each_firmware_has_the_types_and_tags_of_its_time);
	tcase_add_test(tests, a_low_supply_blocks_writes_and_nothing_else);
	tcase_add_test(tests, errors_that_no_simulation_has_come_on_request);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
