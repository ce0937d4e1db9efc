#include <stdlib.h>
#include <string.h>
#include "peer.h"

enum { CONNECT = 0x10, PUBLISH = 0x30, SUBSCRIBE = 0x82 };
enum {
	FLAG_CLEAN = 2,
	FLAG_WILL = 4,
	FLAG_WILL_QOS3 = 0x18,
	FLAG_PASSWORD = 0x40,
	FLAG_USER = 0x80
};

struct bytes {
	uint8_t *at;
	size_t len, room;
};

static void put(struct bytes *b, const void *from, size_t len)
{
	if (b->len + len > b->room) {
		b->room = (b->len + len) * 2 + 64;
		b->at = realloc(b->at, b->room);
		if (!b->at)
			abort();
	}
	memcpy(b->at + b->len, from, len);
	b->len += len;
}

static void put8(struct bytes *b, unsigned value)
{
	uint8_t byte = (uint8_t)value;

	put(b, &byte, 1);
}

static void put_string(struct bytes *b, const char *from, size_t len)
{
	put8(b, (unsigned)(len >> 8));
	put8(b, (unsigned)(len & 0xff));
	put(b, from, len);
}

static void put_text(struct bytes *b, const char *text)
{
	put_string(b, text, strlen(text));
}

/* Makes a packet out of its first byte and its body. */
static void packet(struct bytes *out, unsigned first, const struct bytes *body)
{
	size_t left = body->len;

	put8(out, first);
	do {
		put8(out, (unsigned)(left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		left >>= 7;
	} while (left);
	put(out, body->at, body->len);
}

/* What a CONNECT is made of: changed before it is written. */
struct connect {
	const char *name;
	unsigned level, flags;
	const char *will_topic;
	const char *id;
	size_t id_len;
	const char *user;
};

static void write_connect(struct bytes *out, const struct options *opt, const struct connect *c)
{
	struct bytes body = {0};

	put_text(&body, c->name);
	put8(&body, c->level);
	put8(&body, c->flags);
	put8(&body, opt->keepalive >> 8);
	put8(&body, opt->keepalive & 0xff);
	if (opt->mqtt == 5)
		put8(&body, 0);
	put_string(&body, c->id, c->id_len);
	if (c->flags & FLAG_WILL) {
		if (opt->mqtt == 5)
			put8(&body, 0);
		put_text(&body, c->will_topic);
		put_text(&body, "gone");
	}
	if (c->flags & FLAG_USER)
		put_text(&body, c->user ? c->user : "");
	if (c->flags & FLAG_PASSWORD)
		put_text(&body, opt->password ? opt->password : "");
	packet(out, CONNECT, &body);
	free(body.at);
}

static struct connect good(const struct options *opt)
{
	struct connect c = {.name = opt->mqtt == 3 ? "MQIsdp" : "MQTT",
			    .level = (unsigned)opt->mqtt,
			    .flags = opt->resume_session ? 0 : FLAG_CLEAN,
			    .will_topic = "peer/will",
			    .id = opt->client_id,
			    .id_len = strlen(opt->client_id),
			    .user = opt->user};

	if (opt->user)
		c.flags |= FLAG_USER;
	if (opt->password)
		c.flags |= FLAG_PASSWORD;
	return c;
}

static void say_connect(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	write_connect(out, opt, &c);
}

static void say_half(struct bytes *out, const struct options *opt)
{
	say_connect(out, opt);
	out->len /= 2;
}

static void say_bad_name(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.name = "MQTX";
	write_connect(out, opt, &c);
}

static void say_bad_level(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.level = 9;
	write_connect(out, opt, &c);
}

static void say_reserved(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.flags |= 1;
	write_connect(out, opt, &c);
}

static void say_will_qos3(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.flags |= FLAG_WILL | FLAG_WILL_QOS3;
	write_connect(out, opt, &c);
}

static void say_will_topic(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.flags |= FLAG_WILL;
	c.will_topic = "a/#/b";
	write_connect(out, opt, &c);
}

static void say_bad_utf8(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.id = "bad\xc3\x28\xff";
	c.id_len = strlen(c.id);
	write_connect(out, opt, &c);
}

static void say_nul(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.id = "nul\0id";
	c.id_len = 6;
	write_connect(out, opt, &c);
}

static void say_password_alone(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.flags = FLAG_CLEAN | FLAG_PASSWORD;
	write_connect(out, opt, &c);
}

static void say_empty_id(struct bytes *out, const struct options *opt)
{
	struct connect c = good(opt);

	c.id_len = 0;
	c.flags &= ~(unsigned)FLAG_CLEAN;
	write_connect(out, opt, &c);
}

static void say_short(struct bytes *out, const struct options *opt)
{
	say_connect(out, opt);
	out->at[1] = 12; /* the packet ends inside the client id */
	out->len = 14;
}

static void say_overlong(struct bytes *out, const struct options *opt)
{
	(void)opt;
	put(out, "\x10\xff\xff\xff\xff\xff\xff", 7);
}

static void say_http(struct bytes *out, const struct options *opt)
{
	(void)opt;
	put(out, "GET / HTTP/1.1\r\nHost: broker\r\n\r\n", 32);
}

static void say_garbage(struct bytes *out, const struct options *opt)
{
	unsigned i;

	(void)opt;
	for (i = 0; i < 64; i++)
		put8(out, 0xf7 ^ (i * 37));
}

static void say_publish(struct bytes *out, const struct options *opt)
{
	uint8_t *at;
	size_t len = mqtt_publish(opt, "peer/early", 5, &at);

	put(out, at, len);
	free(at);
}

static void say_ping(struct bytes *out, const struct options *opt)
{
	(void)opt;
	put(out, "\xc0\x00", 2);
}

static void say_tls_hello(struct bytes *out, const struct options *opt)
{
	(void)opt;
	put(out, "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03", 11);
	while (out->len < 52)
		put8(out, 0);
}

static void say_bytes3(struct bytes *out, const struct options *opt)
{
	(void)opt;
	put(out, "\x16\x03\x01", 3);
}

static void say_disconnect(struct bytes *out, const struct options *opt)
{
	(void)opt;
	put(out, "\xe0\x00", 2);
}

static const struct {
	const char *name;
	void (*say)(struct bytes *, const struct options *);
} kinds[] = {
	{"connect", say_connect},
	{"half", say_half},
	{"bad-name", say_bad_name},
	{"bad-level", say_bad_level},
	{"reserved-flag", say_reserved},
	{"will-qos3", say_will_qos3},
	{"will-topic", say_will_topic},
	{"bad-utf8", say_bad_utf8},
	{"nul", say_nul},
	{"password-alone", say_password_alone},
	{"empty-id", say_empty_id},
	{"short", say_short},
	{"overlong", say_overlong},
	{"http", say_http},
	{"garbage", say_garbage},
	{"publish", say_publish},
	{"ping", say_ping},
	{"tls-hello", say_tls_hello},
	{"three-bytes", say_bytes3},
	{"disconnect", say_disconnect},
};

void mqtt_kinds(FILE *to)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		fprintf(to, " %s", kinds[i].name);
	fprintf(to, " hex:BYTES\n");
}

static size_t say_hex(const char *hex, struct bytes *out)
{
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1 && hex[1]; hex += 2)
		put8(out, byte);
	return out->len;
}

size_t mqtt_say(const struct options *opt, const char *kind, uint8_t **to)
{
	struct bytes out = {0};
	size_t i;

	if (!strncmp(kind, "hex:", 4)) {
		say_hex(kind + 4, &out);
	} else {
		for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
			if (!strcmp(kinds[i].name, kind))
				kinds[i].say(&out, opt);
		}
	}
	*to = out.at;
	return out.len;
}

size_t mqtt_publish(const struct options *opt, const char *topic, size_t payload, uint8_t **to)
{
	struct bytes body = {0}, out = {0};

	put_text(&body, topic);
	if (opt->mqtt == 5)
		put8(&body, 0);
	while (payload--)
		put8(&body, 'a' + (unsigned)(payload % 26));
	packet(&out, PUBLISH, &body);
	free(body.at);
	*to = out.at;
	return out.len;
}

size_t mqtt_subscribe(const struct options *opt, const char *topic, uint8_t **to)
{
	struct bytes body = {0}, out = {0};

	put(&body, "\0\1", 2);
	if (opt->mqtt == 5)
		put8(&body, 0);
	put_text(&body, topic);
	put8(&body, 0);
	packet(&out, SUBSCRIBE, &body);
	free(body.at);
	*to = out.at;
	return out.len;
}
