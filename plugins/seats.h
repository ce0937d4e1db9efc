/*
 * Seats: whose visit is this? And what the broker remembers about seats between visits: addresses,
 * last good visits, failed logins, who used a client id. Each memory is bounded and forgets the
 * oldest first. Times are seconds, any clock that only goes forward; the last good visits' are wall
 * time. No broker, no TLS, no files: a caller reads and writes.
 */
#ifndef DOORSTEP_SEATS_H
#define DOORSTEP_SEATS_H

#include "rules.h"

struct seats;

struct seats *seats_new(void);
void seats_free(struct seats *seats);

/*
 * Fills f->seat and f->seat_by: from SNI, else client certificate, else client id, else user name,
 * else an address that one seat alone has used within a day. May be asked at any stage of a visit
 * with what is known by then (client_id NULL before CONNECT).
 */
void seats_resolve(struct seats *seats, struct facts *f, const char *address, int64_t now);

/* A visit from this address was this seat's; not to be called for seats found by address. */
void seats_note_address(struct seats *seats, const char *address, const char *label, int64_t now);

/* ---- last good visits with a client certificate (field report 2) ---- */

struct last_good {
	char label[64];
	int64_t wall; /* seconds since 1970 */
	char subject[128];
};

/* Remembered to the minute; returns true where something changed and the file is worth writing. */
bool seats_note_good(struct seats *seats, const char *label, int64_t wall, const char *subject);

/* NULL: this seat never presented one, as far as we remember. */
const struct last_good *seats_last_good(const struct seats *seats, const char *label);

/* May client-cert-gone be said of a visit that presented no certificate? Only where the seat is known
 * by SNI or by an address of its own. */
const struct last_good *seats_cert_gone(const struct seats *seats, const struct facts *f);

/* The memory as text (a line a seat), and back; wrong lines are left out. At most
 * SEATS_GOOD_MAX seats. Returns how many lines were taken. */
#define SEATS_GOOD_MAX 8192
void seats_good_print(const struct seats *seats, struct text *out);
size_t seats_good_parse(struct seats *seats, const char *s, size_t len);

/* ---- failed logins ---- */

#define LOGIN_FAILURES_PAIR    5  /* of one user from one address */
#define LOGIN_FAILURES_ADDRESS 60 /* of all users from one address */
#define LOGIN_FAILURES_USER    60 /* of one user from all addresses */
#define LOGIN_WINDOW	       60 /* seconds */

/*
 * user NULL: one that no seat has. A user who has not failed at this address within the window is always
 * heard, whatever others do there or elsewhere: nobody locks out a class behind one NAT, nor a
 * seat from afar.
 */
bool seats_login_limited(const struct seats *seats, const char *user, size_t user_len,
			 const char *address, int64_t now);
void seats_login_failed(struct seats *seats, const char *user, size_t user_len, const char *address,
			int64_t now);
void seats_login_right(struct seats *seats, const char *user, size_t user_len, const char *address);

/* ---- who uses a client id ---- */

#define SHARING_WINDOW 120 /* seconds */

/*
 * A client id was accepted from this address. Is it shared by two devices? Only the pattern A-B-A
 * within SHARING_WINDOW says so: a board that re-attaches comes back from a new address, and stays
 * there. `other` (may be NULL) gets B's address, "" where there is none.
 */
bool seats_id_shared(struct seats *seats, const char *client_id, size_t len, const char *address,
		     int64_t now, char other[46]);

#endif
