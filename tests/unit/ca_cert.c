/* cert.h: what comes out of certificates that are good, odd, or none. */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include "cert.h"
#include "modem_limits.h"

static EVP_PKEY *p384;

struct recipe {
	const char *cn;
	const char *san; /* OpenSSL's own notation */
	const char *constraints;
	const char *usage;
};

/* A self-signed certificate, 2024-01-01 to 2054-01-01. */
static X509 *make(const struct recipe *r)
{
	static const struct {
		int nid;
		size_t at;
	} extensions[] = {
		{NID_subject_alt_name, offsetof(struct recipe, san)},
		{NID_basic_constraints, offsetof(struct recipe, constraints)},
		{NID_key_usage, offsetof(struct recipe, usage)},
	};
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 0x1234);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "20240101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "20540101000000Z");
	if (r->cn)
		X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
					   (const unsigned char *)r->cn, -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_set_pubkey(x, p384);
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		const char *value =
			*(const char *const *)(const void *)((const char *)r + extensions[i].at);
		X509_EXTENSION *e;

		if (!value)
			continue;
		e = X509V3_EXT_conf_nid(NULL, NULL, extensions[i].nid, value);
		ck_assert_ptr_nonnull(e);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	ck_assert_int_gt(X509_sign(x, p384, EVP_sha256()), 0);
	return x;
}

static struct cert_facts facts_of(const struct recipe *r)
{
	struct cert_facts facts;
	X509 *x = make(r);

	ck_assert_int_eq(cert_facts_of(&facts, x), 0);
	X509_free(x);
	return facts;
}

START_TEST(all_facts_of_a_class_certificate_are_taken)
{
	struct cert_facts f = facts_of(&(struct recipe){
		.cn = "class.example",
		.san = "DNS:class.example,DNS:*.class.example,IP:192.0.2.7,IP:2001:db8::1",
		.constraints = "critical,CA:TRUE",
		.usage = "critical,digitalSignature,keyCertSign"});

	ck_assert_str_eq(f.subject, "CN=class.example");
	ck_assert_str_eq(f.issuer, "CN=class.example");
	ck_assert_str_eq(f.cn, "class.example");
	ck_assert_uint_eq(f.name_count, 4);
	ck_assert_str_eq(f.names[1].text, "*.class.example");
	ck_assert_str_eq(f.names[2].text, "192.0.2.7");
	ck_assert(f.names[2].ip && !f.names[1].ip && !f.names_from_cn);
	ck_assert_str_eq(f.key, "P-384");
	ck_assert_int_eq(f.curve_nid, NID_secp384r1);
	ck_assert_uint_eq(f.tls_group, 24);
	ck_assert_str_eq(f.hash, "SHA256");
	ck_assert(f.is_ca && f.has_basic_constraints && f.has_key_usage && f.self_issued);
	ck_assert_uint_eq(f.key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN);
	ck_assert(!f.has_ext_key_usage && !f.has_ski && !f.has_aki);
	ck_assert_int_eq(f.not_before, 1704067200);
	ck_assert_int_eq(f.not_after, 2650838400);
	ck_assert_str_eq(f.serial, "1234");
	cert_facts_free(&f);
}
END_TEST

START_TEST(der_gives_the_same_facts_as_the_parsed_certificate)
{
	X509 *x = make(&(struct recipe){.cn = "a.example", .san = "DNS:a.example"});
	struct cert_facts one, two;
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	ck_assert_int_eq(cert_facts_of(&one, x), 0);
	ck_assert_int_eq(cert_facts_of_der(&two, der, (size_t)len), 0);
	ck_assert_uint_eq(two.der_bytes, (size_t)len);
	ck_assert_mem_eq(one.sha256, two.sha256, 32);
	ck_assert_mem_eq(one.key_sha256, two.key_sha256, 32);
	ck_assert_str_eq(one.subject, two.subject);
	cert_facts_free(&one);
	cert_facts_free(&two);
	OPENSSL_free(der);
	X509_free(x);
}
END_TEST

START_TEST(what_is_no_certificate_leaves_nothing_on_the_error_queue)
{
	X509 *x = make(&(struct recipe){.cn = "a.example"});
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	struct cert_facts f;

	errno = 77;
	ERR_raise(ERR_LIB_X509, X509_R_BAD_SELECTOR);
	for (int cut = 0; cut < len; cut++)
		ck_assert_int_eq(cert_facts_of_der(&f, der, (size_t)cut), -EBADMSG);
	ck_assert_int_eq(cert_facts_of_der(&f, (const uint8_t *)"0", 1), -EBADMSG);
	ck_assert_ptr_null(f.block);
	ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), X509_R_BAD_SELECTOR);
	ck_assert_uint_eq(ERR_get_error(), 0);
	ck_assert_int_eq(errno, 77);
	cert_facts_free(&f);
	OPENSSL_free(der);
	X509_free(x);
}
END_TEST

START_TEST(bytes_after_the_certificate_are_refused)
{
	X509 *x = make(&(struct recipe){.cn = "a.example"});
	unsigned char der[2048], *at = der;
	struct cert_facts f;
	int len = i2d_X509(x, &at);

	der[len] = 0;
	ck_assert_int_eq(cert_facts_of_der(&f, der, (size_t)len + 1), -EBADMSG);
	X509_free(x);
}
END_TEST

START_TEST(the_cn_counts_only_where_there_is_no_dns_name)
{
	struct cert_facts f = facts_of(&(struct recipe){.cn = "cn.example"});

	ck_assert(f.names_from_cn);
	ck_assert_int_eq(cert_covers_host(&f, "CN.example"), COVERS_CN);
	cert_facts_free(&f);
	f = facts_of(&(struct recipe){.cn = "cn.example", .san = "DNS:san.example"});
	ck_assert_int_eq(cert_covers_host(&f, "cn.example"), COVERS_NO);
	ck_assert_int_eq(cert_covers_host(&f, "san.example"), COVERS_NAME);
	cert_facts_free(&f);
	f = facts_of(&(struct recipe){.cn = "cn.example", .san = "IP:192.0.2.1"});
	ck_assert_int_eq(cert_covers_host(&f, "cn.example"), COVERS_CN);
	ck_assert_int_eq(cert_covers_host(&f, "192.0.2.1"), COVERS_IP);
	cert_facts_free(&f);
}
END_TEST

/* The rules are OpenSSL's own: whatever we say has to be what X509_check_host() says. */
START_TEST(covering_a_host_agrees_with_openssl)
{
	static const char *const patterns[] = {"class.example",
					       "*.class.example",
					       "*.lan",
					       "a.*.example",
					       "s*.example.com",
					       "*",
					       "*.",
					       "*..example",
					       "localhost",
					       "*.localhost",
					       "*.a.b.example"};
	static const char *const hosts[] = {
		"class.example",	"seat01.class.example", "a.b.class.example",
		"y.a.b.example",	"printer.lan",		"a.x.example",
		"s1.example.com",	"CLASS.EXAMPLE",	"localhost",
		"seat01.localhost",	"x.a.b.example",	"*.class.example",
		"class.example.",	"xn--a.class.example",	"b.example",
		"seat_1.class.example", "a*.class.example",
	};

	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		char san[80];
		X509 *x;
		struct cert_facts f;

		snprintf(san, sizeof(san), "DNS:%s", patterns[p]);
		x = make(&(struct recipe){.cn = "x", .san = san});
		ck_assert_int_eq(cert_facts_of(&f, x), 0);
		for (size_t h = 0; h < sizeof(hosts) / sizeof(hosts[0]); h++) {
			int theirs = X509_check_host(x, hosts[h], 0,
						     X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL);

			ck_assert_msg((cert_covers_host(&f, hosts[h]) != COVERS_NO) ==
					      (theirs == 1),
				      "%s for %s: OpenSSL says %d", patterns[p], hosts[h], theirs);
		}
		cert_facts_free(&f);
		X509_free(x);
	}
}
END_TEST

START_TEST(a_name_with_a_nul_in_it_is_left_out_and_counted)
{
	X509 *x = X509_new();
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	struct cert_facts f;

	ASN1_STRING_set(text, "good.example\0.evil.example", 26);
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	sk_GENERAL_NAME_push(names, name);
	X509_set_version(x, 2);
	X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, MBSTRING_UTF8,
				   (const unsigned char *)"good.example", -1, -1, 0);
	X509_set_pubkey(x, p384);
	ck_assert_int_gt(X509_sign(x, p384, EVP_sha256()), 0);
	ck_assert_int_eq(cert_facts_of(&f, x), 0);
	ck_assert_uint_eq(f.bad_names, 1);
	ck_assert_uint_eq(f.name_count, 0);
	ck_assert_int_eq(cert_covers_host(&f, "good.example"), COVERS_NO);
	cert_facts_free(&f);
	GENERAL_NAMES_free(names);
	X509_free(x);
}
END_TEST

START_TEST(every_modem_limit_carries_its_basis_and_source)
{
	size_t families = 0;

	for (const struct modem_family *m = modem_families; m->code; m++, families++) {
		const struct limit *limits[] = {&m->chain_der, &m->text, &m->at_line, &m->record,
						&m->record_hard};
		const struct trait *traits[] = {&m->sni, &m->gcm, &m->shows_sha, &m->keygen,
						&m->checks_content};

		for (size_t i = 0; i < 5; i++) {
			ck_assert_uint_gt(limits[i]->max, 0);
			ck_assert_uint_gt(strlen(limits[i]->source), 0);
			ck_assert_uint_gt(strlen(traits[i]->source), 0);
		}
		ck_assert_ptr_eq(modem_family(m->code), m);
	}
	ck_assert_uint_eq(families, 4);
	ck_assert_ptr_null(modem_family("nrf52"));
}
END_TEST

START_TEST(a_modem_without_gcm_offers_no_gcm_suite)
{
	char list[512];
	size_t len = modem_cipher_list(modem_family("nrf9160-1.2"), list, sizeof(list));

	ck_assert_uint_eq(len, strlen(list));
	ck_assert_ptr_null(strstr(list, "GCM"));
	ck_assert_ptr_nonnull(strstr(list, "ECDHE-ECDSA-AES128-SHA256"));
	modem_cipher_list(modem_family("nrf91x1-2.0"), list, sizeof(list));
	ck_assert_ptr_nonnull(strstr(list, "ECDHE-ECDSA-AES128-GCM-SHA256"));
	ck_assert_ptr_null(strstr(list, "ECDHE-ECDSA-AES256-GCM-SHA384"));
	ck_assert_uint_gt(modem_cipher_list(modem_family("nrf91x1-2.0"), list, 10), 9);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("certificate facts");
	TCase *tc = tcase_create("facts");

	p384 = EVP_EC_gen("P-384");
	tcase_add_test(tc, all_facts_of_a_class_certificate_are_taken);
	tcase_add_test(tc, der_gives_the_same_facts_as_the_parsed_certificate);
	tcase_add_test(tc, what_is_no_certificate_leaves_nothing_on_the_error_queue);
	tcase_add_test(tc, bytes_after_the_certificate_are_refused);
	tcase_add_test(tc, the_cn_counts_only_where_there_is_no_dns_name);
	tcase_add_test(tc, covering_a_host_agrees_with_openssl);
	tcase_add_test(tc, a_name_with_a_nul_in_it_is_left_out_and_counted);
	tcase_add_test(tc, every_modem_limit_carries_its_basis_and_source);
	tcase_add_test(tc, a_modem_without_gcm_offers_no_gcm_suite);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
