/*
 * Why it didn't work: from what a failed step left behind to one code of the catalogue, what it can
 * mean and what to do. A table of rows, first match wins, so an answer is only as narrow as the
 * evidence: -111 with an empty tag is told apart from -111 with the right certificate, and where
 * two causes leave the same traces the text names both.
 */
#ifndef DOORSTEP_DIAGNOSIS_H
#define DOORSTEP_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "credential.h"
#include "errors.h"

/* How far an attempt got. Its number is also what the LED blinks. */
enum step {
	STEP_NONE,
	STEP_MODEM,   /* 1: starting the modem */
	STEP_TAG,     /* 2: checking and writing credentials */
	STEP_NETWORK, /* 3: registration and PDN */
	STEP_RESOLVE, /* 4: DNS */
	STEP_CONNECT, /* 5: TCP and TLS: one call, one errno */
	STEP_CONNACK, /* 6: CONNECT was sent */
	STEP_SESSION, /* 7: accepted, then lost or refused something */
	STEP_COUNT
};

/* Whose TLS it is: the same number means different things. */
enum stack {
	STACK_MODEM,
	STACK_MBEDTLS,
};

/* What is known about an attempt. Nothing in it is a guess: what wasn't seen stays 0. */
struct evidence {
	enum step step;
	enum stack stack;
	enum numbering numbering;
	int result;	  /* as the call returned it; a positive one from DNS too */
	bool dns;	  /* result is a getaddrinfo() code, not an errno */
	bool cme;	  /* result is the number of a +CME ERROR, not an errno */
	bool writing;	  /* a credential was being written, not only listed */
	int connack;	  /* the code in CONNACK, 0: none, or accepted */
	bool suback;	  /* a SUBSCRIBE was answered with 0x80 */
	uint8_t fault;	  /* the modem's fault reason, 0: none */
	bool tls;	  /* the door is a TLS door */
	bool client_cert; /* the door wants a client certificate */
	bool user;	  /* a user name was sent */
	bool name_sent;	  /* a host name was given to TLS: SNI */
	bool ipv6;	  /* the address tried was an IPv6 one */
	struct tag tag;	  /* .checked false: not looked at */
};

/* How sure the statement is. */
enum sure {
	SURE_KNOWN,    /* in code or documents */
	SURE_REPORTED, /* somebody saw it */
	SURE_ASSUMED,  /* follows from the above */
};

struct diagnosis {
	const char *code;  /* of the catalogue; NULL when there is nothing to say */
	const char *means; /* holds {placeholders} */
	const char *mend;  /* commands and prose, lines separated by '\n'; holds {placeholders} */
	enum sure sure;
	enum step step;
	enum error error;
	int result;
	bool cme; /* as in the evidence */
};

/* What fills the placeholders {host} {port} {tag} {client_id}. NULL stays as <name>. */
struct diagnosis_names {
	const char *host;
	const char *client_id;
	uint32_t tag;
	uint16_t port;
};

/* Always gives an answer for a failure. Evidence that shows none (no result, an accepted CONNACK,
 * no fault, a tag in order) gives one whose code is NULL. */
struct diagnosis diagnose(const struct evidence *evidence);

/* The line for people: "connect failed: -111 ECONNREFUSED [tag-empty] tag 24 holds no CA ...".
 * Returns its length, cut to size. */
size_t diagnosis_line(const struct diagnosis *diagnosis, const struct diagnosis_names *names,
		      char *out, size_t size);

/* Line number `index` of what to do, placeholders filled; false after the last. */
bool diagnosis_mend(const struct diagnosis *diagnosis, const struct diagnosis_names *names,
		    unsigned index, char *out, size_t size);

const char *step_name(enum step step);
const char *sure_name(enum sure sure);

/* "mem-manage fault" for 0x4; "unknown fault" for what has no name. */
const char *fault_name(uint8_t fault);

#endif
