/* Who is connected: each SSL that this process makes, from its beginning to its end. */
#include "watch_parts.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "clerk_desk.h"
#include "handshake.h"
#include "side.h"

#define MEASURED_US 60000000 /* libwebsockets gives a handshake 10 s */

struct watch watch = {.ctx_index = -1, .ssl_index = -1};

const struct conn_list *watch_all(void)
{
	return &watch.conns;
}

struct conn *watch_conn(const SSL *ssl)
{
	return watch.ssl_index < 0 ? NULL : SSL_get_ex_data(ssl, watch.ssl_index);
}

/* ---- addresses ---- */

/* 0: of another family */
static uint16_t port_of(const struct sockaddr_storage *ss)
{
	if (ss->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)ss)->sin_port);
	if (ss->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)ss)->sin6_port);
	return 0;
}

static void peer_read(struct peer *peer, const struct sockaddr_storage *ss)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

	peer->port = port_of(ss);
	if (ss->ss_family == AF_INET) {
		peer_set_v4(peer, &((const struct sockaddr_in *)ss)->sin_addr);
	} else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		peer_set_v4(peer, &in6->sin6_addr.s6_addr[12]);
	} else {
		peer->v6 = true;
		inet_ntop(AF_INET6, &in6->sin6_addr, peer->ip, sizeof(peer->ip));
	}
}

void watch_open(struct conn *c, const SSL *ssl)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (c->opened)
		return;
	c->fd = SSL_get_fd(ssl);
	if (c->fd < 0)
		return;
	c->opened = true;
	c->server = true;
	watch.unseen--;
	if (getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0)
		c->port = port_of(&ss);
	/* of one that was reset meanwhile getpeername() tells no more; both addresses are of one length */
	if (c->port && getsockopt(c->fd, SOL_SOCKET, SO_PEERNAME, &ss, &len) == 0)
		peer_read(&c->peer, &ss);
	if (c->visit) {
		c->visit->peer = c->peer;
		c->visit->port = c->port;
	}
	watch.events.open(c);
}

void watch_disown(struct conn *c)
{
	if (c->outgoing)
		return;
	c->outgoing = true;
	watch.unseen--;
	visit_free(c->visit);
	c->visit = NULL;
}

void watch_look_up(void)
{
	struct conn *c;

	if (watch.unseen == 0)
		return;
	LIST_FOREACH(c, &watch.conns, all)
	if (!c->opened && !c->outgoing && SSL_is_server(c->ssl))
		watch_open(c, c->ssl);
}

/* What TCP knows of visits under way, for those whose socket is closed before their end is told. The list begins with
 * the newest: an older one has been given up, or sits where the socket is still open at its end. */
void watch_measure(void)
{
	int64_t since = clock_mono_us() - MEASURED_US;
	struct conn *c;

	LIST_FOREACH(c, &watch.conns, all)
	{
		if (c->start_us < since)
			break;
		if (c->opened && c->visit)
			handshake_tcp(c->visit, c->fd);
	}
}

/* ---- OpenSSL's ex-data: where it begins and ends ---- */

static void ctx_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	SSL_CTX *ctx = parent;

	(void)ptr;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	watch_tls(ctx);
}

static void ssl_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct conn *c = calloc(1, sizeof(*c));

	(void)ptr;
	(void)argl;
	(void)argp;
	if (!c)
		return;
	/* The SSL is half made: nothing but its address may be used. */
	c->ssl = parent;
	c->fd = -1;
	c->log_from = -1;
	c->start_us = c->active_us = clock_mono_us();
	c->wall_us = clock_wall_us();
	c->number = ++watch.number;
	c->visit = visit_new();
	if (c->visit) {
		c->visit->tls = true;
		c->visit->number = c->number;
		c->visit->start_us = c->start_us;
		c->visit->wall_us = c->wall_us;
	}
	LIST_INSERT_HEAD(&watch.conns, c, all);
	watch.unseen++;
	CRYPTO_set_ex_data(ad, idx, c);
}

static void ssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
	struct conn *c = ptr;
	struct guard g;

	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	if (!c)
		return;
	/* The SSL is half gone: only what was kept counts. */
	g = guard_enter();
	/* what was sent again while nothing came; libwebsockets has closed it by now */
	if (c->visit && c->opened)
		handshake_tcp(c->visit, c->fd);
	LIST_REMOVE(c, all);
	if (!c->opened && !c->outgoing)
		watch.unseen--;
	watch.events.end(c);
	visit_free(c->visit);
	free(c);
	guard_leave(g);
}

int watch_start(const struct watch_events *events)
{
	watch.events = *events;
	if (watch.started)
		return 0;
	LIST_INIT(&watch.conns);
	/* No free function for the context: it would run after the plugin is unloaded. */
	watch.ctx_index = SSL_CTX_get_ex_new_index(0, NULL, ctx_new, NULL, NULL);
	watch.ssl_index = SSL_get_ex_new_index(0, NULL, ssl_new, NULL, ssl_free);
	if (watch.ctx_index < 0 || watch.ssl_index < 0 || sides_start() != 0)
		return -1;
	watch.started = true;
	return 0;
}

void watch_stop(void)
{
	if (!watch.started)
		return;
	CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL_CTX, watch.ctx_index);
	CRYPTO_free_ex_index(CRYPTO_EX_INDEX_SSL, watch.ssl_index);
	sides_stop();
	memset(&watch, 0, sizeof(watch));
	watch.ctx_index = watch.ssl_index = -1;
}
