/* What a handshake leaves in its visit: its messages as they pass, and what was agreed on. */
#ifndef DOORSTEP_HANDSHAKE_H
#define DOORSTEP_HANDSHAKE_H

#include <openssl/ssl.h>

#include "visit.h"

/* One handshake message, in or out; len is not 0. */
void handshake_message(struct visit *v, SSL *ssl, bool out, const uint8_t *msg, size_t len);

/* A ClientHello in the form of SSL 2.0. */
void handshake_hello_v2(struct visit *v, const uint8_t *msg, size_t len);

/* The client's certificate as OpenSSL has it, unless a message brought it; 0: none came here. */
void handshake_certificate(struct visit *v, X509 *cert, unsigned chain);

/* The certificate that is shown; a reference is kept. */
void handshake_own(struct visit *v, SSL *ssl);

/* TCP's own figures of this socket. */
void handshake_tcp(struct visit *v, int fd);

/* It is done: version, suite, group. */
void handshake_done(struct visit *v, SSL *ssl);

#endif
