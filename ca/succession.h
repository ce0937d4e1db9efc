/*
 * What takes the place of a certificate, as renew and rollover make it: a plan like the old one, the
 * copies that are kept of it, and whose device certificates the broker takes afterwards.
 */
#ifndef DOORSTEP_SUCCESSION_H
#define DOORSTEP_SUCCESSION_H

#include "cert.h"
#include "options.h"
#include "plan.h"
#include "store.h"

#define CLIENT_CA "certs/client-ca.pem"

/* A plan that says what a certificate says, but for serial and dates. names is freed by the caller;
 * facts have to live as long as the plan. */
int plan_like(struct plan *plan, const struct options *o, const struct cert_facts *facts,
	      X509 *cert, const char ***names, struct fault *fault);

/* Keeps a certificate and its key as NAME.previous. What lay there with another key has issued
 * certificates that are still in use: it moves on to the first NAME.former-N that is free. */
int succession_keep(struct store *store, const char *name, struct fault *fault);

/* Prepares the file of all who may have issued the devices' certificates: these first, then whom it
 * held before, as far as they are in time. */
int succession_trust(struct store *store, X509 *const *first, size_t count, struct fault *fault);

/* Whether that file is there and has this certificate. */
bool succession_trusts(const struct store *store, X509 *cert);

/* Whether two certificates issue the same: one name, one key. */
bool succession_same(X509 *a, X509 *b);

#endif
