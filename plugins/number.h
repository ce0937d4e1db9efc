/*
 * What the numbers mean that a board prints: errnos in their three numberings (errnos.def), and
 * those that are no errno (codes.def). doorstep-why and the page tell them out of these tables.
 */
#ifndef DOORSTEP_NUMBER_H
#define DOORSTEP_NUMBER_H

#include <stdbool.h>

#include "reason.h"

struct number {
	int now, old, native; /* today's, before NCS 1.6 (0: the same), on native_sim (0: none) */
	const char *name, *words;
	const struct cause *means; /* ends with text == NULL */
};

/* The errno at a place of the table; NULL behind its end. */
const struct number *errno_at(size_t i);

/* The number of a name ("ECONNREFUSED", in any case); 0 if it is none. */
int errno_by_name(const char *name);

enum code_where { CODE_DNS, CODE_CONNACK, CODE_CME, CODE_FAULT };

struct code {
	enum code_where where;
	int number;
	const char *name, *words; /* words: NULL where the name is in words */
	struct cause means;
};

/* The code at a place of the table; NULL behind its end. */
const struct code *code_at(size_t i);

/* Where such a code stands, in words: "as +CME ERROR". */
const char *code_place(const struct code *c);

/* Is this what somebody means who writes `as`? A fault is told in hex, with 0x; of the others, only
 * DNS codes are printed with a minus too. */
bool code_is(const struct code *c, const char *as);

#endif
