/*
 * Admissions: what the policy knows of each client, from its ClientHello (or, without TLS, from its
 * CONNECT) on. Found by Mosquitto's pointer where there is no TLS, and by client id. One that was let
 * in outlives its connection, since Mosquitto still asks then: whether its will may be published, and
 * which messages may wait for a session that stays.
 */
#ifndef DOORSTEP_ADMISSION_H
#define DOORSTEP_ADMISSION_H

#include <sys/queue.h>
#include "door.h"
#include "misbehave.h"
#include "papers.h"
#include "rules.h"
#include "seats.h"

#define ADMISSION_CHAINS 1024
#define LOGIN_DIGEST	 32

struct admission {
	LIST_ENTRY(admission) all;
	LIST_ENTRY(admission) by_id;	 /* once it is in */
	LIST_ENTRY(admission) by_client; /* while client is set */
	TAILQ_ENTRY(admission) order;	 /* of those that are away, oldest first */
	struct conn *conn;		 /* NULL: without TLS, or away */
	const struct mosquitto *client;	 /* without TLS, or away */

	const struct policy *policy; /* by which it is judged, then the running one; held */
	const struct listener *listener;
	const struct seat *seat;
	enum seat_by seat_by;
	const struct seat
		*owner;	  /* whose topics it has: the login's or the certificate's seat where
				   * the profile asks for one, whatever host name was asked for */
	char *sni;	  /* NULL: none was sent */
	int verify_error; /* of a certificate that was asked for, and not insisted on */
	struct misbehaviour act;

	bool in;	 /* its CONNECT was accepted */
	bool away;	 /* and its connection is gone */
	bool over;	 /* and its session with it: nobody asks about it any more */
	bool removed;	 /* its seat is no more */
	char *client_id; /* once it is in */
	struct peer peer;
	uint64_t number; /* of its visit, without TLS or once it is away; 0: it has no record */
	int version;	 /* of MQTT */
	uint8_t login[LOGIN_DIGEST]; /* once it is in: what was verified */
	const void *asked;	     /* and by which loading of us (door.h) */
};

LIST_HEAD(admission_list, admission);
TAILQ_HEAD(admission_queue, admission);

struct office {
	struct seats *seats;
	struct props *props;
	struct papers *papers;
	struct hanging hanging;
	struct admission_list all;
	struct admission_list by_id[ADMISSION_CHAINS], by_client[ADMISSION_CHAINS];
	struct admission_queue away;
	size_t away_bytes; /* that the list may not grow without end: nobody tells when a session is over */
	int64_t good_written_us; /* when the last good visits were last written */
	bool good_changed;
};

extern struct office office;

/* Has the clerk write the last good visits, where something is new, every few seconds at most. */
void office_flush_good(void);

/* A new one under the running policy; NULL without memory. */
struct admission *admission_new(struct conn *conn);
void admission_free(struct admission *a);

/* What a client came with: id, user name, password. */
void admission_login(const struct mosquitto_evt_basic_auth *auth, uint8_t out[LOGIN_DIGEST]);

/* Its CONNECT was accepted. Returns another client that is in by the same id, NULL if there is none.
 * Where its seat is no more since its handshake, its connection ends as soon as it has its CONNACK. */
struct admission *admission_let_in(struct admission *a, const char *client_id);

/* Clients without TLS, and those that are away. */
void admission_tie(struct admission *a, const struct mosquitto *client);
struct admission *admission_of(const struct mosquitto *client);

/* The listener without TLS of that protocol in the running policy: there is one of each. */
const struct listener *plain_listener(enum protocol protocol);

/* The connection is gone. Takes the admission: it stays as one that is away, or is freed. */
void admission_part(struct admission *a, const struct mosquitto *client);

/* Nothing is left, and the office is as at the start. */
void admissions_done(void);

/* After a reload all live under the running policy; those whose seat is no more are disconnected. */
void admissions_follow_policy(void);

#endif
