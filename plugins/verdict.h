/*
 * The verdict: one reason for each rejected visit, by a decision table over the evidence. The first
 * row that holds decides, so the order of the rows is their priority. Pure.
 */
#ifndef DOORSTEP_VERDICT_H
#define DOORSTEP_VERDICT_H

#include "evidence.h"

/* Who ended it: said by the row, or read off the last thing on the wire. */
enum rule_by { RULE_BY_DEVICE, RULE_BY_BROKER, RULE_BY_ENDING, RULE_BY_POLICY };

struct rule {
	enum reason_id reason; /* REASON_NONE: the policy's own word */
	enum rule_by by;
	bool (*holds)(const struct evidence *e);
	const char *text; /* the condition as it is written, for tests and their messages */
};

extern const struct rule verdict_rules[];
extern const size_t verdict_rule_count;

/* The reason and the side by those rules (normally verdict_rules). The last row always holds. */
enum reason_id verdict_by_rules(const struct rule *rules, size_t count, const struct evidence *e,
				enum by *by);

enum reason_id verdict(const struct evidence *e, enum by *by);

/* How an accepted session ended, from what the broker's log and 2.1's event said. */
struct session_end {
	enum ending ending;
	enum log_kind log;
	int event_reason; /* 2.1's MOSQ_EVT_DISCONNECT reason, 0: none */
	bool stopping;
	bool goodbye;		/* a close_notify, or a DISCONNECT of which 2.1's event told */
	bool silent;		/* nothing came for one and a half times the keepalive */
	enum reason_id refused; /* the policy's own word, e.g. seat-removed */
};
enum reason_id verdict_of_end(const struct session_end *end, enum by *by);

#endif
