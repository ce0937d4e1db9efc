/* Device certificates as a broker on another TLS library would judge them. */
#include "unit.h"

#include <openssl/x509.h>
#include "ca_stacks.h"
#include "key.h"
#include "plan.h"
#include "when.h"

struct pair {
	unsigned char *der;
	size_t len;
	X509 *cert;
	EVP_PKEY *key;
};

static struct pair make(struct plan plan, const char *kind, const struct pair *issuer)
{
	struct fault fault = {.text = ""};
	struct pair made = {.key = key_make(kind, &fault)};
	int len;

	plan.key = made.key;
	plan.hash = EVP_sha256();
	plan.issuer = issuer ? issuer->cert : NULL;
	plan.issuer_key = issuer ? issuer->key : NULL;
	if (!plan.to) {
		plan.from = when_now() - 3600;
		plan.to = when_now() + 30 * (int64_t)WHEN_DAY;
	}
	made.cert = plan_sign(&plan, &fault);
	ck_assert_msg(made.cert != NULL, "%s", fault.text);
	len = i2d_X509(made.cert, &made.der);
	made.len = (size_t)len;
	return made;
}

static void drop(struct pair *pair)
{
	OPENSSL_free(pair->der);
	X509_free(pair->cert);
	EVP_PKEY_free(pair->key);
}

static const struct {
	const char *name;
	int (*verify)(const unsigned char *, size_t, const unsigned char *, size_t);
} stacks[] = {{"mbedTLS", stack_mbedtls}, {"wolfSSL", stack_wolfssl}, {"GnuTLS", stack_gnutls}};

START_TEST(devices_are_verified_by_three_other_libraries_which_refuse_wrong_ones)
{
	static const char *const names[] = {"class.example", "*.class.example"};
	struct plan device = {.cn = "nrf-1", .client = true, .sign = true};
	struct plan over = {.cn = "nrf-2", .client = true, .sign = true};
	struct pair issuers[2], strange, good[2], late;

	issuers[0] = make((struct plan){.cn = names[0],
					.names = names,
					.name_count = 2,
					.ca = true,
					.issues = true},
			  "p384", NULL);
	issuers[1] = make((struct plan){.cn = "Doorstep root", .ca = true, .issues = true}, "p384",
			  NULL);
	/* The same name, another key: what a careless second class would be. */
	strange = make((struct plan){.cn = names[0], .ca = true, .issues = true}, "p384", NULL);
	over.from = when_now() - 20 * (int64_t)WHEN_DAY;
	over.to = when_now() - 10 * (int64_t)WHEN_DAY;
	late = make(over, "p256", &issuers[0]);
	for (size_t i = 0; i < 2; i++) {
		good[0] = make(device, "p256", &issuers[i]);
		good[1] = make(device, "p384", &issuers[i]);
		for (size_t s = 0; s < 3; s++) {
			ck_assert_msg(stacks[s].verify(strange.der, strange.len, good[0].der,
						       good[0].len) != 0,
				      "%s takes a device of a stranger", stacks[s].name);
			ck_assert_msg(stacks[s].verify(issuers[0].der, issuers[0].len, late.der,
						       late.len) != 0,
				      "%s takes one that is over", stacks[s].name);
			for (size_t g = 0; g < 2; g++)
				ck_assert_msg(stacks[s].verify(issuers[i].der, issuers[i].len,
							       good[g].der, good[g].len) == 0,
					      "%s refuses device %zu of issuer %zu", stacks[s].name,
					      g, i);
		}
		drop(&good[0]);
		drop(&good[1]);
	}
	drop(&issuers[0]);
	drop(&issuers[1]);
	drop(&strange);
	drop(&late);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("device certificates and other libraries");
	TCase *tc = tcase_create("stacks");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, devices_are_verified_by_three_other_libraries_which_refuse_wrong_ones);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
