/*
 * Who may see what. Without a token everybody is the teacher: that is allowed on loopback only.
 * With one, the teacher has the token and each student a link of their seat, made from it:
 * HMAC-SHA256(token, "seat:<label>"). A student's link is no use for making another.
 */
#ifndef DOORSTEP_WEB_ACCESS_H
#define DOORSTEP_WEB_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#define ACCESS_KEY_LEN	 32 /* of a seat's key and of a cookie's proof: 128 bits in hex */
#define ACCESS_TOKEN_MIN 16

enum audience_role { AUDIENCE_NONE, AUDIENCE_STUDENT, AUDIENCE_TEACHER };

struct audience {
	enum audience_role role;
	char seat[128]; /* of a student */
};

struct access {
	char token[256]; /* "": no token, loopback only */
};

/* Reads the token (one line) from a file that nobody else can read. 0; else -1 with the reason in
 * error. Makes the file, 0600, with a new token if `make` is set and it does not exist. */
int access_load(struct access *a, const char *path, bool make, char *error, size_t size);

/* The key of a seat's link; out has room for ACCESS_KEY_LEN + 1. */
void access_seat_key(const struct access *a, const char *label, char *out);

/* What a browser keeps after it came with the teacher's token or a seat's link. */
void access_cookie(const struct access *a, const struct audience *who, char *out, size_t size);

/* Who is this? Any of the arguments may be NULL: the Authorization header, the Cookie header. */
struct audience access_who(const struct access *a, const char *authorization, const char *cookies);

/* Is this the teacher's token; is this the key of that seat? In constant time. */
bool access_is_token(const struct access *a, const char *token);
bool access_is_seat_key(const struct access *a, const char *label, const char *key);

#endif
