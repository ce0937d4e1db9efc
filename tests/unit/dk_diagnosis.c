/* Every errno at every step has an answer, and the same number is told apart where it can be. */
#include <string.h>

#include "dk_evidence.h"

START_TEST(minus_111_with_an_empty_tag_is_told_apart_from_a_closed_port)
{
	struct evidence e = tls_at(STEP_CONNECT, -111);

	e.tag.items[CREDENTIAL_CA].state = CREDENTIAL_ABSENT;
	ASSERT_CODE(e, "tag-empty");
	e.tag.items[CREDENTIAL_CA].state = CREDENTIAL_OTHER;
	ASSERT_CODE(e, "tag-differs");
	ck_assert_ptr_nonnull(strstr(said(&e), "nothing listens"));
	e.tag.items[CREDENTIAL_CA].state = CREDENTIAL_SAME;
	ASSERT_CODE(e, "connect-refused");
	ck_assert_ptr_nonnull(strstr(said(&e), "nothing listens"));
	e.tag.checked = false;
	ASSERT_CODE(e, "connect-refused");
	ck_assert_ptr_nonnull(strstr(said(&e), "lacks a certificate"));
}
END_TEST

START_TEST(a_missing_key_matters_only_where_the_door_wants_a_client_certificate)
{
	struct evidence e = tls_at(STEP_CONNECT, -95);

	e.tag.items[CREDENTIAL_KEY].state = CREDENTIAL_ABSENT;
	ASSERT_CODE(e, "handshake-broken");
	e.client_cert = true;
	ASSERT_CODE(e, "tag-incomplete");
}
END_TEST

START_TEST(the_old_minus_45_gets_the_answer_of_minus_95)
{
	struct evidence e = tls_at(STEP_CONNECT, -45);

	e.numbering = NUMBERING_OLD;
	e.client_cert = true;
	e.tag.items[CREDENTIAL_CERT].state = CREDENTIAL_ABSENT;
	ASSERT_CODE(e, "tag-incomplete");
}
END_TEST

START_TEST(a_modem_fault_explains_everything_after_it)
{
	for (int step = STEP_MODEM; step < STEP_COUNT; step++) {
		struct evidence e = tls_at((enum step)step, -1);

		e.fault = 4;
		ASSERT_CODE(e, "modem-crashed");
	}
}
END_TEST

START_TEST(minus_1_without_a_fault_at_a_write_names_both_of_its_causes)
{
	struct evidence e = tls_at(STEP_TAG, -1);

	e.writing = true;
	ASSERT_CODE(e, "tag-not-writable");
	ck_assert_ptr_nonnull(strstr(said(&e), "518"));
	ck_assert_ptr_nonnull(strstr(said(&e), "not running"));
}
END_TEST

START_TEST(a_list_that_was_refused_is_never_called_a_refused_write)
{
	for (int number = 1; number <= 150; number++) {
		struct evidence e = tls_at(STEP_TAG, -number);

		ck_assert_str_ne(diagnose(&e).code, "tag-not-writable");
		e.writing = true;
		ck_assert_str_ne(diagnose(&e).code, "tag-unreadable");
	}
}
END_TEST

START_TEST(each_number_of_a_refused_write_tells_the_modems_own)
{
	/* As modem_key_mgmt translates them. */
	static const struct {
		int result;
		const char *has;
	} cases[] = {{-1, "518"},  {-22, "527"},  {-12, "515"},
		     {-13, "514"}, {-120, "519"}, {-140, "528"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evidence e = tls_at(STEP_TAG, cases[i].result);

		e.writing = true;
		ASSERT_CODE(e, "tag-not-writable");
		ck_assert_ptr_nonnull(strstr(said(&e), cases[i].has));
	}
}
END_TEST

START_TEST(dns_tells_a_name_without_address_from_a_resolver_without_answer)
{
	struct evidence e = tls_at(STEP_RESOLVE, 2);

	e.dns = true;
	ck_assert_ptr_nonnull(strstr(said(&e), "is not known"));
	e.result = -5;
	ck_assert_ptr_nonnull(strstr(said(&e), "no address of the kind"));
	e.result = -3;
	ck_assert_ptr_nonnull(strstr(said(&e), "nothing is said about the name"));
	e.result = 10;
	ASSERT_CODE(e, "board-memory");
	e.dns = false;
	e.result = -10; /* an errno this time: the Academy's own */
	ASSERT_CODE(e, "dns-failed");
}
END_TEST

START_TEST(only_a_close_is_called_a_close_by_the_broker)
{
	for (int number = 1; number <= 150; number++) {
		struct evidence e = tls_at(STEP_CONNACK, -number);

		ck_assert_int_eq(strcmp(diagnose(&e).code, "closed-without-connack") == 0,
				 number == 128 || number == 104);
		e.step = STEP_SESSION;
		ck_assert_int_eq(strcmp(diagnose(&e).code, "broker-closed") == 0,
				 number == 128 || number == 104);
		/* A reset may come from anywhere between. */
		if (number == 104)
			ck_assert_ptr_nonnull(strstr(said(&e), "something between"));
	}
}
END_TEST

START_TEST(each_connack_code_has_its_own_reason)
{
	static const char *const codes[] = {NULL,
					    "mqtt-version-unsupported",
					    "client-id-not-allowed",
					    "broker-unavailable",
					    "password-wrong",
					    "not-authorised"};

	for (int c = 1; c <= 5; c++) {
		struct evidence e = tls_at(STEP_CONNACK, -111);

		e.connack = c;
		ASSERT_CODE(e, codes[c]);
	}
}
END_TEST

START_TEST(connack_5_with_a_client_certificate_speaks_of_the_certificate)
{
	struct evidence e = tls_at(STEP_CONNACK, -111);

	e.connack = 5;
	ck_assert_ptr_null(strstr(said(&e), "CA certificate"));
	e.client_cert = true;
	ck_assert_ptr_nonnull(strstr(said(&e), "CA certificate"));
}
END_TEST

START_TEST(a_close_without_connack_says_more_when_no_name_was_sent)
{
	struct evidence e = tls_at(STEP_CONNACK, -128);

	ASSERT_CODE(e, "closed-without-connack");
	e.name_sent = false;
	ASSERT_CODE(e, "closed-without-connack");
	ck_assert_ptr_nonnull(strstr(said(&e), "no host name (SNI)"));
}
END_TEST

START_TEST(an_unreachable_ipv6_address_is_told_apart_from_a_lost_pdn)
{
	struct evidence e = tls_at(STEP_CONNECT, -114);

	ASSERT_CODE(e, "no-route");
	ck_assert_int_eq(diagnose(&e).sure, SURE_KNOWN);
	e.ipv6 = true;
	ck_assert_ptr_nonnull(strstr(said(&e), "IPv6"));
	ck_assert_int_eq(diagnose(&e).sure, SURE_ASSUMED);
	e = tls_at(STEP_CONNECT, -115);
	ASSERT_CODE(e, "network-lost");
}
END_TEST

START_TEST(number_110_is_a_dead_modem_on_the_board_and_no_answer_on_a_pc)
{
	struct evidence e = tls_at(STEP_CONNECT, -110);

	ASSERT_CODE(e, "modem-crashed");
	e.numbering = NUMBERING_LINUX;
	e.stack = STACK_MBEDTLS;
	ASSERT_CODE(e, "no-answer");
}
END_TEST

START_TEST(the_three_numbers_of_report_5_are_told_apart_on_mbedtls)
{
	struct evidence e = tls_at(STEP_CONNECT, -2);

	e.stack = STACK_MBEDTLS;
	ASSERT_CODE(e, "tag-empty");
	e.result = -22;
	ASSERT_CODE(e, "pem-unreadable");
	e.result = -113;
	ASSERT_CODE(e, "handshake-broken");
}
END_TEST

START_TEST(the_check_of_a_tag_in_order_says_nothing)
{
	struct evidence e = tls_at(STEP_TAG, 0);

	ck_assert_ptr_null(diagnose(&e).code);
	e.tag.items[CREDENTIAL_CA].state = CREDENTIAL_OTHER;
	ASSERT_CODE(e, "tag-differs");
	e.tag.items[CREDENTIAL_CA].state = CREDENTIAL_ABSENT;
	ASSERT_CODE(e, "tag-empty");
	e.tls = false;
	ck_assert_ptr_null(diagnose(&e).code);
}
END_TEST

START_TEST(every_errno_at_every_step_on_either_stack_has_an_answer_with_a_way_on)
{
	struct diagnosis_names names = {.host = "h", .client_id = "c", .tag = 24, .port = 8883};
	char line[400];

	for (int stack = STACK_MODEM; stack <= STACK_MBEDTLS; stack++)
		for (int numbering = NUMBERING_NEW; numbering <= NUMBERING_LINUX; numbering++)
			for (int step = STEP_MODEM; step < STEP_COUNT; step++)
				for (int number = 1; number <= 150; number++) {
					struct evidence e = tls_at((enum step)step, -number);
					struct diagnosis d;

					e.stack = (enum stack)stack;
					e.numbering = (enum numbering)numbering;
					d = diagnose(&e);
					ck_assert_ptr_nonnull(d.code);
					ck_assert_uint_gt(
						diagnosis_line(&d, &names, line, sizeof(line)), 20);
					ck_assert_uint_lt(strlen(line), sizeof(line) - 1);
					ck_assert_ptr_null(strchr(line, '{'));
					ck_assert(
						diagnosis_mend(&d, &names, 0, line, sizeof(line)));
					ck_assert_ptr_null(strchr(line, '{'));
				}
}
END_TEST

START_TEST(a_known_errno_at_a_step_where_it_happens_is_never_a_bare_board_error)
{
	static const struct {
		enum step step;
		enum stack stack;
		int result;
	} seen[] = {
		{STEP_MODEM, STACK_MODEM, -1},	     {STEP_TAG, STACK_MODEM, -1},
		{STEP_TAG, STACK_MODEM, -5},	     {STEP_TAG, STACK_MODEM, -8},
		{STEP_TAG, STACK_MODEM, -12},	     {STEP_TAG, STACK_MODEM, -22},
		{STEP_NETWORK, STACK_MODEM, -116},   {STEP_RESOLVE, STACK_MODEM, -10},
		{STEP_CONNECT, STACK_MODEM, -1},     {STEP_CONNECT, STACK_MODEM, -105},
		{STEP_CONNECT, STACK_MODEM, -140},   {STEP_NETWORK, STACK_MODEM, -1},
		{STEP_SESSION, STACK_MODEM, -114},   {STEP_SESSION, STACK_MODEM, -116},
		{STEP_CONNECT, STACK_MODEM, -12},    {STEP_CONNECT, STACK_MODEM, -16},
		{STEP_CONNECT, STACK_MODEM, -22},    {STEP_CONNECT, STACK_MODEM, -95},
		{STEP_CONNECT, STACK_MODEM, -104},   {STEP_CONNECT, STACK_MODEM, -109},
		{STEP_CONNECT, STACK_MODEM, -110},   {STEP_CONNECT, STACK_MODEM, -111},
		{STEP_CONNECT, STACK_MODEM, -114},   {STEP_CONNECT, STACK_MODEM, -115},
		{STEP_CONNECT, STACK_MODEM, -116},   {STEP_CONNECT, STACK_MODEM, -118},
		{STEP_CONNECT, STACK_MBEDTLS, -2},   {STEP_CONNECT, STACK_MBEDTLS, -22},
		{STEP_CONNECT, STACK_MBEDTLS, -113}, {STEP_CONNACK, STACK_MODEM, -128},
		{STEP_CONNACK, STACK_MODEM, -122},   {STEP_CONNACK, STACK_MODEM, -116},
		{STEP_SESSION, STACK_MODEM, -122},   {STEP_SESSION, STACK_MODEM, -113},
		{STEP_SESSION, STACK_MODEM, -128},   {STEP_SESSION, STACK_MODEM, -104},
	};

	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		struct evidence e = tls_at(seen[i].step, seen[i].result);

		e.stack = seen[i].stack;
		ck_assert_str_ne(diagnose(&e).code, "board-error");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_diagnosis");
	TCase *tests = tcase_create("diagnosis");

	tcase_add_test(tests, minus_111_with_an_empty_tag_is_told_apart_from_a_closed_port);
	tcase_add_test(tests, a_missing_key_matters_only_where_the_door_wants_a_client_certificate);
	tcase_add_test(tests, the_old_minus_45_gets_the_answer_of_minus_95);
	tcase_add_test(tests, a_modem_fault_explains_everything_after_it);
	tcase_add_test(tests, minus_1_without_a_fault_at_a_write_names_both_of_its_causes);
	tcase_add_test(tests, a_list_that_was_refused_is_never_called_a_refused_write);
	tcase_add_test(tests, each_number_of_a_refused_write_tells_the_modems_own);
	tcase_add_test(tests, dns_tells_a_name_without_address_from_a_resolver_without_answer);
	tcase_add_test(tests, only_a_close_is_called_a_close_by_the_broker);
	tcase_add_test(tests, each_connack_code_has_its_own_reason);
	tcase_add_test(tests, connack_5_with_a_client_certificate_speaks_of_the_certificate);
	tcase_add_test(tests, a_close_without_connack_says_more_when_no_name_was_sent);
	tcase_add_test(tests, an_unreachable_ipv6_address_is_told_apart_from_a_lost_pdn);
	tcase_add_test(tests, number_110_is_a_dead_modem_on_the_board_and_no_answer_on_a_pc);
	tcase_add_test(tests, the_three_numbers_of_report_5_are_told_apart_on_mbedtls);
	tcase_add_test(tests, the_check_of_a_tag_in_order_says_nothing);
	tcase_add_test(tests,
		       every_errno_at_every_step_on_either_stack_has_an_answer_with_a_way_on);
	tcase_add_test(tests, a_known_errno_at_a_step_where_it_happens_is_never_a_bare_board_error);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
