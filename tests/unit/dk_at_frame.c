/* A byte stream cut into command lines, and a line into arguments. */
#include "unit.h"

#include <string.h>

#include "at.h"
#include "at_args.h"

static struct at_frame frame;

static int feed(const char *bytes)
{
	int complete = 0;

	for (; *bytes; bytes++)
		if (at_frame_take(&frame, *bytes) == 1) {
			complete++;
			ck_assert_uint_lt(frame.len, sizeof(frame.line));
			frame.len = bytes[1] ? 0 : frame.len;
		}
	return complete;
}

START_TEST(a_line_ends_with_cr_or_lf_but_not_within_quotes)
{
	memset(&frame, 0, sizeof(frame));
	ck_assert_int_eq(feed("AT\r\nAT+CFUN?\r"), 2);
	ck_assert_str_eq(frame.line, "AT+CFUN?");
	frame.len = 0;
	ck_assert_int_eq(feed("AT%CMNG=0,24,0,\"a\nb\r\nc\"\r"), 1);
	ck_assert_str_eq(frame.line, "AT%CMNG=0,24,0,\"a\nb\r\nc\"");
}
END_TEST

START_TEST(a_line_of_4096_bytes_is_too_long_for_the_at_host_and_the_next_one_works)
{
	char line[AT_LINE_MAX + 1];
	int last = 0;

	memset(&frame, 0, sizeof(frame));
	memset(line, 'A', sizeof(line));
	for (size_t i = 0; i < AT_LINE_MAX; i++)
		ck_assert_int_eq(at_frame_take(&frame, line[i]), 0);
	last = at_frame_take(&frame, '\r');
	ck_assert_int_eq(last, -1);
	ck_assert_int_eq(feed("AT\r"), 1);
	ck_assert_str_eq(frame.line, "AT");
}
END_TEST

START_TEST(a_line_one_byte_shorter_is_taken_whole)
{
	memset(&frame, 0, sizeof(frame));
	for (size_t i = 0; i < AT_LINE_MAX - 1; i++)
		ck_assert_int_eq(at_frame_take(&frame, 'A'), 0);
	ck_assert_int_eq(at_frame_take(&frame, '\r'), 1);
	ck_assert_uint_eq(strlen(frame.line), AT_LINE_MAX - 1);
}
END_TEST

START_TEST(a_credential_that_is_too_long_is_one_error_and_the_next_line_is_a_line)
{
	const char *end = "-----END CERTIFICATE-----\n\"\r\n";
	int errors = 0;

	memset(&frame, 0, sizeof(frame));
	feed("AT%CMNG=0,24,0,\"-----BEGIN CERTIFICATE-----\n");
	for (int i = 0; i < 130; i++) {
		static const char line[] =
			"MIIBkTCB+wIJAKHHIG11mS1dMA0GCSqGSIb3DQEBBQUAMA0xCzAJBgNVBAYTAkZJ\n";

		for (const char *p = line; *p; p++)
			errors += at_frame_take(&frame, *p) < 0;
	}
	for (; *end; end++)
		errors += at_frame_take(&frame, *end) < 0;
	ck_assert_int_eq(errors, 1);
	ck_assert_int_eq(feed("AT+CMEE?\r"), 1);
	ck_assert_str_eq(frame.line, "AT+CMEE?");
}
END_TEST

START_TEST(backspace_takes_back_a_quote_as_well)
{
	memset(&frame, 0, sizeof(frame));
	ck_assert_int_eq(feed("AT+CMX\bEE=\"\x7f"
			      "1\r"),
			 1);
	ck_assert_str_eq(frame.line, "AT+CMEE=1");
}
END_TEST

START_TEST(flow_control_and_nul_are_no_part_of_a_line)
{
	static const char bytes[] = "\x11"
				    "AT+\x13"
				    "CM\0"
				    "EE=1\x11\r";
	int complete = 0;

	memset(&frame, 0, sizeof(frame));
	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		complete = at_frame_take(&frame, bytes[i]);
	ck_assert_int_eq(complete, 1);
	ck_assert_str_eq(frame.line, "AT+CMEE=1");
}
END_TEST

START_TEST(arguments_are_spans_and_quotes_must_close)
{
	struct at_args args;
	uint64_t n;

	ck_assert(at_args_read(&args, "0, 24 ,\"a,b\" ,x", 15, false));
	ck_assert_uint_eq(args.count, 4);
	ck_assert(at_arg_number(&args, 1, 100, &n) && n == 24);
	ck_assert_uint_eq(args.list[2].len, 3);
	ck_assert(!at_arg_number(&args, 3, 100, &n));
	ck_assert(!at_args_read(&args, "\"a", 2, false));
	ck_assert(!at_args_read(&args, "\"a\"b", 4, false));
	ck_assert(!at_args_read(&args, "1,2,3,4,5,6,7,8,9", 17, false));
	ck_assert(at_args_read(&args, "", 0, false));
	ck_assert(!at_arg_number(&args, 0, 100, &n));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_at_frame");
	TCase *tests = tcase_create("at_frame");

	tcase_add_test(tests, a_line_ends_with_cr_or_lf_but_not_within_quotes);
	tcase_add_test(tests,
		       a_line_of_4096_bytes_is_too_long_for_the_at_host_and_the_next_one_works);
	tcase_add_test(tests, a_line_one_byte_shorter_is_taken_whole);
	tcase_add_test(tests,
		       a_credential_that_is_too_long_is_one_error_and_the_next_line_is_a_line);
	tcase_add_test(tests, backspace_takes_back_a_quote_as_well);
	tcase_add_test(tests, flow_control_and_nul_are_no_part_of_a_line);
	tcase_add_test(tests, arguments_are_spans_and_quotes_must_close);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
