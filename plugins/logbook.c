#include "logbook.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int logbook_init(struct logbook *b)
{
	memset(b, 0, sizeof(*b));
	b->fd = -1;
	b->entries = calloc(LOGBOOK_LINES, sizeof(*b->entries));
	b->partial = malloc(LOGBOOK_LINE_MAX);
	if (b->entries && b->partial)
		return 0;
	logbook_done(b);
	return -1;
}

void logbook_done(struct logbook *b)
{
	if (b->fd >= 0)
		close(b->fd);
	for (size_t i = 0; b->entries && i < LOGBOOK_LINES; i++)
		free(b->entries[i].text);
	free(b->entries);
	free(b->partial);
	memset(b, 0, sizeof(*b));
	b->fd = -1;
}

void logbook_open(struct logbook *b, int fd, uint32_t generation, int64_t from)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = fd;
	b->generation = generation;
	b->at = b->line_from = from;
	b->partial_len = 0;
}

static void logbook_add(struct logbook *b, int64_t to, int64_t now_us)
{
	char *text = malloc(b->partial_len + 1);
	struct log_line line;
	struct log_entry *e;

	if (!text)
		return;
	memcpy(text, b->partial, b->partial_len);
	text[b->partial_len] = '\0';
	log_line_read(&line, text, b->partial_len, b->is21);
	if (line.kind == LOG_OTHER) {
		free(text);
		return;
	}
	if (b->next - b->first == LOGBOOK_LINES)
		b->first++;
	e = &b->entries[b->next++ % LOGBOOK_LINES];
	free(e->text);
	*e = (struct log_entry){
		.generation = b->generation,
		.from = b->line_from,
		.to = to,
		.read_us = now_us,
		.line = line,
		.text = text,
	};
}

static void logbook_take(struct logbook *b, const char *p, size_t n, int64_t now_us)
{
	while (n) {
		const char *newline = memchr(p, '\n', n);
		size_t part = newline ? (size_t)(newline - p) : n;
		size_t room = LOGBOOK_LINE_MAX - b->partial_len;

		memcpy(b->partial + b->partial_len, p, part < room ? part : room);
		b->partial_len += part < room ? part : room;
		if (newline)
			part++;
		b->at += (int64_t)part;
		p += part;
		n -= part;
		if (!newline)
			return;
		logbook_add(b, b->at, now_us);
		b->partial_len = 0;
		b->line_from = b->at;
	}
}

void logbook_read(struct logbook *b, int64_t to, int64_t now_us)
{
	char buf[16384];
	struct stat st;

	if (b->fd < 0 || to == b->at)
		return;
	if (fstat(b->fd, &st) == 0 && st.st_size < b->at) {
		/* truncated under us: from its new beginning */
		b->at = b->line_from = 0;
		b->partial_len = 0;
	}
	while (to < 0 || b->at < to) {
		size_t want = sizeof(buf);
		ssize_t n;

		if (to >= 0 && to - b->at < (int64_t)want)
			want = (size_t)(to - b->at);
		n = pread(b->fd, buf, want, (off_t)b->at);
		if (n <= 0)
			return;
		logbook_take(b, buf, (size_t)n, now_us);
	}
}

void logbook_window(struct logbook *b, uint32_t generation, int64_t from, int64_t to,
		    void (*each)(struct log_entry *e, void *arg), void *arg)
{
	uint64_t i = b->next;

	/* windows are at the end: look for their beginning from there */
	while (i > b->first) {
		const struct log_entry *e = &b->entries[(i - 1) % LOGBOOK_LINES];

		if (e->generation == generation && e->from < from)
			break;
		i--;
	}
	for (; i < b->next; i++) {
		struct log_entry *e = &b->entries[i % LOGBOOK_LINES];

		if (e->generation != generation || e->claimed)
			continue;
		if (e->from >= to)
			break;
		each(e, arg);
	}
}

static bool fits_end(const struct log_entry *e, void *arg)
{
	return e->to == *(const int64_t *)arg;
}

struct log_entry *logbook_ending_at(struct logbook *b, uint32_t generation, int64_t to)
{
	return logbook_last(b, generation, to - LOGBOOK_LINE_MAX, to, fits_end, &to);
}

struct log_entry *logbook_last(struct logbook *b, uint32_t generation, int64_t from, int64_t to,
			       bool (*fits)(const struct log_entry *e, void *arg), void *arg)
{
	for (uint64_t i = b->next; i > b->first; i--) {
		struct log_entry *e = &b->entries[(i - 1) % LOGBOOK_LINES];

		if (e->generation == generation && e->from < from)
			break;
		if (e->claimed || e->generation != generation || (to >= 0 && e->to > to))
			continue;
		if (fits(e, arg))
			return e;
	}
	return NULL;
}
