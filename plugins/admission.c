#include "admission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct office office;

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
		peer_print(&conn->peer, a->peer, sizeof(a->peer));
	LIST_INSERT_HEAD(&office.all, a, all);
	return a;
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
	policy_release(a->policy);
	free(a->client_id);
	free(a->sni);
	free(a);
}

static void follow(struct admission *a)
{
	const struct seat *old = a->seat;
	const char *name = a->listener ? a->listener->name : NULL;

	if (a->policy == door.policy)
		return;
	/* found again by name in the new one, while the old one is still held */
	a->seat = old ? policy_seat_by_label(door.policy, old->label, strlen(old->label)) : NULL;
	a->listener = name ? policy_listener_by_name(door.policy, name) : NULL;
	policy_release(a->policy);
	a->policy = policy_hold(door.policy);
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

/* A seat that only an address told is a guess: nobody is disconnected for it. */
static bool seat_was_removed(const struct admission *a)
{
	return a->seat && a->seat_by != SEAT_BY_ADDRESS &&
	       !policy_seat_by_label(door.policy, a->seat->label, strlen(a->seat->label));
}

void admissions_follow_policy(void)
{
	struct admission *a, *next;
	char **gone = NULL;
	size_t n = 0, count = 0;

	LIST_FOREACH(a, &office.all, all)
	count += a->in && seat_was_removed(a);
	if (count)
		gone = calloc(count, sizeof(*gone));
	for (a = LIST_FIRST(&office.all); a; a = next) {
		next = LIST_NEXT(a, all);
		if (!a->in)
			continue;
		if (gone && seat_was_removed(a)) {
			gone[n++] = strdup(a->client_id);
			if (a->conn)
				a->conn->ended = REASON_SEAT_REMOVED;
		}
		follow(a);
	}
	/* only now: each kick ends an admission */
	for (size_t i = 0; i < n; i++) {
		if (gone[i])
			mosquitto_kick_client_by_clientid(gone[i], true);
		free(gone[i]);
	}
	free(gone);
}
