/* Issuing to devices: shared by device, seats and sign. */
#ifndef DOORSTEP_DEVICE_H
#define DOORSTEP_DEVICE_H

#include "cert.h"
#include "command.h"

struct device_issuer {
	const char *name;
	X509 *cert;
	EVP_PKEY *key;
};

/* The issuer that was asked for, else certs/root.pem, else certs/server.pem; checked. */
int device_issuer(const struct store *store, const char *wanted, struct device_issuer *issuer,
		  struct fault *fault);
void device_issuer_free(struct device_issuer *issuer);

/* What all device certificates of a call have in common. */
int device_plan(struct plan *plan, const struct options *o, const struct device_issuer *issuer,
		struct fault *fault);

/* How a call begins that issues to devices by their names: whether --out can be written is known, the class
 * is open, own is what was given with the class's tag in it, and issuer and plan are those of the call. */
int device_begin(const struct options *given, struct options *own, struct store *store,
		 struct device_issuer *issuer, struct plan *plan, struct fault *fault);

/* Makes key and certificate of one id and prepares both; NULL with a fault. */
X509 *device_prepare(struct store *store, const struct options *o, const struct plan *common,
		     const char *issuer, const char *directory, const char *id, const char *kind,
		     int flags, struct fault *fault);

#endif
