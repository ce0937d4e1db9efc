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

/* Known from the line alone that its connection is there. */
static bool fits_stranger(const struct guest *guest, const void *arg)
{
	return fits_peer(guest, arg) && guest->state == GUEST_AT_DOOR && !guest->visit->auth_seen;
}

static bool fits_session(const struct guest *guest, const void *arg)
{
	return fits_peer(guest, arg) && guest->state == GUEST_IN;
}

/* What a line about a session's beginning says behind "as" begins with its id, as far as it goes: is
 * that the id of the line? */
static bool who_fits(const char *who, const struct log_line *line)
{
	size_t n = strlen(who);

	if (!line->id)
		return line->who &&
		       strncmp(who, line->who, n < line->who_len ? n : line->who_len) == 0;
	if (n <= line->id_len)
		return memcmp(who, line->id, n) == 0;
	return strncmp(who, line->id, line->id_len) == 0 &&
	       strncmp(who + line->id_len, " (p", 3) == 0;
}

/* May the line be about the client of that session? */
static bool fits_id(const struct guest *guest, const void *arg)
{
	const struct log_line *line = arg;

	if (!guest->plain || guest->state != GUEST_IN || !guest->visit)
		return false;
	if (guest->visit->client_id)
		return log_line_fits_id(line, guest->visit->client_id);
	return guest->who && who_fits(guest->who, line);
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

/* The judged CONNECT and what the log knew of its connection before are one guest. */
static struct guest *join_stranger(struct desk *d, struct guest *guest, const struct peer *peer)
{
	struct guest *stranger =
		peer->port ? guests_find_if(&d->guests, fits_stranger, peer) : NULL;

	if (peer->port)
		guest->visit->peer = *peer;
	if (!stranger || stranger == guest)
		return guest;
	guest->visit->start_us = stranger->visit->start_us;
	guest->visit->wall_us = stranger->visit->wall_us;
	guest->visit->port = stranger->visit->port;
	memcpy(guest->visit->listener, stranger->visit->listener, sizeof(guest->visit->listener));
	guests_remove(&d->guests, stranger);
	d->plain_guests--;
	return guest;
}

/* May it be of the CONNECT that was judged here? */
static bool may_be_of(const struct log_entry *e, const struct guest *guest)
{
	const struct visit *v = guest->visit;

	if (!guest->plain || !v || !v->auth_seen)
		return false;
	return log_line_fits_id(&e->line, v->client_id ? v->client_id : "");
}

/*
 * The guest whose CONNECT the policy judged, with the address that the line gives it. The broker writes
 * the line while it serves the CONNECT, so it is about the last one before.
 */
static struct guest *find_awaiting(struct desk *d, const struct log_entry *e)
{
	struct guest *guest, *found = NULL;

	TAILQ_FOREACH(guest, &d->guests.door, order)
	if (may_be_of(e, guest) &&
	    (guest->log_generation != e->generation || guest->log_from <= e->from))
		found = guest;
	return found ? join_stranger(d, found, &e->line.peer) : NULL;
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

/* Where the policy decides it is known where the line ends; there may be none, though. */
static bool fits_gone(const struct guest *guest, const void *arg)
{
	const struct log_entry *e = arg;

	if (!guest->plain || guest->gone_at != e->to || guest->log_generation != e->generation)
		return false;
	return (!e->line.id && !e->line.who) ||
	       log_line_fits_id(&e->line, guest->visit->client_id ? guest->visit->client_id : "");
}

static struct guest *find_gone(struct desk *d, const struct log_entry *e)
{
	struct guest *guest = guests_find_if(&d->guests, fits_gone, e);

	return guest && guest->state == GUEST_AT_DOOR ? join_stranger(d, guest, &e->line.peer)
						      : guest;
}

static struct guest *find_peer(struct desk *d, const struct peer *peer)
{
	struct guest *guest;

	if (!peer->port)
		return NULL;
	guest = guests_find_if(&d->guests, fits_stranger, peer);
	return guest ? guest : guests_find_if(&d->guests, fits_session, peer);
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

static void end_session(struct desk *d, struct guest *guest)
{
	const struct note close = {
		.kind = NOTE_CLOSE,
		.at_us = clock_mono_us(),
		.wall_us = clock_wall_us(),
	};

	desk_end_session(d, guest, &close);
}

static void settle_gone(struct desk *d, struct log_entry *e)
{
	struct guest *guest = find_gone(d, e);
	bool named = e->line.id || e->line.who;

	if (!guest && e->line.kind == LOG_GONE_NOT_AUTHORISED)
		guest = named ? find_awaiting(d, e) : find_refused(d, e);
	if (!guest)
		guest = find_peer(d, &e->line.peer);
	if (!guest && named)
		guest = guests_find_if(&d->guests, fits_id, &e->line);
	if (!guest) {
		/* "<unknown>", or an id that never got in. Sessions of older runs end like this as
		 * well, but then without a word on why; and one that was away and is taken over,
		 * whose line may be cut off before it says so. */
		if (e->line.kind != LOG_GONE_CLEAN && e->line.kind != LOG_TAKEN_OVER &&
		    !e->line.who)
			lone_line(d, e);
		return;
	}
	if (guest->state == GUEST_AT_DOOR) {
		turned_away(d, guest, e);
		return;
	}
	desk_absorb(guest, e);
	if (!guest->visit->client_id && e->line.id)
		guest->visit->client_id = strndup(e->line.id, e->line.id_len);
	end_session(d, guest);
}

/* Whoever came from the same port before is gone, though no line said so. */
static void settle_new(struct desk *d, const struct log_line *line)
{
	struct guest *before = find_peer(d, &line->peer);

	if (before && before->state == GUEST_IN) {
		end_session(d, before);
	} else if (before) {
		guests_remove(&d->guests, before);
		d->plain_guests--;
	}
	plain_guest(d, number_of_log(d), &line->peer, line->listener_port);
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
			settle_new(d, &e->line);
		break;
	case LOG_CONNECTED:
		guest = find_awaiting(d, e);
		if (!guest)
			guest = find_peer(d, &e->line.peer);
		if (!guest || guest->state == GUEST_IN)
			break; /* TLS that we could not watch, or a bridge of ours */
		desk_absorb(guest, e);
		if (!guest->visit->client_id && e->line.who)
			guest->who = strndup(e->line.who, e->line.who_len);
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

/* The broker writes that a client is gone and tells us in the same breath. */
void desk_plain_gone(struct desk *d, const struct note *note)
{
	struct guest *guest = guests_find(&d->guests, note->number);

	if (!guest)
		return;
	guest->log_generation = note->log_generation;
	guest->gone_at = note->log_to;
}
