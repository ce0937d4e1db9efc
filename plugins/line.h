/*
 * One line of a journal, taken apart. What a reader does not know it ignores; a version it does
 * not know it refuses by name. Strings are as JSON holds them, so they may hold anything that a
 * peer sent: show them through text_show() only.
 */
#ifndef DOORSTEP_LINE_H
#define DOORSTEP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include "reason.h"
#include "text.h"

enum line_kind {
	LINE_OTHER, /* a kind of a later version: to be ignored */
	LINE_VISIT,
	LINE_BEGIN,
	LINE_DENIAL,
	LINE_END,
	LINE_FLOOD,
	LINE_LOST,
	LINE_START,
	LINE_STOP,
};

struct line {
	cJSON *json;
	enum line_kind kind;
	bool accepted; /* of a visit */
	/* NULL where it was not seen */
	const char *id, *t, *broker, *run;
	const char *listener, *peer, *seat, *seat_from;
	const char *stage, *verdict, *reason, *by, *says, *exercise;
	const char *client_id, *user, *sni;
	double ms; /* negative: not seen */
	long seq;  /* 0: not seen */
};

/*
 * Reads one line. 0 when it is one of ours. -1 otherwise, with the sentence for a person in `why`
 * (may be NULL) and nothing to free: not JSON, not an object, a `v` that we do not read.
 */
int line_parse(struct line *l, const char *s, size_t len, struct text *why);
void line_free(struct line *l);

/* The value at a dotted path ("tls.alert.code"); NULL, or false, if it is absent or of another type. */
const cJSON *line_at(const struct line *l, const char *path);
const char *line_string(const struct line *l, const char *path);
bool line_number(const struct line *l, const char *path, double *n);

/* Appends the list at path, with ", " between and each part safe to show; false if there is none. */
bool line_list(const struct line *l, const char *path, struct text *out);

/* The line's reason in the catalogue; REASON_NONE if it has none, or one of a later version. */
enum reason_id line_reason(const struct line *l);

/* Milliseconds since 1970 of a time in the journal's form; -1 if it is none. */
long long line_time(const char *t);

const char *line_kind_name(enum line_kind kind);

#endif
