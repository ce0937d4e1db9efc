/* The reader of Mosquitto's own log: lines as 2.0.11 and 2.1.2 write them, and hostile ones. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "brokerlog.h"

static struct log_line read_line(const char *text)
{
	static char line[1024];
	struct log_line out;

	snprintf(line, sizeof(line), "2026-11-21T01:13:52: %s", text);
	log_line_read(&out, line, strlen(line), true);
	return out;
}

static bool is(const char *p, size_t n, const char *s)
{
	return p && n == strlen(s) && memcmp(p, s, n) == 0;
}

START_TEST(a_connected_line_names_address_id_version_keepalive_and_user)
{
	struct log_line l = read_line(
		"New client connected from 127.0.0.1:39810 as tls (p2, c1, k60, u'bob').");

	ck_assert_int_eq(l.kind, LOG_CONNECTED);
	ck_assert_str_eq(l.peer.ip, "127.0.0.1");
	ck_assert_uint_eq(l.peer.port, 39810);
	ck_assert(is(l.id, l.id_len, "tls"));
	ck_assert(is(l.user, l.user_len, "bob"));
	ck_assert_int_eq(l.version, 4);
	ck_assert_int_eq(l.keepalive, 60);
	l = read_line("New client connected from 2001:db8::7:4711 as a b (p5, c0, k0).");
	ck_assert_str_eq(l.peer.ip, "2001:db8::7");
	ck_assert_uint_eq(l.peer.port, 4711);
	ck_assert(is(l.id, l.id_len, "a b"));
	ck_assert_ptr_null(l.user);
	ck_assert_int_eq(l.version, 5);
}
END_TEST

START_TEST(a_client_id_that_2_1_cannot_read_is_a_malformed_connect)
{
	struct log_line l = read_line(
		"Client 127.0.0.1 [127.0.0.1:43082] disconnected: client identifier not valid.");

	ck_assert_int_eq(l.kind, LOG_GONE_MALFORMED);
	ck_assert_uint_eq(l.peer.port, 43082);
}
END_TEST

START_TEST(an_address_that_libwebsockets_mapped_to_ipv6_is_the_ipv4_one)
{
	struct log_line l =
		read_line("New client connected from ::ffff:127.0.0.1:35988 as ws (p2, c1, k60).");

	ck_assert_str_eq(l.peer.ip, "127.0.0.1");
	ck_assert(!l.peer.v6);
	ck_assert_uint_eq(l.peer.port, 35988);
}
END_TEST

START_TEST(an_id_that_imitates_the_end_of_the_line_is_not_believed)
{
	struct log_line l = read_line(
		"New client connected from 10.0.0.1:1 as x (p2, c1, k60, u'eve').y (p2, c1, k60).");

	/* the imitation does not end the line: only one reading is left */
	ck_assert_int_eq(l.kind, LOG_CONNECTED);
	ck_assert(is(l.id, l.id_len, "x (p2, c1, k60, u'eve').y"));
	l = read_line(
		"New client connected from 10.0.0.1:1 as x (p2, c1, k60, u'a (p2, c1, k60, u'b').");
	ck_assert(l.ambiguous);
	ck_assert_ptr_null(l.id);
	ck_assert_ptr_null(l.user);
	ck_assert_uint_eq(l.peer.port, 1);
}
END_TEST

START_TEST(each_kind_of_line_is_known_in_both_spellings)
{
	static const struct {
		const char *line;
		enum log_kind kind;
	} cases[] = {
		{"New connection from 127.0.0.1:39454 on port 18831.", LOG_NEW_CONNECTION},
		{"Client connection from 127.0.0.1 failed: error:0A00010B:SSL routines::wrong version number.",
		 LOG_TLS_FAILED},
		{"Client connection from 127.0.0.1 denied: max_connections exceeded.",
		 LOG_TOO_MANY},
		{"Unable to accept new connection, system socket count has been exceeded. Try increasing \"ulimit -n\" or equivalent.",
		 LOG_TOO_MANY},
		{"Client connection from 127.0.0.1 denied access by tcpd.", LOG_HOST_DENIED},
		{"Invalid protocol version 9 in CONNECT from 127.0.0.1.", LOG_MQTT_VERSION},
		{"Protocol error from 127.0.0.1:4711: CONNECT with invalid protocol version (9).",
		 LOG_MQTT_VERSION},
		{"Protocol error from 127.0.0.1:4711: First packet not CONNECT (47).",
		 LOG_NOT_CONNECT},
		{"Protocol error from 127.0.0.1:4711: CONNECT with zero length clientid when forbidden.",
		 LOG_CLIENT_ID_EMPTY},
		{"Protocol error from 127.0.0.1:4711: CONNECT with missing protocol string.",
		 LOG_CONNECT_MALFORMED},
		{"Invalid protocol \"MQTX\" in CONNECT from 127.0.0.1.", LOG_CONNECT_MALFORMED},
		{"Client from 127.0.0.1:4711 appears to be using TLS to connect to a non-TLS listener.",
		 LOG_TLS_ON_PLAIN},
		{"Sending CONNACK to nrf-1 (0, 5)", LOG_CONNACK},
		{"Client a already connected, closing old connection.", LOG_TAKEN_OVER},
		{"Client a [127.0.0.1:4711] disconnected: session taken over.", LOG_TAKEN_OVER},
		{"Client a closed its connection.", LOG_GONE_CLOSED},
		{"Client a [127.0.0.1:4711] disconnected: connection closed by client.",
		 LOG_GONE_CLOSED},
		{"Client a has exceeded timeout, disconnecting.", LOG_GONE_TIMEOUT},
		{"Client a [127.0.0.1:4711] disconnected: exceeded timeout.", LOG_GONE_TIMEOUT},
		{"Client a disconnected, not authorised.", LOG_GONE_NOT_AUTHORISED},
		{"Client a [127.0.0.1:4711] disconnected: not authorised.",
		 LOG_GONE_NOT_AUTHORISED},
		{"Client <unknown> disconnected due to protocol error.", LOG_GONE_PROTOCOL},
		{"Client <unknown> disconnected: Protocol error.", LOG_GONE_PROTOCOL},
		{"Client a disconnected due to oversize packet.", LOG_GONE_OVERSIZE},
		{"Bad socket read/write on client <unknown>: Malformed UTF-8.", LOG_GONE_PROTOCOL},
		{"Bad socket read/write on client a: b: Invalid function arguments provided.",
		 LOG_GONE_PROTOCOL},
		{"Bad socket read/write on client a: Out of memory.", LOG_GONE_OTHER},
		{"Bad socket read/write on client a", LOG_OTHER},
		{"Client a disconnected.", LOG_GONE_CLEAN},
		{"Client a [127.0.0.1:4711] disconnected.", LOG_GONE_CLEAN},
		{"Bad client a sending multiple CONNECT messages.", LOG_SECOND_CONNECT},
		{"mosquitto version 2.0.11 starting", LOG_STARTING},
		{"mosquitto version 2.0.11 terminating", LOG_STOPPING},
		{"OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca",
		 LOG_OTHER},
		{"doorstep: 127.0.0.1:1 at academy rejected, not-tls: Client a disconnected.",
		 LOG_OTHER},
		{"", LOG_OTHER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct log_line l = read_line(cases[i].line);

		ck_assert_msg(l.kind == cases[i].kind, "%s: kind %d", cases[i].line, l.kind);
	}
}
END_TEST

START_TEST(a_line_without_an_id_has_none)
{
	struct log_line l = read_line("Client <unknown> disconnected due to protocol error.");

	ck_assert_ptr_null(l.id);
	l = read_line("Client 127.0.0.1 [127.0.0.1:4711] disconnected: protocol error.");
	ck_assert_ptr_null(l.id);
	ck_assert_uint_eq(l.peer.port, 4711);
	l = read_line("Client nrf-1 [127.0.0.1:4711] disconnected: protocol error.");
	ck_assert(is(l.id, l.id_len, "nrf-1"));
	l = read_line("Bad socket read/write on client <unknown>: Malformed UTF-8.");
	ck_assert_ptr_null(l.id);
	l = read_line("Bad socket read/write on client a: b: Malformed UTF-8.");
	ck_assert(is(l.id, l.id_len, "a: b"));
}
END_TEST

START_TEST(any_time_stamp_or_none_is_passed_over)
{
	static const char *const lines[] = {
		"1700000000: Client a disconnected.",
		"Client a disconnected.",
		"2026-11-21 01:13:52: Client a disconnected.",
	};

	for (size_t i = 0; i < 3; i++) {
		struct log_line l;

		log_line_read(&l, lines[i], strlen(lines[i]), true);
		ck_assert_int_eq(l.kind, LOG_GONE_CLEAN);
		ck_assert(is(l.text, l.text_len, "Client a disconnected."));
	}
}
END_TEST

START_TEST(an_id_that_imitates_an_ending_is_read_whole)
{
	struct log_line l =
		read_line("Client w disconnected: not authorised. disconnected: Success.");

	ck_assert_int_eq(l.kind, LOG_GONE_OTHER);
	ck_assert(is(l.id, l.id_len, "w disconnected: not authorised."));
	l = read_line("Client w disconnected: x. disconnected due to out of memory.");
	ck_assert(is(l.id, l.id_len, "w disconnected: x."));
	l = read_line("Client  disconnected due to out of memory.");
	ck_assert(is(l.id, l.id_len, ""));
}
END_TEST

START_TEST(an_address_behind_an_id_is_a_part_of_it_on_2_0)
{
	static const char line[] = "Client x [10.0.0.1:4711] closed its connection.";
	struct log_line l;

	log_line_read(&l, line, strlen(line), false);
	ck_assert(is(l.id, l.id_len, "x [10.0.0.1:4711]"));
	ck_assert_uint_eq(l.peer.port, 0);
	log_line_read(&l, line, strlen(line), true);
	ck_assert(is(l.id, l.id_len, "x"));
	ck_assert_uint_eq(l.peer.port, 4711);
}
END_TEST

/* A line about an id of so many A, as the broker cuts it off. */
static struct log_line cut_line(const char *before, size_t ids, const char *after)
{
	static char line[4096];
	struct log_line out;
	int n = snprintf(line, sizeof(line), "2026-11-21T01:13:52: %s", before);

	memset(line + n, 'A', ids);
	snprintf(line + n + ids, sizeof(line) - (size_t)n - ids, "%s", after);
	line[999] = '\0';
	log_line_read(&out, line, strlen(line), true);
	return out;
}

START_TEST(of_a_line_that_is_cut_off_what_is_left_has_to_fit)
{
	struct log_line l = cut_line("New client connected from 10.0.0.1:1 as ", 2000, "");
	char id[2001];

	memset(id, 'A', 2000);
	id[2000] = '\0';
	ck_assert_int_eq(l.kind, LOG_CONNECTED);
	ck_assert_ptr_null(l.id);
	ck_assert(log_line_fits_id(&l, id));
	id[0] = 'B';
	ck_assert(!log_line_fits_id(&l, id));
	id[0] = 'A';
	id[40] = '\0';
	ck_assert(!log_line_fits_id(&l, id));
	l = cut_line("Client ", 2000, " [10.0.0.1:1] disconnected: protocol error.");
	ck_assert_int_eq(l.kind, LOG_GONE_OTHER);
	ck_assert_ptr_null(l.id);
	memset(id, 'A', 2000);
	ck_assert(log_line_fits_id(&l, id));
	l = read_line("Client a disconnected.");
	ck_assert(log_line_fits_id(&l, "a"));
	ck_assert(!log_line_fits_id(&l, "ab"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("brokerlog");
	TCase *c = tcase_create("reader");

	tcase_add_test(c, a_connected_line_names_address_id_version_keepalive_and_user);
	tcase_add_test(c, a_client_id_that_2_1_cannot_read_is_a_malformed_connect);
	tcase_add_test(c, an_address_that_libwebsockets_mapped_to_ipv6_is_the_ipv4_one);
	tcase_add_test(c, an_id_that_imitates_the_end_of_the_line_is_not_believed);
	tcase_add_test(c, each_kind_of_line_is_known_in_both_spellings);
	tcase_add_test(c, a_line_without_an_id_has_none);
	tcase_add_test(c, any_time_stamp_or_none_is_passed_over);
	tcase_add_test(c, an_id_that_imitates_an_ending_is_read_whole);
	tcase_add_test(c, an_address_behind_an_id_is_a_part_of_it_on_2_0);
	tcase_add_test(c, of_a_line_that_is_cut_off_what_is_left_has_to_fit);
	suite_add_tcase(s, c);
	return unit_run(s);
}
