/* The least that a class and a roster are, and how a test reads them. */
#ifndef DOORSTEP_POLICY_TEXT_H
#define DOORSTEP_POLICY_TEXT_H

#include <string.h>

#include "unit.h"
#include "policy.h"

/* Both go on: a class with more keys, a roster with its seats. */
#define L1 \
	"{\"v\":1,\"domain\":\"c.example\",\"listeners\":[{\"name\":\"a\",\"port\":8883,\"profile\":\"academy\"}]"
#define S1 "{\"v\":1,\"seats\":[\n"

/* The policy, or NULL and what is wrong with it. */
static inline const struct policy *parse(const char *class_text, const char *seats_text,
					 struct text *error)
{
	const struct policy *p = NULL;
	int rc = policy_parse(class_text, strlen(class_text), seats_text,
			      seats_text ? strlen(seats_text) : 0, &p, error);

	ck_assert_int_eq(rc, p ? 0 : -1);
	ck_assert(p || error->len > 0);
	return p;
}

#endif
