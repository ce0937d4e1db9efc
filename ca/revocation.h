/* certs/crl.pem: a list of each issuer of the class, that of those who have revoked nothing too, since a
 * broker with lists wants one of each. What an issuer whose key is kept elsewhere once signed stays. */
#ifndef DOORSTEP_REVOCATION_H
#define DOORSTEP_REVOCATION_H

#include "fault.h"
#include "index.h"
#include "store.h"

#define REVOCATION_LISTS "certs/crl.pem"

/* The code of a reason by its name; negative: there is none. */
int revocation_reason(const char *name);

/* Prepares the file after what the book says; count is how many lists are in it. also: an
 * issuer that is not in the book yet, or NULL. */
int revocation_prepare(struct store *store, const struct index_book *book, const char *also,
		       size_t *count, struct fault *fault);

/* Whether a list can say that this one is revoked: its issuer's key is here. */
int revocation_possible(const struct store *store, const struct index_entry *e,
			struct fault *fault);

/* Who may issue, or until when, changes for one of them with the batch: where there are lists, new ones are prepared too.
 * They are written before the rest of the batch, and hold those who issued before it as well, so that
 * a call that is cut short leaves no certificate without its list. */
int revocation_follow(struct store *store, const char *who, struct fault *fault);

/* Whether a list has this number. */
bool revocation_listed(const struct store *store, const char *serial);

#endif
