/* A list of names for a batch: from arguments, a file, a pattern. */
#ifndef DOORSTEP_ROSTER_H
#define DOORSTEP_ROSTER_H

#include <stddef.h>
#include "fault.h"
#include "text.h"

#define ROSTER_MAX 100000

struct roster {
	char **ids;
	size_t count, room;
};

/* Each refuses what is no id (host_is_id) with the value. */
int roster_add(struct roster *roster, const char *id, struct fault *fault);

/* One a line; empty lines and those that start with # are passed over, and the mark that editors put
 * before UTF-8. A NUL is no end, but refused. The text is taken apart. */
int roster_add_lines(struct roster *roster, struct text *lines, struct fault *fault);

/* "nrf-%06d:1-1000": one %d, with a width if wanted, and a range. */
int roster_add_pattern(struct roster *roster, const char *pattern, struct fault *fault);

/* One %d in a pattern becomes number; -1 if pattern is none. */
int roster_name(char *out, size_t size, const char *pattern, long number);

/* The same name twice is a slip in somebody's list; it is refused with the name. */
int roster_check_twice(const struct roster *roster, struct fault *fault);

void roster_free(struct roster *roster);

#endif
