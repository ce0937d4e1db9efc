#include "brokerlog.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define LINE_MAX_OF_BROKER 999 /* longer ones it cuts off there, time stamp included */

struct span {
	const char *p;
	size_t n;
};

static bool skip(struct span *s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (s->n < n || memcmp(s->p, prefix, n) != 0)
		return false;
	s->p += n;
	s->n -= n;
	return true;
}

static bool ends(const struct span *s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s->n >= n && memcmp(s->p + s->n - n, suffix, n) == 0;
}

/* What stands before the first `mark`; the span moves behind it. */
static bool until(struct span *s, const char *mark, struct span *out)
{
	const char *at = memmem(s->p, s->n, mark, strlen(mark));

	if (!at)
		return false;
	*out = (struct span){s->p, (size_t)(at - s->p)};
	s->n -= out->n + strlen(mark);
	s->p = at + strlen(mark);
	return true;
}

static bool number(struct span *s, int *value)
{
	long n = 0;
	size_t i = 0;

	while (i < s->n && i < 7 && isdigit((unsigned char)s->p[i]))
		n = n * 10 + (s->p[i++] - '0');
	if (i == 0)
		return false;
	*value = (int)n;
	s->p += i;
	s->n -= i;
	return true;
}

static bool address(struct peer *peer, struct span s)
{
	struct in6_addr any;
	char text[INET6_ADDRSTRLEN];

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	peer->v6 = strchr(text, ':') != NULL;
	if (inet_pton(peer->v6 ? AF_INET6 : AF_INET, text, &any) != 1)
		return false;
	/* libwebsockets writes IPv4 addresses as the IPv6 ones that they are mapped to */
	if (strncmp(text, "::ffff:", 7) == 0 && inet_pton(AF_INET, text + 7, &any) == 1) {
		peer->v6 = false;
		memmove(text, text + 7, strlen(text + 7) + 1);
	}
	memcpy(peer->ip, text, strlen(text) + 1);
	return true;
}

/* "192.0.2.1:4711", "2001:db8::1:4711": what follows the last colon is the port. */
static bool address_port(struct peer *peer, struct span s)
{
	size_t i = s.n;
	struct span digits;
	int port;

	while (i && s.p[i - 1] != ':')
		i--;
	if (i < 2)
		return false;
	digits = (struct span){s.p + i, s.n - i};
	if (!number(&digits, &port) || digits.n || port > 65535 ||
	    !address(peer, (struct span){s.p, i - 1}))
		return false;
	peer->port = (uint16_t)port;
	return true;
}

static bool read_new_connection(struct log_line *out, struct span s)
{
	struct span who;
	int port;

	if (!until(&s, " on port ", &who) || !number(&s, &port) || port > 65535)
		return false;
	out->listener_port = (uint16_t)port;
	return address_port(&out->peer, who);
}

/* " (p2, c1, k60)." or " (p2, c1, k60, u'bob')." from s to its end. */
static bool read_connected_tail(struct log_line *out, struct span s)
{
	int version, clean, keepalive;

	if (!skip(&s, " (p") || !number(&s, &version) || !skip(&s, ", c") || !number(&s, &clean) ||
	    !skip(&s, ", k") || !number(&s, &keepalive))
		return false;
	if (skip(&s, ").") && s.n == 0) {
		out->user = NULL;
	} else if (skip(&s, ", u'") && ends(&s, "').")) {
		out->user = s.p;
		out->user_len = s.n - 3;
	} else {
		return false;
	}
	/* 2.0 says 1, 2 and 5 for 3.1, 3.1.1 and 5; 2.1 says 3, 4 and 5 */
	out->version = version == 1 || version == 2   ? version + 2
		       : version >= 3 && version <= 5 ? version
						      : 0;
	out->keepalive = keepalive;
	return true;
}

static bool read_connected(struct log_line *out, struct span s)
{
	struct span who;
	bool found = false;

	if (!until(&s, " as ", &who) || !address_port(&out->peer, who))
		return false;
	out->who = s.p;
	out->who_len = s.n;
	/* An id or a user name may itself look like the end of the line: then nothing is claimed. */
	for (size_t i = 0; i < s.n; i++) {
		struct log_line probe = *out;

		if (s.p[i] != ' ' || !read_connected_tail(&probe, (struct span){s.p + i, s.n - i}))
			continue;
		if (found) {
			out->ambiguous = true;
			out->id = out->user = NULL;
			out->version = 0;
			out->keepalive = -1;
			return true;
		}
		found = true;
		*out = probe;
		out->id = s.p;
		out->id_len = i;
	}
	/* A long line is cut off by the broker: who it is stands at its beginning. */
	return true;
}

static bool read_denied(struct log_line *out, struct span s, enum log_kind *kind)
{
	struct span who;
	struct span rest = s;

	if (until(&rest, " denied access by tcpd", &who)) {
		*kind = LOG_HOST_DENIED;
		return address(&out->peer, who);
	}
	rest = s;
	if (until(&rest, " denied: max_connections exceeded", &who)) {
		*kind = LOG_TOO_MANY;
		return address(&out->peer, who);
	}
	if (until(&s, " failed: ", &who)) {
		*kind = LOG_TLS_FAILED;
		return address(&out->peer, who);
	}
	return false;
}

/* 2.1: "Protocol error from IP:port: CONNECT with ..."; some lines name the id instead. */
static enum log_kind read_protocol_error(struct log_line *out, struct span s)
{
	struct span who;
	struct span rest = s;

	if ((until(&rest, ": ", &who) || until(&rest, " CONNECT ", &who)) &&
	    !address_port(&out->peer, who)) {
		out->id = who.p;
		out->id_len = who.n;
	}
	rest = s;
	if (until(&rest, "First packet not CONNECT (", &who)) {
		int n = 0;

		for (size_t i = 0; i < 2 && i < rest.n && isxdigit((unsigned char)rest.p[i]); i++)
			n = n * 16 + (isdigit((unsigned char)rest.p[i])
					      ? rest.p[i] - '0'
					      : tolower((unsigned char)rest.p[i]) - 'a' + 10);
		out->number = n;
		return LOG_NOT_CONNECT;
	}
	if (until(&rest, "invalid protocol version (", &who)) {
		number(&rest, &out->number);
		return LOG_MQTT_VERSION;
	}
	if (until(&rest, "zero length clientid", &who))
		return LOG_CLIENT_ID_EMPTY;
	if (until(&rest, "CONNECT", &who) || until(&rest, "Will ", &who) ||
	    until(&rest, "password without username", &who))
		return LOG_CONNECT_MALFORMED;
	return LOG_OTHER;
}

/* How 2.0 and 2.1 end a "Client ID ..." line. Order counts: longest first where one ends another. */
static const struct gone {
	const char *suffix;
	enum log_kind kind;
} gone_table[] = {
	{" already connected, closing old connection.", LOG_TAKEN_OVER},
	{" disconnected: session taken over.", LOG_TAKEN_OVER},
	{" closed its connection.", LOG_GONE_CLOSED},
	{" disconnected: connection closed by client.", LOG_GONE_CLOSED},
	{" has exceeded timeout, disconnecting.", LOG_GONE_TIMEOUT},
	{" disconnected: exceeded timeout.", LOG_GONE_TIMEOUT},
	{" disconnected, not authorised.", LOG_GONE_NOT_AUTHORISED},
	{" disconnected: not authorised.", LOG_GONE_NOT_AUTHORISED},
	{" disconnected: bad username or password.", LOG_GONE_NOT_AUTHORISED},
	{" disconnected due to protocol error.", LOG_GONE_PROTOCOL},
	{" disconnected: protocol error.", LOG_GONE_PROTOCOL},
	{" disconnected: Protocol error.", LOG_GONE_PROTOCOL},
	{" disconnected due to malformed packet.", LOG_GONE_MALFORMED},
	{" disconnected: malformed packet.", LOG_GONE_MALFORMED},
	{" disconnected: client identifier not valid.", LOG_GONE_MALFORMED},
	{" disconnected due to oversize packet.", LOG_GONE_OVERSIZE},
	{" disconnected due to oversize payload.", LOG_GONE_OVERSIZE},
	{" disconnected: oversize packet.", LOG_GONE_OVERSIZE},
	{" disconnected: oversize payload.", LOG_GONE_OVERSIZE},
	{" been disconnected by administrative action.", LOG_GONE_ADMIN},
	{" disconnected: administrative action.", LOG_GONE_ADMIN},
	{" disconnected: Connection reset by peer.", LOG_GONE_NETWORK},
	{" disconnected: Connection timed out.", LOG_GONE_NETWORK},
	{" disconnected: Broken pipe.", LOG_GONE_NETWORK},
	{" disconnected: No route to host.", LOG_GONE_NETWORK},
	{" disconnected.", LOG_GONE_CLEAN},
};

/* "ID" or, in 2.1, "ID [IP:port]". */
static void read_gone_who(struct log_line *out, struct span who, bool is21)
{
	static const char unknown[] = "<unknown>";

	if (is21 && who.n && who.p[who.n - 1] == ']') {
		size_t i = who.n - 1;

		while (i && who.p[i] != '[')
			i--;
		if (i && who.p[i - 1] == ' ' &&
		    address_port(&out->peer, (struct span){who.p + i + 1, who.n - i - 2})) {
			who.n = i - 1;
			/* without an id, 2.1 puts the address there */
			if (who.n == strlen(out->peer.ip) &&
			    memcmp(who.p, out->peer.ip, who.n) == 0)
				return;
		}
	}
	if (who.n == sizeof(unknown) - 1 && memcmp(who.p, unknown, who.n) == 0)
		return;
	out->id = who.p;
	out->id_len = who.n;
}

/* Makes *out what stands before the last `mark`, if that is more than it was. */
static void until_last(struct span s, const char *mark, struct span *out)
{
	struct span part;

	for (struct span rest = s; until(&rest, mark, &part);)
		if (!out->p || (size_t)(part.p + part.n - s.p) > out->n)
			*out = (struct span){s.p, (size_t)(part.p + part.n - s.p)};
}

static enum log_kind read_client(struct log_line *out, struct span s, bool is21, bool cut)
{
	struct span who = {0};

	for (size_t i = 0; i < sizeof(gone_table) / sizeof(gone_table[0]); i++) {
		if (!ends(&s, gone_table[i].suffix))
			continue;
		read_gone_who(out, (struct span){s.p, s.n - strlen(gone_table[i].suffix)}, is21);
		return gone_table[i].kind;
	}
	/* of what is said of a client in so many words, all is that it is gone */
	if (cut) {
		out->who = s.p;
		out->who_len = s.n;
		return LOG_GONE_OTHER;
	}
	/* an id may hold such words itself: the last ones are the broker's */
	until_last(s, " disconnected: ", &who);
	until_last(s, " disconnected due to ", &who);
	if (who.p) {
		read_gone_who(out, who, is21);
		return LOG_GONE_OTHER;
	}
	return LOG_OTHER;
}

/* 2.0, of what it has no sentence for: "ID: what went wrong.". It has these of a CONNECT and of
 * what comes later alike. */
static enum log_kind read_bad_socket(struct log_line *out, struct span s)
{
	size_t i = s.n;

	while (i && s.p[i - 1] != ':')
		i--;
	if (!i)
		return LOG_OTHER;
	read_gone_who(out, (struct span){s.p, i - 1}, false);
	return ends(&s, ": Malformed UTF-8.") || ends(&s, ": Invalid function arguments provided.")
		       ? LOG_GONE_PROTOCOL
		       : LOG_GONE_OTHER;
}

static enum log_kind read_text(struct log_line *out, struct span s, bool is21, bool cut)
{
	enum log_kind kind = LOG_OTHER;
	struct span who;

	if (skip(&s, "New connection from "))
		return read_new_connection(out, s) ? LOG_NEW_CONNECTION : LOG_OTHER;
	if (skip(&s, "New client connected from ") || skip(&s, "New bridge connected from "))
		return read_connected(out, s) ? LOG_CONNECTED : LOG_OTHER;
	if (skip(&s, "Client connection from "))
		return read_denied(out, s, &kind) ? kind : LOG_OTHER;
	if (skip(&s, "Unable to accept new connection, "))
		return LOG_TOO_MANY;
	if (skip(&s, "Protocol error from "))
		return read_protocol_error(out, s);
	if (skip(&s, "Invalid protocol version ")) {
		if (number(&s, &out->number) && skip(&s, " in CONNECT from ") && ends(&s, "."))
			address(&out->peer, (struct span){s.p, s.n - 1});
		return LOG_MQTT_VERSION;
	}
	if (skip(&s, "Invalid protocol \"") || skip(&s, "Invalid Will QoS "))
		return LOG_CONNECT_MALFORMED;
	if (skip(&s, "Client from ")) {
		if (!until(&s, " appears to be using TLS", &who))
			return LOG_OTHER;
		address_port(&out->peer, who);
		return LOG_TLS_ON_PLAIN;
	}
	if (skip(&s, "Bad client ") && until(&s, " sending multiple CONNECT", &who)) {
		if (!address_port(&out->peer, who)) {
			out->id = who.p;
			out->id_len = who.n;
		}
		return LOG_SECOND_CONNECT;
	}
	if (skip(&s, "Sending CONNACK to ")) {
		size_t i = s.n;

		while (i && s.p[i - 1] != '(')
			i--;
		if (i < 3)
			return LOG_OTHER;
		out->id = s.p;
		out->id_len = i - 2;
		s = (struct span){s.p + i, s.n - i};
		if (!number(&s, &out->number) || !skip(&s, ", ") || !number(&s, &out->number))
			return LOG_OTHER;
		return LOG_CONNACK;
	}
	if (skip(&s, "Client "))
		return read_client(out, s, is21, cut);
	if (skip(&s, "Bad socket read/write on client "))
		return read_bad_socket(out, s);
	if (skip(&s, "mosquitto version "))
		return ends(&s, " starting")	  ? LOG_STARTING
		       : ends(&s, " terminating") ? LOG_STOPPING
						  : LOG_OTHER;
	return LOG_OTHER;
}

void log_line_read(struct log_line *out, const char *line, size_t len, bool is21)
{
	struct span s = {line, len};
	size_t i = 0;

	memset(out, 0, sizeof(*out));
	out->keepalive = -1;
	/* The time stamp: seconds, or what log_timestamp_format makes of them. */
	while (i < s.n && (isdigit((unsigned char)s.p[i]) || strchr("-T:Z+. ", s.p[i])) && s.p[i])
		i++;
	if (i >= 2 && s.p[i - 1] == ' ' && s.p[i - 2] == ':')
		s = (struct span){s.p + i, s.n - i};
	out->text = s.p;
	out->text_len = s.n;
	out->kind = read_text(out, s, is21, len >= LINE_MAX_OF_BROKER);
	if (out->id)
		out->who = NULL;
}

bool log_line_fits_id(const struct log_line *line, const char *id)
{
	size_t len = strlen(id);
	struct span rest = {line->who, line->who_len};

	if (line->id)
		return line->id_len == len && memcmp(line->id, id, len) == 0;
	if (!line->who)
		return false;
	if (rest.n <= len)
		return memcmp(rest.p, id, rest.n) == 0;
	return skip(&rest, id) && *rest.p == ' ';
}
