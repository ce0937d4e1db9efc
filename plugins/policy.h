/*
 * The policy: class.json (people edit it) and seats.json (`ca/class` writes it), read into one
 * immutable object.
 *
 * Whole or nothing: a wrong file makes no policy at all, only an error that names the file, the
 * line and what was expected. A policy never changes; a reload makes another one, and a visit holds
 * the one by which it is judged. Everything is looked up by hash: thousands of seats cost no time
 * at CONNECT.
 *
 * No Mosquitto and no TLS types here: the plugin, the generator of mosquitto.conf and the tests use
 * the same object. One thread uses a policy (its count of holders is no atomic).
 */
#ifndef DOORSTEP_POLICY_H
#define DOORSTEP_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "exercise.h"
#include "text.h"

#define POLICY_RECORD_MAX    2048 /* an nRF91 takes 2,303 bytes */
#define POLICY_SHA256	     32
#define POLICY_FILE_MAX	     (64U << 20) /* a larger file is refused */
#define POLICY_SEATS_MAX     100000
#define POLICY_LISTENERS_MAX 64
#define POLICY_PER_SEAT_MAX  32	  /* client ids, and topics, of one seat */
#define POLICY_DIR_MAX	     3000 /* bytes in the path of a class directory */
#define POLICY_CLASS_FILE    "class.json"
#define POLICY_SEATS_FILE    "seats.json"

enum profile_id {
	PROFILE_ACADEMY,
	PROFILE_PASSWORD,
	PROFILE_NRFCLOUD,
	PROFILE_AWS,
	PROFILE_AZURE,
	PROFILE_OPEN,
	PROFILE_COUNT
};

const char *profile_name(enum profile_id profile);

/* Does the profile ask devices for a certificate, and does the handshake fail without one? With
 * CLIENT_CERT_ASKED the handshake always completes and the rules judge at CONNECT. */
enum client_cert_mode { CLIENT_CERT_NO, CLIENT_CERT_ASKED, CLIENT_CERT_REQUIRED };
enum client_cert_mode profile_client_cert(enum profile_id profile);

enum protocol { PROTOCOL_MQTT, PROTOCOL_WEBSOCKETS };

/* A list of strings; never NULL entries. */
struct strings {
	const char *const *v;
	size_t n;
};

struct listener {
	const char *name;
	const char *bind; /* NULL: every address */
	uint16_t port;
	enum protocol protocol;
	bool tls;
	enum profile_id profile;
	enum exercise_id exercise; /* a door of its own for one exercise; EXERCISE_NONE otherwise */
	bool on;		   /* false only for an exercise's door that is switched off */

	/* "options" in class.json, each with a default */
	const char
		*client_id; /* academy, password: the client id that is expected, '#' stands for a
	                          * digit, '*' at the end for anything; another is accepted but marked.
	                          * Default: nrf-############### for academy, NULL (any) for password */
	struct strings sni; /* further host names that are ours on this listener */
	struct strings api_versions; /* azure: the accepted ones; none: any date */
	const char *client_ca;	     /* file under the class that issues device certificates;
	                          * default certs/server.pem. Only where certificates are asked for */
	const char *crl; /* file under the class; default certs/crl.pem, used where it exists */
	struct strings groups;	  /* key exchange groups, best first; none: the broker's own */
	unsigned max_connections; /* 0: no limit */
	unsigned line;		  /* where it stands in class.json, for messages */
};

enum seat_role { ROLE_STUDENT, ROLE_TEACHER };

enum password_kind { PASSWORD_NONE, PASSWORD_SHA256, PASSWORD_PBKDF2_SHA512 };

struct password_hash {
	enum password_kind kind;
	unsigned iterations; /* PBKDF2 */
	uint8_t salt[64], hash[64];
	uint8_t salt_len, hash_len;
};

struct seat {
	const char *label;
	const char *host; /* lower case */
	enum seat_role role;
	struct strings client_ids; /* each a client id, or the beginning of one followed by '*' */
	const char *cert_subject;  /* NULL: unknown */
	bool has_cert_sha256;
	uint8_t cert_sha256[POLICY_SHA256];
	const char *user; /* NULL: none */
	struct password_hash password;
	struct strings topics;	   /* MQTT filters; default class/<label>/# */
	enum exercise_id exercise; /* set for this seat's own name; EXERCISE_NONE */
	unsigned line;		   /* in seats.json */
};

struct policy_table; /* opaque: hash tables over the seats */

struct policy {
	const char *domain; /* lower case */
	unsigned tag;	    /* security tag of the class, 24 if unsaid */
	char digest[65];    /* SHA-256 over both files, hex */

	const struct listener *listeners; /* as in class.json */
	size_t listener_count;
	/* One door per exercise, indexed by exercise_id, where class.json gives exercises a port;
	 * `on` says whether it is switched on. NULL where there is no such port. */
	const struct listener *exercise_doors;
	unsigned exercise_port; /* 0: no ports */
	bool exercise_on[EXERCISE_COUNT];

	const struct seat *seats;
	size_t seat_count;
	bool has_roster; /* there was a seats.json */

	unsigned record_max; /* largest TLS record of application data to a device; 0: no limit */
	bool per_listener_settings;
	struct {
		unsigned keep_days;
		unsigned rotate_mb;
	} journal;
	struct {
		uint16_t port; /* 0: no page */
		const char *bind;
	} page;
	struct strings keylog; /* names of listeners whose TLS keys are logged */
	bool has_open, has_deciding;

	struct policy_table *table;
	unsigned holders;
};

/* Reads <dir>/class.json and <dir>/seats.json (no seats.json: no seats) into a new policy with one
 * holder. Returns 0, or -1 with error filled ("class.json:12: ... expected ...") and *out untouched. */
int policy_load(const char *dir, const struct policy **out, struct text *error);

/* The same from memory; seats NULL: no seats. The files' names are used in messages. */
int policy_parse(const char *class_json, size_t class_len, const char *seats_json, size_t seats_len,
		 const struct policy **out, struct text *error);

/* May this Mosquitto run it? 2.0 cannot have `open` beside deciding listeners unless
 * per_listener_settings is true. Returns 0, or -1 with error filled. */
int policy_fits_broker(const struct policy *policy, int major, int minor, struct text *error);

/* Another holder; and one holder less: the last one frees it. NULL is allowed in release. */
const struct policy *policy_hold(const struct policy *policy);
void policy_release(const struct policy *policy);

/* Does any listener decide, so that BASIC_AUTH and ACL_CHECK have to be registered? */
bool policy_decides(const struct policy *policy);

/* The listener of a port, doors of exercises included (those that are off, too); NULL if none. */
const struct listener *policy_listener(const struct policy *policy, unsigned port);
const struct listener *policy_listener_by_name(const struct policy *policy, const char *name);
bool policy_keylog(const struct policy *policy, const struct listener *listener);

/* Seats, each by hash; NULL if none, or if more than one seat has it. Strings come with their
 * length, since peers send any bytes. Host names are compared without case and final dot. */
const struct seat *policy_seat_by_label(const struct policy *policy, const char *s, size_t len);
const struct seat *policy_seat_by_host(const struct policy *policy, const char *s, size_t len);
const struct seat *policy_seat_by_user(const struct policy *policy, const char *s, size_t len);
const struct seat *policy_seat_by_client_id(const struct policy *policy, const char *s, size_t len);
const struct seat *policy_seat_by_cert(const struct policy *policy,
				       const uint8_t sha256[POLICY_SHA256], const char *subject);

/* Is it one of our names on this listener: the domain, one label below it, or one of its `sni`? */
bool policy_name_is_ours(const struct policy *policy, const struct listener *listener,
			 const char *sni, size_t len);

/* The exercise of a visit: the port's, else that of the host name, else that set for the seat whose
 * name it is. Only ones that are switched on. sni NULL: none was sent. Listeners without TLS and open ones
 * have none. */
enum exercise_id policy_exercise(const struct policy *policy, const struct listener *listener,
				 const char *sni, size_t len);

/* May this seat use this client id? A seat without client ids may use any. */
bool seat_allows_client_id(const struct seat *seat, const char *id, size_t len);

/* Matches '#' (a digit) and a final '*'. */
bool client_id_matches(const char *pattern, const char *id, size_t len);

/* Is the password right? Constant time in the hash. */
bool seat_password_is(const struct seat *seat, const void *password, size_t len);

#endif
