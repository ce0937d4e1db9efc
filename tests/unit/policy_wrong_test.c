/* A class or a roster that is wrong: each fault is told with its line and what was expected. */
#include "policy_text.h"

/* The text of a fault has the file, the line and what was expected. */
static void refused(const char *class_text, const char *seats_text, const char *where,
		    const char *expected)
{
	struct text error = {0};
	const struct policy *p = parse(class_text, seats_text, &error);

	ck_assert_msg(!p, "accepted: %s / %s", class_text, seats_text ? seats_text : "-");
	ck_assert_msg(strncmp(error.s, where, strlen(where)) == 0, "%s: not at %s", error.s, where);
	ck_assert_msg(strstr(error.s, expected) != NULL, "%s: does not say %s", error.s, expected);
	ck_assert_ptr_nonnull(strstr(error.s, "expected"));
	text_free(&error);
}

START_TEST(a_wrong_class_file_is_refused_with_its_line_and_what_was_expected)
{
	static const struct {
		const char *text, *where, *says;
	} rows[] = {
		{"", "class.json:1: ", "a value"},
		{"{\"v\":1,\n\"domain\" \"x\"}", "class.json:2: ", "a colon"},
		{"{\"v\":1,\n\n\"domain\":\"x\",}", "class.json:3: ", "a name in quotes"},
		{"[]", "class.json:1: ", "an object"},
		{"{\"v\":1} x", "class.json:1: ", "nothing after the end"},
		{"{\"v\":1,\"domain\":\"x\\q\"}", "class.json:1: ", "a valid escape"},
		{"{\"v\":1,\"domain\":\"a\nb\"}", "class.json:1: ", "before the end of the line"},
		{"{\"v\":1,\"domain\":\"\xff\"}", "class.json:1: ", "UTF-8"},
		{"{\"v\":01}", "class.json:1: ", "leading zeros"},
		{L1 ",\"record_max\":00}", "class.json:1: ", "leading zeros"},
		{L1 ",\"record_max\":-00}", "class.json:1: ", "leading zeros"},
		{L1 ",\"record_max\":1e400}", "class.json:1: record_max", "whole number"},
		{L1 ",\"record_max\":99999999999999999999999999}", "class.json:1: record_max",
		 "whole number"},
		{L1 ",\"record_max\":-1}", "class.json:1: record_max is -1", "from 512"},
		{L1 ",\"record_max\":NaN}", "class.json:1: ", "a value"},
		{L1 "} // the end", "class.json:1: ", "nothing after the end"},
		{"/* first */ " L1 "}", "class.json:1: ", "a value"},
		{"\xef\xbb\xbf" L1 "}", "class.json:1: ", "no byte order mark"},
		{L1 ",\n\"page\":{\"\\ud800\":1}}", "class.json:2: ", "a valid escape"},
		{L1 ",\n\"keylog\":[\"\\ud800x\"]}", "class.json:2: ", "a valid escape"},
		{L1 ",\n\"keylog\":[\"\\udc00\"]}", "class.json:2: ", "a valid escape"},
		{L1 ",\n\"keylog\":[\"a\\u0000\"]}", "class.json:2: ", "a valid escape"},
		{L1 ",\n\"keylog\":null}", "class.json:2: keylog is null", "a list"},
		{L1 ",\n\"exercises\":{\"on\":[],\"on\":[]}}", "class.json:2: exercises.on",
		 "once"},
		{L1 ",\n\"exercises\":{\"seats\":{\"\\u001b[2J\":\"x\"}}}",
		 "class.json:2: exercises.seats.\\x1b[2J is \"x\"", "an exercise's name"},
		{L1 ",\n'keylog':[]}", "class.json:2: ", "a name in quotes"},
		{"{\"v\":1,\"domain\":\"c.example\"}",
		 "class.json:1: ", "\"listeners\" is missing"},
		{"{\"v\":2,\"domain\":\"c.example\",\"listeners\":[]}", "class.json:1: v is 2",
		 "expected 1"},
		{"{\"v\":1,\"domain\":\"c_example\"}", "class.json:1: domain is \"c_example\"",
		 "a host name"},
		{"{\"v\":1,\"domain\":\"c.example\",\n\"listeners\":[]}", "class.json:2: listeners",
		 "1 to 64"},
		{"{\"v\":1,\n\"lisener\":[]}", "class.json:2: \"lisener\" is unknown",
		 "domain, listeners"},
		{"{\"v\":1,\n\"v\":1}", "class.json:2: v", "twice"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[\n{\"name\":\"a\",\"port\":8883,\n"
		 "\"profile\":\"acadmy\"}]}",
		 "class.json:3: listeners[0].profile is \"acadmy\"", "academy, password, nrfcloud"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":0,\"profile\":\"aws\"}]}",
		 "class.json:1: listeners[0].port is 0", "from 1 to 65535"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1.5,\"profile\":\"aws\"}]}",
		 "class.json:1: listeners[0].port is a number", "whole number"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"A b\",\"port\":1,\"profile\":\"aws\"}]}",
		 "class.json:1: listeners[0].name", "a name of a-z"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\"},\n"
		 "{\"name\":\"b\",\"port\":1,\"profile\":\"aws\"}]}",
		 "class.json:2: listeners[1]", "is taken by a in line 1"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\"},\n"
		 "{\"name\":\"a\",\"port\":2,\"profile\":\"aws\"}]}",
		 "class.json:2: listeners[1]", "name a is taken"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"academy\","
		 "\"tls\":false},\n{\"name\":\"b\",\"port\":2,\"profile\":\"password\",\"tls\":false}]}",
		 "class.json:2: listeners[1]", "one of each protocol"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\","
		 "\"tls\":false}]}",
		 "class.json:1: listeners[0]", "\"tls\": true"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\","
		 "\"options\":{\"client_ca\":\"../../etc/passwd\"}}]}",
		 "class.json:1: listeners[0].options.client_ca", "below the class directory"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\","
		 "\"protocol\":\"http\"}]}",
		 "class.json:1: listeners[0].protocol", "mqtt or websockets"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\","
		 "\"bind\":\"0.0.0.0\\nuser root\"}]}",
		 "class.json:1: listeners[0].bind", "an address"},
		{"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":1,\"profile\":\"aws\","
		 "\"options\":{\"sni\":[\"x.y.\"]}}]}",
		 "class.json:1: listeners[0].options.sni", "a host name"},
		{L1 ",\n\"exercises\":{\"on\":[\"expird\"]}}",
		 "class.json:2: exercises.on[0] is \"expird\"", "broker/exercises"},
		{L1 ",\n\"exercises\":{\"port\":8870}}", "class.json:2: ", "meets listener a"},
		{L1 ",\n\"exercises\":{\"seats\":{\"seat77\":\"expired\"}}}",
		 "class.json:2: exercises.seats.seat77", "a label of seats.json"},
		{L1 ",\"record_max\":100}", "class.json:1: record_max is 100", "from 512 to 16384"},
		{L1 ",\"keylog\":[\"b\"]}", "class.json:1: keylog is \"b\"", "name of a listener"},
		{L1 ",\"journal\":{\"keep_days\":0}}", "class.json:1: journal.keep_days is 0",
		 "from 1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(rows[i].text, NULL, rows[i].where, rows[i].says);
}
END_TEST

START_TEST(a_wrong_roster_is_refused_with_its_line_and_what_was_expected)
{
	static const struct {
		const char *text, *where, *says;
	} rows[] = {
		{"{\"v\":1}", "seats.json:1: ", "\"seats\" is missing"},
		{"{\"v\":1,\"domain\":\"d.example\",\"seats\":[]}",
		 "seats.json:1: domain is \"d.example\"", "c.example"},
		{S1 "{}]}", "seats.json:2: seats[0]", "\"label\" is missing"},
		{S1 "{\"label\":\"Seat1\"}]}", "seats.json:2: seats[0].label", "a label"},
		{S1 "{\"label\":\"expired\"}]}", "seats.json:2: ", "an exercise's name"},
		{S1 "{\"label\":\"s1\"},\n{\"label\":\"s1\"}]}",
		 "seats.json:3: ", "same label as s1 in line 2"},
		{S1 "{\"label\":\"s1\",\"user\":\"u\"},\n{\"label\":\"s2\",\"user\":\"u\"}]}",
		 "seats.json:3: ", "same user as s1"},
		{S1 "{\"label\":\"s1\"},\n{\"label\":\"s2\",\"host\":\"s1.c.example\"}]}",
		 "seats.json:3: ", "same host as s1"},
		{S1 "{\"label\":\"s1\",\"role\":\"boss\"}]}", "seats.json:2: seats[0].role",
		 "student or teacher"},
		{S1 "{\"label\":\"s1\",\"client_ids\":[\"a*b\"]}]}",
		 "seats.json:2: seats[0].client_ids[0]", "followed by *"},
		{S1 "{\"label\":\"s1\",\"client_ids\":[\"*\"]}]}",
		 "seats.json:2: seats[0].client_ids[0]", "followed by *"},
		{S1 "{\"label\":\"s1\",\"cert_sha256\":\"12\"}]}",
		 "seats.json:2: seats[0].cert_sha256", "64 hex digits"},
		{S1 "{\"label\":\"s1\",\"topics\":[\"a/#/b\"]}]}",
		 "seats.json:2: seats[0].topics[0]", "a topic filter"},
		{S1 "{\"label\":\"s1\",\"user\":\"u\",\"password_hash\":\"plain\"}]}",
		 "seats.json:2: seats[0].password_hash", "sha256$"},
		{S1
		 "{\"label\":\"s1\",\"password_hash\":\"$7$101$AAAAAAAAAAAAAAAA$"
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\"}]}",
		 "seats.json:2: seats[0]", "without a user"},
		{S1
		 "{\"label\":\"s1\",\"user\":\"u\",\"password_hash\":\"$7$210000$AAAAAAAAAAAAAAAA$"
		 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\"}]}",
		 "seats.json:2: seats[0].password_hash", "at most 1.0 ms"},
		{S1 "{\"label\":\"s1\",\"imei\":1}]}",
		 "seats.json:2: seats[0]: \"imei\" is unknown", "label, host"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(L1 "}", rows[i].text, rows[i].where, rows[i].says);
}
END_TEST

START_TEST(what_a_wrong_file_holds_is_quoted_without_its_control_characters)
{
	struct text error = {0};

	ck_assert_ptr_null(parse("{\"v\":1,\"domain\":\"\\u001b[2Jx\"}", NULL, &error));
	ck_assert_ptr_null(strchr(error.s, '\x1b'));
	ck_assert_ptr_nonnull(strstr(error.s, "\\x1b[2Jx"));
	text_free(&error);
}
END_TEST

START_TEST(brackets_without_end_are_refused_not_followed)
{
	char deep[4001];
	struct text error = {0};

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	ck_assert_ptr_null(parse(deep, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error.s, "fewer levels"));
	text_free(&error);
}
END_TEST

START_TEST(a_missing_class_file_is_named_with_its_path)
{
	struct text error = {0};
	const struct policy *p = NULL;

	ck_assert_int_eq(policy_load("/nonexistent", &p, &error), -1);
	ck_assert_ptr_null(p);
	ck_assert_ptr_nonnull(strstr(error.s, "/nonexistent/class.json"));
	ck_assert_ptr_nonnull(strstr(error.s, "expected"));
	text_free(&error);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy_wrong");
	TCase *t = tcase_create("policy_wrong");

	tcase_add_test(t, a_wrong_class_file_is_refused_with_its_line_and_what_was_expected);
	tcase_add_test(t, a_wrong_roster_is_refused_with_its_line_and_what_was_expected);
	tcase_add_test(t, what_a_wrong_file_holds_is_quoted_without_its_control_characters);
	tcase_add_test(t, brackets_without_end_are_refused_not_followed);
	tcase_add_test(t, a_missing_class_file_is_named_with_its_path);
	suite_add_tcase(s, t);
	return unit_run(s);
}
