/* The AT interpreter: which commands there are, in which forms, and what they answer. */
#include "dk_modem.h"
#include "unit.h"

#include <string.h>

#include "at.h"

START_TEST(only_what_switches_lte_changes_whether_it_is_on)
{
	static const struct {
		const char *line;
		int cfun;
	} cases[] = {{"AT+CFUN=1", 1},	{"AT+CFUN=31", 1}, {"AT+CFUN=30", 1},  {"AT+CFUN=41", 1},
		     {"AT+CFUN=20", 4}, {"AT+CFUN=31", 4}, {"AT+CFUN=21", 21}, {"AT+CFUN=44", 4}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i].line), AT_OK);
		ck_assert_msg(modem.cfun == cases[i].cfun, "%s", cases[i].line);
	}
}
END_TEST

START_TEST(several_commands_in_one_line_are_refused_and_none_is_run)
{
	static const char *const lines[] = {"AT+CMEE=1;+CFUN=1", "AT+CMEE=1; AT+CFUN=1",
					    "AT+CFUN?;+CMEE?"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(run(lines[i]) != AT_OK, "%s", lines[i]);
	ck_assert_int_eq(modem.cmee, 0);
	ck_assert_int_eq(modem.cfun, 0);
}
END_TEST

START_TEST(commands_are_taken_in_either_case_and_contents_keep_theirs)
{
	ck_assert_int_eq(run("at%cmng=0,24,4,\"MixedCase\""), AT_OK);
	ck_assert_int_eq(run("At%Cmng=2,24,4"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, "\"MixedCase\""));
	ck_assert_int_eq(run("ate0"), AT_OK);
}
END_TEST

START_TEST(a_crashed_modem_answers_error_to_everything)
{
	modem.fault = 4;
	ck_assert_int_eq(at_answer(&modem, "AT+CMEE=1", 9, &out), AT_DEAD);
	ck_assert_str_eq(out.s, "ERROR\r\n");
}
END_TEST

START_TEST(cmee_decides_between_error_and_the_number)
{
	const char *line = "AT%CMNG=2,24,0";

	at_answer(&modem, line, strlen(line), &out);
	ck_assert_str_eq(out.s, "ERROR\r\n");
	run("AT+CMEE=1");
	text_reset(&out);
	at_answer(&modem, line, strlen(line), &out);
	ck_assert_str_eq(out.s, "+CME ERROR: 513\r\n");
	text_reset(&out);
	at_answer(&modem, "AT+NONSENSE", 11, &out);
	ck_assert_str_eq(out.s, "ERROR\r\n");
}
END_TEST

START_TEST(a_tool_finds_what_it_asks_for_at_the_start)
{
	static const struct {
		const char *line;
		const char *has;
	} cases[] = {
		{"AT", ""},
		{"at+cgmr", "mfw_nrf91x1_2.0.2\r\n"},
		{"AT+CGMM", "nRF9151-LACA\r\n"},
		{"AT+CGMI", "Nordic Semiconductor ASA\r\n"},
		{"AT+CGSN", "351656100000019\r\n"},
		{"AT+CGSN=1", "+CGSN: \"351656100000019\"\r\n"},
		{"AT+CFUN?", "+CFUN: 0\r\n"},
		{"AT+CFUN=?", "+CFUN: (0,1,2,4,20,21,30,31,40,41,44)\r\n"},
		{"AT+CMEE=?", "+CMEE: (0,1,2)\r\n"},
		{"AT+CEREG?", "+CEREG: 0,0\r\n"},
		{"AT+CEREG=5", ""},
		{"AT%XMODEMTRACE=1,2", ""},
		{"AT%XSYSTEMMODE?", "%XSYSTEMMODE: 1,1,0,0\r\n"},
		{"AT%SHORTSWVER", "%SHORTSWVER: nrf91x1_2.0.2\r\n"},
		{"AT%HWVERSION", "%HWVERSION: nRF9151 LACA A0A\r\n"},
		{"AT+CESQ", "+CESQ: 99,99,255,255,255,255\r\n"},
		{"AT+CGATT?", "+CGATT: 0\r\n"},
		{"AT+CPIN?", "+CPIN: READY\r\n"},
		{"  AT+CMEE?  ", "+CMEE: 0\r\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(run(cases[i].line) == AT_OK, "%s", cases[i].line);
		ck_assert_str_eq(out.s ? out.s : "", cases[i].has);
	}
	ck_assert_int_eq(run("AT+CFUN=1"), AT_OK);
	run("AT+CEREG?");
	ck_assert_str_eq(out.s, "+CEREG: 5,1\r\n");
	modem.network = false;
	run("AT+CEREG?");
	ck_assert_str_eq(out.s, "+CEREG: 5,0\r\n");
}
END_TEST

START_TEST(what_is_no_command_is_an_error_and_changes_nothing)
{
	static const char *const lines[] = {"",		"A",	     "BT",	  "AT+",
					    "AT%",	"ATX",	     "AT+CFUN",	  "AT+CFUN=3",
					    "AT+CFUN=", "AT+CMEE=9", "AT+CFUN?x", "AT+CGSN=9"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(run(lines[i]) != AT_OK, "%s", lines[i]);
	ck_assert_int_eq(modem.cfun, 0);
	ck_assert_int_eq(modem.cmee, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_at");
	TCase *tests = tcase_create("at");

	tcase_add_checked_fixture(tests, modem_setup, modem_teardown);
	tcase_add_test(tests, only_what_switches_lte_changes_whether_it_is_on);
	tcase_add_test(tests, several_commands_in_one_line_are_refused_and_none_is_run);
	tcase_add_test(tests, commands_are_taken_in_either_case_and_contents_keep_theirs);
	tcase_add_test(tests, a_crashed_modem_answers_error_to_everything);
	tcase_add_test(tests, cmee_decides_between_error_and_the_number);
	tcase_add_test(tests, a_tool_finds_what_it_asks_for_at_the_start);
	tcase_add_test(tests, what_is_no_command_is_an_error_and_changes_nothing);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
