/* What became of a board, as one JSON object. */
#ifndef DOORSTEP_DK_RESULT_H
#define DOORSTEP_DK_RESULT_H

#include "board.h"
#include "text.h"

/* The code of the catalogue that the board's end has; NULL if it was accepted and ended well. */
const char *result_code(const struct board *board);

void result_put(const struct board *board, struct text *out);

#endif
