/* Certificates in words or as JSON, for inspect. Pure. */
#ifndef DOORSTEP_DESCRIBE_H
#define DOORSTEP_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>
#include "budget.h"
#include "cert.h"
#include "modem_limits.h"
#include "text.h"

void describe_cert(struct text *out, const struct cert_facts *facts, int64_t now);
void describe_chain(struct text *out, X509 *const *chain, size_t count, bool json, int64_t now);

/* What no tag holds: a certificate request, a revocation list. */
void describe_request(struct text *out, X509_REQ *request, bool json);
void describe_list(struct text *out, X509_CRL *list, bool json);

/* Whether it fits each family of modems; in words with the grounds where it does not. */
void describe_families(struct text *out, const struct budget *budget, bool json);

#endif
