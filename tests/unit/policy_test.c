/* What a class and its roster say, once they are one policy. */
#include "policy_text.h"

#include <openssl/evp.h>
#include <stdio.h>

static const char class_json[] =
	"{\"v\":1,\"domain\":\"class.example\",\n"
	" \"listeners\":[\n"
	"  {\"name\":\"academy\",\"port\":8883,\"profile\":\"academy\"},\n"
	"  {\"name\":\"nrfcloud\",\"port\":8884,\"profile\":\"nrfcloud\"},\n"
	"  {\"name\":\"aws\",\"port\":8886,\"profile\":\"aws\",\"options\":{\"sni\":[\"Hub.Example.\"]}},\n"
	"  {\"name\":\"plain\",\"port\":1883,\"tls\":false,\"profile\":\"password\"}],\n"
	" \"exercises\":{\"port\":8900,\"on\":[\"expired\"],\"seats\":{\"seat02\":\"connack-5\"}},\n"
	" \"keylog\":[\"aws\"]}\n";

static const char seats_json[] =
	"{\"v\":1,\"domain\":\"class.example\",\"tag\":24,\"seats\":[\n"
	" {\"label\":\"seat01\",\"client_ids\":[\"nrf-350000000000001\",\"lab-*\"],\"user\":\"seat01\",\n"
	"  \"password_hash\":\"sha256$00112233445566778899aabbccddeeff$"
	"b5bae2fa1bf7f6c2bce1ba5b6eb4f2a9f4c5a4ac5a8e0c1bb6c4a9c0b6a2e0f1\",\n"
	"  \"cert_sha256\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"},\n"
	" {\"label\":\"seat02\",\"host\":\"Two.Class.Example\",\"role\":\"teacher\",\"cert_subject\":\"CN=two\",\n"
	"  \"client_ids\":[\"lab-2*\",\"nrf-*\"]},\n"
	" {\"label\":\"seat03\",\"client_ids\":[\"nrf-*\"],\"topics\":[\"class/all/#\"]}\n"
	"]}\n";

static const struct policy *good(void)
{
	struct text error = {0};
	char class_text[sizeof(class_json)];
	const struct policy *p;
	char *dot;

	/* the final dot is a name's, not a file's: taken out here, refused below */
	strcpy(class_text, class_json);
	dot = strstr(class_text, "Hub.Example.");
	memmove(dot + 11, dot + 12, strlen(dot + 12) + 1);
	p = parse(class_text, seats_json, &error);
	ck_assert_msg(p != NULL, "%s", error.s);
	text_free(&error);
	return p;
}

START_TEST(both_files_make_one_policy)
{
	const struct policy *p = good();
	const struct listener *l;

	ck_assert_str_eq(p->domain, "class.example");
	ck_assert_uint_eq(p->listener_count, 4);
	ck_assert_uint_eq(p->seat_count, 3);
	ck_assert_uint_eq(p->tag, 24);
	ck_assert_uint_eq(p->record_max, 2048);
	ck_assert_uint_eq(p->journal.keep_days, 14);
	l = policy_listener(p, 8883);
	ck_assert_str_eq(l->name, "academy");
	ck_assert_str_eq(l->client_id, "nrf-###############");
	ck_assert(l->tls && !l->bind && l->protocol == PROTOCOL_MQTT);
	l = policy_listener_by_name(p, "plain");
	ck_assert_str_eq(l->bind, "127.0.0.1");
	ck_assert_str_eq(policy_listener(p, 8886)->client_ca, "certs/server.pem");
	ck_assert(policy_keylog(p, policy_listener(p, 8886)) && !policy_keylog(p, l));
	ck_assert_ptr_null(policy_listener(p, 9));
	policy_release(p);
}
END_TEST

START_TEST(seats_are_found_by_everything_that_names_one)
{
	const struct policy *p = good();
	const struct seat *one = policy_seat_by_label(p, "seat01", 6), *two = &p->seats[1];
	uint8_t other[POLICY_SHA256] = {0};

	ck_assert_ptr_eq(one, &p->seats[0]);
	ck_assert_ptr_eq(policy_seat_by_host(p, "SEAT01.class.example.", 21), one);
	ck_assert_ptr_eq(policy_seat_by_host(p, "two.class.example", 17), two);
	ck_assert_ptr_null(policy_seat_by_host(p, "seat02.class.example", 20));
	ck_assert_ptr_null(policy_seat_by_host(p, ".", 1));
	ck_assert_ptr_eq(policy_seat_by_user(p, "seat01", 6), one);
	ck_assert_ptr_eq(policy_seat_by_cert(p, one->cert_sha256, NULL), one);
	ck_assert_ptr_eq(policy_seat_by_cert(p, other, "CN=two"), two);
	ck_assert_ptr_null(policy_seat_by_cert(p, other, "CN=three"));
	policy_release(p);
}
END_TEST

START_TEST(a_client_id_is_found_whole_or_by_the_longest_beginning_that_is_one_seats_alone)
{
	const struct policy *p = good();

	ck_assert_ptr_eq(policy_seat_by_client_id(p, "nrf-350000000000001", 19), &p->seats[0]);
	ck_assert_ptr_eq(policy_seat_by_client_id(p, "lab-1", 5), &p->seats[0]);
	ck_assert_ptr_eq(policy_seat_by_client_id(p, "lab-2", 5), &p->seats[1]);
	/* two seats may be called nrf-*: it names nobody */
	ck_assert_ptr_null(policy_seat_by_client_id(p, "nrf-350000000000009", 19));
	ck_assert_ptr_null(policy_seat_by_client_id(p, "", 0));
	policy_release(p);
}
END_TEST

START_TEST(a_seat_allows_its_own_client_ids_and_any_where_it_has_none)
{
	struct seat any = {.label = "seat09"};
	const struct policy *p = good();

	ck_assert(seat_allows_client_id(&p->seats[0], "nrf-350000000000001", 19));
	ck_assert(seat_allows_client_id(&p->seats[0], "lab-", 4));
	ck_assert(!seat_allows_client_id(&p->seats[0], "lab", 3));
	ck_assert(!seat_allows_client_id(&p->seats[0], "nrf-3500000000000012", 20));
	ck_assert(seat_allows_client_id(&any, "x", 1));
	policy_release(p);
}
END_TEST

START_TEST(a_pattern_has_digits_and_an_open_end)
{
	ck_assert(client_id_matches("nrf-###", "nrf-123", 7));
	ck_assert(!client_id_matches("nrf-###", "nrf-12", 6));
	ck_assert(!client_id_matches("nrf-###", "nrf-12x", 7));
	ck_assert(!client_id_matches("nrf-###", "nrf-1234", 8));
	ck_assert(client_id_matches("nrf-*", "nrf-", 4));
	ck_assert(client_id_matches("*", "", 0));
	ck_assert(!client_id_matches("", "a", 1));
}
END_TEST

START_TEST(our_names_are_the_domain_one_label_below_it_and_the_options)
{
	const struct policy *p = good();
	const struct listener *aws = policy_listener(p, 8886), *academy = policy_listener(p, 8883);

	ck_assert(policy_name_is_ours(p, academy, "class.example", 13));
	ck_assert(policy_name_is_ours(p, academy, "CLASS.Example.", 14));
	ck_assert(policy_name_is_ours(p, academy, "x.class.example", 15));
	ck_assert(!policy_name_is_ours(p, academy, "a.b.class.example", 17));
	ck_assert(!policy_name_is_ours(p, academy, "xclass.example", 14));
	ck_assert(!policy_name_is_ours(p, academy, "hub.example", 11));
	ck_assert(policy_name_is_ours(p, aws, "hub.example", 11));
	ck_assert(!policy_name_is_ours(p, aws, "", 0));
	policy_release(p);
}
END_TEST

START_TEST(an_exercise_is_chosen_by_name_by_a_seats_own_name_or_by_port_and_only_if_on)
{
	const struct policy *p = good();
	const struct listener *l = policy_listener(p, 8883), *door;

	ck_assert_int_eq(policy_exercise(p, l, "expired.class.example", 21), EXERCISE_EXPIRED);
	ck_assert_int_eq(policy_exercise(p, l, "tls13.class.example", 19), EXERCISE_NONE);
	ck_assert_int_eq(policy_exercise(p, l, "two.class.example", 17), EXERCISE_CONNACK_5);
	ck_assert_int_eq(policy_exercise(p, l, "seat01.class.example", 20), EXERCISE_NONE);
	ck_assert_int_eq(policy_exercise(p, l, NULL, 0), EXERCISE_NONE);
	ck_assert_int_eq(policy_exercise(p, policy_listener(p, 1883), "expired.class.example", 21),
			 EXERCISE_NONE);
	door = policy_listener(p, 8900);
	ck_assert_str_eq(door->name, "exercise-expired");
	ck_assert(door->on);
	ck_assert_int_eq(policy_exercise(p, door, NULL, 0), EXERCISE_EXPIRED);
	door = policy_listener(p, 8901);
	ck_assert(!door->on);
	ck_assert_int_eq(policy_exercise(p, door, NULL, 0), EXERCISE_NONE);
	ck_assert_ptr_null(policy_listener(p, 8900 + EXERCISE_COUNT));
	policy_release(p);
}
END_TEST

START_TEST(the_digest_is_that_of_both_files_one_after_the_other)
{
	struct text error = {0}, hex = {0};
	uint8_t md[EVP_MAX_MD_SIZE];
	const char whole[] = L1 "}" S1 "]}";
	const struct policy *p = parse(L1 "}", S1 "]}", &error);

	EVP_Digest(whole, strlen(whole), md, NULL, EVP_sha256(), NULL);
	text_hex(&hex, md, 32);
	ck_assert_str_eq(p->digest, hex.s);
	text_free(&hex);
	text_free(&error);
	policy_release(p);
}
END_TEST

START_TEST(a_class_without_a_roster_is_a_class)
{
	struct text error = {0};
	const struct policy *p = parse(L1 "}", NULL, &error);

	ck_assert_uint_eq(p->seat_count, 0);
	ck_assert_ptr_null(policy_seat_by_label(p, "seat01", 6));
	policy_release(p);
	text_free(&error);
}
END_TEST

START_TEST(open_beside_deciding_listeners_asks_for_per_listener_settings_on_2_0_alone)
{
	static const char mixed[] = "{\"v\":1,\"domain\":\"c.example\",\"listeners\":["
				    "{\"name\":\"a\",\"port\":1,\"profile\":\"academy\"},\n"
				    "{\"name\":\"o\",\"port\":2,\"profile\":\"open\"}]%s}";
	char text[400];
	struct text error = {0};
	const struct policy *p;

	snprintf(text, sizeof(text), mixed, "");
	p = parse(text, NULL, &error);
	ck_assert_int_eq(policy_fits_broker(p, 2, 1, &error), 0);
	ck_assert_int_eq(policy_fits_broker(p, 2, 0, &error), -1);
	ck_assert_ptr_nonnull(strstr(error.s, "class.json:2: "));
	ck_assert_ptr_nonnull(strstr(error.s, "requires per_listener_settings true"));
	policy_release(p);
	snprintf(text, sizeof(text), mixed, ",\"per_listener_settings\":true");
	p = parse(text, NULL, &error);
	ck_assert_int_eq(policy_fits_broker(p, 2, 0, &error), 0);
	ck_assert(policy_decides(p));
	policy_release(p);
	p = parse(
		"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"o\",\"port\":2,\"profile\":\"open\"}]}",
		NULL, &error);
	ck_assert_int_eq(policy_fits_broker(p, 2, 0, &error), 0);
	ck_assert(!policy_decides(p));
	policy_release(p);
	text_free(&error);
}
END_TEST

START_TEST(a_policy_lives_as_long_as_somebody_holds_it)
{
	const struct policy *p = good();

	ck_assert_ptr_eq(policy_hold(p), p);
	policy_release(p);
	ck_assert_str_eq(p->domain, "class.example");
	policy_release(p);
	policy_release(NULL);
}
END_TEST

/* SHA-256 of the salt's bytes and "secret"; PBKDF2 made by the library itself. */
START_TEST(a_password_is_checked_in_both_forms)
{
	uint8_t salt[16], md[EVP_MAX_MD_SIZE], in[22];
	unsigned char b64_salt[32], b64_hash[100];
	struct text roster = {0}, error = {0};
	const struct policy *p;

	memset(salt, 0xab, sizeof(salt));
	memcpy(in, salt, 16);
	memcpy(in + 16, "secret", 6);
	EVP_Digest(in, sizeof(in), md, NULL, EVP_sha256(), NULL);
	text_puts(&roster, S1 "{\"label\":\"s1\",\"user\":\"u1\",\"password_hash\":\"sha256$");
	text_hex(&roster, salt, 16);
	text_puts(&roster, "$");
	text_hex(&roster, md, 32);
	PKCS5_PBKDF2_HMAC("secret", 6, salt, 12, 101, EVP_sha512(), 64, md);
	EVP_EncodeBlock(b64_salt, salt, 12);
	EVP_EncodeBlock(b64_hash, md, 64);
	text_printf(&roster,
		    "\"},{\"label\":\"s2\",\"user\":\"u2\",\"password_hash\":\"$7$101$%s$%s\"}]}",
		    (char *)b64_salt, (char *)b64_hash);
	p = parse(L1 "}", roster.s, &error);
	ck_assert_msg(p != NULL, "%s", error.s);
	for (int i = 0; i < 2; i++) {
		ck_assert(seat_password_is(&p->seats[i], "secret", 6));
		ck_assert(!seat_password_is(&p->seats[i], "secreT", 6));
		ck_assert(!seat_password_is(&p->seats[i], "secret", 5));
		ck_assert(!seat_password_is(&p->seats[i], "", 0));
	}
	policy_release(p);
	text_free(&roster);
	text_free(&error);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_test(t, both_files_make_one_policy);
	tcase_add_test(t, seats_are_found_by_everything_that_names_one);
	tcase_add_test(
		t, a_client_id_is_found_whole_or_by_the_longest_beginning_that_is_one_seats_alone);
	tcase_add_test(t, a_seat_allows_its_own_client_ids_and_any_where_it_has_none);
	tcase_add_test(t, a_pattern_has_digits_and_an_open_end);
	tcase_add_test(t, our_names_are_the_domain_one_label_below_it_and_the_options);
	tcase_add_test(t,
		       an_exercise_is_chosen_by_name_by_a_seats_own_name_or_by_port_and_only_if_on);
	tcase_add_test(t, the_digest_is_that_of_both_files_one_after_the_other);
	tcase_add_test(t, a_class_without_a_roster_is_a_class);
	tcase_add_test(t,
		       open_beside_deciding_listeners_asks_for_per_listener_settings_on_2_0_alone);
	tcase_add_test(t, a_policy_lives_as_long_as_somebody_holds_it);
	tcase_add_test(t, a_password_is_checked_in_both_forms);
	suite_add_tcase(s, t);
	return unit_run(s);
}
