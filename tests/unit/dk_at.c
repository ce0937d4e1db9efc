/* The AT interpreter against the table of the facts: operations, types, CME errors, framing. */
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "at.h"
#include "at_args.h"

static struct modem modem;
static struct text out;
static char pem[4096];

/* A self-signed certificate as text, made for this run. */
static void make_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), 0xAEF87681FA968B61u);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_time_adj_ex(X509_getm_notAfter(cert), 3650, 0, NULL);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	PEM_write_bio_X509(bio, cert);
	len = BIO_get_mem_data(bio, &text);
	snprintf(pem, sizeof(pem), "%.*s", (int)len, text);
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static void with_firmware(const char *version)
{
	const char *why;

	if (modem.firmware)
		modem_close(&modem);
	modem_init(&modem, firmware_find(version), "351656100000019");
	modem_start(&modem);
	ck_assert_int_eq(store_open(&modem.store, NULL, &why), 0);
}

static void setup(void)
{
	memset(&modem, 0, sizeof(modem));
	make_certificate();
	with_firmware("2.0.2");
}

static void teardown(void)
{
	modem_close(&modem);
	text_free(&out);
	memset(&out, 0, sizeof(out));
}

static int run(const char *line)
{
	text_reset(&out);
	return at_execute(&modem, line, strlen(line), &out);
}

static int put(unsigned tag, unsigned type, const char *text)
{
	char line[9000];

	snprintf(line, sizeof(line), "AT%%CMNG=0,%u,%u,\"%s\"", tag, type, text);
	return run(line);
}

static void activate(void)
{
	ck_assert_int_eq(run("AT+CFUN=1"), AT_OK);
}

START_TEST(a_credential_is_kept_byte_for_byte_and_read_back)
{
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,0"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, pem));
	ck_assert_uint_eq(store_find(&modem.store, 24, 0)->len, strlen(pem));
}
END_TEST

START_TEST(the_list_shows_one_line_an_item_with_its_sha256)
{
	ck_assert_int_eq(put(24, 2, "abc"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_str_eq(out.s, "%CMNG: 24,2,\"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410"
				"FF61F20015AD\"\r\n");
	ck_assert_int_eq(run("AT%CMNG=1,25"), AT_OK);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(run("AT%CMNG=1,24,0"), AT_OK);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(run("AT%CMNG=1"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, "%CMNG: 24,2"));
}
END_TEST

START_TEST(firmware_before_1_3_2_lists_placeholders_instead_of_digests)
{
	with_firmware("1.3.1");
	ck_assert_int_eq(put(24, 0, "HONKHONK"), AT_OK);
	ck_assert_int_eq(put(24, 1, "HONKHONK"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, "24,0,\"00000000"));
	ck_assert_ptr_nonnull(strstr(out.s, "24,1,\"01010101"));
}
END_TEST

START_TEST(writing_and_deleting_need_the_radio_off_and_reading_does_not)
{
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	activate();
	ck_assert_int_eq(put(24, 0, pem), CME_ACTIVE_STATE);
	ck_assert_int_eq(run("AT%CMNG=3,24,0"), CME_ACTIVE_STATE);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,0"), AT_OK);
	ck_assert_int_eq(run("AT%KEYGEN=30,2,0"), CME_ACTIVE_STATE);
	ck_assert_int_eq(run("AT+CFUN=4"), AT_OK);
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=3,24,0"), AT_OK);
}
END_TEST

START_TEST(each_cme_error_of_the_facts_has_its_cause)
{
	static const struct {
		const char *line;
		int expected;
	} cases[] = {
		{"AT%CMNG=2,24,0", CME_NOT_FOUND},
		{"AT%CMNG=3,24,0", CME_NOT_FOUND},
		{"AT%CMNG=4,24,0", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0,\"\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0,abc", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,12,\"x\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,2147483668,0,\"x\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,0,\"x", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,-1,0,\"x\"", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,2,\"x\",\"123456789012345678901234567890123\"",
		 CME_INCORRECT_PARAMETER},
		{"AT%CMNG=2,24", CME_INCORRECT_PARAMETER},
		{"AT%CMNG=0,24,8,\"x\"", CME_NO_ACCESS},
		{"AT%CMNG=0,24,10,\"x\"", CME_NO_ACCESS},
		{"AT%CMNG=0,24,0,\"HONKHONK\"", CME_INVALID_CONTENT},
		{"AT%CMNG=0,24,1,\"HONKHONK\"", CME_INVALID_CONTENT},
		{"AT%CMNG=0,24,2,\"HONKHONK\"", AT_OK},
		{"AT%CMNG=0,24,4,\"identity\"", AT_OK},
		{"AT%CMNG=2,24,2", CME_NO_ACCESS},
		{"AT%CMNG=2,24,4", AT_OK},
		{"AT%CMNG", AT_ERROR},
		{"AT%CMNG?", AT_ERROR},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(run(cases[i].line) == cases[i].expected, "%s", cases[i].line);
}
END_TEST

START_TEST(a_full_store_is_told_as_memory_full)
{
	for (unsigned tag = 0; tag < STORE_ITEMS; tag++)
		ck_assert_int_eq(put(tag, 2, "x"), AT_OK);
	ck_assert_int_eq(put(STORE_ITEMS, 2, "x"), CME_MEMORY_FULL);
	ck_assert_int_eq(put(0, 2, "y"), AT_OK);
}
END_TEST

START_TEST(broken_pem_is_refused_by_new_firmware_and_taken_by_old)
{
	static const char *const broken[] = {
		"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----",
		"-----BEGIN CA CERTIFICATE-----\nMIIB\n-----END CA CERTIFICATE-----\n",
	};
	char cut[sizeof(pem)];

	snprintf(cut, sizeof(cut), "%s", pem);
	cut[strlen(cut) - 2] = '\0'; /* the newline and the last '-' */
	for (int i = 0; i < 2; i++) {
		with_firmware(i == 0 ? "2.0.2" : "2.0.0");
		for (size_t b = 0; b < 2; b++)
			ck_assert_int_eq(put(24, 0, broken[b]),
					 i == 0 ? CME_INVALID_CONTENT : AT_OK);
		ck_assert_int_eq(put(24, 0, cut), i == 0 ? CME_INVALID_CONTENT : AT_OK);
	}
}
END_TEST

START_TEST(pem_without_its_final_newline_is_whole)
{
	pem[strlen(pem) - 1] = '\0';
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
}
END_TEST

START_TEST(reading_back_more_than_4096_bytes_crashes_the_modem_and_4096_do_not)
{
	char text[4200];

	memset(text, 'a', sizeof(text));
	text[4096] = '\0';
	ck_assert_int_eq(put(24, 4, text), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,4"), AT_OK);
	text[4096] = 'a';
	text[4097] = '\0';
	ck_assert_int_eq(put(24, 4, text), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=1,24,4"), AT_OK); /* the digest is harmless */
	ck_assert_int_eq(run("AT%CMNG=2,24,4"), AT_DEAD);
	ck_assert_uint_eq(modem.fault, 4);
	ck_assert_int_eq(run("AT"), AT_DEAD);
	ck_assert_int_eq(run("AT%CMNG=1"), AT_DEAD);
	modem_start(&modem);
	ck_assert_int_eq(run("AT"), AT_OK);
}
END_TEST

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

START_TEST(each_firmware_has_the_types_and_tags_of_its_time)
{
	/* Types 6 to 11 came with 1.3.0, tags that can be decrypted with 2.0. */
	with_firmware("1.2.3");
	ck_assert_int_eq(put(24, 5, "x"), AT_OK);
	ck_assert_int_eq(put(24, 6, "x"), CME_INCORRECT_PARAMETER);
	ck_assert_int_eq(put(2147483647u, 2, "x"), AT_OK);
	ck_assert_int_eq(put(2147483648u, 2, "x"), CME_INCORRECT_PARAMETER);
	with_firmware("1.3.x");
	ck_assert_int_eq(put(24, 6, "x"), CME_NO_ACCESS);
	ck_assert_int_eq(put(2147483648u, 2, "x"), CME_INCORRECT_PARAMETER);
	with_firmware("2.0.x");
	ck_assert_int_eq(put(2147483648u, 2, "x"), AT_OK);
	ck_assert_int_eq(put(2147483667u, 2, "x"), AT_OK);
	ck_assert_int_eq(put(2147483668u, 2, "x"), CME_INCORRECT_PARAMETER);
	for (unsigned type = 0; type <= 11; type++)
		ck_assert_int_eq(put(30, type, type <= 1 ? pem : "x"),
				 type <= 5 ? AT_OK : CME_NO_ACCESS);
	for (unsigned type = 0; type <= 5; type++) {
		char line[40];

		snprintf(line, sizeof(line), "AT%%CMNG=2,30,%u", type);
		ck_assert_int_eq(run(line), type == 2 || type == 3 ? CME_NO_ACCESS : AT_OK);
		snprintf(line, sizeof(line), "AT%%CMNG=3,30,%u", type);
		ck_assert_int_eq(run(line), AT_OK);
		ck_assert_int_eq(run(line), CME_NOT_FOUND);
	}
}
END_TEST

START_TEST(a_low_supply_blocks_writes_and_nothing_else)
{
	ck_assert_int_eq(put(24, 0, pem), AT_OK);
	modem.low_power = true;
	ck_assert_int_eq(put(24, 0, pem), CME_POWER_OFF_WARNING);
	ck_assert_int_eq(run("AT%CMNG=3,24,0"), CME_POWER_OFF_WARNING);
	ck_assert_int_eq(run("AT%KEYGEN=30,2"), CME_POWER_OFF_WARNING);
	ck_assert_int_eq(run("AT%CMNG=1,24"), AT_OK);
	ck_assert_int_eq(run("AT%CMNG=2,24,0"), AT_OK);
	activate();
	ck_assert_int_eq(put(24, 0, pem), CME_ACTIVE_STATE);
}
END_TEST

START_TEST(errors_that_no_simulation_has_come_on_request)
{
	static const int codes[] = {AT_PHONE_FAILURE, CME_MEMORY_FAILURE, CME_SYSTEM_ERROR};
	static const char *const said[] = {"+CME ERROR: 0\r\n", "+CME ERROR: 23\r\n",
					   "+CME ERROR: 60\r\n"};
	const char *line = "AT%CMNG=0,24,2,\"x\"";

	run("AT+CMEE=1");
	for (size_t i = 0; i < 3; i++) {
		modem.refuses = codes[i];
		text_reset(&out);
		at_answer(&modem, line, strlen(line), &out);
		ck_assert_str_eq(out.s, said[i]);
		ck_assert_ptr_null(store_find(&modem.store, 24, 2));
	}
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

START_TEST(only_what_switches_lte_changes_whether_it_is_on)
{
	static const struct {
		const char *line;
		int cfun;
	} cases[] = {{"AT+CFUN=1", 1},	{"AT+CFUN=31", 1}, {"AT+CFUN=30", 1},  {"AT+CFUN=41", 1},
		     {"AT+CFUN=20", 4}, {"AT+CFUN=31", 4}, {"AT+CFUN=21", 21}, {"AT+CFUN=44", 4}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i].line), AT_OK);
		ck_assert_msg(modem.cfun == cases[i].cfun, "%s", cases[i].line);
	}
}
END_TEST

START_TEST(several_commands_in_one_line_are_refused_and_none_is_run)
{
	static const char *const lines[] = {"AT+CMEE=1;+CFUN=1", "AT+CMEE=1; AT+CFUN=1",
					    "AT+CFUN?;+CMEE?"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(run(lines[i]) != AT_OK, "%s", lines[i]);
	ck_assert_int_eq(modem.cmee, 0);
	ck_assert_int_eq(modem.cfun, 0);
}
END_TEST

START_TEST(commands_are_taken_in_either_case_and_contents_keep_theirs)
{
	ck_assert_int_eq(run("at%cmng=0,24,4,\"MixedCase\""), AT_OK);
	ck_assert_int_eq(run("At%Cmng=2,24,4"), AT_OK);
	ck_assert_ptr_nonnull(strstr(out.s, "\"MixedCase\""));
	ck_assert_int_eq(run("ate0"), AT_OK);
}
END_TEST

START_TEST(a_crashed_modem_answers_error_to_everything)
{
	modem.fault = 4;
	ck_assert_int_eq(at_answer(&modem, "AT+CMEE=1", 9, &out), AT_DEAD);
	ck_assert_str_eq(out.s, "ERROR\r\n");
}
END_TEST

START_TEST(cmee_decides_between_error_and_the_number)
{
	const char *line = "AT%CMNG=2,24,0";

	at_answer(&modem, line, strlen(line), &out);
	ck_assert_str_eq(out.s, "ERROR\r\n");
	run("AT+CMEE=1");
	text_reset(&out);
	at_answer(&modem, line, strlen(line), &out);
	ck_assert_str_eq(out.s, "+CME ERROR: 513\r\n");
	text_reset(&out);
	at_answer(&modem, "AT+NONSENSE", 11, &out);
	ck_assert_str_eq(out.s, "ERROR\r\n");
}
END_TEST

START_TEST(a_tool_finds_what_it_asks_for_at_the_start)
{
	static const struct {
		const char *line;
		const char *has;
	} cases[] = {
		{"AT", ""},
		{"at+cgmr", "mfw_nrf91x1_2.0.2\r\n"},
		{"AT+CGMM", "nRF9151-LACA\r\n"},
		{"AT+CGMI", "Nordic Semiconductor ASA\r\n"},
		{"AT+CGSN", "351656100000019\r\n"},
		{"AT+CGSN=1", "+CGSN: \"351656100000019\"\r\n"},
		{"AT+CFUN?", "+CFUN: 0\r\n"},
		{"AT+CEREG?", "+CEREG: 0,0\r\n"},
		{"AT+CEREG=5", ""},
		{"AT%XMODEMTRACE=1,2", ""},
		{"AT%XSYSTEMMODE?", "%XSYSTEMMODE: 1,1,0,0\r\n"},
		{"AT%SHORTSWVER", "%SHORTSWVER: nrf91x1_2.0.2\r\n"},
		{"AT%HWVERSION", "%HWVERSION: nRF9151 LACA A0A\r\n"},
		{"AT+CESQ", "+CESQ: 99,99,255,255,255,255\r\n"},
		{"AT+CGATT?", "+CGATT: 0\r\n"},
		{"AT+CPIN?", "+CPIN: READY\r\n"},
		{"  AT+CMEE?  ", "+CMEE: 0\r\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(run(cases[i].line) == AT_OK, "%s", cases[i].line);
		ck_assert_str_eq(out.s ? out.s : "", cases[i].has);
	}
	activate();
	run("AT+CEREG?");
	ck_assert_str_eq(out.s, "+CEREG: 5,1\r\n");
	modem.network = false;
	run("AT+CEREG?");
	ck_assert_str_eq(out.s, "+CEREG: 5,0\r\n");
}
END_TEST

START_TEST(what_is_no_command_is_an_error_and_changes_nothing)
{
	static const char *const lines[] = {"",		"A",	     "BT",	  "AT+",
					    "AT%",	"ATX",	     "AT+CFUN",	  "AT+CFUN=3",
					    "AT+CFUN=", "AT+CMEE=9", "AT+CFUN?x", "AT+CGSN=9"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(run(lines[i]) != AT_OK, "%s", lines[i]);
	ck_assert_int_eq(modem.cfun, 0);
	ck_assert_int_eq(modem.cmee, 0);
}
END_TEST

static struct at_frame frame;

static int feed(const char *bytes)
{
	int complete = 0;

	for (; *bytes; bytes++)
		if (at_frame_take(&frame, *bytes) == 1) {
			complete++;
			ck_assert_uint_lt(frame.len, sizeof(frame.line));
			frame.len = bytes[1] ? 0 : frame.len;
		}
	return complete;
}

START_TEST(a_line_ends_with_cr_or_lf_but_not_within_quotes)
{
	memset(&frame, 0, sizeof(frame));
	ck_assert_int_eq(feed("AT\r\nAT+CFUN?\r"), 2);
	ck_assert_str_eq(frame.line, "AT+CFUN?");
	frame.len = 0;
	ck_assert_int_eq(feed("AT%CMNG=0,24,0,\"a\nb\r\nc\"\r"), 1);
	ck_assert_str_eq(frame.line, "AT%CMNG=0,24,0,\"a\nb\r\nc\"");
}
END_TEST

START_TEST(a_line_of_4096_bytes_is_too_long_for_the_at_host_and_the_next_one_works)
{
	char line[AT_LINE_MAX + 1];
	int last = 0;

	memset(&frame, 0, sizeof(frame));
	memset(line, 'A', sizeof(line));
	for (size_t i = 0; i < AT_LINE_MAX; i++)
		ck_assert_int_eq(at_frame_take(&frame, line[i]), 0);
	last = at_frame_take(&frame, '\r');
	ck_assert_int_eq(last, -1);
	ck_assert_int_eq(feed("AT\r"), 1);
	ck_assert_str_eq(frame.line, "AT");
}
END_TEST

START_TEST(a_credential_that_is_too_long_is_one_error_and_the_next_line_is_a_line)
{
	const char *end = "-----END CERTIFICATE-----\n\"\r\n";
	int errors = 0;

	memset(&frame, 0, sizeof(frame));
	feed("AT%CMNG=0,24,0,\"-----BEGIN CERTIFICATE-----\n");
	for (int i = 0; i < 130; i++) {
		static const char line[] =
			"MIIBkTCB+wIJAKHHIG11mS1dMA0GCSqGSIb3DQEBBQUAMA0xCzAJBgNVBAYTAkZJ\n";

		for (const char *p = line; *p; p++)
			errors += at_frame_take(&frame, *p) < 0;
	}
	for (; *end; end++)
		errors += at_frame_take(&frame, *end) < 0;
	ck_assert_int_eq(errors, 1);
	ck_assert_int_eq(feed("AT+CMEE?\r"), 1);
	ck_assert_str_eq(frame.line, "AT+CMEE?");
}
END_TEST

START_TEST(backspace_takes_back_a_quote_as_well)
{
	memset(&frame, 0, sizeof(frame));
	ck_assert_int_eq(feed("AT+CMX\bEE=\"\x7f"
			      "1\r"),
			 1);
	ck_assert_str_eq(frame.line, "AT+CMEE=1");
}
END_TEST

START_TEST(arguments_are_spans_and_quotes_must_close)
{
	struct at_args args;
	uint64_t n;

	ck_assert(at_args_read(&args, "0, 24 ,\"a,b\" ,x", 15, false));
	ck_assert_uint_eq(args.count, 4);
	ck_assert(at_arg_number(&args, 1, 100, &n) && n == 24);
	ck_assert_uint_eq(args.list[2].len, 3);
	ck_assert(!at_arg_number(&args, 3, 100, &n));
	ck_assert(!at_args_read(&args, "\"a", 2, false));
	ck_assert(!at_args_read(&args, "\"a\"b", 4, false));
	ck_assert(!at_args_read(&args, "1,2,3,4,5,6,7,8,9", 17, false));
	ck_assert(at_args_read(&args, "", 0, false));
	ck_assert(!at_arg_number(&args, 0, 100, &n));
}
END_TEST

START_TEST(the_store_survives_a_restart_and_is_readable_by_its_owner_alone)
{
	char dir[] = "/tmp/doorstep-dk-XXXXXX";
	char path[64];
	struct store store;
	struct stat st;
	const char *why;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store.json", dir);
	ck_assert_int_eq(store_open(&store, path, &why), 0);
	ck_assert_int_eq(store_put(&store, 16842753, 2, "a\0b\n", 4, true), 0);
	ck_assert_int_eq(store_put(&store, 24, 0, "text", 4, false), 0);
	store_close(&store);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(store_open(&store, path, &why), 0);
	ck_assert_uint_eq(store.count, 2);
	ck_assert_uint_eq(store_find(&store, 16842753, 2)->len, 4);
	ck_assert_int_eq(memcmp(store_find(&store, 16842753, 2)->text, "a\0b\n", 4), 0);
	ck_assert(store_find(&store, 16842753, 2)->made_here);
	ck_assert_int_eq(store_clear(&store), 0);
	store_close(&store);
	ck_assert_int_eq(store_open(&store, path, &why), 0);
	ck_assert_uint_eq(store.count, 0);
	store_close(&store);
	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(a_store_that_is_none_is_refused_and_left_as_it_is)
{
	static const char *const bad[] = {
		"",
		"{}",
		"{\"v\":2,\"credentials\":[]}",
		"[1",
		"{\"v\":1,\"credentials\":[{\"tag\":1}]}",
		"{\"v\":1,\"credentials\":[{\"tag\":-1,\"type\":0,\"base64\":"
		"\"QUJD\"}]}",
		"{\"v\":1,\"credentials\":[{\"tag\":1,\"type\":0,\"base64\":"
		"\"QUJ\"}]}"};
	char path[] = "/tmp/doorstep-dk-XXXXXX";
	int fd = mkstemp(path);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct store store;
		const char *why = NULL;

		ck_assert_int_eq(ftruncate(fd, 0), 0);
		ck_assert_int_eq(pwrite(fd, bad[i], strlen(bad[i]), 0), (int)strlen(bad[i]));
		ck_assert_int_lt(store_open(&store, path, &why), 0);
		ck_assert_ptr_nonnull(why);
	}
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(each_firmware_line_of_the_issue_is_there_with_its_differences)
{
	char ciphers[1024];

	ck_assert_str_eq(firmware_find("1.1.x")->version, "1.1.5");
	ck_assert_str_eq(firmware_find("1.3.x")->version, "1.3.6");
	ck_assert_str_eq(firmware_find("2.0.x")->version, "2.0.2");
	ck_assert(!firmware_find("1.2.0")->sni);
	ck_assert(firmware_find("1.2.3")->sni);
	ck_assert_ptr_null(firmware_find("9.9"));
	for (const struct firmware *f = firmwares; f->version; f++) {
		ck_assert_ptr_nonnull(firmware_family(f));
		ck_assert_uint_lt(firmware_ciphers(f, ciphers, sizeof(ciphers)), sizeof(ciphers));
		ck_assert_int_eq(strstr(ciphers, "GCM") != NULL, f->gcm);
		ck_assert_ptr_null(strstr(ciphers, "ECDHE-ECDSA-AES256-GCM"));
		ck_assert_ptr_null(strstr(ciphers, "CHACHA"));
	}
}
END_TEST

START_TEST(an_imei_made_from_a_name_is_valid_and_always_the_same)
{
	char a[16], b[16];
	int sum = 0;

	modem_imei_of(a, "seat07");
	modem_imei_of(b, "seat07");
	ck_assert_str_eq(a, b);
	modem_imei_of(b, "seat08");
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strspn(a, "0123456789"), 15);
	for (int i = 0; i < 15; i++) {
		int digit = a[i] - '0';

		if (i % 2)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	ck_assert_int_eq(sum % 10, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dk_at");
	TCase *tests = tcase_create("at");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_credential_is_kept_byte_for_byte_and_read_back);
	tcase_add_test(tests, the_list_shows_one_line_an_item_with_its_sha256);
	tcase_add_test(tests, firmware_before_1_3_2_lists_placeholders_instead_of_digests);
	tcase_add_test(tests, writing_and_deleting_need_the_radio_off_and_reading_does_not);
	tcase_add_test(tests, each_cme_error_of_the_facts_has_its_cause);
	tcase_add_test(tests, a_full_store_is_told_as_memory_full);
	tcase_add_test(tests, broken_pem_is_refused_by_new_firmware_and_taken_by_old);
	tcase_add_test(tests, pem_without_its_final_newline_is_whole);
	tcase_add_test(tests, reading_back_more_than_4096_bytes_crashes_the_modem_and_4096_do_not);
	tcase_add_test(tests, keygen_makes_a_key_that_stays_and_a_csr_that_can_be_checked);
	tcase_add_test(tests, keygen_refuses_a_subject_it_cannot_read_and_leaves_no_key);
	tcase_add_test(tests, certexpiry_tells_serial_and_both_dates_of_what_is_stored);
	tcase_add_test(tests, an_endorsement_key_that_is_there_is_told_again);
	tcase_add_test(tests, each_firmware_has_the_types_and_tags_of_its_time);
	tcase_add_test(tests, a_low_supply_blocks_writes_and_nothing_else);
	tcase_add_test(tests, errors_that_no_simulation_has_come_on_request);
	tcase_add_test(tests, what_is_signed_has_its_form_and_what_cannot_be_signed_its_error);
	tcase_add_test(tests, only_what_switches_lte_changes_whether_it_is_on);
	tcase_add_test(tests, several_commands_in_one_line_are_refused_and_none_is_run);
	tcase_add_test(tests, commands_are_taken_in_either_case_and_contents_keep_theirs);
	tcase_add_test(tests, a_crashed_modem_answers_error_to_everything);
	tcase_add_test(tests,
		       a_credential_that_is_too_long_is_one_error_and_the_next_line_is_a_line);
	tcase_add_test(tests, backspace_takes_back_a_quote_as_well);
	tcase_add_test(tests, cmee_decides_between_error_and_the_number);
	tcase_add_test(tests, a_tool_finds_what_it_asks_for_at_the_start);
	tcase_add_test(tests, what_is_no_command_is_an_error_and_changes_nothing);
	tcase_add_test(tests, a_line_ends_with_cr_or_lf_but_not_within_quotes);
	tcase_add_test(tests,
		       a_line_of_4096_bytes_is_too_long_for_the_at_host_and_the_next_one_works);
	tcase_add_test(tests, arguments_are_spans_and_quotes_must_close);
	tcase_add_test(tests, the_store_survives_a_restart_and_is_readable_by_its_owner_alone);
	tcase_add_test(tests, a_store_that_is_none_is_refused_and_left_as_it_is);
	tcase_add_test(tests, each_firmware_line_of_the_issue_is_there_with_its_differences);
	tcase_add_test(tests, an_imei_made_from_a_name_is_valid_and_always_the_same);
	suite_add_tcase(suite, tests);
	return unit_run(suite);
}
