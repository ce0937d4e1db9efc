/* The linter as a function: what the end-to-end table cannot reach or shows too coarsely. */
#include "unit.h"

#include <string.h>
#include "key.h"
#include "lint.h"
#include "plan.h"

#define NOW 1795226134

static struct text pem;
static struct text key_text;

static struct lint_report lint(const char *data, size_t len, enum lint_role role)
{
	struct lint_setting setting = {.role = role, .tag = 24, .now = NOW};
	struct lint_report report;

	lint_text(&report, data, len, &setting);
	return report;
}

START_TEST(a_good_file_is_its_own_mended_text)
{
	struct lint_report r = lint(pem.s, pem.len, ROLE_CA);

	ck_assert_uint_eq(r.count, 0);
	ck_assert_uint_eq(r.mended.len, pem.len);
	ck_assert_mem_eq(r.mended.s, pem.s, pem.len);
	ck_assert(!lint_mendable(&r));
	lint_free(&r);
}
END_TEST

START_TEST(every_way_to_cut_a_file_short_is_noticed)
{
	for (size_t cut = 0; cut < pem.len; cut++) {
		struct lint_report r = lint(pem.s, cut, ROLE_UNKNOWN);

		ck_assert_msg(r.count > 0, "cut at %zu", cut);
		lint_free(&r);
	}
}
END_TEST

START_TEST(every_changed_byte_is_noticed_or_mended)
{
	for (size_t at = 0; at < pem.len; at++) {
		char *copy = strdup(pem.s);
		struct lint_report r;

		copy[at] = copy[at] == '#' ? '!' : '#';
		r = lint(copy, pem.len, ROLE_UNKNOWN);
		ck_assert_msg(r.count > 0, "changed at %zu", at);
		lint_free(&r);
		free(copy);
	}
}
END_TEST

START_TEST(a_key_is_never_in_what_is_said)
{
	struct text both = {0};
	struct lint_report r;

	text_add(&both, key_text.s, key_text.len);
	both.s[40] = '#';
	r = lint(both.s, both.len, ROLE_UNKNOWN);
	ck_assert(lint_found(&r, LINT_UNREADABLE));
	for (size_t i = 0; i < r.count; i++)
		ck_assert(!r.found[i].value[0] || !strcmp(r.found[i].value, "PRIVATE KEY"));
	lint_free(&r);
	text_free(&both);
}
END_TEST

START_TEST(a_key_and_its_certificate_are_matched_over_files)
{
	struct lint_report r[2];
	struct fault fault = {.text = ""};
	EVP_PKEY *other = key_make("p256", &fault);
	struct text stranger = {0};

	r[0] = lint(pem.s, pem.len, ROLE_UNKNOWN);
	r[1] = lint(key_text.s, key_text.len, ROLE_UNKNOWN);
	lint_match(r, 2);
	ck_assert_uint_eq(r[1].count, 0);
	lint_free(&r[1]);
	ck_assert_int_eq(key_pem(other, &stranger, &fault), 0);
	r[1] = lint(stranger.s, stranger.len, ROLE_UNKNOWN);
	lint_match(r, 2);
	ck_assert(lint_found(&r[1], LINT_KEY_OF_ANOTHER));
	ck_assert(!lint_found(&r[0], LINT_KEY_OF_ANOTHER));
	lint_free(&r[0]);
	lint_free(&r[1]);
	key_wipe(&stranger);
	EVP_PKEY_free(other);
}
END_TEST

START_TEST(every_rule_says_what_is_wrong_and_how_to_mend_it)
{
	for (int i = 0; i < LINT_COUNT; i++) {
		const struct lint_rule *rule = lint_rule((enum lint_id)i);

		ck_assert_uint_gt(strlen(rule->what), 10);
		ck_assert_uint_gt(strlen(rule->mend), 10);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(rule->code, lint_rule((enum lint_id)j)->code);
	}
	ck_assert_ptr_null(lint_rule(LINT_COUNT));
}
END_TEST

int main(void)
{
	static const char *const names[] = {"class.example", "*.class.example"};
	Suite *suite = suite_create("lint");
	TCase *tc = tcase_create("lint");
	struct fault fault = {.text = ""};
	EVP_PKEY *key = key_make("p384", &fault);
	struct plan plan = {.cn = names[0],
			    .names = names,
			    .name_count = 2,
			    .ca = true,
			    .issues = true,
			    .from = NOW - 3600,
			    .to = NOW + 30 * 86400,
			    .hash = EVP_sha256(),
			    .key = key};
	X509 *cert = plan_sign(&plan, &fault);

	plan_pem(&pem, cert);
	key_pem(key, &key_text, &fault);
	X509_free(cert);
	EVP_PKEY_free(key);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_good_file_is_its_own_mended_text);
	tcase_add_test(tc, every_way_to_cut_a_file_short_is_noticed);
	tcase_add_test(tc, every_changed_byte_is_noticed_or_mended);
	tcase_add_test(tc, a_key_is_never_in_what_is_said);
	tcase_add_test(tc, a_key_and_its_certificate_are_matched_over_files);
	tcase_add_test(tc, every_rule_says_what_is_wrong_and_how_to_mend_it);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
