/*
 * A bad link between a board and its broker: a relay on loopback that delays, loses, cuts into small
 * chunks or resets. One thread a relay.
 */
#ifndef DOORSTEP_DK_LINK_H
#define DOORSTEP_DK_LINK_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct link_faults {
	uint32_t delay_ms;     /* a turn of direction takes this long */
	uint32_t loss_percent; /* of the chunks; a lost one comes after a retransmission's time */
	uint32_t chunk_bytes;  /* 0: as they come */
	uint32_t reset_after;  /* bytes from the board until the connection is reset; 0: never */
	uint32_t seed;	       /* which chunks are lost */
};

struct link {
	struct link_faults faults;
	int broker; /* its connection to the broker */
	int listener;
	int stop[2]; /* a pipe: closed to end the thread */
	uint16_t port;
	pthread_t thread;
	bool running;
};

/* Connects to target and starts a relay for one connection to it; 0 or a negative errno, the one of
 * the connection where that failed. Connect to 127.0.0.1, link->port. */
int link_start(struct link *link, const struct link_faults *faults, const struct sockaddr *target,
	       socklen_t target_len);
void link_stop(struct link *link);

#endif
