#include "admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <openssl/evp.h>

#define AWAY_BYTES_MAX ((size_t)16 << 20)

struct office office = {.away = TAILQ_HEAD_INITIALIZER(office.away)};

static uint32_t hash_id(const char *id)
{
	uint32_t h = 2166136261U;

	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 16777619U;
	return h ^ h >> 15;
}

static struct admission_list *id_chain(const char *id)
{
	return &office.by_id[hash_id(id) % ADMISSION_CHAINS];
}

static struct admission_list *client_chain(const struct mosquitto *client)
{
	return &office.by_client[((uintptr_t)client >> 4) % ADMISSION_CHAINS];
}

struct admission *admission_new(struct conn *conn)
{
	struct admission *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->conn = conn;
	a->policy = policy_hold(door.policy);
	if (conn)
		a->peer = conn->peer;
	LIST_INSERT_HEAD(&office.all, a, all);
	return a;
}

static size_t away_size(const struct admission *a)
{
	return sizeof(*a) + strlen(a->client_id);
}

void admission_free(struct admission *a)
{
	if (!a)
		return;
	LIST_REMOVE(a, all);
	if (a->in)
		LIST_REMOVE(a, by_id);
	if (a->client)
		LIST_REMOVE(a, by_client);
	if (a->away) {
		TAILQ_REMOVE(&office.away, a, order);
		office.away_bytes -= away_size(a);
	}
	policy_release(a->policy);
	free(a->client_id);
	free(a->sni);
	free(a);
}

const struct listener *plain_listener(enum protocol protocol)
{
	for (size_t i = 0; i < door.policy->listener_count; i++) {
		const struct listener *l = &door.policy->listeners[i];

		if (!l->tls && l->protocol == protocol)
			return l;
	}
	return NULL;
}

/* Whoever is in stays in, though class.json knows its listener no more, or calls it otherwise: the
 * port is what counts, and without TLS the protocol. */
static const struct listener *listener_now(const struct admission *a)
{
	static const struct listener closed = {.name = "", .tls = true};
	static const struct listener closed_loopback = {.name = "", .bind = "127.0.0.1"};
	const struct listener *l = a->listener->tls
					   ? policy_listener(door.policy, a->listener->port)
					   : plain_listener(a->listener->protocol);

	if (l)
		return l;
	return listener_is_loopback(a->listener) ? &closed_loopback : &closed;
}

static const struct seat *seat_now(const struct seat *seat)
{
	return seat ? policy_seat_by_label(door.policy, seat->label, strlen(seat->label)) : NULL;
}

static void follow(struct admission *a)
{
	const struct seat *seat = a->seat, *owner = a->owner;

	if (a->policy == door.policy)
		return;
	/* found again by name in the new one, while the old one is still held */
	a->seat = seat_now(seat);
	a->owner = seat_now(owner);
	/* a seat that only an address told is a guess: nobody is disconnected for it */
	a->removed |= a->seat_by != SEAT_BY_ADDRESS && ((seat && !a->seat) || (owner && !a->owner));
	a->listener = listener_now(a);
	policy_release(a->policy);
	a->policy = policy_hold(door.policy);
}

void admission_login(const struct mosquitto_evt_basic_auth *auth, uint8_t out[LOGIN_DIGEST])
{
	const char *parts[] = {mosquitto_client_id(auth->client), auth->username, auth->password};
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};

	if (md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1) {
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (parts[i])
				EVP_DigestUpdate(md, parts[i], strlen(parts[i]) + 1);
		EVP_DigestFinal_ex(md, digest, NULL);
	}
	EVP_MD_CTX_free(md);
	memcpy(out, digest, LOGIN_DIGEST);
}

/* In the middle of its CONNECT a client cannot be kicked, and not every broker ticks. Where nothing is
 * left to read Mosquitto closes, after what it has to write. */
static void end_after_connack(struct admission *a)
{
	if (!a->conn)
		return;
	a->conn->ended = REASON_SEAT_REMOVED;
	SSL_set_shutdown(a->conn->ssl, SSL_get_shutdown(a->conn->ssl) | SSL_RECEIVED_SHUTDOWN);
	shutdown(SSL_get_fd(a->conn->ssl), SHUT_RD); /* wakes it */
}

struct admission *admission_let_in(struct admission *a, const char *client_id)
{
	struct admission *other;

	a->client_id = strdup(client_id);
	if (!a->client_id)
		return NULL;
	LIST_FOREACH(other, id_chain(client_id), by_id)
	if (strcmp(other->client_id, client_id) == 0)
		break;
	LIST_INSERT_HEAD(id_chain(client_id), a, by_id);
	a->in = true;
	follow(a);
	if (a->removed)
		end_after_connack(a);
	return other;
}

void admission_tie(struct admission *a, const struct mosquitto *client)
{
	a->client = client;
	LIST_INSERT_HEAD(client_chain(client), a, by_client);
}

struct admission *admission_of(const struct mosquitto *client)
{
	struct admission *a;

	LIST_FOREACH(a, client_chain(client), by_client)
	if (a->client == client)
		return a;
	return NULL;
}

void admission_part(struct admission *a, const struct mosquitto *client)
{
	if (!a->in || !client) {
		admission_free(a);
		return;
	}
	if (!a->client) {
		/* what was known of another who had Mosquitto's pointer before */
		admission_free(admission_of(client));
		admission_tie(a, client);
	}
	LIST_REMOVE(a, by_id);
	a->in = false;
	a->away = true;
	if (a->conn)
		a->number = a->conn->recorded ? a->conn->number : 0;
	a->conn = NULL;
	free(a->sni);
	a->sni = NULL;
	TAILQ_INSERT_TAIL(&office.away, a, order);
	office.away_bytes += away_size(a);
	while (office.away_bytes > AWAY_BYTES_MAX)
		admission_free(TAILQ_FIRST(&office.away));
}

void admissions_done(void)
{
	while (!LIST_EMPTY(&office.all))
		admission_free(LIST_FIRST(&office.all));
	office = (struct office){.away = TAILQ_HEAD_INITIALIZER(office.away)};
}

static void drop_removed(void)
{
	struct admission *a;
	char **gone;
	size_t n = 0, count = 0;

	LIST_FOREACH(a, &office.all, all)
	count += a->in && a->removed;
	gone = count ? calloc(count, sizeof(*gone)) : NULL;
	if (!gone)
		return;
	LIST_FOREACH(a, &office.all, all)
	if (a->in && a->removed) {
		gone[n++] = strdup(a->client_id);
		if (a->conn)
			a->conn->ended = REASON_SEAT_REMOVED;
	}
	/* only now: each kick ends an admission */
	for (size_t i = 0; i < n; i++) {
		if (gone[i])
			mosquitto_kick_client_by_clientid(gone[i], true);
		free(gone[i]);
	}
	free(gone);
}

void admissions_follow_policy(void)
{
	struct admission *a;

	LIST_FOREACH(a, &office.all, all)
	if (a->in || a->away)
		follow(a);
	drop_removed();
}
