/* What a device has with it on a visit: whom it trusts, and its own certificate with the key. */
#ifndef DOORSTEP_OUTFIT_H
#define DOORSTEP_OUTFIT_H

#include <stdbool.h>
#include <openssl/ssl.h>
#include "bundle.h"
#include "options.h"

struct outfit {
	struct bundle trusts; /* empty: it verifies nothing */
	struct bundle own;    /* with key; empty: it has none to show */
	EVP_PKEY *key;
};

/* Out of --ca, --cert and --key; give it back in any case. */
int outfit_read(struct outfit *outfit, const struct options *o, struct fault *fault);
void outfit_free(struct outfit *outfit);

bool outfit_put_on(const struct outfit *outfit, SSL_CTX *ctx);

#endif
