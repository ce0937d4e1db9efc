/* The state machine on a port of paper: what it calls, in what order, and what it says. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "client.h"

#define SHA_A "231D6BC10F00000000000000000000000000000000000000000000000000A5A2"

/* One scripted world. */
struct paper {
	int modem_rc;
	int network_rc;
	int resolve_rc;
	bool resolve_dns;
	int connect_rc;
	int publish_rc;
	int write_rc;
	int list_rc;
	uint8_t fault;
	const char *tag_list;
	const char *tag_list_after_write;
	struct event events[8];
	size_t event_count, event_next;
	size_t connects, writes, pauses, hang_ups, networks, starts;
	const struct door *door;
	char log[8192];
	char client_id[65];
	char payload[256];
	uint8_t blinks;
	uint64_t now;
	struct command acted;
};

static int modem_start(void *arg)
{
	struct paper *p = arg;

	p->starts++;
	return p->modem_rc;
}

static int at(void *arg, const char *command, char *answer, size_t size)
{
	struct paper *p = arg;

	answer[0] = '\0';
	if (strcmp(command, "AT+CGSN") == 0)
		snprintf(answer, size, "350123451234567\r\n");
	else if (strcmp(command, "AT+CGMR") == 0)
		snprintf(answer, size, "mfw_nrf91x1_2.0.2\r\n");
	else if (strncmp(command, "AT%CMNG=1,", 10) == 0 && p->list_rc)
		return p->list_rc;
	else if (strncmp(command, "AT%CMNG=1,", 10) == 0)
		snprintf(answer, size, "%s",
			 p->writes && p->tag_list_after_write ? p->tag_list_after_write
							      : p->tag_list);
	else if (strcmp(command, "AT+CESQ") == 0)
		snprintf(answer, size, "+CESQ: 99,99,255,255,31,62");
	else
		return 50;
	return 0;
}

static uint8_t fault(void *arg)
{
	return ((struct paper *)arg)->fault;
}

static int credential_write(void *arg, uint32_t tag, enum credential_type type, const char *text,
			    size_t len)
{
	struct paper *p = arg;

	(void)tag, (void)type, (void)text, (void)len;
	p->writes++;
	return p->write_rc;
}

static int network(void *arg, uint32_t timeout_ms)
{
	struct paper *p = arg;

	(void)timeout_ms;
	p->networks++;
	return p->network_rc;
}

static int resolve(void *arg, const struct door *door, bool *dns, bool *ipv6)
{
	struct paper *p = arg;

	(void)door;
	*dns = p->resolve_dns;
	*ipv6 = false;
	return p->resolve_rc;
}

static int connect_(void *arg, const struct door *door, const char *client_id, uint16_t keepalive)
{
	struct paper *p = arg;

	(void)keepalive;
	p->connects++;
	p->door = door;
	snprintf(p->client_id, sizeof(p->client_id), "%s", client_id);
	return p->connect_rc;
}

static int subscribe(void *arg, const char *topic)
{
	(void)arg, (void)topic;
	return 0;
}

static int publish(void *arg, const char *topic, const char *payload, size_t len)
{
	struct paper *p = arg;

	(void)topic;
	snprintf(p->payload, sizeof(p->payload), "%.*s", (int)len, payload);
	return p->publish_rc;
}

static void wait_(void *arg, uint32_t timeout_ms, struct event *event)
{
	struct paper *p = arg;

	if (p->event_next < p->event_count)
		*event = p->events[p->event_next++];
	else
		p->now += timeout_ms;
}

static void hang_up(void *arg)
{
	((struct paper *)arg)->hang_ups++;
}

static bool pause_(void *arg, uint32_t ms)
{
	struct paper *p = arg;

	p->pauses++;
	p->now += ms;
	return false;
}

static uint64_t now_ms(void *arg)
{
	return ((struct paper *)arg)->now;
}

static uint32_t random_(void *arg)
{
	(void)arg;
	return 0x40000000u;
}

static void say(void *arg, enum say how, const char *line)
{
	struct paper *p = arg;
	size_t used = strlen(p->log);

	(void)how;
	snprintf(p->log + used, sizeof(p->log) - used, "%s\n", line);
}

static void show(void *arg, uint8_t blinks)
{
	((struct paper *)arg)->blinks = blinks;
}

static void act(void *arg, const struct command *command)
{
	((struct paper *)arg)->acted = *command;
}

static struct paper paper;
static struct settings settings;
static struct port port;
static struct client client;

static void setup(void)
{
	memset(&paper, 0, sizeof(paper));
	paper.tag_list = "%CMNG: 24,0,\"" SHA_A "\"\r\n";
	settings = (struct settings){
		.doors = {{.host = "class.example",
			   .tag = 24,
			   .port = 8883,
			   .tls = true,
			   .tls_name = "x",
			   .verify = true},
			  {.host = "other.example",
			   .tag = 25,
			   .port = 8885,
			   .tls = true,
			   .tls_name = "x",
			   .verify = true}},
		.door_count = 1,
		.failures_before_next_door = 2,
		.publish_topic = "up",
		.subscribe_topic = "down",
		.heartbeat_ms = 1000,
		.network_timeout_ms = 1000,
		.connack_timeout_ms = 1000,
		.backoff_first_ms = 1000,
		.backoff_most_ms = 8000,
		.keepalive_s = 60,
	};
	port = (struct port){.arg = &paper,
			     .modem_start = modem_start,
			     .at = at,
			     .fault = fault,
			     .credential_write = credential_write,
			     .network = network,
			     .resolve = resolve,
			     .connect = connect_,
			     .subscribe = subscribe,
			     .publish = publish,
			     .wait = wait_,
			     .hang_up = hang_up,
			     .pause = pause_,
			     .now_ms = now_ms,
			     .random = random_,
			     .say = say,
			     .show = show,
			     .act = act};
	client_init(&client, &settings, &port);
}

static void steps_until(enum client_state state)
{
	for (int i = 0; i < 60 && client.state != state; i++)
		client_step(&client);
	ck_assert_int_eq(client.state, state);
}

static void push(struct event event)
{
	paper.events[paper.event_count++] = event;
}

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

	tcase_add_checked_fixture(tests, setup, NULL);
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
