#include "client_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct door *client_door(const struct client *c)
{
	return &c->settings->doors[c->door];
}

void client_say(const struct client *c, enum say how, const char *format, ...)
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

struct evidence client_evidence(const struct client *c, enum step step, int result)
{
	const struct port *port = c->port;
	const struct door *door = client_door(c);

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
		.host = client_door(c)->host,
		.client_id = c->client_id[0] ? c->client_id : NULL,
		.tag = client_door(c)->tag,
		.port = client_door(c)->port,
	};
	diagnosis_line(d, &c->names, c->line, sizeof(c->line));
	client_say(c, SAY_ERROR, "%s", c->line);
	for (unsigned i = 0; diagnosis_mend(d, &c->names, i, line, sizeof(line)); i++)
		client_say(c, SAY_WARNING, "  do: %s", line);
	c->port->show(c->port->arg, (uint8_t)d->step);
}

void client_note(struct client *c, const struct evidence *e)
{
	struct diagnosis d = diagnose(e);

	if (!d.code)
		return;
	c->last = d;
	c->failures++;
	if (e->fault)
		client_say(c, SAY_ERROR, "modem has crashed, reason 0x%x (%s)", e->fault,
			   fault_name(e->fault));
	tell(c, &d);
}

void client_failed(struct client *c, const struct evidence *e)
{
	client_note(c, e);
	c->failures_here++;
	c->state = CLIENT_PAUSE;
}

static void failed_at(struct client *c, enum step step, int result)
{
	struct evidence e = client_evidence(c, step, result);

	client_failed(c, &e);
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
		client_say(c, SAY_INFO, "modem firmware %s, IMEI %s",
			   c->firmware[0] ? c->firmware : "not told",
			   c->imei[0] ? c->imei : "not told");
	}
	client_id_make(c->client_id, sizeof(c->client_id),
		       pattern && pattern[0] ? pattern : "nrf-%i", c->imei);
	c->state = CLIENT_TAG;
}

static void network(struct client *c)
{
	int rc = c->port->network(c->port->arg, c->settings->network_timeout_ms);

	if (rc) {
		failed_at(c, STEP_NETWORK, rc);
		return;
	}
	/* Somebody may have mended the tag meanwhile; listing it is allowed with the radio on. */
	if (c->last.code && c->port->at && client_door(c)->tls)
		client_tag_look(c, c->door);
	c->state = CLIENT_RESOLVE;
}

static void resolve(struct client *c)
{
	bool dns = false;
	int rc;

	c->ipv6 = false;
	rc = c->port->resolve(c->port->arg, client_door(c), &dns, &c->ipv6);
	if (rc) {
		struct evidence e = client_evidence(c, STEP_RESOLVE, rc);

		e.dns = dns;
		client_failed(c, &e);
		return;
	}
	c->state = CLIENT_CONNECT;
}

static void connect_door(struct client *c)
{
	const struct door *door = client_door(c);
	int rc;

	client_say(c, SAY_INFO, "connecting to %s port %u as %s", door->host, door->port,
		   c->client_id);
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

uint32_t client_until(const struct client *c, uint64_t deadline)
{
	uint64_t now = c->port->now_ms(c->port->arg);

	return now >= deadline ? 0 : (uint32_t)(deadline - now);
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
		client_say(c, SAY_WARNING, "trying the other broker, %s port %u",
			   client_door(c)->host, client_door(c)->port);
	}
	client_say(c, SAY_INFO, "next attempt in %" PRIu32 ".%" PRIu32 " s", ms / 1000,
		   ms % 1000 / 100);
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
		[CLIENT_TAG] = client_tags,
		[CLIENT_NETWORK] = network,
		[CLIENT_RESOLVE] = resolve,
		[CLIENT_CONNECT] = connect_door,
		[CLIENT_CONNACK] = client_connack,
		[CLIENT_SESSION] = client_session,
		[CLIENT_PAUSE] = pause_between,
	};

	if (c->state != CLIENT_STOPPED)
		steps[c->state](c);
}
