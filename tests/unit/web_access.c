/* Who may see what, what is masked, which files get out. */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pkcs12.h>

#include "access.h"
#include "confine.h"
#include "publicfile.h"
#include "redact.h"
#include "web.h"

static const struct access a = {.token = "0123456789abcdef0123456789abcdef"};

START_TEST(without_a_token_everybody_is_the_teacher_and_with_one_nobody)
{
	static const struct access none;

	ck_assert_int_eq(access_who(&none, NULL, NULL).role, AUDIENCE_TEACHER);
	ck_assert_int_eq(access_who(&a, NULL, NULL).role, AUDIENCE_NONE);
	ck_assert_int_eq(access_who(&a, "Bearer 0123456789abcdef0123456789abcdef", NULL).role,
			 AUDIENCE_TEACHER);
	ck_assert_int_eq(access_who(&a, "Bearer 0123456789abcdef0123456789abcde", NULL).role,
			 AUDIENCE_NONE);
	ck_assert_int_eq(access_who(&a, "Bearer ", NULL).role, AUDIENCE_NONE);
	ck_assert_int_eq(access_who(&a, "Basic 0123456789abcdef0123456789abcdef", NULL).role,
			 AUDIENCE_NONE);
}
END_TEST

START_TEST(a_cookie_is_good_for_its_seat_alone)
{
	struct audience who = {AUDIENCE_STUDENT, "seat07"}, got;
	char value[256], cookies[400];

	access_cookie(&a, &who, value, sizeof(value));
	snprintf(cookies, sizeof(cookies), "x=1; doorstep=%s; y=2", value);
	got = access_who(&a, NULL, cookies);
	ck_assert_int_eq(got.role, AUDIENCE_STUDENT);
	ck_assert_str_eq(got.seat, "seat07");
	cookies[strlen(cookies) - 6] = '8';
	ck_assert_int_eq(access_who(&a, NULL, cookies).role, AUDIENCE_NONE);
	ck_assert_ptr_null(strstr(value, a.token));
	ck_assert_int_eq(access_who(&a, NULL, "doorstep=t.").role, AUDIENCE_NONE);
	ck_assert_int_eq(access_who(&a, NULL, "doorstep=").role, AUDIENCE_NONE);
	ck_assert_int_eq(access_who(&a, NULL, ";;; ;").role, AUDIENCE_NONE);
	value[0] = 't'; /* a student's proof is no teacher's */
	snprintf(cookies, sizeof(cookies), "doorstep=%.34s", value);
	ck_assert_int_eq(access_who(&a, NULL, cookies).role, AUDIENCE_NONE);
}
END_TEST

START_TEST(a_seats_key_opens_that_seat_alone)
{
	static const struct access other = {.token = "fedcba9876543210fedcba9876543210"};
	char key[ACCESS_KEY_LEN + 1];

	access_seat_key(&a, "seat07", key);
	ck_assert(access_is_seat_key(&a, "seat07", key));
	ck_assert(!access_is_seat_key(&a, "seat08", key));
	ck_assert(!access_is_seat_key(&other, "seat07", key));
	ck_assert(!access_is_seat_key(&a, "seat07", ""));
}
END_TEST

START_TEST(a_token_file_is_made_private_and_refused_when_it_is_not)
{
	char dir[] = "/tmp/doorstep-unit-XXXXXX", path[64], error[300];
	struct access made, again;
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/token", dir);
	ck_assert_int_eq(access_load(&made, path, false, error, sizeof(error)), -1);
	ck_assert_int_eq(access_load(&made, path, true, error, sizeof(error)), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(access_load(&again, path, true, error, sizeof(error)), 0);
	ck_assert_str_eq(made.token, again.token);
	ck_assert_int_eq(chmod(path, 0640), 0);
	ck_assert_int_eq(access_load(&again, path, true, error, sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "chmod 600"));
	unlink(path);
	rmdir(dir);
}
END_TEST

static void masks(const char *in, unsigned flags, const char *out)
{
	struct text t = {0};

	redact_text(&t, in, flags);
	ck_assert_str_eq(t.s ? t.s : "", out);
	text_free(&t);
}

START_TEST(imeis_and_addresses_are_masked_wherever_they_stand)
{
	masks("nrf-352656101234567", REDACT_IMEI, "nrf-************567");
	masks("352656101234567", REDACT_IMEI, "************567");
	masks("x35265610123456", REDACT_IMEI, "x***********456");
	masks("1234567890123", REDACT_IMEI, "1234567890123");
	masks("nrf-35-265610-123456-7", REDACT_IMEI, "nrf-**-******-****56-7");
	masks("IMEI 352656 10 123456 7.", REDACT_IMEI, "IMEI ****** ** ****56 7.");
	masks("352656.101/234_567", REDACT_IMEI, "******.***/***_567");
	masks("2026-01-01T00:00:00.000Z", REDACT_IMEI, "2026-01-01T00:00:00.000Z");
	masks("12 of 34, 2.0.11, +49 30 1234567", REDACT_IMEI, "12 of 34, 2.0.11, +49 30 1234567");
	masks("10.0.0.1 352656101234567", REDACT_IMEI | REDACT_ADDRESS, "10.0.x.x ************567");
	masks("1-2.3.4.5", REDACT_ADDRESS, "1-2.3.x.x");
	masks("nrf-352656101234567", REDACT_ADDRESS, "nrf-352656101234567");
	masks("from 203.0.113.9:4242, then 10.0.0.1", REDACT_ADDRESS,
	      "from 203.0.x.x:4242, then 10.0.x.x");
	masks("[2001:db8:1:2::3]:1", REDACT_ADDRESS, "[2001:db8::x]:1");
	masks("version 2.0.11 at 12:34:56", REDACT_ADDRESS, "version 2.0.11 at 12:34:56");
	masks("::1 and fe80::1", REDACT_ADDRESS, "::x and fe80::x");
	masks("", REDACT_ADDRESS | REDACT_IMEI, "");
	masks("1.2.3.4.", REDACT_ADDRESS, "1.2.x.x.");
	masks("board203.0.113.9", REDACT_ADDRESS, "board203.0.x.x");
	masks("a.203.0.113.9", REDACT_ADDRESS, "a.203.0.x.x");
	masks("host2001:db8:1:2::3", REDACT_ADDRESS, "host2001:db8::x");
}
END_TEST

START_TEST(a_line_is_masked_at_every_depth_and_its_own_names_are_not)
{
	cJSON *json = cJSON_Parse(
		"{\"id\":\"12345678901234567\",\"a\":{\"b\":[\"352656101234567\",{\"c\":\"10.0.0.1\"}]},\"first_bytes\":\"3335\",\"log\":\"x\",\"n\":1}");
	char *out;

	redact_json(json, REDACT_IMEI | REDACT_ADDRESS);
	out = cJSON_PrintUnformatted(json);
	ck_assert_str_eq(
		out,
		"{\"id\":\"12345678901234567\",\"a\":{\"b\":[\"************567\",{\"c\":\"10.0.x.x\"}]},\"n\":1}");
	free(out);
	cJSON_Delete(json);
}
END_TEST

START_TEST(what_holds_a_private_key_is_recognised)
{
	static const char pem[] = "text\n-----BEGIN EC PRIVATE KEY-----\nAAAA";
	static const char cert[] = "-----BEGIN CERTIFICATE-----\nAAAA";
	EVP_PKEY *key = EVP_EC_gen("P-256");
	PKCS12 *bag = PKCS12_create("password", NULL, key, NULL, NULL, 0, 0, 1, 1, 0);
	unsigned char *bytes = NULL;
	int len = i2d_PKCS12(bag, &bytes);

	ck_assert(publicfile_holds_key(pem, strlen(pem)));
	ck_assert(!publicfile_holds_key(cert, strlen(cert)));
	ck_assert(!publicfile_holds_key("", 0));
	ck_assert(!publicfile_holds_key("0\x82", 2));
	ck_assert_int_gt(len, 0); /* what is in one is seen with its password only */
	ck_assert(publicfile_holds_key((char *)bytes, (size_t)len));
	OPENSSL_free(bytes);
	PKCS12_free(bag);
	EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_name_of_a_file_is_one_plain_component)
{
	static const char *const bad[] = {"",	     ".",   "..",   "../x",	"a/b",
					  ".hidden", "a b", "a\\b", "\xc3\xa4", "a\nb"};

	ck_assert(publicfile_name_ok("seat07.class.example.pem"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_msg(!publicfile_name_ok(bad[i]), "%s", bad[i]);
}
END_TEST

/* What is left of a call after the process has given up what it does not need: errno, or the
 * negative number of the signal that ended it. */
static int left_of(long call)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (confine_calls() != 0)
			_exit(255);
		errno = 0;
		syscall(call, 0, 0, 0, 0, 0, 0);
		_exit(errno);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(a_page_has_no_way_out_by_whatever_call)
{
	static const long calls[] = {SYS_socket,	 SYS_connect,	  SYS_execve,
				     SYS_clone,		 SYS_kill,	  SYS_tgkill,
				     SYS_ptrace,	 SYS_umount2,	  SYS_unshare,
				     SYS_io_uring_setup, SYS_pidfd_getfd, SYS_process_vm_readv};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		ck_assert_msg(left_of(calls[i]) == EPERM, "call %ld", calls[i]);
	ck_assert_int_eq(left_of(SYS_getpid), 0);
#ifdef __X32_SYSCALL_BIT
	ck_assert_int_eq(left_of(__X32_SYSCALL_BIT + SYS_connect), -SIGSYS);
#endif
}
END_TEST

SUITE("web-access", a_page_has_no_way_out_by_whatever_call,
      without_a_token_everybody_is_the_teacher_and_with_one_nobody,
      a_cookie_is_good_for_its_seat_alone, a_seats_key_opens_that_seat_alone,
      a_token_file_is_made_private_and_refused_when_it_is_not,
      imeis_and_addresses_are_masked_wherever_they_stand,
      a_line_is_masked_at_every_depth_and_its_own_names_are_not,
      what_holds_a_private_key_is_recognised, a_name_of_a_file_is_one_plain_component)
