/* Reading certificates in whatever form they lie, and what boards of a class have to trust. */
#ifndef DOORSTEP_BUNDLE_H
#define DOORSTEP_BUNDLE_H

#include <stddef.h>
#include <openssl/x509.h>
#include "export.h"
#include "fault.h"
#include "store.h"
#include "text.h"

#define BUNDLE_MAX 32

struct bundle {
	X509 *cert[BUNDLE_MAX];
	size_t count;
};

/* All certificates of a file, PEM or DER; none at all is a refusal, more than 32 too. */
int bundle_read(struct bundle *bundle, const struct text *file, const char *where,
		struct fault *fault);
int bundle_read_file(struct bundle *bundle, const char *path, struct fault *fault);
void bundle_free(struct bundle *bundle);

/* The PEM of what devices of this class trust: the server certificate if it is its own issuer, else
 * the root. During a rollover both the present and the next one, in that order. */
int bundle_anchor(const struct store *store, struct text *pem, struct fault *fault);

/* Writes forms below a directory of the store's batch; secret ones, and all where the directory is
 * private, 0600. The DER of a second anchor goes where there is none any more. */
int bundle_prepare_forms(struct store *store, const char *directory, const struct forms *forms,
			 bool private, int flags, struct fault *fault);

#endif
