/* A port of paper for the state machine: a scripted world, and what was called and said in it. */
#ifndef DOORSTEP_DK_PAPER_TEST_H
#define DOORSTEP_DK_PAPER_TEST_H

#include "client.h"

/* The certificate in the tag of paper_setup(). */
#define SHA_A "231D6BC10F00000000000000000000000000000000000000000000000000A5A2"

struct paper {
	int modem_rc;
	int network_rc;
	int resolve_rc;
	bool resolve_dns;
	int connect_rc;
	int publish_rc;
	int write_rc;
	int list_rc;
	uint8_t fault;
	const char *tag_list;
	const char *tag_list_after_write;
	struct event events[8];
	size_t event_count, event_next;
	size_t connects, writes, pauses, hang_ups, networks, starts;
	const struct door *door;
	char log[8192];
	char client_id[65];
	char payload[256];
	uint8_t blinks;
	uint64_t now;
	struct command acted;
};

extern struct paper paper;
extern struct settings settings;
extern struct client client;

/* A board in order, for each test anew. */
void paper_setup(void);

/* Goes on until the client is in this state, which it has to reach. */
void steps_until(enum client_state state);

/* What happens next, once the client waits. */
void push(struct event event);

#endif
