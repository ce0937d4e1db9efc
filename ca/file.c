#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Root makes files for somebody else in his directory; anybody else's files are his own. */
static int give_away(int dir, int fd)
{
	struct stat st;

	if (geteuid() != 0 || fstat(dir, &st) || (st.st_uid == 0 && st.st_gid == 0))
		return 0;
	return fchown(fd, st.st_uid, st.st_gid);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Splits "a/b/c" into "a/b" (or ".") and "c". */
static int split(const char *name, char parent[PATH_MAX], const char **base)
{
	const char *slash = strrchr(name, '/');
	size_t len;

	if (!slash) {
		strcpy(parent, ".");
		*base = name;
		return 0;
	}
	len = slash == name ? 1 : (size_t)(slash - name);
	if (len >= PATH_MAX)
		return -1;
	memcpy(parent, name, len);
	parent[len] = '\0';
	*base = slash + 1;
	return 0;
}

/* A file to be filled: without a name, or where there is no such thing under the name beside. */
static int open_new(int parent, const char *beside, mode_t mode, int *flags)
{
	int fd = -1;

	if (!(*flags & FILE_NAMED))
		fd = openat(parent, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
	if (fd < 0 && ((*flags & FILE_NAMED) || errno == EOPNOTSUPP || errno == EISDIR)) {
		*flags |= FILE_NAMED;
		unlinkat(parent, beside, 0);
		fd = openat(parent, beside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
	}
	return fd;
}

/* Puts a nameless file in the place of another, by way of the name beside. Whoever writes the same
 * file at the same time takes that name away: then once more. */
static int replace(const char *self, int parent, const char *beside, const char *base)
{
	int rc = -1;

	for (int tries = 0; rc && tries < 100; tries++) {
		unlinkat(parent, beside, 0);
		if (linkat(AT_FDCWD, self, parent, beside, AT_SYMLINK_FOLLOW)) {
			if (errno != EEXIST)
				return -1;
			continue;
		}
		rc = renameat(parent, beside, parent, base);
		if (rc && errno != ENOENT)
			return -1;
	}
	return rc;
}

/* Gives the filled file its name: at once where the name is free, by way of another where a file
 * has to be replaced. */
static int name_it(int fd, int parent, const char *beside, const char *base, int flags)
{
	char self[48];
	int rc;

	if (flags & FILE_NAMED) {
		rc = linkat(parent, beside, parent, base, 0);
	} else {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		rc = linkat(AT_FDCWD, self, parent, base, AT_SYMLINK_FOLLOW);
	}
	if (rc == 0 || errno != EEXIST || !(flags & FILE_REPLACE))
		return rc;
	return flags & FILE_NAMED ? renameat(parent, beside, parent, base)
				  : replace(self, parent, beside, base);
}

int file_write(int dir, const char *name, const void *data, size_t len, mode_t mode, int flags,
	       struct fault *fault)
{
	char parent_name[PATH_MAX], beside[NAME_MAX + 1];
	const char *base;
	int parent = -1, fd = -1, rc = -1, saved;

	if (split(name, parent_name, &base))
		return refuse(fault, "%s: the name is too long", name);
	parent = openat(dir, parent_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		goto out;
	snprintf(beside, sizeof(beside), ".new-%d", (int)getpid());
	fd = open_new(parent, beside, mode, &flags);
	if (fd < 0)
		goto out;
	/* Key files stay as narrow as the umask made them; public ones are for everybody. */
	if (mode != FILE_KEY && fchmod(fd, mode))
		goto out;
	if (give_away(parent, fd) || write_all(fd, data, len))
		goto out;
	if (!(flags & FILE_NO_SYNC) && fsync(fd))
		goto out;
	/* The same for every call, so that the next one takes away what a killed one left; but not
	 * while it is being filled under it. */
	if (!(flags & FILE_NAMED))
		snprintf(beside, sizeof(beside), ".new-%.*s", NAME_MAX - 5, base);
	rc = name_it(fd, parent, beside, base, flags);
out:
	saved = errno;
	if (parent >= 0 && fd >= 0 && (rc || flags & FILE_NAMED))
		unlinkat(parent, beside, 0);
	errno = saved;
	if (rc && errno == EEXIST)
		refuse(fault, "%s is there already; it stays as it is (--force replaces it)", name);
	else if (rc)
		refuse(fault, "cannot write %s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (parent >= 0)
		close(parent);
	return rc ? FAULT_REFUSED : 0;
}

int file_read(int dir, const char *name, struct text *out, size_t max, struct fault *fault)
{
	int fd = strcmp(name, "-") ? openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY) : 0;
	char buf[8192];
	ssize_t n = 0;
	int rc = 0;

	if (fd < 0)
		return refuse(fault, "cannot read %s: %s", name, strerror(errno));
	text_reset(out);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || out->len + (size_t)n > max)
			break;
		text_add(out, buf, (size_t)n);
	}
	if (n < 0)
		rc = refuse(fault, "cannot read %s: %s", name, strerror(errno));
	else if (n > 0)
		rc = refuse(fault, "%s is larger than the %zu bytes that are read of such a file",
			    name, max);
	else if (out->broken)
		rc = refuse(fault, "%s: out of memory", name);
	text_add(out, "", 0);
	if (fd > 0)
		close(fd);
	return rc;
}

/* A new directory: its mode, its owner, and its entry on the disk. */
static int settle(int dir, const char *name, mode_t mode, int flags, struct fault *fault)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	char parent_name[PATH_MAX];
	const char *base;
	int parent;

	if (fd < 0)
		return refuse(fault, "cannot open %s: %s", name, strerror(errno));
	split(name, parent_name, &base);
	parent = openat(dir, parent_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mode != 0700)
		fchmod(fd, mode);
	/* A parent that can be written and not read can neither be asked for its owner nor synced. */
	if (parent >= 0 && give_away(parent, fd))
		rc = refuse(fault, "cannot give %s to the owner of %s: %s", name, parent_name,
			    strerror(errno));
	if (parent >= 0 && !rc && !(flags & FILE_NO_SYNC) && fsync(parent))
		rc = refuse(fault, "cannot sync the directory %s: %s", parent_name,
			    strerror(errno));
	if (parent >= 0)
		close(parent);
	close(fd);
	return rc;
}

int file_mkdir(int dir, const char *name, mode_t mode, int flags, struct fault *fault)
{
	char path[PATH_MAX];
	struct stat st;

	if (strlen(name) >= sizeof(path))
		return refuse(fault, "%.80s...: the name is too long", name);
	if (fstatat(dir, name, &st, 0) == 0) {
		if (!S_ISDIR(st.st_mode))
			return refuse(fault, "%s is there and is no directory", name);
		return 0;
	}
	strcpy(path, name);
	for (char *c = path + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (file_mkdir(dir, path, mode, flags, fault))
			return FAULT_REFUSED;
		*c = '/';
	}
	if (mkdirat(dir, name, mode) && errno != EEXIST)
		return refuse(fault, "cannot make the directory %s: %s", name, strerror(errno));
	return settle(dir, name, mode, flags, fault);
}

int file_remove(int dir, const char *name, struct fault *fault)
{
	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return refuse(fault, "cannot take %s away: %s", name, strerror(errno));
	return 0;
}

bool file_exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int file_sync_dir(int dir, const char *name, struct fault *fault)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd))
		rc = refuse(fault, "cannot sync the directory %s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}
