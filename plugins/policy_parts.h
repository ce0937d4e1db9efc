/* The two files, each read into the policy that is being made; policy.c puts them together. */
#ifndef DOORSTEP_POLICY_PARTS_H
#define DOORSTEP_POLICY_PARTS_H

#include "policy.h"
#include "policy_read.h"

/* An exercise that class.json sets for a seat, kept until the seats are known. */
struct seat_exercise {
	const char *label;
	enum exercise_id exercise;
	unsigned line;
};

struct making {
	struct policy *policy;
	struct listener *listeners; /* policy->listeners while they are made */
	struct seat *seats;
	struct seat_exercise *seat_exercises;
	size_t seat_exercise_count;
};

/* Each 0, or -1 with the fault in the reader's error. */
int class_read(struct reader *r, const struct json *document, struct making *m);
int seats_read(struct reader *r, const struct json *document, struct making *m);

/* The list of listeners (a field's take function; the target is the making), what one has where
 * class.json says nothing, and an address to listen at. */
int listeners_read(struct reader *r, const struct json *v, void *target);
void listener_defaults(struct listener *l);
int read_bind(struct reader *r, const struct json *v, const char **out);

/* After both: the exercises that class.json sets for seats; r is class.json's reader. */
int class_seats(struct reader *r, struct making *m);

#endif
