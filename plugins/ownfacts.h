/*
 * Our own certificates' facts, kept between visits: a broker shows the same few certificates all the
 * time, and reading one, or telling it, costs more than the rest of a visit's line. Used by one thread.
 */
#ifndef DOORSTEP_OWNFACTS_H
#define DOORSTEP_OWNFACTS_H

#include "cert.h"
#include "text.h"

#define OWN_FACTS_MAX 32

struct own_cert {
	X509 *cert; /* a reference of our own, so that no other can get its address */
	struct cert_facts facts;
	struct text told; /* its part of a visit's line */
};

struct own_facts {
	struct own_cert kept[OWN_FACTS_MAX];
	size_t next; /* the one that makes room */
};

/* That of cert; an empty one for NULL and for what cannot be read. It lives until OWN_FACTS_MAX other
 * certificates were asked for. */
const struct own_cert *own_cert_of(struct own_facts *own, X509 *cert);
void own_facts_free(struct own_facts *own);

#endif
