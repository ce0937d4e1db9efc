/*
 * A test peer: one visit to a broker, made on purpose in a good or a broken way, told as one JSON
 * line. The shared part knows TCP, MQTT and deliberate endings; one file per TLS stack knows TLS.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Where a visit is broken off. A flight is a run of sends; the first one holds the ClientHello, the
 * second answers the server's flight. */
enum end_at {
	END_NEVER,
	END_TCP,	 /* connected, nothing sent */
	END_HELLO_HALF,	 /* half of the first send is out */
	END_HELLO,	 /* the first flight is out, nothing was read */
	END_FLIGHT,	 /* the server's flight is in, nothing was answered */
	END_FLIGHT_HALF, /* half of the answer's first send is out */
	END_HANDSHAKE,	 /* the handshake is done, no byte of MQTT was sent */
	END_SAID,	 /* the MQTT bytes are out; nothing was read */
};

enum end_how {
	HOW_FIN,   /* shutdown(SHUT_WR), then wait for the other side */
	HOW_RST,   /* close with SO_LINGER 0 */
	HOW_STALL, /* stay silent until the other side ends it */
	HOW_CLOSE, /* close_notify where there is a session, then as HOW_FIN */
	HOW_ALERT, /* a fatal internal_error through the session, then as HOW_STALL */
};

struct options {
	const char *host, *port;
	const char *ca, *sni, *verify_name, *cert, *key;
	bool verify, no_sni, plain, mismatch;
	const char *tls, *ciphers, *groups, *sigalgs, *alpn;
	const char *session_in, *session_out;
	bool no_ticket;	   /* a session is kept by its id then */
	unsigned fragment; /* max_fragment_length to ask for, 0: none */
	const char *client_id, *user, *password;
	int mqtt; /* 3, 4 or 5, as in the CONNECT packet */
	unsigned keepalive;
	bool resume_session; /* clean session off */
	const char *say, *then;
	enum end_at end;
	enum end_how how;
	bool corrupt; /* spoil our Finished */
	unsigned slow_us, chunk;
	unsigned timeout_s;
};

struct report {
	const char *handshake; /* none, failed, ok */
	char error[256];
	int alert_in, alert_out; /* -1: none seen */
	char version[24], cipher[64];
	bool resumed, resumed_known;
	int connack;	    /* -1: none came */
	const char *closed; /* how the other side ended it: eof, rst, timeout, none */
	int err;	    /* errno of the end, 0: none */
	bool echoed;
	size_t echo_bytes;
};

/* The socket under a stack: counts, looks at record headers, and breaks off where it is told to. */
struct wire {
	int fd;
	const struct options *opt;
	bool reading, ended, established, spoiled, after_ccs;
	unsigned flight;
	size_t in, out;
	int err;
	bool eof;
	uint8_t in_head[5], out_head[5];
	size_t in_have, in_left, out_have, out_left;
	size_t record_handshake, record_data; /* largest received, without its header */
};

struct tls;
struct stack {
	const char *name;
	/* Makes a session over the wire. NULL: report->error says which option was not accepted. */
	struct tls *(*open)(const struct options *opt, struct wire *wire, struct report *report);
	/* 0 when done, -1 with report->error. */
	int (*handshake)(struct tls *tls);
	/* Bytes, 0 at an orderly end, -1 with report->error. */
	ssize_t (*read)(struct tls *tls, void *buf, size_t len);
	ssize_t (*write)(struct tls *tls, const void *buf, size_t len);
	void (*notify)(struct tls *tls);
	void (*alert)(struct tls *tls); /* NULL: its library sends none on request */
	/* Fills in the alerts that were seen, saves the session if asked, frees. */
	void (*close)(struct tls *tls);
};
extern const struct stack the_stack;

/* options.c: exits 2 with a message if they make no sense. */
void options_read(struct options *opt, int argc, char **argv);

/* wire.c. wire_send and wire_recv act as send and recv; once the visit was broken off they fail with
 * EPIPE. wire_drain waits for the other side's end. */
int wire_connect(struct wire *wire, const struct options *opt);
ssize_t wire_send(struct wire *wire, const void *buf, size_t len);
ssize_t wire_recv(struct wire *wire, void *buf, size_t len);
void wire_end(struct wire *wire, enum end_how how);
const char *wire_drain(struct wire *wire);

/* mqtt.c: bytes to say. Returns the length, or 0 if no such kind exists; *out is malloc()ed. */
size_t mqtt_say(const struct options *opt, const char *kind, uint8_t **out);
size_t mqtt_publish(const struct options *opt, const char *topic, size_t payload, uint8_t **out);
size_t mqtt_subscribe(const struct options *opt, const char *topic, uint8_t **out);
void mqtt_kinds(FILE *to);

#endif
