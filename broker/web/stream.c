#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int stream_init(struct stream *s, size_t size, size_t max_bytes, const char *epoch)
{
	*s = (struct stream){.size = 64, .max_bytes = max_bytes, .first = 1, .end = 1};
	while (s->size < size)
		s->size *= 2;
	snprintf(s->epoch, sizeof(s->epoch), "%s", epoch);
	s->ring = calloc(s->size, sizeof(*s->ring));
	return s->ring ? 0 : -1;
}

static void drop_first(struct stream *s)
{
	struct event *e = &s->ring[s->first++ & (s->size - 1)];

	for (int v = 0; v < VIEWS; v++) {
		s->bytes -= e->len[v];
		free(e->text[v]);
	}
	*e = (struct event){0};
}

void stream_free(struct stream *s)
{
	while (s->ring && s->first < s->end)
		drop_first(s);
	free(s->ring);
	*s = (struct stream){0};
}

struct event *stream_add(struct stream *s, const char *seat, const char *run, uint64_t seq)
{
	struct event *e;

	while (s->first < s->end && (s->end - s->first == s->size || s->bytes > s->max_bytes))
		drop_first(s);
	e = &s->ring[s->end++ & (s->size - 1)];
	*e = (struct event){.seq = seq};
	snprintf(e->seat, sizeof(e->seat), "%s", seat);
	snprintf(e->run, sizeof(e->run), "%s", run);
	return e;
}

void stream_id(const struct stream *s, uint64_t n, const char *run, uint64_t seq, struct text *out)
{
	bool ok = *run && strspn(run, "0123456789abcdef") == strlen(run);

	text_printf(out, "%s-%llu-%s-%llu", s->epoch, (unsigned long long)n, ok ? run : "0",
		    ok ? (unsigned long long)seq : 0);
}

void stream_render(struct stream *s, struct event *e, enum view view, const char *name,
		   const char *data, size_t len)
{
	struct text t = {0};

	if (*e->run) {
		text_puts(&t, "id: ");
		stream_id(s, s->end - 1, e->run, e->seq, &t);
		text_puts(&t, "\n");
	}
	text_printf(&t, "event: %s\ndata: ", name);
	text_add(&t, data, len);
	text_puts(&t, "\n\n");
	if (t.broken) {
		text_free(&t);
		return;
	}
	e->text[view] = t.s;
	e->len[view] = t.len;
	s->bytes += t.len;
}

int stream_resume(const struct stream *s, const char *id, uint64_t *next, char run[40],
		  uint64_t *seq)
{
	char epoch[17];
	unsigned long long n, q;
	int used = 0;

	if (sscanf(id, "%16[0-9a-f]-%llu-%39[0-9a-f]-%llu%n", epoch, &n, run, &q, &used) != 4 ||
	    id[used])
		return -1;
	*seq = q;
	if (strcmp(epoch, s->epoch) != 0 || n >= s->end || n + 1 < s->first)
		return 0;
	*next = n + 1;
	return 1;
}

bool stream_take(const struct stream *s, uint64_t *next, enum view others_view, const char *own,
		 size_t max, struct text *out)
{
	if (*next < s->first)
		return false;
	for (; *next < s->end && out->len < max; (*next)++) {
		const struct event *e = &s->ring[*next & (s->size - 1)];
		enum view view = others_view;

		if (*own && strcmp(own, e->seat) == 0)
			view = VIEW_MASKED;
		if (view == VIEWS) {
			if (*e->seat || !e->text[VIEW_TILE] || *e->run)
				continue;
			view = VIEW_TILE; /* nobody's: the plot, the class */
		}
		if (e->text[view])
			text_add(out, e->text[view], e->len[view]);
	}
	return true;
}
