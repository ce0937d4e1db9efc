/* The listeners of class.json, and what a profile is by itself. */
#include "policy_parts.h"
#include "policy_table.h"

#include <string.h>

#define WORDS(list) list, sizeof(list) / sizeof((list)[0])

static const char *const profiles[PROFILE_COUNT] = {
	[PROFILE_ACADEMY] = "academy",	 [PROFILE_PASSWORD] = "password",
	[PROFILE_NRFCLOUD] = "nrfcloud", [PROFILE_AWS] = "aws",
	[PROFILE_AZURE] = "azure",	 [PROFILE_OPEN] = "open",
};

const char *profile_name(enum profile_id profile)
{
	return profiles[profile];
}

enum client_cert_mode profile_client_cert(enum profile_id profile)
{
	switch (profile) {
	case PROFILE_NRFCLOUD:
		return CLIENT_CERT_REQUIRED;
	case PROFILE_AWS:
	case PROFILE_AZURE:
		return CLIENT_CERT_ASKED;
	default:
		return CLIENT_CERT_NO;
	}
}

/* ---- options of a listener ---- */

static int take_option_client_id(struct reader *r, const struct json *v, void *target)
{
	const char *star = strchr(v->s, '*');

	if (v->len == 0 || v->len >= CLIENT_ID_MAX || (star && star[1]))
		return read_expected(
			r, v, "a client id; # stands for a digit, * at the end for anything");
	((struct listener *)target)->client_id = read_copy(r, v);
	return 0;
}

static int take_option_sni(struct reader *r, const struct json *v, void *target)
{
	const char **names = arena_array(r->keep, v->count + 1, sizeof(*names));
	size_t n = 0;

	if (!names || v->count > POLICY_PER_SEAT_MAX)
		return read_fault(r, v->line, "%zu names: expected at most %d", v->count,
				  POLICY_PER_SEAT_MAX);
	for (const struct json *e = v->child; e; e = e->next)
		if (e->type != JSON_STRING)
			return read_expected(r, e, "a host name in quotes");
		else if (read_host(r, e, &names[n++]) != 0)
			return -1;
	((struct listener *)target)->sni = (struct strings){names, n};
	return 0;
}

static int take_option_api_versions(struct reader *r, const struct json *v, void *target)
{
	return read_strings(r, v, POLICY_PER_SEAT_MAX, &((struct listener *)target)->api_versions);
}

static int take_option_client_ca(struct reader *r, const struct json *v, void *target)
{
	return read_path(r, v, &((struct listener *)target)->client_ca);
}

static int take_option_crl(struct reader *r, const struct json *v, void *target)
{
	return read_path(r, v, &((struct listener *)target)->crl);
}

static int take_option_max(struct reader *r, const struct json *v, void *target)
{
	return read_number(r, v, 1, 1000000, &((struct listener *)target)->max_connections);
}

/* The names by which OpenSSL knows them. */
static bool is_group(const char *s, size_t len)
{
	static const char *const names[] = {"X25519", "X448", "P-256", "P-384", "P-521"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(names[i], s, len) == 0)
			return true;
	return false;
}

static int take_option_groups(struct reader *r, const struct json *v, void *target)
{
	for (const struct json *e = v->child; e; e = e->next)
		if (e->type != JSON_STRING || !is_group(e->s, e->len))
			return read_expected(
				r, e, "a key exchange group: X25519, X448, P-256, P-384 or P-521");
	return read_strings(r, v, 8, &((struct listener *)target)->groups);
}

static const struct field option_fields[] = {
	{"groups", JSON_ARRAY, false, take_option_groups},
	{"client_id", JSON_STRING, false, take_option_client_id},
	{"sni", JSON_ARRAY, false, take_option_sni},
	{"api_versions", JSON_ARRAY, false, take_option_api_versions},
	{"client_ca", JSON_STRING, false, take_option_client_ca},
	{"crl", JSON_STRING, false, take_option_crl},
	{"max_connections", JSON_NUMBER, false, take_option_max},
	{0},
};

/* ---- listeners ---- */

static int take_name(struct reader *r, const struct json *v, void *target)
{
	if (!is_label(v->s, v->len, 32))
		return read_expected(r, v,
				     "a name of a-z, 0-9 and hyphens, at most 32, as academy");
	((struct listener *)target)->name = read_copy(r, v);
	return 0;
}

static int take_port(struct reader *r, const struct json *v, void *target)
{
	unsigned port;

	if (read_number(r, v, 1, 65535, &port) != 0)
		return -1;
	((struct listener *)target)->port = (uint16_t)port;
	return 0;
}

int read_bind(struct reader *r, const struct json *v, const char **out)
{
	if (v->len == 0 || v->len > 64 || strspn(v->s, "0123456789abcdefABCDEF.:%") != v->len)
		return read_expected(r, v, "an address of this machine, as 127.0.0.1 or ::1");
	*out = read_copy(r, v);
	return 0;
}

static int take_bind(struct reader *r, const struct json *v, void *target)
{
	return read_bind(r, v, &((struct listener *)target)->bind);
}

static int take_profile(struct reader *r, const struct json *v, void *target)
{
	int i = word_index(v->s, WORDS(profiles));

	if (i < 0)
		return read_expected(r, v, "one of academy, password, nrfcloud, aws, azure, open");
	((struct listener *)target)->profile = (enum profile_id)i;
	return 0;
}

static int take_protocol(struct reader *r, const struct json *v, void *target)
{
	static const char *const protocols[] = {
		[PROTOCOL_MQTT] = "mqtt", [PROTOCOL_WEBSOCKETS] = "websockets"};
	int i = word_index(v->s, WORDS(protocols));

	if (i < 0)
		return read_expected(r, v, "mqtt or websockets");
	((struct listener *)target)->protocol = (enum protocol)i;
	return 0;
}

static int take_tls(struct reader *r, const struct json *v, void *target)
{
	(void)r;
	((struct listener *)target)->tls = v->truth;
	return 0;
}

static int take_options(struct reader *r, const struct json *v, void *target)
{
	return read_fields(r, v, option_fields, target);
}

static const struct field listener_fields[] = {
	{"name", JSON_STRING, true, take_name},		 {"port", JSON_NUMBER, true, take_port},
	{"profile", JSON_STRING, true, take_profile},	 {"bind", JSON_STRING, false, take_bind},
	{"protocol", JSON_STRING, false, take_protocol}, {"tls", JSON_BOOL, false, take_tls},
	{"options", JSON_OBJECT, false, take_options},	 {0},
};

void listener_defaults(struct listener *l)
{
	if (!l->tls && !l->bind)
		l->bind = "127.0.0.1";
	if (!l->client_id && l->profile == PROFILE_ACADEMY)
		l->client_id = "nrf-###############";
	if (profile_client_cert(l->profile) == CLIENT_CERT_NO)
		return;
	if (!l->client_ca)
		l->client_ca = "certs/server.pem";
	if (!l->crl)
		l->crl = "certs/crl.pem";
}

static int listener_check(struct reader *r, const struct listener *l, const struct listener *before,
			  size_t n)
{
	if (!l->tls && profile_client_cert(l->profile) != CLIENT_CERT_NO)
		return read_fault(r, l->line,
				  "profile %s judges client certificates: expected \"tls\": true",
				  profile_name(l->profile));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(before[i].name, l->name) == 0)
			return read_fault(
				r, l->line,
				"name %s is taken by the listener in line %u: expected another",
				l->name, before[i].line);
		if (!l->tls && !before[i].tls && before[i].protocol == l->protocol)
			return read_fault(
				r, l->line,
				"a second listener without TLS, after %s in line %u: Mosquitto doesn't "
				"tell a plugin by which one a client came: expected one of each protocol",
				before[i].name, before[i].line);
		if (before[i].port == l->port)
			return read_fault(r, l->line,
					  "port %u is taken by %s in line %u: expected another",
					  l->port, before[i].name, before[i].line);
	}
	return 0;
}

static int take_listener(struct reader *r, const struct json *v, size_t n, void *target)
{
	struct making *m = target;
	struct listener *l = &m->listeners[n];

	*l = (struct listener){.tls = true, .on = true, .line = v->line};
	if (read_fields(r, v, listener_fields, l) != 0)
		return -1;
	listener_defaults(l);
	if (l->profile == PROFILE_OPEN)
		m->policy->has_open = true;
	else
		m->policy->has_deciding = true;
	return listener_check(r, l, m->listeners, n);
}

int listeners_read(struct reader *r, const struct json *v, void *target)
{
	struct making *m = target;

	if (v->count == 0 || v->count > POLICY_LISTENERS_MAX)
		return read_fault(r, v->line, "%zu listeners: expected 1 to %d", v->count,
				  POLICY_LISTENERS_MAX);
	m->listeners = arena_array(r->keep, v->count, sizeof(*m->listeners));
	if (!m->listeners)
		return read_fault(r, v->line, "expected more memory");
	m->policy->listeners = m->listeners;
	m->policy->listener_count = v->count;
	return read_each(r, v, take_listener, m);
}
