/*
 * A strict JSON reader that remembers the line of everything it read, so that a fault of meaning
 * ("this is no profile") is told with its line as well as a fault of syntax. cJSON forgets them.
 *
 * RFC 8259, UTF-8 only; further: no U+0000 in strings, numbers are kept exactly only when they are
 * whole and fit in 53 bits, at most JSON_DEPTH levels. All memory comes from the arena.
 */
#ifndef DOORSTEP_POLICY_JSON_H
#define DOORSTEP_POLICY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy_arena.h"

#define JSON_DEPTH 16

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	unsigned line;
	const char *key; /* a member's name; NULL outside of objects */
	const char *s;	 /* JSON_STRING, without escapes */
	size_t len;
	bool truth; /* JSON_BOOL */
	bool whole; /* JSON_NUMBER: is it `number`? */
	int64_t number;
	struct json *child; /* the first member or element */
	struct json *next;
	size_t count; /* of members or elements */
};

/* What is wrong with a document, and where. */
struct json_fault {
	unsigned line;
	const char *expected;
};

/* Returns the document, or NULL with the fault filled in. */
const struct json *json_read(struct arena *arena, const char *s, size_t len,
			     struct json_fault *fault);

/* "a string", "an object", ... */
const char *json_type_name(enum json_type type);

#endif
