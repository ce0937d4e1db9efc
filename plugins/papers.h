/*
 * Papers: the files of the class that admission reads beside the policy: revocation lists, and the
 * last good visits of seats. Read at start and at SIGHUP.
 */
#ifndef DOORSTEP_PAPERS_H
#define DOORSTEP_PAPERS_H

#include <openssl/x509.h>

#include "policy.h"
#include "rules.h"
#include "seats.h"

struct papers;

/* The revocation lists that the policy's listeners name; one that isn't there revokes nothing, one
 * that can't be read is an error: NULL, with file and what was expected. */
struct papers *papers_load(const char *dir, const struct policy *policy, struct text *error);
void papers_free(struct papers *papers);

bool papers_revoke(const struct papers *papers, const struct listener *listener, X509 *cert);

/* The last good visits: into the memory; and written, whole or not at all. */
#define LAST_GOOD_FILE "state/last-good"
void last_good_read(const char *dir, struct seats *seats);
void last_good_write(const char *dir, const char *text);

#endif
