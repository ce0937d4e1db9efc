/* What admission writes into the visit's record. v may be NULL: a visit that could not be recorded. */
#ifndef DOORSTEP_ADMIT_NOTES_H
#define DOORSTEP_ADMIT_NOTES_H

#include "admission.h"

void visit_note_seat(struct visit *v, const struct admission *a);
void visit_note_listener(struct visit *v, const struct admission *a); /* and the policy's digest */
/* What can be told of a client that has no connection: it is away, or came without TLS. */
struct visit *visit_of(const struct admission *a);

void visit_note_last_good(struct visit *v, const struct last_good *good);

/* What is wrong with the device's own certificate, as OpenSSL numbers it. */
void visit_note_verify(struct visit *v, int error);

/* We refuse it, for this reason; the first one counts. */
void visit_refuse(struct visit *v, enum reason_id reason);

#endif
