/*
 * Writing for a person: colour where it can be seen and is wanted, lines no wider than the
 * terminal. Colour is only for the outcome and for what leads the eye.
 */
#ifndef DOORSTEP_WHY_PAINT_H
#define DOORSTEP_WHY_PAINT_H

#include <stdbool.h>
#include "text.h"

enum ink { INK_PLAIN, INK_GOOD, INK_BAD, INK_WARN, INK_PURPOSE, INK_DIM, INK_BOLD, INK_COMMAND };

enum paint_when { PAINT_AUTO, PAINT_ALWAYS, PAINT_NEVER };

struct paint {
	bool tty;
	bool colour;
	int width; /* columns of the terminal; 0: not a terminal, nothing is cut */
};

/* Looks at standard output, NO_COLOR and TERM. */
void paint_init(struct paint *p, enum paint_when when);

void paint_put(struct text *out, const struct paint *p, enum ink ink, const char *s);

/* The same, then blanks up to `columns`; what is longer is cut with "~" where it must be. */
void paint_column(struct text *out, const struct paint *p, enum ink ink, const char *s,
		  int columns);

/* Text broken into lines, each after `indent` blanks; the first line comes without them when
 * `begun` columns of it are used already. */
void paint_wrapped(struct text *out, const struct paint *p, const char *s, int indent, int begun);

/* The columns that a string takes. */
int paint_columns(const char *s);

/* Cuts a string in place so that it takes at most `columns`. */
void paint_cut(char *s, int columns);

#endif
