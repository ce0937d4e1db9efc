/* What a visit is judged by at its CONNECT, taken out of its TLS session and the broker's event. */
#ifndef DOORSTEP_ADMIT_FACTS_H
#define DOORSTEP_ADMIT_FACTS_H

#include "admission.h"
#include "cert.h"

/* Facts hold pointers into the certificate's facts and the admission: give those back after them. */
struct visit_facts {
	struct facts f;
	struct cert_facts cert; /* cert_facts_free() */
};

/* What is known before CONNECT: listener, SNI, and the seat that they or the address tell. */
void facts_at_hello(struct visit_facts *vf, struct admission *a, const char *address);

/* With the certificate of the session, the CONNECT, and the password's check. */
void facts_at_connect(struct visit_facts *vf, struct admission *a, const char *address,
		      const struct mosquitto_evt_basic_auth *auth);

/* Of a handshake that failed: the certificate, as far as one came. */
void facts_at_end(struct visit_facts *vf, struct admission *a, const struct visit *v);

/* Verification that goes on whatever it finds, and keeps what counts most: any fault of the chain
 * before faults of dates. The rules judge it at CONNECT. */
int verify_and_go_on(int ok, X509_STORE_CTX *store);

#endif
