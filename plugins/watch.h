/*
 * The watch: OpenSSL's own callbacks, by which every handshake of this process is seen. It fills a
 * visit for each, and tells the door what happens; it knows no Mosquitto.
 *
 * Everything here runs on the broker's thread, inside OpenSSL. Two rules hold for each callback:
 * nothing is left on OpenSSL's error queue, and errno is as it was.
 */
#ifndef DOORSTEP_WATCH_H
#define DOORSTEP_WATCH_H

#include <sys/queue.h>
#include <openssl/ssl.h>

#include "visit.h"

enum conn_phase {
	CONN_HANDSHAKE, /* until the handshake is done */
	CONN_WAITS,	/* for its CONNECT's verdict: the visit is here */
	CONN_TOLD,	/* the visit is handed over; the broker's answer is awaited */
	CONN_IN,	/* nothing more to see until the end */
};

LIST_HEAD(conn_list, conn);

/* One TLS connection to this broker. */
struct conn {
	LIST_ENTRY(conn) all;
	LIST_ENTRY(conn) tied; /* the door's, while client is set */
	SSL *ssl; /* only to be used while a callback of it runs, or from the broker's events */
	uint64_t number;
	enum conn_phase phase;
	struct visit *visit; /* NULL once handed over */
	struct peer peer;
	uint16_t port; /* the listener's; 0: not known yet */
	int fd;
	int64_t start_us, wall_us, active_us;
	bool server;   /* it is a connection to us */
	bool outgoing; /* it is one of our own */
	bool opened;   /* the door knows of it */
	bool recorded; /* there was room to note it */
	bool read_ok;  /* the last thing on the socket was a read that brought bytes */
	bool eof, close_notify;
	bool goodbye;	      /* 2.1's event: it sent its DISCONNECT */
	bool answered;	      /* the CONNACK is out */
	uint64_t answered_in; /* bytes_in by then, and the door's ticks */
	uint32_t answered_at;
	int read_error;	 /* errno of the last read that failed for good */
	int write_error; /* and of the first write that did */
	uint64_t bytes_in, bytes_out;
	uint32_t data_in, data_out; /* records of application data */
	uint32_t log_generation;
	int64_t log_from;     /* where the broker's log stood when the window began; -1: none */
	const void *client;   /* Mosquitto's own pointer, once tied */
	int event_reason;     /* of 2.1's disconnect */
	enum reason_id ended; /* the policy's own end */
	SSL_verify_cb verify; /* whose word on a certificate it is */
	void *admission;      /* the door's; freed by its end callback */
};

/* What the watch tells. Each is called on the broker's thread; none may call OpenSSL's I/O, and read
 * and other, which come with each read and write, nothing of OpenSSL's that can fail. */
struct watch_events {
	void (*open)(struct conn *c); /* peer and port are known */
	/* The ClientHello is here and nothing is chosen yet. Returns 0, or the alert to send. */
	int (*hello)(struct conn *c, SSL *ssl);
	void (*message_out)(struct conn *c, SSL *ssl, int type); /* a handshake message goes out */
	void (*done)(struct conn *c, SSL *ssl);			 /* the handshake is done */
	void (*read)(struct conn *c);  /* bytes came after the handshake */
	void (*wrote)(struct conn *c); /* application data was written */
	void (*other)(struct conn *c); /* some connection's turn: c's, or NULL */
	void (*end)(struct conn *c);   /* the SSL is being freed: use c alone */
	void (*keylog)(struct conn *c, const char *line);
};

/* Registers with OpenSSL; contexts made from here on are watched. 0, or -1. Idempotent. */
int watch_start(const struct watch_events *events);

/* From the hello event: are this connection's keys wanted? */
void watch_keys(SSL *ssl, bool wanted);
/* Takes everything back that must not outlive the plugin. */
void watch_stop(void);

/* Those that are connected now. */
const struct conn_list *watch_all(void);

/* Looks up the address of connections that have been silent so far (Mosquitto 2.1 starts a
 * handshake only when something comes). To be called now and then, outside of OpenSSL. */
void watch_look_up(void);

/* Takes down what TCP knows of visits under way: to be called once a second or so, likewise. */
void watch_measure(void);

struct conn *watch_conn(const SSL *ssl);

#endif
