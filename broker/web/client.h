/*
 * The browsers: each gets its answer at its own pace, and those that follow the events what is new.
 * Who does not read is dropped, not waited for.
 */
#ifndef DOORSTEP_WEB_CLIENT_H
#define DOORSTEP_WEB_CLIENT_H

#include "answer.h"

#define CLIENT_OUT (32U * 1024U) /* bytes that are written at once, headers or body */

/* One connection. */
struct client {
	struct client *later; /* the list of those that follow the events */
	struct lws *wsi;
	struct text body;
	size_t sent;
	bool answering, events;
	bool close; /* after this answer */
	uint64_t next;
	struct replay replay; /* before the events */
	struct audience who;
	int64_t progress; /* when it last took something, or had nothing to take: ms */
	bool dropped;
};

struct clients {
	struct page *p;
	uint64_t max;	/* that follow the events */
	int drop_after; /* seconds without progress */
	struct client *followers;
	unsigned char *out; /* LWS_PRE and CLIENT_OUT bytes, through which all is written */
};

/* Begins the answer to a request. 0, or -1: the connection is to be closed. */
int client_answer(struct clients *all, struct lws *wsi, struct client *c, const char *path);

/* Goes on with it, when the connection takes more. 0, or -1: the connection is to be closed. */
int client_write(struct clients *all, struct client *c);

/* The connection is gone. */
void client_forget(struct clients *all, struct client *c);

/* Something is new: each follower writes it as soon as its connection takes more. */
void clients_wake(struct clients *all);

/* Sees who has left, and sends those away that have been behind for too long. Every second. */
void clients_drop_gone(struct clients *all);

#endif
