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
#include "port.h"

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
	size_t chain_count;
	size_t largest_record; /* application data, in bytes of plaintext at most */
	bool chain_over;
	bool record_over;
	char sni[256];
	char cipher[48];
	char error[120]; /* OpenSSL's own words */
};

/* One connection's TLS. Lives as long as the SSL_CTX. */
struct tls {
	SSL_CTX *context;
	SSL_SESSION *session; /* kept from the last visit when the session cache is on */
	const struct modem *modem;
	const struct door *door;
	struct tls_seen seen;
};

/* What stood in the way, with the errno that an application gets for it and how sure that is. */
struct tls_outcome {
	const char *name;	  /* "no-anchor", "untrusted", ... */
	enum error error;	  /* with today's SDK */
	enum error error_old;	  /* with an SDK of the old numbering */
	enum error error_mbedtls; /* where mbedTLS runs on the application's core */
	enum sure sure;
	const char *source;
};

/* Makes the context from what the modem holds under door->tag. NULL, or why no handshake can begin. */
const struct tls_outcome *tls_open(struct tls *tls, const struct modem *modem,
				   const struct door *door);

/* Frees the context; a session that was kept stays for the next tls_open(). */
void tls_close(struct tls *tls);
void tls_forget(struct tls *tls); /* and the session too */

/* Why a handshake that began did not end well. */
const struct tls_outcome *tls_outcome(const struct tls *tls, bool timed_out);

/* Outcomes that are TCP's, not TLS's; and the one for a record that is too large. */
extern const struct tls_outcome outcome_tcp_refused;
extern const struct tls_outcome outcome_tcp_unanswered;
extern const struct tls_outcome outcome_no_ipv6;
extern const struct tls_outcome outcome_no_route;
extern const struct tls_outcome outcome_busy;
extern const struct tls_outcome outcome_record;
extern const struct tls_outcome outcome_closed;
extern const struct tls_outcome outcome_reset;
extern const struct tls_outcome outcome_no_pdn;

#endif
