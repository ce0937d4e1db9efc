#include "policy_password.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PBKDF2_HASH_LEN 64
#define MEASURE_ROUNDS	200 /* PBKDF2 iterations, 0.1 ms: enough to tell 1 ms from 2 */
#define MEASURE_REPEATS 3
#define PASSWORD_MAX	65535

static size_t base64_bytes(const char *s, const char *end, uint8_t *out, size_t cap)
{
	uint8_t bytes[132];
	size_t n = (size_t)(end - s), len;
	int got;

	if (n == 0 || n % 4 || n / 4 * 3 > sizeof(bytes))
		return 0;
	got = EVP_DecodeBlock(bytes, (const unsigned char *)s, (int)n);
	if (got < 0)
		return 0;
	len = (size_t)got - (s[n - 1] == '=') - (s[n - 2] == '=');
	if (len > cap)
		return 0;
	memcpy(out, bytes, len);
	return len;
}

static int parse_sha256(const char *s, struct password_hash *out)
{
	const char *dollar = strchr(s, '$');

	if (!dollar)
		return -1;
	out->kind = PASSWORD_SHA256;
	out->salt_len = (uint8_t)text_unhex(s, (size_t)(dollar - s), out->salt, sizeof(out->salt));
	out->hash_len =
		(uint8_t)text_unhex(dollar + 1, strlen(dollar + 1), out->hash, sizeof(out->hash));
	return out->salt_len >= 8 && out->hash_len == POLICY_SHA256 ? 0 : -1;
}

static int parse_pbkdf2(const char *s, struct password_hash *out)
{
	char *end;
	unsigned long iterations = strtoul(s, &end, 10);
	const char *dollar;

	if (*s < '1' || *s > '9' || *end != '$' || iterations > INT_MAX)
		return -1;
	dollar = strchr(end + 1, '$');
	if (!dollar)
		return -1;
	out->kind = PASSWORD_PBKDF2_SHA512;
	out->iterations = (unsigned)iterations;
	out->salt_len = (uint8_t)base64_bytes(end + 1, dollar, out->salt, sizeof(out->salt));
	out->hash_len = (uint8_t)base64_bytes(dollar + 1, dollar + strlen(dollar), out->hash,
					      sizeof(out->hash));
	return out->salt_len >= 8 && out->hash_len == PBKDF2_HASH_LEN ? 0 : -1;
}

int password_parse(const char *s, struct password_hash *out, char expected[160])
{
	int rc = -1;

	*out = (struct password_hash){0};
	if (strncmp(s, "sha256$", 7) == 0)
		rc = parse_sha256(s + 7, out);
	else if (strncmp(s, "$7$", 3) == 0)
		rc = parse_pbkdf2(s + 3, out);
	if (rc != 0)
		snprintf(expected, 160,
			 "sha256$<salt, hex>$<SHA-256 of salt and password, hex> or "
			 "$7$<iterations>$<salt>$<hash> of mosquitto_passwd");
	return rc;
}

static bool hash_of(const struct password_hash *h, const void *password, size_t len,
		    uint8_t out[EVP_MAX_MD_SIZE])
{
	EVP_MD_CTX *md;
	bool ok;

	if (h->kind == PASSWORD_PBKDF2_SHA512)
		return PKCS5_PBKDF2_HMAC(password, (int)len, h->salt, h->salt_len,
					 (int)h->iterations, EVP_sha512(), h->hash_len, out) == 1;
	md = EVP_MD_CTX_new();
	ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(md, h->salt, h->salt_len) == 1 &&
	     EVP_DigestUpdate(md, password, len) == 1 && EVP_DigestFinal_ex(md, out, NULL) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

bool password_is(const struct password_hash *h, const void *password, size_t len)
{
	uint8_t got[EVP_MAX_MD_SIZE];

	if (h->kind == PASSWORD_NONE || len > PASSWORD_MAX)
		return false;
	return hash_of(h, password, len, got) && CRYPTO_memcmp(got, h->hash, h->hash_len) == 0;
}

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double password_cost_us(const struct password_hash *h)
{
	struct password_hash sample = *h;
	uint8_t out[EVP_MAX_MD_SIZE];
	double best = 0;

	if (sample.kind == PASSWORD_PBKDF2_SHA512 && sample.iterations > MEASURE_ROUNDS)
		sample.iterations = MEASURE_ROUNDS;
	for (int i = 0; i < MEASURE_REPEATS; i++) {
		double from = cpu_us(), took;

		hash_of(&sample, "measured-at-load", 16, out);
		took = cpu_us() - from;
		if (i == 0 || took < best)
			best = took;
	}
	if (sample.iterations)
		best *= (double)h->iterations / sample.iterations;
	return best;
}
