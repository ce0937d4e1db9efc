/*
 * The class as tiles: one for each expected seat, and one for each board without a seat, by its
 * client id or else its address. A pure state machine: records in (in any order of time, as a large
 * journal is read backwards), tiles out. For each tile the newest record by its own time wins.
 */
#ifndef DOORSTEP_WEB_ROSTER_H
#define DOORSTEP_WEB_ROSTER_H

#include "record.h"

#define ROSTER_STRANGERS \
	200 /* boards without a seat that get a tile; the longest silent one goes */

enum tile_state {
	TILE_WAITING, /* nothing was ever heard */
	TILE_DOOR,    /* a visit began and has no verdict yet */
	TILE_IN,
	TILE_AWAY, /* turned away */
	TILE_LEFT, /* was in; the session has ended */
};

/* What a tile showed before somebody came to its door. */
struct tile_before {
	enum tile_state state;
	int64_t t;
	uint64_t seq;
	char id[65];
	char run[40];
	char reason[64];
};

struct tile {
	char key[160];	  /* "s:<label>", "c:<client id>", "a:<address>" */
	const char *name; /* inside key */
	char role[16];
	char host[256];
	char client_ids[128]; /* what the roster says, for people */
	bool expected;	      /* stands in seats.json */
	enum tile_state state;
	int64_t t;    /* of the newest record; 0: nothing was heard */
	uint64_t seq; /* its place in its run */
	char id[65];
	char run[40];
	char broker[64];
	char reason[64];
	char client_id[128];
	char address[64];
	struct tile_before before;
	uint64_t accepted;
	uint64_t rejected;
	uint64_t denied;
	char *good; /* the newest accepted visit's line */
	size_t good_len;
	int64_t good_t;
};

struct roster {
	struct tile *tiles;
	size_t count;
	size_t size;
	bool outside; /* a visit came from beyond private addresses */
	uint64_t visits;
};

void roster_init(struct roster *ro);
void roster_free(struct roster *ro);

/* The roster of seats.json: call roster_expect_none(), then roster_expect() for each. Seats keep
 * what is known of them; those gone that never spoke vanish. False without memory. */
void roster_expect_none(struct roster *ro);
bool roster_expect(struct roster *ro, const char *label, const char *host, const char *role,
		   const char *client_ids);
void roster_expect_done(struct roster *ro);

/* Forgets what was heard; who is expected stays. */
void roster_unhear(struct roster *ro);

/* Applies a record; the tile that it changed, or NULL. *other is a second tile that changed (a
 * board that was known by its address at the door has said its name), or NULL. */
struct tile *roster_apply(struct roster *ro, const struct record *r, struct tile **other);

struct tile *roster_find(struct roster *ro, const char *key);
struct tile *roster_seat(struct roster *ro, const char *label);

/* The key of the tile that a record belongs to. */
void roster_key(const struct record *r, char *out, size_t size);

const char *tile_state_name(enum tile_state state);

/* Is this an address of one's own network: loopback, link-local, private, carrier-grade NAT? */
bool address_is_local(const char *address);

#endif
