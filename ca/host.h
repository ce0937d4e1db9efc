/* What may be a name: of a host in a certificate, of a device, of a file made from it. Pure. */
#ifndef DOORSTEP_HOST_H
#define DOORSTEP_HOST_H

#include <stdbool.h>

enum host_kind {
	HOST_BAD,
	HOST_NAME,     /* labels of letters, digits, hyphens (and underscores), 253 bytes in all */
	HOST_WILDCARD, /* "*." and a name of two labels or more */
	HOST_WILDCARD_SINGLE, /* "*.lan": a star over one label, which OpenSSL refuses */
	HOST_ADDRESS,	      /* IPv4 or IPv6 */
};

enum host_kind host_kind(const char *name);

/* A device id or label: 1 to 64 of A-Z a-z 0-9 . _ : @ + - and no dot or hyphen first, so that it is
 * also a file name and a CN. */
bool host_is_id(const char *id);

/* A class domain: a host name of two labels or more, or localhost. */
bool host_is_domain(const char *name);

#endif
