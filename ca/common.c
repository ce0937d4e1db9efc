#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "cert.h"
#include "key.h"

int plan_from_options(struct plan *plan, const struct options *o, long days, struct fault *fault)
{
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
	} hashes[] = {{"sha256", EVP_sha256}, {"sha384", EVP_sha384}, {"sha512", EVP_sha512}};
	const char *hash = o->hash ? o->hash : "sha256";

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (strcasecmp(hashes[i].name, hash) == 0)
			plan->hash = hashes[i].md();
	if (!plan->hash)
		return misuse(fault, "--hash %s: expected sha256, sha384 or sha512", hash);
	/* Clocks differ; an hour of grace costs nothing. */
	plan->from = when_now() - 3600;
	if (o->from && !when_parse(o->from, &plan->from))
		return misuse(fault, "--from %s: expected a date such as 2026-11-21 or seconds",
			      o->from);
	plan->to = plan->from + (o->days > 0 ? o->days : days) * WHEN_DAY;
	plan->serial = o->serial;
	plan->repeatable = o->serial && o->from;
	return 0;
}

EVP_PKEY *key_from_options(const struct options *o, const struct store *store, const char *name,
			   const char *kind, bool *kept, struct fault *fault)
{
	struct text file = {0};
	EVP_PKEY *key = NULL;

	*kept = false;
	if (o->key) {
		if (!file_read(AT_FDCWD, o->key, &file, 1 << 16, fault))
			key = key_read(&file, o->key, fault);
		key_wipe(&file);
		return key;
	}
	if (store_has_key(store, name)) {
		*kept = true;
		store_load_key(store, name, &key, fault);
		return key;
	}
	return key_make(o->curve ? o->curve : kind, fault);
}

int report_budget(const struct budget *budget, const char *name, const struct options *o,
		  struct fault *fault)
{
	struct text out = {0};
	int rc = o->force ? 0 : budget_check(budget, name, fault);

	if (rc)
		return rc;
	budget_print(&out, budget, o->tag, when_now());
	if (out.s)
		fputs(out.s, o->out && strcmp(o->out, "-") == 0 ? stderr : stdout);
	text_free(&out);
	return 0;
}

int report_certificate(const struct options *o, const char *path, X509 *const *chain, size_t count,
		       bool sent, bool stored, struct fault *fault)
{
	struct budget budget = budget_of_chain(chain, count);
	struct cert_facts facts;
	struct text pem = {0};
	int rc;

	if (!sent)
		budget.chain_der = 0;
	if (stored) {
		/* What boards store is the last of the chain: the anchor, or the certificate itself. */
		plan_pem(&pem, chain[count - 1]);
		budget_add_text(&budget, "certificate", pem.len, sent ? 0 : 1, o->tag);
		text_free(&pem);
	}
	rc = o->force ? 0 : budget_check(&budget, path, fault);
	if (rc)
		return rc;
	if (cert_facts_of(&facts, chain[0]))
		return refuse(fault, "out of memory");
	fprintf(o->out && strcmp(o->out, "-") == 0 ? stderr : stdout,
		"%s: %s, signed with %s, %zu bytes%s%s\n", path, facts.key, facts.hash,
		facts.der_bytes, facts.cn[0] ? ", " : "", facts.cn);
	cert_facts_free(&facts);
	return report_budget(&budget, path, o, fault);
}
