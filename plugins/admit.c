#include "admit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

#include "admission.h"
#include "admit_facts.h"
#include "admit_notes.h"
#include "clerk_desk.h"

#define GOOD_EVERY_US (INT64_C(10) * 1000000)

/* ---- the policy ---- */

/* A listener of the running policy that was open and is to decide, or the other way round. */
static const struct listener *turned_listener(const struct policy *policy)
{
	for (size_t i = 0; i < policy->listener_count; i++) {
		const struct listener *l = &policy->listeners[i];
		const struct listener *before = policy_listener(door.policy, l->port);

		if (before && (before->profile == PROFILE_OPEN) != (l->profile == PROFILE_OPEN))
			return l;
	}
	return NULL;
}

static int policy_check(const struct policy *policy, bool reload, struct text *error)
{
	const struct listener *turned;

	if (policy_fits_broker(policy, 2, door.is21 ? 1 : 0, error) != 0)
		return -1;
	/* a class without a roster lets in whoever has a certificate of its own: not by a slip */
	if (reload && door.policy->has_roster && !policy->has_roster) {
		text_reset(error);
		text_puts(error, POLICY_SEATS_FILE
			  ":1: it is gone: expected the roster, or broker/up again where there is "
			  "to be none");
		return -1;
	}
	/* On 2.0 to be asked is to decide, so what we are asked is settled when the broker starts. */
	if (!reload || door.is21)
		return 0;
	turned = turned_listener(policy);
	if (turned) {
		text_reset(error);
		text_printf(error,
			    POLICY_CLASS_FILE
			    ":%u: listener %s is %s now, and was not when the broker started: "
			    "expected broker/up again, not a reload",
			    turned->line, turned->name,
			    turned->profile == PROFILE_OPEN ? "open" : "one that decides");
		return -1;
	}
	if (policy_decides(policy) != door.decides) {
		text_reset(error);
		text_puts(error,
			  POLICY_CLASS_FILE ":1: listeners that decide beside none before, or none "
					    "any more: expected broker/up again, not a reload");
		return -1;
	}
	return 0;
}

static int load(bool reload)
{
	const struct policy *policy = NULL;
	struct props *props = NULL;
	struct papers *papers = NULL;
	struct text error = {0};
	int64_t from = clock_mono_us();

	if (policy_load(door.dir, &policy, &error) != 0 ||
	    policy_check(policy, reload, &error) != 0 ||
	    !(props = props_load(door.dir, policy, &error)) ||
	    !(papers = papers_load(door.dir, policy, &error))) {
		mosquitto_log_printf(MOSQ_LOG_ERR, "doorstep: %s%s",
				     error.s ? error.s : "no policy",
				     reload ? "; the running policy stays" : "");
		policy_release(policy);
		props_free(props);
		text_free(&error);
		return -1;
	}
	if (!office.seats) {
		office.seats = seats_new();
		if (office.seats)
			last_good_read(door.dir, office.seats);
	}
	props_free(office.props);
	papers_free(office.papers);
	office.props = props;
	office.papers = papers;
	policy_release(door.policy);
	door.policy = policy;
	if (door.is21)
		door.decides = policy_decides(policy);
	admissions_follow_policy();
	if (reload)
		mosquitto_log_printf(
			MOSQ_LOG_NOTICE,
			"doorstep: policy %.12s of %zu seats is in force, read in %.1f ms",
			policy->digest, policy->seat_count,
			(double)(clock_mono_us() - from) / 1000.0);
	text_free(&error);
	return office.seats ? 0 : -1;
}

int admit_load(bool reload)
{
	int rc;

	/* the end of a file of certificates is an error to OpenSSL, and innocent clients would pay */
	ERR_set_mark();
	rc = load(reload);
	ERR_pop_to_mark();
	return rc;
}

/* ---- last good visits ---- */

static char *good_text(void)
{
	struct text out = {0};

	seats_good_print(office.seats, &out);
	if (out.broken) {
		text_free(&out);
		return NULL;
	}
	return out.s;
}

/* The clerk writes the file; not more often than every few seconds. */
void office_flush_good(void)
{
	int64_t now = clock_mono_us();
	char *text;

	if (!office.good_changed ||
	    (office.good_written_us && now - office.good_written_us < GOOD_EVERY_US))
		return;
	text = good_text();
	if (!text || !door_note_text(NOTE_LAST_GOOD, text)) {
		free(text);
		return;
	}
	office.good_written_us = now;
	office.good_changed = false;
}

void admit_tick(void)
{
	hanging_give_up(&office.hanging, clock_mono_us(), false);
	if (office.seats)
		office_flush_good();
}

void admit_unload(void)
{
	char *text = office.good_changed ? good_text() : NULL;

	/* the clerk has gone home by now */
	if (text)
		last_good_write(door.dir, text);
	free(text);
	hanging_give_up(&office.hanging, 0, true);
	seats_free(office.seats);
	props_free(office.props);
	papers_free(office.papers);
	admissions_done();
	policy_release(door.policy);
	door.policy = NULL;
}

/* ---- the handshake ---- */

/* The one host name of a server_name extension, to be freed; NULL where there is none that can be
 * read. */
static char *sni_read(SSL *ssl)
{
	const unsigned char *p;
	size_t len, name;

	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &len) != 1 || len < 5)
		return NULL;
	name = (size_t)p[3] << 8 | p[4];
	if (p[2] != TLSEXT_NAMETYPE_host_name || name > len - 5 || name > 255 ||
	    memchr(p + 5, 0, name))
		return NULL;
	return strndup((const char *)p + 5, name);
}

/* Doors that judge certificates at CONNECT ask for one and take what comes. */
static bool ask_for_certificate(SSL *ssl, const struct listener *listener)
{
	static const unsigned char context[] = "doorstep";

	if (profile_client_cert(listener->profile) == CLIENT_CERT_NO)
		return true;
	if (profile_client_cert(listener->profile) == CLIENT_CERT_ASKED)
		SSL_set_verify(ssl, SSL_VERIFY_PEER, verify_and_go_on);
	return SSL_set_session_id_context(ssl, context, sizeof(context) - 1) == 1;
}

int admit_hello(struct conn *c, SSL *ssl)
{
	struct admission *a;
	struct visit_facts vf;
	enum exercise_id exercise;

	if (!door.policy || c->admission)
		return 0;
	a = admission_new(c);
	c->admission = a;
	if (!a)
		return SSL_AD_INTERNAL_ERROR;
	a->listener = policy_listener(a->policy, c->port);
	a->sni = sni_read(ssl);
	visit_note_listener(c->visit, a);
	if (!a->listener)
		return 0;
	facts_at_hello(&vf, a, c->peer.ip);
	visit_note_seat(c->visit, a);
	if (!ask_for_certificate(ssl, a->listener))
		return SSL_AD_INTERNAL_ERROR;
	exercise = policy_exercise(a->policy, a->listener, vf.f.sni, vf.f.sni_len);
	if (exercise && c->visit)
		snprintf(c->visit->exercise, sizeof(c->visit->exercise), "%s",
			 exercise_get(exercise)->name);
	return misbehave_hello(&a->act, ssl, exercise, office.props) ? 0 : SSL_AD_INTERNAL_ERROR;
}

void admit_message_out(struct conn *c, SSL *ssl, int type)
{
	struct admission *a = c->admission;

	if (!a || !a->act.exercise)
		return;
	(void)ssl;
	misbehave_sent(&a->act, type);
	if (a->act.acted && exercise_get(a->act.exercise)->act == ACT_CLOSE_AFTER_CERT)
		visit_refuse(c->visit, REASON_EXERCISE_CLOSED);
}

void admit_done(struct conn *c, SSL *ssl)
{
	struct admission *a = c->admission;
	const struct exercise *e = a ? exercise_get(a->act.exercise) : NULL;

	if (!e)
		return;
	if (e->record_max) {
		SSL_set_max_send_fragment(ssl, e->record_max);
		SSL_set_split_send_fragment(ssl, e->record_max);
	}
	misbehave_done(&a->act, ssl);
	if (a->act.acted && e->act == ACT_CLOSE_AFTER_HANDSHAKE)
		visit_refuse(c->visit, REASON_EXERCISE_CLOSED);
}

/* A handshake that came to nothing: whose was it, and was it our doing? */
static void judge_failure(struct admission *a, struct visit *v)
{
	const struct exercise *e = exercise_get(a->act.exercise);
	struct visit_facts vf;

	if (e && e->act == ACT_STALL && a->act.acted)
		visit_refuse(v, REASON_EXERCISE_STALLED);
	if (!a->listener)
		return;
	facts_at_end(&vf, a, v);
	visit_note_seat(v, a);
	if (v->cert_empty && !e && vf.f.cert_was_here) {
		visit_refuse(v, REASON_CLIENT_CERT_GONE);
		visit_note_last_good(v, seats_cert_gone(office.seats, &vf.f));
	}
	cert_facts_free(&vf.cert);
}

void admit_end(struct conn *c)
{
	struct admission *a = c->admission;

	if (!a)
		return;
	if (c->visit && !c->visit->handshake_done)
		judge_failure(a, c->visit);
	c->admission = NULL;
	admission_part(a, c->client);
}
