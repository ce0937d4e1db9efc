/*
 * What the TLS side of an nRF91 modem takes, by family of modem firmware: figures with their basis
 * and source, and the suites, groups and signature schemes that such a modem offers. One table for
 * the certificate kit, the plugin's remarks, the page and the virtual DK. (Not called limits.h: a
 * header of that name would stand in for the C library's own.)
 */
#ifndef DOORSTEP_MODEM_LIMITS_H
#define DOORSTEP_MODEM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "reason.h" /* enum basis, basis_name() */

struct limit {
	size_t max; /* the largest that still fits; 0: none known */
	enum basis basis;
	const char *source;
};

/* A yes or no with its grounds. */
struct trait {
	bool yes;
	enum basis basis;
	const char *source;
};

struct modem_family {
	const char *code;	  /* "nrf91x1-2.0" */
	const char *title;	  /* "nRF91x1, modem firmware 2.0.x" */
	struct limit chain_der;	  /* DER of all certificates that the server sends */
	struct limit text;	  /* text in one (security tag, type) */
	struct limit at_line;	  /* the whole AT%CMNG line through an AT host */
	struct limit record;	  /* application data in one TLS record to the device, safely */
	struct limit record_hard; /* the same, where it was seen to break */
	struct trait sni;
	struct trait gcm;	     /* has the three GCM suites */
	struct trait shows_sha;	     /* AT%CMNG=1 lists the real SHA-256 */
	struct trait keygen;	     /* AT%KEYGEN is there */
	struct trait checks_content; /* refuses text that is no certificate (CME 527) */
};

/* Ends with code == NULL; from the oldest to the newest. */
extern const struct modem_family modem_families[];

/* The family of a code; NULL if there is none. */
const struct modem_family *modem_family(const char *code);

/* The strictest figures of all families, which the kit holds to. */
#define MODEM_CHAIN_DER_MAX 4096
#define MODEM_TEXT_MAX	    4095
#define MODEM_AT_LINE_MAX   4095 /* a line has to be shorter than 4,096 */
#define MODEM_RECORD_MAX    2048
#define MODEM_RECORD_HARD   2303

/* The security tag of the Academy's exercise, and of a class that says no other. */
#define MODEM_TAG 24

/* A suite that the modem has in TLS 1.2. */
struct modem_suite {
	uint16_t id;
	const char *iana;    /* without "TLS_" */
	const char *openssl; /* OpenSSL's name */
	bool gcm;	     /* only where modem_family.gcm says so */
	bool psk;
};

/* In the order of Nordic's header; ends with openssl == NULL. */
extern const struct modem_suite modem_suites[];

/* OpenSSL's cipher list of a family's suites without PSK, ':' between; the length it needs. */
size_t modem_cipher_list(const struct modem_family *family, char *out, size_t size);

/* What our own modem-shaped clients offer (no official list: basis in modem_limits.c). */
#define MODEM_GROUPS	 "P-256:P-384"
#define MODEM_SIGNATURES "ECDSA+SHA256:ECDSA+SHA384:RSA+SHA256:RSA+SHA384:ECDSA+SHA1:RSA+SHA1"

#endif
