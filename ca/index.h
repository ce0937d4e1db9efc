/*
 * The CA's own book, <class>/ca/index: one line an event, appended and synced before the
 * certificates of that event get their names, so that no serial is ever lost. Fields are separated
 * by tabs:
 *
 *	issued	TIME	SERIAL	NOT-AFTER	KIND	NAME	ISSUER	SHA256	SUBJECT
 *	revoked	TIME	SERIAL	REASON
 *
 * A line without its end, which a crash can leave, was never answered for and is cut off by the
 * next writer.
 */
#ifndef DOORSTEP_INDEX_H
#define DOORSTEP_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/x509.h>
#include "fault.h"
#include "text.h"

#define INDEX_FILE "ca/index"
#define INDEX_MAX  (512U << 20)

struct index_entry {
	int64_t issued;
	const char *serial; /* hex, upper case */
	int64_t not_after;
	const char *kind;   /* server, root, device, web, exercise, signed */
	const char *name;   /* of the files under certs/, without .pem */
	const char *issuer; /* the same, of the issuer; "-": itself */
	const char *sha256; /* of the DER, hex */
	const char *subject;
	int64_t revoked; /* 0: not revoked */
	const char *reason;
	bool replaced; /* a later entry of the name took its place */
};

struct index_book {
	struct text file; /* the entries point into it */
	struct index_entry *entries;
	struct index_entry **by_serial; /* all entries, in that order */
	size_t count;
	size_t whole; /* length of the file up to its last whole line */
};

/* Reads the book; a missing one is empty. Lines of an unknown kind are refused with their number. */
int index_read(struct index_book *book, int dir, struct fault *fault);
void index_free(struct index_book *book);

/* The newest entry of a name, or of a serial; NULL if there is none. */
const struct index_entry *index_by_name(const struct index_book *book, const char *name);
const struct index_entry *index_by_serial(const struct index_book *book, const char *serial);

/* Adds the line of an event to lines. */
void index_add_issued(struct text *lines, X509 *cert, const char *kind, const char *name,
		      const char *issuer, int64_t now);
void index_add_revoked(struct text *lines, const char *serial, const char *reason, int64_t now);

/* Whether the book can be read, and no new line gives out a number that another certificate has: said before
 * anything is written. */
int index_check(int dir, const struct text *lines, struct fault *fault);

/* Appends lines to the file in one write and syncs it; a torn line at its end is cut off first.
 * Call it with the store's lock held. */
int index_append(int dir, const struct text *lines, struct fault *fault);

#endif
