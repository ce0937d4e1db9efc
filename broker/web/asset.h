/* The page's own files, built into the binary by embed.c. */
#ifndef DOORSTEP_WEB_ASSET_H
#define DOORSTEP_WEB_ASSET_H

#include <stddef.h>

struct asset {
	const char *name; /* "class.js" */
	const unsigned char *bytes;
	size_t len;
};

/* Ends with name == NULL. */
extern const struct asset assets[];

#endif
