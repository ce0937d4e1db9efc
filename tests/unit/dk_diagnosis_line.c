/* The line of a diagnosis: what it names, that it fits, that it holds nothing but text. */
#include <string.h>

#include "dk_evidence.h"

START_TEST(the_line_holds_step_number_name_code_and_the_boards_own_values)
{
	struct evidence e = tls_at(STEP_CONNECT, -111);
	struct diagnosis_names names = {.host = "seat01.class.example", .tag = 24, .port = 8883};
	struct diagnosis d;
	char line[400];

	e.tag.items[CREDENTIAL_CA].state = CREDENTIAL_ABSENT;
	d = diagnose(&e);
	diagnosis_line(&d, &names, line, sizeof(line));
	ck_assert_str_eq(line, "connect failed: -111 ECONNREFUSED [tag-empty] "
			       "tag 24 holds no CA certificate");
	ck_assert(diagnosis_mend(&d, &names, 1, line, sizeof(line)));
	ck_assert_str_eq(line, "AT%CMNG=0,24,0,\"<ca-cert.pem>\"");
	ck_assert(diagnosis_mend(&d, &names, 2, line, sizeof(line)));
	ck_assert(!diagnosis_mend(&d, &names, 3, line, sizeof(line)));
}
END_TEST

START_TEST(no_line_holds_anything_but_printed_characters)
{
	const struct diagnosis_names names = {
		.host = "seat01.class.example", .client_id = "nrf-1", .tag = 24, .port = 8883};

	for (int step = STEP_MODEM; step < STEP_COUNT; step++)
		for (int number = -140; number <= 0; number++) {
			struct evidence e = tls_at((enum step)step, number);
			struct diagnosis d;
			char line[400];
			unsigned index = 0;

			e.tag.checked = number % 2;
			e.tag.items[CREDENTIAL_CA].state =
				number % 3 ? CREDENTIAL_SAME : CREDENTIAL_OTHER;
			e.dns = step == STEP_RESOLVE && number > -12;
			d = diagnose(&e);
			if (!d.code)
				continue;
			for (const char *p = said(&e); *p; p++)
				ck_assert_msg(*p >= ' ' && *p <= '~', "%s", said(&e));
			for (; diagnosis_mend(&d, &names, index, line, sizeof(line)); index++) {
				ck_assert_uint_gt(strlen(line), 0);
				ck_assert_ptr_null(strchr(line, '{'));
				for (const char *p = line; *p; p++)
					ck_assert_msg(*p >= ' ' && *p <= '~', "%s", line);
			}
			ck_assert_uint_gt(index, 0);
		}
}
END_TEST

START_TEST(a_line_is_cut_to_any_size_without_running_over)
{
	struct evidence e = tls_at(STEP_CONNECT, -111);
	struct diagnosis_names names = {.host = "seat01.class.example", .tag = 24, .port = 8883};
	struct diagnosis d = diagnose(&e);
	char line[400];

	for (size_t size = 0; size < sizeof(line); size++) {
		memset(line, 'x', sizeof(line));
		diagnosis_line(&d, &names, line, size);
		if (size)
			ck_assert_uint_lt(strlen(line), size);
		ck_assert_int_eq(line[size], 'x');
	}
}
END_TEST

START_TEST(what_nobody_measured_is_never_said_without_a_word_of_doubt)
{
	struct evidence e = tls_at(STEP_CONNECT, -104);
	struct diagnosis_names names = {.host = "h", .tag = 24, .port = 8883};
	struct diagnosis d = diagnose(&e);
	char line[400];

	diagnosis_line(&d, &names, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "(assumed)"));
	e = tls_at(STEP_CONNECT, -95);
	d = diagnose(&e);
	diagnosis_line(&d, &names, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "(reported)"));
}
END_TEST

START_TEST(each_fault_reason_has_a_name)
{
	static const uint8_t reasons[] = {1, 2,	   3,	 4,    5,    6,	   7,	8,
					  9, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15};

	for (size_t i = 0; i < sizeof(reasons); i++)
		ck_assert_str_ne(fault_name(reasons[i]), "unknown fault");
	ck_assert_str_eq(fault_name(4), "mem-manage fault");
	ck_assert_str_eq(fault_name(0x7f), "unknown fault");
}
END_TEST

START_TEST(a_cme_error_is_told_as_that_and_not_as_an_errno)
{
	/* 60 is a system error here, and ETIMEDOUT in the old numbering. */
	struct evidence e = tls_at(STEP_TAG, 60);
	struct diagnosis_names names = {.tag = 24};
	struct diagnosis d;
	char line[200];

	e.cme = true;
	e.numbering = NUMBERING_OLD;
	d = diagnose(&e);
	ck_assert_str_eq(d.code, "tag-unreadable");
	diagnosis_line(&d, &names, line, sizeof(line));
	ck_assert_ptr_eq(strstr(line, "credential check failed: CME 60 system error ["), line);
	e.result = 999;
	d = diagnose(&e);
	diagnosis_line(&d, &names, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "CME 999 an unknown code"));
}
END_TEST

START_TEST(a_dns_code_is_no_errno_whatever_its_sign)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct evidence e = tls_at(STEP_RESOLVE, sign * 11);
		struct diagnosis_names names = {.host = "x.example"};
		char line[200];
		struct diagnosis d;

		e.dns = true;
		d = diagnose(&e);
		ck_assert_str_eq(d.code, "dns-failed");
		diagnosis_line(&d, &names, line, sizeof(line));
		ck_assert_ptr_nonnull(strstr(line, "SYSTEM"));
		ck_assert_ptr_null(strstr(line, "EAGAIN"));
	}
}
END_TEST

START_TEST(a_fault_is_told_by_its_number_and_a_credential_blamed_for_one_alone)
{
	for (int fault = 1; fault <= 0x15; fault++) {
		struct evidence e = tls_at(STEP_CONNECT, -110);
		struct diagnosis d;

		e.fault = (uint8_t)fault;
		d = diagnose(&e);
		ck_assert_int_eq(strstr(d.mend, "AT%CMNG=3") != NULL, fault == 0x4);
		ck_assert_int_eq(strstr(said(&e), "supply") != NULL, fault == 0x14);
		ck_assert_int_eq(strstr(said(&e), "too hot") != NULL, fault == 0x15);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_diagnosis_line");
	TCase *tests = tcase_create("line");

	tcase_add_test(tests, a_fault_is_told_by_its_number_and_a_credential_blamed_for_one_alone);
	tcase_add_test(tests, a_cme_error_is_told_as_that_and_not_as_an_errno);
	tcase_add_test(tests, a_dns_code_is_no_errno_whatever_its_sign);
	tcase_add_test(tests, the_line_holds_step_number_name_code_and_the_boards_own_values);
	tcase_add_test(tests, no_line_holds_anything_but_printed_characters);
	tcase_add_test(tests, a_line_is_cut_to_any_size_without_running_over);
	tcase_add_test(tests, what_nobody_measured_is_never_said_without_a_word_of_doubt);
	tcase_add_test(tests, each_fault_reason_has_a_name);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
