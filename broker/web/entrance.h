/* The way in: who comes with the teacher's token or a seat's key leaves with a cookie. */
#ifndef DOORSTEP_WEB_ENTRANCE_H
#define DOORSTEP_WEB_ENTRANCE_H

#include "answer.h"

/* The page itself; the browser's code looks at the address. */
answer_get entrance_get_app;

/* The class, or the way in: with the teacher's token. */
answer_get entrance_get_home;

/* A seat's own page, or a student's way in: with the key of its link. */
answer_get entrance_get_seat;

/* Asks for the token, with this status. */
void entrance_ask(const struct request *rq, int status, struct answer *a);

#endif
