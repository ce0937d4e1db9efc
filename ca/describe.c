#include "describe.h"

#include <string.h>
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
