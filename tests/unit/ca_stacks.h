/* One question to each TLS library: does this anchor vouch for this certificate as a TLS client's?
 * Each in a file of its own, since their headers do not go together. DER in; 0: yes. */
#ifndef CA_STACKS_H
#define CA_STACKS_H

#include <stddef.h>

int stack_mbedtls(const unsigned char *ca, size_t ca_len, const unsigned char *cert, size_t len);
int stack_wolfssl(const unsigned char *ca, size_t ca_len, const unsigned char *cert, size_t len);
int stack_gnutls(const unsigned char *ca, size_t ca_len, const unsigned char *cert, size_t len);

#endif
