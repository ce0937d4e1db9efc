/*
 * A class directory as the CA sees it: certs/NAME.pem, keys/NAME.key, the book and its lock. Names
 * are "server", "root", "devices/nrf-1", "seats/seat01", "exercises/expired", ...
 *
 * Writing is done in batches: certificates are prepared in memory, their lines go into the book
 * and are synced, then the files get their names, then each directory is synced once.
 */
#ifndef DOORSTEP_STORE_H
#define DOORSTEP_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <openssl/x509.h>
#include "fault.h"
#include "file.h"
#include "index.h"

#define STORE_LATEST 16

struct store {
	const char *name; /* of the directory, for messages */
	int dir, lock;
	int flags; /* of file_write() */
	struct prepared *batch;
	size_t batched, room;
	struct text lines;	     /* for the book */
	struct text dirs;	     /* to sync, NUL-separated */
	size_t latest[STORE_LATEST]; /* where the last of them begin */
	size_t dir_count;
};

enum store_mode {
	STORE_READ,   /* the directory has to be there */
	STORE_CHANGE, /* the same, and no other call writes as long as this one has it */
	STORE_MAKE, /* the same, but a directory that is missing is made once there is something to
			 write: a call that is refused leaves none behind */
};

/* A store that was never opened is closed safely if it is STORE_CLOSED. */
#define STORE_CLOSED                  \
	{                             \
		.dir = -1, .lock = -1 \
	}

int store_open(struct store *store, const char *dir, enum store_mode mode, struct fault *fault);
void store_close(struct store *store);

bool store_has(const struct store *store, const char *name);
bool store_has_key(const struct store *store, const char *name);

/* The certificate (the first in its file) and, unless key is NULL, the key of a name; what was prepared
 * under it in this batch, if something was. */
int store_load(const struct store *store, const char *name, X509 **cert, EVP_PKEY **key,
	       struct fault *fault);
int store_load_key(const struct store *store, const char *name, EVP_PKEY **key,
		   struct fault *fault);

/* Prepares a certificate, what follows it in its file (chain, or NULL) and its key (NULL: none,
 * or it is there already). kind and issuer go into the book. flags of file_write(). */
int store_prepare(struct store *store, const char *name, X509 *cert, const struct text *chain,
		  EVP_PKEY *key, const char *kind, const char *issuer, int flags,
		  struct fault *fault);

/* A file of another kind in the same batch. */
int store_prepare_file(struct store *store, const char *path, const struct text *content,
		       mode_t mode, int flags, struct fault *fault);

/* In the same batch, too: a file that goes, if it is there. */
int store_prepare_removal(struct store *store, const char *path, struct fault *fault);

/* Appends the content that was prepared last for path; nonzero if there is none. */
int store_prepared(const struct store *store, const char *path, struct text *content);

/* Writes all that was prepared. */
int store_commit(struct store *store, struct fault *fault);

#endif
