/*
 * What a certificate says, taken out of it once, as plain values: subject, issuer, names, dates,
 * key, constraints, digests. Used by the plugin, the page, doorstep-ca and the virtual DK.
 *
 * Every function here may be called from any thread, takes hostile input, leaves OpenSSL's error
 * queue and errno as it found them, and keeps nothing of its arguments. A filled struct owns one
 * block of memory: give it back with cert_facts_free(), which also takes a zeroed struct.
 */
#ifndef DOORSTEP_CERT_H
#define DOORSTEP_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>

/* A name that the certificate is for: a dNSName in the case it has there, or an IP address. */
struct cert_name {
	const char *text;
	bool ip;
};

struct cert_facts {
	const char *subject; /* as RFC 2253 writes it, "CN=seat07,O=Class"; "" if empty */
	const char *issuer;
	const char *cn; /* the most specific CN; "" if there is none */

	/* dNSName and iPAddress entries of subjectAltName in their order. If it has no dNSName, the
	 * CN is added at the end and names_from_cn is set. */
	const struct cert_name *names;
	size_t name_count;
	bool names_from_cn;
	size_t bad_names; /* left out above: bytes no host name has, NUL above all */
	bool san_critical;

	int64_t not_before; /* seconds since 1970; INT64_MIN if it cannot be read */
	int64_t not_after;  /* INT64_MAX if it cannot be read */

	char key[24];  /* "P-384", "RSA-2048", "Ed25519", or OpenSSL's name of anything else */
	int key_nid;   /* NID_X9_62_id_ecPublicKey, NID_rsaEncryption, ...; NID_undef */
	int curve_nid; /* NID_secp384r1, ...; NID_undef if it is not an EC key on a named curve */
	uint16_t tls_group; /* the curve as supported_groups spells it (24: secp384r1); 0 if none */
	int key_bits;
	char hash[16]; /* of the signature: "SHA256"; "" if it has none or an unknown one */
	int signature_nid;

	bool has_basic_constraints;
	bool is_ca; /* BasicConstraints says CA:TRUE; nothing else makes a CA here */
	bool has_key_usage;
	bool has_ext_key_usage;
	uint32_t key_usage;	/* KU_* bits; 0 if absent */
	uint32_t ext_key_usage; /* XKU_* bits; 0 if absent */
	bool has_ski;
	bool has_aki;
	bool self_issued; /* subject and issuer are the same name */

	size_t der_bytes;
	uint8_t sha256[32]; /* of the DER */
	uint8_t key_sha256
		[32];	 /* of the SubjectPublicKeyInfo: the same in a certificate and its CSR */
	char serial[48]; /* hex, upper case; cut if longer */

	void *block; /* what cert_facts_free() gives back */
};

/* How a certificate covers a host; anything but COVERS_NO is true. */
enum cert_covers {
	COVERS_NO = 0,
	COVERS_NAME,	 /* a dNSName spells it */
	COVERS_WILDCARD, /* a dNSName "*.rest" fits, as OpenSSL has it: one label, two after it */
	COVERS_CN,	 /* there is no dNSName, and the CN spells it (or fits as above) */
	COVERS_IP,	 /* the host is an address and an iPAddress entry has it */
};

/* Fills facts; 0, -ENOMEM, or -EBADMSG when the bytes are not exactly one certificate. On failure
 * facts is zeroed. A certificate with unreadable extensions is filled as far as it can be. */
int cert_facts_of(struct cert_facts *facts, X509 *cert);
int cert_facts_of_der(struct cert_facts *facts, const uint8_t *der, size_t len);
void cert_facts_free(struct cert_facts *facts);

/* Whether a client that asked for host would find itself in the right place. */
enum cert_covers cert_covers_host(const struct cert_facts *facts, const char *host);

/* Whether pattern ("class.example", "*.class.example") covers host; case is ignored. */
bool cert_name_covers(const char *pattern, const char *host);

/* Parts of the above, for what is no certificate: a key's name ("unreadable" of NULL), a number in hex,
 * a point in time. */
void cert_key_name(char out[24], EVP_PKEY *key);
void cert_serial(char out[48], const ASN1_INTEGER *serial);
int64_t cert_time(const ASN1_TIME *at, int64_t otherwise);

/* Writes 2 * len lower-case hex digits and a NUL. */
void cert_hex(char *out, const uint8_t *bytes, size_t len);

#endif
