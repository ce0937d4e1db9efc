/* exercises: the certificates of the doors that are broken on purpose. Each has exactly one fault:
 * it is issued by the class certificate, names the class, and is valid, but for what its row says. */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include "cert.h"
#include "host.h"
#include "key.h"

enum shape {
	LEAF,	  /* one certificate, issued by the class */
	STRANGER, /* issued by a CA that nobody has */
	ORPHAN,	  /* issued by an intermediate that is not sent */
	PADDED,	  /* leaf and intermediate, of exactly `bytes` of DER in all */
	REAL,	  /* leaf, RSA-2048 and RSA-4096 above it, of the sizes of field report 4 */
};

static const struct exercise_cert {
	const char *name;
	enum shape shape;
	const char *key;
	size_t bytes;
	int from, to;	  /* days from now; 0: as the class */
	const char *host; /* instead of the class's names */
} exercises[] = {
	{"expired", LEAF, "p384", 0, -365, -1, NULL},
	{"not-yet-valid", LEAF, "p384", 0, 365, 0, NULL},
	{"wrong-name", LEAF, "p384", 0, 0, 0, "another-host.example"},
	{"unknown-issuer", STRANGER, "p384", 0, 0, 0, NULL},
	{"missing-intermediate", ORPHAN, "p384", 0, 0, 0, NULL},
	{"real-chain", REAL, "p256", 3773, 0, 0, NULL},
	{"chain-5279", PADDED, "p384", 5279, 0, 0, NULL},
	{"chain-4096", PADDED, "p384", 4096, 0, 0, NULL},
	{"chain-4097", PADDED, "p384", 4097, 0, 0, NULL},
	{"rsa-4096", LEAF, "rsa4096", 0, 0, 0, NULL},
	{"p-256", LEAF, "p256", 0, 0, 0, NULL},
};

#define COUNT (sizeof(exercises) / sizeof(exercises[0]))

/* Field report 4, certificate by certificate: 1,076 + 1,306 + 1,391 = 3,773 bytes of DER, which are
 * 5,278 bytes of PEM. */
enum { REAL_LEAF = 1076, REAL_MIDDLE = 1306, REAL_TOP = 1391 };

struct work {
	const struct options *o;
	struct store store;
	struct index_book book;
	X509 *class_cert;
	EVP_PKEY *class_key;
	EVP_PKEY *rsa4096; /* slow to make, so made once */
	int64_t from, to;
};

/* Signs the plan with as much padding as makes it exactly `bytes` long. ECDSA signatures differ in
 * length by a byte or two, so a miss is tried again. */
static X509 *sign_sized(struct plan *plan, size_t bytes, struct fault *fault)
{
	for (int tries = 0; tries < 200; tries++) {
		X509 *cert = plan_sign(plan, fault);
		size_t size = cert ? plan_der_bytes(cert) : 0;

		if (!cert || size == bytes)
			return cert;
		X509_free(cert);
		if (size > bytes && plan->padding < size - bytes)
			break;
		if (plan->padding == 0)
			/* the extension's own bytes: about 21 around the filling */
			plan->padding = bytes - size > 30 ? bytes - size - 21 : 1;
		else if (size > bytes + 2 || size + 2 < bytes || tries % 8 == 7)
			plan->padding = plan->padding + bytes - size;
	}
	refuse(fault, "no certificate of exactly %zu bytes can be made; is the domain very long?",
	       bytes);
	return NULL;
}

static struct plan issuer_plan(const struct work *w, const char *cn, EVP_PKEY *key)
{
	return (struct plan){
		.cn = cn,
		.ca = true,
		.issues = true,
		.from = w->from,
		.to = w->to,
		.hash = EVP_sha256(),
		.key = key,
		.issuer = w->class_cert,
		.issuer_key = w->class_key,
	};
}

static EVP_PKEY *slow_key(struct work *w, struct fault *fault)
{
	if (!w->rsa4096)
		w->rsa4096 = key_make("rsa4096", fault);
	if (w->rsa4096)
		EVP_PKEY_up_ref(w->rsa4096);
	return w->rsa4096;
}

/* The chain above the leaf, top first into chain[1..]; the leaf's plan gets its issuer. Returns how
 * many certificates the server sends besides the leaf, or -1. */
static int make_issuers(struct work *w, const struct exercise_cert *e, struct plan *leaf,
			X509 *chain[3], EVP_PKEY *keys[3], struct fault *fault)
{
	struct plan plan;

	leaf->issuer = w->class_cert;
	leaf->issuer_key = w->class_key;
	if (e->shape == LEAF)
		return 0;
	keys[2] = e->shape == REAL ? slow_key(w, fault) : key_make("p384", fault);
	if (!keys[2])
		return -1;
	plan = issuer_plan(
		w, e->shape == STRANGER ? "Somebody else's root" : "Doorstep exercise intermediate",
		keys[2]);
	if (e->shape == STRANGER) {
		plan.issuer = NULL;
		plan.issuer_key = NULL;
	}
	if (e->shape == REAL)
		plan.cn = "Doorstep exercise X1";
	chain[2] = e->shape == REAL	? sign_sized(&plan, REAL_TOP, fault)
		   : e->shape == PADDED ? sign_sized(&plan, e->bytes / 2, fault)
					: plan_sign(&plan, fault);
	leaf->issuer = chain[2];
	leaf->issuer_key = keys[2];
	if (!chain[2])
		return -1;
	if (e->shape != REAL)
		return e->shape == PADDED ? 1 : 0;
	keys[1] = key_make("rsa2048", fault);
	if (!keys[1])
		return -1;
	plan = issuer_plan(w, "Doorstep exercise R3", keys[1]);
	plan.issuer = chain[2];
	plan.issuer_key = keys[2];
	chain[1] = sign_sized(&plan, REAL_MIDDLE, fault);
	leaf->issuer = chain[1];
	leaf->issuer_key = keys[1];
	return chain[1] ? 2 : -1;
}

static int make(struct work *w, const struct exercise_cert *e, struct fault *fault)
{
	char cn[400], wildcard[400], name[80];
	const char *names[2] = {w->o->domain, wildcard};
	X509 *chain[3] = {NULL, NULL, NULL};
	EVP_PKEY *keys[3] = {NULL, NULL, NULL};
	struct plan leaf = {.cn = cn, .names = names, .name_count = 2, .hash = EVP_sha256()};
	struct text above = {0};
	int sent, rc = FAULT_REFUSED;

	snprintf(name, sizeof(name), "exercises/%s", e->name);
	snprintf(wildcard, sizeof(wildcard), "*.%s", w->o->domain);
	snprintf(cn, sizeof(cn), "%s.%s", e->name, w->o->domain);
	if (e->host) {
		leaf.cn = names[0] = e->host;
		leaf.name_count = 1;
	}
	leaf.from = e->from ? when_now() + e->from * WHEN_DAY : w->from;
	leaf.to = e->to ? when_now() + e->to * WHEN_DAY : w->to;
	keys[0] = strcmp(e->key, "rsa4096") ? key_make(e->key, fault) : slow_key(w, fault);
	leaf.key = keys[0];
	sent = keys[0] ? make_issuers(w, e, &leaf, chain, keys, fault) : -1;
	if (sent < 0)
		goto out;
	if (e->shape == REAL)
		chain[0] = sign_sized(&leaf, REAL_LEAF, fault);
	else if (e->shape == PADDED)
		chain[0] = sign_sized(&leaf, e->bytes - plan_der_bytes(chain[2]), fault);
	else
		chain[0] = plan_sign(&leaf, fault);
	if (!chain[0])
		goto out;
	if (sent == 2)
		plan_pem(&above, chain[1]);
	if (sent >= 1)
		plan_pem(&above, chain[2]);
	rc = above.broken ? refuse(fault, "out of memory")
			  : store_prepare(&w->store, name, chain[0], sent ? &above : NULL, keys[0],
					  "exercise", "server", FILE_REPLACE, fault);
out:
	for (int i = 0; i < 3; i++) {
		X509_free(chain[i]);
		EVP_PKEY_free(keys[i]);
	}
	text_free(&above);
	return rc;
}

/* Whether it is there and still shows its fault: one that begins next year is made anew in time. */
static bool is_there(const struct work *w, const struct exercise_cert *e)
{
	const struct index_entry *mine, *class_entry;
	struct cert_facts facts;
	struct fault none = {.text = ""};
	X509 *cert = NULL;
	char name[80];
	bool good;

	snprintf(name, sizeof(name), "exercises/%s", e->name);
	if (w->o->force || !store_has(&w->store, name) || !store_has_key(&w->store, name) ||
	    store_load(&w->store, name, &cert, NULL, &none) || cert_facts_of(&facts, cert)) {
		X509_free(cert);
		return false;
	}
	good = e->from <= 0 || facts.not_before > when_now() + 30 * WHEN_DAY;
	/* A class that was rolled over has another issuer. */
	mine = index_by_name(&w->book, name);
	class_entry = index_by_name(&w->book, "server");
	if (!mine || !class_entry || mine->issued < class_entry->issued)
		good = false;
	cert_facts_free(&facts);
	X509_free(cert);
	return good;
}

static bool wanted(const struct options *o, const char *name)
{
	for (int i = 0; i < o->arg_count; i++)
		if (strcmp(o->args[i], name) == 0)
			return true;
	return o->arg_count == 0;
}

static int check_arguments(const struct options *o, struct fault *fault)
{
	for (int i = 0; i < o->arg_count; i++) {
		size_t k = 0;

		while (k < COUNT && strcmp(exercises[k].name, o->args[i]))
			k++;
		if (k == COUNT)
			return misuse(fault,
				      "there is no exercise \"%s\" with a certificate; "
				      "broker/exercises lists them",
				      o->args[i]);
	}
	if (!o->domain || !host_is_domain(o->domain))
		return misuse(fault,
			      "exercises needs --domain NAME, a domain of two labels or more, "
			      "or localhost");
	return 0;
}

int cmd_exercises(const struct options *o, struct fault *fault)
{
	struct work w = {.o = o, .store = STORE_CLOSED};
	struct cert_facts facts = {0};
	int made = 0, rc;

	rc = check_arguments(o, fault);
	if (!rc)
		rc = store_open(&w.store, o->class_dir, STORE_CHANGE, fault);
	if (!rc)
		rc = index_read(&w.book, w.store.dir, fault);
	if (!rc)
		rc = store_load(&w.store, "server", &w.class_cert, &w.class_key, fault);
	if (!rc)
		rc = plan_can_issue(w.class_cert, w.class_key, "server", fault);
	if (!rc && cert_facts_of(&facts, w.class_cert))
		rc = refuse(fault, "out of memory");
	w.store.flags = o->no_sync ? FILE_NO_SYNC : 0;
	w.from = when_now() - 3600;
	w.to = facts.not_after;
	for (size_t i = 0; !rc && i < COUNT; i++) {
		if (!wanted(o, exercises[i].name) || is_there(&w, &exercises[i]))
			continue;
		rc = make(&w, &exercises[i], fault);
		made++;
	}
	if (!rc)
		rc = store_commit(&w.store, fault);
	if (!rc)
		printf("%s/certs/exercises: %d new, %zu in all\n", o->class_dir, made, COUNT);
	cert_facts_free(&facts);
	X509_free(w.class_cert);
	EVP_PKEY_free(w.class_key);
	EVP_PKEY_free(w.rsa4096);
	index_free(&w.book);
	store_close(&w.store);
	return rc;
}
