/* What lies in a PEM block or a DER file, whatever its label says. Pure; any bytes may come in. */
#ifndef DOORSTEP_CONTENT_H
#define DOORSTEP_CONTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "text.h"

struct content {
	X509 *cert;
	EVP_PKEY *key;
	bool encrypted; /* a key that needs a password */
	bool old_form;	/* the key is SEC1 or PKCS#1 */
	bool other;	/* a request or a revocation list */
};

/* Whether these bytes are exactly one of the above. The content decides: a label only says what
 * somebody thought it was. */
bool content_recognise(struct content *content, const struct text *der);

/* Whether a label is one that this content may have. */
bool content_label_fits(const struct content *content, const char *label);

/* SHA-256 of the public half of a key, as cert_facts.key_sha256 has it. */
void content_key_digest(uint8_t out[32], EVP_PKEY *key);

void content_free(struct content *content);

#endif
