#include "unit.h"

#include "reason.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME(name, what) name,
static const char *const says_values[] = {REASON_SAYS_VALUES(NAME) NULL};
static const char *const fix_values[] = {REASON_FIX_VALUES(NAME) NULL};

#define EACH(r)                                                 \
	for (int i_ = REASON_NONE + 1; i_ < REASON_COUNT; i_++) \
		for (const struct reason *r = reason_get((enum reason_id)i_); r; r = NULL)

static bool known(const char *const *names, const char *name, size_t len)
{
	for (; *names; names++)
		if (strlen(*names) == len && strncmp(*names, name, len) == 0)
			return true;
	return false;
}

/* Checks the placeholders of a template; returns how many stand outside of brackets. */
static int check(const struct reason *r, const char *template, const char *const *names)
{
	int outside = 0;
	bool in = false;

	for (const char *p = template; *p; p++) {
		if (*p == '[' || *p == ']') {
			ck_assert_msg(in == (*p == ']'), "%s: brackets in \"%s\"", r->code,
				      template);
			in = *p == '[';
		}
		if (*p == '{') {
			size_t len = strcspn(p + 1, "}");

			ck_assert_msg(p[1 + len] == '}' && known(names, p + 1, len),
				      "%s: placeholder {%.*s}", r->code, (int)len, p + 1);
			outside += !in;
			p += len + 1;
			continue;
		}
		ck_assert_msg(*p != '}', "%s: a stray } in \"%s\"", r->code, template);
	}
	ck_assert_msg(!in, "%s: brackets in \"%s\"", r->code, template);
	return outside;
}

START_TEST(every_one_line_quotes_at_least_one_value_that_the_visit_surely_has)
{
	EACH(r) ck_assert_msg(check(r, r->says, says_values) >= 1, "%s", r->code);
}
END_TEST

START_TEST(every_placeholder_of_a_fix_is_known)
{
	EACH(r) for (const char *const *f = r->fix; *f; f++) check(r, *f, fix_values);
}
END_TEST

START_TEST(every_reason_has_a_title_a_story_a_symptom_a_cause_and_a_fix)
{
	EACH(r)
	{
		ck_assert_msg(strlen(r->title) > 8 && r->title[strlen(r->title) - 1] != '.', "%s",
			      r->code);
		ck_assert_msg(strlen(r->what) > 30 && r->what[strlen(r->what) - 1] == '.', "%s",
			      r->code);
		ck_assert_msg(r->board[0].text || r->kind == REASON_KIND_DEVICE, "%s", r->code);
		ck_assert_msg(r->causes[0].text, "%s", r->code);
		ck_assert_msg(r->fix[0] && strlen(r->fix[0]) > 3, "%s", r->code);
	}
}
END_TEST

START_TEST(every_claim_has_a_basis_and_a_source)
{
	EACH(r)
	{
		for (const struct symptom *s = r->board; s->text; s++) {
			ck_assert_msg(*s->source, "%s", r->code);
			ck_assert_msg(s->err <= 0 && s->err_old <= 0, "%s", r->code);
			ck_assert_msg(s->err || !s->err_old, "%s", r->code);
		}
		for (const struct cause *c = r->causes; c->text; c++)
			ck_assert_msg(*c->source, "%s", r->code);
		/* only `says` and `fix` are filled in */
		ck_assert_msg(!strpbrk(r->what, "{}") && !strpbrk(r->title, "{}"), "%s", r->code);
		for (const struct cause *c = r->causes; c->text; c++)
			ck_assert_msg(!strpbrk(c->text, "{}") && !strpbrk(c->source, "{}"), "%s",
				      r->code);
		for (const struct symptom *s = r->board; s->text; s++)
			ck_assert_msg(!strpbrk(s->text, "{}") && !strpbrk(s->source, "{}"), "%s",
				      r->code);
	}
}
END_TEST

START_TEST(codes_and_identifiers_are_one_and_unique)
{
	EACH(r)
	{
		size_t n = strlen(r->code);

		ck_assert_uint_eq(strlen(r->id), n);
		for (size_t k = 0; k < n; k++) {
			char want =
				r->code[k] == '-' ? '_' : (char)toupper((unsigned char)r->code[k]);

			ck_assert_msg(islower((unsigned char)r->code[k]) || r->code[k] == '-' ||
					      isdigit((unsigned char)r->code[k]),
				      "%s", r->code);
			ck_assert_msg(r->id[k] == want, "%s", r->code);
		}
		/* the first of that code is this one */
		ck_assert_int_eq(reason_by_code(r->code), i_);
	}
	ck_assert_int_eq(reason_by_code("accepted"), REASON_NONE);
	ck_assert_ptr_null(reason_get(REASON_NONE));
	ck_assert_ptr_null(reason_get(REASON_COUNT));
}
END_TEST

START_TEST(all_codes_that_the_issues_name_are_there)
{
	static const char *const codes =
		"nothing-sent not-tls hello-incomplete handshake-stalled no-common-version "
		"no-common-cipher no-common-curve no-common-group no-common-signature sni-missing "
		"sni-unknown device-does-not-trust-us name-mismatch our-certificate-expired "
		"our-certificate-not-yet-valid our-certificate-refused chain-too-large "
		"left-after-certificate device-alert client-cert-missing client-cert-untrusted "
		"client-cert-expired client-cert-not-yet-valid client-cert-revoked "
		"client-cert-is-a-ca client-cert-wrong-purpose client-cert-wrong-key "
		"left-after-handshake connect-timeout not-a-connect connect-malformed "
		"mqtt-version-unsupported client-id-empty client-id-not-allowed not-authorised "
		"too-many-connections tls-on-plain-port protocol-error-before-connect host-denied "
		"taken-over keepalive-expired protocol-error message-too-large device-left "
		"network-lost seat-unknown user-name-missing user-unknown password-wrong "
		"user-name-malformed client-id-not-the-certificates client-cert-not-of-this-seat "
		"sni-not-this-broker publish-denied subscribe-denied client-id-elsewhere "
		"client-cert-gone";
	char code[64];

	for (const char *p = codes; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");

		snprintf(code, sizeof(code), "%.*s", (int)n, p);
		ck_assert_msg(reason_by_code(code) != REASON_NONE, "%s", code);
		p += n;
	}
}
END_TEST

/* The modem commands of the facts, as patterns: @ the tag, # a number, * anything up to a quote. */
static bool at_matches(const char *pattern, const char *s)
{
	for (; *pattern; pattern++) {
		if (*pattern == '@') {
			if (strncmp(s, "{tag}", 5) != 0)
				return false;
			s += 5;
		} else if (*pattern == '#') {
			if (!isdigit((unsigned char)*s))
				return false;
			while (isdigit((unsigned char)*s))
				s++;
		} else if (*pattern == '*') {
			size_t n = strcspn(s, "\"");

			if (n == 0)
				return false;
			s += n;
		} else if (*pattern != *s++) {
			return false;
		}
	}
	return *s == '\0';
}

START_TEST(every_modem_command_is_one_that_the_modem_has)
{
	static const char *const patterns[] = {
		"AT+CMEE=1",
		"AT+CFUN=1",
		"AT+CFUN=4",
		"AT%CMNG=1",
		"AT%CMNG=1,@",
		"AT%CMNG=1,@,#",
		"AT%CMNG=3,@,#",
		"AT%CMNG=0,@,#,\"*\"",
		"AT%KEYGEN=@,2,0",
		"AT%CERTEXPIRY=@,#",
		"AT+CGMR",
		"AT+CGSN",
		"AT+CEREG?",
		/* of the state of the network, for what only the board sees */
		"AT+CESQ",
		"AT%XSYSTEMMODE?",
		"AT+CGPADDR",
	};

	EACH(r) for (const char *const *f = r->fix; *f; f++)
	{
		bool ok = strncmp(*f, "AT", 2) != 0;

		for (size_t k = 0; !ok && k < sizeof(patterns) / sizeof(patterns[0]); k++)
			ok = at_matches(patterns[k], *f);
		ck_assert_msg(ok, "%s: %s", r->code, *f);
	}
}
END_TEST

START_TEST(the_modem_is_written_only_with_the_radio_off_and_brought_back_afterwards)
{
	EACH(r)
	{
		bool off = false;

		for (const char *const *f = r->fix; *f; f++) {
			if (strcmp(*f, "AT+CFUN=4") == 0)
				off = true;
			if (strcmp(*f, "AT+CFUN=1") == 0)
				off = false;
			if (strncmp(*f, "AT%CMNG=0", 9) == 0 || strncmp(*f, "AT%CMNG=3", 9) == 0 ||
			    strncmp(*f, "AT%KEYGEN", 9) == 0)
				ck_assert_msg(off, "%s: %s", r->code, *f);
		}
		ck_assert_msg(!off, "%s leaves the radio off", r->code);
	}
}
END_TEST

START_TEST(nothing_that_a_peer_chose_gets_into_a_shell_command)
{
	EACH(r) for (const char *const *f = r->fix; *f; f++)
	{
		if (strncmp(*f, "$ ", 2) != 0)
			continue;
		ck_assert_msg(!strstr(*f, "{client_id}"), "%s: %s", r->code, *f);
		ck_assert_msg(!strpbrk(*f, "<>;&|`"), "%s: %s", r->code, *f);
	}
}
END_TEST

START_TEST(all_text_is_plain_and_nothing_is_left_to_be_done)
{
	EACH(r)
	{
		const char *all[] = {r->title, r->says, r->what};

		for (size_t k = 0; k < 3; k++)
			for (const char *p = all[k]; *p; p++)
				ck_assert_msg((unsigned char)*p >= 32 && (unsigned char)*p < 127,
					      "%s", r->code);
		ck_assert_msg(!strstr(r->what, "TODO"), "%s", r->code);
	}
}
END_TEST

static void collect(enum reason_id id, const struct symptom *s, void *arg)
{
	(void)s;
	((bool *)arg)[id] = true;
}

START_TEST(minus_111_finds_the_untrusting_device_and_every_refused_connack)
{
	bool found[REASON_COUNT] = {false};

	ck_assert_uint_gt(reason_by_errno(-111, collect, found), 3);
	ck_assert(found[REASON_DEVICE_DOES_NOT_TRUST_US]);
	ck_assert(found[REASON_CLIENT_CERT_MISSING]);
	ck_assert(found[REASON_CLIENT_CERT_WRONG_KEY]);
	ck_assert(found[REASON_NOT_AUTHORISED]);
	ck_assert(found[REASON_PASSWORD_WRONG]);
	ck_assert(!found[REASON_NO_COMMON_CIPHER]);
	ck_assert(!found[REASON_HANDSHAKE_STALLED]);
}
END_TEST

START_TEST(both_numberings_find_the_same_reasons)
{
	static const int pairs[][2] = {
		{-95, -45}, {-111, -61}, {-116, -60}, {-104, -54}, {-128, -57}};

	for (size_t k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++) {
		bool now[REASON_COUNT] = {false}, old[REASON_COUNT] = {false};

		ck_assert_uint_gt(reason_by_errno(pairs[k][0], collect, now), 0);
		ck_assert_uint_gt(reason_by_errno(pairs[k][1], collect, old), 0);
		ck_assert_int_eq(memcmp(now, old, sizeof(now)), 0);
		/* and the sign does not matter */
		ck_assert_uint_eq(reason_by_errno(-pairs[k][0], NULL, NULL),
				  reason_by_errno(pairs[k][0], NULL, NULL));
	}
	ck_assert_uint_eq(reason_by_errno(0, NULL, NULL), 0);
	ck_assert_uint_eq(reason_by_errno(-4711, NULL, NULL), 0);
}
END_TEST

START_TEST(wrong_name_and_unknown_issuer_are_two_entries_with_different_fixes)
{
	const struct reason *name = reason_get(REASON_NAME_MISMATCH);
	const struct reason *trust = reason_get(REASON_DEVICE_DOES_NOT_TRUST_US);

	ck_assert_str_ne(name->fix[0], trust->fix[0]);
	ck_assert_ptr_nonnull(strstr(name->says, "{sni}"));
	ck_assert_ptr_nonnull(strstr(name->says, "{names}"));
	ck_assert_ptr_nonnull(strstr(trust->says, "{alert}"));
}
END_TEST

static const char *some(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "sni") == 0 ? "x.example" : strcmp(name, "odd") == 0 ? "[{sni}]" : NULL;
}

START_TEST(a_template_is_filled_and_its_unseen_optional_parts_are_left_out)
{
	static const char *const cases[][2] = {
		{"asked for {sni}", "asked for x.example"},
		{"asked for {names}", "asked for <names>"},
		{"a[, {sni}][, {names}] b", "a, x.example b"},
		{"[both {sni} {names}]", ""},
		{"[{sni}]", "x.example"},
		{"{odd}", "[{sni}]"},
		{"[unclosed {sni}", "[unclosed x.example"},
		{"{unclosed", "{unclosed"},
		{"{}", "{}"},
		{"", ""},
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct text t = {0};

		reason_fill(&t, cases[k][0], some, NULL);
		ck_assert_str_eq(t.s ? t.s : "", cases[k][1]);
		text_free(&t);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reason");
	TCase *c = tcase_create("catalogue");

	tcase_add_test(c, every_one_line_quotes_at_least_one_value_that_the_visit_surely_has);
	tcase_add_test(c, every_placeholder_of_a_fix_is_known);
	tcase_add_test(c, every_reason_has_a_title_a_story_a_symptom_a_cause_and_a_fix);
	tcase_add_test(c, every_claim_has_a_basis_and_a_source);
	tcase_add_test(c, codes_and_identifiers_are_one_and_unique);
	tcase_add_test(c, all_codes_that_the_issues_name_are_there);
	tcase_add_test(c, every_modem_command_is_one_that_the_modem_has);
	tcase_add_test(c, the_modem_is_written_only_with_the_radio_off_and_brought_back_afterwards);
	tcase_add_test(c, nothing_that_a_peer_chose_gets_into_a_shell_command);
	tcase_add_test(c, all_text_is_plain_and_nothing_is_left_to_be_done);
	tcase_add_test(c, minus_111_finds_the_untrusting_device_and_every_refused_connack);
	tcase_add_test(c, both_numberings_find_the_same_reasons);
	tcase_add_test(c, wrong_name_and_unknown_issuer_are_two_entries_with_different_fixes);
	tcase_add_test(c, a_template_is_filled_and_its_unseen_optional_parts_are_left_out);
	suite_add_tcase(s, c);
	return unit_run(s);
}
