/*
 * What can stand in a virtual board's way below MQTT: each with the errno that its application gets,
 * under both numberings and where mbedTLS runs on its core, how sure that is, and by which source.
 */
#ifndef DOORSTEP_DK_OUTCOME_H
#define DOORSTEP_DK_OUTCOME_H

#include "diagnosis.h"
#include "errors.h"

struct outcome {
	const char *name;	  /* "no-anchor", "untrusted", ... */
	enum error error;	  /* with today's SDK */
	enum error error_old;	  /* with an SDK of the old numbering */
	enum error error_mbedtls; /* where mbedTLS runs on the application's core */
	enum sure sure;
	const char *source;
};

extern const struct outcome outcome_no_anchor;
extern const struct outcome outcome_bad_anchor;
extern const struct outcome outcome_bad_pair;
extern const struct outcome outcome_untrusted;
extern const struct outcome outcome_no_suite;
extern const struct outcome outcome_name;
extern const struct outcome outcome_dates;
extern const struct outcome outcome_chain;
extern const struct outcome outcome_unfit;
extern const struct outcome outcome_alert;
extern const struct outcome outcome_protocol;
extern const struct outcome outcome_stalled;
extern const struct outcome outcome_tcp_refused;
extern const struct outcome outcome_tcp_unanswered;
extern const struct outcome outcome_no_ipv6;
extern const struct outcome outcome_no_route;
extern const struct outcome outcome_busy;
extern const struct outcome outcome_record;
extern const struct outcome outcome_closed;
extern const struct outcome outcome_reset;
extern const struct outcome outcome_no_pdn;

#endif
