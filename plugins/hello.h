/*
 * The ClientHello reader. It takes the bytes of one handshake message, owns nothing, allocates
 * nothing, and keeps pointers into what it was given: they live as long as that buffer does.
 *
 * It reads as far as the bytes make sense. hello_parse() returns 0 for a whole message and a
 * negative value for one that is cut off or contradicts itself; what was read before stays filled.
 */
#ifndef DOORSTEP_HELLO_H
#define DOORSTEP_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A list of big-endian 16-bit numbers, as it lies in the message. */
struct hello_list {
	const uint8_t *p;
	size_t n;
};

struct hello {
	uint16_t legacy_version;
	struct hello_list suites;
	struct hello_list versions; /* supported_versions; empty: only legacy_version counts */
	struct hello_list groups;
	struct hello_list sigalgs;
	const uint8_t *key_shares; /* raw entries: group, length, key */
	size_t key_shares_len;
	const uint8_t *alpn; /* raw entries: length, name */
	size_t alpn_len;
	const uint8_t *extensions; /* raw entries: type, length, data */
	size_t extensions_len;
	const char *sni; /* not NUL-terminated; NULL: none sent */
	size_t sni_len;
	unsigned max_fragment_length; /* bytes, 0: not asked for */
	unsigned record_size_limit;
	bool session_id; /* offers to resume by id */
	bool ticket;	 /* offers to resume by a ticket */
	bool psk;
	bool extended_master_secret;
	bool encrypt_then_mac;
	bool grease;
};

/* msg starts at the handshake header (type 1, 24-bit length). */
int hello_parse(struct hello *h, const uint8_t *msg, size_t len);

/* The two below write a message that hello_parse() reads as it would read the original; room is at
 * least HELLO_ROOM_MIN. They return its length, 0 if there is nothing to be made of msg.
 *
 * hello_condense() leaves out what is not looked at: the bodies of extensions unknown to the reader and
 * the keys of key shares, which is nearly all of a large one. hello_of_v2() reads the ClientHello in the
 * form of SSL 2.0, as old clients send it to offer anything up to TLS 1.2. */
#define HELLO_ROOM_MIN 64
size_t hello_condense(uint8_t *out, size_t room, const uint8_t *msg, size_t len);
size_t hello_of_v2(uint8_t *out, size_t room, const uint8_t *msg, size_t len);

uint16_t hello_at(const struct hello_list *list, size_t i);
bool hello_has(const struct hello_list *list, uint16_t value);

/* Does the device offer TLS 1.3 (by supported_versions)? And the highest version it offers. */
bool hello_offers(const struct hello *h, uint16_t version);
uint16_t hello_highest(const struct hello *h);

/* The next extension's type, or -1 at the end; *pos starts at 0. */
int hello_next_extension(const struct hello *h, size_t *pos);
/* The next key share's group, or -1; the next ALPN name, or NULL. */
int hello_next_share(const struct hello *h, size_t *pos);
const char *hello_next_alpn(const struct hello *h, size_t *pos, size_t *len);

#endif
