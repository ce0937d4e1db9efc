/* The decision table: a witness for each row, their priorities, and proof that no two rows may be
 * swapped unnoticed. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include "alert.h"
#include "verdict.h"

/* A TLS visit of which nothing is known yet; witnesses say what differs. */
#define BASE                                                                                    \
	.tls = true, .stage = STAGE_SERVER_FLIGHT, .ending = ENDING_CLOSED, .spoke = SPOKE_TLS, \
	.hello_whole = true, .device_alert = -1, .our_alert = -1, .version_shared = true,       \
	.suite_shared = true, .suite_for_our_key = true, .curve_listed = true,                  \
	.group_shared = true, .signature_fits = true, .sni_covered = true, .cert_shown = true,  \
	.connack = -1

static const struct evidence base = {BASE};

struct witness {
	enum reason_id reason;
	enum by by;
	struct evidence e;
};

#define DONE .handshake_done = true, .stage = STAGE_FINISHED
#define FIN  .ending = ENDING_FIN
#define CERT .cert_sent = true, .error = SSL_R_CERTIFICATE_VERIFY_FAILED, .our_alert = 42

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma clang diagnostic ignored "-Winitializer-overrides"
#endif

/* In the order of the rows. It is written down here a second time on purpose. */
static const struct witness witnesses[] = {
	{REASON_SEAT_UNKNOWN, BY_BROKER, {BASE, .refused = REASON_SEAT_UNKNOWN}},
	{REASON_TOO_MANY_CONNECTIONS, BY_BROKER, {BASE, .log = LOG_TOO_MANY}},
	{REASON_HOST_DENIED, BY_BROKER, {BASE, .log = LOG_HOST_DENIED}},
	{REASON_TLS_ON_PLAIN_PORT, BY_BROKER, {BASE, .tls = false, .log = LOG_TLS_ON_PLAIN}},
	{REASON_STOPPED_AT_THE_DOOR, BY_BROKER, {BASE, .stopping = true}},
	{REASON_NOTHING_SENT, BY_DEVICE, {BASE, .stage = STAGE_TCP, .spoke = SPOKE_NOTHING, FIN}},
	{REASON_NOT_TLS, BY_BROKER, {BASE, .stage = STAGE_TCP, .spoke = SPOKE_MQTT}},
	{REASON_NO_COMMON_VERSION,
	 BY_BROKER,
	 {BASE, .stage = STAGE_HELLO, .error = SSL_R_UNSUPPORTED_PROTOCOL, .our_alert = 70}},
	{REASON_HELLO_INCOMPLETE, BY_DEVICE, {BASE, .stage = STAGE_TCP, FIN}},
	{REASON_NO_COMMON_CIPHER,
	 BY_BROKER,
	 {BASE, .error = SSL_R_NO_SHARED_CIPHER, .suite_for_our_key = false}},
	{REASON_NO_COMMON_SIGNATURE,
	 BY_BROKER,
	 {BASE, .error = SSL_R_NO_SHARED_CIPHER, .signature_fits = false}},
	{REASON_NO_COMMON_CURVE,
	 BY_BROKER,
	 {BASE, .error = SSL_R_NO_SHARED_CIPHER, .curve_listed = false}},
	{REASON_NO_COMMON_GROUP,
	 BY_BROKER,
	 {BASE, .error = SSL_R_NO_SHARED_CIPHER, .group_shared = false}},
	{REASON_NO_COMMON_CIPHER, BY_BROKER, {BASE, .error = SSL_R_NO_SHARED_CIPHER}},
	{REASON_SNI_MISSING, BY_BROKER, {BASE, .our_alert = ALERT_UNRECOGNIZED_NAME}},
	{REASON_SNI_UNKNOWN,
	 BY_BROKER,
	 {BASE, .our_alert = ALERT_UNRECOGNIZED_NAME, .sni_sent = true}},
	{REASON_CLIENT_CERT_MISSING,
	 BY_BROKER,
	 {BASE, .error = SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE}},
	{REASON_CLIENT_CERT_IS_A_CA, BY_BROKER, {BASE, CERT, .cert_is_ca = true}},
	{REASON_CLIENT_CERT_REVOKED,
	 BY_BROKER,
	 {BASE, CERT, .verify_error = X509_V_ERR_CERT_REVOKED}},
	{REASON_CLIENT_CERT_EXPIRED,
	 BY_BROKER,
	 {BASE, CERT, .verify_error = X509_V_ERR_CERT_HAS_EXPIRED}},
	{REASON_CLIENT_CERT_NOT_YET_VALID,
	 BY_BROKER,
	 {BASE, CERT, .verify_error = X509_V_ERR_CERT_NOT_YET_VALID}},
	{REASON_CLIENT_CERT_WRONG_PURPOSE,
	 BY_BROKER,
	 {BASE, CERT, .verify_error = X509_V_ERR_INVALID_PURPOSE}},
	{REASON_CLIENT_CERT_UNTRUSTED,
	 BY_BROKER,
	 {BASE, CERT, .verify_error = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}},
	{REASON_CLIENT_CERT_REFUSED, BY_BROKER, {BASE, CERT}},
	{REASON_CLIENT_CERT_WRONG_KEY,
	 BY_BROKER,
	 {BASE, .cert_sent = true, .error = SSL_R_BAD_SIGNATURE, .our_alert = 51}},
	{REASON_DEVICE_DOES_NOT_TRUST_US, BY_DEVICE, {BASE, .device_alert = ALERT_UNKNOWN_CA}},
	{REASON_OUR_CERTIFICATE_EXPIRED,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_CERTIFICATE_EXPIRED, .expired = true}},
	{REASON_OUR_CERTIFICATE_NOT_YET_VALID,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_CERTIFICATE_EXPIRED, .not_yet = true}},
	{REASON_NAME_MISMATCH,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_BAD_CERTIFICATE, .sni_sent = true, .sni_covered = false}},
	{REASON_OUR_CERTIFICATE_EXPIRED,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_BAD_CERTIFICATE, .expired = true}},
	{REASON_OUR_CERTIFICATE_NOT_YET_VALID,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_BAD_CERTIFICATE, .not_yet = true}},
	{REASON_DEVICE_DOES_NOT_TRUST_US,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_BAD_CERTIFICATE, .sni_sent = true, .says_42 = true}},
	{REASON_OUR_CERTIFICATE_REFUSED, BY_DEVICE, {BASE, .device_alert = ALERT_BAD_CERTIFICATE}},
	{REASON_CHAIN_TOO_LARGE,
	 BY_DEVICE,
	 {BASE, .device_alert = ALERT_INTERNAL_ERROR, .chain_der = 4097}},
	{REASON_DEVICE_ALERT, BY_DEVICE, {BASE, .device_alert = ALERT_INTERNAL_ERROR}},
	{REASON_CHAIN_TOO_LARGE, BY_DEVICE, {BASE, FIN, .chain_der = 4097}},
	{REASON_LEFT_AFTER_CERTIFICATE, BY_DEVICE, {BASE, FIN}},
	{REASON_LEFT_IN_HANDSHAKE, BY_DEVICE, {BASE, FIN, .cert_shown = false}},
	{REASON_HANDSHAKE_STALLED, BY_BROKER, {BASE, .stalled = true}},
	{REASON_HANDSHAKE_FAILED, BY_BROKER, {BASE, .error = SSL_R_BAD_PACKET_LENGTH}},
	{REASON_MQTT_VERSION_UNSUPPORTED, BY_BROKER, {BASE, DONE, .log = LOG_MQTT_VERSION}},
	{REASON_CLIENT_ID_EMPTY, BY_BROKER, {BASE, DONE, .log = LOG_CLIENT_ID_EMPTY}},
	{REASON_NOT_A_CONNECT, BY_BROKER, {BASE, DONE, .log = LOG_NOT_CONNECT}},
	{REASON_CONNECT_MALFORMED, BY_BROKER, {BASE, DONE, .log = LOG_CONNECT_MALFORMED}},
	{REASON_CLIENT_ID_NOT_ALLOWED,
	 BY_BROKER,
	 {BASE, DONE, .auth_watched = true, .log = LOG_GONE_NOT_AUTHORISED}},
	{REASON_NOT_AUTHORISED, BY_BROKER, {BASE, DONE, .auth_seen = true}},
	{REASON_LEFT_AFTER_HANDSHAKE,
	 BY_DEVICE,
	 {BASE, DONE, .device_alert = ALERT_INTERNAL_ERROR}},
	{REASON_LEFT_AFTER_HANDSHAKE, BY_DEVICE, {BASE, DONE, FIN}},
	{REASON_CONNECT_INCOMPLETE,
	 BY_DEVICE,
	 {BASE, DONE, .data_in = 1, .device_alert = ALERT_INTERNAL_ERROR}},
	{REASON_CONNECT_INCOMPLETE, BY_DEVICE, {BASE, DONE, FIN, .data_in = 1}},
	{REASON_CONNECT_TIMEOUT, BY_BROKER, {BASE, DONE, .stalled = true}},
	{REASON_CONNECT_TIMEOUT, BY_BROKER, {BASE, .tls = false, .log = LOG_GONE_TIMEOUT}},
	{REASON_PROTOCOL_ERROR_BEFORE_CONNECT, BY_BROKER, {BASE, DONE, .data_in = 1}},
};
#pragma GCC diagnostic pop

#define WITNESSES (sizeof(witnesses) / sizeof(witnesses[0]))

START_TEST(each_row_has_a_witness_that_it_alone_decides)
{
	ck_assert_uint_eq(WITNESSES, verdict_rule_count);
	for (size_t i = 0; i < WITNESSES; i++) {
		enum by by;
		enum reason_id got = verdict(&witnesses[i].e, &by);

		ck_assert_msg(verdict_rules[i].holds(&witnesses[i].e), "row %zu (%s) does not hold",
			      i, verdict_rules[i].text);
		ck_assert_msg(got == witnesses[i].reason, "row %zu: got %s, expected %s", i,
			      reason_get(got)->code, reason_get(witnesses[i].reason)->code);
		ck_assert_msg(by == witnesses[i].by, "row %zu (%s): by %s", i,
			      reason_get(got)->code, by_name(by));
	}
}
END_TEST

/* Both witnesses at once; false if they contradict each other. */
static bool merge(const struct evidence *a, const struct evidence *b, struct evidence *out)
{
	const unsigned char *pa = (const unsigned char *)a, *pb = (const unsigned char *)b;
	const unsigned char *p0 = (const unsigned char *)&base;
	unsigned char *po = (unsigned char *)out;

	for (size_t i = 0; i < sizeof(*out); i++) {
		if (pa[i] != p0[i] && pb[i] != p0[i] && pa[i] != pb[i])
			return false;
		po[i] = pa[i] != p0[i] ? pa[i] : pb[i];
	}
	return true;
}

/* An expired CA refuses every device with the same error as an expired device does. */
START_TEST(an_error_further_up_the_chain_is_not_the_devices_own)
{
	static const int errors[] = {X509_V_ERR_CERT_REVOKED, X509_V_ERR_CERT_HAS_EXPIRED,
				     X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_INVALID_PURPOSE};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct evidence e = base;
		enum by by;

		e.cert_sent = true;
		e.error = SSL_R_CERTIFICATE_VERIFY_FAILED;
		e.verify_error = errors[i];
		ck_assert_int_ne(verdict(&e, &by), REASON_CLIENT_CERT_REFUSED);
		e.verify_depth = 1;
		ck_assert_int_eq(verdict(&e, &by), REASON_CLIENT_CERT_REFUSED);
	}
}
END_TEST

/* OpenSSL before 3.0.6 says so of an issuer that has our issuer's name; later ones find no issuer. */
START_TEST(a_namesake_of_our_issuer_is_an_issuer_that_is_not_trusted)
{
	static const int errors[] = {X509_V_ERR_AKID_SKID_MISMATCH,
				     X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct evidence e = base;
		enum by by;

		e.cert_sent = true;
		e.error = SSL_R_CERTIFICATE_VERIFY_FAILED;
		e.verify_error = errors[i];
		ck_assert_int_eq(verdict(&e, &by), REASON_CLIENT_CERT_UNTRUSTED);
	}
}
END_TEST

START_TEST(an_old_version_that_fails_for_its_signatures_is_told_by_its_version)
{
	struct evidence e = base;
	enum by by;

	e.stage = STAGE_HELLO;
	e.error = SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM;
	e.our_alert = ALERT_INTERNAL_ERROR;
	e.signature_fits = false;
	ck_assert_int_eq(verdict(&e, &by), REASON_NO_COMMON_SIGNATURE);
	e.version_shared = false;
	ck_assert_int_eq(verdict(&e, &by), REASON_NO_COMMON_VERSION);
}
END_TEST

/* Erlang answers a wrong name with 40, libmosquitto with 80. */
START_TEST(a_name_that_we_do_not_have_explains_a_vague_alert)
{
	static const int alerts[] = {40, 42, 46, 80};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		struct evidence e = base;
		enum by by;

		e.device_alert = alerts[i];
		e.sni_sent = true;
		ck_assert_int_ne(verdict(&e, &by), REASON_NAME_MISMATCH);
		e.sni_covered = false;
		ck_assert_int_eq(verdict(&e, &by), REASON_NAME_MISMATCH);
	}
}
END_TEST

START_TEST(tls_that_we_break_off_after_the_handshake_is_no_silence)
{
	struct evidence e = base;
	enum by by;

	e.handshake_done = true;
	e.stage = STAGE_FINISHED;
	ck_assert_int_eq(verdict(&e, &by), REASON_CONNECT_TIMEOUT);
	e.our_alert = ALERT_BAD_RECORD_MAC;
	ck_assert_int_eq(verdict(&e, &by), REASON_PROTOCOL_ERROR_BEFORE_CONNECT);
	/* it was refused a renegotiation, and then stayed silent */
	e.our_alert = 100;
	e.stalled = true;
	ck_assert_int_eq(verdict(&e, &by), REASON_CONNECT_TIMEOUT);
}
END_TEST

START_TEST(a_network_that_gives_up_is_no_device_that_leaves)
{
	struct evidence e = base;
	enum by by;

	e.ending = ENDING_LOST;
	ck_assert_int_eq(verdict(&e, &by), REASON_HANDSHAKE_STALLED);
	ck_assert_int_eq(by, BY_NETWORK);
	e.chain_der = 4097;
	ck_assert_int_eq(verdict(&e, &by), REASON_HANDSHAKE_STALLED);
	e.stage = STAGE_TCP;
	ck_assert_int_eq(verdict(&e, &by), REASON_HELLO_INCOMPLETE);
	ck_assert_int_eq(by, BY_NETWORK);
	e.stage = STAGE_FINISHED;
	e.handshake_done = true;
	ck_assert_int_eq(verdict(&e, &by), REASON_CONNECT_TIMEOUT);
	ck_assert_int_eq(by, BY_NETWORK);
	e.data_in = 1;
	ck_assert_int_eq(verdict(&e, &by), REASON_CONNECT_TIMEOUT);
	ck_assert_int_eq(by, BY_NETWORK);
}
END_TEST

START_TEST(where_two_rows_hold_the_one_written_first_here_wins)
{
	unsigned pairs = 0;

	for (size_t i = 0; i < WITNESSES; i++) {
		for (size_t j = i + 1; j < WITNESSES; j++) {
			struct evidence both;
			enum by by;
			size_t first;

			if (!merge(&witnesses[i].e, &witnesses[j].e, &both) ||
			    !verdict_rules[i].holds(&both) || !verdict_rules[j].holds(&both))
				continue;
			for (first = 0; !verdict_rules[first].holds(&both); first++)
				;
			if (first != i)
				continue;
			pairs++;
			ck_assert_int_eq(verdict(&both, &by), witnesses[i].reason);
		}
	}
	/* most rows do meet another: the order is not an accident of the witnesses */
	ck_assert_uint_gt(pairs, 300);
}
END_TEST

static bool table_is_told_apart(const struct rule *rules)
{
	for (size_t i = 0; i < WITNESSES; i++) {
		enum by by;

		if (verdict_by_rules(rules, WITNESSES, &witnesses[i].e, &by) !=
			    witnesses[i].reason ||
		    by != witnesses[i].by)
			return true;
		for (size_t j = i + 1; j < WITNESSES; j++) {
			struct evidence both;
			size_t first = 0;

			if (!merge(&witnesses[i].e, &witnesses[j].e, &both))
				continue;
			while (!verdict_rules[first].holds(&both))
				first++;
			if (verdict_by_rules(rules, WITNESSES, &both, &by) !=
			    witnesses[first].reason)
				return true;
		}
	}
	return false;
}

/* Can rows i and j hold for one visit at all, as far as the witnesses show? */
static bool rows_meet(size_t i, size_t j)
{
	for (size_t a = 0; a < WITNESSES; a++) {
		for (size_t b = a; b < WITNESSES; b++) {
			struct evidence both;
			size_t first = 0;

			if (!merge(&witnesses[a].e, &witnesses[b].e, &both))
				continue;
			while (!verdict_rules[first].holds(&both))
				first++;
			if (first == i && verdict_rules[j].holds(&both))
				return true;
		}
	}
	return false;
}

START_TEST(two_rows_that_meet_cannot_be_swapped_unnoticed)
{
	for (size_t i = 0; i < WITNESSES; i++) {
		for (size_t j = i + 1; j < WITNESSES; j++) {
			struct rule rules[WITNESSES];

			if (verdict_rules[i].reason == verdict_rules[j].reason || !rows_meet(i, j))
				continue;
			memcpy(rules, verdict_rules, sizeof(rules));
			rules[i] = verdict_rules[j];
			rules[j] = verdict_rules[i];
			ck_assert_msg(table_is_told_apart(rules), "rows %zu and %zu", i, j);
		}
	}
}
END_TEST

START_TEST(two_rows_cannot_swap_their_reasons_unnoticed)
{
	for (size_t i = 0; i < WITNESSES; i++) {
		for (size_t j = i + 1; j < WITNESSES; j++) {
			struct rule rules[WITNESSES];

			if (verdict_rules[i].reason == verdict_rules[j].reason)
				continue;
			memcpy(rules, verdict_rules, sizeof(rules));
			rules[i].reason = verdict_rules[j].reason;
			rules[j].reason = verdict_rules[i].reason;
			ck_assert_msg(table_is_told_apart(rules), "rows %zu and %zu", i, j);
		}
	}
}
END_TEST

START_TEST(the_end_of_a_session_is_told_by_the_log_and_by_the_wire)
{
	static const struct {
		struct session_end end;
		enum reason_id reason;
		enum by by;
	} cases[] = {
		{{.log = LOG_TAKEN_OVER}, REASON_TAKEN_OVER, BY_DEVICE},
		{{.event_reason = 142}, REASON_TAKEN_OVER, BY_DEVICE},
		{{.log = LOG_GONE_TIMEOUT}, REASON_KEEPALIVE_EXPIRED, BY_NETWORK},
		{{.event_reason = 19}, REASON_KEEPALIVE_EXPIRED, BY_NETWORK},
		{{.log = LOG_GONE_PROTOCOL}, REASON_PROTOCOL_ERROR, BY_BROKER},
		{{.log = LOG_GONE_PROTOCOL, .ending = ENDING_FIN}, REASON_DEVICE_LEFT, BY_DEVICE},
		{{.log = LOG_GONE_PROTOCOL, .ending = ENDING_RESET},
		 REASON_NETWORK_LOST,
		 BY_NETWORK},
		{{.log = LOG_GONE_OVERSIZE}, REASON_MESSAGE_TOO_LARGE, BY_BROKER},
		{{.log = LOG_GONE_CLEAN}, REASON_DEVICE_LEFT, BY_DEVICE},
		{{.ending = ENDING_FIN}, REASON_DEVICE_LEFT, BY_DEVICE},
		{{.goodbye = true}, REASON_DEVICE_LEFT, BY_DEVICE},
		{{.ending = ENDING_LOST}, REASON_NETWORK_LOST, BY_NETWORK},
		{{.stopping = true}, REASON_BROKER_STOPPED, BY_BROKER},
		{{0}, REASON_CLOSED_BY_BROKER, BY_BROKER},
		{{.refused = REASON_SEAT_REMOVED, .log = LOG_GONE_ADMIN},
		 REASON_SEAT_REMOVED,
		 BY_BROKER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum by by;

		ck_assert_msg(verdict_of_end(&cases[i].end, &by) == cases[i].reason, "case %zu", i);
		ck_assert_msg(by == cases[i].by, "case %zu", i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verdict");
	TCase *c = tcase_create("table");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, each_row_has_a_witness_that_it_alone_decides);
	tcase_add_test(c, an_error_further_up_the_chain_is_not_the_devices_own);
	tcase_add_test(c, a_namesake_of_our_issuer_is_an_issuer_that_is_not_trusted);
	tcase_add_test(c, an_old_version_that_fails_for_its_signatures_is_told_by_its_version);
	tcase_add_test(c, a_name_that_we_do_not_have_explains_a_vague_alert);
	tcase_add_test(c, tls_that_we_break_off_after_the_handshake_is_no_silence);
	tcase_add_test(c, a_network_that_gives_up_is_no_device_that_leaves);
	tcase_add_test(c, where_two_rows_hold_the_one_written_first_here_wins);
	tcase_add_test(c, two_rows_that_meet_cannot_be_swapped_unnoticed);
	tcase_add_test(c, two_rows_cannot_swap_their_reasons_unnoticed);
	tcase_add_test(c, the_end_of_a_session_is_told_by_the_log_and_by_the_wire);
	suite_add_tcase(s, c);
	return unit_run(s);
}
