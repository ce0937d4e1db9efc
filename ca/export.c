#include "export.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include "cert.h"

enum { CA = 1, CERT = 2, KEY = 4 };

/* The three texts of a tag, with what everybody calls them. */
static const struct slot {
	size_t at;
	int type; /* of AT%CMNG */
	const char *title;
	const char *file;
	const char *macro;
	const char *json;
	const char *credstore;
	const char *zephyr;
} slots[] = {
	{offsetof(struct material, ca), 0, "CA certificate", "ca-cert.pem", "CA_CERTIFICATE",
	 "caCert", "ROOT_CA_CERT", "CA"},
	{offsetof(struct material, cert), 1, "client certificate", "client-cert.pem",
	 "CLIENT_CERTIFICATE", "clientCert", "CLIENT_CERT", "SERV"},
	{offsetof(struct material, key), 2, "private key", "private-key.pem", "PRIVATE_KEY",
	 "privateKey", "CLIENT_KEY", "PK"},
};

#define SLOTS (sizeof(slots) / sizeof(slots[0]))

static const struct text *slot_text(const struct material *m, const struct slot *slot)
{
	return (const struct text *)(const void *)((const char *)m + slot->at);
}

static size_t trimmed_len(const struct text *pem)
{
	size_t len = pem->len;

	while (len && (pem->s[len - 1] == '\n' || pem->s[len - 1] == '\r'))
		len--;
	return len;
}

void export_sha256(char out[65], const struct text *pem, bool trimmed)
{
	uint8_t digest[32];

	EVP_Digest(pem->s, trimmed ? trimmed_len(pem) : pem->len, digest, NULL, EVP_sha256(), NULL);
	cert_hex(out, digest, 32);
	for (char *c = out; *c; c++)
		if (*c >= 'a')
			*c = (char)(*c - 'a' + 'A');
}

/* Calls each for every line of a PEM, without its newline. */
static void each_line(const struct text *pem, void (*each)(struct text *, const char *, size_t),
		      struct text *out)
{
	const char *at = pem->s, *end = at + pem->len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		if (!newline)
			newline = end;
		each(out, at, (size_t)(newline - at));
		at = newline + 1;
	}
}

static void plain(struct text *out, const struct material *m, const struct slot *slot)
{
	const struct text *pem = slot_text(m, slot);

	text_add(out, pem->s, pem->len);
}

/* The DER of the next PEM block; false where there is none. */
static bool next_der(struct text *out, BIO *in)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	bool found = in && PEM_read_bio(in, &name, &header, &data, &len) == 1;

	if (found)
		text_add(out, (const char *)data, (size_t)len);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(data, (size_t)len);
	ERR_clear_error();
	return found;
}

static void der(struct text *out, const struct material *m, const struct slot *slot)
{
	const struct text *pem = slot_text(m, slot);
	BIO *in = BIO_new_mem_buf(pem->s, (int)pem->len);

	if (!next_der(out, in))
		out->broken = true;
	BIO_free(in);
}

static void quoted_line(struct text *out, const char *line, size_t len)
{
	text_puts(out, "\"");
	text_add(out, line, len);
	text_puts(out, "\\n\"\n");
}

static void quoted(struct text *out, const struct material *m, const struct slot *slot)
{
	each_line(slot_text(m, slot), quoted_line, out);
}

static void macro_line(struct text *out, const char *line, size_t len)
{
	text_puts(out, " \\\n\"");
	text_add(out, line, len);
	text_puts(out, "\\n\"");
}

static void macro(struct text *out, const struct material *m, const struct slot *slot)
{
	text_printf(out, "#define %s", slot->macro);
	each_line(slot_text(m, slot), macro_line, out);
	text_puts(out, "\n");
}

static void hex(struct text *out, const struct material *m, const struct slot *slot)
{
	const struct text *pem = slot_text(m, slot);

	for (size_t i = 0; i < pem->len; i++)
		text_printf(out, "0x%02x,%s", (unsigned char)pem->s[i],
			    i % 16 == 15 || i + 1 == pem->len ? "\n" : " ");
}

static void json_texts(struct text *out, const struct material *m, const char *before)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct text *pem = slot_text(m, &slots[i]);

		text_printf(out, "%s\n  \"%s\": ", before, slots[i].json);
		text_json(out, pem->len ? pem->s : "", pem->len, pem->len + 1);
		before = ",";
	}
}

static void cellular_monitor(struct text *out, const struct material *m, const struct slot *slot)
{
	(void)slot;
	text_puts(out, "{");
	json_texts(out, m, "");
	text_printf(out, ",\n  \"secTag\": %ld\n}\n", m->tag);
}

static void nrf_cloud(struct text *out, const struct material *m, const struct slot *slot)
{
	(void)slot;
	text_puts(out, "{\n  \"clientId\": ");
	text_json(out, m->client_id ? m->client_id : "", m->client_id ? strlen(m->client_id) : 0,
		  256);
	json_texts(out, m, ",");
	text_puts(out, "\n}\n");
}

void export_at_lines(struct text *out, const struct material *m)
{
	text_puts(out, "AT+CMEE=1\r\nAT+CFUN=4\r\n");
	for (size_t i = 0; i < SLOTS; i++) {
		const struct text *pem = slot_text(m, &slots[i]);

		if (!pem->len)
			continue;
		text_printf(out, "AT%%CMNG=0,%ld,%d,\"", m->tag, slots[i].type);
		text_add(out, pem->s, trimmed_len(pem));
		text_puts(out, "\"\r\n");
	}
	text_printf(out, "AT%%CMNG=1,%ld\r\nAT+CFUN=1\r\n", m->tag);
}

static void provision(struct text *out, const struct material *m, const struct slot *slot)
{
	(void)slot;
	export_at_lines(out, m);
}

static void credstore(struct text *out, const struct material *m, const struct slot *slot)
{
	(void)slot;
	text_puts(out, "#!/bin/sh\n# Writes this folder's files into the modem: sh nrfcredstore.sh "
		       "/dev/ttyACM0\nset -e\ncd \"$(dirname \"$0\")\"\n"
		       "port=${1:?say the serial port, /dev/ttyACM0}\n");
	for (size_t i = 0; i < SLOTS; i++)
		if (slot_text(m, &slots[i])->len)
			text_printf(out, "nrfcredstore \"$port\" write %ld %s %s\n", m->tag,
				    slots[i].credstore, slots[i].file);
	text_printf(out, "nrfcredstore \"$port\" list --tag %ld\n", m->tag);
}

/* `cred buf` takes base64; "bint" stores it with the NUL that mbedTLS wants behind PEM. */
static void zephyr_shell(struct text *out, const struct material *m, const struct slot *slot)
{
	unsigned char base64[4 * 48 / 3 + 1];

	(void)slot;
	for (size_t i = 0; i < SLOTS; i++) {
		const struct text *pem = slot_text(m, &slots[i]);

		if (!pem->len)
			continue;
		text_puts(out, "cred buf clear\n");
		for (size_t at = 0; at < pem->len; at += 48) {
			size_t n = pem->len - at < 48 ? pem->len - at : 48;

			EVP_EncodeBlock(base64, (const unsigned char *)pem->s + at, (int)n);
			text_printf(out, "cred buf %s\n", base64);
		}
		text_printf(out, "cred add %ld %s DEFAULT bint\n", m->tag, slots[i].zephyr);
	}
	text_printf(out, "cred list %ld\n", m->tag);
	OPENSSL_cleanse(base64, sizeof(base64));
}

static void hashes(struct text *out, const struct material *m, const struct slot *slot)
{
	char sum[65];

	(void)slot;
	text_printf(
		out,
		"SHA-256 as AT%%CMNG=1,%ld lists it (nRF9160 from 1.3.2, nRF91x1). provision.at, "
		"Cellular Monitor\nand nrfcredstore store the text without its final newline, "
		"firmware mostly with it.\n\n",
		m->tag);
	for (size_t i = 0; i < SLOTS; i++) {
		const struct text *pem = slot_text(m, &slots[i]);

		if (!pem->len)
			continue;
		text_printf(out, "%s (tag %ld, type %d)\n", slots[i].file, m->tag, slots[i].type);
		export_sha256(sum, pem, true);
		text_printf(out, "  without final newline  %s\n", sum);
		export_sha256(sum, pem, false);
		text_printf(out, "  with final newline     %s\n", sum);
	}
}

static const struct maker {
	const char *name;
	const char *for_whom;
	int needs; /* all of these */
	int slot;  /* index into slots; -1: not about one */
	void (*make)(struct text *, const struct material *, const struct slot *);
} makers[] = {
	{"ca-cert.pem", "NCS samples, mqtt_helper, every tool", CA, 0, plain},
	{"client-cert.pem", "the same", CERT, 1, plain},
	{"private-key.pem", "the same", KEY, 2, plain},
	{"ca-cert.der", "Golioth, mbedTLS without PEM", CA, 0, der},
	{"client-cert.der", "the same", CERT, 1, der},
	{"private-key.der", "the same", KEY, 2, der},
	{"certificate.h", "Academy l4_e2 up to v3.1: src/certificate.h", CA, 0, macro},
	{"client-certificate.h", "the same form", CERT, 1, macro},
	{"private-key.h", "the same form", KEY, 2, macro},
	{"quoted/ca-cert.pem", "MQTT helper, Azure samples: #include \"ca-cert.pem\"", CA, 0,
	 quoted},
	{"quoted/client-cert.pem", "the same", CERT, 1, quoted},
	{"quoted/private-key.pem", "the same", KEY, 2, quoted},
	{"ca-cert.pem.inc", "generate_inc_file_for_target: #include in a byte array", CA, 0, hex},
	{"client-cert.pem.inc", "the same", CERT, 1, hex},
	{"private-key.pem.inc", "the same", KEY, 2, hex},
	{"cellular-monitor.json", "Cellular Monitor, Certificate Manager", CA, -1,
	 cellular_monitor},
	{"nrf-cloud.json", "nRF Cloud's credentials file", CA | CERT | KEY, -1, nrf_cloud},
	{"provision.at", "any terminal to the modem", CA, -1, provision},
	{"nrfcredstore.sh", "nrfcredstore", CA, -1, credstore},
	{"zephyr-cred.txt", "Zephyr's cred shell", CA, -1, zephyr_shell},
	{"sha256.txt", "to compare with AT%CMNG=1", CA, -1, hashes},
};

_Static_assert(sizeof(makers) / sizeof(makers[0]) + 31 <= FORMS_MAX, "FORMS_MAX is too small");

/* A DER file holds one certificate: of several that have to be trusted each has its own. */
static void further_ders(struct forms *forms, const struct material *m)
{
	BIO *in = BIO_new_mem_buf(m->ca.s, (int)m->ca.len);
	struct text first = {0};

	next_der(&first, in);
	text_free(&first);
	for (int n = 2; forms->count < FORMS_MAX; n++) {
		struct form *form = &forms->form[forms->count];

		if (!next_der(&form->content, in))
			break;
		snprintf(form->name, sizeof(form->name), "ca-cert-%d.der", n);
		form->for_whom = "the other one: a DER file holds one";
		forms->count++;
	}
	BIO_free(in);
}

int forms_make(struct forms *forms, const struct material *m, struct fault *fault)
{
	int have = 0;

	memset(forms, 0, sizeof(*forms));
	for (size_t i = 0; i < SLOTS; i++)
		if (slot_text(m, &slots[i])->len)
			have |= 1 << i;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
		const struct maker *maker = &makers[i];
		struct form *form = &forms->form[forms->count];

		if ((maker->needs & have) != maker->needs)
			continue;
		snprintf(form->name, sizeof(form->name), "%s", maker->name);
		form->for_whom = maker->for_whom;
		form->secret = (maker->needs & KEY) ||
			       (maker->slot < 0 && (have & KEY) && maker->make != hashes);
		maker->make(&form->content, m, maker->slot < 0 ? NULL : &slots[maker->slot]);
		forms->count++;
		if (form->content.broken) {
			forms_free(forms);
			return refuse(fault, "%s cannot be made: it is no PEM, or memory ran out",
				      maker->name);
		}
	}
	further_ders(forms, m);
	return 0;
}

void forms_free(struct forms *forms)
{
	for (size_t i = 0; i < forms->count; i++) {
		struct text *content = &forms->form[i].content;

		if (content->s)
			OPENSSL_cleanse(content->s, content->cap);
		text_free(content);
	}
	forms->count = 0;
}

void material_budget(const struct material *m, struct budget *budget)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (slot_text(m, &slots[i])->len)
			budget_add_text(budget, slots[i].title, slot_text(m, &slots[i])->len,
					slots[i].type, m->tag);
}
