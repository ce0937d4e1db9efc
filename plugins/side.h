/*
 * The side: what the broker's side of a TLS listener can do. Made once per SSL_CTX, shared by its
 * visits, never changed.
 */
#ifndef DOORSTEP_SIDE_H
#define DOORSTEP_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

struct side {
	unsigned holders; /* counted by atomics */
	uint16_t min_version, max_version;
	uint16_t suites[96];
	size_t suite_count;
	bool asks_certificate; /* SSL_VERIFY_PEER */
};

/* Registers with OpenSSL: 0, or -1. And takes that back. */
int sides_start(void);
void sides_stop(void);

/* That of a connection's context; NULL without memory. Kept until sides_stop(), or as long as held. */
const struct side *side_of(SSL *ssl);

void side_hold(const struct side *side);
void side_release(const struct side *side);

#endif
