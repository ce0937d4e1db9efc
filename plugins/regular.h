/* A regular file, opened so that nobody's pipe, device or directory can hold up or mislead the reader. */
#ifndef DOORSTEP_REGULAR_H
#define DOORSTEP_REGULAR_H

#include <sys/stat.h>

/* For reading, with `more` flags of open(2); *st is what it is. -1 and errno: EINVAL if it is no regular file. */
int regular_open(const char *path, int more, struct stat *st);

#endif
