/*
 * One virtual board: the firmware's core on a simulated modem, with libmosquitto and OpenSSL for a
 * network. A board is run by one thread.
 */
#ifndef DOORSTEP_DK_BOARD_H
#define DOORSTEP_DK_BOARD_H

#include <mosquitto.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "client.h"
#include "link.h"
#include "modem.h"
#include "tls.h"

#define BOARD_EVENTS 64

/* Faults on request, beside those of the link. */
struct board_faults {
	bool lost_credentials; /* the store is empty at boot */
	bool read_back; /* the application reads its credential back at boot, as the Academy's did */
	bool no_network;
	bool low_power; /* the modem warns, and stores nothing */
	bool no_modem;	/* it does not start */
	int refuses;	/* the CME error that each write ends with; 0: none */
	int lists;	/* the same of each list */
	bool busy;	/* another handshake is going on at the first attempt */
	struct link_faults link;
};

struct board_plan {
	char name[64];
	const struct firmware *firmware;
	enum numbering numbering;
	enum stack stack; /* mbedTLS: credentials compiled in, no modem in between (nRF70) */
	struct settings settings; /* strings stay the caller's */
	const char *address;	  /* where to really go; NULL: the door's host */
	bool any_family;	  /* resolve any address, IPv6 first; else IPv4 only */
	bool pdn_ipv6;
	struct board_faults faults;
	uint32_t attempts;     /* give up after this many failed ones */
	uint32_t heartbeats;   /* done after this many were acknowledged */
	uint32_t stay_ms;      /* and then stays this long */
	uint32_t handshake_ms; /* how long TCP and TLS may take */
	bool quiet;
};

struct board_event {
	struct event event;
	char payload[256];
};

struct board {
	struct board_plan plan;
	struct modem modem;
	struct port port;
	struct client client;
	struct tls tls;
	struct link link;
	struct mosquitto *mosquitto;
	struct sockaddr_storage to;
	socklen_t to_len;
	struct board_event events[BOARD_EVENTS]; /* a ring */
	unsigned first, count;
	uint32_t acknowledged;
	uint32_t attempts;
	uint32_t wire_handshakes; /* that sent a ClientHello */
	int connack;		  /* the last code that was seen; -1: none */
	bool was_resumed;
	bool accepted_now; /* this visit was accepted */
	bool ended_well;
	bool subscribed;
	const struct outcome *outcome; /* of the last failure below MQTT; NULL: none */
	enum sure basis; /* of that, with its source: mbedTLS can be read, a modem can't */
	const char *source;
	struct tls_seen seen; /* of the last handshake */
	uint64_t random;
	uint64_t finished_ms;
	uint64_t took_ms;
	atomic_bool waits_for_tcp; /* its thread is in a system call that nothing else ends */
	const atomic_bool *stop;
};

/* Opens the store (NULL: in memory). 0, or a negative errno with *why. */
int board_open(struct board *board, const struct board_plan *plan, const char *imei,
	       const char *store, const atomic_bool *stop, const char **why);

/* Writes one credential over AT as a terminal would, radio off. AT_OK or a CME error. */
int board_provision(struct board *board, uint32_t tag, int type, const char *text, size_t len);

/* Until it has done what its plan says. */
void board_run(struct board *board);

/* After *stop was set: ends what a board's thread may be waiting in, if it is. */
void board_interrupt(struct board *board, pthread_t thread);
void board_close(struct board *board);

/* Where the boards' log lines go, one at a time. */
void board_log_to(void *file);

#endif
