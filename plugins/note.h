/*
 * Notes: what the broker's thread tells the clerk's, through a bounded ring without locks. One
 * thread writes, one reads. The ring never waits: when it is nearly full, new visits are not noted
 * (and counted as lost), so that what is known of older ones still fits.
 */
#ifndef DOORSTEP_NOTE_H
#define DOORSTEP_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "visit.h"

/* Visits are numbered by the watch; those that it does not see have numbers apart. */
#define NUMBER_PLAIN_LOG     (UINT64_C(1) << 40) /* known from the broker's log alone */
#define NUMBER_PLAIN_CONNECT (UINT64_C(1) << 41) /* without TLS, and the policy was asked */

enum note_kind {
	NOTE_OPEN,	/* a visit began: peer, port */
	NOTE_HELLO,	/* its ClientHello came; text: the seat */
	NOTE_VISIT,	/* the visit itself, handed over; more may follow until NOTE_CLOSE */
	NOTE_WINDOW,	/* what the broker logged in [log_from, log_to) was about this visit */
	NOTE_ACCEPTED,	/* Mosquitto 2.1 says that the session began */
	NOTE_CLOSE,	/* the connection is gone */
	NOTE_DENIAL,	/* a refusal inside a session; text: the topic; after it: visit */
	NOTE_PLAIN,	/* a CONNECT on a listener without TLS: visit, judged by the policy */
	NOTE_GONE,	/* that client is gone; what the log says of it ends at log_to */
	NOTE_LOG,	/* the broker's log is another file now: fd */
	NOTE_KEYLOG,	/* text: the listener's name, a space, a line of TLS keys */
	NOTE_LAST_GOOD, /* text: the file of last good visits, whole */
	NOTE_REOPEN,	/* SIGHUP: open the journal again; text: the policy's digest */
};

struct note {
	enum note_kind kind;
	enum ending ending;
	enum reason_id reason; /* denial; or the policy's own end of a session */
	bool stopping, goodbye, stalled;
	bool answered; /* of a window: the CONNACK went out in it */
	bool went_on; /* it was still there after the answer's turn: who is refused is gone in it */
	int event_reason; /* 2.1's reason of a disconnect */
	int fd;
	uint32_t log_generation;
	uint16_t port;
	uint64_t number;
	int64_t at_us; /* monotonic */
	int64_t wall_us;
	int64_t log_from, log_to; /* -1: no window */
	int64_t silent_us;	  /* at a close: since something came */
	uint64_t bytes_in, bytes_out;
	struct peer peer;
	struct visit *visit; /* owned by the note */
	char *text;	     /* owned by the note */
};

struct ring;

struct ring *ring_new(size_t notes);
void ring_free(struct ring *ring);

/* Puts a note; false, and the note is untouched, when there is no room. A note that begins
 * something (begins) leaves a quarter of the ring free for others. */
bool ring_put(struct ring *ring, const struct note *note, bool begins);
/* Takes the oldest note; false if there is none. */
bool ring_take(struct ring *ring, struct note *note);

/* Does the reader sleep? Then it has to be woken: true once for each of its sleeps. The writer asks after a
 * put. */
bool ring_take_sleep(struct ring *ring);
void ring_set_sleeping(struct ring *ring, bool sleeping);
bool ring_is_empty(struct ring *ring);

#endif
