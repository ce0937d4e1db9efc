/* What a browser gets: a status, headers, a body; or the beginning of an event stream. */
#ifndef DOORSTEP_WEB_ANSWER_H
#define DOORSTEP_WEB_ANSWER_H

#include "events.h"
#include "request.h"

struct answer {
	int status;
	const char *type;
	const char *cache;  /* Cache-Control */
	char etag[80];	    /* "" none */
	char cookie[384];   /* "" none */
	char location[512]; /* of a redirect */
	char filename[300]; /* of a download */
	struct text body;
	bool events; /* the body is the beginning of an event stream */
	struct replay replay;
	uint64_t next; /* that goes on with this event */
};

/* Fills the answer for what lies at an address; rest is the address behind that of the route. */
typedef void answer_get(struct page *p, const struct request *rq, const char *rest,
			struct answer *a);

void answer_plain(struct answer *a, int status, const char *text);
void answer_redirect(struct answer *a, const char *to);

/* The server's own refusals: 405, 414, 421, 503. */
void answer_refuse(struct answer *a, int status);

/* Writes the headers, through size bytes at out that have LWS_PRE before them. 0, or -1 when they
 * do not fit or go out. */
int answer_head(const struct answer *a, struct lws *wsi, bool closes, unsigned char *out,
		size_t size);

#endif
