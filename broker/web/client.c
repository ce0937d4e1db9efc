#include "client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <libwebsockets.h>

#include "routes.h"

#define SNDBUF (256 * 1024) /* of a follower: what a stuck browser can cost the kernel */

void client_forget(struct clients *all, struct client *c)
{
	for (struct client **p = &all->followers; *p; p = &(*p)->later)
		if (*p == c) {
			*p = c->later;
			all->p->self.clients--;
			break;
		}
	text_free(&c->body);
	*c = (struct client){0};
}

/* 0 when there is more to write, 1 when the answer is out: c may be gone then. Negative: failed. */
static int write_some(struct clients *all, struct client *c)
{
	size_t left = c->body.len - c->sent;
	size_t n = left < CLIENT_OUT ? left : CLIENT_OUT;
	bool last = !c->events && n == left;

	memcpy(all->out + LWS_PRE, c->body.s + c->sent, n);
	if (lws_write(c->wsi, all->out + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
	    (int)n)
		return -1;
	c->sent += n;
	c->progress = page_now();
	if (last) {
		text_free(&c->body);
		c->answering = false;
		return c->close || lws_http_transaction_completed(c->wsi) ? -1 : 1;
	}
	if (!c->events)
		lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, all->drop_after);
	return 0;
}

int client_answer(struct clients *all, struct lws *wsi, struct client *c, const char *path)
{
	struct request rq;
	struct answer a = {.status = 200, .type = "application/json"};
	int refused = request_read(&rq, all->p, wsi, path);
	int rc = -1;

	text_free(&c->body);
	*c = (struct client){.wsi = wsi, .close = request_has_body(wsi)};
	if (refused)
		answer_refuse(&a, refused);
	else
		routes_answer(all->p, &rq, &a);
	if (a.events && all->p->self.clients >= all->max) {
		a.events = false;
		answer_refuse(&a, 503);
	}
	all->p->self.answers++;
	if (a.status == 401 || a.status == 403 || a.status == 421)
		all->p->self.refused++;
	if (a.body.broken) {
		text_reset(&a.body);
		a.status = 500;
	}
	if (answer_head(&a, wsi, c->close, all->out + LWS_PRE, CLIENT_OUT) != 0)
		goto out;
	if (rq.head || (!a.events && (a.body.len == 0 || a.status == 304))) {
		rc = a.events || c->close || lws_http_transaction_completed(wsi) ? -1 : 0;
		goto out;
	}
	if (a.events) {
		int size = SNDBUF;

		setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
		lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
		c->later = all->followers;
		all->followers = c;
		all->p->self.clients++;
	} else {
		lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, all->drop_after);
	}
	c->answering = true;
	c->events = a.events;
	c->next = a.next;
	c->replay = a.replay;
	c->who = rq.who;
	c->progress = page_now();
	c->body = a.body;
	a.body = (struct text){0};
	rc = 0;
	/* at once what fits: since libwebsockets 4.3 a request that is read before the answer to the one
	 * before is out ends the connection */
	if (!c->events && c->body.len <= CLIENT_OUT)
		rc = write_some(all, c) < 0 ? -1 : 0;
	else
		lws_callback_on_writable(wsi);
out:
	text_free(&a.body);
	return rc;
}

int client_write(struct clients *all, struct client *c)
{
	if (!c->answering)
		return 0;
	if (c->dropped)
		return -1;
	if (c->sent < c->body.len) {
		int rc = write_some(all, c);

		if (rc)
			return rc < 0 ? -1 : 0;
	} else if (c->events) {
		text_reset(&c->body);
		c->sent = 0;
		if (c->replay.on) {
			events_replay(all->p, &c->who, &c->replay, CLIENT_OUT, &c->body);
			c->next = all->p->stream.end;
		} else if (!stream_take(&all->p->stream, &c->next,
					page_others_view(all->p, &c->who),
					c->who.role == AUDIENCE_STUDENT ? c->who.seat : "",
					CLIENT_OUT, &c->body)) {
			all->p->self.dropped++;
			return -1;
		}
		c->progress = page_now();
		if (c->body.len && write_some(all, c) != 0)
			return -1;
	}
	if (c->sent < c->body.len || (c->events && (c->replay.on || c->next < all->p->stream.end)))
		lws_callback_on_writable(c->wsi);
	return 0;
}

void clients_wake(struct clients *all)
{
	for (struct client *c = all->followers; c; c = c->later)
		if (c->next < all->p->stream.end)
			lws_callback_on_writable(c->wsi);
}

/* libwebsockets reads nothing more from who follows, so it would not see that before the second pulse
 * from now: a class that reloads its pages would fill the house. */
static bool has_left(const struct client *c)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(lws_get_socket_fd(c->wsi), IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_state != TCP_ESTABLISHED;
}

static void drop(struct client *c)
{
	c->dropped = true;
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
}

void clients_drop_gone(struct clients *all)
{
	int64_t now = page_now();

	for (struct client *c = all->followers; c; c = c->later) {
		bool behind = c->sent < c->body.len || c->next < all->p->stream.end || c->replay.on;

		if (c->dropped)
			continue;
		if (has_left(c)) {
			drop(c);
		} else if (!behind) {
			c->progress = now;
		} else if ((now - c->progress > all->drop_after * 1000LL ||
			    (c->next < all->p->stream.first && !c->replay.on))) {
			all->p->self.dropped++;
			drop(c);
		}
	}
}
