#include "regular.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int regular_open(const char *path, int more, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | more);
	int why;

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0) {
		if (S_ISREG(st->st_mode))
			return fd;
		errno = EINVAL;
	}
	why = errno;
	close(fd);
	errno = why;
	return -1;
}
