/*
 * The clerk's desk: what the clerk works with, and what it does with a note. It has no thread of
 * its own and never waits; clerk.c turns the crank, and tests can do so as well.
 */
#ifndef DOORSTEP_CLERK_DESK_H
#define DOORSTEP_CLERK_DESK_H

#include <stdatomic.h>
#include "clerk.h"
#include "flood.h"
#include "guest.h"
#include "journal.h"
#include "logbook.h"
#include "ownfacts.h"
#include "text.h"

#define DESK_TICK_MS	  250
#define DESK_PLAIN_MAX	  32   /* listeners without TLS */
#define DESK_GUESTS_PLAIN 1024 /* connections without TLS that wait for a verdict */

typedef void (*desk_send)(void *arg, struct parcel *parcel);

struct desk {
	/* who the lines are from */
	char *dir, *broker, *run, *mosquitto, *openssl, *policy;
	char **keylog;
	uint64_t seq;

	struct journal journal;
	struct flood *flood;
	struct logbook logbook;
	struct guests guests;
	struct own_facts own;
	size_t plain_guests;
	uint64_t plain_number;
	struct text line;

	_Atomic uint8_t tls_ports[8192]; /* a bit each */
	struct {
		_Atomic uint16_t port;
		char name[64];
	} plain[DESK_PLAIN_MAX];
	_Atomic unsigned plain_count;

	bool stopping; /* the broker's log says so, or we were told */
	uint64_t lost, lost_disk;
	int64_t lost_wall_us;
	int64_t checked_us;
	int64_t flood_next_us; /* -1: none waits */

	desk_send send;
	void *send_arg;
};

int desk_init(struct desk *d, const struct clerk_setup *setup, desk_send send, void *send_arg);
void desk_done(struct desk *d);

void desk_begin(struct desk *d); /* the start line */
void desk_end(struct desk *d);	 /* what is open, and the stop line */

/* Takes the note's visit and text. */
void desk_note(struct desk *d, struct note *note);
/* What has to be done between notes, every DESK_TICK_MS at least: log, timers, flush. mark: see clerk_watermark; -1: none. */
void desk_round(struct desk *d, int64_t mark, uint32_t generation);
void desk_lost(struct desk *d, uint64_t count);

void desk_tls_port(struct desk *d, uint16_t port);
void desk_plain_listener(struct desk *d, uint16_t port, const char *name);
bool desk_is_tls_port(const struct desk *d, uint16_t port);
const char *desk_plain_name(const struct desk *d, uint16_t port);

/* Lines (clerk_lines.c). A verdict and an end write their line and change the guest's state. */
void desk_decide(struct desk *d, struct guest *guest, bool accepted, int64_t now_us);
void desk_end_session(struct desk *d, struct guest *guest, const struct note *close);
void desk_write_begin(struct desk *d, struct guest *guest, int64_t now_us);
void desk_write_denial(struct desk *d, struct visit *v, const struct note *note);
void desk_write_keys(const struct desk *d, char *text);
void desk_tell_run(const struct flood_run *run, void *arg);
void desk_flush(struct desk *d);

/* The broker's log (clerk_log.c). */
void desk_absorb(struct guest *guest, struct log_entry *e);
void desk_absorb_note(struct desk *d, struct guest *guest, const struct note *note);
void desk_absorb_end(struct desk *d, struct guest *guest, const struct note *note);
void desk_look_for_stop(struct log_entry *e, void *arg);

/* Listeners without TLS (clerk_plain.c). */
void desk_settle_plain(struct desk *d, int64_t mark, uint32_t generation, int64_t now_us);
void desk_plain_note(struct desk *d, struct note *note);
void desk_plain_gone(struct desk *d, const struct note *note);

int64_t clock_mono_us(void);
int64_t clock_wall_us(void);

#endif
