#include "describe.h"

#include <arpa/inet.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include "when.h"

static const struct {
	uint32_t bit;
	const char *name;
} key_usages[] =
	{
		{KU_DIGITAL_SIGNATURE, "digitalSignature"},
		{KU_NON_REPUDIATION, "nonRepudiation"},
		{KU_KEY_ENCIPHERMENT, "keyEncipherment"},
		{KU_DATA_ENCIPHERMENT, "dataEncipherment"},
		{KU_KEY_AGREEMENT, "keyAgreement"},
		{KU_KEY_CERT_SIGN, "keyCertSign"},
		{KU_CRL_SIGN, "cRLSign"},
},
  ext_usages[] = {
	  {XKU_SSL_SERVER, "serverAuth"},      {XKU_SSL_CLIENT, "clientAuth"},
	  {XKU_SMIME, "emailProtection"},      {XKU_CODE_SIGN, "codeSigning"},
	  {XKU_OCSP_SIGN, "OCSPSigning"},      {XKU_TIMESTAMP, "timeStamping"},
	  {XKU_ANYEKU, "anyExtendedKeyUsage"},
};

static void bits(struct text *out, uint32_t value, bool extended)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof(key_usages) / sizeof(key_usages[0]); i++) {
		uint32_t bit = extended ? ext_usages[i].bit : key_usages[i].bit;

		if (!(value & bit))
			continue;
		text_printf(out, "%s%s", before,
			    extended ? ext_usages[i].name : key_usages[i].name);
		before = ", ";
	}
}

void describe_cert(struct text *out, const struct cert_facts *f, int64_t now)
{
	char sum[65];

	text_puts(out, "  subject     ");
	text_safe(out, f->subject, strlen(f->subject), 400);
	text_puts(out, "\n  issuer      ");
	text_safe(out, f->issuer, strlen(f->issuer), 400);
	text_printf(out, "%s\n  names       ", f->self_issued ? " (itself)" : "");
	for (size_t i = 0; i < f->name_count && i < 40; i++) {
		text_puts(out, i ? ", " : "");
		text_safe(out, f->names[i].text, strlen(f->names[i].text), 255);
	}
	if (f->name_count > 40)
		text_printf(out, " and %zu more", f->name_count - 40);
	text_printf(out, "%s%s\n",
		    f->name_count ? f->names_from_cn ? " (from the CN; there is no SAN)" : ""
				  : "none",
		    f->bad_names ? " (and some that no host can have)" : "");
	text_printf(out, "  key         %s, signed with %s\n", f->key, f->hash[0] ? f->hash : "?");
	text_printf(out, "  valid from  %s\n", when_words(f->not_before, now).s);
	text_printf(out, "  valid until %s%s\n", when_words(f->not_after, now).s,
		    f->not_after <= now	  ? "  EXPIRED"
		    : f->not_before > now ? "  NOT YET VALID"
					  : "");
	text_printf(out, "  is a CA     %s\n",
		    f->is_ca		       ? "yes"
		    : f->has_basic_constraints ? "no"
					       : "no (does not say)");
	if (f->has_key_usage) {
		text_puts(out, "  key usage   ");
		bits(out, f->key_usage, false);
		text_puts(out, "\n");
	}
	if (f->has_ext_key_usage) {
		text_puts(out, "  purpose     ");
		bits(out, f->ext_key_usage, true);
		text_puts(out, "\n");
	}
	text_printf(out, "  serial      %s\n", f->serial);
	cert_hex(sum, f->sha256, 32);
	text_printf(out, "  DER         %zu bytes, SHA-256 %s\n", f->der_bytes, sum);
}

static void json_cert(struct text *out, const struct cert_facts *f)
{
	char sum[65];

	text_puts(out, "{\"subject\":");
	text_json(out, f->subject, strlen(f->subject), 4096);
	text_puts(out, ",\"issuer\":");
	text_json(out, f->issuer, strlen(f->issuer), 4096);
	text_puts(out, ",\"names\":[");
	for (size_t i = 0; i < f->name_count; i++) {
		text_puts(out, i ? "," : "");
		text_json(out, f->names[i].text, strlen(f->names[i].text), 4096);
	}
	cert_hex(sum, f->sha256, 32);
	text_printf(out,
		    "],\"key\":\"%s\",\"hash\":\"%s\",\"not_before\":\"%s\",\"not_after\":\"%s\","
		    "\"ca\":%s,\"serial\":\"%s\",\"der_bytes\":%zu,\"sha256\":\"%s\"}",
		    f->key, f->hash, when_iso(f->not_before).s, when_iso(f->not_after).s,
		    f->is_ca ? "true" : "false", f->serial, f->der_bytes, sum);
}

void describe_chain(struct text *out, X509 *const *chain, size_t count, bool json, int64_t now)
{
	if (json)
		text_puts(out, "[");
	for (size_t i = 0; i < count; i++) {
		struct cert_facts facts;

		if (cert_facts_of(&facts, chain[i])) {
			out->broken = true;
			return;
		}
		if (json) {
			text_puts(out, i ? "," : "");
			json_cert(out, &facts);
		} else {
			text_printf(out, "certificate %zu of %zu\n", i + 1, count);
			describe_cert(out, &facts, now);
		}
		cert_facts_free(&facts);
	}
	if (json)
		text_puts(out, "]");
}

/* What OpenSSL printed, a safe line after the other. */
static void add_words(struct text *out, BIO *words)
{
	char *at = NULL;
	long len = words ? BIO_get_mem_data(words, &at) : 0;

	for (const char *end = len > 0 ? at + len : at; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = (size_t)((newline ? newline : end) - at);

		text_safe(out, at, line, 400);
		text_puts(out, "\n");
		at += line + 1;
	}
	out->broken |= !words;
	BIO_free(words);
	ERR_clear_error();
}

static void json_name(struct text *out, const char *field, const X509_NAME *name)
{
	BIO *words = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len = 0;

	if (words && X509_NAME_print_ex(words, name, 0,
					(unsigned long)XN_FLAG_RFC2253 &
						~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_get_mem_data(words, &text);
	text_printf(out, "\"%s\":", field);
	text_json(out, len > 0 ? text : "", len > 0 ? (size_t)len : 0, 4096);
	BIO_free(words);
}

static const char *hash_of(int signature)
{
	int md = NID_undef;

	if (!OBJ_find_sigid_algs(signature, &md, NULL) || md == NID_undef)
		return "";
	return OBJ_nid2sn(md);
}

/* The names that a request asks for; a certificate gets none of them but what sign is told. */
static void json_asked(struct text *out, X509_REQ *request)
{
	STACK_OF(X509_EXTENSION) *asked = X509_REQ_get_extensions(request);
	GENERAL_NAMES *names = X509V3_get_d2i(asked, NID_subject_alt_name, NULL, NULL);
	const char *before = "";

	text_puts(out, "[");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		char ip[INET6_ADDRSTRLEN] = "";
		int len;

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		len = ASN1_STRING_length(name->d.ia5);
		if (name->type == GEN_IPADD &&
		    ((len != 4 && len != 16) ||
		     !inet_ntop(len == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.ia5),
				ip, sizeof(ip))))
			continue;
		text_puts(out, before);
		before = ",";
		if (*ip)
			text_json(out, ip, strlen(ip), sizeof(ip));
		else
			text_json(out, (const char *)ASN1_STRING_get0_data(name->d.ia5),
				  (size_t)len, 4096);
	}
	text_puts(out, "]");
	GENERAL_NAMES_free(names);
	sk_X509_EXTENSION_pop_free(asked, X509_EXTENSION_free);
}

static void json_request(struct text *out, X509_REQ *request)
{
	EVP_PKEY *pkey = X509_REQ_get0_pubkey(request);
	int der = i2d_X509_REQ(request, NULL);
	char key[24];

	cert_key_name(key, pkey);
	text_puts(out, "{");
	json_name(out, "subject", X509_REQ_get_subject_name(request));
	text_puts(out, ",\"names\":");
	json_asked(out, request);
	text_printf(out, ",\"key\":\"%s\",\"hash\":\"%s\",\"signature_fits\":%s,\"der_bytes\":%d}",
		    key, hash_of(X509_REQ_get_signature_nid(request)),
		    pkey && X509_REQ_verify(request, pkey) == 1 ? "true" : "false",
		    der > 0 ? der : 0);
}

void describe_request(struct text *out, X509_REQ *request, bool json)
{
	BIO *words = json ? NULL : BIO_new(BIO_s_mem());

	if (json)
		json_request(out, request);
	if (words)
		X509_REQ_print_ex(words, request, XN_FLAG_RFC2253, X509_FLAG_NO_SIGDUMP);
	if (!json)
		add_words(out, words);
	ERR_clear_error();
}

static void json_revoked(struct text *out, X509_REVOKED *revoked)
{
	ASN1_ENUMERATED *why = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
	char serial[48];

	cert_serial(serial, X509_REVOKED_get0_serialNumber(revoked));
	text_printf(out, "{\"serial\":\"%s\",\"revoked\":\"%s\"", serial,
		    when_iso(cert_time(X509_REVOKED_get0_revocationDate(revoked), INT64_MIN)).s);
	if (why)
		text_printf(out, ",\"reason\":%ld", ASN1_ENUMERATED_get(why));
	text_puts(out, "}");
	ASN1_ENUMERATED_free(why);
}

static void json_list(struct text *out, X509_CRL *list)
{
	STACK_OF(X509_REVOKED) *revoked = X509_CRL_get_REVOKED(list);
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(list, NID_crl_number, NULL, NULL);
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(list);
	int der = i2d_X509_CRL(list, NULL);
	char hex[48];

	text_puts(out, "{");
	json_name(out, "issuer", X509_CRL_get_issuer(list));
	text_printf(out, ",\"hash\":\"%s\",\"this_update\":\"%s\"",
		    hash_of(X509_CRL_get_signature_nid(list)),
		    when_iso(cert_time(X509_CRL_get0_lastUpdate(list), INT64_MIN)).s);
	if (next)
		text_printf(out, ",\"next_update\":\"%s\"", when_iso(cert_time(next, INT64_MAX)).s);
	if (number) {
		cert_serial(hex, number);
		text_printf(out, ",\"number\":\"%s\"", hex);
	}
	text_printf(out, ",\"der_bytes\":%d,\"revoked\":[", der > 0 ? der : 0);
	for (int i = 0; i < sk_X509_REVOKED_num(revoked); i++) {
		text_puts(out, i ? "," : "");
		json_revoked(out, sk_X509_REVOKED_value(revoked, i));
	}
	text_puts(out, "]}");
	ASN1_INTEGER_free(number);
}

void describe_list(struct text *out, X509_CRL *list, bool json)
{
	BIO *words = json ? NULL : BIO_new(BIO_s_mem());

	if (json)
		json_list(out, list);
	if (words)
		X509_CRL_print_ex(words, list, XN_FLAG_RFC2253);
	if (!json)
		add_words(out, words);
	ERR_clear_error();
}

void describe_families(struct text *out, const struct budget *budget, bool json)
{
	text_puts(out, json ? "[" : "modems\n");
	for (const struct modem_family *m = modem_families; m->code; m++) {
		bool chain = !budget->chain_der || budget->chain_der <= m->chain_der.max;
		bool text = !budget->text || budget->text <= m->text.max;

		if (json) {
			text_printf(out, "%s{\"family\":\"%s\",\"chain_fits\":%s,\"text_fits\":%s}",
				    m == modem_families ? "" : ",", m->code,
				    chain ? "true" : "false", text ? "true" : "false");
			continue;
		}
		text_printf(out, "  %-50s %s\n", m->title,
			    chain && text ? "fits"
			    : !chain	  ? "chain too large"
					  : "text too large to be stored and read back");
		if (!chain)
			text_printf(out, "      %s: %s\n", basis_name(m->chain_der.basis),
				    m->chain_der.source);
		if (!text)
			text_printf(out, "      %s: %s\n", basis_name(m->text.basis),
				    m->text.source);
	}
	if (json)
		text_puts(out, "]");
}
