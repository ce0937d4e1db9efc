/*
 * What a certificate is to say, and the certificate made from it. The plan is plain data that the
 * commands fill; plan_sign() turns it into an X509 that holds exactly that and nothing else.
 */
#ifndef DOORSTEP_PLAN_H
#define DOORSTEP_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "fault.h"
#include "text.h"

struct plan {
	/* The subject: a CN if it is not longer than 64 bytes and not the issuer's whole name, or else
	 * nothing and a critical SAN; a certificate that is its own issuer then gets org, since an
	 * issuer has to have a name. */
	const char *cn;
	const char *org;
	X509_NAME *subject; /* instead of both, where a CSR brought one */

	const char *const *names; /* host names, wildcards, addresses */
	int name_count;

	bool ca;     /* BasicConstraints, critical, CA:TRUE */
	bool issues; /* it issues others: keyUsage and SKI, which strict checking asks for */
	bool server; /* extendedKeyUsage serverAuth, */
	bool client; /* clientAuth, */
	bool sign;   /* and keyUsage digitalSignature */

	int64_t from, to;
	const char *serial;  /* hex; NULL: random, of serial_bytes */
	size_t serial_bytes; /* 16 unless set */
	bool repeatable;     /* the same input gives the same bytes */
	const EVP_MD *hash;

	EVP_PKEY *key;	      /* of the subject; its public half is enough */
	X509 *issuer;	      /* NULL: self-signed with key */
	EVP_PKEY *issuer_key; /* with issuer */

	size_t padding; /* bytes of filling in a comment extension; 0: none */
};

/* The certificate, or NULL with a fault. */
X509 *plan_sign(const struct plan *plan, struct fault *fault);

/* Whether this certificate can issue others so that strict checking passes: CA:TRUE, keyCertSign,
 * SKI, key fits. name is what to call it in the fault. */
int plan_can_issue(X509 *issuer, EVP_PKEY *key, const char *name, struct fault *fault);

/* PEM with LF and one final newline, appended. */
void plan_pem(struct text *out, X509 *cert);

/* DER length. */
size_t plan_der_bytes(X509 *cert);

#endif
