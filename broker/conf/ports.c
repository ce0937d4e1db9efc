#include "ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define PICK_FIRST 20000U
#define PICK_LAST  32000U

static bool binds(int family, const void *address, socklen_t len)
{
	int one = 1;
	bool free;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EAFNOSUPPORT; /* no IPv6 here: it cannot be taken there */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	/* Two sockets may be bound with SO_REUSEADDR; only one may listen. */
	free = bind(fd, address, len) == 0 ? listen(fd, 1) == 0 : errno == EADDRNOTAVAIL;
	close(fd);
	return free;
}

bool port_is_free(uint16_t port, const char *bind)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (!bind)
		return binds(AF_INET, &v4, sizeof(v4)) && binds(AF_INET6, &v6, sizeof(v6));
	if (inet_pton(AF_INET6, bind, &v6.sin6_addr) == 1)
		return binds(AF_INET6, &v6, sizeof(v6));
	if (inet_pton(AF_INET, bind, &v4.sin_addr) != 1)
		v4.sin_addr.s_addr =
			htonl(INADDR_LOOPBACK); /* a name: localhost is the likely one */
	return binds(AF_INET, &v4, sizeof(v4));
}

int ports_pick(uint16_t *ports, size_t n)
{
	const unsigned span = PICK_LAST - PICK_FIRST + 1;
	unsigned start;
	size_t found = 0;

	if (getrandom(&start, sizeof(start), 0) != (ssize_t)sizeof(start))
		return -1;
	for (unsigned i = 0; i < span && found < n; i++) {
		uint16_t port = (uint16_t)(PICK_FIRST + (start % span + i) % span);

		if (port_is_free(port, NULL))
			ports[found++] = port;
	}
	return found == n ? 0 : -1;
}
