/* Mosquitto's own log, as the broker's thread sees it: how long it is, and which file it is. */
#include "door_parts.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clerk_desk.h"

int64_t door_log_length(void)
{
	struct stat st;

	if (door.log_fd < 0 || fstat(door.log_fd, &st) != 0)
		return -1;
	return st.st_size;
}

/* Opens the log that Mosquitto writes now, if it is another one than before. */
void door_log_open(bool first)
{
	char path[4096];
	struct stat now, then;
	int fd, reader;

	snprintf(path, sizeof(path), "%s/mosquitto.log", door.dir);
	if (stat(path, &now) != 0 || !S_ISREG(now.st_mode))
		return;
	if (door.log_fd >= 0 && fstat(door.log_fd, &then) == 0 && then.st_ino == now.st_ino &&
	    then.st_dev == now.st_dev)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	reader = dup(fd);
	if (reader < 0) {
		close(fd);
		return;
	}
	fcntl(reader, F_SETFD, FD_CLOEXEC);
	if (door.log_fd >= 0)
		close(door.log_fd);
	door.log_fd = fd;
	door.log_generation++;
	door_note_send(&(struct note){
		.kind = NOTE_LOG,
		.fd = reader,
		.log_generation = door.log_generation,
		.log_from = first ? now.st_size : 0,
		.log_to = -1,
		.at_us = clock_mono_us(),
	});
}

/* "2.0.11" out of the broker's own first line; "2.0" or "2.1" where it cannot be read. */
void door_broker_version(char *out, size_t size)
{
	static const char mark[] = "mosquitto version ";
	char path[4096], tail[8193];
	struct stat st;
	ssize_t n = 0;
	int fd;

	snprintf(out, size, door.is21 ? "2.1" : "2.0");
	snprintf(path, sizeof(path), "%s/mosquitto.log", door.dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0) {
		off_t from = st.st_size > 8192 ? st.st_size - 8192 : 0;

		n = pread(fd, tail, 8192, from);
	}
	close(fd);
	if (n <= 0)
		return;
	tail[n] = '\0';
	for (char *at = tail; (at = strstr(at, mark)) != NULL;) {
		size_t len;

		at += sizeof(mark) - 1;
		len = strcspn(at, " \n");
		if (len && len < size && strncmp(at + len, " starting", 9) == 0)
			snprintf(out, size, "%.*s", (int)len, at);
	}
}
