/* Ports: which are free, and is this one? Asked by binding, as the broker will. */
#ifndef DOORSTEP_PORTS_H
#define DOORSTEP_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Can a listener be opened there? bind NULL: every address, IPv4 and IPv6. */
bool port_is_free(uint16_t port, const char *bind);

/* Fills ports[n] with different ones that are free on every address. They lie below the range from
 * which the kernel takes the ports of outgoing connections, and begin at random, so that two
 * callers at the same time seldom meet. Returns 0, or -1 if there are not that many. */
int ports_pick(uint16_t *ports, size_t n);

#endif
