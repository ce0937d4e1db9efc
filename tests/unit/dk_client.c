/* The state machine on a port of paper: what it calls, in what order, and what it says. */
#include "unit.h"

#include <string.h>

#include "dk_paper.h"

START_TEST(an_accepted_board_subscribes_and_sends_its_heartbeat)
{
	push((struct event){.kind = EVENT_CONNACK});
	steps_until(CLIENT_SESSION);
	client_step(&client);
	ck_assert_str_eq(paper.client_id, "nrf-350123451234567");
	ck_assert_uint_eq(client.accepted, 1);
	ck_assert_uint_eq(client.sent, 1);
	ck_assert_ptr_nonnull(strstr(paper.payload, "\"rsrp_dbm\":-78"));
	ck_assert_uint_eq(paper.blinks, 0);
}
END_TEST

START_TEST(a_board_with_an_empty_tag_says_so_before_the_network_is_touched)
{
	paper.tag_list = "";
	steps_until(CLIENT_NETWORK);
	ck_assert_uint_eq(paper.networks, 0);
	ck_assert_ptr_nonnull(strstr(paper.log, "tag 24 holds no CA certificate"));
	ck_assert_ptr_nonnull(strstr(paper.log, "do: AT%CMNG=0,24,0,"));
	ck_assert_uint_eq(paper.blinks, STEP_TAG);
	ck_assert_uint_eq(paper.writes, 0);
}
END_TEST

START_TEST(the_certificate_is_written_only_when_that_is_allowed)
{
	paper.tag_list = "";
	paper.tag_list_after_write = "%CMNG: 24,0,\"" SHA_A "\"\r\n";
	settings.write_ca = true;
	settings.ca_text = "PEM";
	settings.ca_len = 3;
	steps_until(CLIENT_NETWORK);
	ck_assert_uint_eq(paper.writes, 1);
	ck_assert_uint_eq(client.failures, 0);
}
END_TEST

START_TEST(a_certificate_that_is_there_is_not_written_again)
{
	settings.write_ca = true;
	settings.ca_text = "PEM";
	settings.ca_len = 3;
	settings.expected_ca.set = true;
	digest_parse(settings.expected_ca.with_newline, SHA_A, 64);
	steps_until(CLIENT_NETWORK);
	ck_assert_uint_eq(paper.writes, 0);
	ck_assert_ptr_nonnull(strstr(paper.log, "the one this firmware expects"));
}
END_TEST

START_TEST(a_refused_write_is_told_with_both_of_its_causes)
{
	paper.tag_list = "";
	paper.write_rc = -1;
	settings.write_ca = true;
	settings.ca_text = "PEM";
	settings.ca_len = 3;
	steps_until(CLIENT_NETWORK);
	ck_assert_ptr_nonnull(strstr(paper.log, "[tag-not-writable]"));
}
END_TEST

START_TEST(the_last_failure_rides_in_the_next_heartbeat)
{
	paper.connect_rc = -95;
	steps_until(CLIENT_PAUSE);
	ck_assert_uint_eq(paper.blinks, STEP_CONNECT);
	paper.connect_rc = 0;
	push((struct event){.kind = EVENT_CONNACK});
	steps_until(CLIENT_SESSION);
	client_step(&client);
	ck_assert_ptr_nonnull(strstr(paper.payload, "\"last\":\"handshake-broken\",\"errno\":-95"));
	ck_assert_uint_eq(paper.blinks, 0);
}
END_TEST

/* How long the pause after a failure was. */
static uint64_t one_pause(void)
{
	uint64_t before;

	steps_until(CLIENT_PAUSE);
	before = paper.now;
	client_step(&client);
	return paper.now - before;
}

START_TEST(pauses_grow_and_a_session_that_stood_makes_them_short_again)
{
	paper.connect_rc = -116;
	for (int i = 0; i < 4; i++)
		one_pause();
	ck_assert_uint_eq(client.backoff.now_ms, 8000);
	paper.connect_rc = 0;
	push((struct event){.kind = EVENT_CONNACK});
	steps_until(CLIENT_SESSION);
	for (int beats = 0; beats < 10; beats++)
		client_step(&client);
	push((struct event){.kind = EVENT_CLOSED, .result = -128});
	ck_assert_uint_le(one_pause(), 1000);
}
END_TEST

START_TEST(boards_that_throw_each_other_out_do_not_do_so_without_a_pause)
{
	uint64_t pauses[4];

	for (int i = 0; i < 4; i++) {
		paper.event_count = paper.event_next = 0;
		push((struct event){.kind = EVENT_CONNACK});
		push((struct event){.kind = EVENT_CLOSED, .result = -128});
		pauses[i] = one_pause();
	}
	ck_assert_str_eq(client.last.code, "broker-closed");
	for (int i = 1; i < 4; i++)
		ck_assert_uint_gt(pauses[i], pauses[i - 1]);
}
END_TEST

START_TEST(a_close_without_a_number_is_told_as_a_close)
{
	push((struct event){.kind = EVENT_CONNACK});
	push((struct event){.kind = EVENT_CLOSED, .result = 0});
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "broker-closed");
}
END_TEST

START_TEST(a_list_that_the_modem_refuses_is_told_by_its_cme_number)
{
	paper.list_rc = 60;
	steps_until(CLIENT_NETWORK);
	ck_assert_ptr_nonnull(strstr(paper.log, "CME 60 system error [tag-unreadable]"));
}
END_TEST

START_TEST(after_two_failures_the_other_broker_is_tried)
{
	settings.door_count = 2;
	paper.connect_rc = -116;
	for (int i = 0; i < 2; i++) {
		steps_until(CLIENT_PAUSE);
		ck_assert_str_eq(paper.door->host, "class.example");
		client_step(&client);
	}
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(paper.door->host, "other.example");
}
END_TEST

START_TEST(a_connack_refusal_is_told_by_its_code)
{
	push((struct event){.kind = EVENT_CONNACK, .code = 4});
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "password-wrong");
	ck_assert_uint_eq(paper.hang_ups, 1);
	ck_assert_uint_eq(client.accepted, 0);
}
END_TEST

START_TEST(silence_after_connect_ends_at_the_deadline)
{
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "connack-missing");
}
END_TEST

START_TEST(a_refused_subscription_is_told_and_the_session_goes_on)
{
	push((struct event){.kind = EVENT_CONNACK});
	push((struct event){.kind = EVENT_SUBACK, .code = 0x80});
	steps_until(CLIENT_SESSION);
	client_step(&client);
	ck_assert_str_eq(client.last.code, "subscribe-denied");
	ck_assert_int_eq(client.state, CLIENT_SESSION);
}
END_TEST

START_TEST(a_led_command_is_acted_on_and_a_text_is_shown)
{
	push((struct event){.kind = EVENT_CONNACK});
	push((struct event){.kind = EVENT_MESSAGE, .payload = "LED2ON", .len = 6});
	push((struct event){.kind = EVENT_MESSAGE, .payload = "hi\x1b", .len = 3});
	steps_until(CLIENT_SESSION);
	client_step(&client);
	ck_assert_uint_eq(paper.acted.led, 2);
	client_step(&client);
	ck_assert_ptr_nonnull(strstr(paper.log, "received: hi.\n"));
}
END_TEST

START_TEST(a_dead_modem_is_started_again)
{
	paper.fault = 4;
	paper.connect_rc = -110;
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "modem-crashed");
	ck_assert_ptr_nonnull(strstr(paper.log, "reason 0x4 (mem-manage fault)"));
	client_step(&client);
	ck_assert_int_eq(client.state, CLIENT_BOOT);
}
END_TEST

START_TEST(a_tag_that_was_mended_meanwhile_is_seen_at_the_next_attempt)
{
	paper.tag_list = "";
	paper.connect_rc = -111;
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "tag-empty");
	paper.tag_list = "%CMNG: 24,0,\"" SHA_A "\"\r\n";
	client_step(&client);
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "connect-refused");
}
END_TEST

START_TEST(a_name_that_gives_no_address_is_no_errno)
{
	paper.resolve_rc = 2;
	paper.resolve_dns = true;
	steps_until(CLIENT_PAUSE);
	ck_assert_str_eq(client.last.code, "dns-failed");
	ck_assert_ptr_nonnull(strstr(client.line, "DNS failed: 2 NONAME"));
}
END_TEST

START_TEST(a_client_id_pattern_is_filled_and_never_runs_over)
{
	char out[12];

	client_id_make(out, sizeof(out), "a-%i-%%", "123");
	ck_assert_str_eq(out, "a-123-%");
	client_id_make(out, sizeof(out), "nrf-%i", "350123451234567");
	ck_assert_str_eq(out, "nrf-3501234");
	client_id_make(out, sizeof(out), "%", "1");
	ck_assert_str_eq(out, "%");
	client_id_make(out, 1, "abc", "1");
	ck_assert_str_eq(out, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_client");
	TCase *tests = tcase_create("client");

	tcase_add_checked_fixture(tests, paper_setup, NULL);
	tcase_add_test(tests, an_accepted_board_subscribes_and_sends_its_heartbeat);
	tcase_add_test(tests, a_board_with_an_empty_tag_says_so_before_the_network_is_touched);
	tcase_add_test(tests, the_certificate_is_written_only_when_that_is_allowed);
	tcase_add_test(tests, a_certificate_that_is_there_is_not_written_again);
	tcase_add_test(tests, a_refused_write_is_told_with_both_of_its_causes);
	tcase_add_test(tests, the_last_failure_rides_in_the_next_heartbeat);
	tcase_add_test(tests, pauses_grow_and_a_session_that_stood_makes_them_short_again);
	tcase_add_test(tests, boards_that_throw_each_other_out_do_not_do_so_without_a_pause);
	tcase_add_test(tests, a_close_without_a_number_is_told_as_a_close);
	tcase_add_test(tests, a_list_that_the_modem_refuses_is_told_by_its_cme_number);
	tcase_add_test(tests, after_two_failures_the_other_broker_is_tried);
	tcase_add_test(tests, a_connack_refusal_is_told_by_its_code);
	tcase_add_test(tests, silence_after_connect_ends_at_the_deadline);
	tcase_add_test(tests, a_refused_subscription_is_told_and_the_session_goes_on);
	tcase_add_test(tests, a_led_command_is_acted_on_and_a_text_is_shown);
	tcase_add_test(tests, a_dead_modem_is_started_again);
	tcase_add_test(tests, a_tag_that_was_mended_meanwhile_is_seen_at_the_next_attempt);
	tcase_add_test(tests, a_name_that_gives_no_address_is_no_errno);
	tcase_add_test(tests, a_client_id_pattern_is_filled_and_never_runs_over);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
