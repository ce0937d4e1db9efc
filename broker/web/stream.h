/*
 * The events that browsers follow: a bounded queue of finished pieces of text/event-stream, shared
 * by all. A client is no more than its place in the queue; one that falls off its end has read too
 * slowly. Each event is rendered at most once for each way of seeing it.
 */
#ifndef DOORSTEP_WEB_STREAM_H
#define DOORSTEP_WEB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum view {
	VIEW_TEACHER, /* everything, masked where the class says so */
	VIEW_MASKED,  /* everything, masked for students */
	VIEW_TILE,    /* how others are doing, no more */
	VIEWS
};

struct event {
	char *text[VIEWS]; /* NULL: not rendered for that view */
	size_t len[VIEWS];
	char seat[128]; /* whose it is; "" for nobody's */
	char run[40];	/* the journal line that made it */
	uint64_t seq;
};

struct stream {
	struct event *ring;
	size_t size;	     /* a power of two */
	uint64_t first, end; /* numbers of the oldest kept, and of the next */
	size_t bytes, max_bytes;
	char epoch[17]; /* of this life of the program */
};

/* size is rounded up to a power of two. 0, or -1 without memory. */
int stream_init(struct stream *s, size_t size, size_t max_bytes, const char *epoch);
void stream_free(struct stream *s);

/* Begins a new event, dropping old ones; NULL without memory. Then stream_render() for each view,
 * with name and data; "id:" is added. */
struct event *stream_add(struct stream *s, const char *seat, const char *run, uint64_t seq);
void stream_render(struct stream *s, struct event *e, enum view view, const char *name,
		   const char *data, size_t len);

/* The id that goes with event number n, made for a browser's Last-Event-ID; run and seq are of the
 * journal line up to which its state goes ("" and 0: of none). */
void stream_id(const struct stream *s, uint64_t n, const char *run, uint64_t seq, struct text *out);

/*
 * What a Last-Event-ID says. 1: this life's event, *next is the number to go on with. 0: of another
 * life (run and seq say at which journal line it was), or too old. -1: not an id of ours.
 */
int stream_resume(const struct stream *s, const char *id, uint64_t *next, char run[40],
		  uint64_t *seq);

/* Appends what a reader at *next gets, at most about max bytes, and moves *next. `own` names the
 * seat that is seen in VIEW_MASKED whatever the view of others is; others_view VIEWS: nothing of
 * others. False: the reader has fallen behind. */
bool stream_take(const struct stream *s, uint64_t *next, enum view others_view, const char *own,
		 size_t max, struct text *out);

#endif
