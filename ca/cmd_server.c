/* server, root, web: certificates for our own side of the line. */
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>
#include "host.h"
#include "key.h"
#include "revocation.h"

/* Where --out asks for it, certificate and key in one text: to standard output or a 0600 file. */
static int emit(const struct options *o, X509 *cert, EVP_PKEY *key, struct fault *fault)
{
	struct text pem = {0}, secret = {0};
	int rc;

	if (!o->out)
		return 0;
	plan_pem(&pem, cert);
	rc = key_pem(key, &secret, fault);
	text_add(&pem, secret.s, secret.len);
	if (!rc && pem.broken)
		rc = refuse(fault, "out of memory");
	if (!rc && strcmp(o->out, "-") == 0)
		fwrite(pem.s, 1, pem.len, stdout);
	else if (!rc)
		rc = file_write(AT_FDCWD, o->out, pem.s, pem.len, FILE_KEY,
				o->force ? FILE_REPLACE : 0, fault);
	key_wipe(&pem);
	key_wipe(&secret);
	return rc;
}

/* Makes one certificate after a plan, under a name, and tells of it. */
static int make(const struct options *o, struct plan *plan, const char *name, const char *kind,
		struct fault *fault)
{
	struct store store = STORE_CLOSED;
	X509 *chain[2] = {NULL, NULL};
	char path[300];
	bool kept = false;
	int rc;

	rc = check_out(o, fault);
	if (!rc)
		rc = store_open(&store, o->class_dir, o->issuer ? STORE_CHANGE : STORE_MAKE, fault);
	if (rc)
		goto out;
	store.flags = o->no_sync ? FILE_NO_SYNC : 0;
	snprintf(path, sizeof(path), "%s/certs/%s.pem", o->class_dir, name);
	rc = -1;
	if (store_has(&store, name)) {
		refuse(fault,
		       "%s is there already, and boards may have it pinned; it stays as it is (only "
		       "doorstep-ca renew and rollover replace it)",
		       path);
		goto out;
	}
	plan->key = key_from_options(o, &store, name, "p384", &kept, fault);
	if (!plan->key)
		goto out;
	if (o->issuer) {
		if (store_load(&store, o->issuer, &plan->issuer, &plan->issuer_key, fault) ||
		    plan_can_issue(plan->issuer, plan->issuer_key, o->issuer, fault) ||
		    plan_within(plan, o, plan->issuer, o->issuer, fault))
			goto out;
	}
	chain[0] = plan_sign(plan, fault);
	if (!chain[0])
		goto out;
	chain[1] = plan->issuer;
	/* The budget of leaf and root together, although a server sends the leaf alone. */
	rc = report_certificate(o, path, chain, plan->issuer ? 2 : 1, true, true, fault);
	if (!rc)
		rc = store_prepare(&store, name, chain[0], NULL, kept ? NULL : plan->key, kind,
				   o->issuer, 0, fault);
	if (!rc && plan->issues)
		rc = revocation_follow(&store, name, fault);
	if (!rc)
		rc = store_commit(&store, fault);
	if (!rc && kept)
		fprintf(words(o), "  with the key that keys/%s.key held already\n", name);
	if (!rc)
		rc = emit(o, chain[0], plan->key, fault);
out:
	X509_free(chain[0]);
	X509_free(plan->issuer);
	EVP_PKEY_free(plan->issuer_key);
	EVP_PKEY_free(plan->key);
	store_close(&store);
	return rc ? (rc == FAULT_USAGE ? rc : FAULT_REFUSED) : 0;
}

static int check_as(const char *name, struct fault *fault)
{
	if (strcmp(name, "crl") == 0 || strcmp(name, "client-ca") == 0 ||
	    strncmp(name, "server.", 7) == 0)
		return misuse(
			fault,
			"--as %s: certs/%s.pem is what revoke and rollover write; choose another "
			"name",
			name, name);
	if (host_is_id(name))
		return 0;
	return misuse(fault, "--as %s: expected a plain file name of letters, digits, . _ -", name);
}

int cmd_server(const struct options *o, struct fault *fault)
{
	struct plan plan = {
		.cn = o->smallest ? "d" : o->args[0],
		.org = "Doorstep",
		.names = (const char *const *)o->args,
		.name_count = o->arg_count,
		.ca = !o->leaf && !o->issuer && !o->smallest,
		.issues = o->issues,
		.sign = false,
		.serial_bytes = o->smallest ? 4 : 16,
	};
	const char *name = o->as ? o->as : "server";
	int rc;

	if (o->issues && (o->leaf || o->smallest || o->issuer))
		return misuse(fault,
			      "--issues makes a certificate that is a CA of its own; it does "
			      "not go with --leaf, --smallest or --issuer");
	if (o->leaf && o->smallest)
		return misuse(fault, "--smallest is CA:FALSE already; leave --leaf out");
	rc = check_hosts(o, fault);
	if (!rc)
		rc = check_as(name, fault);
	if (!rc)
		rc = plan_from_options(&plan, o, o->issuer ? DAYS_LEAF : DAYS_CLASS, fault);
	/* A name that is too long for a CN stands in the SAN alone. */
	return rc ? rc : make(o, &plan, name, "server", fault);
}

int cmd_root(const struct options *o, struct fault *fault)
{
	struct plan plan = {
		.cn = o->arg_count ? o->args[0] : "Doorstep root",
		.ca = true,
		.issues = true,
	};
	const char *name = o->as ? o->as : "root";
	int rc = check_as(name, fault);

	if (!rc && (strlen(plan.cn) > 64 || !*plan.cn))
		return misuse(fault, "\"%s\": the name of a root has 1 to 64 characters", plan.cn);
	if (!rc)
		rc = plan_from_options(&plan, o, DAYS_CLASS, fault);
	return rc ? rc : make(o, &plan, name, "root", fault);
}

int cmd_web(const struct options *o, struct fault *fault)
{
	struct plan plan = {
		.cn = o->args[0],
		.org = "Doorstep",
		.names = (const char *const *)o->args,
		.name_count = o->arg_count,
		.server = true,
		.sign = true,
	};
	int rc = check_hosts(o, fault);

	if (!rc && o->days > DAYS_WEB)
		return misuse(fault,
			      "--days %ld: browsers refuse web certificates of more than %d days",
			      o->days, DAYS_WEB);
	if (!rc)
		rc = check_as(o->as ? o->as : "web", fault);
	if (!rc)
		rc = plan_from_options(&plan, o, DAYS_LEAF, fault);
	return rc ? rc : make(o, &plan, o->as ? o->as : "web", "web", fault);
}
