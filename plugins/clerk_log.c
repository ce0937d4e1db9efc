/*
 * What the broker's own log says about a guest. A line is tied to a visit by its place in the file
 * (what was written while the broker worked on that connection), by address and port, or, for the
 * end of a session, by the client id, which is unique among live sessions. Never by guess.
 */
#include "clerk_desk.h"

#include <stdlib.h>
#include <string.h>

/* Which of two lines tells more about why a visit was turned away. */
static int log_weight(enum log_kind kind)
{
	switch (kind) {
	case LOG_OTHER:
	case LOG_NEW_CONNECTION:
	case LOG_TLS_FAILED:
	case LOG_CONNACK:
	case LOG_CONNECTED:
		return 0;
	case LOG_GONE_CLEAN:
	case LOG_GONE_CLOSED:
	case LOG_GONE_PROTOCOL:
	case LOG_GONE_OTHER:
		return 1;
	default:
		return 2;
	}
}

static void visit_take_id(struct visit *v, const struct log_line *line)
{
	if (!v->client_id && line->id) {
		v->client_id = strndup(line->id, line->id_len);
		if (v->joined == JOINED_NOT)
			v->joined = JOINED_LOG;
	}
}

void desk_absorb(struct guest *guest, struct log_entry *e)
{
	struct visit *v = guest->visit;
	const struct log_line *line = &e->line;

	e->claimed = true;
	if (!v)
		return;
	switch (line->kind) {
	case LOG_CONNECTED:
		visit_take_id(v, line);
		if (!v->user && line->user)
			v->user = strndup(line->user, line->user_len);
		if (line->version)
			v->mqtt_version = line->version;
		if (line->keepalive >= 0)
			v->keepalive = line->keepalive;
		v->accepted = true;
		guest->log_in = e->to;
		return;
	case LOG_CONNACK:
		v->connack = line->number;
		return;
	default:
		break;
	}
	if (guest->state == GUEST_AT_DOOR && log_is_gone(line->kind))
		visit_take_id(v, line);
	if (log_weight(line->kind) > log_weight((enum log_kind)v->log_kind) ||
	    (log_weight(line->kind) && v->log_kind == LOG_OTHER)) {
		char *text = strndup(line->text, line->text_len);

		v->log_kind = (int)line->kind;
		if (text) {
			free(v->log);
			v->log = text;
		}
	}
}

static bool same_peer(const struct guest *guest, const struct log_entry *e)
{
	const struct visit *v = guest->visit;

	return v && e->line.peer.port && v->peer.port == e->line.peer.port &&
	       strcmp(v->peer.ip, e->line.peer.ip) == 0;
}

/* In an exact window everything is about the guest, but for what names another address. */
static void absorb_window(struct log_entry *e, void *arg)
{
	struct guest *guest = arg;

	/* that an older session of the same id is closed is about the older one */
	if (e->line.kind == LOG_TAKEN_OVER)
		return;
	if (e->line.peer.port ? same_peer(guest, e) : true)
		desk_absorb(guest, e);
}

/* Outside of windows only what names the guest's address and port is. */
static void absorb_named(struct log_entry *e, void *arg)
{
	struct guest *guest = arg;

	if (same_peer(guest, e))
		desk_absorb(guest, e);
}

void desk_absorb_note(struct desk *d, struct guest *guest, const struct note *note)
{
	logbook_read(&d->logbook, note->log_to, note->at_us);
	if (note->log_from >= 0)
		logbook_window(&d->logbook, note->log_generation, note->log_from, note->log_to,
			       absorb_window, guest);
	if (guest->log_from >= 0 && guest->log_generation == note->log_generation)
		logbook_window(&d->logbook, note->log_generation, guest->log_from, note->log_to,
			       absorb_named, guest);
}

/* Is this line about the client of that session? Ids are unique among live sessions. */
static bool names_client(const struct log_entry *e, void *arg)
{
	const struct visit *v = ((struct guest *)arg)->visit;

	if (!log_is_gone(e->line.kind) && e->line.kind != LOG_TAKEN_OVER &&
	    e->line.kind != LOG_SECOND_CONNECT)
		return false;
	return e->line.id && v->client_id && strlen(v->client_id) == e->line.id_len &&
	       memcmp(v->client_id, e->line.id, e->line.id_len) == 0 &&
	       (e->line.peer.port == 0 || same_peer(arg, e));
}

void desk_absorb_end(struct desk *d, struct guest *guest, const struct note *note)
{
	struct log_entry *e;
	int64_t from;

	desk_absorb_note(d, guest, note);
	if (!guest->visit)
		return;
	e = logbook_ending_at(&d->logbook, note->log_generation, note->log_to);
	if (e && guest->state == GUEST_AT_DOOR && e->line.kind != LOG_NEW_CONNECTION &&
	    e->line.peer.port == 0 && (log_is_gone(e->line.kind) || e->line.kind == LOG_TLS_FAILED))
		desk_absorb(guest, e);
	/* why, and that it is gone, may be two lines; what stands before it was let in is of another, whom
	 * it took over */
	from = guest->log_generation != note->log_generation ? 0
	       : guest->log_in				     ? guest->log_in
							     : guest->log_from;
	for (int i = 0; guest->state == GUEST_IN && i < 4; i++) {
		e = logbook_last(&d->logbook, note->log_generation, from, note->log_to,
				 names_client, guest);
		if (!e)
			break;
		desk_absorb(guest, e);
	}
}

void desk_look_for_stop(struct log_entry *e, void *arg)
{
	if (e->line.kind == LOG_STOPPING) {
		((struct desk *)arg)->stopping = true;
		e->claimed = true;
	} else if (e->line.kind == LOG_STARTING) {
		((struct desk *)arg)->stopping = false;
		e->claimed = true;
	}
}
