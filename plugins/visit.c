#include "visit.h"

#include <stdlib.h>
#include <string.h>

/* Marks are few: a bit each. */
static const enum reason_id marks_known[] = {
	REASON_CLIENT_ID_ELSEWHERE,
	REASON_CLIENT_ID_SHARED,
	REASON_CLIENT_ID_UNEXPECTED,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct visit *visit_new(void)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->keepalive = -1;
	v->connack = -1;
	v->shared_groups = -1;
	return v;
}

void visit_free(struct visit *v)
{
	if (!v)
		return;
	X509_free(v->ours);
	side_release(v->side);
	free(v->steps);
	free(v->hello);
	free(v->cert);
	free(v->client_id);
	free(v->user);
	free(v->expected);
	free(v->other_peer);
	free(v->last_good);
	free(v->topic);
	free(v->log);
	free(v);
}

struct step *visit_step(struct visit *v, int64_t now_us, bool out, uint8_t msg, uint32_t bytes)
{
	int64_t us = now_us - v->start_us;
	struct step *step;

	if (!v->steps)
		v->steps = calloc(VISIT_STEPS_MAX, sizeof(*v->steps));
	if (!v->steps || v->step_count == VISIT_STEPS_MAX)
		return NULL;
	step = &v->steps[v->step_count++];
	*step = (struct step){
		.us = us < 0		? 0
		      : us > UINT32_MAX ? UINT32_MAX
					: (uint32_t)us,
		.bytes = bytes,
		.msg = msg,
		.out = out,
	};
	return step;
}

void visit_reach(struct visit *v, enum stage stage)
{
	if (stage > v->stage)
		v->stage = stage;
}

void visit_mark(struct visit *v, enum reason_id mark)
{
	for (size_t i = 0; i < COUNT(marks_known); i++)
		if (marks_known[i] == mark)
			v->marks |= 1U << i;
}

enum reason_id visit_mark_at(const struct visit *v, size_t i)
{
	for (size_t bit = 0; bit < COUNT(marks_known); bit++)
		if (v->marks & 1U << bit && i-- == 0)
			return marks_known[bit];
	return REASON_NONE;
}

void visit_set(char **field, const char *s)
{
	char *copy = s ? strdup(s) : NULL;

	if (!copy)
		return;
	free(*field);
	*field = copy;
}

const char *stage_name(enum stage stage)
{
	static const char *const names[] = {"tcp",	"hello",   "server-flight", "client-cert",
					    "finished", "connect", "auth",	    "session"};

	return names[stage];
}

const char *by_name(enum by by)
{
	static const char *const names[] = {NULL, "device", "broker", "network"};

	return names[by];
}

const char *seat_from_name(enum seat_from from)
{
	static const char *const names[] = {NULL,	 "sni",	 "certificate",
					    "client-id", "user", "address"};

	return names[from];
}

const char *joined_name(enum joined joined)
{
	static const char *const names[] = {NULL, "context", "certificate", "read", "log"};

	return names[joined];
}

const char *step_name(const struct step *step)
{
	static const struct {
		uint8_t msg;
		const char *name;
	} names[] = {
		{0, "hello_request"},
		{1, "client_hello"},
		{2, "server_hello"},
		{4, "new_session_ticket"},
		{5, "end_of_early_data"},
		{8, "encrypted_extensions"},
		{11, "certificate"},
		{12, "server_key_exchange"},
		{13, "certificate_request"},
		{14, "server_hello_done"},
		{15, "certificate_verify"},
		{16, "client_key_exchange"},
		{20, "finished"},
		{22, "certificate_status"},
		{24, "key_update"},
		{25, "compressed_certificate"},
		{STEP_CHANGE_CIPHER_SPEC, "change_cipher_spec"},
		{STEP_ALERT, "alert"},
		{STEP_DATA, "application_data"},
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].msg == step->msg)
			return names[i].name;
	return "unknown";
}

const char *mqtt_version_name(int version)
{
	switch (version) {
	case 3:
		return "3.1";
	case 4:
		return "3.1.1";
	case 5:
		return "5";
	default:
		return NULL;
	}
}

/* n < 100,000 without zeros in front; returns the end. */
static char *put_digits(char *out, unsigned n)
{
	for (unsigned place = 10000; place; place /= 10)
		if (n >= place || place == 1)
			*out++ = (char)('0' + n / place % 10);
	*out = '\0';
	return out;
}

void peer_set_v4(struct peer *peer, const void *bytes)
{
	const uint8_t *b = bytes;
	char *out = peer->ip;

	for (int i = 0; i < 4; i++) {
		if (i)
			*out++ = '.';
		out = put_digits(out, b[i]);
	}
}

void peer_print(const struct peer *peer, char out[PEER_TEXT_MAX])
{
	if (peer->v6 && peer->port)
		*out++ = '[';
	out = stpcpy(out, peer->ip);
	if (!peer->port)
		return;
	out = stpcpy(out, peer->v6 ? "]:" : ":");
	put_digits(out, peer->port);
}
