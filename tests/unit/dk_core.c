/* The small parts of the firmware's core: error names, backoff, credential list, messages. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "backoff.h"
#include "credential.h"
#include "errors.h"
#include "message.h"

#define SHA_A "231D6BC10F00000000000000000000000000000000000000000000000000A5A2"
#define SHA_B "634FB6FA0000000000000000000000000000000000000000000000000000F7F3"

START_TEST(every_error_has_its_number_in_each_numbering_and_no_two_share_one)
{
	for (int n = NUMBERING_NEW; n <= NUMBERING_LINUX; n++) {
		for (int e = ERROR_NONE + 1; e < ERROR_OTHER; e++) {
			int number = error_number((enum error)e, (enum numbering)n);

			ck_assert_int_lt(number, 0);
			ck_assert_int_eq(error_from(number, (enum numbering)n), e);
			ck_assert_int_eq(error_from(-number, (enum numbering)n), e);
		}
	}
}
END_TEST

START_TEST(minus_45_of_the_old_sdk_and_minus_95_of_the_new_are_the_same_error)
{
	ck_assert_int_eq(error_from(-45, NUMBERING_OLD), ERROR_EOPNOTSUPP);
	ck_assert_int_eq(error_from(-95, NUMBERING_NEW), ERROR_EOPNOTSUPP);
	ck_assert_int_eq(error_from(-45, NUMBERING_NEW), ERROR_OTHER);
}
END_TEST

START_TEST(numbers_of_the_old_sdk_are_those_of_its_c_library)
{
	static const struct {
		enum error error;
		int old, now;
	} cases[] = {
		{ERROR_ECONNREFUSED, -61, -111}, {ERROR_ETIMEDOUT, -60, -116},
		{ERROR_ECONNRESET, -54, -104},	 {ERROR_ENOTCONN, -57, -128},
		{ERROR_ENETUNREACH, -51, -114},	 {ERROR_ENETDOWN, -62, -115},
		{ERROR_EMSGSIZE, -36, -122},	 {ERROR_ESHUTDOWN, -58, -110},
		{ERROR_ECONNABORTED, -53, -113}, {ERROR_EBUSY, -16, -16},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(error_number(cases[i].error, NUMBERING_OLD), cases[i].old);
		ck_assert_int_eq(error_number(cases[i].error, NUMBERING_NEW), cases[i].now);
	}
}
END_TEST

START_TEST(cme_errors_of_the_modem_have_names)
{
	static const int codes[] = {0,	 23,  50,  60,	513, 514, 515,
				    518, 519, 520, 523, 527, 528, 529};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		ck_assert_ptr_nonnull(cme_error_name(codes[i]));
	ck_assert_str_eq(cme_error_name(518), "not allowed in active state");
	ck_assert_ptr_null(cme_error_name(1));
}
END_TEST

START_TEST(number_110_is_a_shutdown_on_the_board_and_a_timeout_on_a_pc)
{
	ck_assert_str_eq(error_name(error_from(-110, NUMBERING_NEW)), "ESHUTDOWN");
	ck_assert_str_eq(error_name(error_from(-110, NUMBERING_LINUX)), "ETIMEDOUT");
}
END_TEST

START_TEST(dns_codes_have_names_with_either_sign)
{
	ck_assert_str_eq(dns_error_name(-2), "NONAME");
	ck_assert_str_eq(dns_error_name(3), "AGAIN");
	ck_assert_ptr_null(dns_error_name(-111));
}
END_TEST

START_TEST(backoff_doubles_up_to_its_limit_and_keeps_within_its_jitter)
{
	const uint32_t randoms[] = {0, 0x80000000u, 0xffffffffu};
	const uint32_t spans[] = {1000, 2000, 4000, 8000, 10000, 10000};

	for (size_t r = 0; r < 3; r++) {
		struct backoff b = {.first_ms = 1000, .most_ms = 10000};

		for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
			uint32_t ms = backoff_next(&b, randoms[r]);

			ck_assert_uint_ge(ms, spans[i] / 2);
			ck_assert_uint_le(ms, spans[i]);
		}
		backoff_reset(&b);
		ck_assert_uint_le(backoff_next(&b, randoms[r]), 1000);
	}
}
END_TEST

START_TEST(backoff_does_not_overflow_near_the_largest_number)
{
	struct backoff b = {.first_ms = 0xf0000000u, .most_ms = 0xffffffffu};

	for (int i = 0; i < 5; i++)
		ck_assert_uint_ge(backoff_next(&b, 0xffffffffu), 0x70000000u);
}
END_TEST

START_TEST(the_list_of_a_tag_tells_what_is_there_and_what_is_not)
{
	struct tag tag;

	ck_assert_int_eq(
		tag_read(&tag, 24, "%CMNG: 24,0,\"" SHA_A "\"\r\n%CMNG: 24,2,\"" SHA_B "\"\r\n"),
		0);
	ck_assert(tag.checked);
	ck_assert_int_eq(tag.items[CREDENTIAL_CA].state, CREDENTIAL_PRESENT);
	ck_assert_int_eq(tag.items[CREDENTIAL_CERT].state, CREDENTIAL_ABSENT);
	ck_assert_int_eq(tag.items[CREDENTIAL_KEY].state, CREDENTIAL_PRESENT);
	ck_assert_uint_eq(tag.items[CREDENTIAL_CA].digest[0], 0x23);
}
END_TEST

START_TEST(an_empty_answer_is_an_empty_tag)
{
	struct tag tag;

	ck_assert_int_eq(tag_read(&tag, 24, ""), 0);
	ck_assert(tag.checked);
	ck_assert_int_eq(tag.items[CREDENTIAL_CA].state, CREDENTIAL_ABSENT);
}
END_TEST

START_TEST(another_tags_items_are_passed_over)
{
	struct tag tag;

	ck_assert_int_eq(tag_read(&tag, 24, "%CMNG: 16842753,0,\"" SHA_A "\"\n%CMNG: 24,11\n"), 0);
	ck_assert_int_eq(tag.items[CREDENTIAL_CA].state, CREDENTIAL_ABSENT);
}
END_TEST

START_TEST(a_malformed_list_leaves_the_tag_unchecked)
{
	static const char *const bad[] = {"%CMNG: x",
					  "%CMNG: 24",
					  "%CMNG: 24,0,\"12\"",
					  ("%CMNG: 24,0,\"" SHA_A),
					  "%CMNG: 99999999999,0",
					  "%CMNG: 24,0;"};
	struct tag tag;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(tag_read(&tag, 24, bad[i]), -1);
		ck_assert(!tag.checked);
	}
}
END_TEST

START_TEST(the_digest_with_or_without_the_final_newline_is_ours_and_no_other)
{
	struct credential_expected expected = {.set = true};
	struct tag tag;

	ck_assert(digest_parse(expected.with_newline, SHA_A, 64));
	ck_assert(digest_parse(expected.without_newline, SHA_B, 64));
	tag_read(&tag, 24, "%CMNG: 24,0,\"" SHA_A "\"");
	tag_compare(&tag, CREDENTIAL_CA, &expected);
	ck_assert_int_eq(tag.items[0].state, CREDENTIAL_SAME);
	tag_read(&tag, 24, "%CMNG: 24,0,\"" SHA_B "\"");
	tag_compare(&tag, CREDENTIAL_CA, &expected);
	ck_assert_int_eq(tag.items[0].state, CREDENTIAL_SAME);
	expected.without_newline[5] ^= 1;
	tag_read(&tag, 24, "%CMNG: 24,0,\"" SHA_B "\"");
	tag_compare(&tag, CREDENTIAL_CA, &expected);
	ck_assert_int_eq(tag.items[0].state, CREDENTIAL_OTHER);
}
END_TEST

START_TEST(the_placeholder_digest_of_old_modem_firmware_is_compared_with_nothing)
{
	struct credential_expected expected = {.set = true};
	struct tag tag;

	tag_read(
		&tag, 24,
		"%CMNG: 24,0,\"0101010101010101010101010101010101010101010101010101010101010101\"");
	tag_compare(&tag, CREDENTIAL_CA, &expected);
	ck_assert(!tag.items[0].digest_known);
	ck_assert_int_eq(tag.items[0].state, CREDENTIAL_PRESENT);
}
END_TEST

START_TEST(led_commands_are_exact_and_everything_else_is_text)
{
	static const struct {
		const char *payload;
		enum command_kind kind;
		uint8_t led;
		bool on;
	} cases[] = {
		{"LED1ON", COMMAND_LED, 1, true},    {"LED1OFF", COMMAND_LED, 1, false},
		{"LED2ON", COMMAND_LED, 2, true},    {"LED2OFF", COMMAND_LED, 2, false},
		{"LED1ON ", COMMAND_TEXT, 0, false}, {"LED1O", COMMAND_TEXT, 0, false},
		{"led1on", COMMAND_TEXT, 0, false},  {"", COMMAND_TEXT, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct command c = command_read(cases[i].payload, strlen(cases[i].payload));

		ck_assert_int_eq(c.kind, cases[i].kind);
		ck_assert_uint_eq(c.led, cases[i].led);
		ck_assert_int_eq(c.on, cases[i].on);
	}
}
END_TEST

START_TEST(a_heartbeat_carries_signal_uptime_and_the_last_failure)
{
	struct heartbeat h = {.uptime_s = 61,
			      .signal_known = true,
			      .rsrp_dbm = -91,
			      .failures = 2,
			      .last_code = "tag-empty",
			      .last_error = -111,
			      .firmware = "mfw_nrf91x1_2.0.2"};
	char out[224];

	ck_assert_uint_gt(heartbeat_write(&h, out, sizeof(out)), 0);
	ck_assert_str_eq(out, "{\"uptime_s\":61,\"rsrp_dbm\":-91,\"modem\":\"mfw_nrf91x1_2.0.2\","
			      "\"failures\":2,\"last\":\"tag-empty\",\"errno\":-111}");
	ck_assert_uint_eq(heartbeat_write(&h, out, 40), 0);
	h = (struct heartbeat){.uptime_s = 1};
	heartbeat_write(&h, out, sizeof(out));
	ck_assert_str_eq(out, "{\"uptime_s\":1,\"failures\":0}");
}
END_TEST

START_TEST(the_signal_is_read_from_cesq_and_255_is_unknown)
{
	int16_t dbm = 0;

	ck_assert(signal_read("+CESQ: 99,99,255,255,31,62", &dbm));
	ck_assert_int_eq(dbm, -78);
	ck_assert(!signal_read("+CESQ: 99,99,255,255,255,255", &dbm));
	ck_assert(!signal_read("+CESQ: 99,99", &dbm));
	ck_assert(!signal_read("", &dbm));
	ck_assert(!signal_read("+CESQ: 99,99,255,255,31,x", &dbm));
}
END_TEST

START_TEST(what_a_peer_sent_cannot_steer_a_terminal)
{
	char out[8];

	text_copy_safe(out, sizeof(out), "a\x1b[2Jb", 6);
	ck_assert_str_eq(out, "a.[2Jb");
	text_copy_safe(out, sizeof(out), "0123456789", 10);
	ck_assert_str_eq(out, "0123...");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_core");
	TCase *tests = tcase_create("core");

	tcase_add_test(tests, every_error_has_its_number_in_each_numbering_and_no_two_share_one);
	tcase_add_test(tests, minus_45_of_the_old_sdk_and_minus_95_of_the_new_are_the_same_error);
	tcase_add_test(tests, numbers_of_the_old_sdk_are_those_of_its_c_library);
	tcase_add_test(tests, cme_errors_of_the_modem_have_names);
	tcase_add_test(tests, number_110_is_a_shutdown_on_the_board_and_a_timeout_on_a_pc);
	tcase_add_test(tests, dns_codes_have_names_with_either_sign);
	tcase_add_test(tests, backoff_doubles_up_to_its_limit_and_keeps_within_its_jitter);
	tcase_add_test(tests, backoff_does_not_overflow_near_the_largest_number);
	tcase_add_test(tests, the_list_of_a_tag_tells_what_is_there_and_what_is_not);
	tcase_add_test(tests, an_empty_answer_is_an_empty_tag);
	tcase_add_test(tests, another_tags_items_are_passed_over);
	tcase_add_test(tests, a_malformed_list_leaves_the_tag_unchecked);
	tcase_add_test(tests, the_digest_with_or_without_the_final_newline_is_ours_and_no_other);
	tcase_add_test(tests,
		       the_placeholder_digest_of_old_modem_firmware_is_compared_with_nothing);
	tcase_add_test(tests, led_commands_are_exact_and_everything_else_is_text);
	tcase_add_test(tests, a_heartbeat_carries_signal_uptime_and_the_last_failure);
	tcase_add_test(tests, the_signal_is_read_from_cesq_and_255_is_unknown);
	tcase_add_test(tests, what_a_peer_sent_cannot_steer_a_terminal);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
