/* doorstep-why: what its parts share. */
#ifndef DOORSTEP_WHY_WHY_H
#define DOORSTEP_WHY_WHY_H

#include <stdbool.h>
#include <stdint.h>
#include "filter.h"
#include "fix.h"
#include "line.h"
#include "number.h"
#include "paint.h"
#include "tail.h"
#include "text.h"

/* Exit codes of the house. */
enum { WHY_DONE = 0, WHY_FAILED = 1, WHY_USAGE = 2 };

struct why {
	const char *class_dir;
	char *journal;
	struct filter filter;
	struct paint paint;
	struct fix fix;
	bool follow;
	bool json;
	bool force;
	bool first;  /* --expect: the first visit decides */
	size_t last; /* how many lines; SIZE_MAX: all */
	long long within;
	const char *out; /* of an export; NULL: the default */
	int day;	 /* of the line shown last, so that a new day is announced */
	uint64_t unreadable;
	bool refused_v;
};

/* `doorstep-why: ` and the sentence, on standard error. */
void why_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds since 1970. */
long long why_now(void);

/* Writes to standard output and empties the text. */
void why_print(struct text *t);

/* False once standard output takes no more: nobody is there to go on for. */
bool why_is_heard(void);

/* Reads a line; what is none of ours is counted and, the first time, said. */
bool why_parse(struct why *w, const char *s, size_t len, struct line *l);

/* Says that there is no journal, if so; false then. */
bool why_journal_there(const struct why *w);

/* ---- show.c: a line a visit ---- */
void show_line(struct why *w, struct text *out, const struct line *l);
int show_journal(struct why *w);

/* ---- story.c: the whole of a visit ---- */
void story_tell(struct why *w, struct text *out, const struct line *l);
int story_explain(struct why *w, const char *id);

/* The newest visit with this id, or one that begins or ends so; or "last": the newest that was turned
 * away. True: found, to be freed with line_free(). */
bool story_find(struct why *w, const char *id, struct line *found);

/* ---- entry.c: the catalogue ---- */
void entry_show(struct why *w, struct text *out, const struct reason *r, const struct line *l);
void entry_parts(struct why *w, struct text *out, const struct reason *r, const struct line *l);
int entry_lookup(struct why *w, const char *what);
int entry_list(struct why *w, const char *form);

/* ---- page.c: the catalogue as a page to read ---- */
void page_write(struct text *out);

/* ---- numbers.c: what a number on a board can mean ---- */
/* Shows an errno in each of its numberings; false if it is in none. */
bool errno_show(struct why *w, struct text *out, int err);
/* Shows what the number means as a code of DNS, a CONNACK, +CME ERROR or, in hex, a modem's fault; false
 * if it is none. */
bool code_show(struct why *w, struct text *out, const char *as);

/* ---- expect.c, export.c ---- */
int expect(struct why *w, const char *reasons);
int export_hello(struct why *w, const char *id);
int export_journal(struct why *w);

#endif
