/*
 * Misbehaving to order: what the plugin does to the TLS session of a visit that is in an exercise,
 * and to no other. All of it happens in callbacks of that visit's own SSL, on the broker's thread;
 * nothing here sleeps.
 */
#ifndef DOORSTEP_MISBEHAVE_H
#define DOORSTEP_MISBEHAVE_H

#include <openssl/ssl.h>

#include "policy.h"

/* The certificates that the switched-on exercises show, read from the class, and what else is
 * shared. A new policy gets a new one. */
struct props;

/* NULL, with the error telling file and what was expected, where a certificate or key is missing. */
struct props *props_load(const char *dir, const struct policy *policy, struct text *error);
void props_free(struct props *props);

/* Connections that are left hanging: the broker has closed them, and we have not. No session is behind
 * one, so nobody is taken over, and the device hears nothing. */
#define HANGING_MAX 32
struct hanging {
	int fd[HANGING_MAX];
	int64_t until_us[HANGING_MAX];
	unsigned next, count;
};

/* Gives up those that hang for longer than a minute and a half (all: every one). */
void hanging_give_up(struct hanging *h, int64_t now_us, bool all);

/* One visit's part in an exercise; lives as long as its SSL. Zeroed: none. */
struct misbehaviour {
	enum exercise_id exercise;
	bool acted;	  /* the fault is ours by now: what follows is not the device's doing */
	bool cutting;	  /* a filter is on the way out */
	bool swallows;	  /* everything, from now on */
	bool closes;	  /* with the next bytes that go out */
	unsigned records; /* whole TLS records that went out before */
	uint8_t head[5];
	uint8_t head_len;
	uint32_t left; /* of the record that is going out */
};

/* In the ClientHello callback. False: it can't be done (out of memory), and the visit is refused. */
bool misbehave_hello(struct misbehaviour *m, SSL *ssl, enum exercise_id exercise,
		     const struct props *props);

/* A handshake message of ours was written (its type). */
void misbehave_sent(struct misbehaviour *m, int type);

/* The handshake is done. */
void misbehave_done(struct misbehaviour *m, SSL *ssl);

/* CONNECT came. False: the visit goes on as any other. True: it has to be refused without an answer;
 * *connack is the code that was written already, -1: none. websockets: only TLS is ours there. */
bool misbehave_connect(struct misbehaviour *m, SSL *ssl, int version, bool websockets,
		       struct hanging *hanging, int64_t now_us, int *connack);

/* A PUBLISH came; true: the session is ended. */
bool misbehave_publish(struct misbehaviour *m, SSL *ssl);

/* A SUBSCRIBE was granted: how many bytes of payload the one PUBLISH to this client has to have so
 * that the packet is as large as the exercise says; 0: none is due. */
size_t misbehave_subscribe(struct misbehaviour *m, int version, size_t topic_len);

#endif
