/* seats.json: the roster that `ca/class` writes. */
#include "policy_parts.h"
#include "policy_password.h"
#include "policy_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct roster {
	struct making *m;
	const struct json *seats;
	double pbkdf2_us; /* of one iteration, measured once; 0: not yet */
};

struct seat_taken {
	struct seat *seat;
	struct roster *roster;
};

static int take_label(struct reader *r, const struct json *v, void *target)
{
	struct seat *seat = ((struct seat_taken *)target)->seat;

	if (!is_label(v->s, v->len, 63))
		return read_expected(r, v, "a label of a-z, 0-9 and hyphens, as seat01");
	seat->label = read_copy(r, v);
	return 0;
}

static int take_seat_host(struct reader *r, const struct json *v, void *target)
{
	return read_host(r, v, &((struct seat_taken *)target)->seat->host);
}

static int take_role(struct reader *r, const struct json *v, void *target)
{
	static const char *const roles[] = {[ROLE_STUDENT] = "student", [ROLE_TEACHER] = "teacher"};
	int i = word_index(v->s, roles, sizeof(roles) / sizeof(roles[0]));

	if (i < 0)
		return read_expected(r, v, "student or teacher");
	((struct seat_taken *)target)->seat->role = (enum seat_role)i;
	return 0;
}

static int check_client_id(struct reader *r, const struct json *v, size_t n, void *target)
{
	const char *star = v->type == JSON_STRING ? strchr(v->s, '*') : NULL;

	(void)n;
	(void)target;
	if (v->type != JSON_STRING || v->len == 0 || v->len > CLIENT_ID_MAX - 1 || star == v->s ||
	    (star && star[1]))
		return read_expected(
			r, v,
			"a client id of at most %d bytes, or the beginning of one followed by *",
			CLIENT_ID_MAX - 1);
	return 0;
}

static int take_client_ids(struct reader *r, const struct json *v, void *target)
{
	if (read_each(r, v, check_client_id, NULL) != 0)
		return -1;
	return read_strings(r, v, POLICY_PER_SEAT_MAX,
			    &((struct seat_taken *)target)->seat->client_ids);
}

static int take_subject(struct reader *r, const struct json *v, void *target)
{
	if (v->len == 0 || v->len > 1024)
		return read_expected(r, v, "a subject as openssl prints it, CN=seat01");
	((struct seat_taken *)target)->seat->cert_subject = read_copy(r, v);
	return 0;
}

static int take_sha256(struct reader *r, const struct json *v, void *target)
{
	struct seat *seat = ((struct seat_taken *)target)->seat;

	if (text_unhex(v->s, v->len, seat->cert_sha256, POLICY_SHA256) != POLICY_SHA256)
		return read_expected(r, v, "64 hex digits, the SHA-256 of the certificate's DER");
	seat->has_cert_sha256 = true;
	return 0;
}

static int take_user(struct reader *r, const struct json *v, void *target)
{
	if (v->len == 0 || v->len > 255)
		return read_expected(r, v, "a user name of 1 to 255 bytes");
	((struct seat_taken *)target)->seat->user = read_copy(r, v);
	return 0;
}

/* One iteration is measured once a load, each entry is then told by its number. */
static double check_us(struct roster *roster, const struct password_hash *h)
{
	if (h->kind != PASSWORD_PBKDF2_SHA512)
		return 0;
	if (roster->pbkdf2_us <= 0)
		roster->pbkdf2_us = password_cost_us(h) / h->iterations;
	return roster->pbkdf2_us * h->iterations;
}

static int take_password(struct reader *r, const struct json *v, void *target)
{
	struct seat_taken *taken = target;
	struct password_hash *h = &taken->seat->password;
	char expected[160];
	double us;

	if (password_parse(v->s, h, expected) != 0)
		return read_fault(r, v->line, "no password hash: expected %s", expected);
	us = check_us(taken->roster, h);
	if (us > PASSWORD_CHECK_US)
		return read_fault(
			r, v->line,
			"a check of this entry (%u iterations) takes %.1f ms on the broker's only "
			"thread: expected at most %.1f ms, about %u iterations on this machine",
			h->iterations, us / 1e3, PASSWORD_CHECK_US / 1e3,
			(unsigned)(PASSWORD_CHECK_US / taken->roster->pbkdf2_us));
	return 0;
}

static bool is_topic_filter(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool alone = (i == 0 || s[i - 1] == '/') && (i + 1 == len || s[i + 1] == '/');

		if ((s[i] == '+' && !alone) || (s[i] == '#' && (!alone || i + 1 != len)))
			return false;
	}
	return len > 0 && len <= 1024;
}

static int check_topic(struct reader *r, const struct json *v, size_t n, void *target)
{
	(void)n;
	(void)target;
	if (v->type != JSON_STRING || !is_topic_filter(v->s, v->len))
		return read_expected(r, v, "a topic filter, as class/seat01/#");
	return 0;
}

static int take_topics(struct reader *r, const struct json *v, void *target)
{
	if (read_each(r, v, check_topic, NULL) != 0)
		return -1;
	return read_strings(r, v, POLICY_PER_SEAT_MAX,
			    &((struct seat_taken *)target)->seat->topics);
}

static const struct field seat_fields[] = {
	{"label", JSON_STRING, true, take_label},
	{"host", JSON_STRING, false, take_seat_host},
	{"role", JSON_STRING, false, take_role},
	{"client_ids", JSON_ARRAY, false, take_client_ids},
	{"cert_subject", JSON_STRING, false, take_subject},
	{"cert_sha256", JSON_STRING, false, take_sha256},
	{"user", JSON_STRING, false, take_user},
	{"password_hash", JSON_STRING, false, take_password},
	{"topics", JSON_ARRAY, false, take_topics},
	{0},
};

/* What ca/class leaves out: the host below the domain, the topics below class/. */
static int seat_defaults(struct reader *r, const struct json *v, struct seat *seat,
			 const char *domain)
{
	char said[400];
	const char **topic;

	if (!seat->host) {
		snprintf(said, sizeof(said), "%s.%s", seat->label, domain);
		seat->host = arena_copy(r->keep, said, strlen(said));
	}
	if (!seat->topics.v) {
		topic = arena_array(r->keep, 2, sizeof(*topic));
		if (!topic)
			return read_fault(r, v->line, "expected more memory");
		snprintf(said, sizeof(said), "class/%s/#", seat->label);
		topic[0] = arena_copy(r->keep, said, strlen(said));
		seat->topics = (struct strings){topic, 1};
	}
	if (seat->password.kind != PASSWORD_NONE && !seat->user)
		return read_fault(r, v->line,
				  "a password_hash without a user: expected both or none");
	return 0;
}

static int take_seat(struct reader *r, const struct json *v, size_t n, void *target)
{
	struct roster *roster = target;
	struct seat_taken taken = {&roster->m->seats[n], roster};

	taken.seat->line = v->line;
	if (read_fields(r, v, seat_fields, &taken) != 0)
		return -1;
	return seat_defaults(r, v, taken.seat, roster->m->policy->domain);
}

static int take_seats(struct reader *r, const struct json *v, void *target)
{
	struct roster *roster = target;
	struct making *m = roster->m;

	roster->seats = v;
	if (v->count > POLICY_SEATS_MAX)
		return read_fault(r, v->line, "%zu seats: expected at most %d", v->count,
				  POLICY_SEATS_MAX);
	m->seats = arena_array(r->keep, v->count + 1, sizeof(*m->seats));
	if (!m->seats)
		return read_fault(r, v->line, "expected more memory");
	m->policy->seats = m->seats;
	m->policy->seat_count = v->count;
	return read_each(r, v, take_seat, roster);
}

static int take_seats_v(struct reader *r, const struct json *v, void *target)
{
	(void)target;
	if (!v->whole || v->number != 1)
		return read_expected(r, v,
				     "1, the only version of this file that this program reads");
	return 0;
}

static int take_seats_domain(struct reader *r, const struct json *v, void *target)
{
	const struct policy *policy = ((struct roster *)target)->m->policy;
	const char *host;

	if (read_host(r, v, &host) != 0)
		return -1;
	if (strcmp(host, policy->domain) != 0)
		return read_expected(r, v, "%s, the domain in " POLICY_CLASS_FILE, policy->domain);
	return 0;
}

static int take_tag(struct reader *r, const struct json *v, void *target)
{
	return read_number(r, v, 0, 2147483647, &((struct roster *)target)->m->policy->tag);
}

/* ca/class goes on with it; here each seat says its own label. */
static int take_pattern(struct reader *r, const struct json *v, void *target)
{
	(void)r;
	(void)v;
	(void)target;
	return 0;
}

static const struct field roster_fields[] = {
	{"v", JSON_NUMBER, true, take_seats_v},	 {"domain", JSON_STRING, false, take_seats_domain},
	{"tag", JSON_NUMBER, false, take_tag},	 {"pattern", JSON_STRING, false, take_pattern},
	{"seats", JSON_ARRAY, true, take_seats}, {0},
};

/* A key that has to be one seat's alone. */
static int add_own(struct reader *r, struct policy_table *t, enum table_key kind, const char *key,
		   size_t len, const struct seat *seat, const char *what)
{
	const struct seat *other = key ? table_add(t, kind, key, len, seat) : NULL;

	if (other)
		return read_fault(r, seat->line,
				  "%s has the same %s as %s in line %u: expected one of its own",
				  seat->label, what, other->label, other->line);
	return 0;
}

static void add_client_ids(struct policy_table *t, const struct seat *seat)
{
	for (size_t i = 0; i < seat->client_ids.n; i++) {
		const char *id = seat->client_ids.v[i];
		size_t len = strlen(id);
		bool prefix = id[len - 1] == '*';

		table_add(t, prefix ? KEY_PREFIX : KEY_CLIENT_ID, id, len - prefix, seat);
	}
}

static int seats_index(struct reader *r, struct making *m)
{
	const size_t n = m->policy->seat_count;
	size_t keys[KEY_COUNT] = {n, n, n, n, n, 0, 0};
	struct policy_table *t;

	for (size_t i = 0; i < n; i++)
		keys[KEY_CLIENT_ID] += m->seats[i].client_ids.n;
	keys[KEY_PREFIX] = keys[KEY_CLIENT_ID];
	t = table_new(r->keep, keys);
	if (!t || r->keep->broken)
		return read_fault(r, 1, "expected more memory");
	m->policy->table = t;
	for (size_t i = 0; i < n; i++) {
		const struct seat *s = &m->seats[i];
		const char *sha256 = s->has_cert_sha256 ? (const char *)s->cert_sha256 : NULL;

		if (add_own(r, t, KEY_LABEL, s->label, strlen(s->label), s, "label") != 0 ||
		    add_own(r, t, KEY_HOST, s->host, strlen(s->host), s, "host") != 0 ||
		    add_own(r, t, KEY_USER, s->user, s->user ? strlen(s->user) : 0, s, "user") !=
			    0 ||
		    add_own(r, t, KEY_CERT, sha256, POLICY_SHA256, s, "cert_sha256") != 0)
			return -1;
		if (s->cert_subject)
			table_add(t, KEY_SUBJECT, s->cert_subject, strlen(s->cert_subject), s);
		add_client_ids(t, s);
	}
	return 0;
}

int seats_read(struct reader *r, const struct json *document, struct making *m)
{
	struct roster roster = {.m = m};

	if (document && read_fields(r, document, roster_fields, &roster) != 0)
		return -1;
	read_up(r, 0);
	return seats_index(r, m);
}
