#include "host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

static bool is_name(const char *name)
{
	size_t label = 0, total = strlen(name);

	/* Numbers and dots alone are an address with a slip in it. */
	if (total == 0 || total > 253 || strspn(name, "0123456789.") == total)
		return false;
	for (const char *c = name; *c; c++) {
		if (*c == '.') {
			if (label == 0 || c[-1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*c) && *c != '_' && (*c != '-' || label == 0))
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0 && name[total - 1] != '-';
}

enum host_kind host_kind(const char *name)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		return HOST_ADDRESS;
	if (strncmp(name, "*.", 2) == 0) {
		if (!is_name(name + 2))
			return HOST_BAD;
		return strchr(name + 2, '.') ? HOST_WILDCARD : HOST_WILDCARD_SINGLE;
	}
	return is_name(name) ? HOST_NAME : HOST_BAD;
}

bool host_is_id(const char *id)
{
	size_t len = strlen(id);

	if (len == 0 || len > 64 || *id == '.' || *id == '-')
		return false;
	for (const char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._:@+-", *c))
			return false;
	return true;
}

bool host_is_domain(const char *name)
{
	if (host_kind(name) != HOST_NAME)
		return false;
	return strchr(name, '.') || strcmp(name, "localhost") == 0;
}
