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

/* 2.1 only: NULL in 2.0. */
extern struct mosquitto *mosquitto_client(const char *client_id) __attribute__((weak));

#define SILENTLY MOSQ_ERR_UNKNOWN /* any code but AUTH, SUCCESS and DEFER closes without a word */

static int neutral(void)
{
	return door.is21 ? ERR_IGNORE : MOSQ_ERR_PLUGIN_DEFER;
}

static enum protocol protocol_of(const struct mosquitto *client)
{
	return mosquitto_client_protocol(client) == mp_websockets ? PROTOCOL_WEBSOCKETS
								  : PROTOCOL_MQTT;
}

/* The admission of a client without TLS, or of one that is away; another client may have its pointer
 * by now. */
static struct admission *admission_without_conn(const struct mosquitto *client)
{
	struct admission *a = admission_of(client);
	const char *id = mosquitto_client_id(client);

	return a && a->away && (!id || strcmp(id, a->client_id) != 0) ? NULL : a;
}

/*
 * Is it SIGHUP's question about a client that is in already, or was and has a session? On 2.1 that is
 * exact: a client can be found by its id from when it is let in. On 2.0 it is what comes between the
 * reload and whatever the broker does next.
 */
static bool asked_again(const struct mosquitto *client)
{
	return mosquitto_client ? mosquitto_client(mosquitto_client_id(client)) == client
				: door.reloading;
}

/* Is it a client that is in already, or was and is away? What was verified isn't verified again. */
static bool known_again(const struct admission *a, const struct mosquitto_evt_basic_auth *auth)
{
	uint8_t login[LOGIN_DIGEST];

	if (!a || a->over || !(a->in || a->away) || a->asked != door.asked ||
	    !asked_again(auth->client))
		return false;
	admission_login(auth, login);
	return memcmp(a->login, login, sizeof(login)) == 0;
}

const struct listener *admit_listener_without_tls(const struct mosquitto *client)
{
	const struct listener *l = door.policy ? plain_listener(protocol_of(client)) : NULL;

	if (l && listener_is_loopback(l) && !address_is_loopback(mosquitto_client_address(client)))
		return NULL;
	return l;
}

/* The admission that a CONNECT is judged under; *again: nothing is to be judged. */
static struct admission *admission_for(struct conn *c, const struct mosquitto_evt_basic_auth *auth,
				       bool *again)
{
	struct admission *a = c ? c->admission : admission_of(auth->client);
	const char *address;

	*again = c ? a && a->in : known_again(a, auth);
	/* one at a door that decided nothing when it came stays, whatever the door is now */
	if (*again || (!c && a && !a->in && !a->away && asked_again(auth->client)))
		return a;
	/* Mosquitto's pointer is used again for another client */
	admission_free(admission_of(auth->client));
	if (c)
		return a;
	a = admission_new(NULL);
	if (!a)
		return NULL;
	a->listener = admit_listener_without_tls(auth->client);
	address = mosquitto_client_address(auth->client);
	snprintf(a->peer.ip, sizeof(a->peer.ip), "%s", address ? address : "");
	a->peer.v6 = strchr(a->peer.ip, ':') != NULL;
	admission_tie(a, auth->client);
	return a;
}

/* Sessions that Mosquitto kept over a restart, and on 2.1 those of listeners that are not ours: SIGHUP
 * asks about them, and nobody is there. */
static bool nobody_there(const struct conn *c, const struct mosquitto *client)
{
	return !c && asked_again(client) && !admission_of(client) &&
	       (door.is21 || !mosquitto_client_address(client));
}

bool admit_asked_before(const struct mosquitto *client)
{
	const struct admission *a = admission_without_conn(client);

	return asked_again(client) && ((a && !a->over) || nobody_there(NULL, client));
}

static void let_in(struct admission *a, struct visit *v, const struct visit_facts *vf,
		   const struct mosquitto_evt_basic_auth *auth, const char *address)
{
	const struct seat *seat = a->seat;
	struct admission *other;
	char before[46], there[PEER_TEXT_MAX];

	if (seat && vf->f.cert.present &&
	    profile_client_cert(a->listener->profile) != CLIENT_CERT_NO)
		office.good_changed |=
			seats_note_good(office.seats, seat->label, vf->f.now, vf->f.cert.subject);
	admission_login(auth, a->login);
	a->asked = door.asked;
	other = admission_let_in(a, vf->f.client_id);
	if (seats_id_shared(office.seats, vf->f.client_id, vf->f.client_id_len, address,
			    clock_mono_us() / 1000000, before) &&
	    v) {
		visit_mark(v, REASON_CLIENT_ID_SHARED);
		visit_set(&v->other_peer, before);
	}
	if (other && v) {
		visit_mark(v, REASON_CLIENT_ID_ELSEWHERE);
		peer_print(&other->peer, there);
		visit_set(&v->other_peer, there);
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
	a->owner = rules_owner(&vf.f);
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
		let_in(a, v, &vf, auth, address);
	else
		visit_refuse(v, j.reason);
	if (j.reason == REASON_CLIENT_CERT_REFUSED)
		visit_note_verify(v, vf.f.cert.revocation);
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
	const char *address = c ? c->peer.ip : mosquitto_client_address(auth->client);
	struct admission *a;
	bool again;

	if (nobody_there(c, auth->client))
		return door.is21 ? neutral() : MOSQ_ERR_SUCCESS;
	a = admission_for(c, auth, &again);
	if (!a)
		return SILENTLY;
	if (again)
		return MOSQ_ERR_SUCCESS;
	/* a listener that class.json doesn't know, or an open one, is somebody else's to judge */
	if (!a->listener || a->listener->profile == PROFILE_OPEN)
		return neutral();
	a->version = mosquitto_client_protocol_version(auth->client);
	if (!c) {
		a->number = v ? v->number : 0;
		visit_note_listener(v, a);
	}
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

/* Is it the loopback's own: a client without TLS that comes from this machine? */
static bool is_local(const struct conn *c, const struct admission *a,
		     const struct mosquitto *client)
{
	if (c)
		return false;
	if (door.policy)
		return a && a->listener && listener_is_loopback(a->listener);
	return address_is_loopback(mosquitto_client_address(client));
}

/* Clients that no admission knows, and listeners that are not ours: only our topics are ours to judge. */
static int observed_topic(const struct conn *c, const struct admission *a,
			  const struct mosquitto_evt_acl_check *acl)
{
	enum acl access = access_of(acl->access);

	if (acl->access == MOSQ_ACL_UNSUBSCRIBE)
		return neutral();
	if (topic_is_doorstep(access, acl->topic))
		return access == ACL_WRITE || !is_local(c, a, acl->client) ? MOSQ_ERR_ACL_DENIED
									   : neutral();
	/*
	 * A session from before the broker's start, whose client has not come yet, has no address:
	 * its messages may wait. They are judged once more when it comes.
	 */
	if (!door.is21 && door.decides && access == ACL_READ && !c && !a &&
	    !mosquitto_client_address(acl->client))
		return MOSQ_ERR_SUCCESS;
	return neutral();
}

int admit_topic(struct conn *c, const struct mosquitto_evt_acl_check *acl)
{
	struct admission *a = c ? c->admission : admission_without_conn(acl->client);
	enum acl access = access_of(acl->access);
	enum reason_id reason;

	if (!a || !a->listener || a->listener->profile == PROFILE_OPEN)
		return observed_topic(c, a, acl);
	if (acl->access == MOSQ_ACL_UNSUBSCRIBE)
		return MOSQ_ERR_SUCCESS;
	reason = rules_topic(a->listener, a->owner, access, acl->topic);
	if (reason != REASON_NONE) {
		if (access != ACL_READ)
			door_denial(c, c ? NULL : visit_of(a), reason, acl->topic);
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
	struct admission *a = c ? NULL : admission_of(client);

	/* with TLS the end of the connection tells it */
	if (!a || a->away)
		return;
	door_note_gone(a->number);
	/* in MQTT 5 it may have asked for more, and 2.0 does not tell */
	a->over = a->version < 5 && mosquitto_client_clean_session(client);
	admission_part(a, client);
}
