/* Preloaded into doorstep-ca: counts what changes the disk, and at call CUT_AT kills the process before
 * that call (CUT_HOW=kill) or lets it and all later ones of its kind fail for want of room (full). How many
 * there were goes to CUT_COUNT; each new entry of a directory and each sync, in their order, to CUT_LOG. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;
static int full;

/* Whether this call is to fail. */
static int step(int needs_room)
{
	const char *at = getenv("CUT_AT"), *how = getenv("CUT_HOW");

	calls++;
	if (at && calls == atol(at)) {
		if (how && strcmp(how, "full") == 0)
			full = 1;
		else
			kill(getpid(), SIGKILL);
	}
	if (!full || !needs_room)
		return 0;
	errno = ENOSPC;
	return 1;
}

/* A line: what was done, to the directory or file that dir is, and the name in it. */
static void note(const char *what, int dir, const char *name)
{
	const char *where = getenv("CUT_LOG");
	char link[40] = "/proc/self/cwd", path[PATH_MAX];
	FILE *f = where ? fopen(where, "a") : NULL;
	ssize_t n;

	if (!f)
		return;
	if (dir != AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	fprintf(f, "%s\t%s\t%s\n", what, path, name);
	fclose(f);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t len)
{
	if (fd > 2 && step(1))
		return -1;
	return REAL(ssize_t, write, int, const void *, size_t)(fd, data, len);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off_t at)
{
	if (step(1))
		return -1;
	return REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)(fd, data, len, at);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return pwrite64(fd, data, len, at);
}

int ftruncate64(int fd, off_t len)
{
	step(0);
	return REAL(int, ftruncate64, int, off_t)(fd, len);
}

int ftruncate(int fd, off_t len)
{
	return ftruncate64(fd, len);
}

int fsync(int fd)
{
	/* it takes long, and nobody pulls the plug here */
	note("sync", fd, "");
	return step(1) ? -1 : 0;
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	if (step(1))
		return -1;
	note("entry", b, to);
	return REAL(int, linkat, int, const char *, int, const char *, int)(a, from, b, to, flags);
}

int renameat(int a, const char *from, int b, const char *to)
{
	step(0);
	note("entry", b, to);
	return REAL(int, renameat, int, const char *, int, const char *)(a, from, b, to);
}

int unlinkat(int dir, const char *name, int flags)
{
	step(0);
	return REAL(int, unlinkat, int, const char *, int)(dir, name, flags);
}

int mkdirat(int dir, const char *name, mode_t mode)
{
	if (step(1))
		return -1;
	note("entry", dir, name);
	return REAL(int, mkdirat, int, const char *, mode_t)(dir, name, mode);
}

__attribute__((destructor)) static void tell(void)
{
	const char *where = getenv("CUT_COUNT");
	FILE *f = where ? fopen(where, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%ld\n", calls);
	fclose(f);
}
