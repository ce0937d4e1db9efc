/* Private keys: made, read, written as PKCS#8 and nothing else. */
#ifndef DOORSTEP_KEY_H
#define DOORSTEP_KEY_H

#include <stdbool.h>
#include <openssl/evp.h>
#include "fault.h"
#include "text.h"

/* "p384", "p256" (with or without a hyphen, any case), "rsa2048", "rsa4096"; NULL with a fault. */
EVP_PKEY *key_make(const char *kind, struct fault *fault);

/* From PEM (PKCS#8, SEC1, PKCS#1) or DER; encrypted ones are refused. where is for the message. */
EVP_PKEY *key_read(const struct text *file, const char *where, struct fault *fault);

/* Whether a key, whose owner where names, is of a kind that modems use. It is brought into the form that
 * all of them read: its curve by name, its point whole. */
int key_check(EVP_PKEY *key, const char *where, struct fault *fault);

/* PKCS#8 in PEM, LF, one final newline. Wipe it with key_wipe(). */
int key_pem(EVP_PKEY *key, struct text *out, struct fault *fault);
void key_wipe(struct text *secret);

/* Signs a digest as RFC 6979 has it, so that the same input gives the same bytes: for EC keys.
 * Returns DER of the signature in sig (at least 150 bytes), its length, or 0. */
size_t key_sign_repeatable(EVP_PKEY *key, const EVP_MD *md, const unsigned char *message,
			   size_t len, unsigned char sig[160]);

#endif
