/*
 * Listeners without TLS: no handshake is to be seen there, so their visits come out of the broker's
 * own log (and, where the policy decides, out of the CONNECT). A line without an address and port
 * is a line of its own: it is never joined to a connection by guess.
 */
#include "clerk_desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_US INT64_C(2000000)   /* without a watermark a line is settled by age */
#define FORGET_US INT64_C(120000000) /* a connection whose end the log could not tell */

static bool fits_peer(const struct guest *guest, const void *arg)
{
	const struct peer *peer = arg;

	return guest->plain && guest->visit && guest->visit->peer.port == peer->port &&
	       strcmp(guest->visit->peer.ip, peer->ip) == 0;
}

static bool fits_id(const struct guest *guest, const void *arg)
{
	const struct log_line *line = arg;
	const char *id = guest->visit ? guest->visit->client_id : NULL;

	return guest->plain && guest->state == GUEST_IN && id && strlen(id) == line->id_len &&
	       memcmp(id, line->id, line->id_len) == 0;
}

static struct guest *plain_guest(struct desk *d, uint64_t number, const struct peer *peer,
				 uint16_t port)
{
	const char *name = port ? desk_plain_name(d, port) : NULL;
	int64_t now_us = clock_mono_us();
	struct guest *guest;
	struct visit *v;

	if (d->plain_guests >= DESK_GUESTS_PLAIN) {
		/* the oldest that waits makes room: its end the log could not tell */
		struct guest *old;

		TAILQ_FOREACH(old, &d->guests.door, order)
		if (old->plain)
			break;
		if (!old)
			return NULL;
		guests_remove(&d->guests, old);
		d->plain_guests--;
	}
	v = visit_new();
	if (!v)
		return NULL;
	guest = guests_add(&d->guests, number, now_us);
	if (!guest) {
		visit_free(v);
		return NULL;
	}
	d->plain_guests++;
	guest->plain = true;
	guest->visit = v;
	v->number = guest->number;
	v->start_us = now_us;
	v->wall_us = clock_wall_us();
	v->port = port;
	if (peer)
		v->peer = *peer;
	if (name)
		snprintf(v->listener, sizeof(v->listener), "%s", name);
	return guest;
}

static bool fits_awaiting(const struct guest *guest, const void *arg)
{
	const struct log_line *line = arg;
	const char *id = guest->visit ? guest->visit->client_id : NULL;

	return guest->plain && guest->state == GUEST_AT_DOOR && guest->visit &&
	       guest->visit->auth_seen && strlen(id ? id : "") == line->id_len &&
	       (!line->id_len || memcmp(id, line->id, line->id_len) == 0);
}

/* The guest whose CONNECT the policy judged, with the address that the line gives it. */
static struct guest *find_awaiting(struct desk *d, const struct log_line *line)
{
	struct guest *guest = line->id ? guests_find_if(&d->guests, fits_awaiting, line) : NULL;
	struct guest *stranger;

	if (!guest || line->peer.port == 0)
		return guest;
	stranger = guests_find_if(&d->guests, fits_peer, &line->peer);
	guest->visit->peer = line->peer;
	if (stranger && stranger != guest && stranger->state == GUEST_AT_DOOR) {
		guest->visit->start_us = stranger->visit->start_us;
		guest->visit->wall_us = stranger->visit->wall_us;
		guest->visit->port = stranger->visit->port;
		memcpy(guest->visit->listener, stranger->visit->listener,
		       sizeof(guest->visit->listener));
		guests_remove(&d->guests, stranger);
		d->plain_guests--;
	}
	return guest;
}

/* 2.0.11 says "<unknown>" of whom the policy has refused: what it says is about the last CONNECT before. */
static struct guest *find_refused(struct desk *d, const struct log_entry *e)
{
	struct guest *guest, *found = NULL;

	TAILQ_FOREACH(guest, &d->guests.door, order)
	if (guest->plain && guest->visit && guest->visit->refused != REASON_NONE &&
	    guest->log_generation == e->generation && guest->log_from <= e->from)
		found = guest;
	return found;
}

static struct guest *find_peer(struct desk *d, const struct peer *peer)
{
	return peer->port ? guests_find_if(&d->guests, fits_peer, peer) : NULL;
}

static void turned_away(struct desk *d, struct guest *guest, struct log_entry *e)
{
	desk_absorb(guest, e);
	desk_decide(d, guest, false, clock_mono_us());
}

static uint64_t number_of_log(struct desk *d)
{
	return NUMBER_PLAIN_LOG + ++d->plain_number;
}

/* A line of its own: nothing but the line is known of this visit; and of its listener only where
 * there is but one that it can be about. */
static void lone_line(struct desk *d, struct log_entry *e)
{
	bool one = log_is_gone(e->line.kind) && atomic_load(&d->plain_count) == 1;
	struct guest *guest =
		plain_guest(d, number_of_log(d), e->line.peer.ip[0] ? &e->line.peer : NULL,
			    one ? d->plain[0].port : 0);

	if (!guest)
		return;
	turned_away(d, guest, e);
}

static void settle_gone(struct desk *d, struct log_entry *e)
{
	struct guest *guest = find_peer(d, &e->line.peer);
	struct note close = {
		.kind = NOTE_CLOSE,
		.at_us = clock_mono_us(),
		.wall_us = clock_wall_us(),
	};

	if (e->line.kind == LOG_GONE_NOT_AUTHORISED) {
		struct guest *judged = e->line.id ? find_awaiting(d, &e->line) : find_refused(d, e);

		guest = judged ? judged : guest;
	}
	if (!guest && e->line.id)
		guest = guests_find_if(&d->guests, fits_id, &e->line);
	if (!guest) {
		/* "<unknown>", or an id that never got in. Sessions of older runs end like this as
		 * well, but then without a word on why. */
		if (e->line.kind != LOG_GONE_CLEAN && e->line.kind != LOG_TAKEN_OVER)
			lone_line(d, e);
		return;
	}
	if (guest->state == GUEST_AT_DOOR) {
		turned_away(d, guest, e);
		return;
	}
	desk_absorb(guest, e);
	desk_end_session(d, guest, &close);
}

static void settle(struct desk *d, struct log_entry *e)
{
	struct guest *guest;

	e->settled = true;
	switch (e->line.kind) {
	case LOG_STARTING:
		d->stopping = false;
		break;
	case LOG_STOPPING:
		d->stopping = true;
		break;
	case LOG_NEW_CONNECTION:
		if (!desk_is_tls_port(d, e->line.listener_port))
			plain_guest(d, number_of_log(d), &e->line.peer, e->line.listener_port);
		break;
	case LOG_CONNECTED:
		guest = find_awaiting(d, &e->line);
		if (!guest)
			guest = find_peer(d, &e->line.peer);
		if (!guest || guest->state == GUEST_IN)
			break; /* TLS that we could not watch, or a bridge of ours */
		desk_absorb(guest, e);
		desk_decide(d, guest, true, clock_mono_us());
		break;
	case LOG_TAKEN_OVER:
		/* the newcomer's own line follows */
		settle_gone(d, e);
		break;
	case LOG_TOO_MANY:
	case LOG_HOST_DENIED:
		lone_line(d, e);
		break;
	case LOG_TLS_ON_PLAIN:
	case LOG_MQTT_VERSION:
	case LOG_NOT_CONNECT:
	case LOG_CLIENT_ID_EMPTY:
	case LOG_CONNECT_MALFORMED:
		/* why; that it is gone follows on a line of its own */
		guest = find_peer(d, &e->line.peer);
		if (guest && guest->state == GUEST_AT_DOOR)
			desk_absorb(guest, e);
		break;
	default:
		if (log_is_gone(e->line.kind))
			settle_gone(d, e);
		break;
	}
}

void desk_settle_plain(struct desk *d, int64_t mark, uint32_t generation, int64_t now_us)
{
	struct guest *guest, *next;

	for (uint64_t i = d->logbook.settled > d->logbook.first ? d->logbook.settled
								: d->logbook.first;
	     i < d->logbook.next; i++) {
		struct log_entry *e = &d->logbook.entries[i % LOGBOOK_LINES];
		bool sure = mark >= 0 && (e->generation < generation ||
					  (e->generation == generation && e->to <= mark));

		if (!sure && now_us - e->read_us < SETTLE_US)
			break;
		if (!e->claimed && !e->settled)
			settle(d, e);
		d->logbook.settled = i + 1;
	}
	for (guest = TAILQ_FIRST(&d->guests.door); guest; guest = next) {
		next = TAILQ_NEXT(guest, order);
		if (now_us - guest->start_us < FORGET_US)
			break;
		if (guest->plain) {
			guests_remove(&d->guests, guest);
			d->plain_guests--;
		}
	}
}

/* ---- where the policy decides ---- */

/* A CONNECT that the policy has judged waits for the log's line about it, which names its address:
 * the id is enough to find it, since the broker writes that line while it serves the CONNECT. */
void desk_plain_note(struct desk *d, struct note *note)
{
	struct visit *v = note->visit;
	struct guest *guest = v ? plain_guest(d, note->number, NULL, v->port) : NULL;

	if (!guest)
		return;
	v->start_us = note->at_us;
	v->wall_us = note->wall_us;
	visit_free(guest->visit);
	guest->visit = v;
	note->visit = NULL;
	guest->log_generation = note->log_generation;
	guest->log_from = note->log_from;
	guest->answered = true;
	guest->answered_us = note->at_us + SETTLE_US;
}
