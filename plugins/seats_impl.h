/* What the files of seats_*.c share. */
#ifndef DOORSTEP_SEATS_IMPL_H
#define DOORSTEP_SEATS_IMPL_H

#include "seats.h"
#include "seats_memory.h"

struct seats {
	struct memory *addresses; /* struct address_use */
	struct memory *good;	  /* struct last_good */
	struct memory *failures;  /* struct failures */
	struct memory *ids;	  /* struct id_use */
};

#define ADDRESS_LEN 46

struct id_use {
	char last[2][ADDRESS_LEN]; /* the two latest addresses, the latest first */
	int64_t since[2];	   /* when each was first seen in its turn */
};

struct address_use {
	char label[64];
	int64_t when;
	int64_t several; /* when a second seat was last seen there; 0: never */
};

struct failures {
	unsigned count;
	int64_t since;
};

#endif
