/* A client's CONNECT and its session: what Mosquitto asks, and what the policy and exercises answer. */
#include "admit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

#include "admission.h"
#include "admit_facts.h"
#include "admit_notes.h"
#include "clerk_desk.h"

#define SILENTLY MOSQ_ERR_UNKNOWN /* any code but AUTH, SUCCESS and DEFER closes without a word */

static int neutral(void)
{
	return door.is21 ? ERR_IGNORE : MOSQ_ERR_PLUGIN_DEFER;
}

/* Which one a client without TLS came by: there is one of each protocol. */
static const struct listener *plain_listener(const struct mosquitto *client)
{
	enum protocol protocol = mosquitto_client_protocol(client) == mp_websockets
					 ? PROTOCOL_WEBSOCKETS
					 : PROTOCOL_MQTT;

	for (size_t i = 0; i < door.policy->listener_count; i++) {
		const struct listener *l = &door.policy->listeners[i];

		if (!l->tls && l->protocol == protocol)
			return l;
	}
	return NULL;
}

static void login_digest(const struct mosquitto_evt_basic_auth *auth, uint8_t out[LOGIN_DIGEST])
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

/* The admission that a CONNECT is judged under; *again: it is in already (SIGHUP asks again). */
static struct admission *admission_for(struct conn *c, const struct mosquitto_evt_basic_auth *auth,
				       bool *again)
{
	struct admission *a = c ? c->admission : admission_of(auth->client);
	uint8_t login[LOGIN_DIGEST];
	const char *address;

	*again = false;
	if (c) {
		*again = a && a->in;
		return a;
	}
	login_digest(auth, login);
	if (a && door.reloading && a->in && memcmp(a->login, login, sizeof(login)) == 0) {
		*again = true;
		return a;
	}
	/* Mosquitto's pointer is used again for another client */
	admission_free(a);
	a = admission_new(NULL);
	if (!a)
		return NULL;
	a->listener = plain_listener(auth->client);
	memcpy(a->login, login, sizeof(login));
	address = mosquitto_client_address(auth->client);
	snprintf(a->peer, sizeof(a->peer), "%s", address ? address : "");
	admission_tie(a, auth->client);
	return a;
}

static void let_in(struct admission *a, struct visit *v, const struct visit_facts *vf,
		   const char *address)
{
	const struct seat *seat = a->seat;
	struct admission *other;
	char before[46];

	if (seat && vf->f.cert.present &&
	    profile_client_cert(a->listener->profile) != CLIENT_CERT_NO)
		office.good_changed |=
			seats_note_good(office.seats, seat->label, vf->f.now, vf->f.cert.subject);
	other = admission_let_in(a, vf->f.client_id);
	if (seats_id_shared(office.seats, vf->f.client_id, vf->f.client_id_len, address,
			    clock_mono_us() / 1000000, before) &&
	    v) {
		visit_mark(v, REASON_CLIENT_ID_SHARED);
		visit_set(&v->other_peer, before);
	}
	if (other && v) {
		visit_mark(v, REASON_CLIENT_ID_ELSEWHERE);
		visit_set(&v->other_peer, other->peer);
	}
	office_flush_good();
}

static int judge(struct admission *a, struct visit *v, const struct mosquitto_evt_basic_auth *auth,
		 const char *address)
{
	struct visit_facts vf;
	struct judgement j;

	facts_at_connect(&vf, a, address, auth);
	visit_note_seat(v, a);
	j = rules_judge(&vf.f);
	if (v) {
		for (size_t i = 0; i < j.mark_count; i++)
			visit_mark(v, j.marks[i]);
		if (j.expected[0])
			visit_set(&v->expected, j.expected);
		if (j.reason == REASON_CLIENT_CERT_GONE)
			visit_note_last_good(v, seats_cert_gone(office.seats, &vf.f));
	}
	if (j.judge == JUDGE_ACCEPT)
		let_in(a, v, &vf, address);
	else
		visit_refuse(v, j.reason);
	cert_facts_free(&vf.cert);
	switch (j.judge) {
	case JUDGE_REFUSE:
		return MOSQ_ERR_AUTH;
	case JUDGE_CLOSE:
		return SILENTLY;
	default:
		return MOSQ_ERR_SUCCESS;
	}
}

/* True: the exercise has refused it. */
static bool exercise_refuses(struct admission *a, struct visit *v)
{
	const struct exercise *e = exercise_get(a->act.exercise);
	int connack;

	if (!e || !misbehave_connect(&a->act, a->conn->ssl, a->version,
				     a->listener->protocol == PROTOCOL_WEBSOCKETS, &office.hanging,
				     clock_mono_us(), &connack))
		return false;
	visit_refuse(v, e->act == ACT_NO_CONNACK ? REASON_EXERCISE_STALLED
			: e->act == ACT_CONNACK	 ? REASON_EXERCISE_REFUSED
						 : REASON_EXERCISE_CLOSED);
	if (v && connack >= 0)
		v->connack = connack;
	return true;
}

static int decide(struct conn *c, struct visit *v, const struct mosquitto_evt_basic_auth *auth)
{
	bool again;
	struct admission *a = admission_for(c, auth, &again);
	const char *address = c ? c->peer.ip : mosquitto_client_address(auth->client);

	if (!a)
		return SILENTLY;
	/* a listener that class.json doesn't know, or an open one, is somebody else's to judge */
	if (!a->listener || a->listener->profile == PROFILE_OPEN)
		return neutral();
	if (again)
		return MOSQ_ERR_SUCCESS;
	a->version = mosquitto_client_protocol_version(auth->client);
	if (!c)
		visit_note_listener(v, a);
	if (c && exercise_refuses(a, v))
		return SILENTLY;
	return judge(a, v, auth, address ? address : "");
}

int admit_connect(struct conn *c, struct visit *v, const struct mosquitto_evt_basic_auth *auth)
{
	int saved = errno, rc;

	ERR_set_mark();
	rc = decide(c, v, auth);
	ERR_pop_to_mark();
	errno = saved;
	return rc;
}

/* ---- the session ---- */

/* The one PUBLISH of an exercise, on the topic that was subscribed to. */
static void publish_due(struct admission *a, const char *topic)
{
	size_t len;
	char *payload;

	if (strpbrk(topic, "+#"))
		topic = "exercise";
	len = misbehave_subscribe(&a->act, a->version, strlen(topic));
	payload = len ? mosquitto_calloc(1, len) : NULL;
	if (!payload)
		return;
	memset(payload, 'x', len);
	if (mosquitto_broker_publish(a->client_id, topic, (int)len, payload, 0, false, NULL) != 0)
		mosquitto_free(payload);
}

static enum acl access_of(int access)
{
	switch (access) {
	case MOSQ_ACL_WRITE:
		return ACL_WRITE;
	case MOSQ_ACL_SUBSCRIBE:
		return ACL_SUBSCRIBE;
	default:
		return ACL_READ;
	}
}

/* Clients that no admission knows, and listeners that are not ours, may all but write our topics. */
static int observed_topic(const struct mosquitto_evt_acl_check *acl)
{
	if (acl->access == MOSQ_ACL_WRITE && strncmp(acl->topic, "doorstep/", 9) == 0)
		return MOSQ_ERR_ACL_DENIED;
	return neutral();
}

int admit_topic(struct conn *c, const struct mosquitto_evt_acl_check *acl)
{
	struct admission *a = c ? c->admission : admission_of(acl->client);
	enum acl access = access_of(acl->access);
	enum reason_id reason;

	if (!a || !a->listener || a->listener->profile == PROFILE_OPEN)
		return observed_topic(acl);
	if (acl->access == MOSQ_ACL_UNSUBSCRIBE)
		return MOSQ_ERR_SUCCESS;
	reason = rules_topic(a->listener, a->seat, access, acl->topic);
	if (reason != REASON_NONE) {
		if (c && access != ACL_READ)
			door_denial(c, reason, acl->topic);
		return MOSQ_ERR_ACL_DENIED;
	}
	if (c && a->act.exercise && access == ACL_WRITE && misbehave_publish(&a->act, c->ssl))
		c->ended = REASON_EXERCISE_ENDED;
	if (c && a->act.exercise && access == ACL_SUBSCRIBE && a->in)
		publish_due(a, acl->topic);
	return MOSQ_ERR_SUCCESS;
}

void admit_gone(struct conn *c, const struct mosquitto *client)
{
	/* with TLS the end of the connection tells it */
	if (!c)
		admission_free(admission_of(client));
}
