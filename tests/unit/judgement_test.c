/* Which rule is the one that counts, what it calls right, and whose rights a visit has. */
#include "unit.h"
#include "rules_facts.h"

#include <string.h>

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

START_TEST(topics_belong_to_the_seat_that_was_proven_not_to_the_one_that_was_asked_for)
{
	const struct seat *one = policy_seat_by_label(policy, "seat01", 6);
	const struct seat *boss = policy_seat_by_label(policy, "boss", 4);

	for (unsigned port = 1; port <= 9; port++) {
		struct facts f = good(port);

		f.seat = boss;
		f.seat_by = SEAT_BY_SNI;
		/* the academy's door and an open one ask for no proof */
		ck_assert_ptr_eq(rules_owner(&f), port == 1 || port == 6 ? boss : one);
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

int main(void)
{
	Suite *s = suite_create("judgement");
	TCase *t = tcase_create("judgement");

	tcase_add_unchecked_fixture(t, make_policy, free_policy);
	tcase_add_test(t, a_refusal_comes_before_every_later_one);
	tcase_add_test(t, open_judges_nothing);
	tcase_add_test(t, a_refusal_says_what_would_have_been_right);
	tcase_add_test(t, the_rosters_client_id_counts_as_expected_at_the_academys_door);
	tcase_add_test(t, a_device_without_a_listed_client_id_is_called_by_its_certificates_name);
	tcase_add_test(t,
		       topics_belong_to_the_seat_that_was_proven_not_to_the_one_that_was_asked_for);
	tcase_add_test(t, azures_user_name_is_taken_apart_without_reading_past_its_end);
	suite_add_tcase(s, t);
	return unit_run(s);
}
