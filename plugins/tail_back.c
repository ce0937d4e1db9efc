#include "tail.h"
#include "tail_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tail_back {
	char *path;
	unsigned next;		/* the number of the file to open next */
	struct tail_file *seen; /* the files that were read: a rotation moves them under our feet */
	size_t nseen;
	int fd;	      /* -1: none open */
	off_t at;     /* of the first byte in buf */
	off_t behind; /* just behind the line handed out last */
	char *buf;    /* bytes [at, at + len) of the file, not yet handed out */
	size_t len, cap;
	bool ended;    /* the newline that ends the bytes in buf was seen */
	bool skipping; /* within a line that is too long */
	struct tail_counts counts;
};

struct tail_back *tail_back_open(const char *path)
{
	struct tail_back *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fd = -1;
	b->path = strdup(path);
	if (!b->path) {
		free(b);
		return NULL;
	}
	return b;
}

static bool seen(const struct tail_back *b, const struct stat *st)
{
	for (size_t i = 0; i < b->nseen; i++)
		if (tail_file_same(&b->seen[i], st))
			return true;
	return false;
}

/* Takes up the next older file: 1, or 0 when there is none, or -errno. */
static int open_older(struct tail_back *b)
{
	for (; b->next <= TAIL_FILES_MAX; b->next++) {
		struct tail_file *more;
		struct stat st;
		int fd;

		if (b->next && !(b->next = tail_file_next(b->path, b->next, &st)))
			return b->next = TAIL_FILES_MAX + 1, 0;
		fd = tail_file_open(b->path, b->next, &st);
		if (fd == -ENOENT)
			continue; /* between the steps of a rotation, or nothing written yet */
		if (fd < 0)
			return fd;
		if (seen(b, &st)) {
			close(fd);
			continue;
		}
		more = realloc(b->seen, (b->nseen + 1) * sizeof(*more));
		if (!more) {
			close(fd);
			return -ENOMEM;
		}
		b->seen = more;
		b->seen[b->nseen++] = (struct tail_file){st.st_dev, st.st_ino};
		b->next++;
		b->fd = fd;
		b->at = st.st_size;
		b->len = 0;
		b->ended = b->skipping = false;
		return 1;
	}
	return 0;
}

/* Puts the chunk before `at` in front of buf: 1, or -errno. Bytes that vanished by a truncation
 * make the file end here: 0. */
static int read_before(struct tail_back *b)
{
	size_t want = b->at < (off_t)TAIL_CHUNK ? (size_t)b->at : TAIL_CHUNK;
	size_t got = 0;

	if (b->len + want + 1 > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : (size_t)TAIL_CHUNK * 2;
		char *buf;

		while (cap < b->len + want + 1)
			cap *= 2;
		buf = realloc(b->buf, cap);
		if (!buf)
			return -ENOMEM;
		b->buf = buf;
		b->cap = cap;
	}
	memmove(b->buf + want, b->buf, b->len);
	while (got < want) {
		ssize_t n = pread(b->fd, b->buf + got, want - got, b->at - (off_t)(want - got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0) {
			b->counts.truncated++;
			return 0;
		}
		got += (size_t)n;
	}
	b->at -= (off_t)want;
	b->len += want;
	return 1;
}

static void close_file(struct tail_back *b)
{
	close(b->fd);
	b->fd = -1;
}

/* Takes [start, len) off buf as a line, or passes over it. True: it is to be handed out. */
static bool take(struct tail_back *b, size_t start, const char **line, size_t *len)
{
	*line = b->buf + start;
	*len = b->len - start;
	b->behind = b->at + (off_t)b->len + 1;
	b->buf[b->len] = '\0';
	b->len = start ? start - 1 : 0;
	if (b->skipping || *len > TAIL_LINE_MAX) {
		b->skipping = false;
		b->counts.too_long++;
		return false;
	}
	b->counts.lines++;
	return true;
}

int tail_back_next(struct tail_back *b, const char **line, size_t *len)
{
	for (;;) {
		char *newline = b->len ? memrchr(b->buf, '\n', b->len) : NULL;
		int r;

		if (b->fd < 0) {
			r = open_older(b);
			if (r <= 0)
				return r;
			continue;
		}
		if (newline && !b->ended) {
			/* the file's last newline: what stands behind it is torn */
			size_t end = (size_t)(newline - b->buf);

			if (end + 1 < b->len || b->skipping)
				b->counts.torn++;
			b->len = end;
			b->ended = true;
			b->skipping = false;
			continue;
		}
		if (newline) {
			if (take(b, (size_t)(newline - b->buf) + 1, line, len))
				return 1;
			continue;
		}
		if (b->at == 0) {
			bool whole = b->ended;

			if (!whole && (b->len || b->skipping))
				b->counts.torn++;
			if (whole && take(b, 0, line, len)) {
				b->ended = false; /* nothing before it: the file is done */
				b->len = 0;
				return 1;
			}
			close_file(b);
			b->len = 0;
			continue;
		}
		if (b->len > TAIL_LINE_MAX) {
			b->skipping = true;
			b->len = 0;
		}
		r = read_before(b);
		if (r < 0)
			return r;
		if (r == 0) {
			close_file(b);
			b->len = 0;
		}
	}
}

bool tail_back_where(const struct tail_back *b, int *fd, off_t *behind)
{
	*fd = b->fd;
	*behind = b->behind;
	return b->fd >= 0;
}

const struct tail_counts *tail_back_counts(const struct tail_back *b)
{
	return &b->counts;
}

void tail_back_close(struct tail_back *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	free(b->path);
	free(b->seen);
	free(b->buf);
	free(b);
}
