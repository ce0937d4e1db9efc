/*
 * The rules: who gets in. Each profile is a table of rules; a rule is a question about the facts of
 * a visit, with a reason of its own in the catalogue. Pure: a struct in, a judgement out; no broker,
 * no TLS, no clock of its own.
 */
#ifndef DOORSTEP_RULES_H
#define DOORSTEP_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy.h"
#include "reason.h"

/* How a seat was found; in the order of seats_resolve(). */
enum seat_by {
	SEAT_BY_NONE,
	SEAT_BY_SNI,
	SEAT_BY_CERTIFICATE,
	SEAT_BY_CLIENT_ID,
	SEAT_BY_USER,
	SEAT_BY_ADDRESS,
};

enum login { LOGIN_UNCHECKED, LOGIN_RIGHT, LOGIN_WRONG, LOGIN_TOO_OFTEN };

/* The session's client certificate, a resumed session's as well: rules judge it at each CONNECT. */
struct client_cert {
	bool present;
	const char *subject; /* as RFC 2253 writes it */
	const char *cn;	     /* "" if there is none */
	uint8_t sha256[POLICY_SHA256];
	bool is_ca;	    /* by BasicConstraints, whatever OpenSSL said */
	bool trusted;	    /* its chain leads to the listener's client_ca */
	bool wrong_purpose; /* it is not for clients */
	int revocation; /* what the listener's lists say, as X509_V_...; 0: nothing against it */
	int64_t not_before, not_after;
};

/* What is known of a visit at CONNECT. Strings come with their length: peers send any bytes. */
struct facts {
	const struct policy *policy;
	const struct listener *listener;
	int64_t now;	 /* seconds since 1970 */
	const char *sni; /* NULL: none was sent */
	size_t sni_len;
	struct client_cert cert;
	const char *client_id;
	size_t client_id_len;
	const char *user; /* NULL: none */
	size_t user_len;
	bool has_password;
	enum login login;
	bool cert_was_here; /* a last good visit of this seat had a certificate, and the seat is
				  * known by SNI or by an address of its own (seats_lastgood.h) */
	const struct seat *seat; /* seats_resolve()'s answer; NULL: unknown */
	enum seat_by seat_by;
};

enum judge { JUDGE_ACCEPT, JUDGE_REFUSE, JUDGE_CLOSE };

#define JUDGEMENT_MARKS 4

struct judgement {
	enum judge judge;      /* JUDGE_REFUSE: CONNACK 5; JUDGE_CLOSE: a silent close */
	enum reason_id reason; /* REASON_NONE if accepted */
	enum reason_id marks[JUDGEMENT_MARKS];
	size_t mark_count;
	char expected[160]; /* what would have been right; "" where nothing more can be said */
};

struct profile_rule {
	const char *name; /* for the tests and their messages */
	enum reason_id reason;
	enum judge judge; /* what breaking it leads to; JUDGE_ACCEPT: only a mark */
	bool (*broken)(const struct facts *f);
	void (*expects)(const struct facts *f, char *out, size_t size); /* NULL: nothing to say */
};

struct profile_rules {
	const struct profile_rule *rules;
	size_t count;
};

/* The table of a profile; `open` has none. */
struct profile_rules profile_rules(enum profile_id profile);

/* The judgement by the listener's profile: the first broken rule that refuses, and every mark. */
struct judgement rules_judge(const struct facts *f);

/* Whose topics the client has once it is let in: where the profile asks for a login or a certificate, the
 * seat of that, whatever host name was asked for; elsewhere the seat that it says it is. */
const struct seat *rules_owner(const struct facts *f);

/* Does the profile check passwords? Then login has to be filled in before. */
bool rules_need_login(enum profile_id profile);

/* ---- topics ---- */

enum acl { ACL_READ, ACL_WRITE, ACL_SUBSCRIBE };

/*
 * May a client do this with a topic (a filter for ACL_SUBSCRIBE)? Nobody writes doorstep/# or
 * $SYS/#; only the plain loopback listener and teachers read them. class/<label>/# is that seat's own,
 * for others only where their `topics` say so; teachers and the loopback listener see all. $CONTROL/#,
 * where other plugins are commanded, is the loopback listener's alone. All else is free. A wide filter
 * (#, class/+/x) is granted, and each message is judged when it is read.
 * Returns REASON_NONE, REASON_PUBLISH_DENIED or REASON_SUBSCRIBE_DENIED (for reading as well).
 */
enum reason_id rules_topic(const struct listener *listener, const struct seat *seat, enum acl acl,
			   const char *topic);

/* Is it the door's own topic, doorstep or one below it (or a filter that names these)? */
bool topic_is_doorstep(enum acl acl, const char *topic);

/* Is it this machine's own, by its text? NULL is not. */
bool address_is_loopback(const char *address);

/* The listener that stands for the teacher's own machine: no TLS, bound to a loopback address. */
bool listener_is_loopback(const struct listener *listener);

/* ---- azure's user name: <host>/<device>/?api-version=... ---- */

struct azure_user {
	const char *host, *device, *api_version; /* into the user name; NULL where it is missing */
	size_t host_len, device_len, api_version_len;
	bool formed; /* host, device and a query are there */
};

struct azure_user azure_user_read(const char *user, size_t len);

#endif
