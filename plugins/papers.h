/*
 * Papers: the files of the class that admission reads beside the policy: revocation lists, and the
 * last good visits of seats. Read at start and at SIGHUP.
 */
#ifndef DOORSTEP_PAPERS_H
#define DOORSTEP_PAPERS_H

#include <stdio.h>
#include <openssl/x509.h>

#include "policy.h"
#include "rules.h"
#include "seats.h"

struct papers;

/* A file to read; NULL with errno where it is none. A pipe in its place would keep the broker waiting. */
FILE *paper_open(const char *path);

/* The revocation lists that the policy's listeners name; one that isn't there revokes nothing, one
 * that can't be read is an error: NULL, with file and what was expected. */
struct papers *papers_load(const char *dir, const struct policy *policy, struct text *error);
void papers_free(struct papers *papers);

/* What OpenSSL says of it in a handshake with those lists: X509_V_OK, that it is revoked, or that its
 * issuer's list is not in force (X509_V_ERR_CRL_HAS_EXPIRED, ..._CRL_NOT_YET_VALID) or, where there are
 * lists, not among them (X509_V_ERR_UNABLE_TO_GET_CRL). */
int papers_check(const struct papers *papers, const struct listener *listener, X509 *cert);

/* The last good visits: into the memory; and written, whole or not at all. */
#define LAST_GOOD_FILE "state/last-good"
void last_good_read(const char *dir, struct seats *seats);
void last_good_write(const char *dir, const char *text);

#endif
