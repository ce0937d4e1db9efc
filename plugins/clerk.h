/*
 * The clerk: the second and last thread. It takes notes from the broker's thread, reads the
 * broker's own log beside them, decides what each visit was, and writes the journal. It never calls
 * Mosquitto and never touches an SSL; what has to be published or said in Mosquitto's log goes back
 * as parcels, which the broker's thread fetches when it passes by.
 */
#ifndef DOORSTEP_CLERK_H
#define DOORSTEP_CLERK_H

#include "note.h"

struct clerk;

/* Who the lines are from, and where they go. */
struct clerk_setup {
	const char *journal;	   /* path */
	const char *dir;	   /* the class, for key logs */
	const char *broker;	   /* host name */
	const char *run;	   /* hex */
	const char *mosquitto;	   /* version, as far as known */
	const char *openssl;	   /* version */
	const char *policy;	   /* digest; NULL: none */
	const char *const *keylog; /* names of listeners, NULL at the end; NULL: none */
	unsigned rotate_mb, keep_days;
	size_t ring; /* notes */
};

/* What goes back to the broker's thread. Each string may be NULL; free with parcel_free(). */
struct parcel {
	char *topic, *payload;
	size_t payload_len;
	char *human;
};
void parcel_free(struct parcel *parcel);

/* Starts the thread; NULL on failure (with errno). */
struct clerk *clerk_start(const struct clerk_setup *setup);

/* Lets it finish what it has, for at most that long; then frees it. A clerk that hangs in a stalled
 * disk is left behind, and false returned. */
bool clerk_stop(struct clerk *clerk, int milliseconds);

/* Gives it a note. False: no room, the note is untouched; a visit that is lost so has to be counted
 * with clerk_lost(). */
bool clerk_note(struct clerk *clerk, const struct note *note);
void clerk_lost(struct clerk *clerk);

/* The broker's thread was at this place of its log with nothing of any visit unsaid. */
void clerk_watermark(struct clerk *clerk, uint32_t generation, int64_t at);

/* Ports with TLS, so that a log line about one of them is never taken for a plain listener's. */
void clerk_tls_port(struct clerk *clerk, uint16_t port);
/* The name of a listener without TLS, for lines that the log alone knows. */
void clerk_plain_listener(struct clerk *clerk, uint16_t port, const char *name);

/* The next parcel; false if there is none. */
bool clerk_fetch(struct clerk *clerk, struct parcel *parcel);

#endif
