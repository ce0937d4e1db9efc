#include "unit.h"

#include "why.h"
#include "redact.h"

#include <stdio.h>
#include <string.h>

static void parse(struct line *l, const char *s)
{
	ck_assert_int_eq(line_parse(l, s, strlen(s), NULL), 0);
}

#define VISIT                                                                                              \
	"{\"v\":1,\"kind\":\"visit\",\"t\":\"2026-11-21T02:12:45.123Z\",\"id\":\"5f0c1d2e-000007\","       \
	"\"seq\":7,\"ms\":312.5,\"peer\":\"10.0.0.7:51234\",\"seat\":\"seat07\",\"verdict\":\"rejected\"," \
	"\"stage\":\"server-flight\",\"reason\":\"name-mismatch\",\"by\":\"device\",\"says\":\"x\","       \
	"\"marks\":[\"client-id-elsewhere\"],\"tls\":{\"sni\":\"a.b\",\"alert\":{\"code\":42},"            \
	"\"offer\":{\"groups\":[\"P-256\",\"P-384\"]}},\"mqtt\":{\"client_id\":\"nrf-1\"}}"

START_TEST(a_line_is_taken_apart_and_what_was_not_seen_is_absent)
{
	struct text list = {0};
	struct line l;
	double n;

	parse(&l, VISIT);
	ck_assert_int_eq(l.kind, LINE_VISIT);
	ck_assert(!l.accepted);
	ck_assert_str_eq(l.seat, "seat07");
	ck_assert_str_eq(l.client_id, "nrf-1");
	ck_assert_str_eq(l.sni, "a.b");
	ck_assert_ptr_null(l.user);
	ck_assert_ptr_null(l.exercise);
	ck_assert_int_eq(line_reason(&l), REASON_NAME_MISMATCH);
	ck_assert(l.seq == 7 && l.ms > 312 && l.ms < 313);
	ck_assert(line_number(&l, "tls.alert.code", &n) && n > 41 && n < 43);
	ck_assert(!line_number(&l, "tls.alert.name", &n));
	ck_assert_ptr_null(line_string(&l, "tls.alert.code"));
	ck_assert_ptr_null(line_at(&l, "tls.sni.x"));
	ck_assert(line_list(&l, "tls.offer.groups", &list));
	ck_assert_str_eq(list.s, "P-256, P-384");
	ck_assert(!line_list(&l, "tls.offer.ciphers", &list));
	text_free(&list);
	line_free(&l);
}
END_TEST

START_TEST(an_unknown_version_is_refused_by_name_and_an_unknown_field_is_ignored)
{
	struct text why = {0};
	struct line l;
	const char *two = "{\"v\":2,\"kind\":\"visit\"}";

	ck_assert_int_eq(line_parse(&l, two, strlen(two), &why), -1);
	ck_assert_ptr_nonnull(strstr(why.s, "journal v is 2"));
	text_free(&why);
	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"novel\":{\"x\":[1]},\"verdict\":\"accepted\"}");
	ck_assert(l.accepted);
	line_free(&l);
	parse(&l, "{\"v\":1,\"kind\":\"of-a-later-day\"}");
	ck_assert_int_eq(l.kind, LINE_OTHER);
	line_free(&l);
}
END_TEST

START_TEST(what_is_no_line_of_a_journal_is_refused_with_a_sentence)
{
	static const char *const bad[] = {"",
					  "{",
					  "x",
					  "[]",
					  "null",
					  "{}",
					  "{\"v\":null}",
					  "{\"v\":1}{}",
					  "{\"v\":1} x",
					  "{\"v\":1.5}",
					  "{\"v\":\"1\"}",
					  "{\"v\":-1}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct text why = {0};
		struct line l;

		ck_assert_msg(line_parse(&l, bad[i], strlen(bad[i]), &why) == -1, "%s", bad[i]);
		ck_assert_msg(why.len > 8, "%s", bad[i]);
		text_free(&why);
	}
}
END_TEST

START_TEST(times_are_read_and_wrong_ones_are_not)
{
	ck_assert(line_time("1970-01-01T00:00:00.000Z") == 0);
	ck_assert(line_time("2026-11-21T02:12:45.123Z") == 1795227165123LL);
	ck_assert(line_time("2026-11-21T02:12:45Z") == 1795227165000LL);
	ck_assert(line_time(NULL) == -1);
	ck_assert(line_time("") == -1);
	ck_assert(line_time("2026-13-21T02:12:45.123Z") == -1);
	ck_assert(line_time("2026-11-21T02:12:45.123") == -1);
	ck_assert(line_time("2026-11-21T02:12:45.12Z") == -1);
	ck_assert(line_time("2026-11-21 02:12:45.123Z") == -1);
}
END_TEST

START_TEST(filters_must_all_hold_and_know_lists_patterns_and_the_unseen)
{
	static const struct {
		struct filter f;
		bool holds;
	} cases[] = {
		{{.since = -1}, true},
		{{.since = -1, .seat = "seat07"}, true},
		{{.since = -1, .seat = "seat0?"}, true},
		{{.since = -1, .seat = "seat08,seat07"}, true},
		{{.since = -1, .seat = "seat08"}, false},
		{{.since = -1, .seat = "-"}, false},
		{{.since = -1, .listener = "-"}, true},
		{{.since = -1, .address = "10.0.0.7"}, true},
		{{.since = -1, .address = "10.0.*"}, true},
		{{.since = -1, .address = "10.0.0.7:51234"}, false},
		{{.since = -1, .reason = "name-mismatch"}, true},
		{{.since = -1, .reason = "client-id-elsewhere"}, true},
		{{.since = -1, .reason = "accepted"}, false},
		{{.since = -1, .verdict = "rejected", .stage = "server-*"}, true},
		{{.since = -1, .verdict = "rejected", .stage = "hello"}, false},
		{{.since = -1, .client_id = "nrf-*", .kind = "visit,end"}, true},
		{{.since = -1, .kind = "end"}, false},
		{{.since = 1795227165123LL}, true},
		{{.since = 1795227165124LL}, false},
	};
	struct line l;

	parse(&l, VISIT);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(filter_match(&cases[i].f, &l) == cases[i].holds, "case %zu", i);
	line_free(&l);
}
END_TEST

START_TEST(an_address_is_found_without_its_port_in_both_families)
{
	struct filter six = {.since = -1, .address = "fd00::1"};
	struct line l;

	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"peer\":\"[fd00::1]:4000\"}");
	ck_assert(filter_match(&six, &l));
	line_free(&l);
	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"peer\":\"fd00::1\"}");
	ck_assert(filter_match(&six, &l));
	line_free(&l);
}
END_TEST

START_TEST(durations_and_since_are_read_and_nonsense_is_not)
{
	ck_assert(filter_duration("30") == 30000);
	ck_assert(filter_duration("500ms") == 500);
	ck_assert(filter_duration("1.5m") == 90000);
	ck_assert(filter_duration("2h") == 7200000);
	ck_assert(filter_duration("-5s") == -1);
	ck_assert(filter_duration("5 s") == -1);
	ck_assert(filter_duration("") == -1);
	ck_assert(filter_since("10m", 1000000) == 400000);
	ck_assert(filter_since("1970-01-02", 0) == 86400000);
	ck_assert(filter_since("1970-01-01T00:00:01Z", 0) == 1000);
	ck_assert(filter_since("yesterday", 0) == -1);
}
END_TEST

START_TEST(addresses_and_imeis_are_replaced_by_the_same_stand_in_throughout)
{
	static const char *const cases[][2] = {
		{"nrf-351358811111111", "nrf-imei-1"},
		{"10.0.0.7:51234", "address-1:51234"},
		{"[fd00::1]:4000", "[address-2]:4000"},
		{"10.0.0.7 and 10.0.0.8", "address-1 and address-3"},
		{"351358811111111 again", "imei-1 again"},
		{"1513588111111112345", "1513588111111112345"},
		{"TLSv1.2, MQTT 3.1.1, 02:12:45", "TLSv1.2, MQTT 3.1.1, 02:12:45"},
		{"version 2.0.11 of 4,096", "version 2.0.11 of 4,096"},
		{"from fe80::1%eth0.", "from address-4%eth0."},
		{"", ""},
	};
	struct redact r = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text t = {0};

		redact_string(&r, &t, cases[i][0]);
		ck_assert_str_eq(t.s ? t.s : "", cases[i][1]);
		text_free(&t);
	}
	redact_free(&r);
}
END_TEST

START_TEST(a_text_is_wrapped_at_the_width_and_a_cut_never_passes_it)
{
	struct paint p = {.width = 20};
	struct text t = {0};
	char s[] = "0123456789";

	paint_wrapped(&t, &p, "one two three four five six", 2, 0);
	ck_assert_str_eq(t.s, "  one two three four\n  five six\n");
	text_reset(&t);
	paint_column(&t, &p, INK_PLAIN, "abcdef", 4);
	ck_assert_str_eq(t.s, "abc~");
	text_reset(&t);
	paint_column(&t, &p, INK_PLAIN, "ab", 4);
	ck_assert_str_eq(t.s, "ab  ");
	paint_cut(s, 10);
	ck_assert_str_eq(s, "0123456789");
	paint_cut(s, 9);
	ck_assert_str_eq(s, "01234567~");
	text_free(&t);
}
END_TEST

START_TEST(a_number_is_explained_in_each_of_its_numberings)
{
	static const struct {
		int err;
		const char *says;
	} cases[] = {
		{-111, "ECONNREFUSED"}, {-61, "ECONNREFUSED"}, {111, "ECONNREFUSED"},
		{-45, "EOPNOTSUPP"},	{-95, "EOPNOTSUPP"},   {-110, "ESHUTDOWN"},
		{-110, "ETIMEDOUT"},	{-2, "CME 513"},       {-22, "BEGIN CA CERTIFICATE"},
		{-1, "CME 518"},	{-122, "2,303"},       {-119, "EINPROGRESS"},
		{-71, "EPROTO"},	{-105, "ENOBUFS"},     {-113, "EHOSTUNREACH"},
	};
	struct why w = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text t = {0};

		ck_assert(errno_show(&w, &t, cases[i].err));
		for (size_t k = 0; k < t.len; k++)
			if (t.s[k] == '\n')
				t.s[k] = ' ';
		ck_assert_msg(strstr(t.s, cases[i].says) != NULL, "%d: %s", cases[i].err, t.s);
		text_free(&t);
	}
	ck_assert_int_eq(errno_by_name("econnrefused"), -111);
	ck_assert_int_eq(errno_by_name("EFOO"), 0);
}
END_TEST

START_TEST(a_number_that_is_no_errno_is_told_as_the_code_that_it_can_be)
{
	static const struct {
		const char *as, *says, *never;
	} cases[] = {
		{"5", "EAI_NODATA", "fault"},	     {"5", "not authorised", "bus"},
		{"2", "EAI_NONAME", "+CME"},	     {"-2", "EAI_NONAME", "CONNACK"},
		{"-3", "EAI_AGAIN", "CONNACK"},	     {"100", "EAI_INPROGRESS", "CONNACK"},
		{"518", "AT+CFUN=4", "getaddrinfo"}, {"0x4", "modem-crashed", "CONNACK"},
		{"0X14", "undervoltage", "+CME"},
	};
	static const char *const none[] = {"", "0x", "0x99", "x", "5x", "-518", "-5 ", "4711"};
	struct why w = {0};
	struct text t = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text_reset(&t);
		ck_assert_msg(code_show(&w, &t, cases[i].as), "%s", cases[i].as);
		ck_assert_msg(strstr(t.s, cases[i].says) != NULL, "%s: %s", cases[i].as, t.s);
		ck_assert_msg(strstr(t.s, cases[i].never) == NULL, "%s: %s", cases[i].as, t.s);
	}
	text_reset(&t);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(!code_show(&w, &t, none[i]), "%s", none[i]);
	text_free(&t);
}
END_TEST

static const char *filled(struct fix *fix, const char *template)
{
	static char copy[4096];
	struct text t = {0};

	reason_fill(&t, template, fix_value, fix);
	snprintf(copy, sizeof(copy), "%s", t.s ? t.s : "");
	text_free(&t);
	return copy;
}

START_TEST(what_gets_into_a_command_is_of_the_usual_form_or_stays_open)
{
	struct fix fix;
	struct line l;

	fix_load(&fix, "/nonexistent");
	ck_assert_str_eq(filled(&fix, "{tag} {host} {class}"), "<tag> <host> /nonexistent");
	parse(&l,
	      "{\"v\":1,\"kind\":\"visit\",\"seat\":\"seat07\",\"id\":\"5f0c-1\",\"port\":8884}");
	fix.line = &l;
	ck_assert_str_eq(filled(&fix, "{seat} {id} {port}"), "seat07 5f0c-1 8884");
	line_free(&l);
	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"seat\":\"a;rm -rf\",\"id\":\"$(x)\","
		  "\"mqtt\":{\"client_id\":\"\\u001b[2J\"}}");
	fix.line = &l;
	ck_assert_str_eq(filled(&fix, "{seat} {id} {client_id}"), "<seat> <id> \\x1b[2J");
	ck_assert_str_eq(filled(&fix, "{private-key.pem} {ca-cert.pem}"),
			 "<private-key.pem> <ca-cert.pem>");
	line_free(&l);
	fix_free(&fix);
}
END_TEST

START_TEST(a_fix_takes_its_values_from_the_class_and_a_certificate_only_if_it_is_one)
{
	char dir[] = "/tmp/doorstep-fix-XXXXXX", path[128];
	static const char *const files[][2] = {
		{"run.json",
		 "{\"v\":1,\"domain\":\"class.example\",\"tag\":24,\"listeners\":[{\"name\":\"a\",\"port\":1},"
		 "{\"name\":\"b\",\"port\":2}],\"certificate\":{\"sha256_pem\":\"AA\",\"sha256_pem_trimmed\":\"BB\"}}"},
		{"seats.json",
		 "{\"v\":1,\"seats\":[{\"label\":\"s1\",\"host\":\"s1.class.example\"},{\"label\":\"s2\"}]}"},
		{"exports/public/s1/ca-cert.pem",
		 "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"},
		{"exports/public/s2/ca-cert.pem",
		 "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"},
	};
	struct fix fix;
	struct line l;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char command[256];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, files[i][0]);
		snprintf(command, sizeof(command), "mkdir -p \"$(dirname %s)\"", path);
		ck_assert_int_eq(system(command), 0);
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		fputs(files[i][1], f);
		fclose(f);
	}
	fix_load(&fix, dir);
	ck_assert_str_eq(filled(&fix, "{host} {port} {tag} {hash} {hash_trimmed}"),
			 "class.example 1 24 AA BB");
	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"seat\":\"s1\",\"listener\":\"b\"}");
	fix.line = &l;
	ck_assert_str_eq(filled(&fix, "{host} {port}"), "s1.class.example 2");
	ck_assert_str_eq(filled(&fix, "{ca-cert.pem}"),
			 "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----");
	line_free(&l);
	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"seat\":\"s2\"}");
	fix.line = &l;
	ck_assert_str_eq(filled(&fix, "{ca-cert.pem}"), "<ca-cert.pem>");
	line_free(&l);
	/* a seat that is not in the roster never becomes a path; the class's certificate is the first's */
	parse(&l, "{\"v\":1,\"kind\":\"visit\",\"seat\":\"../../s1\"}");
	fix.line = &l;
	ck_assert_str_eq(filled(&fix, "{ca-cert.pem}"),
			 "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----");
	ck_assert_str_eq(filled(&fix, "{client-cert.pem}"), "<client-cert.pem>");
	line_free(&l);
	fix_free(&fix);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	ck_assert_int_eq(system(path), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("why");
	TCase *c = tcase_create("why");

	tcase_add_test(c, a_line_is_taken_apart_and_what_was_not_seen_is_absent);
	tcase_add_test(c, an_unknown_version_is_refused_by_name_and_an_unknown_field_is_ignored);
	tcase_add_test(c, what_is_no_line_of_a_journal_is_refused_with_a_sentence);
	tcase_add_test(c, times_are_read_and_wrong_ones_are_not);
	tcase_add_test(c, filters_must_all_hold_and_know_lists_patterns_and_the_unseen);
	tcase_add_test(c, an_address_is_found_without_its_port_in_both_families);
	tcase_add_test(c, durations_and_since_are_read_and_nonsense_is_not);
	tcase_add_test(c, addresses_and_imeis_are_replaced_by_the_same_stand_in_throughout);
	tcase_add_test(c, a_text_is_wrapped_at_the_width_and_a_cut_never_passes_it);
	tcase_add_test(c, a_number_is_explained_in_each_of_its_numberings);
	tcase_add_test(c, a_number_that_is_no_errno_is_told_as_the_code_that_it_can_be);
	tcase_add_test(c, what_gets_into_a_command_is_of_the_usual_form_or_stays_open);
	tcase_add_test(c,
		       a_fix_takes_its_values_from_the_class_and_a_certificate_only_if_it_is_one);
	suite_add_tcase(s, c);
	return unit_run(s);
}
