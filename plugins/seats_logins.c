#include "seats_impl.h"

#include <stdlib.h>
#include <string.h>

/* A failure counts for the user at that address, for the address, and for the user. */
enum count_of { OF_PAIR, OF_ADDRESS, OF_USER, COUNTS };

static const unsigned limits[COUNTS] = {
	[OF_PAIR] = LOGIN_FAILURES_PAIR,
	[OF_ADDRESS] = LOGIN_FAILURES_ADDRESS,
	[OF_USER] = LOGIN_FAILURES_USER,
};

#define KEY_USER_MAX 255

struct key {
	char bytes[2 + ADDRESS_LEN + KEY_USER_MAX];
	size_t len;
};

static struct key key_of(enum count_of of, const char *user, size_t user_len, const char *address)
{
	struct key k = {.bytes = {(char)('0' + of)}, .len = 1};
	size_t n = strlen(address);

	if (of != OF_USER && n < ADDRESS_LEN) {
		memcpy(k.bytes + k.len, address, n);
		k.len += n;
	}
	k.bytes[k.len++] = ' ';
	if (user_len > KEY_USER_MAX)
		user_len = KEY_USER_MAX;
	if (of != OF_ADDRESS && user_len) {
		memcpy(k.bytes + k.len, user, user_len);
		k.len += user_len;
	}
	return k;
}

static unsigned failures_of(const struct seats *seats, enum count_of of, const char *user,
			    size_t user_len, const char *address, int64_t now)
{
	struct key k = key_of(of, user, user_len, address);
	const struct failures *f = memory_find(seats->failures, k.bytes, k.len);

	return f && now - f->since < LOGIN_WINDOW ? f->count : 0;
}

bool seats_login_limited(const struct seats *seats, const char *user, size_t user_len,
			 const char *address, int64_t now)
{
	if (user && failures_of(seats, OF_PAIR, user, user_len, address, now) == 0)
		return false;
	for (int i = 0; i < COUNTS; i++) {
		if (!user && i != OF_ADDRESS)
			continue;
		if (failures_of(seats, (enum count_of)i, user, user_len, address, now) >= limits[i])
			return true;
	}
	return false;
}

static void failure_note(struct seats *seats, enum count_of of, const char *user, size_t user_len,
			 const char *address, int64_t now)
{
	struct key k = key_of(of, user, user_len, address);
	struct failures *f = memory_put(seats->failures, k.bytes, k.len, now);

	if (!f)
		return;
	if (f->count == 0 || now - f->since >= LOGIN_WINDOW)
		*f = (struct failures){.since = now};
	f->count++;
}

void seats_login_failed(struct seats *seats, const char *user, size_t user_len, const char *address,
			int64_t now)
{
	failure_note(seats, OF_ADDRESS, user, user_len, address, now);
	/* names that are made up would push out those of seats */
	if (!user)
		return;
	failure_note(seats, OF_PAIR, user, user_len, address, now);
	failure_note(seats, OF_USER, user, user_len, address, now);
}

void seats_login_right(struct seats *seats, const char *user, size_t user_len, const char *address)
{
	struct key k = key_of(OF_PAIR, user, user_len, address);

	memory_drop(seats->failures, k.bytes, k.len);
}
