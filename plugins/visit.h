/*
 * The visit: one connection attempt, from TCP accept until its verdict. The broker's thread fills
 * it while the handshake runs and then hands it over, once, to the clerk (clerk.h), who owns it
 * from there on: no field is ever touched by two threads.
 */
#ifndef DOORSTEP_VISIT_H
#define DOORSTEP_VISIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <openssl/x509.h>

#include "reason.h"
#include "side.h"

#define VISIT_STEPS_MAX	 32
#define VISIT_HELLO_MAX	 8192  /* bytes of a ClientHello that are kept */
#define VISIT_CERT_MAX	 16384 /* bytes of a client's leaf certificate that are kept */
#define VISIT_STRING_MAX 65535 /* MQTT strings are no longer */

/* How far a visit got; the order counts. */
enum stage {
	STAGE_TCP,
	STAGE_HELLO,
	STAGE_SERVER_FLIGHT,
	STAGE_CLIENT_CERT,
	STAGE_FINISHED,
	STAGE_CONNECT,
	STAGE_AUTH,
	STAGE_SESSION,
};

enum by { BY_NOBODY, BY_DEVICE, BY_BROKER, BY_NETWORK };

/* What the last thing was that happened on the wire before the end. */
enum ending {
	ENDING_CLOSED, /* the broker closed: nothing else was seen before */
	ENDING_FIN,    /* the device closed its side */
	ENDING_RESET,  /* the connection was reset */
	ENDING_LOST,   /* the network gave up: timed out, unreachable */
};

enum seat_from {
	SEAT_FROM_NONE,
	SEAT_FROM_SNI,
	SEAT_FROM_CERT,
	SEAT_FROM_CLIENT_ID,
	SEAT_FROM_USER,
	SEAT_FROM_ADDRESS
};

/* How a CONNECT was tied to its visit. */
enum joined { JOINED_NOT, JOINED_CONTEXT, JOINED_CERT, JOINED_READ, JOINED_LOG };

struct step {
	uint32_t us; /* since the accept */
	uint32_t bytes;
	uint8_t msg; /* handshake type; STEP_* below for others */
	bool out;
	bool coded; /* code is an alert's */
	uint8_t code;
};

enum { STEP_CHANGE_CIPHER_SPEC = 200, STEP_ALERT = 201, STEP_DATA = 202 };

/* An address and port as the broker sees them. */
struct peer {
	char ip[INET6_ADDRSTRLEN];
	uint16_t port; /* 0: not seen */
	bool v6;
};

struct visit {
	uint64_t number;	  /* counts the visits of this run, from 1 */
	int64_t wall_us;	  /* of the accept, since 1970 */
	int64_t start_us, end_us; /* monotonic */
	struct peer peer;
	uint16_t port; /* the listener's */
	char listener[64];
	char policy[65];
	enum stage stage;
	bool tls;
	enum ending ending;
	bool stalled; /* the broker ended it after its own time limit */

	/* the first bytes, and the ClientHello as it came */
	uint8_t first[8];
	uint8_t first_len;
	uint8_t *hello;
	uint32_t hello_len;   /* kept; of a large one the parts that are looked at */
	uint32_t hello_bytes; /* came */

	struct step *steps; /* VISIT_STEPS_MAX; NULL until the first */
	unsigned step_count;

	/* the alert that counted: the first fatal one, close_notify left out */
	bool alert_seen, alert_from_device;
	uint8_t alert_level, alert_code;
	int error; /* OpenSSL's reason, 0: none */
	char error_text[96];

	const struct side *side;
	X509 *ours;	      /* a reference of our own */
	uint32_t chain_bytes; /* our Certificate message */
	uint32_t chain_der;   /* the certificates in it */
	uint64_t bytes_in, bytes_out;
	uint16_t version; /* negotiated, 0: not */
	char cipher[40];
	char group[24];
	bool resumed;
	int shared_groups;	/* -1: unknown */
	bool asked_certificate; /* we sent a CertificateRequest */
	bool keys_logged;	/* its keys went to the key log */

	uint8_t *cert; /* the client's leaf, DER */
	uint32_t cert_len, cert_chain;
	bool cert_empty; /* it sent a Certificate message without a certificate */
	bool verify_seen;
	int verify_error, verify_depth;

	bool have_tcp;
	uint32_t rtt_us, retransmits;

	/* after the handshake */
	bool handshake_done;
	uint32_t data_in, data_out; /* records of application data before the verdict */
	int64_t data_in_us;	    /* when the first came; 0: none */
	bool websockets;

	/* MQTT; strings are ours, NULL: not seen */
	char *client_id, *user;
	int mqtt_version;  /* 3: 3.1, 4: 3.1.1, 5; 0: not seen */
	int keepalive;	   /* -1: not seen */
	int connack;	   /* -1: not seen */
	bool auth_watched; /* the broker asks us for verdicts at all */
	bool allowed;	   /* we said yes, and nobody is asked after us */
	bool auth_seen;	   /* and asked for one here */
	bool stopping;	   /* the broker was shutting down */
	enum joined joined;

	/* the policy's word, if it refused; and what it noted */
	enum reason_id refused;
	enum by refused_by;
	uint32_t marks; /* bit i: marks_known[i] in visit.c */
	char seat[64];
	enum seat_from seat_from;
	char exercise[32];
	char *expected, *other_peer, *last_good, *topic; /* for {placeholders}; NULL: not seen */

	/* what the broker's own log said about it; NULL: nothing */
	char *log;
	int log_kind; /* enum log_kind of brokerlog.h */

	/* the verdict */
	bool accepted;
	enum reason_id reason;
	enum by by;
};

struct visit *visit_new(void);
void visit_free(struct visit *v);

/* The step, for what else is known of it; NULL where there is no room for more. */
struct step *visit_step(struct visit *v, int64_t now_us, bool out, uint8_t msg, uint32_t bytes);
void visit_reach(struct visit *v, enum stage stage);
void visit_mark(struct visit *v, enum reason_id mark);
/* The i-th mark that is set, REASON_NONE after the last. */
enum reason_id visit_mark_at(const struct visit *v, size_t i);

/* Replaces *field by a copy; NULL s: leaves it. */
void visit_set(char **field, const char *s);

const char *stage_name(enum stage stage);
const char *by_name(enum by by);
const char *seat_from_name(enum seat_from from);
const char *joined_name(enum joined joined);
const char *step_name(const struct step *step);
const char *mqtt_version_name(int version);

/* "192.0.2.1:4711", "[2001:db8::1]:4711", the address alone if there is no port. */
#define PEER_TEXT_MAX (INET6_ADDRSTRLEN + 9)
void peer_print(const struct peer *peer, char out[PEER_TEXT_MAX]);

/* The address out of four bytes, as inet_ntop() writes it and at a tenth of its cost. */
void peer_set_v4(struct peer *peer, const void *bytes);

#endif
