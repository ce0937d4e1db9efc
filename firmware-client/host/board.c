#include "board.h"
#include "at.h"
#include "bell.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *log_file;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void board_log_to(void *file)
{
	log_file = file;
}

static void board_say(void *arg, enum say how, const char *line)
{
	static const char *const levels[] = {"<err>", "<wrn>", "<inf>"};
	struct board *board = arg;
	struct timespec now;

	if (board->plan.quiet || !log_file)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&log_lock);
	fprintf(log_file, "[%02ld:%02ld:%02ld.%03ld] %s %s: %s\n", now.tv_sec / 3600 % 100,
		now.tv_sec / 60 % 60, now.tv_sec % 60, now.tv_nsec / 1000000, levels[how],
		board->plan.name, line);
	fflush(log_file);
	pthread_mutex_unlock(&log_lock);
}

__attribute__((format(printf, 3, 4))) static void tell(struct board *board, enum say how,
						       const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	board_say(board, how, line);
}

static uint64_t board_now(void *arg)
{
	struct timespec now;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t board_random(void *arg)
{
	struct board *board = arg;

	board->random = board->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(board->random >> 32);
}

static int number(const struct board *board, enum error error)
{
	int result = error_number(error, board->plan.numbering);

	/* An error without a number in the old numbering keeps today's. */
	return result ? result : error_number(error, NUMBERING_NEW);
}

/* Keeps what went wrong below MQTT, and gives it the number that the application sees. */
static int outcome(struct board *board, const struct tls_outcome *found)
{
	bool mbedtls = board->plan.stack == STACK_MBEDTLS;
	enum error error = mbedtls				    ? found->error_mbedtls
			   : board->plan.numbering == NUMBERING_OLD ? found->error_old
								    : found->error;
	enum sure sure = mbedtls ? SURE_KNOWN : found->sure;
	int result = number(board, error);

	board->outcome = found;
	tell(board, SAY_INFO, "simulated %s: %s gives %d %s (%s: %s)",
	     mbedtls ? "mbedTLS" : "modem", found->name, result, error_name(error), sure_name(sure),
	     mbedtls ? "sockets_tls.c" : found->source);
	return result;
}

/* Modem. */

static int board_at(void *arg, const char *command, char *answer, size_t size)
{
	struct board *board = arg;
	struct text out = {0};
	int rc;

	pthread_mutex_lock(&board->modem.lock);
	rc = at_execute(&board->modem, command, strlen(command), &out);
	pthread_mutex_unlock(&board->modem.lock);
	snprintf(answer, size, "%s", out.s ? out.s : "");
	text_free(&out);
	if (rc == AT_DEAD)
		return number(board, ERROR_EPERM);
	if (rc == AT_ERROR)
		return CME_INCORRECT_PARAMETER;
	return rc;
}

/* As modem_key_mgmt translates CME errors. */
static int errno_of_cme(const struct board *board, int cme)
{
	static const struct {
		int cme;
		enum error error;
	} map[] = {
		{CME_MEMORY_FAILURE, ERROR_E2BIG},
		{CME_INCORRECT_PARAMETER, ERROR_EINVAL},
		{CME_SYSTEM_ERROR, ERROR_ENOEXEC},
		{CME_NOT_FOUND, ERROR_ENOENT},
		{CME_NO_ACCESS, ERROR_EACCES},
		{CME_MEMORY_FULL, ERROR_ENOMEM},
		{CME_ACTIVE_STATE, ERROR_EPERM},
		{CME_ALREADY_EXISTS, ERROR_EALREADY},
		{CME_INVALID_CONTENT, ERROR_EINVAL},
		{CME_POWER_OFF_WARNING, ERROR_ECANCELED},
		{AT_DEAD, ERROR_EPERM},
		{AT_PHONE_FAILURE, ERROR_EIO},
	};

	if (cme == AT_OK)
		return 0;
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].cme == cme)
			return number(board, map[i].error);
	return number(board, ERROR_EIO);
}

int board_provision(struct board *board, uint32_t tag, int type, const char *text, size_t len)
{
	struct text line = {0};
	struct text out = {0};
	int rc;

	/* Compiled in: nobody looks at it before the connection is made. */
	if (board->plan.stack == STACK_MBEDTLS)
		return store_put(&board->modem.store, tag, (uint32_t)type, text, len, false)
			       ? CME_MEMORY_FULL
			       : AT_OK;
	text_printf(&line, "AT%%CMNG=0,%" PRIu32 ",%d,\"", tag, type);
	text_add(&line, text, len);
	text_puts(&line, "\"");
	pthread_mutex_lock(&board->modem.lock);
	rc = at_execute(&board->modem, line.s, line.len, &out);
	pthread_mutex_unlock(&board->modem.lock);
	text_free(&line);
	text_free(&out);
	return rc;
}

static int board_credential_write(void *arg, uint32_t tag, enum credential_type type,
				  const char *text, size_t len)
{
	return errno_of_cme(arg, board_provision(arg, tag, (int)type, text, len));
}

static int board_modem_start(void *arg)
{
	struct board *board = arg;
	char command[40];
	char *answer;

	pthread_mutex_lock(&board->modem.lock);
	modem_start(&board->modem);
	if (board->plan.faults.lost_credentials)
		store_clear(&board->modem.store);
	pthread_mutex_unlock(&board->modem.lock);
	if (!board->plan.faults.read_back)
		return 0;
	/* What the Academy's application up to v3.1 does at boot: modem_key_mgmt_cmp(). */
	tell(board, SAY_INFO, "the application reads the credential of tag %" PRIu32 " back",
	     board->plan.settings.doors[0].tag);
	answer = malloc(AT_LINE_MAX * 2);
	if (!answer)
		return number(board, ERROR_ENOMEM);
	snprintf(command, sizeof(command), "AT%%CMNG=2,%" PRIu32 ",0",
		 board->plan.settings.doors[0].tag);
	board_at(board, command, answer, AT_LINE_MAX * 2);
	free(answer);
	return 0;
}

static uint8_t board_fault(void *arg)
{
	struct board *board = arg;
	uint8_t fault;

	pthread_mutex_lock(&board->modem.lock);
	fault = board->modem.fault;
	pthread_mutex_unlock(&board->modem.lock);
	return fault;
}

/* Somebody at the modem's terminal may switch the radio off at any time. */
static bool attached(struct board *board)
{
	bool result;

	pthread_mutex_lock(&board->modem.lock);
	result = modem_attached(&board->modem);
	pthread_mutex_unlock(&board->modem.lock);
	return result;
}

/* Network. */

static int board_network(void *arg, uint32_t timeout_ms)
{
	struct board *board = arg;
	char answer[8];

	if (board_fault(board))
		return number(board, ERROR_ESHUTDOWN);
	if (!attached(board))
		board_at(board, "AT+CFUN=1", answer, sizeof(answer));
	if (attached(board))
		return 0;
	tell(board, SAY_WARNING, "no network; the wait of %" PRIu32 " s is left out",
	     timeout_ms / 1000);
	return number(board, ERROR_ETIMEDOUT);
}

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

/* MQTT. */

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

static void board_hang_up(void *arg)
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

static const struct tls_outcome *outcome_of_tcp(int error)
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
	if (!board->mosquitto)
		return number(board, ERROR_ENOMEM);
	mosquitto_connect_callback_set(board->mosquitto, on_connect);
	mosquitto_subscribe_callback_set(board->mosquitto, on_subscribe);
	mosquitto_message_callback_set(board->mosquitto, on_message);
	mosquitto_publish_callback_set(board->mosquitto, on_publish);
	mosquitto_int_option(board->mosquitto, MOSQ_OPT_TCP_NODELAY, 1);
	if (door->user &&
	    mosquitto_username_pw_set(board->mosquitto, door->user, door->password) != 0)
		return number(board, ERROR_EINVAL);
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
static const struct tls_outcome *shake_hands(struct board *board)
{
	uint64_t deadline = board_now(board) + board->plan.handshake_ms;
	int rc = MOSQ_ERR_SUCCESS;

	while (!board->tls.seen.done) {
		if (!attached(board))
			return &outcome_no_pdn;
		if (rc != MOSQ_ERR_SUCCESS)
			return tls_outcome(&board->tls, false);
		if (board_now(board) >= deadline || atomic_load(board->stop))
			return tls_outcome(&board->tls, true);
		rc = mosquitto_loop(board->mosquitto, 50, 1);
	}
	return NULL;
}

static int board_connect(void *arg, const struct door *door, const char *client_id,
			 uint16_t keepalive_s)
{
	struct board *board = arg;
	const struct tls_outcome *found = NULL;
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
	if (!attached(board))
		return outcome(board, &outcome_no_pdn);
	if (door->tls && (board->modem.handshaking || board->plan.faults.busy)) {
		board->plan.faults.busy = false;
		return outcome(board, &outcome_busy);
	}
	if (door->tls) {
		pthread_mutex_lock(&board->modem.lock);
		found = tls_open(&board->tls, &board->modem, door);
		pthread_mutex_unlock(&board->modem.lock);
	}
	if (!found && board->to.ss_family == AF_INET6 && !board->modem.ipv6)
		found = &outcome_no_ipv6;
	if (found)
		return outcome(board, found);
	board->modem.handshaking = door->tls;
	rc = mosquitto_make(board, door, client_id);
	if (rc)
		return rc;
	/* The kernel would wait for an answer of TCP's for minutes. */
	bell_set(&bell, board->plan.handshake_ms);
	error = -way(board, address, &port);
	if (error == 0) {
		rc = mosquitto_connect(board->mosquitto, address, port, keepalive_s);
		error = errno;
	} else {
		rc = MOSQ_ERR_ERRNO;
	}
	bell_off(&bell);
	if (rc == MOSQ_ERR_ERRNO && !board->tls.seen.hello_sent)
		found = outcome_of_tcp(error);
	else if (rc == MOSQ_ERR_INVAL)
		return number(board, ERROR_EINVAL);
	else if (rc != MOSQ_ERR_SUCCESS && !door->tls)
		found = &outcome_closed;
	else if (rc != MOSQ_ERR_SUCCESS)
		found = tls_outcome(&board->tls, false);
	else if (door->tls)
		found = shake_hands(board);
	board->modem.handshaking = false;
	if (board->tls.seen.hello_sent)
		board->wire_handshakes++;
	if (found)
		return outcome(board, found);
	if (door->tls)
		tell(board, SAY_INFO, "TLS 1.2 %s%s, chain %zu bytes in %zu certificate%s, SNI %s",
		     board->tls.seen.cipher, board->tls.seen.resumed ? " (resumed)" : "",
		     board->tls.seen.chain_bytes, board->tls.seen.chain_count,
		     board->tls.seen.chain_count == 1 ? "" : "s",
		     board->tls.seen.sni[0] ? board->tls.seen.sni : "none");
	return 0;
}

static int board_subscribe(void *arg, const char *topic)
{
	struct board *board = arg;

	return mosquitto_subscribe(board->mosquitto, NULL, topic, 1) == MOSQ_ERR_SUCCESS
		       ? 0
		       : number(board, ERROR_ENOTCONN);
}

static int board_publish(void *arg, const char *topic, const char *payload, size_t len)
{
	struct board *board = arg;

	return mosquitto_publish(board->mosquitto, NULL, topic, (int)len, payload, 1, false) ==
			       MOSQ_ERR_SUCCESS
		       ? 0
		       : number(board, ERROR_ENOTCONN);
}

/* Why a connection that stood is gone. */
static int lost_number(struct board *board)
{
	if (!attached(board))
		return outcome(board, &outcome_no_pdn);
	if (board->tls.seen.record_over)
		return outcome(board, &outcome_record);
	if (board->tls.seen.reset)
		return outcome(board, &outcome_reset);
	if (board->tls.seen.alert_in >= 0)
		return outcome(board, tls_outcome(&board->tls, false));
	return outcome(board, &outcome_closed);
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

		if (board->tls.seen.record_over || !attached(board)) {
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

static bool board_pause(void *arg, uint32_t ms)
{
	struct board *board = arg;
	uint64_t deadline = board_now(board) + ms;
	const struct timespec slice = {.tv_nsec = 20000000};

	board->attempts++;
	if (board->plan.attempts && board->attempts >= board->plan.attempts)
		return true;
	while (board_now(board) < deadline) {
		if (atomic_load(board->stop))
			return true;
		nanosleep(&slice, NULL);
	}
	return atomic_load(board->stop);
}

static void board_show(void *arg, uint8_t blinks)
{
	if (blinks)
		tell(arg, SAY_INFO, "LED blinks %u times", blinks);
}

static void board_act(void *arg, const struct command *command)
{
	tell(arg, SAY_INFO, "LED%u %s", command->led, command->on ? "on" : "off");
}

int board_open(struct board *board, const struct board_plan *plan, const char *imei,
	       const char *store, const atomic_bool *stop, const char **why)
{
	char made[16];

	memset(board, 0, sizeof(*board));
	board->plan = *plan;
	board->stop = stop;
	if (!imei) {
		modem_imei_of(made, plan->name);
		imei = made;
	}
	modem_init(&board->modem, plan->firmware, imei);
	board->modem.network = !plan->faults.no_network;
	board->modem.ipv6 = plan->pdn_ipv6;
	board->modem.low_power = plan->faults.low_power;
	board->modem.refuses = plan->faults.refuses;
	board->random = board_now(board) ^ (uint64_t)(uintptr_t)board;
	board->connack = -1;
	board->port = (struct port){
		.arg = board,
		.stack = plan->stack,
		.numbering = plan->numbering,
		.modem_start = board_modem_start,
		.at = plan->stack == STACK_MODEM ? board_at : NULL,
		.fault = board_fault,
		.credential_write = board_credential_write,
		.network = board_network,
		.resolve = board_resolve,
		.connect = board_connect,
		.subscribe = board_subscribe,
		.publish = board_publish,
		.wait = board_wait,
		.hang_up = board_hang_up,
		.pause = board_pause,
		.now_ms = board_now,
		.random = board_random,
		.say = board_say,
		.show = board_show,
		.act = board_act,
	};
	return store_open(&board->modem.store, store, why);
}

void board_run(struct board *board)
{
	uint64_t began = board_now(board);

	client_init(&board->client, &board->plan.settings, &board->port);
	while (board->client.state != CLIENT_STOPPED)
		client_step(&board->client);
	board->took_ms = board_now(board) - began;
}

void board_close(struct board *board)
{
	board_hang_up(board);
	tls_forget(&board->tls);
	modem_close(&board->modem);
}
