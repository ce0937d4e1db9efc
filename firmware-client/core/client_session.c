/* From CONNACK on: accepted or not, heartbeats, what is received, how it ends. */
#include "client_parts.h"

static void lost(struct client *c, enum step step, const struct evidence *extra)
{
	/* A close without a number is one that was read as the end of the stream. */
	int result = extra->result || extra->connack || extra->suback
			     ? extra->result
			     : error_number(ERROR_ENOTCONN, c->port->numbering);
	struct evidence e = client_evidence(c, step, result);

	e.connack = extra->connack;
	e.suback = extra->suback;
	c->port->hang_up(c->port->arg);
	client_failed(c, &e);
}

static void accepted(struct client *c)
{
	const struct settings *s = c->settings;
	int rc = 0;

	c->accepted++;
	c->failures_here = 0;
	c->accepted_ms = c->port->now_ms(c->port->arg);
	client_say(c, SAY_INFO, "accepted by %s", client_door(c)->host);
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

/* What may end any wait: a close, or the user. False if it was neither. */
static bool ended(struct client *c, enum step step, const struct event *event)
{
	if (event->kind == EVENT_CLOSED) {
		lost(c, step, &(struct evidence){.result = event->result});
		return true;
	}
	if (event->kind != EVENT_STOP)
		return false;
	c->port->hang_up(c->port->arg);
	c->state = CLIENT_STOPPED;
	return true;
}

static void refused(struct client *c, int code)
{
	lost(c, STEP_CONNACK,
	     &(struct evidence){.connack = code,
				.result = error_number(ERROR_ECONNREFUSED, c->port->numbering)});
}

void client_connack(struct client *c)
{
	struct event event = {EVENT_NONE, 0, 0, NULL, 0};

	c->port->wait(c->port->arg, client_until(c, c->deadline_ms), &event);
	if (ended(c, STEP_CONNACK, &event))
		return;
	if (event.kind == EVENT_CONNACK && event.code)
		refused(c, event.code);
	else if (event.kind == EVENT_CONNACK)
		accepted(c);
	else if (client_until(c, c->deadline_ms) == 0)
		lost(c, STEP_CONNACK,
		     &(struct evidence){.result =
						error_number(ERROR_ETIMEDOUT, c->port->numbering)});
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
	client_say(c, SAY_INFO, "received: %s", text);
	if (command.kind != COMMAND_TEXT && c->port->act)
		c->port->act(c->port->arg, &command);
}

/* Not fatal: the heartbeat goes on, but nobody can send commands. */
static void not_subscribed(struct client *c)
{
	struct evidence e = client_evidence(c, STEP_SESSION, 0);

	e.suback = true;
	c->subscribed = false;
	client_note(c, &e);
}

void client_session(struct client *c)
{
	struct event event = {EVENT_NONE, 0, 0, NULL, 0};

	if (client_until(c, c->deadline_ms) == 0) {
		int rc = beat(c);

		if (rc) {
			lost(c, STEP_SESSION, &(struct evidence){.result = rc});
			return;
		}
		c->deadline_ms = c->port->now_ms(c->port->arg) + c->settings->heartbeat_ms;
	}
	c->port->wait(c->port->arg, client_until(c, c->deadline_ms), &event);
	if (ended(c, STEP_SESSION, &event))
		return;
	if (event.kind == EVENT_SUBACK && event.code >= 0x80)
		not_subscribed(c);
	else if (event.kind == EVENT_MESSAGE)
		message(c, &event);
}
