/*
 * Our own certificates' facts, kept between visits: a broker shows the same few certificates all the
 * time, and reading one costs more than the rest of a visit's line. Used by one thread.
 */
#ifndef DOORSTEP_OWNFACTS_H
#define DOORSTEP_OWNFACTS_H

#include "cert.h"

#define OWN_FACTS_MAX 32

struct own_facts {
	struct {
		X509 *cert; /* a reference of our own, so that no other can get its address */
		struct cert_facts facts;
	} kept[OWN_FACTS_MAX];
	size_t next; /* the one that makes room */
};

/* The facts of cert; empty ones for NULL and for what cannot be read. They live until
 * OWN_FACTS_MAX other certificates were asked for. */
const struct cert_facts *own_facts_of(struct own_facts *own, X509 *cert);
void own_facts_free(struct own_facts *own);

#endif
