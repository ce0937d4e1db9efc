/*
 * What the broker's thread tells the clerk, and how nothing of it gets lost: notes that find no room
 * wait in line. And the windows: which part of Mosquitto's log was written while it worked on which
 * connection.
 */
#include "door_parts.h"

#include <stdlib.h>
#include <string.h>

#include "clerk_desk.h"

struct notes_kept {
	struct notes_kept *next;
	struct note note;
};

/* Notes that found no room wait in line; there are never more than connections. */
void door_kept_flush(void)
{
	while (door.kept && clerk_note(door.clerk, &door.kept->note)) {
		struct notes_kept *sent = door.kept;

		door.kept = sent->next;
		free(sent);
	}
}

static void note_keep(const struct note *note)
{
	struct notes_kept *kept = malloc(sizeof(*kept));

	if (!kept) {
		visit_free(note->visit);
		free(note->text);
		clerk_lost(door.clerk);
		return;
	}
	kept->next = NULL;
	kept->note = *note;
	*(door.kept ? &door.kept_last->next : &door.kept) = kept;
	door.kept_last = kept;
}

/* False: no room; the note's visit and text are still the caller's. */
bool door_note_send(const struct note *note)
{
	if (!door.clerk)
		return false;
	door_kept_flush();
	return !door.kept && clerk_note(door.clerk, note);
}

struct note door_note_of(const struct conn *c, enum note_kind kind)
{
	return (struct note){
		.kind = kind,
		.number = c->number,
		.at_us = clock_mono_us(),
		.wall_us = clock_wall_us(),
		.log_generation = door.log_generation,
		.log_from = -1,
		.log_to = -1,
	};
}

/* A note about a visit that the clerk knows of must not get lost. */
void door_note_must(const struct conn *c, const struct note *note)
{
	if (!c->recorded || !door.clerk) {
		visit_free(note->visit);
		free(note->text);
		return;
	}
	if (!door_note_send(note))
		note_keep(note);
}

bool door_note_text(enum note_kind kind, char *text)
{
	return door_note_send(&(struct note){.kind = kind,
					     .text = text,
					     .at_us = clock_mono_us(),
					     .log_from = -1,
					     .log_to = -1});
}

void door_note_gone(uint64_t number)
{
	door_note_send(&(struct note){.kind = NOTE_GONE,
				      .number = number,
				      .at_us = clock_mono_us(),
				      .log_generation = door.log_generation,
				      .log_from = -1,
				      .log_to = door_log_length()});
}

/* The bytes of this connection were being worked on until now: what was logged since is about it. */
void door_window_close(struct conn *c, bool answered)
{
	int64_t now;

	if (c->log_from < 0 && !answered)
		return;
	now = door_log_length();
	if (now > c->log_from || answered) {
		struct note note = door_note_of(c, NOTE_WINDOW);

		/*
		 * While a CONNECT is still on its way, what grew in the log is about others (a
		 * reload, a client without TLS): whoever is refused is gone in the same breath, and
		 * that is told at the end.
		 */
		if (c->phase == CONN_WAITS && !answered) {
			c->log_from = -1;
			return;
		}
		/* nothing can be told of a visit that the clerk has not got */
		if (c->phase == CONN_WAITS) {
			struct note visit = door_note_of(c, NOTE_VISIT);

			if (now <= c->log_from && door_watches_auth(c))
				return;
			visit.visit = c->visit;
			c->visit = NULL;
			c->phase = CONN_TOLD;
			visit.log_from = c->log_from;
			visit.log_to = now;
			door_note_must(c, &visit);
		}
		note.answered = answered;
		note.log_from = c->log_from;
		note.log_to = now;
		door_note_must(c, &note);
	}
	c->log_from = -1;
}

void door_turn_to(struct conn *c)
{
	struct conn *before = door.turn;

	if (before == c)
		return;
	door.turn = c;
	if (before && before->phase != CONN_IN && before->phase != CONN_HANDSHAKE)
		door_window_close(before, false);
}

void door_kept_drop(void)
{
	while (door.kept) {
		struct notes_kept *next = door.kept->next;

		visit_free(door.kept->note.visit);
		free(door.kept->note.text);
		free(door.kept);
		door.kept = next;
	}
}

void door_denial(const struct conn *c, struct visit *v, enum reason_id reason, const char *topic)
{
	struct note note = {
		.kind = NOTE_DENIAL,
		.number = c ? c->number : 0,
		.at_us = clock_mono_us(),
		.wall_us = clock_wall_us(),
		.visit = v,
		.reason = reason,
		.text = topic ? strdup(topic) : NULL,
		.log_from = -1,
		.log_to = -1,
	};

	if (!c && v)
		note.number = v->number;
	if ((c ? !c->recorded : !v) || !door_note_send(&note)) {
		visit_free(v);
		free(note.text);
		clerk_lost(door.clerk);
	}
}
