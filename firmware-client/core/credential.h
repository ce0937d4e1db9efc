/*
 * What the modem holds under a security tag, read from `AT%CMNG=1,<tag>`, which gives a digest for
 * each item. Nothing here asks for a credential's text: reading back one of more than 4,096 bytes
 * crashes the modem (field report 4), and its digest says as much.
 */
#ifndef DOORSTEP_CREDENTIAL_H
#define DOORSTEP_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREDENTIAL_DIGEST_BYTES 32

/* The modem's own numbers. */
enum credential_type {
	CREDENTIAL_CA,
	CREDENTIAL_CERT,
	CREDENTIAL_KEY,
	CREDENTIAL_TYPES, /* those that a TLS connection with certificates needs */
};

enum credential_state {
	CREDENTIAL_UNKNOWN, /* not looked at, or the modem did not say */
	CREDENTIAL_ABSENT,
	CREDENTIAL_PRESENT, /* stored; nothing to compare with, or a firmware without real digests */
	CREDENTIAL_SAME,    /* its digest is one of those expected */
	CREDENTIAL_OTHER,   /* its digest is another one */
};

struct credential {
	enum credential_state state;
	bool digest_known;
	uint8_t digest[CREDENTIAL_DIGEST_BYTES];
};

/* Two digests are right for one file: tools trim its final newline, firmware may not. */
struct credential_expected {
	bool set;
	uint8_t with_newline[CREDENTIAL_DIGEST_BYTES];
	uint8_t without_newline[CREDENTIAL_DIGEST_BYTES];
};

struct tag {
	uint32_t number;
	bool checked;
	struct credential items[CREDENTIAL_TYPES];
};

/*
 * Reads the answer to `AT%CMNG=1,<number>`. Lines for other tags and types are passed over; a type
 * without a line is absent. An answer that cannot be one at all (a line that begins with %CMNG: and
 * goes on otherwise) leaves the tag unchecked and gives -1.
 */
int tag_read(struct tag *tag, uint32_t number, const char *answer);

/* Compares what was read with what this firmware carries. */
void tag_compare(struct tag *tag, enum credential_type type,
		 const struct credential_expected *expected);

/* "CA certificate", "client certificate", "client key". */
const char *credential_name(enum credential_type type);

/* 64 hex digits in either case; false if it isn't that. */
bool digest_parse(uint8_t digest[CREDENTIAL_DIGEST_BYTES], const char *hex, size_t len);

#endif
