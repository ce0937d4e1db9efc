/* A plain guess at what a device is, from its ClientHello, with its grounds. */
#ifndef DOORSTEP_LOOKS_H
#define DOORSTEP_LOOKS_H

#include "hello.h"
#include "text.h"

/* Returns what it looks like ("nRF91 modem", "OpenSSL", ...) and appends the grounds to why;
 * NULL, and nothing appended, when it looks like nothing we know. */
const char *looks_like(const struct hello *h, struct text *why);

/* Does it look like GnuTLS or wolfSSL, which answer every fault of a certificate but its dates with
 * bad_certificate? (Measured; OpenSSL, mbedTLS and the modem say unknown_ca where that is meant.) */
bool looks_bad_certificate_only(const struct hello *h);

#endif
