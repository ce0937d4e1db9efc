#include "http.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libwebsockets.h>

#include "confine.h"

#define CHUNK	      (32U * 1024U)
#define SNDBUF	      (256 * 1024) /* of a follower: what a stuck browser can cost the kernel */
#define TICK_US	      (1 * LWS_US_PER_SEC)
#define PULSE_TICKS   5
#define POLL_PAUSE_US (5 * LWS_US_PER_MS) /* lines that come close together go out together */
#define POLL_LINES    500
#define BACK_LINES    300

static const char csp[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
			  "data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
			  "frame-ancestors 'none'; require-trusted-types-for 'script'; "
			  "trusted-types 'none'";

/* One connection. */
struct client {
	struct client *later; /* the list of those that follow the events */
	struct lws *wsi;
	struct text body;
	size_t sent;
	bool answering, events;
	uint64_t next;
	struct audience who;
	int64_t progress; /* when it last took something, or had nothing to take: ms */
	bool dropped;
};

struct http {
	struct page *p;
	struct http_options o;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct client *followers;
	int ticks;
	bool gone; /* must not serve any more */
	int64_t polled_us;
	struct lws *notices[FEED_JOURNALS]; /* what tells that something was written */
	lws_sorted_usec_list_t tick, poll, back;
	unsigned char *out; /* LWS_PRE + CHUNK and some */
	size_t out_size;
};

const char *request_arg(const struct request *rq, const char *name)
{
	for (int i = 0; i < rq->nargs; i++)
		if (strcmp(rq->args[i].name, name) == 0)
			return rq->args[i].value;
	return NULL;
}

static int header(struct lws *wsi, enum lws_token_indexes token, char *out, int size)
{
	out[0] = '\0';
	return lws_hdr_copy(wsi, out, size, token) > 0 ? 0 : -1;
}

static void custom(struct lws *wsi, const char *name, char *out, int size)
{
	out[0] = '\0';
	if (lws_hdr_custom_copy(wsi, out, size, name, (int)strlen(name)) < 0)
		out[0] = '\0';
}

/* Without a token only this machine's own names are ours: another name is a page on the net that
 * was made to point here, and a forwarded request is a proxy that lets the world in. */
static bool is_own_host(const struct page *p, const char *host)
{
	static const char *const own[] = {"localhost", "127.0.0.1", "::1", NULL};
	char name[256];

	record_address(host, name, sizeof(name));
	if (p->name && strcasecmp(name, p->name) == 0)
		return true;
	for (const char *const *o = own; *o; o++)
		if (strcasecmp(name, *o) == 0)
			return true;
	return strncmp(name, "127.", 4) == 0 && strspn(name, "0123456789.") == strlen(name);
}

static bool may_come_without_token(struct http *h, struct lws *wsi)
{
	char host[256], other[64];

	if (header(wsi, WSI_TOKEN_HOST, host, sizeof(host)) != 0 || !is_own_host(h->p, host))
		return false;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_X_FORWARDED_FOR) > 0)
		return false;
	custom(wsi, "forwarded:", other, sizeof(other));
	return !*other;
}

static int read_request(struct http *h, struct lws *wsi, const char *path, struct request *rq)
{
	char fragment[600], authorization[300], cookies[1024];
	int n;

	memset(rq, 0, sizeof(*rq));
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0)
		rq->head = true;
	else if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		return 405;
	if (strlen(path) >= sizeof(rq->path))
		return 414;
	strcpy(rq->path, path);
	for (int i = 0; (n = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i)) > 0; i++) {
		char *value;

		if (n >= (int)sizeof(fragment) || rq->nargs == REQUEST_ARGS)
			return 414;
		lws_hdr_copy_fragment(wsi, fragment, sizeof(fragment), WSI_TOKEN_HTTP_URI_ARGS, i);
		value = strchr(fragment, '=');
		if (!value) /* libwebsockets makes a "/" of an empty query */
			continue;
		*value++ = '\0';
		if (strlen(fragment) >= sizeof(rq->args[0].name) ||
		    strlen(value) >= sizeof(rq->args[0].value))
			return 414;
		strcpy(rq->args[rq->nargs].name, fragment);
		strcpy(rq->args[rq->nargs++].value, value);
	}
	custom(wsi, "last-event-id:", rq->last_event_id, sizeof(rq->last_event_id));
	header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, rq->if_none_match, sizeof(rq->if_none_match));
	header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization, sizeof(authorization));
	header(wsi, WSI_TOKEN_HTTP_COOKIE, cookies, sizeof(cookies));
	rq->who = access_who(&h->p->access, authorization, cookies);
	if (!*h->p->access.token && !may_come_without_token(h, wsi))
		return 421;
	return 0;
}

static void refuse(struct answer *a, int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{405, "this page is read only: expected GET\n"},
		{414, "the address is too long, or has too many arguments\n"},
		{421,
		 "without a token this page answers on this machine's own name only "
		 "(localhost), and not behind a proxy: start doorstep-web with --token-file\n"},
		{503, "too many browsers follow this page: close some\n"},
	};

	a->status = status;
	a->type = "text/plain; charset=utf-8";
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].status == status)
			text_puts(&a->body, texts[i].text);
}

static int add(struct lws *wsi, const char *name, const char *value, unsigned char **at,
	       unsigned char *end)
{
	if (!value || !*value)
		return 0;
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
					   (const unsigned char *)value, (int)strlen(value), at,
					   end);
}

static int write_headers(struct http *h, struct lws *wsi, const struct answer *a)
{
	unsigned char *start = h->out + LWS_PRE, *at = start;
	unsigned char *end = h->out + h->out_size - 1;
	char disposition[340] = "";
	int bad = 0;

	if (*a->filename)
		snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"",
			 a->filename);
	bad |= lws_add_http_common_headers(
		wsi, (unsigned)a->status, a->type,
		a->events ? LWS_ILLEGAL_HTTP_CONTENT_LEN : (lws_filepos_t)a->body.len, &at, end);
	bad |= add(wsi, "content-security-policy:", csp, &at, end);
	bad |= add(wsi, "x-content-type-options:", "nosniff", &at, end);
	bad |= add(wsi, "x-frame-options:", "DENY", &at, end);
	bad |= add(wsi, "referrer-policy:", "no-referrer", &at, end);
	bad |= add(wsi, "cross-origin-resource-policy:", "same-origin", &at, end);
	bad |= add(wsi, "cross-origin-opener-policy:", "same-origin", &at, end);
	bad |= add(wsi, "cache-control:", a->cache ? a->cache : "no-store", &at, end);
	bad |= add(wsi, "etag:", a->etag, &at, end);
	bad |= add(wsi, "set-cookie:", a->cookie, &at, end);
	bad |= add(wsi, "location:", a->location, &at, end);
	bad |= add(wsi, "content-disposition:", disposition, &at, end);
	if (a->status == 405)
		bad |= add(wsi, "allow:", "GET, HEAD", &at, end);
	return bad ? -1 : lws_finalize_write_http_header(wsi, start, &at, end);
}

static int followers(const struct http *h)
{
	int n = 0;

	for (const struct client *c = h->followers; c; c = c->later)
		n++;
	return n;
}

static void forget(struct http *h, struct client *c)
{
	for (struct client **p = &h->followers; *p; p = &(*p)->later)
		if (*p == c) {
			*p = c->later;
			break;
		}
	text_free(&c->body);
	*c = (struct client){0};
}

static int answer(struct http *h, struct lws *wsi, struct client *c, const char *path)
{
	struct request rq;
	struct answer a = {.status = 200, .type = "application/json"};
	int refused = read_request(h, wsi, path, &rq);
	int rc = -1;

	text_free(&c->body);
	*c = (struct client){.wsi = wsi};
	if (refused)
		refuse(&a, refused);
	else
		routes_answer(h->p, &rq, &a);
	if (a.events && followers(h) >= h->o.max_clients) {
		a.events = false;
		text_reset(&a.body);
		refuse(&a, 503);
	}
	h->p->self.answers++;
	if (a.status == 401 || a.status == 403 || a.status == 421)
		h->p->self.refused++;
	if (a.body.broken) {
		text_reset(&a.body);
		a.status = 500;
	}
	if (write_headers(h, wsi, &a) != 0)
		goto out;
	if (!a.events && (rq.head || a.body.len == 0 || a.status == 304)) {
		rc = lws_http_transaction_completed(wsi) ? -1 : 0;
		goto out;
	}
	if (a.events) {
		int size = SNDBUF;

		setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
		c->later = h->followers;
		h->followers = c;
	} else {
		lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, h->o.drop_after);
	}
	c->answering = true;
	c->events = a.events;
	c->next = a.next;
	c->who = rq.who;
	c->progress = page_now();
	c->body = a.body;
	a.body = (struct text){0};
	lws_callback_on_writable(wsi);
	rc = 0;
out:
	text_free(&a.body);
	return rc;
}

/* 0 when there is more to write, 1 when the answer is out: c may be gone then. Negative: failed. */
static int write_some(struct http *h, struct client *c)
{
	size_t left = c->body.len - c->sent;
	size_t n = left < CHUNK ? left : CHUNK;
	bool last = !c->events && n == left;

	memcpy(h->out + LWS_PRE, c->body.s + c->sent, n);
	if (lws_write(c->wsi, h->out + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
	    (int)n)
		return -1;
	c->sent += n;
	c->progress = page_now();
	if (last) {
		text_free(&c->body);
		c->answering = false;
		return lws_http_transaction_completed(c->wsi) ? -1 : 1;
	}
	if (!c->events)
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, h->o.drop_after);
	return 0;
}

static int writeable(struct http *h, struct client *c)
{
	if (!c->answering)
		return 0;
	if (c->dropped)
		return -1;
	if (c->sent < c->body.len) {
		int rc = write_some(h, c);

		if (rc)
			return rc < 0 ? -1 : 0;
	} else if (c->events) {
		text_reset(&c->body);
		c->sent = 0;
		if (!stream_take(&h->p->stream, &c->next, page_others_view(h->p, &c->who),
				 c->who.role == AUDIENCE_STUDENT ? c->who.seat : "", CHUNK,
				 &c->body)) {
			h->p->self.dropped++;
			return -1;
		}
		c->progress = page_now();
		if (c->body.len && write_some(h, c) != 0)
			return -1;
	}
	if (c->sent < c->body.len || (c->events && c->next < h->p->stream.end))
		lws_callback_on_writable(c->wsi);
	return 0;
}

static void wake_followers(struct http *h)
{
	for (struct client *c = h->followers; c; c = c->later)
		if (c->next < h->p->stream.end)
			lws_callback_on_writable(c->wsi);
}

static void poll_journals(struct http *h)
{
	uint64_t end = h->p->stream.end;
	bool more = feed_poll(&h->p->feed, POLL_LINES, page_take, h->p);

	h->polled_us = lws_now_usecs();
	for (int i = 0; i < FEED_JOURNALS; i++)
		if (h->notices[i])
			lws_rx_flow_control(h->notices[i], 1);
	if (h->p->stream.end != end)
		wake_followers(h);
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
		wake_followers(h);
	}
}

static void drop_stuck(struct http *h)
{
	int64_t now = page_now();

	for (struct client *c = h->followers; c; c = c->later) {
		bool behind = c->sent < c->body.len || c->next < h->p->stream.end;

		if (!behind) {
			c->progress = now;
		} else if (!c->dropped && (now - c->progress > h->o.drop_after * 1000LL ||
					   c->next < h->p->stream.first)) {
			c->dropped = true;
			h->p->self.dropped++;
			lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
		}
	}
}

static void on_tick(lws_sorted_usec_list_t *sul)
{
	struct http *h = lws_container_of(sul, struct http, tick);

	poll_journals(h);
	if (classdir_refresh(&h->p->dir, &h->p->roster))
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
		if (h->followers)
			page_tick(h->p);
	}
	wake_followers(h);
	drop_stuck(h);
	lws_sul_schedule(h->context, 0, &h->tick, on_tick, TICK_US);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		    size_t len)
{
	struct lws_context *context = lws_get_context(wsi);
	struct http *h = context ? lws_context_user(context) : NULL;
	struct client *c = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return answer(h, wsi, c, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return c ? writeable(h, c) : 0;
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (c && h)
			forget(h, c);
		return 0;
	case LWS_CALLBACK_RAW_RX_FILE:
		on_notice(h, wsi);
		return 0;
	/* what a browser may not do here */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
	case LWS_CALLBACK_HTTP_BODY:
		return -1;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}

static void quiet(int level, const char *line)
{
	fprintf(stderr, "doorstep-web: %s: %s", level == LLL_ERR ? "libwebsockets" : "note", line);
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
	h->o = *o;
	h->out_size = LWS_PRE + CHUNK + 1024;
	h->out = malloc(h->out_size);
	lws_set_log_level(LLL_ERR, quiet);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.user = h;
	info.timeout_secs = 20;
	info.keepalive_timeout = 60;
	info.max_http_header_data = 4096;
	info.server_string = "doorstep";
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
		       LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (o->cert)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	h->context = h->out ? lws_create_context(&info) : NULL;
	if (!h->context) {
		snprintf(error, size, "libwebsockets did not start");
		goto fail;
	}
	info.port = o->port;
	info.iface = o->bind;
	if (!strchr(o->bind, ':'))
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	info.vhost_name = "page";
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
	free(h->out);
	free(h);
}
