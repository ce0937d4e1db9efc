/* class.json: the one file that people edit. */
#include "policy_parts.h"
#include "policy_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MIN 512
#define RECORD_MAX 16384

/* ---- exercises ---- */

static int exercise_of(struct reader *r, const struct json *v, enum exercise_id *out)
{
	*out = v->type == JSON_STRING ? exercise_by_name(v->s, v->len) : EXERCISE_NONE;
	if (*out == EXERCISE_NONE)
		return read_expected(
			r, v, "an exercise's name, as expired (broker/exercises lists them)");
	return 0;
}

static int take_on_one(struct reader *r, const struct json *v, size_t n, void *target)
{
	enum exercise_id e;

	(void)n;
	if (exercise_of(r, v, &e) != 0)
		return -1;
	((struct making *)target)->policy->exercise_on[e] = true;
	return 0;
}

static int take_on(struct reader *r, const struct json *v, void *target)
{
	return read_each(r, v, take_on_one, target);
}

static int take_exercise_seats(struct reader *r, const struct json *v, void *target)
{
	struct making *m = target;

	m->seat_exercises = arena_array(r->keep, v->count + 1, sizeof(*m->seat_exercises));
	if (!m->seat_exercises)
		return read_fault(r, v->line, "expected more memory");
	for (const struct json *e = v->child; e; e = e->next) {
		struct seat_exercise *set = &m->seat_exercises[m->seat_exercise_count++];
		size_t mark = read_down(r, e->key, 0);

		set->label = arena_copy(r->keep, e->key, strlen(e->key));
		set->line = e->line;
		if (exercise_of(r, e, &set->exercise) != 0)
			return -1;
		read_up(r, mark);
	}
	return 0;
}

static int take_exercise_port(struct reader *r, const struct json *v, void *target)
{
	return read_number(r, v, 1, 65535 - EXERCISE_COUNT,
			   &((struct making *)target)->policy->exercise_port);
}

static const struct field exercise_fields[] = {
	{"port", JSON_NUMBER, false, take_exercise_port},
	{"on", JSON_ARRAY, false, take_on},
	{"seats", JSON_OBJECT, false, take_exercise_seats},
	{0},
};

static int take_exercises(struct reader *r, const struct json *v, void *target)
{
	return read_fields(r, v, exercise_fields, target);
}

/* ---- the rest of the file ---- */

static int take_class_v(struct reader *r, const struct json *v, void *target)
{
	(void)target;
	if (!v->whole || v->number != 1)
		return read_expected(r, v,
				     "1, the only version of this file that this program reads");
	return 0;
}

static int take_domain(struct reader *r, const struct json *v, void *target)
{
	return read_host(r, v, &((struct making *)target)->policy->domain);
}

static int take_record_max(struct reader *r, const struct json *v, void *target)
{
	if (v->whole && v->number == 0) {
		((struct making *)target)->policy->record_max = 0;
		return 0;
	}
	return read_number(r, v, RECORD_MIN, RECORD_MAX,
			   &((struct making *)target)->policy->record_max);
}

static int take_keep_days(struct reader *r, const struct json *v, void *target)
{
	return read_number(r, v, 1, 3650, &((struct making *)target)->policy->journal.keep_days);
}

static int take_rotate_mb(struct reader *r, const struct json *v, void *target)
{
	return read_number(r, v, 1, 4096, &((struct making *)target)->policy->journal.rotate_mb);
}

static const struct field journal_fields[] = {
	{"keep_days", JSON_NUMBER, false, take_keep_days},
	{"rotate_mb", JSON_NUMBER, false, take_rotate_mb},
	{0},
};

static int take_journal(struct reader *r, const struct json *v, void *target)
{
	return read_fields(r, v, journal_fields, target);
}

static int take_page_port(struct reader *r, const struct json *v, void *target)
{
	unsigned port;

	if (read_number(r, v, 0, 65535, &port) != 0)
		return -1;
	((struct making *)target)->policy->page.port = (uint16_t)port;
	return 0;
}

static int take_page_bind(struct reader *r, const struct json *v, void *target)
{
	return read_bind(r, v, &((struct making *)target)->policy->page.bind);
}

static const struct field page_fields[] = {
	{"port", JSON_NUMBER, false, take_page_port},
	{"bind", JSON_STRING, false, take_page_bind},
	{0},
};

/* The page's further options are doorstep-web's own to read. */
static int take_page(struct reader *r, const struct json *v, void *target)
{
	return read_known_fields(r, v, page_fields, target);
}

static int take_keylog(struct reader *r, const struct json *v, void *target)
{
	return read_strings(r, v, POLICY_LISTENERS_MAX, &((struct making *)target)->policy->keylog);
}

static int take_per_listener(struct reader *r, const struct json *v, void *target)
{
	(void)r;
	((struct making *)target)->policy->per_listener_settings = v->truth;
	return 0;
}

static const struct field class_fields[] = {
	{"v", JSON_NUMBER, true, take_class_v},
	{"domain", JSON_STRING, true, take_domain},
	{"listeners", JSON_ARRAY, true, listeners_read},
	{"exercises", JSON_OBJECT, false, take_exercises},
	{"record_max", JSON_NUMBER, false, take_record_max},
	{"journal", JSON_OBJECT, false, take_journal},
	{"page", JSON_OBJECT, false, take_page},
	{"keylog", JSON_ARRAY, false, take_keylog},
	{"per_listener_settings", JSON_BOOL, false, take_per_listener},
	{0},
};

static const struct json *member(const struct json *object, const char *key)
{
	for (const struct json *v = object->child; v; v = v->next)
		if (strcmp(v->key, key) == 0)
			return v;
	return NULL;
}

static int keylog_check(struct reader *r, const struct json *document, const struct making *m)
{
	const struct json *v = member(document, "keylog");
	size_t mark = read_down(r, "keylog", 0);

	for (v = v ? v->child : NULL; v; v = v->next)
		if (!policy_listener_by_name(m->policy, v->s))
			return read_expected(r, v, "the name of a listener in this file");
	read_up(r, mark);
	return 0;
}

/* One academy door for each exercise; those that are off are ordinary doors, where they are open. */
static int doors_make(struct reader *r, const struct json *document, struct making *m)
{
	struct policy *p = m->policy;
	const struct json *exercises = member(document, "exercises");
	struct listener *doors;

	if (!p->exercise_port)
		return 0;
	doors = arena_array(r->keep, EXERCISE_COUNT, sizeof(*doors));
	if (!doors)
		return read_fault(r, exercises->line, "expected more memory");
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		char name[64];
		int n = snprintf(name, sizeof(name), "exercise-%s",
				 exercise_get((enum exercise_id)i)->name);

		doors[i] = (struct listener){
			.name = arena_copy(r->keep, name, (size_t)n),
			.port = (uint16_t)exercise_port(p->exercise_port, (enum exercise_id)i),
			.tls = true,
			.profile = PROFILE_ACADEMY,
			.exercise = (enum exercise_id)i,
			.on = p->exercise_on[i],
			.line = exercises->line,
		};
		listener_defaults(&doors[i]);
		if (p->exercise_on[i])
			p->has_deciding = true;
		for (size_t k = 0; k < p->listener_count; k++)
			if (p->listeners[k].port == doors[i].port)
				return read_fault(
					r, exercises->line,
					"exercises.port: %u and up, %d ports, meets listener %s at %u: "
					"expected ports of their own",
					p->exercise_port, EXERCISE_COUNT - 1, p->listeners[k].name,
					p->listeners[k].port);
	}
	p->exercise_doors = doors;
	return 0;
}

int class_read(struct reader *r, const struct json *document, struct making *m)
{
	struct policy *p = m->policy;

	p->tag = 24;
	p->record_max = POLICY_RECORD_MAX;
	p->journal.keep_days = 14;
	p->journal.rotate_mb = 64;
	p->page.port = 8080;
	p->page.bind = "127.0.0.1";
	if (read_fields(r, document, class_fields, m) != 0)
		return -1;
	read_up(r, 0);
	if (keylog_check(r, document, m) != 0)
		return -1;
	return doors_make(r, document, m);
}

/* An exercise's name is a host name below the domain: no seat may have it. */
static int labels_check(struct reader *r, const struct making *m)
{
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		const char *name = exercise_get((enum exercise_id)i)->name;
		const struct seat *seat = policy_seat_by_label(m->policy, name, strlen(name));

		if (seat) {
			r->file = POLICY_SEATS_FILE;
			return read_fault(r, seat->line,
					  "label %s is an exercise's name: expected another", name);
		}
	}
	return 0;
}

int class_seats(struct reader *r, struct making *m)
{
	const struct policy_table *t = m->policy->table;

	for (size_t i = 0; i < m->seat_exercise_count; i++) {
		const struct seat_exercise *set = &m->seat_exercises[i];
		const struct seat *seat = table_find(t, KEY_LABEL, set->label, strlen(set->label));

		if (!seat)
			return read_fault(
				r, set->line,
				"exercises.seats.%.63s: no such seat: expected a label of %s",
				set->label, POLICY_SEATS_FILE);
		if (seat->exercise)
			return read_fault(r, set->line,
					  "exercises.seats.%.63s is here twice: expected it once",
					  set->label);
		m->seats[seat - m->seats].exercise = set->exercise;
	}
	return labels_check(r, m);
}
