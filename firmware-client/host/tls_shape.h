/* What a board's TLS is like: what it offers, and how much it takes. */
#ifndef DOORSTEP_DK_TLS_SHAPE_H
#define DOORSTEP_DK_TLS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include "diagnosis.h"
#include "firmware.h"

struct tls_shape {
	char ciphers[1024];	/* OpenSSL's list */
	const char *groups;	/* NULL: as OpenSSL has them */
	const char *signatures; /* the same */
	size_t chain_max;	/* DER of the server's certificates; 0: no limit of its own */
	size_t record_max;	/* application data in one record */
	bool sni;		/* sends the host name that it is given */
};

/* The modem's by its firmware; mbedTLS on the application's core has nothing of the modem's. */
struct tls_shape tls_shape_of(enum stack stack, const struct firmware *firmware);

#endif
