#include "pty.h"
#include "at.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static void send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static void answer(struct pty *pty, const struct at_frame *frame)
{
	struct text out = {0};

	pthread_mutex_lock(&pty->modem->lock);
	at_answer(pty->modem, frame->line, frame->len, &out);
	pthread_mutex_unlock(&pty->modem->lock);
	if (out.len)
		send_all(pty->master, out.s, out.len);
	text_free(&out);
}

static void *pty_main(void *arg)
{
	struct pty *pty = arg;
	struct at_frame *frame = calloc(1, sizeof(*frame));

	for (; frame;) {
		struct pollfd fds[2] = {
			{.fd = pty->master, .events = POLLIN},
			{.fd = pty->stop[0], .events = POLLIN},
		};
		char bytes[512];
		ssize_t n;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			break;
		if (!(fds[0].revents & POLLIN))
			continue;
		n = read(pty->master, bytes, sizeof(bytes));
		for (ssize_t i = 0; i < n; i++) {
			int complete = at_frame_take(frame, bytes[i]);

			if (complete < 0)
				send_all(pty->master, "ERROR\r\n", 7);
			if (complete > 0) {
				answer(pty, frame);
				frame->len = 0;
			}
		}
	}
	free(frame);
	return NULL;
}

/* A link of ours may be replaced, anything else may not. */
static int link_make(struct pty *pty, const char *link)
{
	struct stat st;

	if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode))
		unlink(link);
	if (symlink(pty->name, link) != 0)
		return -errno;
	pty->link = strdup(link);
	return pty->link ? 0 : -ENOMEM;
}

int pty_start(struct pty *pty, struct modem *modem, const char *link)
{
	struct termios raw;
	int rc;

	memset(pty, 0, sizeof(*pty));
	pty->modem = modem;
	pty->slave = -1;
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->master < 0)
		return -errno;
	if (grantpt(pty->master) || unlockpt(pty->master) ||
	    ptsname_r(pty->master, pty->name, sizeof(pty->name)) || pipe2(pty->stop, O_CLOEXEC)) {
		rc = -errno;
		close(pty->master);
		return rc;
	}
	pty->slave = open(pty->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->slave < 0 || tcgetattr(pty->slave, &raw)) {
		rc = -errno;
		goto out;
	}
	cfmakeraw(&raw);
	tcsetattr(pty->slave, TCSANOW, &raw);
	rc = link ? link_make(pty, link) : 0;
	if (rc)
		goto out;
	rc = -pthread_create(&pty->thread, NULL, pty_main, pty);
	if (rc == 0) {
		pty->running = true;
		return 0;
	}
	if (pty->link)
		unlink(pty->link);
out:
	free(pty->link);
	if (pty->slave >= 0)
		close(pty->slave);
	close(pty->master);
	close(pty->stop[0]);
	close(pty->stop[1]);
	return rc;
}

void pty_stop(struct pty *pty)
{
	if (!pty->running)
		return;
	close(pty->stop[1]);
	pthread_join(pty->thread, NULL);
	if (pty->link)
		unlink(pty->link);
	free(pty->link);
	close(pty->slave);
	close(pty->master);
	close(pty->stop[0]);
	pty->running = false;
}
