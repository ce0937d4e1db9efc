/* Mosquitto's events: a CONNECT to judge, a session that begins or ends, a topic, a tick, SIGHUP. */
#include "door_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "clerk_desk.h"
#include "rules.h"

static void fill_connect(struct visit *v, const struct mosquitto *client, const char *user)
{
	int version = mosquitto_client_protocol_version(client);

	visit_set(&v->client_id, mosquitto_client_id(client));
	visit_set(&v->user, user);
	if (version >= 3 && version <= 5)
		v->mqtt_version = version;
	v->keepalive = mosquitto_client_keepalive(client);
}

/* The listener without TLS; the log tells where this does not. */
static void fill_listener(struct visit *v, const struct mosquitto *client)
{
	const struct listener *l = admit_listener_without_tls(client);

	if (!l)
		return;
	v->port = l->port;
	snprintf(v->listener, sizeof(v->listener), "%s", l->name);
}

/* A CONNECT on a listener without TLS. */
static int plain_connect(const struct mosquitto_evt_basic_auth *auth)
{
	/* SIGHUP asks again about clients that came before: nothing new to tell */
	struct visit *v = admit_asked_before(auth->client) ? NULL : visit_new();
	const char *address = mosquitto_client_address(auth->client);
	struct note note = {
		.kind = NOTE_PLAIN,
		.number = NUMBER_PLAIN_CONNECT + ++door.plain_count,
		.at_us = clock_mono_us(),
		.wall_us = clock_wall_us(),
		.log_generation = door.log_generation,
		.log_from = door_log_length(),
		.log_to = -1,
	};
	int rc = MOSQ_ERR_SUCCESS;

	if (!v)
		return door.policy ? admit_connect(NULL, NULL, auth) : MOSQ_ERR_SUCCESS;
	fill_connect(v, auth->client, auth->username);
	v->number = note.number;
	v->auth_watched = v->auth_seen = true;
	v->stage = STAGE_AUTH;
	if (address) {
		snprintf(v->peer.ip, sizeof(v->peer.ip), "%s", address);
		v->peer.v6 = strchr(address, ':') != NULL;
	}
	fill_listener(v, auth->client);
	if (door.policy) {
		snprintf(v->policy, sizeof(v->policy), "%s", door.policy->digest);
		rc = admit_connect(NULL, v, auth);
	}
	if (rc == MOSQ_ERR_AUTH)
		v->connack = v->mqtt_version == 5 ? 135 : 5;
	note.visit = v;
	if (!door_note_send(&note)) {
		visit_free(v);
		clerk_lost(door.clerk);
	}
	return rc;
}

static int on_basic_auth(int event, void *data, void *user)
{
	struct mosquitto_evt_basic_auth *auth = data;
	int neutral = door.is21 ? ERR_IGNORE : MOSQ_ERR_PLUGIN_DEFER;
	struct visit *v;
	struct conn *c;
	bool fresh;
	int rc;

	(void)event;
	door.asked = user;
	c = door_conn_of(auth->client, &fresh);
	if (!c) {
		rc = plain_connect(auth);
		return door.decides ? rc : neutral;
	}
	if (!fresh || !c->visit) {
		rc = door.decides ? admit_connect(c, NULL, auth) : neutral;
		return rc;
	}
	v = c->visit;
	v->auth_seen = true;
	visit_reach(v, STAGE_AUTH);
	fill_connect(v, auth->client, auth->username);
	rc = door.decides ? admit_connect(c, v, auth) : neutral;
	v->allowed = door.decides && rc == MOSQ_ERR_SUCCESS;
	if (door.decides && rc == MOSQ_ERR_AUTH)
		v->connack = mosquitto_client_protocol_version(auth->client) == 5 ? 135 : 5;
	v->end_us = clock_mono_us();
	/* A refused visit stays here until its end, which comes at once. */
	if (rc == MOSQ_ERR_SUCCESS || rc == neutral) {
		struct note note = door_note_of(c, NOTE_VISIT);

		note.visit = v;
		c->visit = NULL;
		c->phase = CONN_TOLD;
		door_note_must(c, &note);
	}
	return rc;
}

/* 2.1: the session has begun. */
static int on_connect(int event, void *data, void *user)
{
	const struct mosquitto_evt_disconnect *evt = data; /* begins with the client as well */
	struct note note;
	struct conn *c;
	bool fresh;

	(void)event;
	(void)user;
	c = door_conn_of(evt->client, &fresh);
	if (!c)
		return MOSQ_ERR_SUCCESS;
	if (c->visit) {
		fill_connect(c->visit, evt->client, mosquitto_client_username(evt->client));
		c->visit->end_us = clock_mono_us();
		c->visit->connack = 0;
		note = door_note_of(c, NOTE_VISIT);
		note.visit = c->visit;
		c->visit = NULL;
		door_note_must(c, &note);
	}
	note = door_note_of(c, NOTE_ACCEPTED);
	c->phase = CONN_IN;
	door_note_must(c, &note);
	return MOSQ_ERR_SUCCESS;
}

static int on_disconnect(int event, void *data, void *user)
{
	const struct mosquitto_evt_disconnect *evt = data;
	struct conn *c = door_tied(evt->client);

	(void)event;
	(void)user;
	if (c && door.is21) {
		c->event_reason = evt->reason;
		c->goodbye = evt->reason == MOSQ_ERR_SUCCESS;
	}
	if (door.policy)
		admit_gone(c, evt->client);
	door_chores(false);
	return MOSQ_ERR_SUCCESS;
}

static int on_acl_check(int event, void *data, void *user)
{
	struct mosquitto_evt_acl_check *acl = data;
	int rc = admit_topic(door_tied(acl->client), acl);

	(void)event;
	(void)user;
	door_chores(false);
	return rc;
}

/* Where ACLs are not ours: nobody publishes to doorstep/#. */
static int on_message(int event, void *data, void *user)
{
	const struct mosquitto_evt_message *message = data;

	(void)event;
	(void)user;
	return message->topic && topic_is_doorstep(ACL_WRITE, message->topic) ? MOSQ_ERR_ACL_DENIED
									      : MOSQ_ERR_SUCCESS;
}

static int on_tick(int event, void *data, void *user)
{
	/* next_ns in 2.0, where nobody reads it; next_ms in 2.1 */
	struct tick {
		void *future;
		long now_ns, next;
	} *tick = data;
	int64_t now_us = clock_mono_us();

	(void)event;
	(void)user;
	door.ticks++;
	door.reloading = false;
	/* 2.1 asks when to come again; left at 0 it would spin */
	if (door.is21)
		tick->next = 100;
	door_turn_to(NULL);
	watch_look_up();
	door_kept_flush();
	admit_tick();
	door_fetch_parcels();
	door_each_second(now_us);
	if (!door.kept && now_us - door.marked_us > 20000) {
		door.marked_us = now_us;
		clerk_watermark(door.clerk, door.log_generation, door_log_length());
	}
	return MOSQ_ERR_SUCCESS;
}

static int on_reload(int event, void *data, void *user);

struct registration {
	int event;
	MOSQ_FUNC_generic_callback callback;
	bool wanted;
};

#define REGISTRATIONS 9

static void registrations(struct registration *r, bool decides)
{
	const struct registration all[REGISTRATIONS] = {
		{MOSQ_EVT_TICK, on_tick, true},
		{MOSQ_EVT_RELOAD, on_reload, true},
		{MOSQ_EVT_DISCONNECT, on_disconnect, true},
		/* On 2.0 being asked is already a verdict, and on 2.1 what another plugin left to
		 * nobody becomes a right if we are asked after it: only where the policy decides. */
		{MOSQ_EVT_BASIC_AUTH, on_basic_auth, decides || door.is21},
		{MOSQ_EVT_ACL_CHECK, on_acl_check, decides},
		{MOSQ_EVT_MESSAGE, on_message, !decides},
		{EVT_CONNECT, on_connect, door.is21},
		{EVT_CLIENT_OFFLINE, on_disconnect, door.is21},
		{0, NULL, false},
	};

	memcpy(r, all, sizeof(all));
}

static void registration_turn(const struct registration *r, bool on)
{
	for (unsigned i = 0; i < door.loads; i++)
		if (!on)
			mosquitto_callback_unregister(door.ids[i], r->event, r->callback, NULL);
		else if (mosquitto_callback_register(door.ids[i], r->event, r->callback, NULL,
						     door.ids[i]) != 0)
			mosquitto_log_printf(MOSQ_LOG_ERR, "doorstep: event %d is not told to us",
					     r->event);
}

/* On 2.1 a reload may begin to decide, or end it. */
static void registrations_follow(bool decided)
{
	struct registration before[REGISTRATIONS], now[REGISTRATIONS];

	registrations(before, decided);
	registrations(now, door.decides);
	for (size_t i = 0; now[i].callback; i++)
		if (now[i].wanted != before[i].wanted)
			registration_turn(&now[i], now[i].wanted);
}

static int on_reload(int event, void *data, void *user)
{
	struct note note = {.kind = NOTE_REOPEN, .at_us = clock_mono_us(), .log_to = -1};
	bool decided = door.decides;

	(void)event;
	(void)data;
	/* once, though each listener may have loaded us */
	if (user != door.ids[0])
		return MOSQ_ERR_SUCCESS;
	/* the broker asks about every live client next, out of any read */
	door_turn_to(NULL);
	door.reloading = true;
	if (door.policy && admit_load(true) == 0) {
		note.text = strdup(door.policy->digest);
		door_name_listeners();
		registrations_follow(decided);
	}
	if (!door_note_send(&note))
		free(note.text);
	return MOSQ_ERR_SUCCESS;
}

int door_register(mosquitto_plugin_id_t *id)
{
	struct registration r[REGISTRATIONS];

	registrations(r, door.decides);
	for (size_t i = 0; r[i].callback; i++)
		if (r[i].wanted &&
		    mosquitto_callback_register(id, r[i].event, r[i].callback, NULL, id) != 0)
			return MOSQ_ERR_UNKNOWN;
	return MOSQ_ERR_SUCCESS;
}

void door_unregister(mosquitto_plugin_id_t *id)
{
	struct registration r[REGISTRATIONS];

	registrations(r, door.decides);
	for (size_t i = 0; r[i].callback; i++)
		if (r[i].wanted)
			mosquitto_callback_unregister(id, r[i].event, r[i].callback, NULL);
}
