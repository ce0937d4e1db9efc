#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_MAX	  4096
#define RETRANSMISSION_MS 300

/* One relayed connection. */
struct pair {
	int ends[2]; /* the board's, the broker's */
	bool open[2];
	int last_from;
	uint32_t from_board;
	uint32_t random;
};

/* Waits, unless the relay is being stopped; true then. */
static bool pause_ms(const struct link *link, uint32_t ms)
{
	struct pollfd stop = {.fd = link->stop[0], .events = POLLIN};

	return ms && poll(&stop, 1, (int)ms) > 0;
}

static bool lost(struct pair *pair, uint32_t percent)
{
	pair->random = pair->random * 1664525u + 1013904223u;
	return (pair->random >> 16) % 100 < percent;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static void reset_at_close(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Moves one chunk from an end to the other; false when the pair is done with. */
static bool move_chunk(const struct link *link, struct pair *pair, int from)
{
	const struct link_faults *faults = &link->faults;
	char data[CHUNK_MAX];
	size_t most = faults->chunk_bytes && faults->chunk_bytes < CHUNK_MAX ? faults->chunk_bytes
									     : CHUNK_MAX;
	ssize_t n = recv(pair->ends[from], data, most, 0);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n < 0) {
		reset_at_close(pair->ends[!from]); /* what came as a reset goes on as one */
		return false;
	}
	if (n == 0) {
		pair->open[from] = false;
		shutdown(pair->ends[!from], SHUT_WR);
		return pair->open[!from];
	}
	if (pair->last_from != from && pause_ms(link, faults->delay_ms))
		return false;
	pair->last_from = from;
	if (faults->loss_percent && lost(pair, faults->loss_percent) &&
	    pause_ms(link, RETRANSMISSION_MS))
		return false;
	if (from == 0) {
		pair->from_board += (uint32_t)n;
		if (faults->reset_after && pair->from_board >= faults->reset_after) {
			reset_at_close(pair->ends[0]);
			reset_at_close(pair->ends[1]);
			return false;
		}
	}
	return write_all(pair->ends[!from], data, (size_t)n);
}

static void relay(const struct link *link, int board)
{
	struct pair pair = {.ends = {board, link->broker},
			    .open = {true, true},
			    .last_from = -1,
			    .random = link->faults.seed};
	int on = 1;
	bool more = true;

	for (int i = 0; i < 2; i++)
		setsockopt(pair.ends[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (more) {
		struct pollfd fds[3] = {
			{.fd = pair.open[0] ? pair.ends[0] : -1, .events = POLLIN},
			{.fd = pair.open[1] ? pair.ends[1] : -1, .events = POLLIN},
			{.fd = link->stop[0], .events = POLLIN},
		};

		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			break;
		if (fds[2].revents)
			break;
		for (int i = 0; i < 2 && more; i++)
			if (fds[i].revents)
				more = move_chunk(link, &pair, i);
	}
	close(pair.ends[0]);
	close(pair.ends[1]);
}

/* One board, one connection. */
static void *link_main(void *arg)
{
	const struct link *link = arg;
	struct pollfd fds[2] = {
		{.fd = link->listener, .events = POLLIN},
		{.fd = link->stop[0], .events = POLLIN},
	};
	int board = -1;

	while (board < 0 && !fds[1].revents && (poll(fds, 2, -1) >= 0 || errno == EINTR))
		if (fds[0].revents)
			board = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC);
	if (board >= 0)
		relay(link, board);
	else
		close(link->broker);
	return NULL;
}

int link_start(struct link *link, const struct link_faults *faults, const struct sockaddr *target,
	       socklen_t target_len)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(here);
	int rc;

	memset(link, 0, sizeof(*link));
	link->faults = *faults;
	link->listener = -1;
	link->stop[0] = link->stop[1] = -1;
	link->broker = socket(target->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link->broker < 0)
		return -errno;
	link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(link->broker, target, target_len) < 0 || link->listener < 0 ||
	    pipe2(link->stop, O_CLOEXEC) < 0) {
		rc = -errno;
		goto out;
	}
	if (bind(link->listener, (struct sockaddr *)&here, sizeof(here)) < 0 ||
	    listen(link->listener, 4) < 0 ||
	    getsockname(link->listener, (struct sockaddr *)&here, &len) < 0) {
		rc = -errno;
		goto out;
	}
	link->port = ntohs(here.sin_port);
	rc = -pthread_create(&link->thread, NULL, link_main, link);
	if (rc == 0) {
		link->running = true;
		return 0;
	}
out:
	close(link->broker);
	if (link->listener >= 0)
		close(link->listener);
	if (link->stop[0] >= 0)
		close(link->stop[0]);
	if (link->stop[1] >= 0)
		close(link->stop[1]);
	return rc;
}

void link_stop(struct link *link)
{
	if (!link->running)
		return;
	close(link->stop[1]);
	pthread_join(link->thread, NULL);
	close(link->stop[0]);
	close(link->listener);
	link->running = false;
}
