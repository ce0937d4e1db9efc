#include "budget.h"

#include <stdio.h>
#include <string.h>
#include "cert.h"
#include "modem_limits.h"
#include "plan.h"
#include "when.h"

#define RECORD_HEADER  5
#define MESSAGE_HEADER 4
#define RECORD_PLAIN   16384 /* a TLS record holds no more than this */

struct budget budget_of_chain(X509 *const *chain, size_t count)
{
	struct budget budget = {.certs = count, .not_after = INT64_MAX};
	size_t message = MESSAGE_HEADER + 3;

	for (size_t i = 0; i < count; i++) {
		struct cert_facts facts;

		budget.chain_der += plan_der_bytes(chain[i]);
		message += 3 + plan_der_bytes(chain[i]);
		if (cert_facts_of(&facts, chain[i]))
			continue;
		if (facts.not_after < budget.not_after)
			budget.not_after = facts.not_after;
		cert_facts_free(&facts);
	}
	budget.record = RECORD_HEADER + (message < RECORD_PLAIN ? message : RECORD_PLAIN);
	return budget;
}

size_t budget_at_line(size_t text, int type, long tag)
{
	return (size_t)snprintf(NULL, 0, "AT%%CMNG=0,%ld,%d,\"\"", tag, type) + text;
}

void budget_add_text(struct budget *budget, const char *what, size_t len, int type, long tag)
{
	size_t line = budget_at_line(len ? len - 1 : 0, type, tag);

	if (line > budget->at_line)
		budget->at_line = line;
	if (len <= budget->text)
		return;
	budget->text = len;
	budget->text_of = what;
	budget->text_type = type;
}

/* 4,096 */
static const char *grouped(char out[32], size_t n)
{
	if (n < 1000)
		snprintf(out, 32, "%zu", n);
	else
		snprintf(out, 32, "%zu,%03zu", n / 1000, n % 1000);
	return out;
}

static void line(struct text *out, const char *what, size_t value, size_t of, const char *unit)
{
	char a[32], b[32];

	if (of)
		text_printf(out, "  %-34s %7s of %s %s%s\n", what, grouped(a, value),
			    grouped(b, of), unit, value > of ? "  TOO MUCH" : "");
	else
		text_printf(out, "  %-34s %7s %s\n", what, grouped(a, value), unit);
}

void budget_print(struct text *out, const struct budget *budget, long tag, int64_t now)
{
	char what[80];

	if (budget->chain_der) {
		snprintf(what, sizeof(what), "chain that the server sends (%zu)", budget->certs);
		line(out, what, budget->chain_der, MODEM_CHAIN_DER_MAX, "bytes of DER");
		line(out, "largest TLS record of the handshake", budget->record, 0,
		     "bytes, the certificate message");
	}
	if (budget->text) {
		snprintf(what, sizeof(what), "text in tag %ld, type %d", tag, budget->text_type);
		line(out, what, budget->text, MODEM_TEXT_MAX, "bytes");
		line(out, "longest AT line", budget->at_line, MODEM_AT_LINE_MAX + 1, "bytes");
	}
	if (budget->not_after != INT64_MAX)
		text_printf(out, "  %-34s %s\n",
			    budget->not_after > now ? "valid until" : "EXPIRED",
			    when_words(budget->not_after, now).s);
}

void budget_json(struct text *out, const struct budget *budget, long tag)
{
	const char *before = "";

	text_puts(out, "{");
	if (budget->chain_der) {
		text_printf(out,
			    "\"certificates\":%zu,\"chain_der\":%zu,\"chain_der_max\":%d,"
			    "\"largest_record\":%zu",
			    budget->certs, budget->chain_der, MODEM_CHAIN_DER_MAX, budget->record);
		before = ",";
	}
	if (budget->text) {
		text_printf(out,
			    "%s\"tag\":%ld,\"type\":%d,\"text\":%zu,\"text_max\":%d,"
			    "\"at_line\":%zu,\"at_line_max\":%d",
			    before, tag, budget->text_type, budget->text, MODEM_TEXT_MAX,
			    budget->at_line, MODEM_AT_LINE_MAX);
		before = ",";
	}
	if (budget->not_after != INT64_MAX)
		text_printf(out, "%s\"valid_until\":\"%s\"", before, when_iso(budget->not_after).s);
	text_puts(out, "}");
}

int budget_check(const struct budget *budget, const char *name, struct fault *fault)
{
	char a[32], b[32];

	if (budget->chain_der > MODEM_CHAIN_DER_MAX)
		return refuse(
			fault,
			"%s: the server would send %s bytes of DER, a modem takes %s (%s); use "
			"fewer or smaller certificates, or --force",
			name, grouped(a, budget->chain_der), grouped(b, MODEM_CHAIN_DER_MAX),
			modem_families[0].chain_der.source);
	if (budget->text > MODEM_TEXT_MAX)
		return refuse(
			fault,
			"%s: the %s is %s bytes of text, one (tag, type) holds %s (%s); store "
			"the root alone, or --force",
			name, budget->text_of, grouped(a, budget->text), grouped(b, MODEM_TEXT_MAX),
			modem_families[0].text.source);
	if (budget->at_line > MODEM_AT_LINE_MAX)
		return refuse(
			fault,
			"%s: the AT line that writes it is %s bytes, it has to be shorter than "
			"%s (%s); store the root alone, or --force",
			name, grouped(a, budget->at_line), grouped(b, MODEM_AT_LINE_MAX + 1),
			modem_families[0].at_line.source);
	return 0;
}
