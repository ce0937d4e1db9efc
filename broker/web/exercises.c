#include "exercises.h"

#include <string.h>

#include "exercise.h"

#define EXERCISE_PORT 8900

static bool exercise_is_on(const cJSON *on, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, on) if (cJSON_IsString(item) &&
					 strcmp(item->valuestring, name) == 0) return true;
	return false;
}

/* Where the broker really listens for this exercise, if it does. */
static const cJSON *exercise_door(const struct page *p, const char *name)
{
	const cJSON *l;

	cJSON_ArrayForEach(l, cJSON_GetObjectItemCaseSensitive(
				      p->dir.run, "listeners")) if (strcmp(json_text(l, "exercise"),
									   name) == 0) return l;
	return NULL;
}

void exercises_json(const struct page *p, struct text *out)
{
	const cJSON *conf = cJSON_GetObjectItemCaseSensitive(p->dir.conf, "exercises");
	const cJSON *base = cJSON_GetObjectItemCaseSensitive(conf, "port");
	const cJSON *on = cJSON_GetObjectItemCaseSensitive(conf, "on");
	unsigned port = cJSON_IsNumber(base) ? (unsigned)base->valueint : EXERCISE_PORT;

	text_puts(out, "{");
	text_field(out, "class", p->dir.shown_path);
	text_puts(out, ",\"exercises\":[");
	for (int i = EXERCISE_NONE + 1; i < EXERCISE_COUNT; i++) {
		const struct exercise *e = exercise_get((enum exercise_id)i);
		uint64_t visits = 0;

		for (int64_t n = p->window.first_n; n < window_end(&p->window); n++) {
			const struct record *r = window_at(&p->window, n);

			visits += r->kind == LINE_VISIT && strcmp(r->exercise, e->name) == 0;
		}
		const cJSON *door = exercise_door(p, e->name);
		const cJSON *real = cJSON_GetObjectItemCaseSensitive(door, "port");

		text_printf(out, "%s{\"port\":%u,\"on\":%s,\"visits\":%llu", i > 1 ? "," : "",
			    cJSON_IsNumber(real) ? (unsigned)real->valueint
						 : exercise_port(port, (enum exercise_id)i),
			    exercise_is_on(on, e->name) ? "true" : "false",
			    (unsigned long long)visits);
		text_field(out, "name", e->name);
		text_field(out, "does", e->does);
		text_field(out, "board", e->board);
		text_field(out, "basis", basis_name(e->basis));
		text_field(out, "source", e->source);
		text_field(out, "journal", e->journal);
		text_field(out, "reasons", e->reasons);
		text_field(out, "learnt", e->learnt);
		text_field(out, "outcome", exercise_outcome_name(e->outcome));
		text_puts(out, "}");
	}
	text_puts(out, "]}");
}
