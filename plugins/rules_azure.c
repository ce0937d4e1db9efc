#include "rules.h"

#include <string.h>

#define API_VERSION "api-version="

/* <host>/<device>/?<query>, the query a list of name=value joined by '&'. */
struct azure_user azure_user_read(const char *user, size_t len)
{
	struct azure_user u = {0};
	const char *end, *slash, *query;

	if (!user)
		return u;
	end = user + len;
	slash = memchr(user, '/', len);
	if (!slash || slash == user)
		return u;
	u.host = user;
	u.host_len = (size_t)(slash - user);
	u.device = slash + 1;
	slash = memchr(u.device, '/', (size_t)(end - u.device));
	if (!slash || slash == u.device)
		return u;
	u.device_len = (size_t)(slash - u.device);
	query = slash + 1;
	u.formed = query < end && *query == '?';
	for (const char *p = query + 1; u.formed && p < end;) {
		const char *next = memchr(p, '&', (size_t)(end - p));
		size_t n = (size_t)((next ? next : end) - p);

		if (n > strlen(API_VERSION) && memcmp(p, API_VERSION, strlen(API_VERSION)) == 0) {
			u.api_version = p + strlen(API_VERSION);
			u.api_version_len = n - strlen(API_VERSION);
		}
		p += n + 1;
	}
	return u;
}
