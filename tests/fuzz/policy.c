/* Both files of the class in one input: class.json, a NUL, seats.json. */
#include "policy.h"
#include "rules.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct policy *p, const char *s, size_t len)
{
	for (size_t i = 0; i < p->listener_count; i++) {
		const struct listener *l = &p->listeners[i];

		if (policy_listener_by_name(p, l->name) != l)
			abort();
		policy_exercise(p, l, s, len);
		policy_name_is_ours(p, l, s, len);
	}
	for (size_t i = 0; i < p->seat_count; i++) {
		const struct seat *seat = &p->seats[i];

		if (policy_seat_by_label(p, seat->label, strlen(seat->label)) != seat)
			abort();
		seat_allows_client_id(seat, s, len);
		rules_topic(p->listeners, seat, ACL_SUBSCRIBE,
			    seat->topics.n ? seat->topics.v[0] : "#");
	}
	policy_seat_by_client_id(p, s, len);
	policy_seat_by_host(p, s, len);
	policy_seat_by_user(p, s, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	const char *nul = memchr(s, '\0', size);
	size_t class_len = nul ? (size_t)(nul - s) : size;
	const struct policy *p = NULL;
	struct text error = {0};
	int rc = policy_parse(s, class_len, nul ? nul + 1 : NULL, nul ? size - class_len - 1 : 0,
			      &p, &error);

	/* whole or nothing: a policy, or an error that names a line */
	if ((rc == 0) != (p != NULL) || (rc != 0 && (!error.len || !strstr(error.s, ".json:"))))
		abort();
	if (p) {
		use(p, s, size);
		policy_release(p);
	}
	text_free(&error);
	return 0;
}
