/*
 * Exercises: doors that are broken on purpose, the badssl of MQTT.
 *
 * exercise.def is the one table. A row says what the broker does, what a board prints (and how sure
 * we are), what the journal says and what is learnt; `broker/exercises`, the README's table, the
 * certificates that `ca/class` makes and the plugin's misbehaviour all come out of it.
 *
 * An exercise is chosen by host name (`expired.class.example`), by a seat's own name while that
 * exercise is set for it in class.json, or by a port of its own. Each is off unless switched on.
 */
#ifndef DOORSTEP_EXERCISE_H
#define DOORSTEP_EXERCISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "reason.h"
#include "text.h"

enum exercise_id {
	EXERCISE_NONE = 0,
#define EXERCISE(id, ...) EXERCISE_##id,
#include "exercise.def"
#undef EXERCISE
	EXERCISE_COUNT
};

/* The one fault, and what `arg` means for it. */
enum exercise_act {
	ACT_CERTIFICATE,      /* serves certs/exercises/<name>.pem with keys/exercises/<name>.key */
	ACT_SUITE,	      /* only this suite (suite), TLS 1.2 */
	ACT_TLS13,	      /* only TLS 1.3 */
	ACT_CLIENT_CERT,      /* asks for a client certificate and insists */
	ACT_STALL,	      /* swallows our messages after ServerHello: nothing comes any more */
	ACT_CLOSE_AFTER_CERT, /* closes TCP once our Certificate is out */
	ACT_CLOSE_AFTER_HANDSHAKE, /* closes once the handshake is done */
	ACT_CONNACK,		   /* answers CONNECT with code arg (3.1.1 numbers), then closes */
	ACT_NO_CONNACK,		   /* takes CONNECT and never answers */
	ACT_CLOSE_AFTER_PUBLISH,   /* closes at the first PUBLISH that comes */
	ACT_PUBLISH, /* after the first SUBSCRIBE a PUBLISH packet of arg bytes, cut into
	                            * TLS records of at most record_max */
};

/* What the client's own view of the visit must be: for tests, and for the README. */
enum exercise_outcome {
	OUTCOME_CLIENT_REFUSES, /* a verifying client refuses our certificate or our offer */
	OUTCOME_LIMIT,		/* a PC accepts; only a modem's limit is passed */
	OUTCOME_WE_REFUSE,	/* the broker refuses, at the handshake or at CONNECT */
	OUTCOME_CLOSED,		/* the connection is closed under the client */
	OUTCOME_SILENCE,	/* nothing comes until somebody's timeout */
	OUTCOME_DELIVERED,	/* accepted; what comes after is the point */
};

struct exercise {
	const char *id;	  /* C identifier, upper case: EXERCISE_<id> */
	const char *name; /* host label, file name, word in class.json */
	enum exercise_act act;
	unsigned arg;
	unsigned record_max; /* 0: the listener's own */
	const char *suite;   /* ACT_SUITE: OpenSSL's name of it */
	enum exercise_outcome outcome;
	const char *does;    /* what the broker does */
	const char *board;   /* what an nRF91 board prints */
	enum basis basis;    /* of the above */
	const char *source;  /* of the above */
	const char *journal; /* what the journal says, in words */
	const char *
		reasons; /* the codes it may give, comma-separated; "accepted" where it may accept */
	const char *learnt;
};

/* The row of an id; NULL for EXERCISE_NONE and anything out of range. */
const struct exercise *exercise_get(enum exercise_id id);

/* The id of a name of len bytes, whatever its case (host names have none); EXERCISE_NONE if none. */
enum exercise_id exercise_by_name(const char *name, size_t len);

/* Has it files under certs/exercises/ and keys/exercises/? */
bool exercise_has_certificate(enum exercise_id id);

/* The port of an exercise: the class's exercise port, plus its place in the table. */
unsigned exercise_port(unsigned base, enum exercise_id id);

const char *exercise_outcome_name(enum exercise_outcome outcome);

/* The whole table: for a terminal, as Markdown for the README, or as lines of
 * name TAB act TAB outcome TAB port TAB has-certificate TAB expected reasons, comma-separated. */
enum exercise_form { EXERCISE_PLAIN, EXERCISE_MARKDOWN, EXERCISE_TABLE };
void exercise_list(struct text *out, enum exercise_form form, unsigned base);

/* The bytes of the CONNACK of an exercise: 4 bytes for MQTT 3.x, 5 for MQTT 5 (version is the
 * protocol level of CONNECT: 3, 4, 5). Returns the length; 0 where code has no meaning. */
size_t exercise_connack(uint8_t out[8], int version, unsigned code);

#endif
