/*
 * Admissions: what the policy knows of each client, from its ClientHello (or, without TLS, from its
 * CONNECT) until it is gone. Found by Mosquitto's pointer where there is no TLS, and by client id.
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
	LIST_ENTRY(admission) by_client; /* without TLS */
	struct conn *conn;		 /* NULL: without TLS */
	const struct mosquitto *client;	 /* without TLS */

	const struct policy *policy; /* by which it is judged, then the running one; held */
	const struct listener *listener;
	const struct seat *seat;
	enum seat_by seat_by;
	char *sni;	  /* NULL: none was sent */
	int verify_error; /* of a certificate that was asked for, and not insisted on */
	struct misbehaviour act;

	bool in;	 /* its CONNECT was accepted */
	char *client_id; /* once it is in */
	char peer[PEER_TEXT_MAX];
	int version;		     /* of MQTT */
	uint8_t login[LOGIN_DIGEST]; /* without TLS: what was verified */
};

LIST_HEAD(admission_list, admission);

struct office {
	struct seats *seats;
	struct props *props;
	struct papers *papers;
	struct hanging hanging;
	struct admission_list all;
	struct admission_list by_id[ADMISSION_CHAINS], by_client[ADMISSION_CHAINS];
	int64_t good_written_us; /* when the last good visits were last written */
	bool good_changed;
};

extern struct office office;

/* Has the clerk write the last good visits, where something is new, every few seconds at most. */
void office_flush_good(void);

/* A new one under the running policy; NULL without memory. */
struct admission *admission_new(struct conn *conn);
void admission_free(struct admission *a);

/* Its CONNECT was accepted. Returns another client that is in by the same id, NULL if there is none. */
struct admission *admission_let_in(struct admission *a, const char *client_id);

/* Clients without TLS. */
void admission_tie(struct admission *a, const struct mosquitto *client);
struct admission *admission_of(const struct mosquitto *client);

/* After a reload those who are in live under the running policy; those whose seat is no more are
 * disconnected. */
void admissions_follow_policy(void);

#endif
