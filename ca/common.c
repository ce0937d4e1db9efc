#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "cert.h"
#include "host.h"
#include "key.h"

int check_hosts(const struct options *o, struct fault *fault)
{
	for (int i = 0; i < o->arg_count; i++) {
		const char *name = o->args[i];

		switch (host_kind(name)) {
		case HOST_NAME:
		case HOST_WILDCARD:
			break;
		case HOST_ADDRESS:
			fprintf(stderr,
				"doorstep-ca: note: %s is an address; whether a modem checks a "
				"certificate against an address is unknown, a host name is safe\n",
				name);
			break;
		case HOST_WILDCARD_SINGLE:
			if (strcmp(name, "*.localhost") == 0 || o->force)
				break;
			return misuse(
				fault,
				"%s: a wildcard over a single label is refused by OpenSSL's "
				"clients; use a domain of two labels, *.class.example, or --force",
				name);
		case HOST_BAD:
			return misuse(
				fault,
				"\"%s\" is no host name; expected letters, digits, hyphens and "
				"dots, such as mqtt.example.com or *.class.example; other letters in "
				"their xn-- form",
				name);
		}
		for (int k = 0; k < i; k++)
			if (strcasecmp(name, o->args[k]) == 0)
				return misuse(fault, "%s is named twice", name);
	}
	return 0;
}

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
	if (plan->to > WHEN_LAST)
		return misuse(fault, "it would be valid beyond the year 9999; say fewer --days");
	plan->serial = o->serial;
	plan->repeatable = o->serial && o->from;
	return 0;
}

int plan_within(struct plan *plan, const struct options *o, X509 *issuer, const char *name,
		struct fault *fault)
{
	struct cert_facts facts;
	int rc = 0;

	if (cert_facts_of(&facts, issuer))
		return refuse(fault, "out of memory");
	if (plan->to > facts.not_after && o->days > 0)
		rc = refuse(fault,
			    "--days %ld: that is longer than its issuer %s is valid (until %s)",
			    o->days, name, when_date(facts.not_after).s);
	else if (plan->to > facts.not_after)
		plan->to = facts.not_after;
	cert_facts_free(&facts);
	return rc;
}

EVP_PKEY *key_new(const struct options *o, const char *kind, struct fault *fault)
{
	struct text file = {0};
	EVP_PKEY *key = NULL;

	if (!o->key)
		return key_make(o->curve ? o->curve : kind, fault);
	if (!file_read(AT_FDCWD, o->key, &file, 1 << 16, fault))
		key = key_read(&file, o->key, fault);
	key_wipe(&file);
	if (key && key_check(key, o->key, fault)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

EVP_PKEY *key_from_options(const struct options *o, const struct store *store, const char *name,
			   const char *kind, bool *kept, struct fault *fault)
{
	EVP_PKEY *key = NULL;

	*kept = !o->key && store_has_key(store, name);
	if (!*kept)
		return key_new(o, kind, fault);
	store_load_key(store, name, &key, fault);
	return key;
}

int check_out(const struct options *o, struct fault *fault)
{
	char parent[PATH_MAX];
	const char *slash;

	if (!o->out || strcmp(o->out, "-") == 0)
		return 0;
	if (!o->force && file_exists(AT_FDCWD, o->out))
		return refuse(fault, "%s is there already; it stays as it is (--force replaces it)",
			      o->out);
	slash = strrchr(o->out, '/');
	snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - o->out + 1) : 1,
		 slash ? o->out : ".");
	if (access(parent, W_OK))
		return refuse(fault, "cannot write %s: %s", o->out, strerror(errno));
	return 0;
}

FILE *words(const struct options *o)
{
	return o->out && strcmp(o->out, "-") == 0 ? stderr : stdout;
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
		fputs(out.s, words(o));
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
	fprintf(words(o), "%s: %s, signed with %s, %zu bytes%s%s\n", path, facts.key, facts.hash,
		facts.der_bytes, facts.cn[0] ? ", " : "", facts.cn);
	cert_facts_free(&facts);
	return report_budget(&budget, path, o, fault);
}
