/*
 * The door: what the plugin's parts share on the broker's thread. There is one in a process,
 * however often Mosquitto loads the plugin.
 */
#ifndef DOORSTEP_DOOR_H
#define DOORSTEP_DOOR_H

#include <stdbool.h>
#include <mosquitto.h>
#if __has_include(<mosquitto/broker.h>) /* 2.1 put its headers into a directory */
#include <mosquitto/broker.h>
#include <mosquitto/broker_plugin.h>
#else
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#endif

#include "clerk.h"
#include "policy.h"
#include "watch.h"

#define DOOR_CHAINS    1024
#define DOOR_LOADS_MAX 64 /* listeners that may each load the plugin */

/* Mosquitto 2.1's additions, which 2.0's header lacks. */
#define EVT_CONNECT	   11
#define EVT_CLIENT_OFFLINE 28
#define ERR_IGNORE	   32 /* MOSQ_ERR_PLUGIN_IGNORE */

struct door {
	unsigned loads;
	mosquitto_plugin_id_t *ids[DOOR_LOADS_MAX];
	char *dir;
	bool is21;
	bool decides;		     /* BASIC_AUTH and ACL_CHECK are registered for verdicts */
	const struct policy *policy; /* NULL: no class.json: observe only */
	struct clerk *clerk;
	char run[20];

	/* the broker's own log */
	int log_fd; /* -1: it writes none that we can read */
	uint32_t log_generation;
	int64_t looked_us; /* when its path was last compared with the fd */

	int64_t marked_us;  /* when the clerk last got a watermark */
	int64_t starved_us; /* when a device was last told to lack our groups; 0: never */
	uint32_t ticks;	    /* MOSQ_EVT_TICK, how often; 0: it does not come */
	bool reloading;	   /* the broker asks about its clients again, those who are away as well */
	const void *asked; /* which loading of us it asks: on 2.0 each listener may have its own */
	uint64_t plain_count; /* visits without TLS that we were asked about */
	struct conn *turn;    /* whose bytes the broker is working on; NULL: nobody's we know */
	int context_index;    /* SSL ex-data index of 2.1's own pointer; -1: not learnt */
	struct conn_list tied[DOOR_CHAINS];  /* connections by Mosquitto's pointer */
	struct notes_kept *kept, *kept_last; /* notes that found no room yet, oldest first */
};

extern struct door door;

/* The visit that this client belongs to; NULL for one without TLS. *fresh: tied just now. */
struct conn *door_conn_of(const struct mosquitto *client, bool *fresh);

/* The connection that is tied to this client already; NULL if none is. By hash. */
struct conn *door_tied(const struct mosquitto *client);

/* The listener of a connection in the running policy; NULL if unknown. */
const struct listener *door_listener(const struct conn *c);

/* Is the policy asked for this connection's verdict? */
bool door_watches_auth(const struct conn *c);

/* Tells the clerk of a refusal inside a session; or, where it has no connection (c is NULL), what is
 * known of it, which is the clerk's from then on. */
void door_denial(const struct conn *c, struct visit *v, enum reason_id reason, const char *topic);

/* Tells the clerk that a client without TLS is gone, of which the log has just said so. */
void door_note_gone(uint64_t number);

/* A note to the clerk that is only a text, which is the clerk's from then on. False: no room, and it is
 * still the caller's. */
bool door_note_text(enum note_kind kind, char *text);

/* How long the broker's log is now; -1: no log. */
int64_t door_log_length(void);

#endif
