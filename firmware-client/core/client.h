/*
 * The client: check the tag, attach, resolve, connect, subscribe, publish; on a failure say why in
 * one line, wait, try again, perhaps at the other door. It owns no thread: whoever runs it calls
 * client_step() for ever.
 */
#ifndef DOORSTEP_CLIENT_H
#define DOORSTEP_CLIENT_H

#include "backoff.h"
#include "diagnosis.h"
#include "port.h"

#define CLIENT_DOORS	  2
#define CLIENT_ID_BYTES	  65
#define CLIENT_LINE_BYTES 400

struct settings {
	struct door doors[CLIENT_DOORS];
	uint8_t door_count;
	uint8_t failures_before_next_door;
	const char *client_id; /* a pattern: %i is the IMEI. Empty: "nrf-%i" */
	const char *publish_topic;
	const char *subscribe_topic; /* NULL: subscribe to nothing */
	uint32_t heartbeat_ms;
	uint32_t network_timeout_ms;
	uint32_t connack_timeout_ms;
	uint32_t backoff_first_ms;
	uint32_t backoff_most_ms;
	uint16_t keepalive_s;
	struct credential_expected expected_ca;
	/* Written to the tag when that is wanted and the tag holds none or another. */
	bool write_ca;
	const char *ca_text;
	size_t ca_len;
};

enum client_state {
	CLIENT_BOOT,
	CLIENT_TAG,
	CLIENT_NETWORK,
	CLIENT_RESOLVE,
	CLIENT_CONNECT,
	CLIENT_CONNACK,
	CLIENT_SESSION,
	CLIENT_PAUSE,
	CLIENT_STOPPED,
};

struct client {
	const struct settings *settings;
	const struct port *port;
	enum client_state state;
	uint8_t door;
	uint8_t failures_here;
	struct backoff backoff;
	struct tag tags[CLIENT_DOORS];
	struct diagnosis last; /* of the last failure; code NULL if there was none */
	struct diagnosis_names names;
	uint32_t failures;
	uint32_t visits;   /* attempts that got as far as connect */
	uint32_t accepted; /* CONNACK 0 */
	uint32_t sent;	   /* heartbeats */
	uint32_t received; /* messages */
	bool ipv6;
	bool subscribed;
	uint64_t booted_ms;
	uint64_t accepted_ms;
	uint64_t deadline_ms;
	char client_id[CLIENT_ID_BYTES];
	char imei[17];
	char firmware[32];
	char line[CLIENT_LINE_BYTES]; /* the last failure as it was said */
};

void client_init(struct client *client, const struct settings *settings, const struct port *port);

/* One step of the machine: starts it, or waits for one event. */
void client_step(struct client *client);

/* Fills a pattern in: %i is the IMEI, %% a percent sign. What doesn't fit is cut. */
void client_id_make(char *out, size_t size, const char *pattern, const char *imei);

#endif
