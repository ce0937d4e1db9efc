/*
 * The values that a reason's one line quotes, each taken from the visit, and the lines for people
 * that are made of them.
 */
#include "telling.h"

#include <string.h>

#include "alert.h"
#include "evidence.h"
#include "tlsname.h"

typedef const char *(*namer)(uint16_t);

static void join_list(struct text *out, const struct hello_list *list, namer name)
{
	for (size_t i = 0; i < list->n && i < 24; i++) {
		uint16_t value = hello_at(list, i);
		const char *s = name ? name(value) : NULL;

		if (i)
			text_puts(out, ", ");
		if (s)
			text_puts(out, s);
		else
			text_printf(out, "%04X", value);
	}
	if (list->n > 24)
		text_puts(out, ", …");
}

struct value {
	const char *name;
	bool (*put)(struct text *out, struct telling *t);
};

static bool put_peer(struct text *out, struct telling *t)
{
	char peer[PEER_TEXT_MAX];

	if (!t->v->peer.ip[0])
		return false;
	peer_print(&t->v->peer, peer);
	text_puts(out, peer);
	return true;
}

static bool put_safe(struct text *out, const char *s)
{
	if (!s || !*s)
		return false;
	text_safe(out, s, strlen(s), 200);
	return true;
}

static bool put_number(struct text *out, long long n, bool seen)
{
	if (seen)
		text_number(out, n < 0 ? 0 : (uint64_t)n);
	return seen;
}

static bool put_day(struct text *out, int64_t seconds)
{
	size_t at = out->len;

	if (seconds == INT64_MIN || seconds == INT64_MAX)
		return false;
	text_time(out, seconds * 1000000);
	text_cut(out, at + 10); /* the date alone */
	return true;
}

static bool put_listener(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->listener);
}

static bool put_port(struct text *out, struct telling *t)
{
	return put_number(out, t->v->port, t->v->port != 0);
}

static bool put_stage(struct text *out, struct telling *t)
{
	text_puts(out, stage_name(t->v->stage));
	return true;
}

static bool put_ms(struct text *out, struct telling *t)
{
	return put_number(out, (t->v->end_us - t->v->start_us) / 1000, t->v->end_us > 0);
}

static bool put_seat(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->seat);
}

static bool put_sni(struct text *out, struct telling *t)
{
	if (!t->h.sni)
		return false;
	if (t->h.sni_len == 0)
		text_puts(out, "an empty name");
	text_safe(out, t->h.sni, t->h.sni_len, 255);
	return true;
}

static bool put_sni_strange(struct text *out, struct telling *t)
{
	if (t->ours->der_bytes == 0 || evidence_sni_covered(&t->h, t->ours))
		return false;
	return put_sni(out, t);
}

static bool put_names(struct text *out, struct telling *t)
{
	for (size_t i = 0; i < t->ours->name_count && i < 6; i++) {
		if (i)
			text_puts(out, ", ");
		put_safe(out, t->ours->names[i].text);
	}
	if (t->ours->name_count > 6)
		text_puts(out, ", …");
	return t->ours->name_count > 0;
}

static bool put_key(struct text *out, struct telling *t)
{
	return put_safe(out, t->ours->key);
}

static bool put_not_before(struct text *out, struct telling *t)
{
	return t->ours->der_bytes && put_day(out, t->ours->not_before);
}

static bool put_not_after(struct text *out, struct telling *t)
{
	return t->ours->der_bytes && put_day(out, t->ours->not_after);
}

static bool put_begins(struct text *out, struct telling *t)
{
	return t->v->wall_us / 1000000 < t->ours->not_before && put_not_before(out, t);
}

static bool put_ended(struct text *out, struct telling *t)
{
	return t->v->wall_us / 1000000 > t->ours->not_after && put_not_after(out, t);
}

static bool put_chain_bytes(struct text *out, struct telling *t)
{
	return put_number(out, t->v->chain_bytes, t->v->chain_bytes != 0);
}

static bool put_bytes_in(struct text *out, struct telling *t)
{
	return put_number(out, (long long)t->v->bytes_in, true);
}

static bool put_alert(struct text *out, struct telling *t)
{
	if (!t->v->alert_seen)
		return false;
	text_printf(out, "%u %s", t->v->alert_code, alert_name(t->v->alert_code));
	return true;
}

static bool put_error(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->error_text);
}

static bool put_spoke(struct text *out, struct telling *t)
{
	text_puts(out, spoke_name(spoke_of(t->v->first, t->v->first_len)));
	return true;
}

static bool put_first_bytes(struct text *out, struct telling *t)
{
	if (t->v->first_len == 0 || spoke_of(t->v->first, t->v->first_len) == SPOKE_TLS)
		return false;
	text_hex(out, t->v->first, t->v->first_len);
	return true;
}

static bool put_versions(struct text *out, struct telling *t)
{
	if (!t->v->hello)
		return false;
	if (t->h.versions.n)
		join_list(out, &t->h.versions, tls_version_or_grease);
	else if (tls_version_name(t->h.legacy_version))
		text_puts(out, tls_version_name(t->h.legacy_version));
	else
		text_printf(out, "%04X", t->h.legacy_version);
	return true;
}

/* An offer without this list says as much as one with a wrong list. */
static bool put_list(struct text *out, struct telling *t, const struct hello_list *list, namer name)
{
	join_list(out, list, name);
	if (list->n == 0)
		text_puts(out, "none listed");
	return t->v->hello != NULL;
}

static bool put_ciphers(struct text *out, struct telling *t)
{
	return put_list(out, t, &t->h.suites, NULL);
}

static bool put_groups(struct text *out, struct telling *t)
{
	return put_list(out, t, &t->h.groups, tls_group_or_grease);
}

static bool put_sigalgs(struct text *out, struct telling *t)
{
	return put_list(out, t, &t->h.sigalgs, tls_sigalg_name);
}

static bool put_version(struct text *out, struct telling *t)
{
	return put_safe(out, tls_version_name(t->v->version));
}

/* A value out of the client's certificate. */
static bool put_cert(struct text *out, struct telling *t, int what)
{
	struct cert_facts f;
	bool seen = false;

	if (t->v->cert_len == 0 || cert_facts_of_der(&f, t->v->cert, t->v->cert_len) != 0)
		return false;
	switch (what) {
	case 0:
		seen = put_safe(out, f.subject) || put_safe(out, "an empty subject");
		break;
	case 1:
		seen = put_safe(out, f.issuer) || put_safe(out, "an empty issuer");
		break;
	case 2:
		seen = put_day(out, f.not_before);
		break;
	default:
		seen = put_day(out, f.not_after);
		break;
	}
	cert_facts_free(&f);
	return seen;
}

static bool put_cert_subject(struct text *out, struct telling *t)
{
	return put_cert(out, t, 0);
}

static bool put_cert_issuer(struct text *out, struct telling *t)
{
	return put_cert(out, t, 1);
}

static bool put_cert_not_before(struct text *out, struct telling *t)
{
	return put_cert(out, t, 2);
}

static bool put_cert_not_after(struct text *out, struct telling *t)
{
	return put_cert(out, t, 3);
}

static bool put_verify(struct text *out, struct telling *t)
{
	if (!t->v->verify_seen)
		return false;
	text_printf(out, "%d %s at depth %d", t->v->verify_error,
		    X509_verify_cert_error_string(t->v->verify_error), t->v->verify_depth);
	return true;
}

static bool put_client_id(struct text *out, struct telling *t)
{
	if (t->v->client_id && !*t->v->client_id)
		text_puts(out, "(empty)");
	return put_safe(out, t->v->client_id) || t->v->client_id;
}

static bool put_client(struct text *out, struct telling *t)
{
	return put_client_id(out, t) || put_peer(out, t);
}

static bool put_user(struct text *out, struct telling *t)
{
	const char *query = t->v->user ? strchr(t->v->user, '?') : NULL;

	if (!t->v->user)
		return false;
	text_safe(out, t->v->user, query ? (size_t)(query - t->v->user) : strlen(t->v->user), 200);
	return true;
}

static bool put_keepalive(struct text *out, struct telling *t)
{
	return put_number(out, t->v->keepalive, t->v->keepalive >= 0);
}

static bool put_mqtt_version(struct text *out, struct telling *t)
{
	return put_safe(out, mqtt_version_name(t->v->mqtt_version));
}

static bool put_connack(struct text *out, struct telling *t)
{
	return put_number(out, t->v->connack, t->v->connack >= 0);
}

static bool put_log(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->log);
}

static bool put_expected(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->expected);
}

static bool put_last_good(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->last_good);
}

static bool put_other_peer(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->other_peer);
}

static bool put_exercise(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->exercise);
}

static bool put_topic(struct text *out, struct telling *t)
{
	return put_safe(out, t->v->topic);
}

static const char *value_of(const char *name, void *arg)
{
	static const struct value values[] = {
		{"peer", put_peer},
		{"listener", put_listener},
		{"port", put_port},
		{"stage", put_stage},
		{"ms", put_ms},
		{"seat", put_seat},
		{"sni", put_sni},
		{"sni_strange", put_sni_strange},
		{"names", put_names},
		{"key", put_key},
		{"not_before", put_not_before},
		{"not_after", put_not_after},
		{"begins", put_begins},
		{"ended", put_ended},
		{"chain_bytes", put_chain_bytes},
		{"bytes_in", put_bytes_in},
		{"alert", put_alert},
		{"error", put_error},
		{"spoke", put_spoke},
		{"first_bytes", put_first_bytes},
		{"versions", put_versions},
		{"ciphers", put_ciphers},
		{"groups", put_groups},
		{"sigalgs", put_sigalgs},
		{"version", put_version},
		{"cert_subject", put_cert_subject},
		{"cert_issuer", put_cert_issuer},
		{"cert_not_before", put_cert_not_before},
		{"cert_not_after", put_cert_not_after},
		{"verify", put_verify},
		{"client_id", put_client_id},
		{"client", put_client},
		{"user", put_user},
		{"keepalive", put_keepalive},
		{"mqtt_version", put_mqtt_version},
		{"connack", put_connack},
		{"topic", put_topic},
		{"log", put_log},
		{"expected", put_expected},
		{"last_good", put_last_good},
		{"other_peer", put_other_peer},
		{"exercise", put_exercise},
	};
	struct telling *t = arg;

	text_reset(&t->scratch);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (*values[i].name != *name || strcmp(values[i].name, name) != 0)
			continue;
		if (!values[i].put(&t->scratch, t))
			return NULL;
		return t->scratch.s && !t->scratch.broken ? t->scratch.s : NULL;
	}
	return NULL;
}

void telling_says(struct telling *t, enum reason_id reason)
{
	/* accepted: what was agreed on, and who it is */
	static const char let_in[] =
		"let in[ as {client_id}][, user {user}][, MQTT {mqtt_version}][, {version}]";
	const struct reason *r = reason_get(reason);

	if (t->says.len == 0)
		reason_fill(&t->says, r ? r->says : let_in, value_of, t);
}

void tell_human(struct text *out, struct telling *t)
{
	const struct visit *v = t->v;
	const struct reason *r = reason_get(v->reason);

	text_puts(out, "doorstep: ");
	if (!put_peer(out, t))
		text_puts(out, "somebody");
	if (v->seat[0]) {
		text_puts(out, " (");
		text_puts(out, v->seat);
		text_puts(out, ")");
	}
	if (v->listener[0]) {
		text_puts(out, " at ");
		text_puts(out, v->listener);
	}
	text_puts(out, v->accepted ? " accepted" : " rejected, ");
	if (!v->accepted)
		text_puts(out, r ? r->code : "?");
	text_puts(out, ": ");
	telling_says(t, v->accepted ? REASON_NONE : v->reason);
	if (t->says.s)
		text_add(out, t->says.s, t->says.len);
}
