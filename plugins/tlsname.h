/* Names and kinds of the numbers in a TLS offer: versions, suites, groups, signature algorithms. */
#ifndef DOORSTEP_TLSNAME_H
#define DOORSTEP_TLSNAME_H

#include <stdbool.h>
#include <stdint.h>

/* What a suite's certificate must be signed with. */
enum suite_auth {
	SUITE_AUTH_UNKNOWN,
	SUITE_AUTH_ECDSA,
	SUITE_AUTH_RSA,
	SUITE_AUTH_PSK,
	SUITE_AUTH_ANY, /* TLS 1.3 */
};

/* GREASE (RFC 8701): values that mean nothing and must be ignored. */
bool tls_is_grease(uint16_t value);

/* "TLSv1.2"; NULL for a number we have no name for. */
const char *tls_version_name(uint16_t version);

/* "secp384r1", "ecdsa_secp384r1_sha384"; NULL for a number we have no name for. */
const char *tls_group_name(uint16_t group);
const char *tls_sigalg_name(uint16_t sigalg);

/* The same with "GREASE" for those. */
const char *tls_version_or_grease(uint16_t version);
const char *tls_group_or_grease(uint16_t group);

enum suite_auth tls_suite_auth(uint16_t suite);

/* Is the suite in the nRF91 modem's list, and only since the firmware that brought GCM? */
bool tls_suite_is_modem(uint16_t suite);

/* The TLS group of an OpenSSL curve NID, 0 if there is none. */
uint16_t tls_group_of_nid(int nid);

/* Whether a signature algorithm can be used with a key in that version of TLS. key_nid is the NID
 * of an EC curve, or of rsaEncryption. */
bool tls_sigalg_fits(uint16_t sigalg, int key_nid, bool tls13);

#endif
