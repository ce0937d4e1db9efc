/*
 * Reading a document against a table of fields: what policy_class.c and policy_seats.c share.
 * The first fault is written down with file, line, place and what was expected; everything returns
 * 0, or -1 once a fault is written.
 */
#ifndef DOORSTEP_POLICY_READ_H
#define DOORSTEP_POLICY_READ_H

#include "policy.h"
#include "policy_arena.h"
#include "policy_json.h"

struct reader {
	const char *file;
	struct arena *keep; /* what outlives the document */
	struct text *error;
	struct {
		const char *key; /* NULL: an element, the nth */
		size_t n;
	} place[JSON_DEPTH]; /* listeners[2].profile */
	size_t depth;
};

struct field {
	const char *key; /* NULL ends a table */
	enum json_type type;
	bool required;
	int (*take)(struct reader *r, const struct json *v, void *target);
};

/* Every member of an object by its field; unknown, repeated, missing and mistyped ones are faults.
 * A "$schema" is always allowed. */
int read_fields(struct reader *r, const struct json *object, const struct field *fields,
		void *target);

/* The same, but unknown members are left to others. */
int read_known_fields(struct reader *r, const struct json *object, const struct field *fields,
		      void *target);

/* Calls take for each element, with the place "[n]" noted. */
int read_each(struct reader *r, const struct json *array,
	      int (*take)(struct reader *, const struct json *, size_t n, void *), void *target);

/* "<file>:<line>: <place> is <value>: expected <what>" */
int read_expected(struct reader *r, const struct json *v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* "<file>:<line>: <place>: <text>" */
int read_fault(struct reader *r, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Goes one step down in the place, to a member or (key NULL) to the nth element, and back; the mark is
 * what read_down returned. The key has to live until then. */
size_t read_down(struct reader *r, const char *key, size_t n);
void read_up(struct reader *r, size_t mark);

int read_number(struct reader *r, const struct json *v, unsigned least, unsigned most,
		unsigned *out);

/* Copies of what the document says. */
const char *read_copy(struct reader *r, const struct json *v);
int read_strings(struct reader *r, const struct json *v, size_t most, struct strings *out);

/* A lower-case copy of a host name (labels of letters, digits and hyphens, no final dot). */
int read_host(struct reader *r, const struct json *v, const char **out);

/* [a-z0-9][a-z0-9-]*, at most `most` characters: labels, names of listeners. */
bool is_label(const char *s, size_t len, size_t most);

/* A path below the class directory: relative, without "..". */
int read_path(struct reader *r, const struct json *v, const char **out);

/* The index of a string in a list of n, -1 if it is not there. */
int word_index(const char *s, const char *const *words, size_t n);

#endif
