/* Mosquitto's events: a CONNECT to judge, a session that begins or ends, a topic, a tick, SIGHUP. */
#include "door_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "clerk_desk.h"

/* 2.1 only: NULL in 2.0. */
extern int mosquitto_client_port(const struct mosquitto *client) __attribute__((weak));

static void fill_connect(struct visit *v, const struct mosquitto *client, const char *user)
{
	int version = mosquitto_client_protocol_version(client);

	visit_set(&v->client_id, mosquitto_client_id(client));
	visit_set(&v->user, user);
	if (version >= 3 && version <= 5)
		v->mqtt_version = version;
	v->keepalive = mosquitto_client_keepalive(client);
}

/* Which listener without TLS it was, where there is but one; else the log tells. */
static void only_plain_listener(struct visit *v)
{
	const struct listener *found = NULL;

	for (size_t i = 0; door.policy && i < door.policy->listener_count; i++) {
		const struct listener *l = &door.policy->listeners[i];

		if (l->tls)
			continue;
		if (found)
			return;
		found = l;
	}
	if (!found)
		return;
	v->port = found->port;
	snprintf(v->listener, sizeof(v->listener), "%s", found->name);
}

/* A CONNECT on a listener without TLS. */
static int plain_connect(const struct mosquitto_evt_basic_auth *auth)
{
	struct visit *v = visit_new();
	const char *address = mosquitto_client_address(auth->client);
	struct note note = {
		.kind = NOTE_PLAIN,
		.at_us = clock_mono_us(),
		.wall_us = clock_wall_us(),
		.log_generation = door.log_generation,
		.log_from = door_log_length(),
		.log_to = -1,
	};
	int rc = MOSQ_ERR_SUCCESS;

	if (!v)
		return admit_connect(NULL, NULL, auth);
	fill_connect(v, auth->client, auth->username);
	v->auth_watched = v->auth_seen = true;
	v->stage = STAGE_AUTH;
	if (address) {
		snprintf(v->peer.ip, sizeof(v->peer.ip), "%s", address);
		v->peer.v6 = strchr(address, ':') != NULL;
	}
	if (mosquitto_client_port)
		v->peer.port = (uint16_t)mosquitto_client_port(auth->client);
	only_plain_listener(v);
	if (door.policy)
		snprintf(v->policy, sizeof(v->policy), "%s", door.policy->digest);
	if (door.decides)
		rc = admit_connect(NULL, v, auth);
	if (rc == MOSQ_ERR_AUTH)
		v->connack = v->mqtt_version == 5 ? 135 : 5;
	note.visit = v;
	/* asked again about a live client (SIGHUP): nothing new to tell */
	if (door.reloading || !door_note_send(&note))
		visit_free(v);
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
	(void)user;
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
	if (c && door.is21)
		c->event_reason = evt->reason;
	if (door.decides)
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
	/* where we only observe, all but our own topic is somebody else's to judge */
	return rc == MOSQ_ERR_SUCCESS && !door.decides ? ERR_IGNORE : rc;
}

/* Where ACLs are not ours: nobody publishes to doorstep/#. */
static int on_message(int event, void *data, void *user)
{
	const struct mosquitto_evt_message *message = data;

	(void)event;
	(void)user;
	return message->topic && strncmp(message->topic, "doorstep/", 9) == 0 ? MOSQ_ERR_ACL_DENIED
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
	door.ticks = true;
	door.reloading = false;
	/* 2.1 asks when to come again; left at 0 it would spin */
	if (door.is21)
		tick->next = 100;
	door_turn_to(NULL);
	watch_look_up();
	door_kept_flush();
	admit_tick();
	door_fetch_parcels();
	if (now_us - door.looked_us > 1000000) {
		door.looked_us = now_us;
		door_log_open(false);
	}
	if (!door.kept && now_us - door.marked_us > 20000) {
		door.marked_us = now_us;
		clerk_watermark(door.clerk, door.log_generation, door_log_length());
	}
	return MOSQ_ERR_SUCCESS;
}

static int on_reload(int event, void *data, void *user)
{
	struct note note = {.kind = NOTE_REOPEN, .at_us = clock_mono_us(), .log_to = -1};

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
	}
	if (!door_note_send(&note))
		free(note.text);
	return MOSQ_ERR_SUCCESS;
}

struct registration {
	int event;
	MOSQ_FUNC_generic_callback callback;
	bool wanted;
};

#define REGISTRATIONS 9

static void registrations(struct registration *r)
{
	const struct registration all[REGISTRATIONS] = {
		{MOSQ_EVT_TICK, on_tick, true},
		{MOSQ_EVT_RELOAD, on_reload, true},
		{MOSQ_EVT_DISCONNECT, on_disconnect, true},
		/* On 2.0 being asked is already a verdict: only where the policy gives verdicts. */
		{MOSQ_EVT_BASIC_AUTH, on_basic_auth, door.decides || door.is21},
		{MOSQ_EVT_ACL_CHECK, on_acl_check, door.decides || door.is21},
		{MOSQ_EVT_MESSAGE, on_message, !door.decides && !door.is21},
		{EVT_CONNECT, on_connect, door.is21},
		{EVT_CLIENT_OFFLINE, on_disconnect, door.is21},
		{0, NULL, false},
	};

	memcpy(r, all, sizeof(all));
}

int door_register(mosquitto_plugin_id_t *id)
{
	struct registration r[REGISTRATIONS];

	registrations(r);
	for (size_t i = 0; r[i].callback; i++)
		if (r[i].wanted &&
		    mosquitto_callback_register(id, r[i].event, r[i].callback, NULL, id) != 0)
			return MOSQ_ERR_UNKNOWN;
	return MOSQ_ERR_SUCCESS;
}

void door_unregister(mosquitto_plugin_id_t *id)
{
	struct registration r[REGISTRATIONS];

	registrations(r);
	for (size_t i = 0; r[i].callback; i++)
		if (r[i].wanted)
			mosquitto_callback_unregister(id, r[i].event, r[i].callback, NULL);
}
