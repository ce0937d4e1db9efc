/*
 * One visit at length: its lines, the catalogue's story of each reason in it with the fix filled
 * in, this device's last good visit and what differs.
 */
#ifndef DOORSTEP_WEB_STORY_H
#define DOORSTEP_WEB_STORY_H

#include "classdir.h"
#include "window.h"

/* The entry of a reason as JSON; the fix filled in with the class's values and, if line is not
 * NULL, the visit's. */
void story_reason(struct text *out, enum reason_id id, const struct classdir *c,
		  const struct line *line);

/* The whole catalogue, and the numbers that a board prints: {"reasons":[...],"errnos":[...],"codes":[...]}. */
void story_catalogue(struct text *out, const struct classdir *c);

/* What differs between two visits: [{"what","then","now"}...]. Fields that `now` did not live long
 * enough to show are no difference. */
void story_differences(struct text *out, const struct line *then, const struct line *now);

/* The visit of this id. False if it is not in the window. `hidden` flags are masked everywhere. */
bool story_visit(struct text *out, const struct window *w, struct roster *ro,
		 const struct classdir *c, const char *id, unsigned redact);

#endif
