/*
 * The HTTP server: libwebsockets on one side, answers and the event stream on the other. It reads
 * requests into a struct request, asks routes_answer(), and writes what comes back at the browser's
 * pace. It makes no connection of its own.
 */
#ifndef DOORSTEP_WEB_HTTP_H
#define DOORSTEP_WEB_HTTP_H

#include "page.h"

#define REQUEST_ARGS 24

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
};

struct answer {
	int status;
	const char *type;
	const char *cache;  /* Cache-Control */
	char etag[80];	    /* "" none */
	char cookie[384];   /* "" none */
	char location[512]; /* of a redirect */
	char filename[300]; /* of a download */
	struct text body;
	bool events;   /* the body is the beginning of an event stream */
	uint64_t next; /* that goes on with this event */
};

/* The value of an argument, or NULL. */
const char *request_arg(const struct request *rq, const char *name);

/* Fills the answer. */
void routes_answer(struct page *p, const struct request *rq, struct answer *a);

struct http_options {
	const char *bind;
	int port;	  /* 0: any free one */
	const char *cert; /* files of the page's own certificate; NULL: no TLS */
	const char *key;
	int max_clients; /* that follow the events */
	int drop_after;	 /* seconds without progress */
};

struct http;

/* NULL and a message in error if it cannot listen. *port is where it does. */
struct http *http_open(struct page *p, const struct http_options *o, int *port, char *error,
		       size_t size);

/* Serves until *stop is set. 0, or -1 when libwebsockets gives up. */
int http_run(struct http *h, volatile const int *stop);
void http_close(struct http *h);

#endif
