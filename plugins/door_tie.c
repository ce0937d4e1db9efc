/* Which visit a client of Mosquitto's is: exact, or not at all. */
#include "door_parts.h"

#include <string.h>

static bool tied_to_context(const struct conn *c, const struct mosquitto *client)
{
	if (door.context_index >= 0)
		return SSL_get_ex_data(c->ssl, door.context_index) == client;
	/* 2.1 keeps its own pointer there, under an index that it has got after ours */
	for (int i = 0; i < 32; i++) {
		if (SSL_get_ex_data(c->ssl, i) == client) {
			door.context_index = i;
			return true;
		}
	}
	return false;
}

/* Was this connection's CONNECT just read? Then nothing else was read since, it is not tied yet,
 * and its address is the client's. */
static bool tied_by_read(const struct conn *c, const struct mosquitto *client)
{
	const char *address = mosquitto_client_address(client);
	const struct listener *listener = door_listener(c);
	bool websockets = mosquitto_client_protocol(client) == mp_websockets;

	if (c->client || c->phase == CONN_HANDSHAKE || !c->data_in || !c->read_ok)
		return false;
	if (listener && (listener->protocol == PROTOCOL_WEBSOCKETS) != websockets)
		return false;
	/* over WebSockets the address may come from a header that anybody can send */
	return websockets || (address && strcmp(address, c->peer.ip) == 0);
}

static struct conn_list *chain_of(const struct mosquitto *client)
{
	return &door.tied[((uintptr_t)client >> 4) % DOOR_CHAINS];
}

struct conn *door_tied(const struct mosquitto *client)
{
	struct conn *c;

	LIST_FOREACH(c, chain_of(client), tied)
	if (c->client == client)
		return c;
	return NULL;
}

static struct conn *tie(struct conn *c, const struct mosquitto *client, enum joined how)
{
	c->client = client;
	LIST_INSERT_HEAD(chain_of(client), c, tied);
	if (c->visit)
		c->visit->joined = how;
	return c;
}

struct conn *door_conn_of(const struct mosquitto *client, bool *fresh)
{
	struct conn *c = door_tied(client);

	*fresh = false;
	if (c)
		return c;
	*fresh = true;
	if (!door.is21) {
		c = door.turn;
		return c && tied_by_read(c, client) ? tie(c, client, JOINED_READ) : NULL;
	}
	/* most often it is the one whose bytes are being worked on */
	if (door.turn && !door.turn->client && tied_to_context(door.turn, client))
		return tie(door.turn, client, JOINED_CONTEXT);
	LIST_FOREACH(c, watch_all(), all)
	if (!c->client && tied_to_context(c, client))
		return tie(c, client, JOINED_CONTEXT);
	return NULL;
}
