#include "unit.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef void (*put)(struct text *, const char *, size_t, size_t);

static const char *made(put how, const char *s, size_t len, size_t max)
{
	static char copy[1024];
	struct text t = {0};

	how(&t, s, len, max);
	ck_assert(!t.broken);
	strncpy(copy, t.s ? t.s : "", sizeof(copy) - 1);
	text_free(&t);
	return copy;
}

#define MADE(how, s, max) made(how, s, sizeof(s) - 1, max)

START_TEST(a_json_string_holds_no_control_character_and_only_valid_utf8)
{
	ck_assert_str_eq(MADE(text_json, "plain", 0), "\"plain\"");
	ck_assert_str_eq(MADE(text_json, "a\"b\\c", 0), "\"a\\\"b\\\\c\"");
	ck_assert_str_eq(MADE(text_json, "\x1b[31m\n", 0), "\"\\u001b[31m\\u000a\"");
	ck_assert_str_eq(MADE(text_json, "a\0b", 0), "\"a\\u0000b\"");
	ck_assert_str_eq(MADE(text_json, "\xff\xc0\xaf", 0), "\"\\\\xff\\\\xc0\\\\xaf\"");
	ck_assert_str_eq(MADE(text_json, "\xc2\x9b", 0), "\"\\u009b\"");
	ck_assert_str_eq(MADE(text_json, "\xe2\x80\xae", 0), "\"\\u202e\"");
	ck_assert_str_eq(MADE(text_json, "\xf3\xa0\x81\x81", 0), "\"\\udb40\\udc41\"");
	ck_assert_str_eq(MADE(text_json, "gr\xc3\xbc\xc3\x9f", 0), "\"gr\xc3\xbc\xc3\x9f\"");
}
END_TEST

START_TEST(surrogates_and_overlong_forms_are_no_utf8)
{
	ck_assert_str_eq(MADE(text_safe, "\xed\xa0\x80", 0), "\\xed\\xa0\\x80");
	ck_assert_str_eq(MADE(text_safe, "\xe0\x80\xaf", 0), "\\xe0\\x80\\xaf");
	ck_assert_str_eq(MADE(text_safe, "\xf4\x90\x80\x80", 0), "\\xf4\\x90\\x80\\x80");
	ck_assert_str_eq(MADE(text_safe, "a\xe2\x82", 0), "a\\xe2\\x82");
}
END_TEST

START_TEST(what_is_shown_on_a_terminal_moves_no_cursor_and_turns_no_text)
{
	ck_assert_str_eq(MADE(text_safe, "\x1b]0;x\x07", 0), "\\x1b]0;x\\x07");
	ck_assert_str_eq(MADE(text_show, "\x1b]0;x\x07", 0), "\\x1b]0;x\\x07");
	ck_assert_str_eq(MADE(text_show, "\xd8\x9c\xe2\x80\x8b", 0), "\\u061c\\u200b");
	/* a backslash is doubled where bytes are escaped, and kept where they are already */
	ck_assert_str_eq(MADE(text_safe, "\\x1b", 0), "\\\\x1b");
	ck_assert_str_eq(MADE(text_show, "\\x1b", 0), "\\x1b");
}
END_TEST

START_TEST(a_cut_shows_and_does_not_split_a_character)
{
	ck_assert_str_eq(MADE(text_safe, "abcdef", 3), "abc…");
	ck_assert_str_eq(MADE(text_safe, "abc", 3), "abc");
	ck_assert_str_eq(MADE(text_safe,
			      "ab\xc3\xbc"
			      "d",
			      3),
			 "ab…");
	ck_assert_str_eq(MADE(text_json, "abcdef", 3), "\"abc…\"");
}
END_TEST

START_TEST(a_text_over_its_limit_is_broken_and_stays_as_it_was)
{
	struct text t = {.max = 8};

	text_puts(&t, "1234567");
	ck_assert(!t.broken);
	text_puts(&t, "8");
	ck_assert(t.broken);
	text_printf(&t, "%s", "more");
	ck_assert_str_eq(t.s, "1234567");
	text_reset(&t);
	ck_assert(!t.broken);
	ck_assert_uint_eq(t.len, 0);
	text_free(&t);
}
END_TEST

START_TEST(numbers_come_out_in_decimal)
{
	struct text t = {0};

	text_number(&t, 0);
	text_puts(&t, " ");
	text_number(&t, 10);
	text_puts(&t, " ");
	text_number(&t, UINT64_MAX);
	ck_assert_str_eq(t.s, "0 10 18446744073709551615");
	text_free(&t);
}
END_TEST

START_TEST(long_formats_and_hex_come_whole)
{
	struct text t = {0};
	char long_string[2000];

	memset(long_string, 'x', sizeof(long_string) - 1);
	long_string[sizeof(long_string) - 1] = '\0';
	text_printf(&t, "<%s>", long_string);
	ck_assert_uint_eq(t.len, sizeof(long_string) + 1);
	text_reset(&t);
	text_hex(&t, (const uint8_t *)"\x00\x7f\xff", 3);
	ck_assert_str_eq(t.s, "007fff");
	text_free(&t);
}
END_TEST

START_TEST(hex_is_read_whole_or_not_at_all)
{
	uint8_t out[3] = {0};

	ck_assert_uint_eq(text_unhex("007FaE", 6, out, 3), 3);
	ck_assert(out[0] == 0x00 && out[1] == 0x7f && out[2] == 0xae);
	ck_assert_uint_eq(text_unhex("00", 2, out, 0), 0);
	ck_assert_uint_eq(text_unhex("00112233", 8, out, 3), 0);
	ck_assert_uint_eq(text_unhex("001", 3, out, 3), 0);
	for (int c = 0; c < 256; c++) {
		char pair[2] = {'0', (char)c};
		bool digit =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');

		ck_assert_uint_eq(text_unhex(pair, 2, out, 3), digit ? 1 : 0);
		if (digit)
			ck_assert_uint_eq(out[0], strtoul((char[2]){(char)c, 0}, NULL, 16));
	}
}
END_TEST

START_TEST(fields_are_parted_by_commas)
{
	struct text t = {0};

	text_puts(&t, "{");
	text_field(&t, "a", "{");
	text_field(&t, "b", "");
	text_puts(&t, ",\"c\":{");
	text_field(&t, "d", "\"");
	text_puts(&t, "}}");
	ck_assert_str_eq(t.s, "{\"a\":\"{\",\"b\":\"\",\"c\":{\"d\":\"\\\"\"}}");
	text_free(&t);
}
END_TEST

START_TEST(times_are_those_of_the_c_library)
{
	static const int64_t seconds[] = {
		0,	    -1,		951782399,   951782400,	   951868800,	 4107542399,
		4107542400, 1795720500, -2203891200, 253402300799, -62162208001, -62167219200,
	};
	struct text t = {0};

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		time_t s = (time_t)seconds[i];
		char expected[128];
		struct tm tm;

		gmtime_r(&s, &tm);
		tm.tm_year += 1900;
		snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.042Z",
			 tm.tm_year, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		text_reset(&t);
		text_time(&t, seconds[i] * 1000000 + 42000);
		ck_assert_str_eq(t.s, expected);
	}
	text_free(&t);
}
END_TEST

START_TEST(a_time_that_has_no_four_digits_of_a_year_is_none)
{
	struct text t = {0};

	text_time(&t, INT64_C(253402300800) * 1000000);
	ck_assert_str_eq(t.s, "1970-01-01T00:00:00.000Z");
	text_reset(&t);
	text_time(&t, INT64_MIN);
	ck_assert_str_eq(t.s, "1970-01-01T00:00:00.000Z");
	text_free(&t);
}
END_TEST

START_TEST(microseconds_come_out_as_milliseconds)
{
	struct text t = {0};

	text_ms(&t, 12345);
	text_ms(&t, 7);
	text_ms(&t, -1);
	text_ms(&t, 1000000000);
	ck_assert_str_eq(t.s, "12.3450.0070.0001000000.000");
	text_cut(&t, 6);
	text_cut(&t, 100);
	ck_assert_str_eq(t.s, "12.345");
	text_free(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *c = tcase_create("text");

	tcase_add_test(c, a_json_string_holds_no_control_character_and_only_valid_utf8);
	tcase_add_test(c, surrogates_and_overlong_forms_are_no_utf8);
	tcase_add_test(c, what_is_shown_on_a_terminal_moves_no_cursor_and_turns_no_text);
	tcase_add_test(c, a_cut_shows_and_does_not_split_a_character);
	tcase_add_test(c, a_text_over_its_limit_is_broken_and_stays_as_it_was);
	tcase_add_test(c, numbers_come_out_in_decimal);
	tcase_add_test(c, long_formats_and_hex_come_whole);
	tcase_add_test(c, hex_is_read_whole_or_not_at_all);
	tcase_add_test(c, fields_are_parted_by_commas);
	tcase_add_test(c, times_are_those_of_the_c_library);
	tcase_add_test(c, a_time_that_has_no_four_digits_of_a_year_is_none);
	tcase_add_test(c, microseconds_come_out_as_milliseconds);
	suite_add_tcase(s, c);
	return unit_run(s);
}
