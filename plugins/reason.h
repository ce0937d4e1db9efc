/*
 * The catalogue: every reason that Doorstep can give, in one table (reasons.def).
 *
 * A reason has a stable code ("name-mismatch"), a kind (how it may be used), a title, a one-line
 * explanation with observed values in it, what happened at length, what the board shows, the
 * likely causes in order, and the fix as commands. Nothing else in the project spells a reason out.
 */
#ifndef DOORSTEP_REASON_H
#define DOORSTEP_REASON_H

#include <stddef.h>
#include "text.h"

enum reason_kind {
	REASON_KIND_REJECT, /* why a visit was turned away */
	REASON_KIND_DENIAL, /* a refusal inside an accepted session */
	REASON_KIND_END,    /* how an accepted session ended */
	REASON_KIND_MARK,   /* a remark beside a verdict, never a refusal */
	REASON_KIND_DEVICE, /* only the board sees it: never in a journal */
};

/* How sure we are, shown with every claim about boards and causes. */
enum basis {
	BASIS_KNOWN,	/* read in code or official documents, or measured by us */
	BASIS_REPORTED, /* somebody saw it and said so */
	BASIS_ASSUMED,	/* follows from the above; nobody has seen it */
};

/* What an nRF91 application prints. err is today's number (negative, 0: none), err_old the number
 * before NCS 1.6 where it differs (else 0). */
struct symptom {
	int err;
	int err_old;
	const char *text;
	enum basis basis;
	const char *source;
};

struct cause {
	const char *text;
	enum basis basis;
	const char *source;
};

/*
 * Templates (says, fix) hold {placeholders}: in `says` values observed in the visit, in `fix` the
 * class's own. A part in [square brackets] is left out as a whole when a value in it was not seen;
 * outside of brackets an unseen value stays as <name>. Each X(name, what it is) below; a template
 * uses no other names (a test sees to it).
 */
#define REASON_SAYS_VALUES(X)                                                     \
	X("peer", "address:port")                                                 \
	X("listener", "the listener's name")                                      \
	X("port", "its port")                                                     \
	X("stage", "how far it got")                                              \
	X("ms", "milliseconds from accept to verdict; of an end: of the session") \
	X("seat", "the seat's label")                                             \
	X("sni", "the host name that was asked for")                              \
	X("sni_strange", "the same, where our certificate does not hold it")      \
	X("names", "the names in our certificate, with commas")                   \
	X("key", "the key of our certificate: P-384, RSA-2048")                   \
	X("not_before", "our certificate's first day")                            \
	X("not_after", "our certificate's last day")                              \
	X("begins", "its first day, where that is to come")                       \
	X("ended", "its last day, where that is past")                            \
	X("chain_bytes", "bytes of the Certificate message that we sent")         \
	X("bytes_in", "bytes that came")                                          \
	X("alert", "code and name: 48 unknown_ca")                                \
	X("error", "OpenSSL's reason")                                            \
	X("spoke", "what came instead of TLS: mqtt, http, other")                 \
	X("first_bytes", "in hex")                                                \
	X("versions", "offered, with commas")                                     \
	X("ciphers", "offered, by number")                                        \
	X("groups", "offered")                                                    \
	X("sigalgs", "offered")                                                   \
	X("version", "the negotiated TLS version")                                \
	X("cert_subject", "the client certificate's subject")                     \
	X("cert_issuer", "its issuer")                                            \
	X("cert_not_before", "its first day")                                     \
	X("cert_not_after", "its last day")                                       \
	X("verify", "the verification error and its depth")                       \
	X("client_id", "the MQTT client id")                                      \
	X("client", "the MQTT client id, the address where it was not seen")      \
	X("user", "the user name without its query string")                       \
	X("keepalive", "seconds")                                                 \
	X("mqtt_version", "3.1, 3.1.1, 5")                                        \
	X("connack", "the CONNACK code that was seen")                            \
	X("topic", "of the denied publish or subscribe")                          \
	X("log", "the broker's own log line that told it")                        \
	X("expected", "what the policy expects instead")                          \
	X("last_good", "time of the seat's last visit with a certificate")        \
	X("other_peer", "where the same client id was before")                    \
	X("exercise", "the exercise's name")

#define REASON_FIX_VALUES(X)                                                   \
	X("tag", "the security tag")                                           \
	X("host", "the name that the device should ask for")                   \
	X("port", "the listener's port")                                       \
	X("hash", "SHA-256 of the class certificate as AT%CMNG=1 shows it")    \
	X("hash_trimmed", "the same for the text without its final newline")   \
	X("class", "the class directory")                                      \
	X("domain", "the class's domain")                                      \
	X("seat", "the seat's label")                                          \
	X("client_id", "the client id of the visit")                           \
	X("id", "the visit's id")                                              \
	X("ca-cert.pem", "text of that file of the seat's public bundle")      \
	X("client-cert.pem", "text of that file of the seat's private bundle") \
	X("private-key.pem", "never filled in; stays as <private-key.pem>")

struct reason {
	const char *id; /* C identifier, upper case: REASON_<id> */
	const char *code;
	enum reason_kind kind;
	const char *title;
	const char *says;
	const char *what;
	const struct symptom *board; /* ends with text == NULL */
	const struct cause *causes;  /* ends with text == NULL */
	const char *const *fix; /* ends with NULL; a line that starts with "$ " is a shell command,
	                              * with "AT" a modem command, else prose */
};

enum reason_id {
	REASON_NONE = 0,
#define REASON(id, ...) REASON_##id,
#include "reasons.def"
#undef REASON
	REASON_COUNT
};

/* The entry of an id; NULL for REASON_NONE and anything out of range. */
const struct reason *reason_get(enum reason_id id);

/* The id of a code ("name-mismatch"); REASON_NONE if there is no such code. */
enum reason_id reason_by_code(const char *code);

/* Calls visit for each reason one of whose symptoms has this errno (either numbering, sign
 * ignored); returns how many. */
size_t reason_by_errno(int err, void (*each)(enum reason_id, const struct symptom *, void *),
		       void *arg);

const char *basis_name(enum basis basis);
const char *reason_kind_name(enum reason_kind kind);

/* The value of a placeholder, or NULL if it was not seen. */
typedef const char *(*reason_value)(const char *name, void *arg);

/* Appends template with its placeholders filled in. One without a value becomes <name>; within
 * [brackets] it takes the whole part away. */
void reason_fill(struct text *out, const char *template, reason_value value, void *arg);

#endif
