#include "admit_notes.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

_Static_assert((int)SEAT_BY_NONE == (int)SEAT_FROM_NONE && (int)SEAT_BY_SNI == (int)SEAT_FROM_SNI &&
		       (int)SEAT_BY_CERTIFICATE == (int)SEAT_FROM_CERT &&
		       (int)SEAT_BY_CLIENT_ID == (int)SEAT_FROM_CLIENT_ID &&
		       (int)SEAT_BY_USER == (int)SEAT_FROM_USER &&
		       (int)SEAT_BY_ADDRESS == (int)SEAT_FROM_ADDRESS,
	       "the journal's words for how a seat was found");

void visit_note_seat(struct visit *v, const struct admission *a)
{
	if (!v)
		return;
	text_copy(v->seat, sizeof(v->seat), a->seat ? a->seat->label : "");
	v->seat_from = (enum seat_from)a->seat_by;
}

void visit_note_listener(struct visit *v, const struct admission *a)
{
	if (!v)
		return;
	text_copy(v->policy, sizeof(v->policy), a->policy->digest);
	if (!a->listener)
		return;
	text_copy(v->listener, sizeof(v->listener), a->listener->name);
	v->port = a->listener->port;
}

struct visit *visit_of(const struct admission *a)
{
	struct visit *v = visit_new();

	if (!v)
		return NULL;
	v->number = a->number;
	v->peer = a->peer;
	v->tls = a->listener && a->listener->tls;
	v->mqtt_version = a->version;
	visit_set(&v->client_id, a->client_id);
	visit_note_seat(v, a);
	visit_note_listener(v, a);
	return v;
}

void visit_refuse(struct visit *v, enum reason_id reason)
{
	if (!v || v->refused)
		return;
	v->refused = reason;
	v->refused_by = BY_BROKER;
}

void visit_note_verify(struct visit *v, int error)
{
	if (!v)
		return;
	v->verify_seen = true;
	v->verify_error = error;
	v->verify_depth = 0;
}

void visit_note_last_good(struct visit *v, const struct last_good *good)
{
	char said[200];
	struct tm tm;
	time_t when = (time_t)good->wall;

	if (!gmtime_r(&when, &tm))
		return;
	strftime(said, sizeof(said), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(said + strlen(said), sizeof(said) - strlen(said), " (%s)", good->subject);
	visit_set(&v->last_good, said);
}
