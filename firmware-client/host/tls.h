/*
 * OpenSSL in the modem's shape: TLS 1.2, the suites of a modem firmware, SNI or none, its limits on
 * chain and records; and what was seen of a handshake, turned into the number that the modem's
 * application would get. Nothing here knows a host's or an exercise's name.
 */
#ifndef DOORSTEP_DK_TLS_H
#define DOORSTEP_DK_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include "diagnosis.h"
#include "modem.h"
#include "outcome.h"
#include "port.h"
#include "tls_shape.h"

#define TLS_ASSUMED 8

/* What happened, as OpenSSL's callbacks tell it. */
struct tls_seen {
	bool hello_sent;
	bool server_hello;
	bool certificate;
	bool done;
	bool resumed;
	bool eof;	    /* the peer closed */
	bool reset;	    /* the peer reset */
	int alert_in;	    /* fatal; -1: none */
	int alert_out;	    /* -1: none */
	long verify_error;  /* X509_V_OK: none */
	size_t chain_bytes; /* DER of the certificates that came */
	size_t chain_text;  /* the same as PEM */
	size_t chain_count;
	size_t largest_record; /* application data, in bytes of plaintext at most */
	bool chain_over;
	bool record_over;
	bool own_certificate; /* one was sent */
	char sni[256];
	char cipher[48];
	const char *assumed[TLS_ASSUMED]; /* what a success rests on (tls_assumed.h) */
	unsigned assumed_count;
};

/* One connection's TLS. Lives as long as the SSL_CTX. */
struct tls {
	SSL_CTX *context;
	SSL_SESSION *session; /* kept from the last visit when the session cache is on */
	const struct modem *modem;
	const struct door *door;
	enum stack stack;
	struct tls_shape shape;
	bool sec1_key; /* the client key is in SEC1 form */
	struct tls_seen seen;
};

/* Makes the context from what the modem holds under door->tag. NULL, or why no handshake can begin. */
const struct outcome *tls_open(struct tls *tls, const struct modem *modem, enum stack stack,
			       const struct door *door);

/* Instead, for a visit without TLS: nothing of an earlier one's is seen any more. */
void tls_unused(struct tls *tls);

/* Frees the context; a session that was kept stays for the next tls_open(). */
void tls_close(struct tls *tls);
void tls_forget(struct tls *tls); /* and the session too */

/* Why a handshake that began did not end well. */
const struct outcome *tls_outcome(const struct tls *tls, bool timed_out);

#endif
