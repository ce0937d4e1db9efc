/* What a reader of the visits asked for: the page's filters, from a query string. */
#ifndef DOORSTEP_WEB_FILTER_H
#define DOORSTEP_WEB_FILTER_H

#include "record.h"

struct filter {
	char seat[128];
	char reason[64];
	char verdict
		[16]; /* accepted, rejected, or a kind: denial, end, flood, begin, lost, start, stop */
	char stage[16];
	char address[64]; /* a beginning: "203.0.113." */
	char client[128];
	char exercise[64];
	char text[256];	     /* as typed, for matching in rendered text */
	char text_json[512]; /* the same as a journal line spells it */
	int64_t before;	     /* older than this place; 0: from the newest */
	int64_t after;	     /* newer than this place; 0: no bound */
	int limit;
};

void filter_init(struct filter *f);

/* Takes one name and its decoded value. 0; -1: no such filter; -2: the value is not one it can
 * have; *expected then says what would be. */
int filter_set(struct filter *f, const char *name, const char *value, const char **expected);

/* Everything but the text. */
bool filter_match(const struct filter *f, const struct record *r);

/* The text, in the raw line. */
bool filter_match_text(const struct filter *f, const struct record *r);

#endif
