/* Certificate requests as they come: PEM, DER, or the answer of AT%KEYGEN pasted as it is. Pure. */
#ifndef DOORSTEP_REQUEST_H
#define DOORSTEP_REQUEST_H

#include <openssl/x509.h>
#include "fault.h"
#include "text.h"

/* The request as it is, with nothing checked; NULL if the file holds none. */
X509_REQ *request_parse(const struct text *file);

/* The request, its own signature checked; NULL with a fault. where is for the message. */
X509_REQ *request_read(const struct text *file, const char *where, struct fault *fault);

/* The CN of a request into out; whether it has exactly one that is plain text. */
int request_cn(X509_REQ *request, char *out, size_t size);

#endif
