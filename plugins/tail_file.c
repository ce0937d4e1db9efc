#include "tail_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *tail_name(const char *path, unsigned n)
{
	size_t room = strlen(path) + 16;
	char *name = malloc(room);

	if (name)
		snprintf(name, room, n ? "%s.%u" : "%s", path, n);
	return name;
}

int tail_file_open(const char *path, unsigned n, struct stat *st)
{
	char *name = tail_name(path, n);
	int fd, err = 0;

	if (!name)
		return -ENOMEM;
	/* not blocking: what stands there may be a pipe */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, st))
		err = errno;
	else if (!S_ISREG(st->st_mode))
		err = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
	free(name);
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	return -err;
}

int tail_file_stat(const char *path, unsigned n, struct stat *st)
{
	char *name = tail_name(path, n);
	int err;

	if (!name)
		return -ENOMEM;
	err = stat(name, st) ? errno : 0;
	free(name);
	return -err;
}

unsigned tail_file_next(const char *path, unsigned n, struct stat *st)
{
	for (unsigned hole = 0; hole < 3 && n + hole <= TAIL_FILES_MAX; hole++)
		if (tail_file_stat(path, n + hole, st) == 0)
			return n + hole;
	return 0;
}

bool tail_file_same(const struct tail_file *f, const struct stat *st)
{
	return f->dev == st->st_dev && f->ino == st->st_ino;
}
