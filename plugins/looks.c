#include "looks.h"

#include <string.h>

#include "tlsname.h"

static size_t modem_suites(const struct hello *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->suites.n; i++)
		n += tls_suite_is_modem(hello_at(&h->suites, i));
	return n;
}

static bool looks_modem(const struct hello *h, struct text *why)
{
	size_t n = modem_suites(h);

	/* TLS 1.2 only, nothing outside the modem's list, and of the old ECDSA suites with CBC that
	 * every modem firmware has at least one; a PC's stack offers others beside them. */
	if (hello_highest(h) != 0x0303 || n == 0 || n != h->suites.n || h->grease)
		return false;
	if (!hello_has(&h->suites, 0xc024) && !hello_has(&h->suites, 0xc023) &&
	    !hello_has(&h->suites, 0xc009))
		return false;
	text_printf(why, "TLS 1.2 only, and all %zu suites are of the nRF91 modem's list", n);
	if (!hello_has(&h->suites, 0xc02b))
		text_puts(why, "; no GCM suite, as before modem firmware 1.3.1");
	return true;
}

static bool looks_browser(const struct hello *h, struct text *why)
{
	const char *name;
	size_t pos = 0, len;

	if (!h->grease)
		return false;
	text_puts(why, "it sends GREASE values");
	while ((name = hello_next_alpn(h, &pos, &len)) != NULL)
		if (len == 2 && memcmp(name, "h2", 2) == 0)
			text_puts(why, " and offers HTTP/2");
	return true;
}

/* Where an extension stands among the others; -1: not sent. */
static int place(const struct hello *h, int type)
{
	size_t pos = 0;
	int n;

	for (int i = 0; (n = hello_next_extension(h, &pos)) >= 0; i++)
		if (n == type)
			return i;
	return -1;
}

static bool looks_gnutls(const struct hello *h, struct text *why)
{
	if (!hello_has(&h->groups, 256) || h->groups.n == 0 || hello_at(&h->groups, 0) != 23)
		return false;
	if (h->record_size_limit == 0)
		return false;
	text_puts(why,
		  "record_size_limit is asked for, and the groups begin with secp256r1 and end "
		  "with finite fields");
	return true;
}

static bool looks_mbedtls(const struct hello *h, struct text *why)
{
	static const uint16_t ccm[] = {0xc0ad, 0xc0af, 0xc0ac, 0xc0ae};
	bool any = false;

	/* OpenSSL can offer those suites too, but names its signature algorithms late */
	if (place(h, 13) > place(h, 23))
		return false;
	for (size_t i = 0; i < sizeof(ccm) / sizeof(ccm[0]); i++)
		any = any || hello_has(&h->suites, ccm[i]);
	if (!any || !h->extended_master_secret || h->record_size_limit)
		return false;
	text_puts(why, "it offers ECDSA suites with CCM, and the extended master secret after the "
		       "signature algorithms");
	return true;
}

static bool looks_openssl(const struct hello *h, struct text *why)
{
	bool first = h->groups.n >= 2 && hello_at(&h->groups, 0) == 29 &&
		     hello_at(&h->groups, 1) == 23 && hello_has(&h->groups, 30);

	/* 3.5 and later lead with the hybrid group. */
	if (h->groups.n && hello_at(&h->groups, 0) == 0x11ec)
		first = true;
	if (!first || !h->encrypt_then_mac || !h->extended_master_secret || h->grease)
		return false;
	text_puts(why, "the groups begin as OpenSSL's do, with encrypt-then-MAC and the extended "
		       "master secret");
	return true;
}

static bool looks_wolfssl(const struct hello *h, struct text *why)
{
	int sni = place(h, 0), groups = place(h, 10), formats = place(h, 11),
	    sigalgs = place(h, 13);

	/* Its list of extensions is built back to front: signature algorithms, groups, the name. */
	if (h->grease || h->record_size_limit || sigalgs < 0 || groups < sigalgs)
		return false;
	if (sni >= 0 ? sni < groups : formats < sigalgs || groups < formats)
		return false;
	text_puts(why,
		  sni >= 0
			  ? "the host name comes after the groups, and those after the "
			    "signature algorithms"
			  : "the signature algorithms come first, then point formats, then groups");
	return true;
}

const char *looks_like(const struct hello *h, struct text *why)
{
	static const struct look {
		const char *what;
		bool (*test)(const struct hello *h, struct text *why);
	} looks[] = {
		/* wolfSSL is told by its order alone; a full build offers all that mbedTLS does */
		{"nRF91 modem", looks_modem}, {"browser", looks_browser},
		{"GnuTLS", looks_gnutls},     {"wolfSSL", looks_wolfssl},
		{"mbedTLS", looks_mbedtls},   {"OpenSSL", looks_openssl},
	};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (looks[i].test(h, why))
			return looks[i].what;
	return NULL;
}

bool looks_bad_certificate_only(const struct hello *h)
{
	struct text why = {0};
	const char *what = looks_like(h, &why);

	text_free(&why);
	return what && (strcmp(what, "GnuTLS") == 0 || strcmp(what, "wolfSSL") == 0);
}
