#include "feed.h"

#include <stdlib.h>

int feed_add(struct feed *f, const char *path)
{
	struct feed_journal *j = &f->journals[f->count];

	if (f->count == FEED_JOURNALS)
		return -1;
	*j = (struct feed_journal){.path = path};
	/* first the end, then backwards: a line between the two comes twice and is dropped once */
	j->tail = tail_open(path, tail_at_end, NULL);
	j->back = tail_back_open(path);
	if (!j->tail || !j->back) {
		tail_close(j->tail);
		tail_back_close(j->back);
		return -1;
	}
	f->count++;
	return 0;
}

unsigned long feed_unreadable(const struct feed *f)
{
	unsigned long n = f->foreign;

	for (int i = 0; i < f->count; i++) {
		const struct feed_journal *j = &f->journals[i];

		n += (unsigned long)tail_counts(j->tail)->too_long + j->back_too_long;
		if (j->back)
			n += (unsigned long)tail_back_counts(j->back)->too_long;
	}
	return n;
}

static void close_back(struct feed_journal *j)
{
	if (j->back)
		j->back_too_long = (unsigned long)tail_back_counts(j->back)->too_long;
	tail_back_close(j->back);
	j->back = NULL;
}

int feed_error(const struct feed_journal *j)
{
	return j->error ? j->error : j->back_error;
}

/* NULL for what is no line of ours; *l is filled otherwise. */
static struct record *read_one(struct feed *f, const char *line, size_t len, struct line *l)
{
	struct record *r;

	if (line_parse(l, line, len, NULL) != 0) {
		int v = 0;
		cJSON *json = cJSON_ParseWithLength(line, len);
		const cJSON *n = cJSON_GetObjectItemCaseSensitive(json, "v");

		if (cJSON_IsNumber(n))
			v = n->valueint;
		cJSON_Delete(json);
		if (v != 0 && v != 1)
			f->unknown_v = v;
		f->foreign++;
		return NULL;
	}
	r = record_new(l, line, len);
	if (!r) {
		if (l->kind != LINE_OTHER)
			f->foreign++;
		line_free(l);
	}
	return r;
}

static void fetch_older(struct feed *f, struct feed_journal *j)
{
	const char *line;
	size_t len;

	while (j->back && !j->older) {
		int rc = tail_back_next(j->back, &line, &len);

		if (rc != 1) {
			j->back_error = rc;
			close_back(j);
			return;
		}
		j->older = read_one(f, line, len, &j->older_line);
	}
}

bool feed_back(struct feed *f, int max, feed_take take, void *arg)
{
	while (max-- > 0) {
		struct feed_journal *best = NULL;
		struct record *r;
		bool more;

		for (int i = 0; i < f->count; i++) {
			struct feed_journal *j = &f->journals[i];

			fetch_older(f, j);
			if (j->older && (!best || j->older->t > best->older->t))
				best = j;
		}
		if (!best)
			return false;
		r = best->older;
		best->older = NULL;
		more = take(r, &best->older_line, true, arg);
		line_free(&best->older_line);
		if (more)
			continue;
		for (int i = 0; i < f->count; i++) {
			struct feed_journal *j = &f->journals[i];

			if (j->older) {
				free(j->older);
				line_free(&j->older_line);
				j->older = NULL;
			}
			close_back(j);
		}
		return false;
	}
	return true;
}

bool feed_poll(struct feed *f, int max, feed_take take, void *arg)
{
	bool more = false;

	for (int i = 0; i < f->count; i++) {
		struct feed_journal *j = &f->journals[i];
		int left = max, rc = 0;
		const char *line;
		size_t len;

		while (left > 0 && (rc = tail_next(j->tail, &line, &len)) == 1) {
			struct line l;
			struct record *r = read_one(f, line, len, &l);

			left--;
			if (!r)
				continue;
			take(r, &l, false, arg);
			line_free(&l);
		}
		j->error = rc < 0 ? rc : 0;
		more = more || left == 0;
	}
	return more;
}

void feed_free(struct feed *f)
{
	for (int i = 0; i < f->count; i++) {
		struct feed_journal *j = &f->journals[i];

		if (j->older) {
			free(j->older);
			line_free(&j->older_line);
		}
		tail_close(j->tail);
		tail_back_close(j->back);
	}
	*f = (struct feed){0};
}
