/*
 * What a certificate costs a modem: bytes of the chain in the handshake, of the text in a security
 * tag, of the AT line that writes it, of the largest TLS record. Printed by every command that
 * issues, exports or inspects; over a limit is a refusal with the figures.
 */
#ifndef DOORSTEP_BUDGET_H
#define DOORSTEP_BUDGET_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "fault.h"
#include "text.h"

struct budget {
	size_t certs;	     /* in the chain that the server sends */
	size_t chain_der;    /* their DER; 0: nothing is sent by a server */
	size_t record;	     /* the largest TLS record of the handshake: the certificate message */
	const char *text_of; /* what the text below is: "CA certificate", "client certificate" */
	size_t text;	     /* the largest text in one (tag, type); 0: none is stored */
	int text_type;	     /* its type: 0 CA, 1 client certificate, 2 private key */
	size_t at_line;	     /* the line that writes it */
	int64_t not_after;   /* the earliest end */
};

/* A budget of a chain that a server sends (count certificates). */
struct budget budget_of_chain(X509 *const *chain, size_t count);

/* Adds a text to be stored in a tag, if it is the largest so far: without its final newline it
 * goes into the AT line, with it into the tag. */
void budget_add_text(struct budget *budget, const char *what, size_t len, int type, long tag);

/* Length of AT%CMNG=0,<tag>,<type>,"<text>". */
size_t budget_at_line(size_t text, int type, long tag);

void budget_print(struct text *out, const struct budget *budget, long tag, int64_t now);

/* The same as a JSON object: what is not there is left out. */
void budget_json(struct text *out, const struct budget *budget, long tag);

/* 0, or a refusal that names what is over, with both figures. */
int budget_check(const struct budget *budget, const char *name, struct fault *fault);

#endif
