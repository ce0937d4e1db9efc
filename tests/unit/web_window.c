/* The window of records, and the filters over it. */
#include "filter.h"
#include "web.h"
#include "window.h"

static struct record *numbered(int i)
{
	char members[300];

	snprintf(
		members, sizeof(members),
		"\"id\":\"id-%08d\",\"verdict\":\"rejected\",\"reason\":\"not-tls\",\"stage\":\"hello\",\"peer\":\"10.0.0.%d:99\",\"says\":\"no \\\"%d\\\"\"",
		i, i % 250, i);
	return record_of("visit", i, members);
}

START_TEST(new_records_push_old_ones_out_and_nothing_else)
{
	struct window w;

	ck_assert_int_eq(window_init(&w, 100, 1 << 20), 0);
	for (int i = 0; i < 5000; i++)
		ck_assert_int_eq(window_push(&w, numbered(i)), 0);
	ck_assert_uint_eq(w.count, 100);
	ck_assert_uint_eq(w.evicted, 4900);
	ck_assert_str_eq(window_at(&w, window_end(&w) - 1)->id, "id-00004999");
	ck_assert_str_eq(window_at(&w, w.first_n)->id, "id-00004900");
	ck_assert_ptr_null(window_at(&w, w.first_n - 1));
	ck_assert_ptr_null(window_at(&w, window_end(&w)));
	ck_assert_ptr_null(window_visit(&w, "id-00000001"));
	for (int i = 4900; i < 5000; i++) {
		char id[20];

		snprintf(id, sizeof(id), "id-%08d", i);
		ck_assert_str_eq(window_visit(&w, id)->id, id);
	}
	window_free(&w);
}
END_TEST

START_TEST(the_window_is_bounded_in_bytes_too)
{
	struct window w;

	ck_assert_int_eq(window_init(&w, 1000000, 20000), 0);
	for (int i = 0; i < 500; i++)
		window_push(&w, numbered(i));
	ck_assert_uint_le(w.bytes, 20000);
	ck_assert_uint_gt(w.count, 10);
	window_free(&w);
}
END_TEST

START_TEST(older_records_go_in_front_until_it_is_full)
{
	struct window w;
	int taken = 0;

	ck_assert_int_eq(window_init(&w, 3000, 1 << 24), 0);
	window_push(&w, numbered(9000));
	while (window_push_old(&w, numbered(8999 - taken)))
		taken++;
	ck_assert_int_eq(taken, 2999);
	for (int64_t n = w.first_n + 1; n < window_end(&w); n++)
		ck_assert_int_lt(window_at(&w, n - 1)->t, window_at(&w, n)->t);
	window_push(&w, numbered(9001));
	ck_assert_uint_eq(w.count, 3000);
	ck_assert_str_eq(window_at(&w, window_end(&w) - 1)->id, "id-00009001");
	window_free(&w);
}
END_TEST

START_TEST(the_same_line_is_known_and_another_of_its_session_is_not)
{
	struct window w;
	struct record *r;

	window_init(&w, 100, 1 << 20);
	window_push(&w, record_of("visit", 1, VISIT_IN("0123456789", "s")));
	window_push(&w,
		    record_of("denial", 2, "\"id\":\"0123456789\",\"reason\":\"publish-denied\""));
	r = record_of("visit", 1, VISIT_IN("0123456789", "s"));
	ck_assert(window_has(&w, r));
	free(r);
	r = record_of("denial", 2, "\"id\":\"0123456789\",\"reason\":\"publish-denied\"");
	ck_assert(window_has(&w, r));
	free(r);
	r = record_of("denial", 3, "\"id\":\"0123456789\",\"reason\":\"publish-denied\"");
	ck_assert(!window_has(&w, r));
	free(r);
	r = record_of("end", 4, "\"id\":\"0123456789\",\"reason\":\"device-left\"");
	ck_assert(!window_has(&w, r));
	free(r);
	r = record_of("start", 5, "");
	ck_assert(!window_has(&w, r));
	window_push(&w, r);
	ck_assert(window_has(&w, r));
	window_free(&w);
}
END_TEST

static bool lets(const char *name, const char *value, const struct record *r)
{
	struct filter f;
	const char *expected;

	filter_init(&f);
	ck_assert_int_eq(filter_set(&f, name, value, &expected), 0);
	return filter_match(&f, r) && filter_match_text(&f, r);
}

START_TEST(each_filter_lets_what_fits_through_and_nothing_else)
{
	struct record *r = record_of(
		"visit", 1,
		"\"id\":\"0123456789\",\"verdict\":\"rejected\",\"reason\":\"not-tls\",\"stage\":\"hello\",\"seat\":\"seat07\",\"peer\":\"[2001:db8::5]:99\",\"says\":\"it said \\\"hi\\\"\",\"mqtt\":{\"client_id\":\"me\"},\"exercise\":\"expired\"");
	static const char *const yes[][2] = {{"seat", "seat07"},
					     {"reason", "not-tls"},
					     {"stage", "hello"},
					     {"verdict", "rejected"},
					     {"address", "2001:db8:"},
					     {"client", "me"},
					     {"exercise", "expired"},
					     {"text", "SAID \"hi\""},
					     {"text", ""},
					     {"seat", ""}};
	static const char *const no[][2] = {
		{"seat", "seat0"},	 {"reason", "not-tl"},	{"stage", "auth"},
		{"verdict", "accepted"}, {"verdict", "denial"}, {"address", "10."},
		{"client", "m"},	 {"text", "bye"},	{"text", "said \\"}};

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		ck_assert_msg(lets(yes[i][0], yes[i][1], r), "%s=%s", yes[i][0], yes[i][1]);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		ck_assert_msg(!lets(no[i][0], no[i][1], r), "%s=%s", no[i][0], no[i][1]);
	free(r);
}
END_TEST

START_TEST(a_filter_that_cannot_be_is_refused_with_what_was_expected)
{
	struct filter f;
	const char *expected;
	char longer[600];

	filter_init(&f);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	ck_assert_int_eq(filter_set(&f, "colour", "red", &expected), -1);
	ck_assert_int_eq(filter_set(&f, "limit", "0", &expected), -2);
	ck_assert_int_eq(filter_set(&f, "limit", "1001", &expected), -2);
	ck_assert_int_eq(filter_set(&f, "limit", "5x", &expected), -2);
	ck_assert_int_eq(filter_set(&f, "before", "-1", &expected), -2);
	ck_assert_int_eq(filter_set(&f, "verdict", "Accepted", &expected), -2);
	ck_assert_int_eq(filter_set(&f, "text", longer, &expected), -2);
	ck_assert_str_ne(expected, "");
	ck_assert_int_eq(filter_set(&f, "limit", "1000", &expected), 0);
	ck_assert_int_eq(f.limit, 1000);
}
END_TEST

START_TEST(the_address_of_a_peer_is_what_is_before_the_port)
{
	static const char *const pairs[][2] = {{"10.0.0.1:99", "10.0.0.1"},
					       {"[::1]:99", "::1"},
					       {"10.0.0.1", "10.0.0.1"},
					       {"::1", "::1"},
					       {"", ""},
					       {"[::1", "::1"}};
	char out[64];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		record_address(pairs[i][0], out, sizeof(out));
		ck_assert_str_eq(out, pairs[i][1]);
	}
}
END_TEST

SUITE("web-window", new_records_push_old_ones_out_and_nothing_else,
      the_window_is_bounded_in_bytes_too, older_records_go_in_front_until_it_is_full,
      the_same_line_is_known_and_another_of_its_session_is_not,
      each_filter_lets_what_fits_through_and_nothing_else,
      a_filter_that_cannot_be_is_refused_with_what_was_expected,
      the_address_of_a_peer_is_what_is_before_the_port)
