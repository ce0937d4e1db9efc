/* The exercises of this class: which are on, where, and how often they were tried. */
#ifndef DOORSTEP_WEB_EXERCISES_H
#define DOORSTEP_WEB_EXERCISES_H

#include "page.h"

void exercises_json(const struct page *p, struct text *out);

#endif
