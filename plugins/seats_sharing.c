#include "seats_impl.h"

#include <stdio.h>
#include <string.h>

bool seats_id_shared(struct seats *seats, const char *client_id, size_t len, const char *address,
		     int64_t now, char other[46])
{
	struct id_use *use = memory_put(seats->ids, client_id, len, now);
	bool shared;

	if (other)
		other[0] = '\0';
	if (!use)
		return false;
	if (strcmp(use->last[0], address) == 0) {
		/* the same place again: nothing moved */
		use->since[0] = now;
		return false;
	}
	shared = use->last[1][0] && strcmp(use->last[1], address) == 0 &&
		 now - use->since[1] <= SHARING_WINDOW;
	if (other)
		snprintf(other, ADDRESS_LEN, "%s", use->last[0]);
	memcpy(use->last[1], use->last[0], ADDRESS_LEN);
	use->since[1] = use->since[0];
	snprintf(use->last[0], ADDRESS_LEN, "%s", address);
	use->since[0] = now;
	return shared;
}
