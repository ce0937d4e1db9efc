/* Tiles: what a class looks like after some records, in whatever order they come. */
#include "roster.h"
#include "web.h"

static struct roster ro;

static struct tile *apply(struct record *r)
{
	struct tile *other;
	struct tile *t = roster_apply(&ro, r, &other);

	free(r);
	return t;
}

static void begin(void)
{
	roster_init(&ro);
	roster_expect_none(&ro);
	roster_expect(&ro, "seat01", "seat01.class.example", "student", "");
	roster_expect(&ro, "seat02", "seat02.class.example", "student", "nrf-*");
	roster_expect_done(&ro);
}

static enum tile_state state(const char *label)
{
	return roster_seat(&ro, label)->state;
}

START_TEST(an_expected_seat_waits_until_something_is_heard)
{
	begin();
	ck_assert_int_eq(state("seat01"), TILE_WAITING);
	apply(record_of("begin", 1, "\"id\":\"0123456789\",\"seat\":\"seat01\""));
	ck_assert_int_eq(state("seat01"), TILE_DOOR);
	apply(record_of("visit", 2, VISIT_IN("0123456789", "seat01")));
	ck_assert_int_eq(state("seat01"), TILE_IN);
	ck_assert_int_eq(state("seat02"), TILE_WAITING);
	roster_free(&ro);
}
END_TEST

START_TEST(a_session_that_ends_leaves_unless_a_newer_visit_is_known)
{
	begin();
	apply(record_of("visit", 1, VISIT_IN("a123456789", "seat01")));
	apply(record_of("visit", 2, VISIT_AWAY("b123456789", "seat01", "not-tls")));
	apply(record_of("end", 3,
			"\"id\":\"a123456789\",\"seat\":\"seat01\",\"reason\":\"device-left\""));
	ck_assert_int_eq(state("seat01"), TILE_AWAY);
	apply(record_of("visit", 4, VISIT_IN("c123456789", "seat01")));
	apply(record_of("denial", 5,
			"\"id\":\"c123456789\",\"seat\":\"seat01\",\"reason\":\"publish-denied\""));
	ck_assert_int_eq(state("seat01"), TILE_IN);
	ck_assert_str_eq(roster_seat(&ro, "seat01")->reason, "publish-denied");
	apply(record_of("end", 6,
			"\"id\":\"c123456789\",\"seat\":\"seat01\",\"reason\":\"device-left\""));
	ck_assert_int_eq(state("seat01"), TILE_LEFT);
	roster_free(&ro);
}
END_TEST

START_TEST(records_read_backwards_give_the_same_state)
{
	const struct tile *t;

	begin();
	apply(record_of("end", 9,
			"\"id\":\"c123456789\",\"seat\":\"seat01\",\"reason\":\"device-left\""));
	apply(record_of("visit", 8, VISIT_IN("c123456789", "seat01")));
	apply(record_of("visit", 7, VISIT_AWAY("b123456789", "seat01", "not-tls")));
	t = roster_seat(&ro, "seat01");
	ck_assert_int_eq(t->state, TILE_LEFT);
	ck_assert_uint_eq(t->accepted, 1);
	ck_assert_uint_eq(t->rejected, 1);
	ck_assert_ptr_nonnull(strstr(t->good, "c123456789"));
	roster_free(&ro);
}
END_TEST

START_TEST(boards_without_a_seat_are_told_apart_by_client_id_else_address)
{
	begin();
	ck_assert_str_eq(
		apply(record_of(
			      "visit", 1,
			      "\"id\":\"0123456789\",\"verdict\":\"rejected\",\"reason\":\"x\",\"peer\":\"[2001:db8::1]:9\""))
			->key,
		"a:2001:db8::1");
	ck_assert_str_eq(
		apply(record_of(
			      "visit", 2,
			      "\"id\":\"1123456789\",\"verdict\":\"accepted\",\"peer\":\"10.0.0.1:9\",\"mqtt\":{\"client_id\":\"me\"}"))
			->key,
		"c:me");
	ck_assert_uint_eq(ro.count, 4);
	roster_free(&ro);
}
END_TEST

START_TEST(a_board_that_says_its_name_leaves_the_door_of_its_address)
{
	begin();
	apply(record_of("begin", 1, "\"id\":\"0123456789\",\"peer\":\"10.0.0.1:9\""));
	ck_assert_int_eq(roster_find(&ro, "a:10.0.0.1")->state, TILE_DOOR);
	apply(record_of("visit", 2, VISIT_IN("0123456789", "seat02")));
	ck_assert_int_eq(state("seat02"), TILE_IN);
	ck_assert_int_eq(roster_find(&ro, "a:10.0.0.1")->state, TILE_WAITING);
	ck_assert_int_eq(roster_find(&ro, "a:10.0.0.1")->t, 0); /* nothing of its own was heard */
	roster_free(&ro);
}
END_TEST

START_TEST(who_only_passed_by_leaves_a_tile_as_it_was)
{
	struct record *r;
	struct tile *other, *t;

	begin();
	apply(record_of(
		"visit", 1,
		"\"id\":\"a123456789\",\"peer\":\"10.0.0.1:8\",\"verdict\":\"rejected\",\"reason\":\"not-tls\""));
	apply(record_of("begin", 2, "\"id\":\"b123456789\",\"peer\":\"10.0.0.1:9\""));
	ck_assert_int_eq(roster_find(&ro, "a:10.0.0.1")->state, TILE_DOOR);
	r = record_of("visit", 3, VISIT_IN("b123456789", "seat02"));
	t = roster_apply(&ro, r, &other);
	free(r);
	ck_assert_str_eq(t->name, "seat02");
	ck_assert_str_eq(other->name, "10.0.0.1");
	ck_assert_int_eq(other->state, TILE_AWAY);
	ck_assert_str_eq(other->reason, "not-tls");
	ck_assert_str_eq(other->id, "a123456789");
	roster_free(&ro);
}
END_TEST

START_TEST(strangers_do_not_push_seats_out_and_are_bounded)
{
	begin();
	for (int i = 0; i < 3 * ROSTER_STRANGERS; i++) {
		char members[200];

		snprintf(
			members, sizeof(members),
			"\"id\":\"%010d\",\"verdict\":\"accepted\",\"mqtt\":{\"client_id\":\"c%d\"}",
			i, i);
		apply(record_of("visit", i, members));
	}
	ck_assert_uint_eq(ro.count, 2 + ROSTER_STRANGERS);
	ck_assert_ptr_nonnull(roster_seat(&ro, "seat01"));
	ck_assert_ptr_nonnull(roster_find(&ro, "c:c599"));
	ck_assert_ptr_null(roster_find(&ro, "c:c0"));
	for (size_t i = 0; i < ro.count; i++)
		ck_assert_ptr_eq(ro.tiles[i].name, ro.tiles[i].key + 2);
	roster_free(&ro);
}
END_TEST

START_TEST(a_new_life_of_the_broker_leaves_nobody_in)
{
	struct record *r = record_of("start", 9, "");

	begin();
	apply(record_of("visit", 1, VISIT_IN("0123456789", "seat01")));
	apply(r); /* the same run: says nothing */
	ck_assert_int_eq(state("seat01"), TILE_IN);
	apply(record_of("stop", 10, ""));
	ck_assert_int_eq(state("seat01"), TILE_LEFT);
	roster_free(&ro);
}
END_TEST

START_TEST(a_roster_that_changes_keeps_what_is_known)
{
	begin();
	apply(record_of("visit", 1, VISIT_IN("0123456789", "seat01")));
	roster_expect_none(&ro);
	roster_expect(&ro, "seat03", "", "student", "");
	roster_expect_done(&ro);
	ck_assert_ptr_nonnull(roster_seat(&ro, "seat01"));
	ck_assert(!roster_seat(&ro, "seat01")->expected);
	ck_assert_ptr_null(roster_seat(&ro, "seat02"));
	ck_assert_ptr_nonnull(roster_seat(&ro, "seat03"));
	roster_free(&ro);
}
END_TEST

START_TEST(only_an_address_from_beyond_counts_as_outside)
{
	static const char *const local[] = {
		"127.0.0.1",   "10.1.2.3",	  "172.31.0.1", "192.168.0.9",
		"169.254.1.1", "100.64.0.1",	  "::1",	"fe80::1",
		"fd00::1",     "::ffff:10.0.0.1", "nonsense",	""};
	static const char *const outside[] = {"203.0.113.1", "172.32.0.1", "100.128.0.1",
					      "2001:db8::1", "8.8.8.8"};

	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		ck_assert_msg(address_is_local(local[i]), "%s", local[i]);
	for (size_t i = 0; i < sizeof(outside) / sizeof(*outside); i++)
		ck_assert_msg(!address_is_local(outside[i]), "%s", outside[i]);
}
END_TEST

SUITE("web-roster", an_expected_seat_waits_until_something_is_heard,
      a_session_that_ends_leaves_unless_a_newer_visit_is_known,
      records_read_backwards_give_the_same_state,
      boards_without_a_seat_are_told_apart_by_client_id_else_address,
      a_board_that_says_its_name_leaves_the_door_of_its_address,
      who_only_passed_by_leaves_a_tile_as_it_was, strangers_do_not_push_seats_out_and_are_bounded,
      a_new_life_of_the_broker_leaves_nobody_in, a_roster_that_changes_keeps_what_is_known,
      only_an_address_from_beyond_counts_as_outside)
