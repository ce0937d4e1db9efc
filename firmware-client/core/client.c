#include "client.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TAG_ANSWER_BYTES 640 /* five items of a tag, with room */

static const struct door *door_of(const struct client *c)
{
	return &c->settings->doors[c->door];
}

__attribute__((format(printf, 3, 4))) static void say(const struct client *c, enum say how,
						      const char *format, ...)
{
	char line[CLIENT_LINE_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	c->port->say(c->port->arg, how, line);
}

void client_id_make(char *out, size_t size, const char *pattern, const char *imei)
{
	size_t n = 0;

	if (size == 0)
		return;
	for (const char *p = pattern; *p && n + 1 < size; p++) {
		if (p[0] == '%' && p[1] == 'i') {
			for (const char *q = imei; *q && n + 1 < size; q++)
				out[n++] = *q;
			p++;
			continue;
		}
		if (p[0] == '%' && p[1] == '%')
			p++;
		out[n++] = *p;
	}
	out[n] = '\0';
}

void client_init(struct client *c, const struct settings *settings, const struct port *port)
{
	memset(c, 0, sizeof(*c));
	c->settings = settings;
	c->port = port;
	c->backoff.first_ms = settings->backoff_first_ms;
	c->backoff.most_ms = settings->backoff_most_ms;
	c->state = CLIENT_BOOT;
}

/* Everything that the attempt left behind, for the diagnosis. */
static struct evidence evidence_of(const struct client *c, enum step step, int result)
{
	const struct port *port = c->port;
	const struct door *door = door_of(c);

	return (struct evidence){
		.step = step,
		.stack = port->stack,
		.numbering = port->numbering,
		.result = result,
		.fault = port->fault ? port->fault(port->arg) : 0,
		.tls = door->tls,
		.client_cert = door->client_cert,
		.user = door->user != NULL,
		.name_sent = door->tls_name != NULL,
		.ipv6 = c->ipv6,
		.tag = c->tags[c->door],
	};
}

/* Says what a diagnosis says, and how to mend it. */
static void tell(struct client *c, const struct diagnosis *d)
{
	char line[CLIENT_LINE_BYTES];

	c->names = (struct diagnosis_names){
		.host = door_of(c)->host,
		.client_id = c->client_id[0] ? c->client_id : NULL,
		.tag = door_of(c)->tag,
		.port = door_of(c)->port,
	};
	diagnosis_line(d, &c->names, c->line, sizeof(c->line));
	say(c, SAY_ERROR, "%s", c->line);
	for (unsigned i = 0; diagnosis_mend(d, &c->names, i, line, sizeof(line)); i++)
		say(c, SAY_WARNING, "  do: %s", line);
	c->port->show(c->port->arg, (uint8_t)d->step);
}

static void failed(struct client *c, const struct evidence *e)
{
	c->last = diagnose(e);
	c->failures++;
	c->failures_here++;
	if (e->fault)
		say(c, SAY_ERROR, "modem has crashed, reason 0x%x (%s)", e->fault,
		    fault_name(e->fault));
	tell(c, &c->last);
	c->state = CLIENT_PAUSE;
}

static void failed_at(struct client *c, enum step step, int result)
{
	struct evidence e = evidence_of(c, step, result);

	failed(c, &e);
}

/* The first line of an AT answer, quotes and control characters left out; empty if it failed. */
static void ask(const struct client *c, const char *command, char *out, size_t size)
{
	char answer[96];
	size_t n = 0;

	out[0] = '\0';
	if (c->port->at(c->port->arg, command, answer, sizeof(answer)) != 0)
		return;
	for (const char *p = answer; *p && *p != '\r' && *p != '\n' && n + 1 < size; p++)
		if (*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
			out[n++] = *p;
	out[n] = '\0';
}

static void boot(struct client *c)
{
	const struct port *port = c->port;
	const char *pattern = c->settings->client_id;
	int rc;

	c->booted_ms = port->now_ms(port->arg);
	rc = port->modem_start(port->arg);
	if (rc) {
		failed_at(c, STEP_MODEM, rc);
		return;
	}
	if (port->at) {
		ask(c, "AT+CGSN", c->imei, sizeof(c->imei));
		ask(c, "AT+CGMR", c->firmware, sizeof(c->firmware));
		say(c, SAY_INFO, "modem firmware %s, IMEI %s", c->firmware, c->imei);
	}
	client_id_make(c->client_id, sizeof(c->client_id),
		       pattern && pattern[0] ? pattern : "nrf-%i", c->imei);
	c->state = CLIENT_TAG;
}

static const char *state_text(enum credential_state state)
{
	static const char *const texts[] = {
		[CREDENTIAL_UNKNOWN] = "not known",
		[CREDENTIAL_ABSENT] = "none",
		[CREDENTIAL_PRESENT] = "stored",
		[CREDENTIAL_SAME] = "stored, the one this firmware expects",
		[CREDENTIAL_OTHER] = "stored, another than this firmware expects",
	};

	return texts[state];
}

static void tag_tell(const struct client *c, const struct tag *tag, bool client_cert)
{
	for (int i = 0; i < (client_cert ? CREDENTIAL_TYPES : 1); i++) {
		const struct credential *item = &tag->items[i];
		char hex[2 * CREDENTIAL_DIGEST_BYTES + 1] = "";

		for (size_t b = 0; item->digest_known && b < CREDENTIAL_DIGEST_BYTES; b++)
			snprintf(hex + 2 * b, 3, "%02X", item->digest[b]);
		say(c, SAY_INFO, "tag %" PRIu32 ", %s: %s%s%s", tag->number,
		    credential_name((enum credential_type)i), state_text(item->state),
		    item->digest_known ? ", SHA-256 " : "", hex);
	}
}

/* Looks at one tag: 0, or what the AT command gave. */
static int tag_look(struct client *c, struct tag *tag, const struct door *door)
{
	char command[32];
	char answer[TAG_ANSWER_BYTES];
	int rc;

	snprintf(command, sizeof(command), "AT%%CMNG=1,%" PRIu32, door->tag);
	rc = c->port->at(c->port->arg, command, answer, sizeof(answer));
	if (rc)
		return rc;
	if (tag_read(tag, door->tag, answer))
		return error_number(ERROR_EPROTO, c->port->numbering);
	tag_compare(tag, CREDENTIAL_CA, &c->settings->expected_ca);
	return 0;
}

/* Whether this firmware may and should put its own certificate into the tag. */
static bool should_write(const struct client *c, const struct tag *tag)
{
	enum credential_state ca = tag->items[CREDENTIAL_CA].state;

	return c->settings->write_ca && c->settings->ca_len > 0 && c->port->credential_write &&
	       (ca == CREDENTIAL_ABSENT || ca == CREDENTIAL_OTHER);
}

static void tag_check(struct client *c, uint8_t index)
{
	const struct door *door = &c->settings->doors[index];
	struct tag *tag = &c->tags[index];
	struct evidence e;
	struct diagnosis d;
	bool writing = false;
	int rc = tag_look(c, tag, door);

	c->door = index;
	if (rc == 0 && should_write(c, tag)) {
		say(c, SAY_WARNING, "writing this firmware's CA certificate into tag %" PRIu32,
		    door->tag);
		rc = c->port->credential_write(c->port->arg, door->tag, CREDENTIAL_CA,
					       c->settings->ca_text, c->settings->ca_len);
		writing = rc != 0;
		if (rc == 0)
			rc = tag_look(c, tag, door);
	}
	if (rc == 0)
		tag_tell(c, tag, door->client_cert);
	e = evidence_of(c, STEP_TAG, rc);
	e.writing = writing;
	e.cme = rc > 0;
	d = diagnose(&e);
	if (!d.code)
		return;
	/* Told, counted, and then tried all the same: the modem decides, not this check. */
	c->last = d;
	c->failures++;
	if (e.fault)
		say(c, SAY_ERROR, "modem has crashed, reason 0x%x (%s)", e.fault,
		    fault_name(e.fault));
	tell(c, &d);
}

static void tags(struct client *c)
{
	for (uint8_t i = c->settings->door_count; i-- > 0;)
		if (c->port->at && c->settings->doors[i].tls)
			tag_check(c, i);
	c->door = 0;
	c->state = CLIENT_NETWORK;
}

static void network(struct client *c)
{
	int rc = c->port->network(c->port->arg, c->settings->network_timeout_ms);

	if (rc) {
		failed_at(c, STEP_NETWORK, rc);
		return;
	}
	/* Somebody may have mended the tag meanwhile; listing it is allowed with the radio on. */
	if (c->last.code && c->port->at && door_of(c)->tls)
		tag_look(c, &c->tags[c->door], door_of(c));
	c->state = CLIENT_RESOLVE;
}

static void resolve(struct client *c)
{
	bool dns = false;
	int rc;

	c->ipv6 = false;
	rc = c->port->resolve(c->port->arg, door_of(c), &dns, &c->ipv6);
	if (rc) {
		struct evidence e = evidence_of(c, STEP_RESOLVE, rc);

		e.dns = dns;
		failed(c, &e);
		return;
	}
	c->state = CLIENT_CONNECT;
}

static void connect_door(struct client *c)
{
	const struct door *door = door_of(c);
	int rc;

	say(c, SAY_INFO, "connecting to %s port %u as %s", door->host, door->port, c->client_id);
	c->visits++;
	c->subscribed = false;
	rc = c->port->connect(c->port->arg, door, c->client_id, c->settings->keepalive_s);
	if (rc) {
		c->port->hang_up(c->port->arg);
		failed_at(c, STEP_CONNECT, rc);
		return;
	}
	c->deadline_ms = c->port->now_ms(c->port->arg) + c->settings->connack_timeout_ms;
	c->state = CLIENT_CONNACK;
}

static void lost(struct client *c, enum step step, const struct evidence *extra)
{
	/* A close without a number is one that was read as the end of the stream. */
	int result = extra->result || extra->connack || extra->suback
			     ? extra->result
			     : error_number(ERROR_ENOTCONN, c->port->numbering);
	struct evidence e = evidence_of(c, step, result);

	e.connack = extra->connack;
	e.suback = extra->suback;
	c->port->hang_up(c->port->arg);
	failed(c, &e);
}

static uint32_t until(const struct client *c, uint64_t deadline)
{
	uint64_t now = c->port->now_ms(c->port->arg);

	return now >= deadline ? 0 : (uint32_t)(deadline - now);
}

static void accepted(struct client *c)
{
	const struct settings *s = c->settings;
	int rc = 0;

	c->accepted++;
	c->failures_here = 0;
	c->accepted_ms = c->port->now_ms(c->port->arg);
	say(c, SAY_INFO, "accepted by %s", door_of(c)->host);
	c->port->show(c->port->arg, 0);
	if (s->subscribe_topic)
		rc = c->port->subscribe(c->port->arg, s->subscribe_topic);
	if (rc) {
		lost(c, STEP_SESSION, &(struct evidence){.result = rc});
		return;
	}
	c->subscribed = s->subscribe_topic != NULL;
	c->deadline_ms = c->port->now_ms(c->port->arg);
	c->state = CLIENT_SESSION;
}

static void connack(struct client *c)
{
	struct event event = {EVENT_NONE, 0, 0, NULL, 0};

	c->port->wait(c->port->arg, until(c, c->deadline_ms), &event);
	switch (event.kind) {
	case EVENT_CONNACK:
		if (event.code == 0)
			accepted(c);
		else
			lost(c, STEP_CONNACK,
			     &(struct evidence){.connack = event.code,
						.result = error_number(ERROR_ECONNREFUSED,
								       c->port->numbering)});
		break;
	case EVENT_CLOSED:
		lost(c, STEP_CONNACK, &(struct evidence){.result = event.result});
		break;
	case EVENT_STOP:
		c->port->hang_up(c->port->arg);
		c->state = CLIENT_STOPPED;
		break;
	default:
		if (until(c, c->deadline_ms) == 0)
			lost(c, STEP_CONNACK,
			     &(struct evidence){
				     .result = error_number(ERROR_ETIMEDOUT, c->port->numbering)});
	}
}

/* The heartbeat carries the last failure, so that a board without UART tells it once it is in. */
static int beat(struct client *c)
{
	char payload[224];
	char answer[64];
	struct heartbeat h = {
		.uptime_s = (uint32_t)((c->port->now_ms(c->port->arg) - c->booted_ms) / 1000),
		.failures = c->failures,
		.last_code = c->last.code,
		.last_error = c->last.result,
		.firmware = c->firmware,
	};
	size_t len;
	int rc;

	if (c->port->at && c->port->at(c->port->arg, "AT+CESQ", answer, sizeof(answer)) == 0)
		h.signal_known = signal_read(answer, &h.rsrp_dbm);
	len = heartbeat_write(&h, payload, sizeof(payload));
	rc = c->port->publish(c->port->arg, c->settings->publish_topic, payload, len);
	if (rc == 0)
		c->sent++;
	return rc;
}

static void message(struct client *c, const struct event *event)
{
	struct command command = command_read(event->payload, event->len);
	char text[72];

	c->received++;
	text_copy_safe(text, sizeof(text), event->payload, event->len);
	say(c, SAY_INFO, "received: %s", text);
	if (command.kind != COMMAND_TEXT && c->port->act)
		c->port->act(c->port->arg, &command);
}

static void session(struct client *c)
{
	struct event event = {EVENT_NONE, 0, 0, NULL, 0};

	if (until(c, c->deadline_ms) == 0) {
		int rc = beat(c);

		if (rc) {
			lost(c, STEP_SESSION, &(struct evidence){.result = rc});
			return;
		}
		c->deadline_ms = c->port->now_ms(c->port->arg) + c->settings->heartbeat_ms;
	}
	c->port->wait(c->port->arg, until(c, c->deadline_ms), &event);
	switch (event.kind) {
	case EVENT_SUBACK:
		if (event.code < 0x80)
			break;
		/* Not fatal: the heartbeat goes on, but nobody can send commands. */
		{
			struct evidence e = evidence_of(c, STEP_SESSION, 0);

			e.suback = true;
			c->last = diagnose(&e);
			c->failures++;
			c->subscribed = false;
			tell(c, &c->last);
		}
		break;
	case EVENT_MESSAGE:
		message(c, &event);
		break;
	case EVENT_CLOSED:
		lost(c, STEP_SESSION, &(struct evidence){.result = event.result});
		break;
	case EVENT_STOP:
		c->port->hang_up(c->port->arg);
		c->state = CLIENT_STOPPED;
		break;
	default:
		break;
	}
}

static void pause_between(struct client *c)
{
	const struct settings *s = c->settings;
	uint32_t ms;

	/* A session that stood for a while makes pauses short again. One that is ended at once, as
	 * when two boards share a client id, doesn't: they would take turns without a pause. */
	if (c->last.step == STEP_SESSION &&
	    c->port->now_ms(c->port->arg) - c->accepted_ms >= s->backoff_most_ms)
		backoff_reset(&c->backoff);
	ms = backoff_next(&c->backoff, c->port->random(c->port->arg));
	if (s->door_count > 1 && c->failures_here >= s->failures_before_next_door) {
		c->door = (uint8_t)((c->door + 1) % s->door_count);
		c->failures_here = 0;
		say(c, SAY_WARNING, "trying the other broker, %s port %u", door_of(c)->host,
		    door_of(c)->port);
	}
	say(c, SAY_INFO, "next attempt in %" PRIu32 ".%" PRIu32 " s", ms / 1000, ms % 1000 / 100);
	if (c->port->pause(c->port->arg, ms)) {
		c->state = CLIENT_STOPPED;
		return;
	}
	if (c->last.step == STEP_MODEM || (c->port->fault && c->port->fault(c->port->arg))) {
		c->state = CLIENT_BOOT;
		return;
	}
	c->state = CLIENT_NETWORK;
}

void client_step(struct client *c)
{
	static void (*const steps[])(struct client *) = {
		[CLIENT_BOOT] = boot,
		[CLIENT_TAG] = tags,
		[CLIENT_NETWORK] = network,
		[CLIENT_RESOLVE] = resolve,
		[CLIENT_CONNECT] = connect_door,
		[CLIENT_CONNACK] = connack,
		[CLIENT_SESSION] = session,
		[CLIENT_PAUSE] = pause_between,
	};

	if (c->state != CLIENT_STOPPED)
		steps[c->state](c);
}
