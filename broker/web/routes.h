/* What lies at each address of the page, and for whom. */
#ifndef DOORSTEP_WEB_ROUTES_H
#define DOORSTEP_WEB_ROUTES_H

#include "answer.h"

/* Fills the answer. */
void routes_answer(struct page *p, const struct request *rq, struct answer *a);

#endif
