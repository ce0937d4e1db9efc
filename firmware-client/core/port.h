/*
 * What the core needs from the world: a modem, a network, an MQTT connection, a clock and somebody
 * to talk to. Functions return 0 or a negative errno under the port's own numbering unless said
 * otherwise, and may block for as long as they are told.
 */
#ifndef DOORSTEP_PORT_H
#define DOORSTEP_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "credential.h"
#include "diagnosis.h"
#include "message.h"

/* One broker to go to. */
struct door {
	const char *host;     /* where it is */
	const char *tls_name; /* sent as SNI and checked; NULL: neither, as on the modem */
	const char *user;     /* NULL: none */
	const char *password;
	uint32_t tag;
	uint16_t port;
	bool tls;
	bool verify;	    /* off: TLS_PEER_VERIFY none */
	bool client_cert;   /* the tag must hold client certificate and key */
	bool session_cache; /* resume TLS sessions */
};

enum event_kind {
	EVENT_NONE, /* the time is over */
	EVENT_CONNACK,
	EVENT_SUBACK,
	EVENT_MESSAGE,
	EVENT_CLOSED,
	EVENT_STOP, /* the user wants an end */
};

struct event {
	enum event_kind kind;
	int code;   /* CONNACK: its code; SUBACK: granted QoS or 0x80 */
	int result; /* CLOSED: why */
	const char *payload;
	size_t len;
};

enum say {
	SAY_ERROR,
	SAY_WARNING,
	SAY_INFO,
};

struct port {
	void *arg;
	enum stack stack;
	enum numbering numbering;

	/* Starts the modem, radio off. */
	int (*modem_start)(void *arg);
	/* One AT command: 0 for OK, a CME error number (> 0), or a negative errno. The lines before
	 * the final one are in answer. NULL: there is no modem, and no credential check. */
	int (*at)(void *arg, const char *command, char *answer, size_t size);
	/* The fault reason if the modem has crashed since it was started, else 0. */
	uint8_t (*fault)(void *arg);
	/* Writes one credential; the radio is off. */
	int (*credential_write)(void *arg, uint32_t tag, enum credential_type type,
				const char *text, size_t len);
	/* Attaches to the network, or does nothing if attached. */
	int (*network)(void *arg, uint32_t timeout_ms);
	/* Looks the door's host up and keeps the address. A getaddrinfo() code as it is with *dns set,
	 * or a negative errno; *ipv6 tells what the address is. */
	int (*resolve)(void *arg, const struct door *door, bool *dns, bool *ipv6);
	/* TCP, TLS, and CONNECT sent. */
	int (*connect)(void *arg, const struct door *door, const char *client_id,
		       uint16_t keepalive_s);
	int (*subscribe)(void *arg, const char *topic);
	int (*publish)(void *arg, const char *topic, const char *payload, size_t len);
	/* Waits for the next event, and keeps the connection alive meanwhile. */
	void (*wait)(void *arg, uint32_t timeout_ms, struct event *event);
	void (*hang_up)(void *arg);
	/* Pauses between attempts; true if the user wants an end. */
	bool (*pause)(void *arg, uint32_t ms);
	uint64_t (*now_ms)(void *arg);
	uint32_t (*random)(void *arg);
	void (*say)(void *arg, enum say how, const char *line);
	/* For boards without UART: the number of blinks, 0 for "all is well". */
	void (*show)(void *arg, uint8_t blinks);
	void (*act)(void *arg, const struct command *command);
};

#endif
