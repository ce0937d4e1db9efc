/* What the watch tells, made into notes; and the chores that wait for a turn of the broker. */
#include "door_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "clerk_desk.h"
#include "groups.h"

#define STALLED_US  5000000 /* a broker that closes after so long was waiting */
#define PARCELS_MAX 64	    /* fetched in one go, so that the broker is never held up */

/* Is everybody asked about who reads and writes our topics? On 2.0 clients of open listeners are not, and
 * where all are open nobody is. */
static bool is_guarded(void)
{
	return door.decides && (door.is21 || !door.policy->has_open);
}

/* Brings the clerk's parcels out: one line into Mosquitto's log, one message on the topic. */
void door_fetch_parcels(void)
{
	struct parcel parcel;

	for (int i = 0; i < PARCELS_MAX && clerk_fetch(door.clerk, &parcel); i++) {
		if (parcel.human)
			mosquitto_log_printf(MOSQ_LOG_NOTICE, "%s", parcel.human);
		/* where nobody guards the topic, nothing is published; QoS 1, so that a bridge keeps
		 * what it cannot deliver yet: who subscribes with 0 gets 0 */
		if (parcel.topic && parcel.payload && is_guarded())
			mosquitto_broker_publish_copy(NULL, parcel.topic, (int)parcel.payload_len,
						      parcel.payload, 1, false, NULL);
		parcel_free(&parcel);
	}
}

const struct listener *door_listener(const struct conn *c)
{
	return door.policy && c->port ? policy_listener(door.policy, c->port) : NULL;
}

bool door_watches_auth(const struct conn *c)
{
	const struct listener *listener = door_listener(c);

	if (door.is21)
		return true;
	return door.decides && listener && listener->profile != PROFILE_OPEN;
}

/* What is looked at anew once a second. */
void door_each_second(int64_t now_us)
{
	if (now_us - door.looked_us <= 1000000)
		return;
	door.looked_us = now_us;
	door_log_open(false);
	watch_measure();
}

/* Not while a connection ends: a line in Mosquitto's log may go to that very client. Mosquitto 2.0 with
 * per_listener_settings never ticks: what is due is done when somebody comes, goes
 * or is asked about. */
void door_chores(bool between_clients)
{
	int64_t now_us = clock_mono_us();

	if (door.ticks || !door.clerk)
		return;
	door_kept_flush();
	door_fetch_parcels();
	door_each_second(now_us);
	if (between_clients && !door.kept)
		clerk_watermark(door.clerk, door.log_generation, door_log_length());
}

static void on_open(struct conn *c)
{
	const struct listener *listener = door_listener(c);
	struct note note = door_note_of(c, NOTE_OPEN);
	struct visit *v = c->visit;

	door_chores(true);
	clerk_tls_port(door.clerk, c->port);
	if (!v)
		return;
	if (listener)
		text_copy(v->listener, sizeof(v->listener), listener->name);
	else
		snprintf(v->listener, sizeof(v->listener), "%u", c->port);
	if (door.policy)
		text_copy(v->policy, sizeof(v->policy), door.policy->digest);
	v->auth_watched = door_watches_auth(c);
	note.at_us = c->start_us;
	note.wall_us = c->wall_us;
	note.peer = c->peer;
	note.port = c->port;
	note.log_from = door_log_length();
	note.text = strdup(v->listener);
	c->log_generation = door.log_generation;
	c->recorded = door_note_send(&note);
	if (!c->recorded) {
		free(note.text);
		clerk_lost(door.clerk);
	}
}

/* The listener's groups, and a word where they lock out what came: once a minute at most. */
static void set_groups(struct conn *c, SSL *ssl)
{
	const struct listener *listener = door_listener(c);
	struct hello h;

	if (!listener || listener->groups.n == 0 || !groups_set(ssl, &listener->groups))
		return;
	if (!c->visit || !c->visit->hello ||
	    (door.starved_us && c->start_us - door.starved_us < 60000000))
		return;
	hello_parse(&h, c->visit->hello, c->visit->hello_len);
	if (!groups_starve(&listener->groups, &h))
		return;
	door.starved_us = c->start_us;
	mosquitto_log_printf(
		MOSQ_LOG_WARNING,
		"doorstep: %s comes to listener %s with key exchange groups of which its "
		"\"groups\" in class.json leave none; the broker's own would have one",
		c->peer.ip, listener->name);
}

static bool keys_wanted(const struct conn *c)
{
	const struct listener *listener = door_listener(c);

	return listener && policy_keylog(door.policy, listener);
}

static int on_hello(struct conn *c, SSL *ssl)
{
	struct note note = door_note_of(c, NOTE_HELLO);
	int alert;

	watch_keys(ssl, keys_wanted(c));
	set_groups(c, ssl);
	alert = admit_hello(c, ssl);

	if (c->visit && c->visit->seat[0])
		note.text = strdup(c->visit->seat);
	door_note_must(c, &note);
	return alert;
}

static void on_done(struct conn *c, SSL *ssl)
{
	unsigned max = door.policy ? door.policy->record_max : POLICY_RECORD_MAX;

	/* Not before: a handshake message must not be cut, some stacks cannot put it together. */
	if (max >= 512 && max <= SSL3_RT_MAX_PLAIN_LENGTH)
		SSL_set_max_send_fragment(ssl, max);
	admit_done(c, ssl);
}

static void on_read(struct conn *c)
{
	/* whatever the broker asks from here on is about what was just read */
	door.reloading = false;
	if (c->phase == CONN_IN)
		return;
	if (c->log_from < 0)
		c->log_from = door_log_length();
}

static void on_other(struct conn *c)
{
	door_turn_to(c);
}

/* Application data went out before the visit was decided: over MQTT that is the CONNACK. */
static void on_wrote(struct conn *c)
{
	const struct listener *listener = door_listener(c);
	bool websockets = listener && listener->protocol == PROTOCOL_WEBSOCKETS;

	if (c->phase != CONN_WAITS && c->phase != CONN_TOLD)
		return;
	/* over WebSockets the first answer is to the upgrade */
	if (websockets && c->data_out < 2)
		return;
	if (c->phase == CONN_WAITS && door_watches_auth(c))
		return; /* an answer before we were asked: a refusal, told at the end */
	door_window_close(c, true);
	c->answered = !websockets;
	c->answered_in = c->bytes_in;
	c->answered_at = door.ticks;
	if (c->phase == CONN_TOLD)
		c->phase = CONN_IN;
}

/* A write that failed tells who had gone, unless it was of our own refusal. */
static enum ending ending_of(const struct conn *c, const struct visit *v)
{
	int error = c->read_error || (v && v->error) ? c->read_error : c->write_error;

	if (c->eof || c->close_notify)
		return ENDING_FIN;
	switch (error) {
	case 0:
		return ENDING_CLOSED;
	case ECONNRESET:
	case EPIPE:
		return ENDING_RESET;
	default:
		return ENDING_LOST;
	}
}

/* libwebsockets, which serves WebSockets on 2.0, may close a connection that was reset without reading
 * from it. Of itself it ends a handshake after its time limit alone. */
static bool was_reset_unread(const struct conn *c, const struct visit *v, int64_t silent_us)
{
	const struct listener *listener = door_listener(c);

	return !door.is21 && listener && listener->protocol == PROTOCOL_WEBSOCKETS &&
	       c->phase == CONN_HANDSHAKE && v && v->stage >= STAGE_HELLO && !v->error &&
	       !v->alert_seen && silent_us < STALLED_US;
}

static void on_end(struct conn *c)
{
	struct note note = door_note_of(c, NOTE_CLOSE);
	struct visit *v = c->visit;
	enum ending ending = ending_of(c, v);

	note.silent_us = note.at_us - c->active_us;
	if (ending == ENDING_CLOSED && was_reset_unread(c, v, note.silent_us))
		ending = ENDING_RESET;

	admit_end(c);
	if (c->client)
		LIST_REMOVE(c, tied);
	if (door.turn == c)
		door.turn = NULL;
	if (!c->opened || !door.clerk)
		return;
	note.log_from = c->read_ok ? c->log_from : -1;
	note.log_to = door_log_length();
	if (v) {
		struct note visit = door_note_of(c, NOTE_VISIT);

		visit.visit = v;
		c->visit = NULL;
		door_note_must(c, &visit);
	}
	note.ending = ending;
	note.goodbye = c->close_notify || c->goodbye;
	note.went_on = c->answered && (c->bytes_in > c->answered_in || ending != ENDING_CLOSED ||
				       door.ticks != c->answered_at);
	note.stalled = note.ending == ENDING_CLOSED && note.silent_us > STALLED_US;
	note.event_reason = c->event_reason;
	note.reason = c->ended;
	note.bytes_in = c->bytes_in;
	note.bytes_out = c->bytes_out;
	door_note_must(c, &note);
}

static void on_keylog(struct conn *c, const char *line)
{
	struct note note = door_note_of(c, NOTE_KEYLOG);
	const struct listener *listener = door_listener(c);

	if (!keys_wanted(c))
		return;
	if (c->visit)
		c->visit->keys_logged = true;
	note.text = malloc(strlen(listener->name) + strlen(line) + 2);
	if (!note.text)
		return;
	sprintf(note.text, "%s %s", listener->name, line);
	if (!door_note_send(&note))
		free(note.text);
}

static void on_message_out(struct conn *c, SSL *ssl, int type)
{
	admit_message_out(c, ssl, type);
}

const struct watch_events door_watch_events = {
	.open = on_open,
	.hello = on_hello,
	.message_out = on_message_out,
	.done = on_done,
	.read = on_read,
	.wrote = on_wrote,
	.other = on_other,
	.end = on_end,
	.keylog = on_keylog,
};
