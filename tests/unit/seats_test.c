#include "unit.h"
#include "seats.h"
#include "seats_memory.h"

#include <stdio.h>
#include <string.h>

#define DAY (24 * 3600)

static const char class_json[] = "{\"v\":1,\"domain\":\"class.example\",\"listeners\":["
				 "{\"name\":\"academy\",\"port\":1,\"profile\":\"academy\"}]}";
static const char seats_json[] =
	"{\"v\":1,\"seats\":["
	"{\"label\":\"seat01\",\"user\":\"one\",\"client_ids\":[\"id1\"],\"cert_subject\":\"CN=one\"},"
	"{\"label\":\"seat02\",\"user\":\"two\",\"client_ids\":[\"id2\"],\"cert_subject\":\"CN=two\"},"
	"{\"label\":\"seat03\",\"user\":\"three\",\"client_ids\":[\"id3\"],\"cert_subject\":\"CN=three\"},"
	"{\"label\":\"seat04\",\"user\":\"four\"}]}";

static const struct policy *policy;
static struct seats *seats;

static void set_up(void)
{
	struct text error = {0};

	ck_assert_int_eq(policy_parse(class_json, strlen(class_json), seats_json,
				      strlen(seats_json), &policy, &error),
			 0);
	text_free(&error);
	seats = seats_new();
	ck_assert_ptr_nonnull(seats);
}

static void tear_down(void)
{
	seats_free(seats);
	policy_release(policy);
}

static struct facts blank(void)
{
	return (struct facts){.policy = policy, .listener = policy->listeners};
}

static void with_user(struct facts *f, const char *user)
{
	f->user = user;
	f->user_len = strlen(user);
}

static void expect(struct facts *f, const char *address, const char *label, enum seat_by by)
{
	seats_resolve(seats, f, address, 100);
	ck_assert_int_eq(f->seat_by, by);
	if (label)
		ck_assert_str_eq(f->seat->label, label);
	else
		ck_assert_ptr_null(f->seat);
}

START_TEST(a_seat_comes_from_sni_then_certificate_then_client_id_then_user_then_address)
{
	struct facts f = blank();

	seats_note_address(seats, "192.0.2.4", "seat04", 90);
	expect(&f, "192.0.2.9", NULL, SEAT_BY_NONE);
	expect(&f, "192.0.2.4", "seat04", SEAT_BY_ADDRESS);
	with_user(&f, "four");
	expect(&f, "192.0.2.9", "seat04", SEAT_BY_USER);
	f.client_id = "id3";
	f.client_id_len = 3;
	expect(&f, "192.0.2.4", "seat03", SEAT_BY_CLIENT_ID);
	f.cert = (struct client_cert){.present = true, .subject = "CN=two"};
	expect(&f, "192.0.2.4", "seat02", SEAT_BY_CERTIFICATE);
	f.sni = "seat01.class.example";
	f.sni_len = strlen(f.sni);
	expect(&f, "192.0.2.4", "seat01", SEAT_BY_SNI);
	f.sni = "class.example";
	f.sni_len = strlen(f.sni);
	expect(&f, "192.0.2.4", "seat02", SEAT_BY_CERTIFICATE);
}
END_TEST

START_TEST(an_address_that_two_seats_used_lately_names_neither)
{
	struct facts f = blank();

	seats_note_address(seats, "192.0.2.1", "seat01", 10);
	seats_note_address(seats, "192.0.2.1", "seat01", 20);
	expect(&f, "192.0.2.1", "seat01", SEAT_BY_ADDRESS);
	seats_note_address(seats, "192.0.2.1", "seat02", 30);
	expect(&f, "192.0.2.1", NULL, SEAT_BY_NONE);
	seats_note_address(seats, "192.0.2.1", "seat02", 40);
	expect(&f, "192.0.2.1", NULL, SEAT_BY_NONE);
	/* a day later only one is left */
	seats_note_address(seats, "192.0.2.1", "seat02", 30 + DAY);
	seats_resolve(seats, &f, "192.0.2.1", 31 + DAY);
	ck_assert_str_eq(f.seat->label, "seat02");
	seats_resolve(seats, &f, "192.0.2.1", 31 + 3 * DAY);
	ck_assert_ptr_null(f.seat);
}
END_TEST

START_TEST(an_address_of_a_seat_that_was_removed_names_nobody)
{
	struct facts f = blank();

	seats_note_address(seats, "192.0.2.1", "seat77", 10);
	expect(&f, "192.0.2.1", NULL, SEAT_BY_NONE);
}
END_TEST

START_TEST(a_certificate_is_gone_only_where_the_seat_is_known_by_sni_or_an_address_of_its_own)
{
	struct facts f = blank();

	seats_note_good(seats, "seat01", 1000, "CN=one");
	f.sni = "seat01.class.example";
	f.sni_len = strlen(f.sni);
	expect(&f, NULL, "seat01", SEAT_BY_SNI);
	ck_assert_str_eq(seats_cert_gone(seats, &f)->subject, "CN=one");
	f.cert.present = true;
	ck_assert_ptr_null(seats_cert_gone(seats, &f));
	f = blank();
	f.client_id = "id1";
	f.client_id_len = 3;
	expect(&f, NULL, "seat01", SEAT_BY_CLIENT_ID);
	ck_assert_ptr_null(seats_cert_gone(seats, &f));
	f = blank();
	seats_note_address(seats, "192.0.2.1", "seat01", 90);
	expect(&f, "192.0.2.1", "seat01", SEAT_BY_ADDRESS);
	ck_assert_ptr_nonnull(seats_cert_gone(seats, &f));
	f = blank();
	f.sni = "seat02.class.example";
	f.sni_len = strlen(f.sni);
	expect(&f, NULL, "seat02", SEAT_BY_SNI);
	ck_assert_ptr_null(seats_cert_gone(seats, &f));
}
END_TEST

START_TEST(last_good_visits_survive_as_text)
{
	struct text out = {0};
	struct seats *again = seats_new();

	ck_assert(seats_note_good(seats, "seat01", 1000, "CN=one"));
	ck_assert(!seats_note_good(seats, "seat01", 1030, "CN=one"));
	ck_assert(seats_note_good(seats, "seat01", 1060, "CN=one"));
	ck_assert(seats_note_good(seats, "seat02", 2000, "CN=two,O=\"x\ty\""));
	seats_good_print(seats, &out);
	ck_assert_uint_eq(seats_good_parse(again, out.s, out.len), 2);
	ck_assert_int_eq(seats_last_good(again, "seat01")->wall, 1060);
	ck_assert_str_eq(seats_last_good(again, "seat01")->subject, "CN=one");
	ck_assert_int_eq(seats_last_good(again, "seat02")->wall, 2000);
	text_free(&out);
	seats_free(again);
}
END_TEST

START_TEST(a_subject_is_the_same_however_often_it_was_written_and_read)
{
	const char *subject = "CN=M\\C3\\BCller\\, Otto\\\\Anna,O=\x1b[2J";
	struct seats *now = seats_new();
	char long_one[128], first[128] = "";

	memset(long_one, '\x01', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	seats_note_good(now, "seat01", 1000, subject);
	seats_note_good(now, "seat02", 1000, long_one);
	for (int i = 0; i < 9; i++) {
		struct text out = {0};
		struct seats *next = seats_new();
		const char *read;

		seats_good_print(now, &out);
		ck_assert_uint_eq(seats_good_parse(next, out.s, out.len), 2);
		read = seats_last_good(next, "seat01")->subject;
		ck_assert_ptr_nonnull(strstr(read, "CN=M\\C3\\BCller\\, Otto\\\\Anna,O="));
		if (i == 0)
			snprintf(first, sizeof(first), "%s", read);
		ck_assert_str_eq(read, first);
		text_free(&out);
		seats_free(now);
		now = next;
	}
	seats_free(now);
}
END_TEST

START_TEST(a_torn_or_foreign_file_of_last_good_visits_does_no_harm)
{
	static const char text[] = "seat01\t1000\tCN=one\n"
				   "\n\t\t\nseat02\n"
				   "seat03\tx\tCN=three\n"
				   "seat04\t-5\tCN=four\n"
				   "seat05\t1000\tCN=torn";

	ck_assert_uint_eq(seats_good_parse(seats, text, strlen(text)), 1);
	ck_assert_ptr_nonnull(seats_last_good(seats, "seat01"));
	ck_assert_ptr_null(seats_last_good(seats, "seat05"));
}
END_TEST

START_TEST(last_good_visits_are_bounded)
{
	struct text out = {0};
	size_t lines = 0;

	for (int i = 0; i < 3 * SEATS_GOOD_MAX; i++) {
		char label[16];

		snprintf(label, sizeof(label), "s%d", i);
		seats_note_good(seats, label, 1000 + i, "CN=x");
	}
	seats_good_print(seats, &out);
	for (size_t i = 0; i < out.len; i++)
		lines += out.s[i] == '\n';
	ck_assert_uint_le(lines, SEATS_GOOD_MAX);
	ck_assert_uint_ge(lines, SEATS_GOOD_MAX / 2);
	text_free(&out);
}
END_TEST

START_TEST(five_wrong_passwords_of_one_user_at_one_address_close_that_way_for_a_minute)
{
	for (int i = 0; i < LOGIN_FAILURES_PAIR; i++) {
		ck_assert(!seats_login_limited(seats, "one", 3, "192.0.2.1", 100 + i));
		seats_login_failed(seats, "one", 3, "192.0.2.1", 100 + i);
	}
	ck_assert(seats_login_limited(seats, "one", 3, "192.0.2.1", 110));
	ck_assert(!seats_login_limited(seats, "one", 3, "192.0.2.2", 110));
	ck_assert(!seats_login_limited(seats, "two", 3, "192.0.2.1", 110));
	ck_assert(!seats_login_limited(seats, "one", 3, "192.0.2.1", 100 + LOGIN_WINDOW));
}
END_TEST

START_TEST(a_right_password_in_between_forgives)
{
	for (int i = 0; i < LOGIN_FAILURES_PAIR - 1; i++)
		seats_login_failed(seats, "one", 3, "192.0.2.1", 100);
	seats_login_right(seats, "one", 3, "192.0.2.1");
	seats_login_failed(seats, "one", 3, "192.0.2.1", 101);
	ck_assert(!seats_login_limited(seats, "one", 3, "192.0.2.1", 101));
}
END_TEST

START_TEST(many_users_from_one_address_and_one_user_from_many_are_limited_too)
{
	char name[24];

	for (int i = 0; i < LOGIN_FAILURES_ADDRESS; i++) {
		snprintf(name, sizeof(name), "u%d", i);
		seats_login_failed(seats, name, strlen(name), "192.0.2.1", 100);
	}
	ck_assert(seats_login_limited(seats, "u0", 2, "192.0.2.1", 101));
	ck_assert(seats_login_limited(seats, NULL, 0, "192.0.2.1", 101));
	ck_assert(!seats_login_limited(seats, "u0", 2, "192.0.2.2", 101));
	for (int i = 0; i < LOGIN_FAILURES_USER; i++) {
		snprintf(name, sizeof(name), "198.51.100.%d", i);
		seats_login_failed(seats, "two", 3, name, 100);
	}
	ck_assert(seats_login_limited(seats, "two", 3, "198.51.100.7", 101));
}
END_TEST

START_TEST(a_user_who_has_not_failed_at_an_address_is_heard_there_whatever_others_do)
{
	char name[24];

	for (int i = 0; i < 20 * LOGIN_FAILURES_ADDRESS; i++) {
		seats_login_failed(seats, NULL, 0, "192.0.2.1", 100);
		snprintf(name, sizeof(name), "198.51.%d.%d", i / 250, i % 250);
		seats_login_failed(seats, "two", 3, name, 100);
	}
	ck_assert(seats_login_limited(seats, NULL, 0, "192.0.2.1", 101));
	ck_assert(!seats_login_limited(seats, "one", 3, "192.0.2.1", 101));
	ck_assert(!seats_login_limited(seats, "two", 3, "192.0.2.1", 101));
	/* one failure of its own, and the crowd counts */
	seats_login_failed(seats, "one", 3, "192.0.2.1", 101);
	ck_assert(seats_login_limited(seats, "one", 3, "192.0.2.1", 102));
	ck_assert(!seats_login_limited(seats, "one", 3, "192.0.2.1", 101 + LOGIN_WINDOW));
}
END_TEST

START_TEST(made_up_users_do_not_make_the_failures_of_a_seat_forgotten)
{
	for (int i = 0; i < LOGIN_FAILURES_PAIR; i++)
		seats_login_failed(seats, "one", 3, "192.0.2.1", 100);
	for (int i = 0; i < 100000; i++)
		seats_login_failed(seats, NULL, 0, "192.0.2.1", 101);
	ck_assert(seats_login_limited(seats, "one", 3, "192.0.2.1", 110));
}
END_TEST

static bool comes(const char *address, int64_t now)
{
	return seats_id_shared(seats, "id1", 3, address, now, NULL);
}

START_TEST(only_a_b_a_within_two_minutes_is_called_sharing)
{
	char other[46];

	ck_assert(!comes("192.0.2.1", 0));
	ck_assert(!comes("192.0.2.2", 10));
	ck_assert(seats_id_shared(seats, "id1", 3, "192.0.2.1", 20, other));
	ck_assert_str_eq(other, "192.0.2.2");
	ck_assert(comes("192.0.2.2", 30));
}
END_TEST

START_TEST(a_board_that_comes_back_from_a_new_address_shares_nothing)
{
	ck_assert(!comes("192.0.2.1", 0));
	ck_assert(!comes("192.0.2.2", 10));
	ck_assert(!comes("192.0.2.3", 20));
	ck_assert(!comes("192.0.2.3", 25));
	ck_assert(!comes("192.0.2.4", 30));
}
END_TEST

START_TEST(a_b_a_over_more_than_two_minutes_is_no_sharing)
{
	ck_assert(!comes("192.0.2.1", 0));
	ck_assert(!comes("192.0.2.2", 100));
	ck_assert(!comes("192.0.2.1", SHARING_WINDOW + 1));
	ck_assert(!seats_id_shared(seats, "id2", 3, "192.0.2.2", SHARING_WINDOW + 2, NULL));
}
END_TEST

START_TEST(a_memory_forgets_the_oldest_and_never_grows)
{
	struct memory *m = memory_new(8, sizeof(int));
	int *v;

	for (int i = 0; i < 9; i++) {
		v = memory_put(m, &i, sizeof(i), i);
		ck_assert_int_eq(*v, 0);
		*v = i + 1;
	}
	for (int i = 0; i < 9; i++) {
		v = memory_find(m, &i, sizeof(i));
		if (i == 0)
			ck_assert_ptr_null(v);
		else
			ck_assert_int_eq(*v, i + 1);
	}
	memory_free(m);
	memory_free(NULL);
}
END_TEST

START_TEST(of_what_came_within_one_second_the_oldest_is_forgotten_too)
{
	struct memory *m = memory_new(8, sizeof(int));

	for (int i = 0; i < 8; i++)
		memory_put(m, &i, sizeof(i), 100);
	for (int i = 0; i < 9; i += 8) {
		memory_put(m, &(int){0}, sizeof(int), 100);
		memory_put(m, &(int){20 + i}, sizeof(int), 100);
		ck_assert_ptr_nonnull(memory_find(m, &(int){0}, sizeof(int)));
	}
	ck_assert_ptr_null(memory_find(m, &(int){1}, sizeof(int)));
	ck_assert_ptr_null(memory_find(m, &(int){2}, sizeof(int)));
	memory_free(m);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("seats");
	TCase *t = tcase_create("seats");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(
		t, a_seat_comes_from_sni_then_certificate_then_client_id_then_user_then_address);
	tcase_add_test(t, an_address_that_two_seats_used_lately_names_neither);
	tcase_add_test(t, an_address_of_a_seat_that_was_removed_names_nobody);
	tcase_add_test(
		t,
		a_certificate_is_gone_only_where_the_seat_is_known_by_sni_or_an_address_of_its_own);
	tcase_add_test(t, last_good_visits_survive_as_text);
	tcase_add_test(t, a_subject_is_the_same_however_often_it_was_written_and_read);
	tcase_add_test(t, a_torn_or_foreign_file_of_last_good_visits_does_no_harm);
	tcase_add_test(t, last_good_visits_are_bounded);
	tcase_add_test(t,
		       five_wrong_passwords_of_one_user_at_one_address_close_that_way_for_a_minute);
	tcase_add_test(t, a_right_password_in_between_forgives);
	tcase_add_test(t, many_users_from_one_address_and_one_user_from_many_are_limited_too);
	tcase_add_test(t,
		       a_user_who_has_not_failed_at_an_address_is_heard_there_whatever_others_do);
	tcase_add_test(t, made_up_users_do_not_make_the_failures_of_a_seat_forgotten);
	tcase_add_test(t, only_a_b_a_within_two_minutes_is_called_sharing);
	tcase_add_test(t, a_board_that_comes_back_from_a_new_address_shares_nothing);
	tcase_add_test(t, a_b_a_over_more_than_two_minutes_is_no_sharing);
	tcase_add_test(t, a_memory_forgets_the_oldest_and_never_grows);
	tcase_add_test(t, of_what_came_within_one_second_the_oldest_is_forgotten_too);
	suite_add_tcase(s, t);
	return unit_run(s);
}
