/* The one context of doorstep-web: what it knows, whom it serves. */
#ifndef DOORSTEP_WEB_PAGE_H
#define DOORSTEP_WEB_PAGE_H

#include "access.h"
#include "classdir.h"
#include "feed.h"
#include "filter.h"
#include "metrics.h"
#include "plot.h"
#include "stream.h"
#include "window.h"

#define SNAPSHOT_ROWS 200 /* the newest, which a browser gets with the rest of the state */

struct page {
	struct classdir dir;
	struct feed feed;
	struct window window;
	struct roster roster;
	struct plot plot;
	struct metrics metrics;
	struct stream stream;
	struct access access;
	struct metrics_self self;
	bool reading_back; /* older lines are still coming */
	bool tls;
	const char *name;    /* a host name under which the page may be called, or NULL */
	struct text noticed; /* what page_notices_changed() has seen */
	char keylog[256];    /* listeners whose TLS keys are being logged, "" if none */
	bool guarded;	     /* stop when a key comes into sight */
	const char *guard;   /* in words: what keeps this process from the keys */
};

int64_t page_now(void); /* ms since 1970 */

/* 0, or -1 without memory. class_dir, and the rest, must outlive the page. */
int page_init(struct page *p, const char *class_dir, size_t max_lines, size_t max_bytes);
void page_free(struct page *p);

/* A feed_take. */
bool page_take(struct record *r, const struct line *l, bool old, void *arg);

/* The pulse of all pages: time, plot, what else changes without a line. Every few seconds. */
void page_tick(struct page *p);

/* All that was there is read. Newest first it could be shown at once, but only in its own order it
 * tells who is still in: it is gone through again. */
void page_settle(struct page *p);

/* Tells all pages to take a new snapshot: the class changed, or older lines came to light. */
void page_reload(struct page *p);

/* Is there something else than at the last call that a teacher has to know at once: a journal that
 * cannot be read, lines that were lost, keys that are logged? */
bool page_notices_changed(struct page *p);

/* May this audience see this record as a row; and how much of each seat. */
bool page_may_see(const struct page *p, const struct audience *who, const struct record *r);
enum view page_others_view(const struct page *p, const struct audience *who);
unsigned page_redact(const struct page *p, const struct audience *who);

/* The first thing that a browser gets: everything for this audience. */
void page_snapshot(struct page *p, const struct audience *who, struct text *out);

/* The class as far as this audience may know it: an object. */
void page_class(const struct page *p, const struct audience *who, struct text *out);

/* The rows that a filter lets through: {"rows":[...],"searched":n,"kept":n,"end":n} and, if there may
 * be more, "next". `end` is the place that the next line will have. */
void page_visits(const struct page *p, const struct audience *who, const struct filter *f,
		 struct text *out);

#endif
