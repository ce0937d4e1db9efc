/*
 * The telling: a finished visit (or the end of a session) with all that its line needs, and the
 * JSON line and the one human line made of it. See journal.schema.json.
 */
#ifndef DOORSTEP_TELLING_H
#define DOORSTEP_TELLING_H

#include "cert.h"
#include "hello.h"
#include "ownfacts.h"
#include "text.h"
#include "visit.h"

/* What every line begins with. */
struct head {
	const char *broker, *run;
	uint64_t seq;
	int64_t wall_us;
};

struct telling {
	const struct visit *v;
	struct hello h;		       /* empty if there was no ClientHello */
	const struct cert_facts *ours; /* empty if no certificate of ours was shown */
	const struct text *ours_told;  /* and how a line tells it */
	struct text scratch;	       /* for values of placeholders */
	struct text says;	       /* the reason's, once telling_says() was called */
};

/* Fills h from the visit; ours must outlive it. done gives the memory back. */
void telling_begin(struct telling *t, const struct visit *v, const struct own_cert *ours);
void telling_done(struct telling *t);

/* The reason's `says`, filled from the visit; REASON_NONE: it was accepted. Made once, so that the line
 * and what people read are the same words. */
void telling_says(struct telling *t, enum reason_id reason);

/* The id of a visit of this run: unique across brokers and restarts. */
void visit_id(char *out, size_t size, const char *run, uint64_t number);
#define VISIT_ID_MAX 64

/* Appends one JSON object, without newline. */
void tell_visit(struct text *out, const struct head *head, struct telling *t);
void tell_begin(struct text *out, const struct head *head, struct telling *t, int64_t now_us);

/* Appends the one line for people: who, verdict, reason, why. */
void tell_human(struct text *out, struct telling *t);

/* {"v":1,"kind":...,"broker":...,"run":...,"seq":...,"t":...  without the closing brace. */
void tell_head(struct text *out, const struct head *head, const char *kind);
/* ,"listener":..,"port":..,"peer":..,"seat":..,"seat_from":..  as far as seen. */
void tell_where(struct text *out, const struct visit *v);
/* ,"mqtt":{...} if anything of it was seen. */
void tell_mqtt(struct text *out, const struct visit *v);
/* ,"id":"..." of a visit. */
void tell_id(struct text *out, const char *run, uint64_t number);
/* ,"ms":... */
void tell_ms(struct text *out, int64_t us);
/* ,"key":"value" if value is not NULL. */
void tell_string(struct text *out, const char *key, const char *value);
/* ,"key":... */
void tell_number(struct text *out, const char *key, uint64_t value);
/* ,"key":"<time>" */
void tell_time(struct text *out, const char *key, int64_t wall_us);
/* ,"key":{...}; chain 0: not told. */
void tell_certificate(struct text *out, const char *key, const struct cert_facts *f,
		      uint32_t chain);
/* ,"says":"...": see telling_says(). */
void tell_says(struct text *out, struct telling *t, enum reason_id reason);

#endif
