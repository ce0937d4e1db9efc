#include "plan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include "cert.h"
#include "host.h"
#include "key.h"
#include "when.h"

#define CN_MAX 64 /* ub-common-name of RFC 5280 */

static bool set_serial(X509 *cert, const struct plan *plan, struct fault *fault)
{
	unsigned char bytes[20];
	size_t len = plan->serial_bytes ? plan->serial_bytes : 16;
	BIGNUM *n = NULL;
	bool ok;

	if (plan->serial) {
		size_t digits = strlen(plan->serial);

		if (digits == 0 || digits > 40 ||
		    strspn(plan->serial, "0123456789abcdefABCDEF") != digits ||
		    BN_hex2bn(&n, plan->serial) == 0 || BN_is_zero(n) || BN_num_bits(n) > 159) {
			BN_free(n);
			misuse(fault,
			       "the serial \"%s\" is none; say 1 to 40 hex digits, not all zero, below "
			       "7fff...",
			       plan->serial);
			return false;
		}
	} else {
		if (RAND_bytes(bytes, (int)len) != 1) {
			refuse(fault, "no random bytes for the serial number");
			return false;
		}
		/* Positive, and always of the same length. */
		bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
		n = BN_bin2bn(bytes, (int)len, NULL);
	}
	ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return ok;
}

static bool set_time(ASN1_TIME *field, int64_t at)
{
	return ASN1_TIME_adj(field, (time_t)at, 0, 0) != NULL;
}

static bool add_text(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1,
					  -1, 0) == 1;
}

/* Whether the CN may stand in the subject: it is not too long, and does not make the subject that of the
 * issuer, where the SAN names the host as well. */
static bool cn_fits(const struct plan *plan)
{
	X509_NAME *subject;
	bool fits;

	if (!plan->cn || strlen(plan->cn) > CN_MAX)
		return false;
	if (!plan->issuer || !plan->name_count)
		return true;
	subject = X509_NAME_new();
	fits = subject && add_text(subject, NID_commonName, plan->cn) &&
	       X509_NAME_cmp(subject, X509_get_subject_name(plan->issuer)) != 0;
	X509_NAME_free(subject);
	return fits;
}

static bool set_names(X509 *cert, const struct plan *plan)
{
	X509_NAME *subject = X509_get_subject_name(cert);

	if (plan->subject)
		return X509_set_subject_name(cert, plan->subject) == 1;
	if (cn_fits(plan))
		return add_text(subject, NID_commonName, plan->cn);
	if (plan->org && !plan->issuer)
		return add_text(subject, NID_organizationName, plan->org);
	return true;
}

/* Whether the CN stands in the subject; if not, the SAN is all there is and has to be heeded. */
static bool has_cn(const struct plan *plan)
{
	if (plan->subject)
		return X509_NAME_get_index_by_NID(plan->subject, NID_commonName, -1) >= 0;
	return cn_fits(plan);
}

static GENERAL_NAME *general_name(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	unsigned char address[16];
	ASN1_STRING *value;

	if (!name)
		return NULL;
	if (host_kind(text) == HOST_ADDRESS) {
		bool four = inet_pton(AF_INET, text, address) == 1;

		if (!four)
			inet_pton(AF_INET6, text, address);
		value = ASN1_OCTET_STRING_new();
		if (value)
			ASN1_STRING_set(value, address, four ? 4 : 16);
		GENERAL_NAME_set0_value(name, GEN_IPADD, value);
	} else {
		value = ASN1_IA5STRING_new();
		if (value)
			ASN1_STRING_set(value, text, -1);
		GENERAL_NAME_set0_value(name, GEN_DNS, value);
	}
	return name;
}

static bool add_san(X509 *cert, const struct plan *plan)
{
	GENERAL_NAMES *names;
	bool ok;

	if (!plan->name_count)
		return true;
	names = GENERAL_NAMES_new();
	for (int i = 0; names && i < plan->name_count; i++)
		sk_GENERAL_NAME_push(names, general_name(plan->names[i]));
	ok = names && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, !has_cn(plan),
					X509V3_ADD_APPEND) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool add_constraints(X509 *cert, const struct plan *plan)
{
	BASIC_CONSTRAINTS *bc;
	bool ok;

	if (!plan->ca)
		return true;
	bc = BASIC_CONSTRAINTS_new();
	if (!bc)
		return false;
	bc->ca = 0xff;
	ok = X509_add1_ext_i2d(cert, NID_basic_constraints, bc, 1, X509V3_ADD_APPEND) == 1;
	BASIC_CONSTRAINTS_free(bc);
	return ok;
}

static bool add_key_usage(X509 *cert, const struct plan *plan)
{
	ASN1_BIT_STRING *bits;
	bool ok;

	if (!plan->issues && !plan->sign)
		return true;
	bits = ASN1_BIT_STRING_new();
	if (!bits)
		return false;
	ok = ASN1_BIT_STRING_set_bit(bits, 0, 1) == 1; /* digitalSignature */
	if (plan->issues)
		ok = ok && ASN1_BIT_STRING_set_bit(bits, 5, 1) &&
		     ASN1_BIT_STRING_set_bit(bits, 6, 1); /* keyCertSign, cRLSign */
	ok = ok && X509_add1_ext_i2d(cert, NID_key_usage, bits, 1, X509V3_ADD_APPEND) == 1;
	ASN1_BIT_STRING_free(bits);
	return ok;
}

static bool add_ext_key_usage(X509 *cert, const struct plan *plan)
{
	EXTENDED_KEY_USAGE *usage;
	bool ok;

	if (!plan->server && !plan->client)
		return true;
	usage = EXTENDED_KEY_USAGE_new();
	if (!usage)
		return false;
	if (plan->server)
		sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_server_auth));
	if (plan->client)
		sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_client_auth));
	ok = X509_add1_ext_i2d(cert, NID_ext_key_usage, usage, 0, X509V3_ADD_APPEND) == 1;
	EXTENDED_KEY_USAGE_free(usage);
	return ok;
}

/* The SKI of RFC 5280: SHA-1 over the bits of the public key. */
static bool add_ski(X509 *cert, const struct plan *plan)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	ASN1_OCTET_STRING *id;
	unsigned len = 0;
	bool ok;

	if (!plan->issues)
		return true;
	id = ASN1_OCTET_STRING_new();
	ok = id && X509_pubkey_digest(cert, EVP_sha1(), digest, &len) == 1 &&
	     ASN1_OCTET_STRING_set(id, digest, (int)len) == 1 &&
	     X509_add1_ext_i2d(cert, NID_subject_key_identifier, id, 0, X509V3_ADD_APPEND) == 1;
	ASN1_OCTET_STRING_free(id);
	return ok;
}

static bool add_aki(X509 *cert, const struct plan *plan)
{
	const ASN1_OCTET_STRING *ski = plan->issuer ? X509_get0_subject_key_id(plan->issuer) : NULL;
	AUTHORITY_KEYID *aki;
	bool ok;

	if (!ski)
		return true;
	aki = AUTHORITY_KEYID_new();
	if (!aki)
		return false;
	aki->keyid = ASN1_OCTET_STRING_dup(ski);
	ok = aki->keyid &&
	     X509_add1_ext_i2d(cert, NID_authority_key_identifier, aki, 0, X509V3_ADD_APPEND) == 1;
	AUTHORITY_KEYID_free(aki);
	return ok;
}

static bool add_padding(X509 *cert, const struct plan *plan)
{
	ASN1_IA5STRING *comment;
	char *filling;
	bool ok;

	if (!plan->padding)
		return true;
	filling = malloc(plan->padding);
	comment = ASN1_IA5STRING_new();
	ok = filling && comment;
	if (ok) {
		memset(filling, '.', plan->padding);
		ok = ASN1_STRING_set(comment, filling, (int)plan->padding) == 1 &&
		     X509_add1_ext_i2d(cert, NID_netscape_comment, comment, 0, X509V3_ADD_APPEND) ==
			     1;
	}
	ASN1_IA5STRING_free(comment);
	free(filling);
	return ok;
}

/* Puts an RFC 6979 signature in the place of the random one. */
static bool sign_again(X509 *cert, const struct plan *plan, EVP_PKEY *key)
{
	const ASN1_BIT_STRING *place = NULL;
	unsigned char sig[160], *tbs = NULL;
	int len = i2d_re_X509_tbs(cert, &tbs);
	size_t size;
	bool ok = false;

	size = len > 0 ? key_sign_repeatable(key, plan->hash, tbs, (size_t)len, sig) : 0;
	X509_get0_signature(&place, NULL, cert);
	if (size && place)
		ok = ASN1_BIT_STRING_set((ASN1_BIT_STRING *)(uintptr_t)place, sig, (int)size) == 1;
	OPENSSL_free(tbs);
	return ok;
}

X509 *plan_sign(const struct plan *plan, struct fault *fault)
{
	EVP_PKEY *signer = plan->issuer ? plan->issuer_key : plan->key;
	X509 *cert = X509_new();
	bool ok = false;

	if (!cert)
		goto out;
	ok = X509_set_version(cert, 2) == 1 && set_serial(cert, plan, fault) &&
	     set_time(X509_getm_notBefore(cert), plan->from) &&
	     set_time(X509_getm_notAfter(cert), plan->to) && set_names(cert, plan) &&
	     X509_set_issuer_name(cert,
				  X509_get_subject_name(plan->issuer ? plan->issuer : cert)) == 1 &&
	     X509_set_pubkey(cert, plan->key) == 1 && add_san(cert, plan) &&
	     add_constraints(cert, plan) && add_key_usage(cert, plan) &&
	     add_ext_key_usage(cert, plan) && add_ski(cert, plan) && add_aki(cert, plan) &&
	     add_padding(cert, plan);
	if (ok && plan->issuer &&
	    X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)) == 0) {
		ok = false;
		refuse(fault,
		       "\"%s\" is also the name of its issuer; a certificate that is named like its "
		       "issuer is taken for self-signed and refused; choose another name",
		       plan->cn ? plan->cn : "");
	}
	ok = ok && X509_sign(cert, signer, plan->hash) > 0;
	if (ok && plan->repeatable && EVP_PKEY_get_base_id(signer) == EVP_PKEY_EC)
		ok = sign_again(cert, plan, signer);
out:
	if (!ok) {
		refuse(fault, "the certificate cannot be made: %s",
		       ERR_peek_last_error() ? ERR_reason_error_string(ERR_peek_last_error())
					     : "out of memory");
		X509_free(cert);
		cert = NULL;
	}
	ERR_clear_error();
	return cert;
}

int plan_can_issue(X509 *issuer, EVP_PKEY *key, const char *name, struct fault *fault)
{
	struct cert_facts facts;
	int rc = 0;

	if (cert_facts_of(&facts, issuer))
		return refuse(fault, "%s: out of memory", name);
	if (!facts.is_ca)
		rc = refuse(fault,
			    "%s is CA:FALSE and cannot issue; issue from a root "
			    "(doorstep-ca root) or from \"server --issues\"",
			    name);
	else if (!(facts.key_usage & KU_KEY_CERT_SIGN) || !facts.has_ski)
		rc = refuse(
			fault,
			"%s has no keyUsage or no key identifier, so what it issued would fail "
			"strict checking; issue from a root (doorstep-ca root) or from \"server "
			"--issues\"",
			name);
	else if (X509_check_private_key(issuer, key) != 1)
		rc = refuse(fault, "the key of %s does not belong to its certificate", name);
	else if (facts.not_after <= when_now())
		rc = refuse(fault, "%s is over since %s and cannot issue; roll it over first", name,
			    when_date(facts.not_after).s);
	ERR_clear_error();
	cert_facts_free(&facts);
	return rc;
}

void plan_pem(struct text *out, X509 *cert)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	if (!mem || PEM_write_bio_X509(mem, cert) != 1) {
		out->broken = true;
	} else {
		len = BIO_get_mem_data(mem, &data);
		text_add(out, data, (size_t)len);
	}
	BIO_free(mem);
}

size_t plan_der_bytes(X509 *cert)
{
	int len = i2d_X509(cert, NULL);

	return len > 0 ? (size_t)len : 0;
}
