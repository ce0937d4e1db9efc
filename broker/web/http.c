#include "http.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "client.h"
#include "confine.h"
#include "request.h"

#define TICK_US	      (1 * LWS_US_PER_SEC)
#define PULSE_TICKS   5
#define POLL_PAUSE_US (5 * LWS_US_PER_MS) /* lines that come close together go out together */
#define POLL_LINES    500
#define BACK_LINES    300
#define DESCRIPTORS   4096
#define SPARE	      16 /* descriptors for files while all others are connections */

/* In every answer, those that libwebsockets gives by itself too. */
static const struct lws_protocol_vhost_options policy[] = {
	{&policy[1], NULL, "content-security-policy:",
	 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
	 "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
	 "require-trusted-types-for 'script'; trusted-types 'none'"},
	{&policy[2], NULL, "x-content-type-options:", "nosniff"},
	{&policy[3], NULL, "x-frame-options:", "DENY"},
	{&policy[4], NULL, "referrer-policy:", "no-referrer"},
	{&policy[5], NULL, "cross-origin-resource-policy:", "same-origin"},
	{NULL, NULL, "cross-origin-opener-policy:", "same-origin"},
};

struct http {
	struct page *p;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct clients clients;
	int ticks;
	int descriptors; /* that this process may have */
	bool gone;	 /* must not serve any more */
	int64_t polled_us;
	struct lws *notices[FEED_JOURNALS]; /* what tells that something was written */
	lws_sorted_usec_list_t tick, poll, back;
};

static void poll_journals(struct http *h)
{
	uint64_t end = h->p->stream.end;
	bool more = feed_poll(&h->p->feed, POLL_LINES, page_take, h->p);

	h->polled_us = lws_now_usecs();
	for (int i = 0; i < FEED_JOURNALS; i++)
		if (h->notices[i])
			lws_rx_flow_control(h->notices[i], 1);
	if (h->p->stream.end != end)
		clients_wake(&h->clients);
	if (more)
		lws_sul_schedule(h->context, 0, &h->poll, h->poll.cb, 1);
}

static void on_poll(lws_sorted_usec_list_t *sul)
{
	poll_journals(lws_container_of(sul, struct http, poll));
}

/* Something happened beside a journal. The notice stays until that journal is read. */
static void on_notice(struct http *h, struct lws *wsi)
{
	int64_t since = lws_now_usecs() - h->polled_us;

	lws_rx_flow_control(wsi, 0);
	lws_sul_schedule(h->context, 0, &h->poll, on_poll,
			 since >= POLL_PAUSE_US ? 1 : POLL_PAUSE_US - since);
}

static void on_back(lws_sorted_usec_list_t *sul)
{
	struct http *h = lws_container_of(sul, struct http, back);

	h->p->reading_back = feed_back(&h->p->feed, BACK_LINES, page_take, h->p);
	if (h->p->reading_back) {
		lws_sul_schedule(h->context, 0, &h->back, on_back, 1);
	} else {
		page_settle(h->p);
		page_reload(h->p);
		clients_wake(&h->clients);
	}
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
	struct http *h = lws_container_of(sul, struct http, tick);
	bool changed;

	poll_journals(h);
	changed = classdir_refresh(&h->p->dir, &h->p->roster);
	if (page_notices_changed(h->p) || changed)
		page_reload(h->p);
	if (++h->ticks % PULSE_TICKS == 0) {
		const char *seen = h->p->guarded ? confine_readable(h->p->dir.path) : NULL;

		if (seen) {
			fprintf(stderr,
				"doorstep-web: %s/%s has appeared and can be read by this process; "
				"start it again and it is hidden\n",
				h->p->dir.path, seen);
			h->gone = true;
			lws_cancel_service(h->context);
		}
		if (h->clients.followers)
			page_tick(h->p);
	}
	clients_wake(&h->clients);
	clients_drop_gone(&h->clients);
	lws_sul_schedule(h->context, 0, &h->tick, on_tick, TICK_US);
}

/* Who offers HTTP/2 without TLS is answered in HTTP/1.1, as if they had not. libwebsockets goes by
 * what stands in the header after this call, and has no other switch. */
static int stay(struct lws *wsi, char *wanted)
{
	if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) <= 0) /* it is refused already */
		return -1;
	if (strcasecmp(wanted, "h2c") != 0)
		return -1;
	*wanted = '-';
	return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		    size_t len)
{
	struct lws_context *context = lws_get_context(wsi);
	struct http *h = context ? lws_context_user(context) : NULL;
	struct client *c = user;

	switch (reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: /* the kernel gives the lowest that is free */
		return (int)(intptr_t)in >= h->descriptors - SPARE ? -1 : 0;
	case LWS_CALLBACK_HTTP:
		return client_answer(&h->clients, wsi, c, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return c ? client_write(&h->clients, c) : 0;
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (c && h)
			client_forget(&h->clients, c);
		return 0;
	case LWS_CALLBACK_RAW_RX_FILE:
		on_notice(h, wsi);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return stay(wsi, in);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: /* no WebSocket */
		return -1;
	case LWS_CALLBACK_HTTP_BODY: /* nobody reads it; the connection ends with the answer */
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return 0;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}

/* One line a second: what strangers send must not fill a disk. */
static void quiet(int level, const char *line)
{
	static time_t last;
	static unsigned left_out;
	time_t now = time(NULL);

	if (now == last) {
		left_out++;
		return;
	}
	if (left_out)
		fprintf(stderr, "doorstep-web: %u more like the last line\n", left_out);
	left_out = 0;
	last = now;
	fprintf(stderr, "doorstep-web: %s: %s", level == LLL_ERR ? "libwebsockets" : "note", line);
}

/* As many descriptors as a page can need, if they can be had. */
static int take_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return DESCRIPTORS;
	if (limit.rlim_cur < DESCRIPTORS) {
		limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur < DESCRIPTORS ? (int)limit.rlim_cur : DESCRIPTORS;
}

/* Newer libwebsockets wait for an address that is not there (yet) instead of failing. */
static bool is_own_address(const char *address)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	bool ok = false;
	int fd;

	if (getaddrinfo(address, "0", &hints, &found) != 0)
		return false;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		ok = bind(fd, found->ai_addr, found->ai_addrlen) == 0;
		close(fd);
	}
	freeaddrinfo(found);
	return ok;
}

struct http *http_open(struct page *p, const struct http_options *o, int *port, char *error,
		       size_t size)
{
	static const struct lws_protocols protocols[] = {
		{.name = "http",
		 .callback = callback,
		 .per_session_data_size = sizeof(struct client),
		 .rx_buffer_size = 4096},
		{.name = NULL},
	};
	struct lws_context_creation_info info = {0};
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->p = p;
	h->descriptors = take_descriptors();
	h->clients = (struct clients){.p = p,
				      .max = (uint64_t)o->max_clients,
				      .drop_after = o->drop_after,
				      .out = malloc(LWS_PRE + CLIENT_OUT)};
	lws_set_log_level(LLL_ERR, quiet);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.user = h;
	info.timeout_secs = 20;
	info.keepalive_timeout = 60;
	info.max_http_header_data = REQUEST_HEADERS;
	info.server_string = "doorstep";
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
		       LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (o->cert)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	h->context = h->clients.out ? lws_create_context(&info) : NULL;
	if (!h->context) {
		snprintf(error, size, "libwebsockets did not start");
		goto fail;
	}
	info.port = o->port;
	info.iface = o->bind;
	if (!strchr(o->bind, ':'))
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	info.vhost_name = "page";
	info.headers = policy;
	info.alpn = "http/1.1";
	info.ssl_cert_filepath = o->cert;
	info.ssl_private_key_filepath = o->key;
	h->vhost = is_own_address(o->bind) ? lws_create_vhost(h->context, &info) : NULL;
	if (!h->vhost || (*port = lws_get_vhost_listen_port(h->vhost)) <= 0) {
		snprintf(error, size,
			 "cannot listen on %s port %d%s: is it taken (ss -ltnp), or not an address "
			 "of this machine? --port 0 takes a free one",
			 o->bind, o->port,
			 o->cert ? ", or its certificate and key do not fit" : "");
		goto fail;
	}
	for (int i = 0; i < p->feed.count; i++) {
		lws_sock_file_fd_type fd = {.filefd = tail_fd(p->feed.journals[i].tail)};

		if (fd.filefd >= 0)
			fd.filefd = dup(fd.filefd); /* libwebsockets closes what it adopts */
		if (fd.filefd >= 0)
			h->notices[i] = lws_adopt_descriptor_vhost(
				h->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "http", NULL);
	}
	return h;
fail:
	http_close(h);
	return NULL;
}

int http_run(struct http *h, volatile const int *stop)
{
	int rc = 0;

	page_notices_changed(h->p); /* from here on */
	lws_sul_schedule(h->context, 0, &h->back, on_back, 1);
	lws_sul_schedule(h->context, 0, &h->poll, on_poll, 1);
	lws_sul_schedule(h->context, 0, &h->tick, on_tick, TICK_US);
	while (!*stop && !h->gone && rc >= 0)
		rc = lws_service(h->context, 0);
	return *stop ? 0 : -1;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	if (h->context)
		lws_context_destroy(h->context);
	free(h->clients.out);
	free(h);
}
