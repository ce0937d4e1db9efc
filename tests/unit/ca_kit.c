/* The pure parts of the kit: names, dates, lists, budgets, plans, repeatable signatures, exports. */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include "budget.h"
#include "cert.h"
#include "export.h"
#include "file.h"
#include "host.h"
#include "key.h"
#include "modem_limits.h"
#include "plan.h"
#include "roster.h"
#include "when.h"

#define NOW 1795226134 /* 2026-11-21 */

START_TEST(host_names_are_told_from_what_is_none)
{
	static const struct {
		const char *name;
		enum host_kind kind;
	} rows[] = {
		{"mqtt.example.com", HOST_NAME},
		{"localhost", HOST_NAME},
		{"seat_1.example", HOST_NAME},
		{"*.class.example", HOST_WILDCARD},
		{"*.lan", HOST_WILDCARD_SINGLE},
		{"192.0.2.1", HOST_ADDRESS},
		{"2001:db8::1", HOST_ADDRESS},
		{"", HOST_BAD},
		{".", HOST_BAD},
		{"a..b", HOST_BAD},
		{"-a.example", HOST_BAD},
		{"a-.example", HOST_BAD},
		{"a.example.", HOST_BAD},
		{"a b.example", HOST_BAD},
		{"a.*.example", HOST_BAD},
		{"256.1.1.1", HOST_BAD},
		{"192.0.2", HOST_BAD},
		{"4.example", HOST_NAME},
		{"**.example.com", HOST_BAD},
		{"m\xc3\xbcller.example", HOST_BAD},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(host_kind(rows[i].name) == rows[i].kind, "%s", rows[i].name);
	ck_assert(host_is_domain("class.example") && host_is_domain("localhost"));
	ck_assert(!host_is_domain("lan") && !host_is_domain("*.class.example"));
	ck_assert(host_is_id("nrf-350457791234567") && host_is_id("a@b+c.d_e:f"));
	ck_assert(!host_is_id("") && !host_is_id("../x") && !host_is_id("-x") &&
		  !host_is_id("a/b"));
}
END_TEST

START_TEST(dates_are_written_as_people_say_them)
{
	static const struct {
		int64_t at;
		const char *words;
	} rows[] = {
		{NOW + 30 * 365 * (int64_t)WHEN_DAY, "13 November 2056, in 30 years"},
		{NOW + 400 * (int64_t)WHEN_DAY, "26 December 2027, in 13 months"},
		{NOW + 12 * WHEN_DAY, "3 December 2026, in 12 days"},
		{NOW - 36 * 3600, "19 November 2026, 36 hours ago"},
		{NOW - 60, "21 November 2026, 60 seconds ago"},
	};
	int64_t at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(when_words(rows[i].at, NOW).s, rows[i].words);
	ck_assert_str_eq(when_iso(NOW).s, "2026-11-21T01:55:34Z");
	ck_assert_str_eq(when_date(INT64_MAX).s, "a date that cannot be read");
	ck_assert(when_parse("2026-11-21", &at) && at == 1795219200);
	ck_assert(when_parse("2026-11-21T01:55:34Z", &at) && at == NOW);
	ck_assert(when_parse("1795226134", &at) && at == NOW);
	ck_assert(!when_parse("tomorrow", &at) && !when_parse("", &at) && !when_parse("12x", &at));
}
END_TEST

START_TEST(patterns_make_the_names_that_they_say)
{
	struct roster roster = {0};
	struct fault fault = {.text = ""};

	ck_assert_int_eq(roster_add_pattern(&roster, "nrf-%03d:8-11", &fault), 0);
	ck_assert_uint_eq(roster.count, 4);
	ck_assert_str_eq(roster.ids[0], "nrf-008");
	ck_assert_str_eq(roster.ids[3], "nrf-011");
	roster_free(&roster);
	for (size_t i = 0; i < 8; i++) {
		static const char *const bad[] = {"x:1-2", "%s:1-2",  "%d%d:1-2", "%d:2-1",
						  "%d:1-", "%d:-1-2", "%n:1-2",	  "%99d:1-2"};
		struct fault why = {.text = ""};

		ck_assert_msg(roster_add_pattern(&roster, bad[i], &why) == FAULT_USAGE, "%s",
			      bad[i]);
		roster_free(&roster);
	}
}
END_TEST

START_TEST(a_budget_counts_what_goes_over_the_wire)
{
	struct budget budget = {.not_after = INT64_MAX};
	struct fault fault = {.text = ""};
	struct text out = {0};

	ck_assert_uint_eq(budget_at_line(10, 0, 24), strlen("AT%CMNG=0,24,0,\"\"") + 10);
	ck_assert_uint_eq(budget_at_line(10, 1, 16842753),
			  strlen("AT%CMNG=0,16842753,1,\"\"") + 10);
	budget_add_text(&budget, "CA certificate", 4079, 0, 24);
	ck_assert_uint_eq(budget.text, 4079);
	ck_assert_uint_eq(budget.at_line, 4078 + 17);
	ck_assert_int_eq(budget_check(&budget, "x", &fault), 0);
	budget_add_text(&budget, "CA certificate", 4080, 0, 24);
	ck_assert_int_eq(budget_check(&budget, "x", &fault), FAULT_REFUSED);
	ck_assert_ptr_nonnull(strstr(fault.text, "4,096"));
	fault = (struct fault){.text = ""};
	budget_add_text(&budget, "CA certificate", 4096, 0, 24);
	ck_assert_int_eq(budget_check(&budget, "x", &fault), FAULT_REFUSED);
	ck_assert_ptr_nonnull(strstr(fault.text, "4,095"));
	budget_print(&out, &budget, 24, NOW);
	ck_assert_ptr_nonnull(strstr(out.s, "TOO MUCH"));
	text_free(&out);
}
END_TEST

static struct plan plain_plan(EVP_PKEY *key)
{
	static const char *const names[] = {"mqtt.example.com"};

	return (struct plan){.cn = names[0],
			     .names = names,
			     .name_count = 1,
			     .ca = true,
			     .from = NOW,
			     .to = NOW + WHEN_YEARS30 * (int64_t)WHEN_DAY,
			     .hash = EVP_sha256(),
			     .key = key};
}

START_TEST(a_plan_becomes_a_certificate_that_says_it)
{
	struct fault fault = {.text = ""};
	EVP_PKEY *key = key_make("p384", &fault);
	struct plan plan = plain_plan(key);
	X509 *cert = plan_sign(&plan, &fault);
	struct cert_facts f;

	ck_assert_ptr_nonnull(cert);
	ck_assert_int_eq(cert_facts_of(&f, cert), 0);
	ck_assert_uint_le(f.der_bytes, 425);
	ck_assert_int_eq(f.not_before, NOW);
	ck_assert_int_eq(f.not_after, plan.to);
	ck_assert(f.is_ca && !f.has_key_usage && !f.has_ski && f.self_issued);
	ck_assert_uint_eq(strlen(f.serial), 32);
	ck_assert_int_eq(plan_can_issue(cert, key, "x", &fault), FAULT_REFUSED);
	cert_facts_free(&f);
	X509_free(cert);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(the_same_key_serial_and_date_give_the_same_bytes)
{
	static const char *const kinds[] = {"p384", "p256"};
	static const struct {
		const EVP_MD *(*md)(void);
	} hashes[] = {{EVP_sha256}, {EVP_sha384}, {EVP_sha512}};

	for (size_t k = 0; k < 2; k++)
		for (size_t h = 0; h < 3; h++) {
			struct fault fault = {.text = ""};
			EVP_PKEY *key = key_make(kinds[k], &fault);
			struct plan plan = plain_plan(key);
			X509 *one, *two;

			plan.serial = "1234";
			plan.repeatable = true;
			plan.hash = hashes[h].md();
			one = plan_sign(&plan, &fault);
			two = plan_sign(&plan, &fault);
			ck_assert(one && two);
			ck_assert_int_eq(X509_verify(one, key), 1);
			ck_assert_int_eq(X509_cmp(one, two), 0);
			X509_free(one);
			X509_free(two);
			EVP_PKEY_free(key);
		}
}
END_TEST

/* RFC 6979, A.2.5: P-256 with SHA-256, message "sample". The key is the RFC's own example. */
START_TEST(repeatable_signatures_are_those_of_rfc_6979)
{
	static const char priv[] =
		"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
	static const char want[] =
		"3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
		"022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
	/* ECPrivateKey of RFC 5915 without the public half, which libcrypto works out. */
	static const unsigned char head[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
	static const unsigned char tail[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
					     0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	unsigned char der[sizeof(head) + 32 + sizeof(tail)], sig[160];
	const unsigned char *at = der;
	char hex[321];
	EVP_PKEY *key;
	size_t len;

	memcpy(der, head, sizeof(head));
	for (size_t i = 0; i < 32; i++) {
		char byte[3] = {priv[2 * i], priv[2 * i + 1], 0};

		der[sizeof(head) + i] = (unsigned char)strtoul(byte, NULL, 16);
	}
	memcpy(der + sizeof(head) + 32, tail, sizeof(tail));
	key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, sizeof(der));
	ck_assert_ptr_nonnull(key);
	len = key_sign_repeatable(key, EVP_sha256(), (const unsigned char *)"sample", 6, sig);
	ck_assert_uint_gt(len, 0);
	cert_hex(hex, sig, len);
	ck_assert_str_eq(hex, want);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(hashes_are_those_that_the_modem_lists)
{
	struct text pem = {0};
	char sum[65];

	text_puts(&pem, "abc\n");
	export_sha256(sum, &pem, true);
	ck_assert_str_eq(sum, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
	export_sha256(sum, &pem, false);
	ck_assert_str_eq(sum, "EDEAAFF3F1774AD2888673770C6D64097E391BC362D7D6FB34982DDF0EFD18CB");
	text_free(&pem);
}
END_TEST

START_TEST(files_are_whole_or_not_there_with_and_without_nameless_files)
{
	char where[] = "/tmp/ca_kit-XXXXXX";
	int dir;

	ck_assert_ptr_nonnull(mkdtemp(where));
	dir = open(where, O_RDONLY | O_DIRECTORY);
	for (int named = 0; named <= FILE_NAMED; named += FILE_NAMED) {
		struct fault fault = {.text = ""};
		struct text got = {0};
		struct stat st;
		struct dirent *entry;
		DIR *list;
		int files = 0;

		umask(0);
		ck_assert_int_eq(file_write(dir, "a", "one", 3, FILE_KEY, named, &fault), 0);
		ck_assert_int_eq(fstatat(dir, "a", &st, 0), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
		ck_assert_int_eq(file_write(dir, "a", "two", 3, FILE_KEY, named, &fault),
				 FAULT_REFUSED);
		ck_assert_ptr_nonnull(strstr(fault.text, "--force"));
		fault = (struct fault){.text = ""};
		ck_assert_int_eq(file_write(dir, "none/a", "x", 1, FILE_KEY, named, &fault),
				 FAULT_REFUSED);
		ck_assert_ptr_nonnull(strstr(fault.text, "No such file or directory"));
		fault = (struct fault){.text = ""};
		ck_assert_int_eq(file_read(dir, "a", &got, 100, &fault), 0);
		ck_assert_str_eq(got.s, "one");
		ck_assert_int_eq(
			file_write(dir, "a", "three", 5, FILE_PUBLIC, named | FILE_REPLACE, &fault),
			0);
		ck_assert_int_eq(file_read(dir, "a", &got, 100, &fault), 0);
		ck_assert_str_eq(got.s, "three");
		ck_assert_int_eq(file_read(dir, "a", &got, 4, &fault), FAULT_REFUSED);
		list = opendir(where);
		while ((entry = readdir(list)) != NULL)
			files += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
		closedir(list);
		ck_assert_int_eq(files, 1);
		ck_assert_int_eq(unlinkat(dir, "a", 0), 0);
		text_free(&got);
	}
	close(dir);
	rmdir(where);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("certificate kit");
	TCase *tc = tcase_create("kit");

	tcase_add_test(tc, host_names_are_told_from_what_is_none);
	tcase_add_test(tc, dates_are_written_as_people_say_them);
	tcase_add_test(tc, patterns_make_the_names_that_they_say);
	tcase_add_test(tc, a_budget_counts_what_goes_over_the_wire);
	tcase_add_test(tc, a_plan_becomes_a_certificate_that_says_it);
	tcase_add_test(tc, the_same_key_serial_and_date_give_the_same_bytes);
	tcase_add_test(tc, repeatable_signatures_are_those_of_rfc_6979);
	tcase_add_test(tc, hashes_are_those_that_the_modem_lists);
	tcase_add_test(tc, files_are_whole_or_not_there_with_and_without_nameless_files);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
