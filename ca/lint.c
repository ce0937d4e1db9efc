#include "lint.h"

#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include "armour.h"
#include "cert.h"
#include "content.h"
#include "key.h"
#include "modem_limits.h"
#include "plan.h"
#include "when.h"

static const struct lint_rule rules[LINT_COUNT] = {
#define LINT(id, code, kind, what, mend) [LINT_##id] = {code, LINT_##kind, what, mend},
#include "lint.def"
#undef LINT
};

struct linter {
	struct lint_report *report;
	const struct lint_setting *setting;
	struct armour armour;
	struct content content[ARMOUR_MAX];
	size_t count;
};

const struct lint_rule *lint_rule(enum lint_id id)
{
	return id < LINT_COUNT ? &rules[id] : NULL;
}

bool lint_found(const struct lint_report *report, enum lint_id id)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->found[i].id == id)
			return true;
	return false;
}

bool lint_mendable(const struct lint_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (rules[report->found[i].id].kind == LINT_FORM)
			return report->mended.len > 0;
	return false;
}

void lint_free(struct lint_report *report)
{
	if (report->mended.s)
		OPENSSL_cleanse(report->mended.s, report->mended.cap);
	text_free(&report->mended);
}

static void find(struct lint_report *report, enum lint_id id, const char *value)
{
	struct text safe = {.max = sizeof(report->found[0].value)};

	if (lint_found(report, id))
		return;
	report->found[report->count].id = id;
	report->found[report->count].value[0] = '\0';
	text_safe(&safe, value, strlen(value), 120);
	if (safe.s && !safe.broken)
		strcpy(report->found[report->count].value, safe.s);
	text_free(&safe);
	report->count++;
}

static void lint_block(struct linter *l, struct armour_block *b)
{
	struct lint_report *r = l->report;
	struct content *c = &l->content[l->count];

	if (strcmp(b->label, "EC PARAMETERS") == 0) {
		find(r, LINT_EC_PARAMETERS, "");
		return;
	}
	l->count++;
	if (b->odd)
		find(r, LINT_ARMOUR, b->label);
	if (b->encrypted) {
		c->encrypted = true;
		find(r, LINT_ENCRYPTED, b->label);
		return;
	}
	if (b->unreadable || !content_recognise(c, &b->bytes)) {
		find(r, LINT_UNREADABLE, b->label);
		return;
	}
	if (!content_label_fits(c, b->label))
		find(r, LINT_ARMOUR, b->label);
	if (b->spaces)
		find(r, LINT_SPACES, "");
	if (b->wrapped_otherwise && !l->armour.quoted)
		find(r, LINT_WRAPPED, "");
	if (c->encrypted)
		find(r, LINT_ENCRYPTED, b->label);
	if (c->old_form)
		find(r, LINT_SEC1, b->label);
}

static bool issued_by(X509 *cert, X509 *issuer)
{
	return X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) == 0;
}

static bool self_issued(X509 *cert)
{
	return issued_by(cert, cert);
}

/* Where an issuer stands before what it issued: puts the leaf first, then each one's issuer. */
static void lint_order(struct linter *l)
{
	X509 *in[ARMOUR_MAX], *out[ARMOUR_MAX];
	bool wrong = false, used[ARMOUR_MAX] = {false};
	size_t n = 0, kept = 0, next;

	for (size_t i = 0; i < l->count; i++)
		if (l->content[i].cert)
			in[n++] = l->content[i].cert;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			wrong |= !self_issued(in[i]) && issued_by(in[i], in[j]) &&
				 !issued_by(in[j], in[i]);
	if (!wrong)
		return;
	while (kept < n) {
		/* One that issued nobody who is left; in a circle, whoever is first. */
		next = n;
		for (size_t i = 0; i < n && next == n; i++) {
			bool issues = used[i];

			for (size_t j = 0; j < n && !issues; j++)
				issues = !used[j] && j != i && !self_issued(in[j]) &&
					 issued_by(in[j], in[i]);
			if (!issues)
				next = i;
		}
		for (size_t i = 0; i < n && next == n; i++)
			if (!used[i])
				next = i;
		/* After a leaf its issuer, and that one's issuer. */
		while (next < n) {
			X509 *last = in[next];

			used[next] = true;
			out[kept++] = last;
			next = n;
			for (size_t i = 0; i < n && next == n; i++)
				if (!used[i] && !self_issued(last) && issued_by(last, in[i]))
					next = i;
		}
	}
	n = 0;
	for (size_t i = 0; i < l->count; i++)
		if (l->content[i].cert)
			l->content[i].cert = out[n++];
	find(l->report, LINT_ORDER, "");
}

static void lint_cert(struct linter *l, const struct cert_facts *f, bool first)
{
	/* Organisations of the roots that people find in samples and browsers. */
	static const char *const authorities[] = {
		"Internet Security Research Group",
		"Let's Encrypt",
		"DigiCert",
		"Amazon",
		"Baltimore",
		"GlobalSign",
		"Google Trust Services",
		"Sectigo",
		"COMODO",
		"USERTRUST",
		"Starfield",
		"GoDaddy",
		"Entrust",
		"VeriSign",
		"QuoVadis",
		"Actalis",
		"Buypass",
		"SSL Corporation",
		"Microsoft Corporation",
		"IdenTrust",
		"Digital Signature Trust",
	};
	const struct lint_setting *s = l->setting;
	struct lint_report *r = l->report;
	char value[300];

	if (f->not_after <= s->now)
		find(r, LINT_EXPIRED, when_words(f->not_after, s->now).s);
	if (f->not_before > s->now)
		find(r, LINT_NOT_YET, when_words(f->not_before, s->now).s);
	if (strncmp(f->key, "RSA", 3) == 0 && f->key_bits > 4096)
		find(r, LINT_RSA_LONG, f->key);
	if (!first)
		return;
	if (s->role == ROLE_DEVICE_CERT && f->is_ca)
		find(r, LINT_CA_AS_DEVICE, f->subject);
	if (s->role == ROLE_CA && !f->is_ca && !f->self_issued)
		find(r, LINT_LEAF_AS_CA, f->subject);
	if (s->role == ROLE_CA && f->is_ca)
		for (size_t i = 0; i < sizeof(authorities) / sizeof(authorities[0]); i++)
			if (strstr(f->subject, authorities[i]))
				find(r, LINT_PUBLIC_ROOT, f->subject);
	if (s->host && !cert_covers_host(f, s->host)) {
		snprintf(value, sizeof(value), "%.100s; it covers %.80s%s", s->host,
			 f->name_count ? f->names[0].text : "nothing",
			 f->name_count > 1 ? " and others" : "");
		find(r, LINT_HOST, value);
	}
}

static void lint_contents(struct linter *l)
{
	struct lint_report *r = l->report;
	size_t chain = 0;
	char value[64];

	if (l->setting->role != ROLE_CA)
		lint_order(l);
	for (size_t i = 0; i < l->count; i++) {
		struct content *c = &l->content[i];
		struct cert_facts facts;

		if (c->key && r->key_count < LINT_KEYS)
			content_key_digest(r->keys[r->key_count++], c->key);
		if (c->key && EVP_PKEY_get_base_id(c->key) == EVP_PKEY_RSA &&
		    EVP_PKEY_get_bits(c->key) > 4096)
			find(r, LINT_RSA_LONG, "the key");
		if (!c->cert || cert_facts_of(&facts, c->cert))
			continue;
		lint_cert(l, &facts, r->certs == 0);
		chain += facts.der_bytes;
		if (r->certs < LINT_CERTS) {
			memcpy(r->cert_keys[r->certs], facts.key_sha256, 32);
			r->cert_is_ca[r->certs++] = facts.is_ca;
		}
		cert_facts_free(&facts);
	}
	if (chain > MODEM_CHAIN_DER_MAX) {
		snprintf(value, sizeof(value), "%zu of %d bytes of DER", chain,
			 MODEM_CHAIN_DER_MAX);
		find(r, LINT_CHAIN_LARGE, value);
	}
}

/* The file as it should be; nothing where a block could not be read, rather than half of it. */
static void mend(struct linter *l)
{
	struct text *out = &l->report->mended;
	struct fault none = {.text = ""};
	struct text key = {0};

	if (lint_found(l->report, LINT_UNREADABLE) || lint_found(l->report, LINT_ENCRYPTED))
		return;
	for (size_t i = 0; i < l->count; i++) {
		struct content *c = &l->content[i];

		if (c->cert) {
			plan_pem(out, c->cert);
		} else if (c->key) {
			if (key_pem(c->key, &key, &none))
				out->broken = true;
			else
				text_add(out, key.s, key.len);
		} else {
			/* Requests and lists are left as they are. */
			text_reset(out);
			break;
		}
	}
	key_wipe(&key);
	if (out->broken)
		text_reset(out);
}

static size_t newlines_at_end(const char *data, size_t len)
{
	size_t n = 0;

	while (len && (data[len - 1] == '\n' || data[len - 1] == '\r')) {
		n += data[len - 1] == '\n';
		len--;
	}
	return n;
}

static void lint_form(struct linter *l, const char *data, size_t len)
{
	const struct armour *a = &l->armour;
	struct lint_report *r = l->report;
	static const struct {
		size_t at;
		enum lint_id id;
	} marks[] = {
		{offsetof(struct armour, crlf), LINT_CRLF},
		{offsetof(struct armour, literal), LINT_LITERAL},
		{offsetof(struct armour, quoted), LINT_QUOTED},
		{offsetof(struct armour, bom), LINT_BOM},
		{offsetof(struct armour, utf16), LINT_UTF16},
		{offsetof(struct armour, nul), LINT_NUL},
		{offsetof(struct armour, text_around), LINT_TEXT_AROUND},
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (*(const bool *)(const void *)((const char *)a + marks[i].at))
			find(r, marks[i].id, "");
	if (a->quoted || a->literal || a->utf16)
		return;
	if (newlines_at_end(data, len) == 0)
		find(r, LINT_FINAL_MISSING, "");
	if (newlines_at_end(data, len) > 1)
		find(r, LINT_FINAL_DOUBLED, "");
}

void lint_text(struct lint_report *report, const char *data, size_t len,
	       const struct lint_setting *setting)
{
	struct linter l = {.report = report, .setting = setting};
	struct text whole = {0};
	char value[60];

	memset(report, 0, sizeof(*report));
	ERR_set_mark();
	armour_read(&l.armour, data, len);
	for (size_t i = 0; i < l.armour.count; i++)
		lint_block(&l, &l.armour.block[i]);
	if (!l.armour.count && len && len < (1U << 24)) {
		text_add(&whole, data, len);
		if (content_recognise(&l.content[0], &whole)) {
			l.count = 1;
			find(report, LINT_DER, "");
			if (l.content[0].encrypted)
				find(report, LINT_ENCRYPTED, "");
		}
	} else if (l.armour.count) {
		lint_form(&l, data, len);
	}
	if (!l.count)
		find(report, LINT_EMPTY, "");
	lint_contents(&l);
	mend(&l);
	/* Whatever has no name of its own above must not pass in silence. */
	if (report->mended.len && !lint_mendable(report) &&
	    (report->mended.len != len || memcmp(report->mended.s, data, len)))
		find(report, LINT_WRAPPED, "");
	if (len > MODEM_TEXT_MAX && !lint_found(report, LINT_DER)) {
		snprintf(value, sizeof(value), "%zu of %d bytes", len, MODEM_TEXT_MAX);
		find(report, LINT_TEXT_LARGE, value);
	}
	for (size_t i = 0; i < ARMOUR_MAX; i++)
		content_free(&l.content[i]);
	if (whole.s)
		OPENSSL_cleanse(whole.s, whole.cap);
	text_free(&whole);
	armour_free(&l.armour);
	ERR_pop_to_mark();
}

void lint_match(struct lint_report *reports, size_t count)
{
	bool any = false;

	/* Where there is no certificate but CAs, a CA is what the key was meant for. */
	for (size_t i = 0; i < count; i++)
		any |= reports[i].certs > 0;
	if (!any)
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < reports[i].key_count; k++) {
			bool fits = false;

			for (size_t j = 0; j < count && !fits; j++)
				for (size_t c = 0; c < reports[j].certs && !fits; c++)
					fits = memcmp(reports[i].keys[k], reports[j].cert_keys[c],
						      32) == 0;
			if (!fits)
				find(&reports[i], LINT_KEY_OF_ANOTHER, "");
		}
}
