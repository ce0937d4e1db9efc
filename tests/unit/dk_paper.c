#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dk_paper.h"

static int modem_start(void *arg)
{
	struct paper *p = arg;

	p->starts++;
	return p->modem_rc;
}

static int at(void *arg, const char *command, char *answer, size_t size)
{
	struct paper *p = arg;

	answer[0] = '\0';
	if (strcmp(command, "AT+CGSN") == 0)
		snprintf(answer, size, "350123451234567\r\n");
	else if (strcmp(command, "AT+CGMR") == 0)
		snprintf(answer, size, "mfw_nrf91x1_2.0.2\r\n");
	else if (strncmp(command, "AT%CMNG=1,", 10) == 0 && p->list_rc)
		return p->list_rc;
	else if (strncmp(command, "AT%CMNG=1,", 10) == 0)
		snprintf(answer, size, "%s",
			 p->writes && p->tag_list_after_write ? p->tag_list_after_write
							      : p->tag_list);
	else if (strcmp(command, "AT+CESQ") == 0)
		snprintf(answer, size, "+CESQ: 99,99,255,255,31,62");
	else
		return 50;
	return 0;
}

static uint8_t fault(void *arg)
{
	return ((struct paper *)arg)->fault;
}

static int credential_write(void *arg, uint32_t tag, enum credential_type type, const char *text,
			    size_t len)
{
	struct paper *p = arg;

	(void)tag, (void)type, (void)text, (void)len;
	p->writes++;
	return p->write_rc;
}

static int network(void *arg, uint32_t timeout_ms)
{
	struct paper *p = arg;

	(void)timeout_ms;
	p->networks++;
	return p->network_rc;
}

static int resolve(void *arg, const struct door *door, bool *dns, bool *ipv6)
{
	struct paper *p = arg;

	(void)door;
	*dns = p->resolve_dns;
	*ipv6 = false;
	return p->resolve_rc;
}

static int connect_(void *arg, const struct door *door, const char *client_id, uint16_t keepalive)
{
	struct paper *p = arg;

	(void)keepalive;
	p->connects++;
	p->door = door;
	snprintf(p->client_id, sizeof(p->client_id), "%s", client_id);
	return p->connect_rc;
}

static int subscribe(void *arg, const char *topic)
{
	(void)arg, (void)topic;
	return 0;
}

static int publish(void *arg, const char *topic, const char *payload, size_t len)
{
	struct paper *p = arg;

	(void)topic;
	snprintf(p->payload, sizeof(p->payload), "%.*s", (int)len, payload);
	return p->publish_rc;
}

static void wait_(void *arg, uint32_t timeout_ms, struct event *event)
{
	struct paper *p = arg;

	if (p->event_next < p->event_count)
		*event = p->events[p->event_next++];
	else
		p->now += timeout_ms;
}

static void hang_up(void *arg)
{
	((struct paper *)arg)->hang_ups++;
}

static bool pause_(void *arg, uint32_t ms)
{
	struct paper *p = arg;

	p->pauses++;
	p->now += ms;
	return false;
}

static uint64_t now_ms(void *arg)
{
	return ((struct paper *)arg)->now;
}

static uint32_t random_(void *arg)
{
	(void)arg;
	return 0x40000000u;
}

static void say(void *arg, enum say how, const char *line)
{
	struct paper *p = arg;
	size_t used = strlen(p->log);

	(void)how;
	snprintf(p->log + used, sizeof(p->log) - used, "%s\n", line);
}

static void show(void *arg, uint8_t blinks)
{
	((struct paper *)arg)->blinks = blinks;
}

static void act(void *arg, const struct command *command)
{
	((struct paper *)arg)->acted = *command;
}

struct paper paper;
struct settings settings;
struct client client;
static struct port port;

void paper_setup(void)
{
	memset(&paper, 0, sizeof(paper));
	paper.tag_list = "%CMNG: 24,0,\"" SHA_A "\"\r\n";
	settings = (struct settings){
		.doors = {{.host = "class.example",
			   .tag = 24,
			   .port = 8883,
			   .tls = true,
			   .tls_name = "x",
			   .verify = true},
			  {.host = "other.example",
			   .tag = 25,
			   .port = 8885,
			   .tls = true,
			   .tls_name = "x",
			   .verify = true}},
		.door_count = 1,
		.failures_before_next_door = 2,
		.publish_topic = "up",
		.subscribe_topic = "down",
		.heartbeat_ms = 1000,
		.network_timeout_ms = 1000,
		.connack_timeout_ms = 1000,
		.backoff_first_ms = 1000,
		.backoff_most_ms = 8000,
		.keepalive_s = 60,
	};
	port = (struct port){.arg = &paper,
			     .modem_start = modem_start,
			     .at = at,
			     .fault = fault,
			     .credential_write = credential_write,
			     .network = network,
			     .resolve = resolve,
			     .connect = connect_,
			     .subscribe = subscribe,
			     .publish = publish,
			     .wait = wait_,
			     .hang_up = hang_up,
			     .pause = pause_,
			     .now_ms = now_ms,
			     .random = random_,
			     .say = say,
			     .show = show,
			     .act = act};
	client_init(&client, &settings, &port);
}

void steps_until(enum client_state state)
{
	for (int i = 0; i < 60 && client.state != state; i++)
		client_step(&client);
	ck_assert_int_eq(client.state, state);
}

void push(struct event event)
{
	paper.events[paper.event_count++] = event;
}
