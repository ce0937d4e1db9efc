/* Keys that the modem makes, what it signs, what it tells of a certificate. */
#include "dk_modem.h"
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "at.h"

START_TEST(keygen_makes_a_key_that_stays_and_a_csr_that_can_be_checked)
{
	unsigned char der[2048];
	const unsigned char *p = der;
	char base64[4096];
	size_t n = 0;
	const char *from;
	X509_REQ *request;
	EVP_PKEY *key;
	int bytes;

	ck_assert_int_eq(run("AT%KEYGEN=24,2,0,\"CN=nrf-351656100000019,O=Class\""), AT_OK);
	ck_assert_int_eq(strncmp(out.s, "%KEYGEN: \"", 10), 0);
	for (from = out.s + 10; *from != '.'; from++)
		base64[n++] = (char)(*from == '-' ? '+' : *from == '_' ? '/' : *from);
	while (n % 4)
		base64[n++] = '=';
	bytes = EVP_DecodeBlock(der, (unsigned char *)base64, (int)n);
	ck_assert_int_gt(bytes, 0);
	request = d2i_X509_REQ(NULL, &p, bytes);
	ck_assert_ptr_nonnull(request);
	key = X509_REQ_get_pubkey(request);
	ck_assert_int_eq(X509_REQ_verify(request, key), 1);
	EVP_PKEY_free(key);
	X509_REQ_free(request);
	ck_assert_int_eq(run("AT%CMNG=2,24,2"), CME_NO_ACCESS);
	ck_assert_int_eq(put(24, 2, "another"), CME_ALREADY_EXISTS);
	ck_assert_int_eq(run("AT%KEYGEN=24,2,0"), CME_ALREADY_EXISTS);
	ck_assert_int_eq(run("AT%CMNG=3,24,2"), AT_OK);
	ck_assert_int_eq(run("AT%KEYGEN=24,2,1"), AT_OK);
}
END_TEST

START_TEST(keygen_refuses_a_subject_it_cannot_read_and_leaves_no_key)
{
	ck_assert_int_eq(run("AT%KEYGEN=24,2,0,\"nonsense\""), CME_INCORRECT_PARAMETER);
	ck_assert_ptr_null(store_find(&modem.store, 24, 2));
	ck_assert_int_eq(run("AT%KEYGEN=24,3,0"), CME_INCORRECT_PARAMETER);
	with_firmware("1.2.3");
	ck_assert_int_eq(run("AT%KEYGEN=24,2,0"), AT_ERROR);
}
END_TEST

START_TEST(certexpiry_tells_serial_and_both_dates_of_what_is_stored)
{
	char expected[64];
	time_t now = time(NULL), end = now + 3650 * (time_t)86400;
	struct tm tm;

	ck_assert_int_eq(run("AT%CERTEXPIRY=24,0"), CME_NOT_FOUND);
	put(24, 0, pem);
	ck_assert_int_eq(run("AT%CERTEXPIRY=24,0"), AT_OK);
	/* The serial number is written as the certificate has it: above 0x7f a zero goes before. */
	ck_assert_int_eq(strncmp(out.s, "%CERTEXPIRY: 00AEF87681FA968B61,", 32), 0);
	ck_assert_uint_eq(strspn(out.s + 32, "0123456789"), 14);
	gmtime_r(&end, &tm);
	strftime(expected, sizeof(expected), "Z,%Y%m%d", &tm);
	ck_assert_ptr_eq(strstr(out.s, expected), out.s + 46);
	ck_assert_str_eq(out.s + strlen(out.s) - 3, "Z\r\n");
	ck_assert_int_eq(run("AT%CERTEXPIRY=24,2"), CME_INCORRECT_PARAMETER);
	ck_assert_int_eq(run("AT%CERTEXPIRY=0,0"), CME_INCORRECT_PARAMETER);
	ck_assert_int_eq(run("AT%CERTEXPIRY=24,10"), CME_NOT_FOUND);
	with_firmware("2.0.0");
	put(24, 0, "HONKHONK");
	ck_assert_int_eq(run("AT%CERTEXPIRY=24,0"), CME_INVALID_CONTENT);
	with_firmware("1.2.3");
	ck_assert_int_eq(run("AT%CERTEXPIRY=24,0"), AT_ERROR);
}
END_TEST

START_TEST(an_endorsement_key_that_is_there_is_told_again)
{
	char first[2048];

	ck_assert_int_eq(run("AT%KEYGEN=25,8"), AT_OK);
	snprintf(first, sizeof(first), "%s", out.s);
	ck_assert_int_eq(strncmp(first, "%KEYGEN: \"", 10), 0);
	ck_assert_int_eq(run("AT%KEYGEN=25,8"), AT_OK);
	ck_assert_str_eq(out.s, first);
	ck_assert_int_eq(run("AT%KEYGEN=26,8"), AT_OK);
	ck_assert_str_ne(out.s, first);
}
END_TEST

START_TEST(what_is_signed_has_its_form_and_what_cannot_be_signed_its_error)
{
	ck_assert_int_eq(run("AT%ATTESTTOKEN"), AT_OK);
	ck_assert_int_eq(strncmp(out.s, "%ATTESTTOKEN: \"2dn3", 19), 0);
	ck_assert_ptr_nonnull(strchr(out.s, '.'));
	ck_assert_int_eq(run("AT%ATTESTTOKEN=\"90115c20ac3f381b520b43c76bd5d99c\""), AT_OK);
	ck_assert_int_eq(run("AT%ATTESTTOKEN=\"90115c20\""), CME_INCORRECT_PARAMETER);
	ck_assert_int_eq(run("AT%CLAIMTOKEN=22"), CME_CLAIM_TOKEN);
	ck_assert_int_eq(run("AT%XSUDO=16,\"c2ln\";%CMNG=3,24,0"), CME_NOT_FOUND);
	ck_assert_int_eq(put(0, 5, "-----BEGIN PUBLIC KEY-----"), AT_OK);
	ck_assert_int_eq(run("AT%XSUDO=16,\"c2ln\";%CMNG=3,24,0"), CME_AUTHENTICATION);
	ck_assert_int_eq(run("AT%XSUDO=16"), CME_INCORRECT_PARAMETER);
	with_firmware("1.2.3");
	ck_assert_int_eq(run("AT%ATTESTTOKEN"), AT_ERROR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_at_key");
	TCase *tests = tcase_create("at_key");

	tcase_add_checked_fixture(tests, modem_setup, modem_teardown);
	tcase_add_test(tests, keygen_makes_a_key_that_stays_and_a_csr_that_can_be_checked);
	tcase_add_test(tests, keygen_refuses_a_subject_it_cannot_read_and_leaves_no_key);
	tcase_add_test(tests, certexpiry_tells_serial_and_both_dates_of_what_is_stored);
	tcase_add_test(tests, an_endorsement_key_that_is_there_is_told_again);
	tcase_add_test(tests, what_is_signed_has_its_form_and_what_cannot_be_signed_its_error);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
