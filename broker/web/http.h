/*
 * The server: libwebsockets, its one loop, and what wakes it: browsers, journals, the clock. It makes
 * no connection of its own.
 */
#ifndef DOORSTEP_WEB_HTTP_H
#define DOORSTEP_WEB_HTTP_H

#include "page.h"

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
