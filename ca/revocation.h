/* certs/crl.pem: a list of each issuer of the class, that of those who have revoked nothing too, since a
 * broker with lists wants one of each. */
#ifndef DOORSTEP_REVOCATION_H
#define DOORSTEP_REVOCATION_H

#include "fault.h"
#include "index.h"
#include "store.h"

#define REVOCATION_LISTS "certs/crl.pem"

/* The code of a reason by its name; negative: there is none. */
int revocation_reason(const char *name);

/* Prepares the file after what the book says; lists is how many are in it. */
int revocation_prepare(struct store *store, const struct index_book *book, size_t *lists,
		       struct fault *fault);

/* Who may issue, or until when, has changed and is on the disk: where there are lists they are written
 * anew. A call that is cut short just before it leaves the old ones, which doorstep-ca crl mends. */
int revocation_follow(struct store *store, struct fault *fault);

/* Whether a list has this number. */
bool revocation_listed(const struct store *store, const char *serial);

#endif
