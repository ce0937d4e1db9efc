#include "telling.h"

#include <stdlib.h>
#include <string.h>

#include "alert.h"
#include "evidence.h"
#include "looks.h"
#include "tlsname.h"

void visit_id(char *out, size_t size, const char *run, uint64_t number)
{
	snprintf(out, size, "%s-%06llx", run, (unsigned long long)number);
}

void telling_begin(struct telling *t, const struct visit *v, const struct own_cert *ours)
{
	memset(t, 0, sizeof(*t));
	t->v = v;
	t->ours = &ours->facts;
	t->ours_told = &ours->told;
	if (v->hello)
		hello_parse(&t->h, v->hello, v->hello_len);
}

void telling_done(struct telling *t)
{
	text_free(&t->scratch);
	text_free(&t->says);
}

static void tell_key(struct text *out, const char *key)
{
	text_puts(out, ",\"");
	text_puts(out, key);
	text_puts(out, "\":");
}

void tell_number(struct text *out, const char *key, uint64_t value)
{
	tell_key(out, key);
	text_number(out, value);
}

void tell_string(struct text *out, const char *key, const char *value)
{
	if (!value)
		return;
	tell_key(out, key);
	text_json(out, value, strlen(value), VISIT_STRING_MAX);
}

void tell_time(struct text *out, const char *key, int64_t wall_us)
{
	tell_key(out, key);
	text_puts(out, "\"");
	text_time(out, wall_us);
	text_puts(out, "\"");
}

void tell_ms(struct text *out, int64_t us)
{
	tell_key(out, "ms");
	text_ms(out, us);
}

void tell_id(struct text *out, const char *run, uint64_t number)
{
	char id[VISIT_ID_MAX];

	visit_id(id, sizeof(id), run, number);
	tell_string(out, "id", id);
}

void tell_head(struct text *out, const struct head *head, const char *kind)
{
	text_puts(out, "{\"v\":1,\"kind\":\"");
	text_puts(out, kind);
	text_puts(out, "\",\"broker\":");
	text_json(out, head->broker, strlen(head->broker), 256);
	text_puts(out, ",\"run\":\"");
	text_puts(out, head->run);
	text_puts(out, "\"");
	tell_number(out, "seq", head->seq);
	tell_time(out, "t", head->wall_us);
}

void tell_where(struct text *out, const struct visit *v)
{
	char peer[PEER_TEXT_MAX];

	if (v->listener[0])
		tell_string(out, "listener", v->listener);
	if (v->port)
		tell_number(out, "port", v->port);
	if (v->peer.ip[0]) {
		peer_print(&v->peer, peer);
		tell_string(out, "peer", peer);
	}
	if (v->seat[0]) {
		tell_string(out, "seat", v->seat);
		tell_string(out, "seat_from", seat_from_name(v->seat_from));
	}
}

void tell_mqtt(struct text *out, const struct visit *v)
{
	size_t at;

	if (!v->client_id && !v->user && !v->mqtt_version && v->keepalive < 0 && v->connack < 0)
		return;
	text_puts(out, ",\"mqtt\":{");
	at = out->len;
	tell_string(out, "client_id", v->client_id);
	if (v->user) {
		const char *query = strchr(v->user, '?');
		size_t n = query ? (size_t)(query - v->user) : strlen(v->user);

		text_puts(out, ",\"user\":");
		text_json(out, v->user, n, VISIT_STRING_MAX);
	}
	tell_string(out, "version", mqtt_version_name(v->mqtt_version));
	if (v->keepalive >= 0)
		tell_number(out, "keepalive", (uint64_t)v->keepalive);
	if (v->connack >= 0)
		tell_number(out, "connack", (uint64_t)v->connack);
	text_puts(out, "}");
	/* The first of them needs no comma. */
	if (!out->broken && out->len > at && out->s[at] == ',')
		out->s[at] = ' ';
}

/* ---- the offer ---- */

typedef const char *(*namer)(uint16_t);

static void tell_named(struct text *out, uint16_t value, namer name)
{
	const char *s = name(value);

	if (!s) {
		text_printf(out, "\"0x%04x\"", value);
		return;
	}
	text_puts(out, "\"");
	text_puts(out, s);
	text_puts(out, "\"");
}

/* "C02B" */
static void tell_code(struct text *out, uint16_t value)
{
	static const char digit[] = "0123456789ABCDEF";
	char code[6] = {'"',
			digit[value >> 12],
			digit[value >> 8 & 15],
			digit[value >> 4 & 15],
			digit[value & 15],
			'"'};

	text_add(out, code, sizeof(code));
}

static void tell_list(struct text *out, const char *key, const struct hello_list *list, namer name)
{
	bool first = true;

	if (list->n == 0)
		return;
	tell_key(out, key);
	text_puts(out, "[");
	for (size_t i = 0; i < list->n; i++) {
		uint16_t value = hello_at(list, i);

		if (!first)
			text_puts(out, ",");
		first = false;
		if (name)
			tell_named(out, value, name);
		else
			tell_code(out, value);
	}
	text_puts(out, "]");
}

static void tell_versions(struct text *out, const struct hello *h)
{
	if (h->versions.n) {
		tell_list(out, "versions", &h->versions, tls_version_or_grease);
		return;
	}
	text_puts(out, ",\"versions\":[");
	tell_named(out, h->legacy_version, tls_version_name);
	text_puts(out, "]");
}

static void tell_offer(struct text *out, const struct visit *v, const struct hello *h)
{
	size_t pos = 0, len;
	const char *name;
	bool first = true;
	int n;

	text_puts(out, ",\"offer\":{\"bytes\":");
	text_number(out, v->hello_bytes);
	tell_versions(out, h);
	tell_list(out, "ciphers", &h->suites, NULL);
	tell_list(out, "groups", &h->groups, tls_group_or_grease);
	if (h->key_shares_len) {
		text_puts(out, ",\"key_shares\":[");
		while ((n = hello_next_share(h, &pos)) >= 0) {
			if (!first)
				text_puts(out, ",");
			first = false;
			tell_named(out, (uint16_t)n, tls_group_or_grease);
		}
		text_puts(out, "]");
	}
	tell_list(out, "sigalgs", &h->sigalgs, tls_sigalg_name);
	if (h->alpn_len) {
		text_puts(out, ",\"alpn\":[");
		for (pos = 0, first = true; (name = hello_next_alpn(h, &pos, &len)) != NULL;) {
			if (!first)
				text_puts(out, ",");
			first = false;
			text_json(out, name, len, 255);
		}
		text_puts(out, "]");
	}
	if (h->extensions_len) {
		text_puts(out, ",\"extensions\":[");
		for (pos = 0, first = true; (n = hello_next_extension(h, &pos)) >= 0;
		     first = false) {
			if (!first)
				text_puts(out, ",");
			text_number(out, (uint64_t)n);
		}
		text_puts(out, "]");
	}
	if (h->max_fragment_length)
		tell_number(out, "max_fragment_length", h->max_fragment_length);
	if (h->record_size_limit)
		tell_number(out, "record_size_limit", h->record_size_limit);
	text_puts(out, h->ticket ? ",\"ticket\":true" : ",\"ticket\":false");
	text_puts(out, h->psk ? ",\"psk\":true}" : ",\"psk\":false}");
}

/* ---- certificates ---- */

static void tell_day(struct text *out, const char *key, int64_t seconds)
{
	if (seconds == INT64_MIN || seconds == INT64_MAX)
		return;
	tell_time(out, key, seconds * 1000000);
}

void tell_certificate(struct text *out, const char *key, const struct cert_facts *f, uint32_t chain)
{
	text_printf(out, ",\"%s\":{\"subject\":", key);
	text_json(out, f->subject, strlen(f->subject), 1024);
	tell_string(out, "issuer", f->issuer);
	text_puts(out, ",\"sha256\":\"");
	text_hex(out, f->sha256, sizeof(f->sha256));
	text_puts(out, "\"");
	tell_day(out, "not_before", f->not_before);
	tell_day(out, "not_after", f->not_after);
	if (f->name_count) {
		text_puts(out, ",\"names\":[");
		for (size_t i = 0; i < f->name_count && i < 64; i++) {
			if (i)
				text_puts(out, ",");
			text_json(out, f->names[i].text, strlen(f->names[i].text), 256);
		}
		text_puts(out, "]");
	}
	tell_string(out, "key", f->key);
	text_printf(out, ",\"ca\":%s,\"bytes\":%zu", f->is_ca ? "true" : "false", f->der_bytes);
	if (chain)
		text_printf(out, ",\"chain\":%u", chain);
	text_puts(out, "}");
}

static void tell_client_certificate(struct text *out, const struct visit *v)
{
	struct cert_facts theirs;

	if (v->cert_len == 0)
		return;
	if (cert_facts_of_der(&theirs, v->cert, v->cert_len) == 0)
		tell_certificate(out, "client_certificate", &theirs, v->cert_chain);
	else
		text_printf(out, ",\"client_certificate\":{\"bytes\":%u,\"chain\":%u}", v->cert_len,
			    v->cert_chain);
	cert_facts_free(&theirs);
}

static void tell_tls(struct text *out, struct telling *t)
{
	const struct visit *v = t->v;
	size_t at;

	text_puts(out, ",\"tls\":{");
	at = out->len;
	if (v->handshake_done) {
		tell_string(out, "version", tls_version_name(v->version));
		tell_string(out, "cipher", v->cipher[0] ? v->cipher : NULL);
		tell_string(out, "group", v->group[0] ? v->group : NULL);
		text_puts(out, v->resumed ? ",\"resumed\":true" : ",\"resumed\":false");
	}
	if (v->keys_logged)
		text_puts(out, ",\"keylog\":true");
	if (t->h.sni) {
		text_puts(out, ",\"sni\":");
		text_json(out, t->h.sni, t->h.sni_len, 1024);
	}
	if (v->hello) {
		const char *what;

		tell_offer(out, v, &t->h);
		text_reset(&t->scratch);
		what = looks_like(&t->h, &t->scratch);
		if (what && t->scratch.s) {
			text_puts(out, ",\"looks_like\":{\"what\":\"");
			text_puts(out, what);
			text_puts(out, "\"");
			tell_string(out, "why", t->scratch.s);
			text_puts(out, "}");
		}
	}
	if (v->alert_seen)
		text_printf(
			out,
			",\"alert\":{\"from\":\"%s\",\"level\":\"%s\",\"code\":%u,\"name\":\"%s\"}",
			v->alert_from_device ? "device" : "broker",
			v->alert_level == 1 ? "warning" : "fatal", v->alert_code,
			alert_name(v->alert_code));
	if (v->error) {
		text_printf(out, ",\"error\":\"%d ", v->error);
		text_safe(out, v->error_text, strlen(v->error_text), sizeof(v->error_text));
		text_puts(out, "\"");
	}
	if (v->chain_bytes) {
		tell_number(out, "chain_bytes", v->chain_bytes);
		tell_number(out, "chain_der", v->chain_der);
	}
	tell_number(out, "bytes_in", v->bytes_in);
	tell_number(out, "bytes_out", v->bytes_out);
	if (t->ours->der_bytes && t->ours_told->s)
		text_add(out, t->ours_told->s, t->ours_told->len);
	tell_client_certificate(out, v);
	if (v->verify_seen) {
		text_printf(out, ",\"verify\":{\"error\":%d", v->verify_error);
		tell_string(out, "text", X509_verify_cert_error_string(v->verify_error));
		text_printf(out, ",\"depth\":%d}", v->verify_depth);
	}
	text_puts(out, "}");
	if (!out->broken && out->s[at] == ',')
		out->s[at] = ' ';
}

static void tell_steps(struct text *out, const struct visit *v)
{
	if (v->step_count == 0)
		return;
	text_puts(out, ",\"steps\":[");
	for (unsigned i = 0; i < v->step_count; i++) {
		const struct step *s = &v->steps[i];

		text_puts(out, i ? "," : "");
		text_puts(out, s->out ? "{\"dir\":\"out\"" : "{\"dir\":\"in\"");
		tell_string(out, "msg", step_name(s));
		tell_number(out, "bytes", s->bytes);
		tell_number(out, "us", s->us);
		if (s->coded) {
			tell_number(out, "code", s->code);
			tell_string(out, "name", alert_name(s->code));
		}
		text_puts(out, "}");
	}
	text_puts(out, "]");
}

/* ---- whole lines ---- */

void tell_says(struct text *out, struct telling *t, enum reason_id reason)
{
	telling_says(t, reason);
	text_puts(out, ",\"says\":");
	text_json(out, t->says.s ? t->says.s : "", t->says.len, 4096);
}

void tell_visit(struct text *out, const struct head *head, struct telling *t)
{
	const struct visit *v = t->v;
	const struct reason *r = reason_get(v->reason);
	enum reason_id mark;

	tell_head(out, head, "visit");
	tell_id(out, head->run, v->number);
	tell_ms(out, v->end_us - v->start_us);
	tell_where(out, v);
	tell_string(out, "stage", stage_name(v->stage));
	tell_string(out, "verdict", v->accepted ? "accepted" : "rejected");
	if (!v->accepted) {
		tell_string(out, "reason", r ? r->code : NULL);
		tell_string(out, "by", by_name(v->by));
	}
	if (v->marks) {
		text_puts(out, ",\"marks\":[");
		for (size_t i = 0; (mark = visit_mark_at(v, i)) != REASON_NONE; i++)
			text_printf(out, i ? ",\"%s\"" : "\"%s\"", reason_get(mark)->code);
		text_puts(out, "]");
	}
	tell_says(out, t, v->accepted ? REASON_NONE : v->reason);
	tell_string(out, "exercise", v->exercise[0] ? v->exercise : NULL);
	tell_string(out, "policy", v->policy[0] ? v->policy : NULL);
	if (v->first_len && spoke_of(v->first, v->first_len) != SPOKE_TLS) {
		tell_string(out, "spoke", spoke_name(spoke_of(v->first, v->first_len)));
		text_puts(out, ",\"first_bytes\":\"");
		text_hex(out, v->first, v->first_len);
		text_puts(out, "\"");
	}
	if (v->tls)
		tell_tls(out, t);
	if (v->have_tcp) {
		text_puts(out, ",\"tcp\":{\"rtt_us\":");
		text_number(out, v->rtt_us);
		tell_number(out, "retransmits", v->retransmits);
		text_puts(out, "}");
	}
	tell_steps(out, v);
	tell_mqtt(out, v);
	tell_string(out, "joined_by", joined_name(v->joined));
	tell_string(out, "log", v->log);
	text_puts(out, "}");
}

void tell_begin(struct text *out, const struct head *head, struct telling *t, int64_t now_us)
{
	tell_head(out, head, "begin");
	tell_id(out, head->run, t->v->number);
	tell_ms(out, now_us - t->v->start_us);
	tell_where(out, t->v);
	tell_string(out, "stage", stage_name(t->v->stage));
	text_puts(out, "}");
}
