/* What a browser asks: one GET or HEAD, read out of libwebsockets. */
#ifndef DOORSTEP_WEB_REQUEST_H
#define DOORSTEP_WEB_REQUEST_H

#include "page.h"

#define REQUEST_ARGS 24
/* Bytes: other programs of this host, or a proxy, may have set many cookies. */
#define REQUEST_HEADERS 16384

struct lws;

struct request {
	char path[1024];
	struct {
		char name[32];
		char value[512];
	} args[REQUEST_ARGS];
	int nargs;
	struct audience who;
	char last_event_id[160];
	char if_none_match[80];
	bool head;
	bool https; /* between the browser and us, or a proxy in front of us */
};

/* 0, or the status with which it is refused: 405, 414, or 421 for a name that is not ours. */
int request_read(struct request *rq, const struct page *p, struct lws *wsi, const char *path);

/* What follows such a request must not be taken for the next one. */
bool request_has_body(struct lws *wsi);

/* The value of an argument, or NULL. */
const char *request_arg(const struct request *rq, const char *name);

#endif
