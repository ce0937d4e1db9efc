#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "peer.h"

enum { RECORD_CCS = 20, RECORD_DATA = 23 };

int wire_connect(struct wire *wire, const struct options *opt)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *at;
	struct timeval limit = {.tv_sec = opt->timeout_s};
	int one = 1;

	*wire = (struct wire){.fd = -1, .opt = opt};
	if (getaddrinfo(opt->host, opt->port, &hints, &list))
		return -1;
	for (at = list; at && wire->fd < 0; at = at->ai_next) {
		wire->fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
		if (wire->fd >= 0 && connect(wire->fd, at->ai_addr, at->ai_addrlen)) {
			wire->err = errno;
			close(wire->fd);
			wire->fd = -1;
		}
	}
	freeaddrinfo(list);
	if (wire->fd < 0)
		return -1;
	wire->err = 0;
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(wire->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return 0;
}

void wire_end(struct wire *wire, enum end_how how)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (wire->ended || wire->fd < 0)
		return;
	wire->ended = true;
	if (how == HOW_RST) {
		setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(wire->fd);
		wire->fd = -1;
	} else if (how != HOW_STALL && how != HOW_ALERT) {
		shutdown(wire->fd, SHUT_WR);
	}
}

/* Spoils the first byte of the first record that is sent under a new key. */
static void spoil(struct wire *wire, uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (wire->out_have < sizeof(wire->out_head)) {
			wire->out_head[wire->out_have++] = bytes[i];
			if (wire->out_have < sizeof(wire->out_head))
				continue;
			wire->out_left = (size_t)(wire->out_head[3] << 8 | wire->out_head[4]);
			continue;
		}
		if (!wire->spoiled && wire->out_head[0] != RECORD_CCS &&
		    (wire->after_ccs || wire->out_head[0] == RECORD_DATA)) {
			bytes[i] ^= 0x55;
			wire->spoiled = true;
		}
		if (!--wire->out_left) {
			wire->after_ccs |= wire->out_head[0] == RECORD_CCS;
			wire->out_have = 0;
		}
	}
}

static ssize_t send_all(struct wire *wire, const uint8_t *bytes, size_t len)
{
	size_t done = 0, step;
	ssize_t n;

	while (done < len) {
		step = len - done;
		if (wire->opt->chunk && step > wire->opt->chunk)
			step = wire->opt->chunk;
		n = send(wire->fd, bytes + done, step, MSG_NOSIGNAL);
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			/* The other side has hung up, but its alert may wait to be read: let the stack
			 * go on to that. */
			wire->err = errno;
			return (ssize_t)len;
		}
		if (n < 0) {
			wire->err = errno;
			return -1;
		}
		done += (size_t)n;
		wire->out += (size_t)n;
		if (wire->opt->slow_us)
			usleep(wire->opt->slow_us);
	}
	return (ssize_t)len;
}

ssize_t wire_send(struct wire *wire, const void *buf, size_t len)
{
	const struct options *opt = wire->opt;
	uint8_t copy[20000];
	size_t half = len / 2;

	if (wire->ended)
		goto gone;
	if (wire->reading || !wire->flight) {
		wire->reading = false;
		wire->flight++;
	}
	if (!wire->established && wire->flight == 2 && opt->end == END_FLIGHT) {
		wire_end(wire, opt->how);
		goto gone;
	}
	if (!wire->established && ((wire->flight == 1 && opt->end == END_HELLO_HALF) ||
				   (wire->flight == 2 && opt->end == END_FLIGHT_HALF))) {
		send_all(wire, buf, half ? half : 1);
		wire_end(wire, opt->how);
		goto gone;
	}
	if (opt->corrupt && len <= sizeof(copy)) {
		memcpy(copy, buf, len);
		spoil(wire, copy, len);
		return send_all(wire, copy, len);
	}
	return send_all(wire, buf, len);
gone:
	errno = EPIPE;
	return -1;
}

/* Follows the record headers that come in, to know the size of the largest record. */
static void measure(struct wire *wire, const uint8_t *bytes, size_t len)
{
	size_t step, size, *largest;

	while (len) {
		if (wire->in_have < sizeof(wire->in_head)) {
			wire->in_head[wire->in_have++] = *bytes++;
			len--;
			if (wire->in_have < sizeof(wire->in_head))
				continue;
			wire->in_left = (size_t)(wire->in_head[3] << 8 | wire->in_head[4]);
			size = wire->in_left;
			largest = wire->established ? &wire->record_data : &wire->record_handshake;
			if (size > *largest)
				*largest = size;
		}
		step = len < wire->in_left ? len : wire->in_left;
		bytes += step;
		len -= step;
		wire->in_left -= step;
		if (!wire->in_left)
			wire->in_have = 0;
	}
}

ssize_t wire_recv(struct wire *wire, void *buf, size_t len)
{
	ssize_t n;

	if (!wire->ended && wire->flight == 1 && wire->opt->end == END_HELLO)
		wire_end(wire, wire->opt->how);
	if (wire->ended || wire->fd < 0) {
		errno = EPIPE;
		return -1;
	}
	wire->reading = true;
	n = recv(wire->fd, buf, len, 0);
	if (n < 0) {
		wire->err = errno;
	} else if (!n) {
		wire->eof = true;
	} else {
		wire->in += (size_t)n;
		measure(wire, buf, (size_t)n);
	}
	return n;
}

const char *wire_drain(struct wire *wire)
{
	uint8_t buf[4096];
	ssize_t n;

	if (wire->fd < 0)
		return "none";
	do {
		n = recv(wire->fd, buf, sizeof(buf), 0);
		if (n > 0)
			wire->in += (size_t)n;
	} while (n > 0);
	if (!n)
		return "eof";
	wire->err = errno;
	return errno == ECONNRESET ? "rst" : errno == EAGAIN ? "timeout" : "none";
}
