#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PARTS_MAX  99 /* .1 to .99 */
#define PARTS_AGED 14 /* so many parts share the time that lines are kept, however few lines come */
#define PRUNE_S	   600

int journal_init(struct journal *j, const char *path, unsigned rotate_mb, unsigned keep_days)
{
	memset(j, 0, sizeof(*j));
	j->fd = -1;
	j->rotate_bytes = (uint64_t)rotate_mb << 20;
	j->keep_days = keep_days;
	j->path = strdup(path);
	j->buffer = malloc(JOURNAL_BUFFER);
	if (!j->path || !j->buffer) {
		journal_done(j);
		return -ENOMEM;
	}
	return 0;
}

void journal_done(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	free(j->path);
	free(j->buffer);
	memset(j, 0, sizeof(*j));
	j->fd = -1;
}

static void part_path(const struct journal *j, unsigned n, char *out, size_t size)
{
	snprintf(out, size, "%s.%u", j->path, n);
}

static time_t keep_seconds(const struct journal *j)
{
	return (time_t)j->keep_days * 86400;
}

/* Removes the parts that are older than keep_days. */
static void journal_prune(struct journal *j)
{
	time_t now = time(NULL), oldest = now - keep_seconds(j);
	char path[4096];
	struct stat st;

	j->pruned = now;
	if (j->keep_days == 0)
		return;
	for (unsigned n = 1; n <= PARTS_MAX; n++) {
		part_path(j, n, path, sizeof(path));
		if (stat(path, &st) == 0 && st.st_mtime < oldest)
			unlink(path);
	}
}

/* path.98 becomes .99, ..., path becomes .1. */
static void journal_rotate(struct journal *j)
{
	char from[4096], to[4096];
	unsigned last = 1;

	while (last < PARTS_MAX) {
		part_path(j, last, from, sizeof(from));
		if (access(from, F_OK) != 0)
			break;
		last++;
	}
	for (unsigned n = last; n > 1; n--) {
		part_path(j, n - 1, from, sizeof(from));
		part_path(j, n, to, sizeof(to));
		rename(from, to);
	}
	part_path(j, 1, to, sizeof(to));
	if (rename(j->path, to) == 0) {
		close(j->fd);
		j->fd = -1;
	}
	journal_prune(j);
}

/* A line that a kill tore is cut off, so that it is never read as one. Returns the whole length. */
static off_t whole_length(int fd, off_t size)
{
	char buf[4096];

	while (size > 0) {
		off_t from = size > (off_t)sizeof(buf) ? size - (off_t)sizeof(buf) : 0;
		ssize_t n = pread(fd, buf, (size_t)(size - from), from);
		char *nl;

		if (n <= 0)
			return size;
		nl = memrchr(buf, '\n', (size_t)n);
		if (nl)
			return from + (nl - buf) + 1;
		size = from;
	}
	return 0;
}

/* When the file's first line was written, by its own word; now, where it has none. */
static time_t first_time(int fd)
{
	char head[1024];
	ssize_t n = pread(fd, head, sizeof(head) - 1, 0);
	struct tm tm = {0};
	const char *t;

	head[n > 0 ? n : 0] = '\0';
	t = strstr(head, "\"t\":\"");
	return t && strptime(t + 5, "%Y-%m-%dT%H:%M:%S", &tm) ? timegm(&tm) : time(NULL);
}

/* Would lines of this file outlive keep_days by much, if more were added to it? */
static bool is_aged(const struct journal *j)
{
	return j->fd >= 0 && j->size && j->keep_days &&
	       time(NULL) - j->begun > keep_seconds(j) / PARTS_AGED;
}

static int journal_open(struct journal *j)
{
	struct stat st;
	off_t whole;

	/* never through a link that somebody put there, never a device */
	j->fd = open(j->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		     0640);
	if (j->fd < 0)
		return -errno;
	if (fstat(j->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(j->fd);
		j->fd = -1;
		return -EINVAL;
	}
	whole = whole_length(j->fd, st.st_size);
	if (whole < st.st_size && ftruncate(j->fd, whole) != 0) {
		close(j->fd);
		j->fd = -1;
		return -EIO;
	}
	j->size = (uint64_t)whole;
	j->device = st.st_dev;
	j->inode = st.st_ino;
	j->begun = first_time(j->fd);
	journal_prune(j);
	return 0;
}

void journal_add(struct journal *j, const char *line, size_t len)
{
	if (len + 1 > JOURNAL_BUFFER) {
		j->lost++;
		return;
	}
	if (j->used + len + 1 > JOURNAL_BUFFER)
		journal_flush(j);
	memcpy(j->buffer + j->used, line, len);
	j->buffer[j->used + len] = '\n';
	j->used += len + 1;
	j->lines++;
}

/* The write broke off: whole lines stay, what went in of the next one is taken back. */
static void take_back(struct journal *j, size_t done)
{
	const char *newline = memrchr(j->buffer, '\n', done);
	size_t whole = newline ? (size_t)(newline - j->buffer) + 1 : 0;

	for (size_t i = 0; i < whole; i++)
		j->lines -= j->buffer[i] == '\n';
	j->size += whole;
	if (done > whole && ftruncate(j->fd, (off_t)j->size) != 0) {
		close(j->fd); /* the next open cuts the torn line off */
		j->fd = -1;
	}
}

static int journal_write(struct journal *j)
{
	size_t done = 0;
	int rc;

	while (done < j->used) {
		ssize_t n = write(j->fd, j->buffer + done, j->used - done);

		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		rc = n < 0 ? -errno : -EIO;
		take_back(j, done);
		return rc;
	}
	j->size += j->used;
	return 0;
}

/* Opens the file, or the next one where it is time for that. */
static int journal_ready(struct journal *j)
{
	struct stat st;
	int rc = 0;

	/* somebody cut it, perhaps in the middle of a line: what is torn goes when it is opened again */
	if (j->fd >= 0 && fstat(j->fd, &st) == 0 && (uint64_t)st.st_size < j->size) {
		close(j->fd);
		j->fd = -1;
	}
	if (j->fd < 0)
		rc = journal_open(j);
	if (rc == 0 &&
	    ((j->rotate_bytes && j->size && j->size + j->used > j->rotate_bytes) || is_aged(j)))
		journal_rotate(j);
	return rc == 0 && j->fd < 0 ? journal_open(j) : rc;
}

int journal_flush(struct journal *j)
{
	int rc;

	if (j->used == 0)
		return 0;
	rc = journal_ready(j);
	if (rc == 0)
		rc = journal_write(j);
	if (rc) {
		j->lost += j->lines;
		j->error = -rc;
	}
	j->used = 0;
	j->lines = 0;
	return rc;
}

void journal_reopen(struct journal *j)
{
	journal_flush(j);
	if (j->fd >= 0)
		close(j->fd);
	j->fd = -1;
}

void journal_check(struct journal *j)
{
	struct stat st;

	if (j->fd < 0)
		return;
	if (stat(j->path, &st) != 0 || st.st_dev != j->device || st.st_ino != j->inode) {
		journal_reopen(j);
		return;
	}
	/* also while nobody comes */
	if (time(NULL) - j->pruned >= PRUNE_S) {
		if (is_aged(j))
			journal_ready(j);
		journal_prune(j);
	}
}
