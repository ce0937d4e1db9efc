#include "roster.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *tile_state_name(enum tile_state state)
{
	static const char *const names[] = {"waiting", "door", "in", "away", "left"};

	return names[state];
}

static bool inside(uint32_t ip, uint32_t net, int bits)
{
	return (ip ^ net) >> (32 - bits) == 0;
}

bool address_is_local(const char *address)
{
	static const struct {
		uint32_t net;
		int bits;
	} v4[] = {{0x7f000000, 8},
		  {0x0a000000, 8},
		  {0xac100000, 12},
		  {0xc0a80000, 16},
		  {0xa9fe0000, 16},
		  {0x64400000, 10},
		  {0, 8}};
	struct in_addr a4;
	struct in6_addr a6;

	if (strncasecmp(address, "::ffff:", 7) == 0)
		address += 7;
	if (inet_pton(AF_INET, address, &a4) == 1) {
		for (size_t i = 0; i < sizeof(v4) / sizeof(*v4); i++)
			if (inside(ntohl(a4.s_addr), v4[i].net, v4[i].bits))
				return true;
		return false;
	}
	if (inet_pton(AF_INET6, address, &a6) != 1)
		return true; /* no address: no proof of anything */
	return IN6_IS_ADDR_LOOPBACK(&a6) || IN6_IS_ADDR_LINKLOCAL(&a6) ||
	       IN6_IS_ADDR_UNSPECIFIED(&a6) || (a6.s6_addr[0] & 0xfe) == 0xfc;
}

void roster_init(struct roster *ro)
{
	*ro = (struct roster){0};
}

void roster_free(struct roster *ro)
{
	for (size_t i = 0; i < ro->count; i++)
		free(ro->tiles[i].good);
	free(ro->tiles);
	*ro = (struct roster){0};
}

struct tile *roster_find(struct roster *ro, const char *key)
{
	for (size_t i = 0; i < ro->count; i++)
		if (strcmp(ro->tiles[i].key, key) == 0)
			return &ro->tiles[i];
	return NULL;
}

struct tile *roster_seat(struct roster *ro, const char *label)
{
	char key[sizeof(((struct tile *)0)->key)];

	snprintf(key, sizeof(key), "s:%s", label);
	return roster_find(ro, key);
}

/* Of a name that is too long, as many whole characters as there is room for. */
static void put_key(char *out, size_t size, char kind, const char *name)
{
	size_t n = strlen(name);

	if (n > size - 3)
		for (n = size - 3; n && (name[n] & 0xc0) == 0x80;)
			n--;
	snprintf(out, size, "%c:%.*s", kind, (int)n, name);
}

void roster_key(const struct record *r, char *out, size_t size)
{
	char address[80];

	if (*r->seat) {
		put_key(out, size, 's', r->seat);
	} else if (*r->client_id) {
		put_key(out, size, 'c', r->client_id);
	} else {
		record_address(r->peer, address, sizeof(address));
		snprintf(out, size, "%s%s", *address ? "a:" : "", address);
	}
}

static void tile_remove(struct roster *ro, size_t i)
{
	free(ro->tiles[i].good);
	ro->tiles[i] = ro->tiles[--ro->count];
	/* names point into their own tile */
	if (i < ro->count)
		ro->tiles[i].name = ro->tiles[i].key + 2;
}

static void forget_a_stranger(struct roster *ro, const char *but)
{
	size_t strangers = 0, oldest = ro->count;

	for (size_t i = 0; i < ro->count; i++) {
		if (ro->tiles[i].expected)
			continue;
		strangers++;
		if (strcmp(ro->tiles[i].key, but) == 0)
			continue;
		if (oldest == ro->count || ro->tiles[i].t < ro->tiles[oldest].t)
			oldest = i;
	}
	if (strangers > ROSTER_STRANGERS && oldest < ro->count)
		tile_remove(ro, oldest);
}

static struct tile *tile_get(struct roster *ro, const char *key)
{
	struct tile *t = roster_find(ro, key);

	if (t)
		return t;
	if (ro->count == ro->size) {
		size_t size = ro->size ? ro->size * 2 : 64;
		struct tile *more = realloc(ro->tiles, size * sizeof(*more));

		if (!more)
			return NULL;
		ro->tiles = more;
		ro->size = size;
		for (size_t i = 0; i < ro->count; i++)
			ro->tiles[i].name = ro->tiles[i].key + 2;
	}
	t = &ro->tiles[ro->count++];
	*t = (struct tile){0};
	snprintf(t->key, sizeof(t->key), "%s", key);
	t->name = t->key + 2;
	return t;
}

void roster_expect_none(struct roster *ro)
{
	for (size_t i = 0; i < ro->count; i++)
		ro->tiles[i].expected = false;
}

bool roster_expect(struct roster *ro, const char *label, const char *host, const char *role,
		   const char *client_ids)
{
	char key[sizeof(((struct tile *)0)->key)];
	struct tile *t;

	snprintf(key, sizeof(key), "s:%s", label);
	t = tile_get(ro, key);
	if (!t)
		return false;
	t->expected = true;
	snprintf(t->host, sizeof(t->host), "%s", host);
	snprintf(t->role, sizeof(t->role), "%s", role);
	snprintf(t->client_ids, sizeof(t->client_ids), "%s", client_ids);
	return true;
}

void roster_expect_done(struct roster *ro)
{
	for (size_t i = 0; i < ro->count;)
		if (!ro->tiles[i].expected && ro->tiles[i].t == 0)
			tile_remove(ro, i);
		else
			i++;
}

void roster_unhear(struct roster *ro)
{
	for (size_t i = 0; i < ro->count;) {
		struct tile *t = &ro->tiles[i];

		free(t->good);
		t->good = NULL;
		t->good_t = 0;
		t->state = TILE_WAITING;
		t->t = 0;
		t->seq = t->accepted = t->rejected = t->denied = 0;
		t->id[0] = t->run[0] = t->broker[0] = t->reason[0] = '\0';
		t->client_id[0] = t->address[0] = '\0';
		if (t->expected)
			i++;
		else
			tile_remove(ro, i);
	}
	ro->visits = 0;
}

static void keep_good(struct tile *t, const struct record *r)
{
	char *copy;

	if (r->t < t->good_t)
		return;
	copy = malloc(r->len + 1);
	if (!copy)
		return;
	memcpy(copy, r->line, r->len + 1);
	free(t->good);
	t->good = copy;
	t->good_len = r->len;
	t->good_t = r->t;
}

static void remember(struct tile *t)
{
	t->before = (struct tile_before){.state = t->state, .t = t->t, .seq = t->seq};
	memcpy(t->before.id, t->id, sizeof(t->id));
	memcpy(t->before.run, t->run, sizeof(t->run));
	memcpy(t->before.reason, t->reason, sizeof(t->reason));
}

static void recall(struct tile *t)
{
	t->state = t->before.state;
	t->t = t->before.t;
	t->seq = t->before.seq;
	memcpy(t->id, t->before.id, sizeof(t->id));
	memcpy(t->run, t->before.run, sizeof(t->run));
	memcpy(t->reason, t->before.reason, sizeof(t->reason));
}

static void see(struct tile *t, const struct record *r, enum tile_state state)
{
	if (state == TILE_DOOR && t->state != TILE_DOOR)
		remember(t);
	t->state = state;
	t->t = r->t;
	t->seq = r->seq;
	snprintf(t->broker, sizeof(t->broker), "%s", r->broker);
	snprintf(t->reason, sizeof(t->reason), "%s", r->reason);
	snprintf(t->run, sizeof(t->run), "%s", r->run);
	if (*r->id)
		snprintf(t->id, sizeof(t->id), "%s", r->id);
	if (*r->client_id)
		snprintf(t->client_id, sizeof(t->client_id), "%s", r->client_id);
	if (*r->peer)
		record_address(r->peer, t->address, sizeof(t->address));
}

/* Within a run the order is the broker's own: clocks are set, and have milliseconds only. */
static bool is_newer(const struct record *r, const struct tile *t)
{
	return *r->run && strcmp(r->run, t->run) == 0 ? r->seq >= t->seq : r->t >= t->t;
}

/* A broker began or ended a life: nobody whom an earlier life saw is in or at the door now. */
static void new_life(struct roster *ro, const struct record *r)
{
	for (size_t i = 0; i < ro->count; i++) {
		struct tile *t = &ro->tiles[i];

		if (strncmp(t->broker, r->broker, sizeof(t->broker) - 1) != 0)
			continue;
		if (t->t > r->t || (r->kind == LINE_START && strcmp(t->run, r->run) == 0))
			continue;
		if (r->kind == LINE_STOP && strcmp(t->run, r->run) != 0)
			continue;
		if (t->state == TILE_IN || t->state == TILE_DOOR) {
			t->state = TILE_LEFT;
			t->reason[0] = '\0';
		}
	}
}

/* A visit that began under one key got its verdict under another: the tile is what it was
 * before; `left` is its key. */
static void leave_the_door(struct roster *ro, const struct record *r, const char *key,
			   char left[static sizeof(((struct tile *)0)->key)])
{
	for (size_t i = 0; i < ro->count; i++) {
		struct tile *t = &ro->tiles[i];

		if (t->state != TILE_DOOR || strcmp(t->id, r->id) != 0 || strcmp(t->key, key) == 0)
			continue;
		recall(t);
		memcpy(left, t->key, sizeof(t->key));
	}
}

static void count(struct tile *t, const struct record *r)
{
	switch (r->kind) {
	case LINE_VISIT:
		*(r->accepted ? &t->accepted : &t->rejected) += 1;
		if (r->accepted)
			keep_good(t, r);
		break;
	case LINE_FLOOD:
		t->rejected += r->count;
		break;
	case LINE_DENIAL:
		t->denied++;
		break;
	default:
		break;
	}
}

struct tile *roster_apply(struct roster *ro, const struct record *r, struct tile **other)
{
	static const enum tile_state states[] = {
		[LINE_BEGIN] = TILE_DOOR,
		[LINE_DENIAL] = TILE_IN,
		[LINE_END] = TILE_LEFT,
		[LINE_FLOOD] = TILE_AWAY,
	};
	char key[sizeof(((struct tile *)0)->key)], left[sizeof(key)] = "", address[80];
	struct tile *t;

	*other = NULL;
	if (r->kind == LINE_START || r->kind == LINE_STOP) {
		new_life(ro, r);
		return NULL;
	}
	if (r->kind == LINE_OTHER || r->kind == LINE_LOST)
		return NULL;
	if (*r->peer) {
		record_address(r->peer, address, sizeof(address));
		if (!address_is_local(address))
			ro->outside = true;
	}
	if (r->kind == LINE_VISIT)
		ro->visits++;
	roster_key(r, key, sizeof(key));
	if (!*key)
		return NULL;
	t = tile_get(ro, key);
	if (!t)
		return NULL;
	if (r->kind == LINE_VISIT)
		leave_the_door(ro, r, key, left);
	count(t, r);
	if (is_newer(r, t)) {
		/* what a session says counts while nothing newer than that session is known */
		bool session = r->kind == LINE_DENIAL || r->kind == LINE_END;

		if (!session || !*t->id || strcmp(t->id, r->id) == 0)
			see(t, r,
			    r->kind == LINE_VISIT ? (r->accepted ? TILE_IN : TILE_AWAY)
						  : states[r->kind]);
	}
	if (!t->expected) {
		forget_a_stranger(ro, key);
		t = roster_find(ro, key);
	}
	*other = *left ? roster_find(ro, left) : NULL;
	return t;
}
