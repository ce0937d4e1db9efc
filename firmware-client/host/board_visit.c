/* A board's visit: the name looked up, TCP and TLS, MQTT by libmosquitto, what is heard, how it ends. */
#include "bell.h"
#include "board_parts.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int board_resolve(void *arg, const struct door *door, bool *dns, bool *ipv6)
{
	struct board *board = arg;
	struct addrinfo hints = {.ai_family = board->plan.any_family ? AF_UNSPEC : AF_INET,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	const struct addrinfo *chosen;
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", door->port);
	rc = getaddrinfo(board->plan.address ? board->plan.address : door->host, port, &hints,
			 &list);
	if (rc) {
		*dns = true;
		return rc; /* the numbers are the modem library's, too */
	}
	chosen = list;
	for (const struct addrinfo *a = list; a; a = a->ai_next)
		if (a->ai_family == AF_INET6 && chosen->ai_family != AF_INET6)
			chosen = a; /* the modem: IPv6 first, whatever the PDN has */
	memcpy(&board->to, chosen->ai_addr, chosen->ai_addrlen);
	board->to_len = chosen->ai_addrlen;
	*ipv6 = chosen->ai_family == AF_INET6;
	freeaddrinfo(list);
	return 0;
}

static void push(struct board *board, const struct event *event)
{
	struct board_event *slot = &board->events[(board->first + board->count) % BOARD_EVENTS];
	size_t len = event->len < sizeof(slot->payload) ? event->len : sizeof(slot->payload);

	if (board->count == BOARD_EVENTS)
		return;
	slot->event = *event;
	if (len)
		memcpy(slot->payload, event->payload, len);
	slot->event.payload = slot->payload;
	slot->event.len = len;
	board->count++;
}

static void on_connect(struct mosquitto *mosquitto, void *arg, int code)
{
	struct board *board = arg;

	(void)mosquitto;
	board->connack = code;
	board->accepted_now = code == 0;
	push(board, &(struct event){.kind = EVENT_CONNACK, .code = code});
}

static void on_subscribe(struct mosquitto *mosquitto, void *arg, int id, int count,
			 const int *granted)
{
	struct board *board = arg;

	(void)mosquitto, (void)id;
	board->subscribed = true;
	push(board, &(struct event){.kind = EVENT_SUBACK, .code = count > 0 ? granted[0] : 0x80});
}

static void on_message(struct mosquitto *mosquitto, void *arg,
		       const struct mosquitto_message *message)
{
	(void)mosquitto;
	push(arg, &(struct event){.kind = EVENT_MESSAGE,
				  .payload = message->payload,
				  .len = (size_t)message->payloadlen});
}

static void on_publish(struct mosquitto *mosquitto, void *arg, int id)
{
	struct board *board = arg;

	(void)mosquitto, (void)id;
	board->acknowledged++;
}

void board_hang_up(void *arg)
{
	struct board *board = arg;

	if (board->mosquitto) {
		if (board->accepted_now) {
			mosquitto_disconnect(board->mosquitto);
			mosquitto_loop(board->mosquitto, 0, 1);
		}
		mosquitto_destroy(board->mosquitto);
		board->mosquitto = NULL;
	}
	if (board->tls.context)
		board->seen = board->tls.seen;
	board->was_resumed = board->seen.resumed;
	tls_close(&board->tls);
	link_stop(&board->link);
	board->modem.handshaking = false;
	board->count = 0;
}

static const struct outcome *outcome_of_tcp(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return &outcome_tcp_refused;
	case ECONNRESET:
		return &outcome_reset;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EADDRNOTAVAIL:
		return &outcome_no_route;
	default:
		return &outcome_tcp_unanswered;
	}
}

static int mosquitto_make(struct board *board, const struct door *door, const char *client_id)
{
	board->mosquitto = mosquitto_new(client_id, true, board);
	/* It takes no empty client id, which a board could send. */
	if (!board->mosquitto)
		return board_number(board, errno == EINVAL ? ERROR_EINVAL : ERROR_ENOMEM);
	mosquitto_connect_callback_set(board->mosquitto, on_connect);
	mosquitto_subscribe_callback_set(board->mosquitto, on_subscribe);
	mosquitto_message_callback_set(board->mosquitto, on_message);
	mosquitto_publish_callback_set(board->mosquitto, on_publish);
	mosquitto_int_option(board->mosquitto, MOSQ_OPT_TCP_NODELAY, 1);
	if (door->user &&
	    mosquitto_username_pw_set(board->mosquitto, door->user, door->password) != 0)
		return board_number(board, ERROR_EINVAL);
	if (door->tls) {
		mosquitto_int_option(board->mosquitto, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
		mosquitto_void_option(board->mosquitto, MOSQ_OPT_SSL_CTX, board->tls.context);
	}
	return 0;
}

/* The address as text and port, by way of the bad link if there is one. */
static int way(struct board *board, char address[INET6_ADDRSTRLEN], uint16_t *port)
{
	const struct link_faults *faults = &board->plan.faults.link;
	char service[8];

	if (faults->delay_ms || faults->loss_percent || faults->chunk_bytes ||
	    faults->reset_after) {
		int rc = link_start(&board->link, faults, (struct sockaddr *)&board->to,
				    board->to_len);

		if (rc)
			return rc;
		snprintf(address, INET6_ADDRSTRLEN, "127.0.0.1");
		*port = board->link.port;
		return 0;
	}
	if (getnameinfo((struct sockaddr *)&board->to, board->to_len, address, INET6_ADDRSTRLEN,
			service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV))
		return -EINVAL;
	*port = (uint16_t)strtoul(service, NULL, 10);
	return 0;
}

/* Loops until the handshake is done or cannot be any more. */
static const struct outcome *shake_hands(struct board *board)
{
	uint64_t deadline = board_now(board) + board->plan.handshake_ms;
	int rc = MOSQ_ERR_SUCCESS;

	while (!board->tls.seen.done) {
		if (!board_attached(board))
			return &outcome_no_pdn;
		if (rc != MOSQ_ERR_SUCCESS)
			return tls_outcome(&board->tls, false);
		if (board_now(board) >= deadline || atomic_load(board->stop))
			return tls_outcome(&board->tls, true);
		rc = mosquitto_loop(board->mosquitto, 50, 1);
	}
	return NULL;
}

/* What the handshake was like, and what of it nobody has seen on a modem. */
static void tell_handshake(struct board *board)
{
	const struct tls_seen *seen = &board->tls.seen;

	board_tell(board, SAY_INFO, "TLS 1.2 %s%s, chain %zu bytes in %zu certificate%s, SNI %s",
		   seen->cipher, seen->resumed ? " (resumed)" : "", seen->chain_bytes,
		   seen->chain_count, seen->chain_count == 1 ? "" : "s",
		   seen->sni[0] ? seen->sni : "none");
	for (unsigned i = 0; i < seen->assumed_count; i++)
		board_tell(board, SAY_INFO, "simulated modem: assumed that %s", seen->assumed[i]);
}

static int board_connect(void *arg, const struct door *door, const char *client_id,
			 uint16_t keepalive_s)
{
	struct board *board = arg;
	const struct outcome *found = NULL;
	char address[INET6_ADDRSTRLEN];
	struct bell bell = {.set = false};
	uint16_t port;
	int error;
	int rc;

	memset(&board->seen, 0, sizeof(board->seen));
	board->outcome = NULL;
	board->connack = -1;
	board->accepted_now = false;
	board->subscribed = false;
	board->count = 0;
	if (!board_attached(board))
		return board_outcome(board, &outcome_no_pdn);
	if (door->tls && (board->modem.handshaking || board->plan.faults.busy)) {
		board->plan.faults.busy = false;
		return board_outcome(board, &outcome_busy);
	}
	if (door->tls) {
		pthread_mutex_lock(&board->modem.lock);
		found = tls_open(&board->tls, &board->modem, board->plan.stack, door);
		pthread_mutex_unlock(&board->modem.lock);
	} else {
		tls_unused(&board->tls);
	}
	if (!found && board->to.ss_family == AF_INET6 && !board->modem.ipv6)
		found = &outcome_no_ipv6;
	if (found)
		return board_outcome(board, found);
	board->modem.handshaking = door->tls;
	rc = mosquitto_make(board, door, client_id);
	if (rc)
		return rc;
	/* The kernel would wait for an answer of TCP's for minutes. */
	bell_set(&bell, board->plan.handshake_ms);
	atomic_store(&board->waits_for_tcp, true);
	error = -way(board, address, &port);
	if (error == 0) {
		rc = mosquitto_connect(board->mosquitto, address, port, keepalive_s);
		error = errno;
	} else {
		rc = MOSQ_ERR_ERRNO;
	}
	atomic_store(&board->waits_for_tcp, false);
	bell_off(&bell);
	if (rc == MOSQ_ERR_ERRNO && !board->tls.seen.hello_sent)
		found = outcome_of_tcp(error);
	else if (rc == MOSQ_ERR_INVAL)
		return board_number(board, ERROR_EINVAL);
	else if (rc != MOSQ_ERR_SUCCESS && !door->tls)
		found = &outcome_closed;
	else if (rc != MOSQ_ERR_SUCCESS)
		found = tls_outcome(&board->tls, false);
	else if (door->tls)
		found = shake_hands(board);
	board->modem.handshaking = false;
	if (board->tls.seen.hello_sent)
		board->wire_handshakes++;
	/* The user's end is nobody's fault: board_wait() tells of it. */
	if (atomic_load(board->stop))
		return 0;
	if (found)
		return board_outcome(board, found);
	if (door->tls)
		tell_handshake(board);
	return 0;
}

static int board_subscribe(void *arg, const char *topic)
{
	struct board *board = arg;

	return mosquitto_subscribe(board->mosquitto, NULL, topic, 1) == MOSQ_ERR_SUCCESS
		       ? 0
		       : board_number(board, ERROR_ENOTCONN);
}

static int board_publish(void *arg, const char *topic, const char *payload, size_t len)
{
	struct board *board = arg;

	return mosquitto_publish(board->mosquitto, NULL, topic, (int)len, payload, 1, false) ==
			       MOSQ_ERR_SUCCESS
		       ? 0
		       : board_number(board, ERROR_ENOTCONN);
}

/* Why a connection that stood is gone. */
static int lost_number(struct board *board)
{
	if (!board_attached(board))
		return board_outcome(board, &outcome_no_pdn);
	if (board->tls.seen.record_over)
		return board_outcome(board, &outcome_record);
	if (board->tls.seen.reset)
		return board_outcome(board, &outcome_reset);
	if (board->tls.seen.alert_in >= 0)
		return board_outcome(board, tls_outcome(&board->tls, false));
	return board_outcome(board, &outcome_closed);
}

static bool done(struct board *board)
{
	const struct board_plan *plan = &board->plan;

	if (atomic_load(board->stop))
		return true;
	if (!board->accepted_now || board->acknowledged < plan->heartbeats ||
	    (plan->settings.subscribe_topic && !board->subscribed))
		return false;
	if (board->finished_ms == 0)
		board->finished_ms = board_now(board);
	return board_now(board) - board->finished_ms >= plan->stay_ms;
}

static void board_wait(void *arg, uint32_t timeout_ms, struct event *event)
{
	struct board *board = arg;
	uint64_t deadline = board_now(board) + timeout_ms;

	for (;;) {
		uint64_t now = board_now(board);
		int slice = deadline - now < 50 ? (int)(deadline - now) : 50;

		if (board->tls.seen.record_over || !board_attached(board)) {
			*event = (struct event){.kind = EVENT_CLOSED, .result = lost_number(board)};
			return;
		}
		if (board->count) {
			*event = board->events[board->first].event;
			board->first = (board->first + 1) % BOARD_EVENTS;
			board->count--;
			return;
		}
		if (done(board)) {
			board->ended_well = board->accepted_now;
			event->kind = EVENT_STOP;
			return;
		}
		if (now >= deadline)
			return;
		if (mosquitto_loop(board->mosquitto, slice, 1) != MOSQ_ERR_SUCCESS &&
		    board->count == 0) {
			*event = (struct event){.kind = EVENT_CLOSED, .result = lost_number(board)};
			return;
		}
	}
}

void board_visit_port(struct port *port)
{
	port->resolve = board_resolve;
	port->connect = board_connect;
	port->hang_up = board_hang_up;
	port->subscribe = board_subscribe;
	port->publish = board_publish;
	port->wait = board_wait;
}
