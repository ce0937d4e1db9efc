/* Resolve, connect, and everything over MQTT, with Zephyr's mqtt library on sockets. */
#include <zephyr/kernel.h>
#include <zephyr/net/mqtt.h>
#include <zephyr/net/socket.h>
#include <zephyr/version.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app.h"

/* mqtt_disconnect() takes a second argument from Zephyr 4.1 on, and in nRF Connect SDK from 3.0 on,
 * whose Zephyr calls itself 4.0.99; that of 2.9 is 3.7.99. */
#define DISCONNECT_HAS_PARAM (ZEPHYR_VERSION_CODE >= ZEPHYR_VERSION(4, 0, 99))

#define EVENTS 4

struct queued {
	struct event event;
	char payload[128];
};

static struct mqtt_client mqtt;
static struct sockaddr_storage broker;
static uint8_t rx[CONFIG_DOORSTEP_BUFFER_BYTES];
static uint8_t tx[CONFIG_DOORSTEP_BUFFER_BYTES];
static struct mqtt_utf8 user, password;
static struct queued queue[EVENTS];
static uint8_t first, count;
static uint16_t message_id;
static bool connected; /* the library's idea: it has a socket */

static void push(const struct event *event)
{
	struct queued *slot = &queue[(first + count) % EVENTS];
	size_t len = MIN(event->len, sizeof(slot->payload));

	if (count == EVENTS) {
		return;
	}
	slot->event = *event;
	if (len) {
		memcpy(slot->payload, event->payload, len);
	}
	slot->event.payload = slot->payload;
	slot->event.len = len;
	count++;
}

static struct mqtt_utf8 utf8(const char *text)
{
	return (struct mqtt_utf8){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static uint16_t next_id(void)
{
	message_id = message_id == UINT16_MAX ? 1 : message_id + 1;
	return message_id;
}

/* Takes the payload out of the socket, all of it, and keeps what there is room for. */
static void on_publish(struct mqtt_client *client, const struct mqtt_publish_param *publish)
{
	char payload[sizeof(queue[0].payload)];
	size_t left = publish->message.payload.len;
	size_t kept = 0;

	while (left) {
		char rest[32];
		bool keep = kept < sizeof(payload);
		char *to = keep ? payload + kept : rest;
		size_t room = keep ? sizeof(payload) - kept : sizeof(rest);
		int rc = mqtt_read_publish_payload_blocking(client, to, MIN(left, room));

		if (rc <= 0) {
			return;
		}
		kept += keep ? (size_t)rc : 0;
		left -= (size_t)rc;
	}
	if (publish->message.topic.qos == MQTT_QOS_1_AT_LEAST_ONCE) {
		const struct mqtt_puback_param ack = {.message_id = publish->message_id};

		(void)mqtt_publish_qos1_ack(client, &ack);
	}
	push(&(struct event){.kind = EVENT_MESSAGE, .payload = payload, .len = kept});
}

static void on_event(struct mqtt_client *client, const struct mqtt_evt *event)
{
	switch (event->type) {
	case MQTT_EVT_CONNACK:
		/* The DISCONNECT that follows a refusal has -ECONNREFUSED; the code is only here. */
		push(&(struct event){.kind = EVENT_CONNACK,
				     .code = event->param.connack.return_code});
		break;
	case MQTT_EVT_SUBACK:
		/* event->result is not the granted QoS: 0x80 is in the list. */
		push(&(struct event){.kind = EVENT_SUBACK,
				     .code = event->param.suback.return_codes.len
						     ? event->param.suback.return_codes.data[0]
						     : MQTT_SUBACK_FAILURE});
		break;
	case MQTT_EVT_PUBLISH:
		on_publish(client, &event->param.publish);
		break;
	case MQTT_EVT_DISCONNECT:
		connected = false;
		push(&(struct event){.kind = EVENT_CLOSED, .result = event->result});
		break;
	default:
		break;
	}
}

static int net_resolve(void *arg, const struct door *door, bool *dns, bool *ipv6)
{
	const struct zsock_addrinfo hints = {
		.ai_family = IS_ENABLED(CONFIG_DOORSTEP_IPV4_ONLY) ? AF_INET : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct zsock_addrinfo *list = NULL;
	char port[8];
	int rc;

	ARG_UNUSED(arg);
	snprintf(port, sizeof(port), "%u", door->port);
	rc = zsock_getaddrinfo(door->host, port, &hints, &list);
	if (rc || !list) {
		*dns = true;
		return rc ? rc : -2; /* NONAME */
	}
	memcpy(&broker, list->ai_addr, MIN(list->ai_addrlen, sizeof(broker)));
	*ipv6 = list->ai_family == AF_INET6;
	if (*ipv6) {
		((struct sockaddr_in6 *)&broker)->sin6_port = htons(door->port);
	} else {
		((struct sockaddr_in *)&broker)->sin_port = htons(door->port);
	}
	zsock_freeaddrinfo(list);
	return 0;
}

#ifdef CONFIG_MQTT_LIB_TLS
static void secure(const struct door *door)
{
	static sec_tag_t tags[1];
	struct mqtt_sec_config *config = &mqtt.transport.tls.config;

	tags[0] = (sec_tag_t)door->tag;
	memset(config, 0, sizeof(*config));
	config->peer_verify = door->verify ? TLS_PEER_VERIFY_REQUIRED : TLS_PEER_VERIFY_NONE;
	config->sec_tag_list = tags;
	config->sec_tag_count = 1;
	config->hostname = door->tls_name;
	/* Disabled is 0. The field is in the SDK's own Zephyr, not in the project's. */
#ifdef CONFIG_DOORSTEP_SESSION_CACHE
	config->session_cache =
		door->session_cache ? TLS_SESSION_CACHE_ENABLED : TLS_SESSION_CACHE_DISABLED;
#endif
	mqtt.transport.type = MQTT_TRANSPORT_SECURE;
}
#else
static void secure(const struct door *door)
{
	ARG_UNUSED(door);
}
#endif

static int socket_of(void)
{
#ifdef CONFIG_MQTT_LIB_TLS
	if (mqtt.transport.type == MQTT_TRANSPORT_SECURE) {
		return mqtt.transport.tls.sock;
	}
#endif
	return mqtt.transport.tcp.sock;
}

/* On the modem a send() to a network that has gone away blocks for ever unless it is told not to. */
static void limit_sending(void)
{
	const struct timeval limit = {.tv_sec = CONFIG_DOORSTEP_SEND_SECONDS};

	(void)zsock_setsockopt(socket_of(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int net_connect(void *arg, const struct door *door, const char *client_id,
		       uint16_t keepalive_s)
{
	int rc;

	ARG_UNUSED(arg);
	first = 0;
	count = 0;
	mqtt_client_init(&mqtt);
	mqtt.broker = &broker;
	mqtt.evt_cb = on_event;
	mqtt.client_id = utf8(client_id);
	mqtt.protocol_version = MQTT_VERSION_3_1_1;
	mqtt.keepalive = keepalive_s;
	mqtt.rx_buf = rx;
	mqtt.rx_buf_size = sizeof(rx);
	mqtt.tx_buf = tx;
	mqtt.tx_buf_size = sizeof(tx);
	if (door->user) {
		user = utf8(door->user);
		mqtt.user_name = &user;
	}
	if (door->password) {
		password = utf8(door->password);
		mqtt.password = &password;
	}
	mqtt.transport.type = MQTT_TRANSPORT_NON_SECURE;
	if (door->tls) {
		secure(door);
	}
	rc = mqtt_connect(&mqtt);
	connected = rc == 0;
	if (connected) {
		limit_sending();
	}
	return rc;
}

static void net_hang_up(void *arg)
{
	ARG_UNUSED(arg);
	if (!connected) {
		return;
	}
	connected = false;
#if DISCONNECT_HAS_PARAM
	if (mqtt_disconnect(&mqtt, NULL) == 0) {
		return;
	}
#else
	if (mqtt_disconnect(&mqtt) == 0) {
		return;
	}
#endif
	(void)mqtt_abort(&mqtt);
}

static int net_subscribe(void *arg, const char *topic)
{
	struct mqtt_topic one = {.topic = utf8(topic), .qos = MQTT_QOS_1_AT_LEAST_ONCE};
	const struct mqtt_subscription_list list = {
		.list = &one, .list_count = 1, .message_id = next_id()};

	ARG_UNUSED(arg);
	return mqtt_subscribe(&mqtt, &list);
}

static int net_publish(void *arg, const char *topic, const char *payload, size_t len)
{
	struct mqtt_publish_param publish = {0};

	ARG_UNUSED(arg);
	publish.message.topic.topic = utf8(topic);
	publish.message.topic.qos = MQTT_QOS_1_AT_LEAST_ONCE;
	publish.message.payload.data = (uint8_t *)payload;
	publish.message.payload.len = (uint32_t)len;
	publish.message_id = next_id();
	return mqtt_publish(&mqtt, &publish);
}

/* The library closes the socket on an error and tells by an event; if it did not, we do. */
static void lost(int rc)
{
	if (count == 0) {
		push(&(struct event){.kind = EVENT_CLOSED, .result = rc});
	}
}

static void wait_once(int64_t left)
{
	int ping = mqtt_keepalive_time_left(&mqtt);
	struct zsock_pollfd fd = {.fd = socket_of(), .events = ZSOCK_POLLIN};
	int rc = zsock_poll(&fd, 1, ping >= 0 && ping < left ? ping : (int)left);

	if (rc < 0) {
		lost(-errno);
		return;
	}
	if (rc > 0 && (fd.revents & ZSOCK_POLLIN)) {
		rc = mqtt_input(&mqtt);
	} else if (rc > 0) {
		rc = fd.revents & ZSOCK_POLLNVAL ? -ENOTCONN : -ECONNRESET;
		(void)mqtt_abort(&mqtt);
		connected = false;
	} else {
		rc = mqtt_live(&mqtt);
		rc = rc == -EAGAIN ? 0 : rc;
	}
	if (rc) {
		lost(rc);
	}
}

static void net_wait(void *arg, uint32_t timeout_ms, struct event *event)
{
	int64_t deadline = k_uptime_get() + timeout_ms;
	int64_t left;

	ARG_UNUSED(arg);
	do {
		if (count) {
			*event = queue[first].event;
			first = (uint8_t)((first + 1) % EVENTS);
			count--;
			return;
		}
		if (!connected) {
			*event = (struct event){.kind = EVENT_CLOSED, .result = -ENOTCONN};
			return;
		}
		left = deadline - k_uptime_get();
		if (left > 0) {
			wait_once(left);
		}
	} while (left > 0);
}

void net_port(struct port *port)
{
	port->resolve = net_resolve;
	port->connect = net_connect;
	port->hang_up = net_hang_up;
	port->subscribe = net_subscribe;
	port->publish = net_publish;
	port->wait = net_wait;
}
