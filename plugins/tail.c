#include "tail.h"
#include "tail_file.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define MARK 32U

struct tail {
	char *path;
	int watch; /* inotify; -1: none */
	int wd;	   /* the watch on the directory; -1: none */
	int fd;	   /* -1: nothing opened yet */
	struct tail_file file;
	off_t off;	 /* of the next byte to read */
	char mark[MARK]; /* the last bytes read, to notice that others stand there now */
	size_t marked;
	char whole
		[MARK]; /* the end of the line handed out last: the writer takes no whole line back */
	size_t whole_len;
	char *buf; /* read and not handed out: [start, end) */
	size_t start, end, cap;
	size_t scanned; /* no newline in [start, scanned) */
	bool skipping;	/* within a line that is too long */
	bool idle;	/* the last call said 0 */
	struct tail_counts counts;
};

/* ---- the directory ---- */

static void watch_directory(struct tail *t)
{
	char *dir, *slash;

	if (t->watch < 0 || t->wd >= 0)
		return; /* nobody waits, or it is watched */
	dir = strdup(t->path);
	if (!dir)
		return;
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	t->wd = inotify_add_watch(t->watch, slash ? dir : ".",
				  IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
					  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
	free(dir);
}

static void drain_watch(struct tail *t)
{
	union {
		struct inotify_event event;
		char bytes[4096];
	} u;
	ssize_t n;

	if (t->watch < 0)
		return;
	while ((n = read(t->watch, u.bytes, sizeof(u.bytes))) > 0) {
		for (char *p = u.bytes; p < u.bytes + n;) {
			struct inotify_event e;

			memcpy(&e, p, sizeof(e));
			p += sizeof(e) + e.len;
			if (!(e.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) ||
			    e.wd != t->wd)
				continue;
			/* another directory may take this one's name: watch anew */
			inotify_rm_watch(t->watch, t->wd);
			t->wd = -1;
		}
	}
	watch_directory(t);
}

/* ---- the files ---- */

static void take_up(struct tail *t, int fd, const struct stat *st, off_t off)
{
	if (t->fd >= 0)
		close(t->fd);
	if (t->end > t->start || t->skipping)
		t->counts.torn++;
	t->fd = fd;
	t->file = (struct tail_file){st->st_dev, st->st_ino};
	t->off = off;
	t->start = t->end = t->scanned = t->marked = t->whole_len = 0;
	t->skipping = false;
}

static void keep_whole(struct tail *t, const char *line, size_t len)
{
	size_t n = len < MARK ? len : MARK - 1;

	memcpy(t->whole, line + len - n, n);
	t->whole[n] = '\n';
	t->whole_len = n + 1;
}

/* The first file: 1, 0 if there is none yet, -errno. */
static int open_oldest(struct tail *t)
{
	struct stat st;
	unsigned n = 0;
	int fd;

	for (;;) {
		unsigned more;

		while ((more = tail_file_next(t->path, n + 1, &st)))
			n = more;
		fd = tail_file_open(t->path, n, &st);
		if (fd == -ENOENT && n) {
			n = 0; /* it has just moved on */
			continue;
		}
		if (fd < 0)
			return fd == -ENOENT ? 0 : fd;
		/* a rotation meanwhile: the oldest is one further */
		if (!tail_file_next(t->path, n + 1, &(struct stat){0}))
			break;
		close(fd);
	}
	take_up(t, fd, &st, 0);
	return 1;
}

/* Our file's number among the older ones, 0 if it is none of them; the oldest one that is newer by
 * its time goes to *newer. */
static unsigned find_own(const struct tail *t, unsigned *newer)
{
	struct stat st, ours;

	*newer = 0;
	if (fstat(t->fd, &ours))
		return 0;
	for (unsigned n = 1; (n = tail_file_next(t->path, n, &st)); n++) {
		if (tail_file_same(&t->file, &st))
			return n;
		if (st.st_mtim.tv_sec > ours.st_mtim.tv_sec ||
		    (st.st_mtim.tv_sec == ours.st_mtim.tv_sec &&
		     st.st_mtim.tv_nsec > ours.st_mtim.tv_nsec))
			*newer = n;
	}
	return 0;
}

/* Which file is the next newer one after ours? Our own number goes to *own, 0 if it has vanished.
 * False: none, or not yet. */
static bool find_newer(const struct tail *t, unsigned *own, unsigned *newer)
{
	struct stat st;

	if (tail_file_stat(t->path, 0, &st) == 0 && tail_file_same(&t->file, &st))
		return false;
	/* looked for again, as it may have moved past us */
	for (int tries = 0; tries < 3; tries++) {
		*own = find_own(t, newer);
		if (*own) {
			*newer = *own - 1;
			return true;
		}
		if (tail_file_stat(t->path, 0, &st) == 0 && tail_file_same(&t->file, &st))
			return false;
	}
	return true;
}

static int read_more(struct tail *t);

/* Opens the file that follows ours: its descriptor, or -errno; -ENOENT also
 * where a rotation came in between. A number may be missing in the row: then the one below it follows. */
static int open_newer(struct tail *t, unsigned own, unsigned newer, struct stat *st)
{
	unsigned n = newer;
	struct stat other;
	int fd;

	while ((fd = tail_file_open(t->path, n, st)) == -ENOENT && n)
		n--;
	if (fd < 0)
		return fd;
	/* Is ours where it was, and nothing between? A writer may still hold ours while the new
	 * one is empty. */
	if ((own && (tail_file_stat(t->path, own, &other) || !tail_file_same(&t->file, &other))) ||
	    (n == 0 && st->st_size == 0))
		goto not_yet;
	for (; n < newer; n++)
		if (tail_file_stat(t->path, n + 1, &other) == 0)
			goto not_yet;
	return fd;
not_yet:
	close(fd);
	return -ENOENT;
}

/* At the end of our file. 1: there is more to read, here or in the next file; 0: not now. */
static int advance(struct tail *t)
{
	unsigned own, newer;
	struct stat st;
	int fd, r;

	if (!find_newer(t, &own, &newer))
		return 0;
	fd = open_newer(t, own, newer, &st);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	/* what was written to ours between its end and its being moved */
	r = read_more(t);
	if (r) {
		close(fd);
		return r;
	}
	if (!own)
		t->counts.replaced++;
	take_up(t, fd, &st, 0);
	return 1;
}

/* True if the file is no longer the one whose bytes we read: shorter, or others in their place. */
static bool rewritten(struct tail *t)
{
	char now[MARK];
	struct stat st;

	if (fstat(t->fd, &st) == 0 && st.st_size < t->off)
		return true;
	if (!t->idle || !t->marked)
		return false;
	return pread(t->fd, now, t->marked, t->off - (off_t)t->marked) != (ssize_t)t->marked ||
	       memcmp(now, t->mark, t->marked) != 0;
}

/* Where only a line was taken back that had been written in part (the disk is full), what was read of
 * it is forgotten. True if that is all. */
static bool only_torn(struct tail *t)
{
	off_t whole = t->off - (off_t)(t->end - t->start);
	char now[MARK];

	if (t->skipping || t->end == t->start || !t->whole_len ||
	    pread(t->fd, now, t->whole_len, whole - (off_t)t->whole_len) != (ssize_t)t->whole_len ||
	    memcmp(now, t->whole, t->whole_len) != 0)
		return false;
	t->counts.torn++;
	t->off = whole;
	t->start = t->end = t->scanned = t->marked = 0;
	return true;
}

static void mark(struct tail *t, size_t n)
{
	const char *end = t->buf + t->end;

	if (n < MARK && t->marked) {
		size_t keep = t->marked + n > MARK ? MARK - n : t->marked;

		memmove(t->mark, t->mark + t->marked - keep, keep);
		memcpy(t->mark + keep, end - n, n);
		t->marked = keep + n;
		return;
	}
	t->marked = n < MARK ? n : MARK;
	memcpy(t->mark, end - t->marked, t->marked);
}

/* 1: bytes came; 0: the end of the file; -errno. */
static int read_more(struct tail *t)
{
	ssize_t n;

	if (t->start) {
		memmove(t->buf, t->buf + t->start, t->end - t->start);
		t->end -= t->start;
		t->scanned -= t->start;
		t->start = 0;
	}
	if (t->end + TAIL_CHUNK > t->cap) {
		size_t cap = t->cap ? t->cap * 2 : (size_t)TAIL_CHUNK * 2;
		char *buf = realloc(t->buf, cap);

		if (!buf)
			return -ENOMEM;
		t->buf = buf;
		t->cap = cap;
	}
	do
		n = pread(t->fd, t->buf + t->end, TAIL_CHUNK, t->off);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	t->off += n;
	t->end += (size_t)n;
	if (n)
		mark(t, (size_t)n);
	return n > 0;
}

/* ---- lines ---- */

/* The next whole line in the buffer, if there is one. */
static bool take(struct tail *t, const char **line, size_t *len)
{
	char *newline;

	while (t->scanned < t->end &&
	       (newline = memchr(t->buf + t->scanned, '\n', t->end - t->scanned))) {
		bool skip = t->skipping;

		*line = t->buf + t->start;
		*len = (size_t)(newline - *line);
		*newline = '\0';
		t->start = t->scanned = (size_t)(newline - t->buf) + 1;
		t->skipping = false;
		if (!skip && *len <= TAIL_LINE_MAX) {
			t->counts.lines++;
			keep_whole(t, *line, *len);
			return true;
		}
		t->counts.too_long++;
		t->whole_len = 0;
	}
	t->scanned = t->end;
	if (t->end - t->start > TAIL_LINE_MAX || t->skipping) {
		t->skipping = t->skipping || t->end > t->start;
		t->start = t->scanned = t->end = 0;
	}
	return false;
}

int tail_next(struct tail *t, const char **line, size_t *len)
{
	if (take(t, line, len))
		return 1;
	if (t->idle)
		drain_watch(t);
	for (;;) {
		int r = t->fd < 0 ? open_oldest(t) : 1;

		if (r == 1 && t->fd >= 0 && rewritten(t) && !only_torn(t)) {
			t->counts.truncated++;
			t->off = 0;
			t->start = t->end = t->scanned = t->marked = t->whole_len = 0;
			t->skipping = false;
		}
		t->idle = false;
		if (r == 1)
			r = read_more(t);
		if (r == 0 && t->fd >= 0)
			r = advance(t);
		if (r <= 0) {
			t->idle = true;
			return r;
		}
		if (take(t, line, len))
			return 1;
	}
}

struct tail *tail_open(const char *path, tail_enough enough, void *arg)
{
	struct tail *t = calloc(1, sizeof(*t));
	struct tail_back *back = NULL;
	const char *line;
	size_t len;

	if (!t)
		return NULL;
	t->fd = t->wd = t->watch = -1;
	t->path = strdup(path);
	if (!t->path || (enough && !(back = tail_back_open(path)))) {
		tail_close(t);
		return NULL;
	}
	while (back && tail_back_next(back, &line, &len) == 1) {
		struct stat st;
		off_t behind;
		int fd;

		if (!enough(line, len, arg))
			continue;
		if (tail_back_where(back, &fd, &behind) && (fd = dup(fd)) >= 0) {
			if (fstat(fd, &st) == 0) {
				take_up(t, fd, &st, behind);
				keep_whole(t, line, len);
			} else {
				close(fd);
			}
		}
		break;
	}
	tail_back_close(back);
	return t;
}

bool tail_at_end(const char *line, size_t len, void *arg)
{
	(void)line, (void)len, (void)arg;
	return true;
}

bool tail_last(const char *line, size_t len, void *arg)
{
	size_t *left = arg;

	(void)line, (void)len;
	if (*left == 0)
		return true;
	--*left;
	return false;
}

int tail_fd(struct tail *t)
{
	if (t->watch < 0) {
		t->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
		watch_directory(t);
	}
	return t->watch;
}

void tail_wait(struct tail *t, int ms)
{
	bool watched = t->watch >= 0;
	struct pollfd p = {.fd = tail_fd(t), .events = POLLIN};

	/* something may have come before there was a watch: look once more */
	if (!watched && p.fd >= 0)
		return;
	poll(&p, 1, ms > 1000 ? 1000 : ms);
}

const struct tail_counts *tail_counts(const struct tail *t)
{
	return &t->counts;
}

void tail_close(struct tail *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	if (t->watch >= 0)
		close(t->watch);
	free(t->path);
	free(t->buf);
	free(t);
}
