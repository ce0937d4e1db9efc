/*
 * Admission: the policy's verdicts, on the broker's thread. Observing never goes through here.
 */
#ifndef DOORSTEP_ADMIT_H
#define DOORSTEP_ADMIT_H

#include "door.h"

/* The policy is loaded from the class directory at the start, and again on SIGHUP. 0, or -1 with
 * the reason in Mosquitto's log; on reload the running policy stays then. */
int admit_load(bool reload);
void admit_unload(void);
/* Now and then, outside of any callback of OpenSSL's. */
void admit_tick(void);

/* The ClientHello is here: seat, exercise, rules of TLS. 0, or the alert to send. */
int admit_hello(struct conn *c, SSL *ssl);
/* A handshake message goes out; the handshake is done; the connection ends. */
void admit_message_out(struct conn *c, SSL *ssl, int type);
void admit_done(struct conn *c, SSL *ssl);
void admit_end(struct conn *c);

/* A CONNECT: MOSQ_ERR_SUCCESS, or what refuses it. v is the visit, whose fields it fills (refused,
 * marks, seat, ...); NULL when a live session is asked about again (SIGHUP). c NULL: no TLS. */
int admit_connect(struct conn *c, struct visit *v, const struct mosquitto_evt_basic_auth *auth);

/* The listener that a client without TLS came by; NULL: none of the class's. Mosquitto does not tell which,
 * but there is one of each protocol, and nobody comes from elsewhere by one that is bound to the loopback. */
const struct listener *admit_listener_without_tls(const struct mosquitto *client);

/* Is this no CONNECT, but SIGHUP's question about a client without TLS that came before it? */
bool admit_asked_before(const struct mosquitto *client);

/* May this client do this with the topic? MOSQ_ERR_SUCCESS or MOSQ_ERR_ACL_DENIED. */
int admit_topic(struct conn *c, const struct mosquitto_evt_acl_check *acl);

/* The client's session is over. */
void admit_gone(struct conn *c, const struct mosquitto *client);

#endif
