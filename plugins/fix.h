/*
 * What stands in the placeholders of a fix: the class's own values out of its run.json and
 * seats.json, and the values of the visit in question.
 */
#ifndef DOORSTEP_FIX_H
#define DOORSTEP_FIX_H

#include <cjson/cJSON.h>
#include "line.h"

struct fix {
	const char *class_dir;
	cJSON *run;		 /* NULL when there is none: its values then stay as <name> */
	cJSON *seats;		 /* likewise */
	const struct line *line; /* the visit, may be NULL; set it before each use */
	struct text value;
};

/* Reads what there is in the class directory; a missing or broken file leaves its values open. */
void fix_load(struct fix *fix, const char *class_dir);
void fix_free(struct fix *fix);

/* A reason_value for reason_fill(), with a struct fix * as its arg. Values that a peer chose come
 * out safe to show. The result lives until the next call. */
const char *fix_value(const char *name, void *arg);

#endif
