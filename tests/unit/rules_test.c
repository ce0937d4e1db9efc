/* Every rule of every profile, as a function from facts to a judgement. */
#include "unit.h"
#include "rules_facts.h"

#include <string.h>

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
	{3, "cert_uncheckable", list_out, REFUSE, REASON_CLIENT_CERT_REFUSED},
	{3, "cert_uncheckable", list_missing, REFUSE, REASON_CLIENT_CERT_REFUSED},
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
	{4, "cert_uncheckable", list_out, CLOSE, REASON_CLIENT_CERT_REFUSED},
	{4, "cert_uncheckable", list_missing, CLOSE, REASON_CLIENT_CERT_REFUSED},
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
	{5, "cert_uncheckable", list_out, REFUSE, REASON_CLIENT_CERT_REFUSED},
	{5, "cert_uncheckable", list_missing, REFUSE, REASON_CLIENT_CERT_REFUSED},
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

int main(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");

	tcase_add_unchecked_fixture(t, make_policy, free_policy);
	tcase_add_test(t, every_profile_accepts_a_visit_that_is_right);
	tcase_add_loop_test(t, every_rule_refuses_what_breaks_it_with_a_reason_of_its_own, 0, ROWS);
	tcase_add_test(t, no_rule_of_any_profile_is_without_a_row_above);
	suite_add_tcase(s, t);
	return unit_run(s);
}
