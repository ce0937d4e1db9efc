/* What a success rests on that nobody has seen on a modem. */
#ifndef DOORSTEP_DK_TLS_ASSUMED_H
#define DOORSTEP_DK_TLS_ASSUMED_H

#include <openssl/ssl.h>
#include "tls.h"

/* After a handshake: fills tls->seen.assumed, a phrase for each such thing. */
void tls_assume(struct tls *tls, const SSL *ssl);

#endif
