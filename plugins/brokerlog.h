/*
 * A reader of Mosquitto's own log, a line at a time: 2.0.x and 2.1.x. It says what a line tells
 * about one client and nothing more; which visit that is, the clerk decides. A line that tells
 * nothing is LOG_OTHER.
 */
#ifndef DOORSTEP_BROKERLOG_H
#define DOORSTEP_BROKERLOG_H

#include <stdbool.h>
#include <stddef.h>
#include "visit.h"

enum log_kind {
	LOG_OTHER,
	LOG_NEW_CONNECTION,  /* peer with port, listener's port */
	LOG_CONNECTED,	     /* peer, client id, version, keepalive, user */
	LOG_TLS_FAILED,	     /* peer without port */
	LOG_TOO_MANY,	     /* peer without port, or none at all */
	LOG_HOST_DENIED,     /* peer without port */
	LOG_MQTT_VERSION,    /* the number in .number */
	LOG_NOT_CONNECT,     /* 2.1; the first byte in .number */
	LOG_TLS_ON_PLAIN,    /* 2.1 */
	LOG_CLIENT_ID_EMPTY, /* 2.1 */
	LOG_CONNECT_MALFORMED,
	LOG_CONNACK, /* debug; the code in .number */
	LOG_TAKEN_OVER,
	LOG_SECOND_CONNECT,
	LOG_STARTING, /* text names the version */
	LOG_STOPPING,
	/* a client is gone; id "<unknown>" is no id */
	LOG_GONE_CLEAN,
	LOG_GONE_CLOSED,
	LOG_GONE_PROTOCOL,
	LOG_GONE_MALFORMED,
	LOG_GONE_NOT_AUTHORISED,
	LOG_GONE_TIMEOUT,
	LOG_GONE_OVERSIZE,
	LOG_GONE_ADMIN,
	LOG_GONE_NETWORK,
	LOG_GONE_OTHER,
};

static inline bool log_is_gone(enum log_kind kind)
{
	return kind >= LOG_GONE_CLEAN;
}

struct log_line {
	enum log_kind kind;
	const char *text; /* the line without its time stamp; points into what was given */
	size_t text_len;
	struct peer peer; /* ip empty: not named */
	uint16_t listener_port;
	const char *id; /* NULL: not named; not NUL-terminated */
	size_t id_len;
	const char *user;
	size_t user_len;
	int version, keepalive; /* as in struct visit */
	int number;
	bool ambiguous; /* id and user can be read in more than one way: neither is filled */
	const char *
		who; /* where there is no id, since it is cut off or ambiguous: what begins with it */
	size_t who_len;
};

/* Reads one line, without its newline. Only a line that is whole may be given. is21: who is gone is
 * named with address and port; on 2.0 such an ending is a part of the id. */
void log_line_read(struct log_line *out, const char *line, size_t len, bool is21);

/* Is the line about a client of that id, as far as it says? */
bool log_line_fits_id(const struct log_line *line, const char *id);

#endif
