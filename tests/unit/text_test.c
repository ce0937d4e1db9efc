#include "unit.h"

#include "text.h"

#include <string.h>

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

int main(void)
{
	Suite *s = suite_create("text");
	TCase *c = tcase_create("text");

	tcase_add_test(c, a_json_string_holds_no_control_character_and_only_valid_utf8);
	tcase_add_test(c, surrogates_and_overlong_forms_are_no_utf8);
	tcase_add_test(c, what_is_shown_on_a_terminal_moves_no_cursor_and_turns_no_text);
	tcase_add_test(c, a_cut_shows_and_does_not_split_a_character);
	tcase_add_test(c, a_text_over_its_limit_is_broken_and_stays_as_it_was);
	tcase_add_test(c, long_formats_and_hex_come_whole);
	suite_add_tcase(s, c);
	return unit_run(s);
}
