/* JSON for the browser: a record as a row, a tile, the whole line for some eyes. */
#ifndef DOORSTEP_WEB_ROW_H
#define DOORSTEP_WEB_ROW_H

#include "roster.h"

/* The line parsed and, where flags say so, masked; NULL without memory. cJSON_Delete() it. */
cJSON *row_line(const struct record *r, unsigned redact);

/* What a list of visits shows of a line (masked already or not): an object. */
void row_json(const cJSON *line, int64_t n, struct text *out);

/* A tile. With redact flags a stranger's key becomes a name that says nothing; brief leaves out
 * what is not needed to see how somebody else is doing. */
void tile_json(const struct tile *t, unsigned redact, bool brief, struct text *out);

#endif
