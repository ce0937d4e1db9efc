#include "cert.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

/* UTF-8 stays as it is; control characters and NUL are escaped. */
#define NAME_FLAGS ((unsigned long)XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB)

static const struct {
	int nid;
	const char *text;
	uint16_t tls_group;
} curves[] = {
	{NID_X9_62_prime256v1, "P-256", 23},
	{NID_secp384r1, "P-384", 24},
	{NID_secp521r1, "P-521", 25},
	{NID_secp256k1, "secp256k1", 22},
	{NID_secp224r1, "P-224", 21},
	{NID_brainpoolP256r1, "brainpoolP256r1", 26},
	{NID_brainpoolP384r1, "brainpoolP384r1", 27},
};

void cert_hex(char *out, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

int64_t cert_time(const ASN1_TIME *at, int64_t otherwise)
{
	struct tm tm;

	if (!at || ASN1_TIME_to_tm(at, &tm) != 1)
		return otherwise;
	return timegm(&tm);
}

/* Whether these bytes may stand as a name in text: no NUL, no control character. */
static bool plain_name(const unsigned char *s, int len)
{
	if (len <= 0)
		return false;
	for (int i = 0; i < len; i++)
		if (s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

/* Appends the most specific CN and its NUL; whether there was one. */
static bool add_cn(BIO *out, const X509_NAME *name)
{
	unsigned char *utf8 = NULL;
	bool found = false;
	int at = -1, next, len;

	while ((next = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
		at = next;
	if (at >= 0) {
		len = ASN1_STRING_to_UTF8(&utf8,
					  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
		if (plain_name(utf8, len)) {
			BIO_write(out, utf8, len);
			found = true;
		}
		OPENSSL_free(utf8);
	}
	BIO_write(out, "", 1);
	return found;
}

/* Appends a name as one byte (d: dNSName, i: address), the text and its NUL. */
static bool add_name(BIO *out, const GENERAL_NAME *name)
{
	char text[INET6_ADDRSTRLEN];
	const unsigned char *s;
	int len;

	if (name->type == GEN_DNS) {
		s = ASN1_STRING_get0_data(name->d.dNSName);
		len = ASN1_STRING_length(name->d.dNSName);
		if (!plain_name(s, len))
			return false;
		BIO_write(out, "d", 1);
		BIO_write(out, s, len);
	} else {
		s = ASN1_STRING_get0_data(name->d.iPAddress);
		len = ASN1_STRING_length(name->d.iPAddress);
		if ((len != 4 && len != 16) ||
		    !inet_ntop(len == 4 ? AF_INET : AF_INET6, s, text, sizeof(text)))
			return false;
		BIO_printf(out, "i%s", text);
	}
	BIO_write(out, "", 1);
	return true;
}

/* Appends the names; whether a dNSName is among them. */
static bool add_names(BIO *out, X509 *cert, struct cert_facts *facts)
{
	GENERAL_NAMES *san;
	bool dns = false;
	int critical = 0;

	san = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	for (int i = 0; san && i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(san, i);

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		/* A malformed dNSName still is one: the CN must not step in for it. */
		dns |= name->type == GEN_DNS;
		if (add_name(out, name))
			facts->name_count++;
		else
			facts->bad_names++;
	}
	facts->san_critical = san && critical > 0;
	GENERAL_NAMES_free(san);
	return dns;
}

/* Copies what was gathered into the one block and points the facts at it. */
static int take_block(struct cert_facts *facts, BIO *texts)
{
	struct cert_name *names;
	char *text = NULL, *at;
	long len = BIO_get_mem_data(texts, &text);
	size_t head = facts->name_count * sizeof(*names);

	if (len <= 0)
		return -ENOMEM;
	facts->block = malloc(head + (size_t)len);
	if (!facts->block)
		return -ENOMEM;
	names = facts->block;
	at = (char *)facts->block + head;
	memcpy(at, text, (size_t)len);

	facts->subject = at;
	at += strlen(at) + 1;
	facts->issuer = at;
	at += strlen(at) + 1;
	facts->cn = at;
	at += strlen(at) + 1;
	for (size_t i = 0; i < facts->name_count; i++) {
		names[i].ip = *at++ == 'i';
		names[i].text = at;
		at += strlen(at) + 1;
	}
	facts->names = names;
	return 0;
}

static int take_texts(struct cert_facts *facts, X509 *cert)
{
	BIO *out = BIO_new(BIO_s_mem());
	const char *cn;
	char *text = NULL;
	bool has_cn;
	size_t cn_at;
	int rc = -ENOMEM;

	if (!out)
		return -ENOMEM;
	X509_NAME_print_ex(out, X509_get_subject_name(cert), 0, NAME_FLAGS);
	BIO_write(out, "", 1);
	X509_NAME_print_ex(out, X509_get_issuer_name(cert), 0, NAME_FLAGS);
	BIO_write(out, "", 1);
	cn_at = (size_t)BIO_get_mem_data(out, &text);
	has_cn = add_cn(out, X509_get_subject_name(cert));
	if (!add_names(out, cert, facts) && has_cn) {
		BIO_get_mem_data(out, &text);
		cn = strdup(text + cn_at);
		if (!cn)
			goto out;
		BIO_printf(out, "d%s", cn);
		BIO_write(out, "", 1);
		free((void *)(uintptr_t)cn);
		facts->name_count++;
		facts->names_from_cn = true;
	}
	rc = take_block(facts, out);
out:
	BIO_free(out);
	return rc;
}

/* The curve of an EC key; NID_undef if it is none, or has no name. */
static int curve_of(EVP_PKEY *key)
{
	char group[64];

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return NID_undef;
	return OBJ_txt2nid(group);
}

void cert_key_name(char out[24], EVP_PKEY *key)
{
	int kind = key ? EVP_PKEY_get_base_id(key) : NID_undef;
	const char *name = key ? EVP_PKEY_get0_type_name(key) : NULL;

	if (!key)
		strcpy(out, "unreadable");
	else if (kind == EVP_PKEY_EC)
		strcpy(out, "EC");
	else if (kind == EVP_PKEY_ED25519)
		strcpy(out, "Ed25519");
	else if (kind == EVP_PKEY_ED448)
		strcpy(out, "Ed448");
	else
		snprintf(out, 24, "%.15s-%d", name ? name : "key", EVP_PKEY_get_bits(key));
	for (size_t i = 0; kind == EVP_PKEY_EC && i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].nid == curve_of(key))
			strcpy(out, curves[i].text);
}

static void take_key(struct cert_facts *facts, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	unsigned char *der = NULL;
	int len;

	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (len > 0)
		EVP_Digest(der, (size_t)len, facts->key_sha256, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	cert_key_name(facts->key, key);
	if (!key) {
		ASN1_OBJECT *kind = NULL;

		X509_PUBKEY_get0_param(&kind, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert));
		facts->key_nid = kind ? OBJ_obj2nid(kind) : NID_undef;
		return;
	}
	facts->key_nid = EVP_PKEY_get_base_id(key);
	facts->key_bits = EVP_PKEY_get_bits(key);
	facts->curve_nid = curve_of(key);
	for (size_t i = 0; facts->curve_nid && i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].nid == facts->curve_nid)
			facts->tls_group = curves[i].tls_group;
}

static void take_constraints(struct cert_facts *facts, X509 *cert)
{
	uint32_t flags = X509_get_extension_flags(cert);

	facts->has_basic_constraints = flags & EXFLAG_BCONS;
	facts->is_ca = (flags & EXFLAG_BCONS) && (flags & EXFLAG_CA);
	facts->has_key_usage = flags & EXFLAG_KUSAGE;
	facts->has_ext_key_usage = flags & EXFLAG_XKUSAGE;
	if (facts->has_key_usage)
		facts->key_usage = X509_get_key_usage(cert);
	if (facts->has_ext_key_usage)
		facts->ext_key_usage = X509_get_extended_key_usage(cert);
	facts->has_ski = X509_get0_subject_key_id(cert) != NULL;
	facts->has_aki = X509_get_ext_by_NID(cert, NID_authority_key_identifier, -1) >= 0;
	facts->self_issued =
		X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0;
}

static void take_signature(struct cert_facts *facts, X509 *cert)
{
	const char *name;
	int md = NID_undef;

	facts->signature_nid = X509_get_signature_nid(cert);
	if (X509_get_signature_info(cert, &md, NULL, NULL, NULL) != 1 || md == NID_undef)
		return;
	name = OBJ_nid2sn(md);
	if (name)
		snprintf(facts->hash, sizeof(facts->hash), "%s", name);
}

void cert_serial(char out[48], const ASN1_INTEGER *serial)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *bytes = ASN1_STRING_get0_data(serial);
	int len = ASN1_STRING_length(serial);
	size_t at = 0;

	for (int i = 0; i < len && at + 2 < 48; i++) {
		out[at++] = digits[bytes[i] >> 4];
		out[at++] = digits[bytes[i] & 15];
	}
	out[at] = '\0';
}

int cert_facts_of(struct cert_facts *facts, X509 *cert)
{
	int saved = errno, rc, len;

	memset(facts, 0, sizeof(*facts));
	ERR_set_mark();
	rc = take_texts(facts, cert);
	if (rc)
		goto out;
	facts->not_before = cert_time(X509_get0_notBefore(cert), INT64_MIN);
	facts->not_after = cert_time(X509_get0_notAfter(cert), INT64_MAX);
	take_key(facts, cert);
	take_constraints(facts, cert);
	take_signature(facts, cert);
	cert_serial(facts->serial, X509_get0_serialNumber(cert));
	len = i2d_X509(cert, NULL);
	facts->der_bytes = len > 0 ? (size_t)len : 0;
	X509_digest(cert, EVP_sha256(), facts->sha256, NULL);
out:
	ERR_pop_to_mark();
	if (rc)
		memset(facts, 0, sizeof(*facts));
	errno = saved;
	return rc;
}

int cert_facts_of_der(struct cert_facts *facts, const uint8_t *der, size_t len)
{
	const unsigned char *at = der;
	int saved = errno, rc = -EBADMSG;
	X509 *cert = NULL;

	memset(facts, 0, sizeof(*facts));
	ERR_set_mark();
	if (len <= (size_t)1 << 24)
		cert = d2i_X509(NULL, &at, (long)len);
	if (cert && at == der + len)
		rc = cert_facts_of(facts, cert);
	X509_free(cert);
	ERR_pop_to_mark();
	errno = saved;
	return rc;
}

void cert_facts_free(struct cert_facts *facts)
{
	free(facts->block);
	memset(facts, 0, sizeof(*facts));
}

bool cert_name_covers(const char *pattern, const char *host)
{
	const char *rest;

	if (pattern[0] != '*')
		return strcasecmp(pattern, host) == 0;
	/* "*.a.b": OpenSSL wants two labels after the star, and the star to stand for one. */
	if (pattern[1] != '.' || !strchr(pattern + 2, '.') || pattern[2] == '.')
		return false;
	rest = strchr(host, '.');
	if (!rest || rest == host || strcasecmp(pattern + 1, rest) != 0)
		return false;
	for (const char *c = host; c < rest; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && !(*c == '*' && rest == host + 1))
			return false;
	return true;
}

/* Both forms of an address are compared as bytes, since IPv6 has many spellings. */
static bool same_address(const char *a, const char *b)
{
	unsigned char left[16], right[16];

	if (inet_pton(AF_INET, a, left) == 1)
		return inet_pton(AF_INET, b, right) == 1 && memcmp(left, right, 4) == 0;
	return inet_pton(AF_INET6, a, left) == 1 && inet_pton(AF_INET6, b, right) == 1 &&
	       memcmp(left, right, 16) == 0;
}

enum cert_covers cert_covers_host(const struct cert_facts *facts, const char *host)
{
	unsigned char address[16];
	bool ip;

	if (!host || !*host)
		return COVERS_NO;
	ip = inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
	for (size_t i = 0; i < facts->name_count; i++) {
		const struct cert_name *name = &facts->names[i];

		if (name->ip != ip)
			continue;
		if (ip) {
			if (same_address(name->text, host))
				return COVERS_IP;
			continue;
		}
		if (!cert_name_covers(name->text, host))
			continue;
		if (facts->names_from_cn)
			return COVERS_CN;
		return name->text[0] == '*' ? COVERS_WILDCARD : COVERS_NAME;
	}
	return COVERS_NO;
}
