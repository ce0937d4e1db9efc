/* The ClientHello reader: a real offer, one cut off at every byte, and lies about lengths. */
#include "unit.h"

#include <string.h>

#include "hello.h"
#include "looks.h"
#include "tlsname.h"

static uint8_t msg[1024];
static size_t len;

static void put(const void *p, size_t n)
{
	memcpy(msg + len, p, n);
	len += n;
}

static void put16(unsigned v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	put(b, 2);
}

static void extension(unsigned type, const void *data, size_t n)
{
	put16(type);
	put16((unsigned)n);
	put(data, n);
}

/* An offer as an nRF9160 with old firmware may send it: TLS 1.2, CBC suites, an SNI. */
static void make_offer(const uint16_t *suites, size_t n, bool sni)
{
	static const uint8_t zeros[32];
	size_t at;

	len = 0;
	put("\x01\0\0\0", 4);
	put16(0x0303);
	put(zeros, 32);
	put("\0", 1);
	put16((unsigned)(2 * n));
	for (size_t i = 0; i < n; i++)
		put16(suites[i]);
	put("\x01\0", 2);
	at = len;
	put16(0);
	if (sni)
		extension(0, "\0\x14\0\0\x11seat07.class.test", 22);
	extension(10, "\0\x04\0\x17\0\x18", 6);
	extension(13, "\0\x04\x04\x03\x05\x03", 6);
	extension(1, "\x03", 1);
	msg[at] = (uint8_t)((len - at - 2) >> 8);
	msg[at + 1] = (uint8_t)(len - at - 2);
	msg[2] = (uint8_t)((len - 4) >> 8);
	msg[3] = (uint8_t)(len - 4);
}

static const uint16_t old_modem[] = {0xc024, 0xc00a, 0xc023, 0xc009,
				     0xc014, 0xc027, 0xc013, 0x00ff};

START_TEST(an_offer_is_read_whole)
{
	struct hello h;
	size_t pos = 0;

	make_offer(old_modem, 8, true);
	ck_assert_int_eq(hello_parse(&h, msg, len), 0);
	ck_assert_uint_eq(h.suites.n, 8);
	ck_assert_uint_eq(hello_at(&h.suites, 0), 0xc024);
	ck_assert_uint_eq(h.sni_len, 17);
	ck_assert_int_eq(memcmp(h.sni, "seat07.class.test", 17), 0);
	ck_assert(hello_has(&h.groups, 24));
	ck_assert(hello_has(&h.sigalgs, 0x0503));
	ck_assert_uint_eq(h.max_fragment_length, 2048);
	ck_assert(hello_offers(&h, 0x0303) && !hello_offers(&h, 0x0304));
	ck_assert_int_eq(hello_next_extension(&h, &pos), 0);
	ck_assert_int_eq(hello_next_extension(&h, &pos), 10);
	ck_assert_int_eq(hello_next_extension(&h, &pos), 13);
	ck_assert_int_eq(hello_next_extension(&h, &pos), 1);
	ck_assert_int_eq(hello_next_extension(&h, &pos), -1);
}
END_TEST

START_TEST(an_offer_that_is_cut_off_anywhere_is_never_read_beyond_its_end)
{
	make_offer(old_modem, 8, true);
	for (size_t n = 0; n < len; n++) {
		/* its own block, so that a sanitizer sees every byte too many */
		uint8_t *copy = malloc(n ? n : 1);
		struct hello h;

		memcpy(copy, msg, n);
		if (n > 0 && hello_parse(&h, copy, n) == 0)
			ck_assert_msg(h.extensions_len == 0, "cut at %zu", n);
		free(copy);
	}
}
END_TEST

START_TEST(a_large_offer_is_kept_by_what_is_looked_at)
{
	static uint8_t zeros[6000], small[400], big[8000];
	struct hello h;
	size_t n, at;

	make_offer(old_modem, 8, true);
	/* as with a hybrid key share before the name */
	memcpy(big, msg, len);
	at = len;
	for (unsigned type = 51; type <= 52; type++) {
		uint8_t head[] = {0,	       (uint8_t)type, 3000 >> 8, 3000 & 0xff, 2998 >> 8,
				  2998 & 0xff, 0x11,	      0xec,	 2994 >> 8,   2994 & 0xff};

		memcpy(big + at, head, sizeof(head));
		memcpy(big + at + sizeof(head), zeros, 2994);
		at += sizeof(head) + 2994;
	}
	n = at - 4;
	big[2] = (uint8_t)(n >> 8);
	big[3] = (uint8_t)n;
	n = (size_t)(big[59] << 8 | big[60]) + at - len;
	big[59] = (uint8_t)(n >> 8);
	big[60] = (uint8_t)n;
	ck_assert_int_eq(hello_parse(&h, big, at), 0);
	n = hello_condense(small, sizeof(small), big, at);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(hello_parse(&h, small, n), 0);
	ck_assert_int_eq(memcmp(h.sni, "seat07.class.test", 17), 0);
	ck_assert(hello_has(&h.groups, 24) && hello_has(&h.sigalgs, 0x0503));
	at = 0;
	ck_assert_int_eq(hello_next_share(&h, &at), 0x11ec);
	for (at = 0, n = 0; hello_next_extension(&h, &at) >= 0;)
		n++;
	ck_assert_uint_eq(n, 6);
}
END_TEST

START_TEST(an_offer_in_the_form_of_ssl_2_is_read_as_any_other)
{
	static const uint8_t old[] = {1, 3,    1, 0, 9, 0,    0, 0, 16,
				      0, 0xc0, 9, 7, 0, 0xc0, 0, 0, 0x2f};
	struct hello h;
	uint8_t made[HELLO_ROOM_MIN];
	size_t n = hello_of_v2(made, sizeof(made), old, sizeof(old));

	ck_assert_int_eq(hello_parse(&h, made, n), 0);
	ck_assert_uint_eq(h.legacy_version, 0x0301);
	ck_assert_uint_eq(h.suites.n, 2);
	ck_assert(hello_has(&h.suites, 0xc009) && hello_has(&h.suites, 0x002f));
	ck_assert_ptr_null(h.sni);
	ck_assert_uint_eq(hello_of_v2(made, sizeof(made), old, 12), 0);
}
END_TEST

START_TEST(lengths_that_lie_are_refused)
{
	struct hello h;

	make_offer(old_modem, 8, true);
	msg[39] = 0xff; /* the suites' length */
	ck_assert_int_lt(hello_parse(&h, msg, len), 0);
	make_offer(old_modem, 8, true);
	msg[38] = 200; /* the session id's */
	ck_assert_int_lt(hello_parse(&h, msg, len), 0);
	make_offer(old_modem, 8, true);
	msg[0] = 2; /* no ClientHello */
	ck_assert_int_lt(hello_parse(&h, msg, len), 0);
}
END_TEST

START_TEST(a_modem_is_told_from_a_pc_and_says_why)
{
	static const uint16_t pc[] = {0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xc024, 0x00ff};
	struct text why = {0};
	struct hello h;

	make_offer(old_modem, 8, true);
	ck_assert_int_eq(hello_parse(&h, msg, len), 0);
	ck_assert_str_eq(looks_like(&h, &why), "nRF91 modem");
	ck_assert_ptr_nonnull(strstr(why.s, "8 suites"));
	ck_assert_ptr_nonnull(strstr(why.s, "no GCM"));
	text_free(&why);
	make_offer(pc, 7, false);
	ck_assert_int_eq(hello_parse(&h, msg, len), 0);
	if (looks_like(&h, &why))
		ck_assert_str_ne(looks_like(&h, &why), "nRF91 modem");
	text_free(&why);
}
END_TEST

START_TEST(signature_algorithms_bind_the_curve_only_in_tls_1_3)
{
	ck_assert(tls_sigalg_fits(0x0403, 715 /* secp384r1 */, false));
	ck_assert(!tls_sigalg_fits(0x0403, 715, true));
	ck_assert(tls_sigalg_fits(0x0503, 715, true));
	ck_assert(!tls_sigalg_fits(0x0804, 715, false));
	ck_assert(!tls_sigalg_fits(0x0203, 715, false)); /* SHA-1 */
	ck_assert(tls_sigalg_fits(0x0804, 6 /* rsaEncryption */, true));
	ck_assert(tls_is_grease(0x2a2a) && !tls_is_grease(0x2a3a) && !tls_is_grease(0x1301));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hello");
	TCase *c = tcase_create("reader");

	tcase_add_test(c, an_offer_is_read_whole);
	tcase_add_test(c, an_offer_that_is_cut_off_anywhere_is_never_read_beyond_its_end);
	tcase_add_test(c, a_large_offer_is_kept_by_what_is_looked_at);
	tcase_add_test(c, an_offer_in_the_form_of_ssl_2_is_read_as_any_other);
	tcase_add_test(c, lengths_that_lie_are_refused);
	tcase_add_test(c, a_modem_is_told_from_a_pc_and_says_why);
	tcase_add_test(c, signature_algorithms_bind_the_curve_only_in_tls_1_3);
	suite_add_tcase(s, c);
	return unit_run(s);
}
