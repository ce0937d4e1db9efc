/* Every rule of every profile, as a function from facts to a judgement. */
#include "unit.h"
#include "rules.h"

#include <stdio.h>
#include <string.h>

#define NOW  1000000
#define IMEI "nrf-350000000000001"

static const char class_json[] =
	"{\"v\":1,\"domain\":\"class.example\",\"listeners\":["
	"{\"name\":\"academy\",\"port\":1,\"profile\":\"academy\"},"
	"{\"name\":\"password\",\"port\":2,\"profile\":\"password\"},"
	"{\"name\":\"nrfcloud\",\"port\":3,\"profile\":\"nrfcloud\"},"
	"{\"name\":\"aws\",\"port\":4,\"profile\":\"aws\"},"
	"{\"name\":\"azure\",\"port\":5,\"profile\":\"azure\",\"options\":{\"api_versions\":[\"2021-04-12\"]}},"
	"{\"name\":\"open\",\"port\":6,\"profile\":\"open\"},"
	"{\"name\":\"plain\",\"port\":7,\"tls\":false,\"profile\":\"password\"},"
	"{\"name\":\"wide\",\"port\":8,\"tls\":false,\"bind\":\"0.0.0.0\",\"protocol\":\"websockets\","
	"\"profile\":\"password\"},"
	"{\"name\":\"azure-any\",\"port\":9,\"profile\":\"azure\"}]}";

static const char seats_json[] =
	"{\"v\":1,\"seats\":["
	"{\"label\":\"seat01\",\"cert_subject\":\"CN=" IMEI "\",\"client_ids\":[\"" IMEI
	"\"],\"user\":\"one\"},"
	"{\"label\":\"seat02\",\"cert_subject\":\"CN=dev2\",\"user\":\"two\",\"topics\":[\"class/all/#\"]},"
	"{\"label\":\"boss\",\"role\":\"teacher\"}]}";

static const struct policy *policy;

static void make_policy(void)
{
	struct text error = {0};
	int rc = policy_parse(class_json, strlen(class_json), seats_json, strlen(seats_json),
			      &policy, &error);

	ck_assert_msg(rc == 0, "%s", error.s);
	text_free(&error);
}

static void free_policy(void)
{
	policy_release(policy);
}

/* A visit that its profile accepts without a remark. */
static struct facts good(unsigned port)
{
	struct facts f = {
		.policy = policy,
		.listener = policy_listener(policy, port),
		.now = NOW,
		.sni = "class.example",
		.sni_len = 13,
		.client_id = IMEI,
		.client_id_len = strlen(IMEI),
		.user = "one",
		.user_len = 3,
		.has_password = true,
		.login = LOGIN_RIGHT,
		.cert = {.present = true,
			 .subject = "CN=" IMEI,
			 .cn = IMEI,
			 .trusted = true,
			 .not_before = NOW - 10,
			 .not_after = NOW + 10},
	};

	if (f.listener->profile == PROFILE_AZURE) {
		f.user = "class.example/" IMEI "/?api-version=2021-04-12";
		f.user_len = strlen(f.user);
	}
	return f;
}

static void set_id(struct facts *f, const char *id)
{
	f->client_id = id;
	f->client_id_len = strlen(id);
}

static void set_user(struct facts *f, const char *user)
{
	f->user = user;
	f->user_len = strlen(user);
}

/* ---- ways to break one thing ---- */

static void other_id(struct facts *f)
{
	set_id(f, "mosq-1");
}
static void short_imei(struct facts *f)
{
	set_id(f, "nrf-12345");
}
static void no_user(struct facts *f)
{
	f->user = NULL;
}
static void empty_user(struct facts *f)
{
	set_user(f, "");
}
static void too_often(struct facts *f)
{
	f->login = LOGIN_TOO_OFTEN;
}
static void strange_user(struct facts *f)
{
	set_user(f, "nobody");
	f->login = LOGIN_UNCHECKED;
}
static void no_password(struct facts *f)
{
	f->has_password = false;
	f->login = LOGIN_UNCHECKED;
}
static void wrong_password(struct facts *f)
{
	f->login = LOGIN_WRONG;
}
static void unchecked_password(struct facts *f)
{
	f->login = LOGIN_UNCHECKED;
}
static void no_cert(struct facts *f)
{
	f->cert = (struct client_cert){0};
}
static void cert_was_here(struct facts *f)
{
	no_cert(f);
	f->cert_was_here = true;
}
static void ca_cert(struct facts *f)
{
	f->cert.is_ca = true;
}
static void revoked(struct facts *f)
{
	f->cert.revoked = true;
}
static void expired(struct facts *f)
{
	f->cert.not_after = NOW - 1;
}
static void not_yet(struct facts *f)
{
	f->cert.not_before = NOW + 1;
}
static void untrusted(struct facts *f)
{
	f->cert.trusted = false;
}
static void server_cert(struct facts *f)
{
	f->cert.wrong_purpose = true;
	f->cert.trusted = false;
}
static void sni_of_two(struct facts *f)
{
	f->sni = "seat02.class.example";
	f->sni_len = strlen(f->sni);
}
static void id_of_one_cert_of_two(struct facts *f)
{
	f->cert.subject = "CN=dev2";
	f->cert.cn = "dev2";
}
static void unknown_cert(struct facts *f)
{
	f->cert.subject = "CN=stranger";
	f->cert.cn = "stranger";
	set_id(f, "stranger");
}
static void no_sni(struct facts *f)
{
	f->sni = NULL;
}
static void sni_elsewhere(struct facts *f)
{
	f->sni = "mqtt.nordicsemi.academy";
	f->sni_len = strlen(f->sni);
}
static void user_without_query(struct facts *f)
{
	set_user(f, "class.example/" IMEI);
}
static void user_without_slash(struct facts *f)
{
	set_user(f, "class.example");
}
static void user_with_path(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/api-version=2021-04-12");
}
static void user_other_host(struct facts *f)
{
	set_user(f, "hub.azure-devices.net/" IMEI "/?api-version=2021-04-12");
}
static void user_other_device(struct facts *f)
{
	set_user(f, "class.example/dev9/?api-version=2021-04-12");
}
static void user_no_version(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?DeviceClientType=x");
}
static void user_empty_version(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?api-version=");
}
static void user_other_version(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?x=y&api-version=2016-11-14");
}
static void user_no_date(struct facts *f)
{
	set_user(f, "class.example/" IMEI "/?api-version=latest");
}

#define MARK   JUDGE_ACCEPT
#define REFUSE JUDGE_REFUSE
#define CLOSE  JUDGE_CLOSE

static const struct row {
	unsigned port;
	const char *rule; /* which one of the table's */
	void (*change)(struct facts *f);
	enum judge judge;
	enum reason_id reason;
} rows[] = {
	{1, "id_unexpected", other_id, MARK, REASON_CLIENT_ID_UNEXPECTED},
	{1, "id_unexpected", short_imei, MARK, REASON_CLIENT_ID_UNEXPECTED},

	{2, "user_missing", no_user, REFUSE, REASON_USER_NAME_MISSING},
	{2, "user_missing", empty_user, REFUSE, REASON_USER_NAME_MISSING},
	{2, "login_too_often", too_often, REFUSE, REASON_LOGIN_TOO_OFTEN},
	{2, "user_unknown", strange_user, REFUSE, REASON_USER_UNKNOWN},
	{2, "password_missing", no_password, REFUSE, REASON_PASSWORD_MISSING},
	{2, "password_wrong", wrong_password, REFUSE, REASON_PASSWORD_WRONG},
	{2, "password_wrong", unchecked_password, REFUSE, REASON_PASSWORD_WRONG},
	{7, "password_wrong", wrong_password, REFUSE, REASON_PASSWORD_WRONG},

	{3, "cert_gone", cert_was_here, REFUSE, REASON_CLIENT_CERT_GONE},
	{3, "cert_missing", no_cert, REFUSE, REASON_CLIENT_CERT_MISSING},
	{3, "cert_is_ca", ca_cert, REFUSE, REASON_CLIENT_CERT_IS_A_CA},
	{3, "cert_revoked", revoked, REFUSE, REASON_CLIENT_CERT_REVOKED},
	{3, "cert_expired", expired, REFUSE, REASON_CLIENT_CERT_EXPIRED},
	{3, "cert_not_yet", not_yet, REFUSE, REASON_CLIENT_CERT_NOT_YET_VALID},
	{3, "cert_purpose", server_cert, REFUSE, REASON_CLIENT_CERT_WRONG_PURPOSE},
	{3, "cert_untrusted", untrusted, REFUSE, REASON_CLIENT_CERT_UNTRUSTED},
	{3, "cert_other_seat", sni_of_two, REFUSE, REASON_CLIENT_CERT_NOT_OF_THIS_SEAT},
	{3, "cert_other_seat", id_of_one_cert_of_two, REFUSE, REASON_CLIENT_CERT_NOT_OF_THIS_SEAT},
	{3, "seat_unknown", unknown_cert, REFUSE, REASON_SEAT_UNKNOWN},
	{3, "id_not_the_certs", other_id, REFUSE, REASON_CLIENT_ID_NOT_THE_CERTIFICATES},

	{4, "sni_missing", no_sni, CLOSE, REASON_SNI_MISSING},
	{4, "sni_other", sni_elsewhere, CLOSE, REASON_SNI_NOT_THIS_BROKER},
	{4, "cert_gone", cert_was_here, CLOSE, REASON_CLIENT_CERT_GONE},
	{4, "cert_missing", no_cert, CLOSE, REASON_CLIENT_CERT_MISSING},
	{4, "cert_is_ca", ca_cert, CLOSE, REASON_CLIENT_CERT_IS_A_CA},
	{4, "cert_revoked", revoked, CLOSE, REASON_CLIENT_CERT_REVOKED},
	{4, "cert_expired", expired, CLOSE, REASON_CLIENT_CERT_EXPIRED},
	{4, "cert_not_yet", not_yet, CLOSE, REASON_CLIENT_CERT_NOT_YET_VALID},
	{4, "cert_purpose", server_cert, CLOSE, REASON_CLIENT_CERT_WRONG_PURPOSE},
	{4, "cert_untrusted", untrusted, CLOSE, REASON_CLIENT_CERT_UNTRUSTED},
	{4, "cert_other_seat", sni_of_two, CLOSE, REASON_CLIENT_CERT_NOT_OF_THIS_SEAT},
	{4, "seat_unknown", unknown_cert, CLOSE, REASON_SEAT_UNKNOWN},
	{4, "id_not_the_certs", other_id, CLOSE, REASON_CLIENT_ID_NOT_THE_CERTIFICATES},

	{5, "cert_gone", cert_was_here, REFUSE, REASON_CLIENT_CERT_GONE},
	{5, "cert_missing", no_cert, REFUSE, REASON_CLIENT_CERT_MISSING},
	{5, "cert_is_ca", ca_cert, REFUSE, REASON_CLIENT_CERT_IS_A_CA},
	{5, "cert_revoked", revoked, REFUSE, REASON_CLIENT_CERT_REVOKED},
	{5, "cert_expired", expired, REFUSE, REASON_CLIENT_CERT_EXPIRED},
	{5, "cert_not_yet", not_yet, REFUSE, REASON_CLIENT_CERT_NOT_YET_VALID},
	{5, "cert_purpose", server_cert, REFUSE, REASON_CLIENT_CERT_WRONG_PURPOSE},
	{5, "cert_untrusted", untrusted, REFUSE, REASON_CLIENT_CERT_UNTRUSTED},
	{5, "cert_other_seat", sni_of_two, REFUSE, REASON_CLIENT_CERT_NOT_OF_THIS_SEAT},
	{5, "seat_unknown", unknown_cert, REFUSE, REASON_SEAT_UNKNOWN},
	{5, "id_not_the_cn", other_id, REFUSE, REASON_CLIENT_ID_NOT_THE_CERTIFICATES},
	{5, "user_missing", no_user, REFUSE, REASON_USER_NAME_MISSING},
	{5, "azure_malformed", user_without_query, REFUSE, REASON_USER_NAME_MALFORMED},
	{5, "azure_malformed", user_without_slash, REFUSE, REASON_USER_NAME_MALFORMED},
	{5, "azure_malformed", user_with_path, REFUSE, REASON_USER_NAME_MALFORMED},
	{5, "azure_other_host", user_other_host, REFUSE, REASON_USER_NAME_OTHER_HOST},
	{5, "azure_other_device", user_other_device, REFUSE, REASON_USER_NAME_OTHER_DEVICE},
	{5, "azure_no_version", user_no_version, REFUSE, REASON_API_VERSION_MISSING},
	{5, "azure_no_version", user_empty_version, REFUSE, REASON_API_VERSION_MISSING},
	{5, "azure_other_version", user_other_version, REFUSE, REASON_USER_NAME_MALFORMED},
	{9, "azure_other_version", user_no_date, REFUSE, REASON_USER_NAME_MALFORMED},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

START_TEST(every_profile_accepts_a_visit_that_is_right)
{
	for (unsigned port = 1; port <= 9; port++) {
		struct facts f = good(port);
		struct judgement j = rules_judge(&f);

		ck_assert_msg(j.judge == JUDGE_ACCEPT && j.mark_count == 0, "port %u: %s", port,
			      j.reason ? reason_get(j.reason)->code : "marked");
	}
}
END_TEST

START_TEST(every_rule_refuses_what_breaks_it_with_a_reason_of_its_own)
{
	const struct row *row = &rows[_i];
	struct facts f = good(row->port);
	struct judgement j;

	row->change(&f);
	j = rules_judge(&f);
	ck_assert_int_eq(j.judge, row->judge);
	if (row->judge == MARK) {
		ck_assert_int_eq(j.reason, REASON_NONE);
		ck_assert_uint_eq(j.mark_count, 1);
		ck_assert_int_eq(j.marks[0], row->reason);
	} else {
		ck_assert_msg(j.reason == row->reason, "%s at port %u says %s", row->rule,
			      row->port, reason_get(j.reason)->code);
	}
}
END_TEST

START_TEST(no_rule_of_any_profile_is_without_a_row_above)
{
	for (unsigned port = 1; port <= 6; port++) {
		struct profile_rules table = profile_rules(policy_listener(policy, port)->profile);

		for (size_t i = 0; i < table.count; i++) {
			bool found = strcmp(table.rules[i].name, "id_unexpected") == 0;

			for (size_t k = 0; k < ROWS; k++)
				if (policy_listener(policy, rows[k].port)->profile ==
					    policy_listener(policy, port)->profile &&
				    strcmp(rows[k].rule, table.rules[i].name) == 0)
					found = true;
			ck_assert_msg(found, "profile %s, rule %s",
				      profile_name(policy_listener(policy, port)->profile),
				      table.rules[i].name);
		}
	}
}
END_TEST

START_TEST(a_refusal_comes_before_every_later_one)
{
	struct facts f = good(5);
	struct judgement j;

	/* field report 5: the CA itself, with a client id and user name that are wrong as well */
	ca_cert(&f);
	other_id(&f);
	user_without_query(&f);
	j = rules_judge(&f);
	ck_assert_int_eq(j.reason, REASON_CLIENT_CERT_IS_A_CA);
	ck_assert_int_eq(j.judge, JUDGE_REFUSE);
}
END_TEST

START_TEST(open_judges_nothing)
{
	struct facts f = good(6);

	f.cert.present = false;
	f.user = NULL;
	f.client_id_len = 0;
	ck_assert_int_eq(rules_judge(&f).judge, JUDGE_ACCEPT);
	ck_assert_uint_eq(profile_rules(PROFILE_OPEN).count, 0);
}
END_TEST

START_TEST(a_refusal_says_what_would_have_been_right)
{
	struct facts f = good(4);

	sni_elsewhere(&f);
	ck_assert_str_eq(rules_judge(&f).expected, "class.example or *.class.example");
	f = good(3);
	other_id(&f);
	ck_assert_str_eq(rules_judge(&f).expected, IMEI);
	f = good(5);
	user_without_query(&f);
	ck_assert_str_eq(rules_judge(&f).expected,
			 "class.example/" IMEI "/?api-version=2021-04-12");
	f = good(1);
	other_id(&f);
	ck_assert_str_eq(rules_judge(&f).expected, "nrf-###############");
	f = good(3);
	sni_of_two(&f);
	ck_assert_str_eq(rules_judge(&f).expected, "CN=dev2");
}
END_TEST

START_TEST(the_rosters_client_id_counts_as_expected_at_the_academys_door)
{
	struct facts f = good(1);

	f.seat = policy_seat_by_label(policy, "seat01", 6);
	ck_assert_uint_eq(rules_judge(&f).mark_count, 0);
	/* another IMEI has the form, and that is what the listener asks */
	set_id(&f, "nrf-350000000000009");
	ck_assert_uint_eq(rules_judge(&f).mark_count, 0);
	set_id(&f, "lab");
	ck_assert_uint_eq(rules_judge(&f).mark_count, 1);
}
END_TEST

START_TEST(a_device_without_a_listed_client_id_is_called_by_its_certificates_name)
{
	struct facts f = good(3);

	id_of_one_cert_of_two(&f);
	set_id(&f, "dev2");
	ck_assert_int_eq(rules_judge(&f).judge, JUDGE_ACCEPT);
	set_id(&f, "dev3");
	ck_assert_int_eq(rules_judge(&f).reason, REASON_CLIENT_ID_NOT_THE_CERTIFICATES);
}
END_TEST

/* ---- topics ---- */

#define NOBODY NULL

START_TEST(a_topic_is_free_a_seats_own_or_ours)
{
	static const struct {
		unsigned port;
		const char *seat;
		enum acl acl;
		const char *topic;
		bool allowed;
	} acls[] = {
		{1, NOBODY, ACL_WRITE, "devacademy/publish/topic", true},
		{1, NOBODY, ACL_SUBSCRIBE, "devacademy/subscribe/topic", true},
		{1, NOBODY, ACL_READ, "devacademy/subscribe/topic", true},
		{1, NOBODY, ACL_WRITE, "doorstep/visits/x/accepted", false},
		{1, NOBODY, ACL_WRITE, "doorstep", false},
		{1, NOBODY, ACL_WRITE, "doorstepper/x", true},
		{1, NOBODY, ACL_SUBSCRIBE, "doorstep/#", false},
		{1, NOBODY, ACL_SUBSCRIBE, "doorstep/+/x", false},
		{1, NOBODY, ACL_SUBSCRIBE, "$share/g/doorstep/#", false},
		{1, NOBODY, ACL_SUBSCRIBE, "#", true},
		{1, NOBODY, ACL_READ, "doorstep/visits/x/accepted", false},
		{1, NOBODY, ACL_SUBSCRIBE, "$SYS/#", false},
		{1, NOBODY, ACL_READ, "$SYS/broker/uptime", false},
		{1, NOBODY, ACL_WRITE, "$SYS/broker/uptime", false},
		{1, NOBODY, ACL_WRITE, "$CONTROL/dynamic-security/v1", false},
		{1, NOBODY, ACL_WRITE, "$aws/things/x/shadow/update", true},
		{1, NOBODY, ACL_WRITE, "class/seat01/x", false},
		{1, "seat01", ACL_WRITE, "class/seat01/x", true},
		{1, "seat01", ACL_WRITE, "class/seat01", true},
		{1, "seat01", ACL_SUBSCRIBE, "class/seat01/#", true},
		{1, "seat01", ACL_READ, "class/seat01/a/b", true},
		{1, "seat01", ACL_WRITE, "class/seat02/x", false},
		{1, "seat01", ACL_SUBSCRIBE, "class/seat02/#", false},
		{1, "seat01", ACL_SUBSCRIBE, "class/#", true},
		{1, "seat01", ACL_SUBSCRIBE, "class/+/x", true},
		{1, "seat01", ACL_READ, "class/seat02/x", false},
		{1, "seat01", ACL_WRITE, "class/seat011/x", false},
		{1, "seat01", ACL_WRITE, "class/all/x", false},
		{1, "seat02", ACL_WRITE, "class/all/x", true},
		{1, "seat02", ACL_WRITE, "class/all", true},
		{1, "seat02", ACL_SUBSCRIBE, "class/all/#", true},
		{1, "seat02", ACL_SUBSCRIBE, "class/all2/#", false},
		{1, "seat02", ACL_WRITE, "doorstep/x", false},
		{1, "boss", ACL_SUBSCRIBE, "doorstep/#", true},
		{1, "boss", ACL_READ, "doorstep/visits/x/accepted", true},
		{1, "boss", ACL_READ, "$SYS/broker/uptime", true},
		{1, "boss", ACL_WRITE, "doorstep/x", false},
		{1, "boss", ACL_WRITE, "class/seat01/x", true},
		{1, "boss", ACL_READ, "class/seat02/x", true},
		{7, NOBODY, ACL_SUBSCRIBE, "doorstep/#", true},
		{7, NOBODY, ACL_READ, "doorstep/visits/x/accepted", true},
		{7, NOBODY, ACL_SUBSCRIBE, "$SYS/#", true},
		{7, NOBODY, ACL_WRITE, "doorstep/x", false},
		{7, NOBODY, ACL_WRITE, "class/seat01/x", true},
		{8, NOBODY, ACL_SUBSCRIBE, "doorstep/#", false},
	};

	for (size_t i = 0; i < sizeof(acls) / sizeof(acls[0]); i++) {
		const char *label = acls[i].seat;
		const struct seat *seat =
			label ? policy_seat_by_label(policy, label, strlen(label)) : NULL;
		enum reason_id denied =
			acls[i].acl == ACL_WRITE ? REASON_PUBLISH_DENIED : REASON_SUBSCRIBE_DENIED;
		enum reason_id got = rules_topic(policy_listener(policy, acls[i].port), seat,
						 acls[i].acl, acls[i].topic);

		ck_assert_msg(got == (acls[i].allowed ? REASON_NONE : denied), "row %zu: %s", i,
			      acls[i].topic);
	}
}
END_TEST

START_TEST(azures_user_name_is_taken_apart_without_reading_past_its_end)
{
	static const char whole[] = "h/d/?api-version=2021-04-12";

	for (size_t len = 0; len <= strlen(whole); len++) {
		char *exact = malloc(len ? len : 1);
		struct azure_user u;

		memcpy(exact, whole, len);
		u = azure_user_read(exact, len);
		ck_assert_int_eq(u.formed, len >= 5);
		free(exact);
	}
	ck_assert(!azure_user_read(NULL, 0).formed);
	ck_assert(!azure_user_read("/d/?", 4).formed);
	ck_assert(!azure_user_read("h//?", 4).formed);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");

	tcase_add_unchecked_fixture(t, make_policy, free_policy);
	tcase_add_test(t, every_profile_accepts_a_visit_that_is_right);
	tcase_add_loop_test(t, every_rule_refuses_what_breaks_it_with_a_reason_of_its_own, 0, ROWS);
	tcase_add_test(t, no_rule_of_any_profile_is_without_a_row_above);
	tcase_add_test(t, a_refusal_comes_before_every_later_one);
	tcase_add_test(t, open_judges_nothing);
	tcase_add_test(t, a_refusal_says_what_would_have_been_right);
	tcase_add_test(t, the_rosters_client_id_counts_as_expected_at_the_academys_door);
	tcase_add_test(t, a_device_without_a_listed_client_id_is_called_by_its_certificates_name);
	tcase_add_test(t, a_topic_is_free_a_seats_own_or_ours);
	tcase_add_test(t, azures_user_name_is_taken_apart_without_reading_past_its_end);
	suite_add_tcase(s, t);
	return unit_run(s);
}
