#include "seats.h"
#include "seats_impl.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESSES_MAX 4096
#define FAILURES_MAX  4096
#define IDS_MAX	      8192
#define LATELY	      ((int64_t)24 * 3600)

struct seats *seats_new(void)
{
	struct seats *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->addresses = memory_new(ADDRESSES_MAX, sizeof(struct address_use));
	s->good = memory_new(SEATS_GOOD_MAX, sizeof(struct last_good));
	s->failures = memory_new(FAILURES_MAX, sizeof(struct failures));
	s->ids = memory_new(IDS_MAX, sizeof(struct id_use));
	if (s->addresses && s->good && s->failures && s->ids)
		return s;
	seats_free(s);
	return NULL;
}

void seats_free(struct seats *seats)
{
	if (!seats)
		return;
	memory_free(seats->addresses);
	memory_free(seats->good);
	memory_free(seats->failures);
	memory_free(seats->ids);
	free(seats);
}

/* ---- whose visit: a table of ways, in their order ---- */

static const struct seat *from_sni(const struct facts *f)
{
	return f->sni ? policy_seat_by_host(f->policy, f->sni, f->sni_len) : NULL;
}

static const struct seat *from_certificate(const struct facts *f)
{
	if (!f->cert.present)
		return NULL;
	return policy_seat_by_cert(f->policy, f->cert.sha256, f->cert.subject);
}

static const struct seat *from_client_id(const struct facts *f)
{
	return f->client_id ? policy_seat_by_client_id(f->policy, f->client_id, f->client_id_len)
			    : NULL;
}

static const struct seat *from_user(const struct facts *f)
{
	return f->user ? policy_seat_by_user(f->policy, f->user, f->user_len) : NULL;
}

static const struct seat *from_address(const struct seats *seats, const struct facts *f,
				       const char *address, int64_t now)
{
	const struct address_use *use = memory_find(seats->addresses, address, strlen(address));

	if (!use || now - use->when > LATELY || (use->several && now - use->several <= LATELY))
		return NULL;
	return policy_seat_by_label(f->policy, use->label, strlen(use->label));
}

void seats_resolve(struct seats *seats, struct facts *f, const char *address, int64_t now)
{
	static const struct {
		enum seat_by by;
		const struct seat *(*of)(const struct facts *f);
	} ways[] = {
		{SEAT_BY_SNI, from_sni},
		{SEAT_BY_CERTIFICATE, from_certificate},
		{SEAT_BY_CLIENT_ID, from_client_id},
		{SEAT_BY_USER, from_user},
	};

	f->seat = NULL;
	f->seat_by = SEAT_BY_NONE;
	for (size_t i = 0; !f->seat && i < sizeof(ways) / sizeof(ways[0]); i++) {
		f->seat = ways[i].of(f);
		f->seat_by = ways[i].by;
	}
	if (!f->seat && address) {
		f->seat = from_address(seats, f, address, now);
		f->seat_by = SEAT_BY_ADDRESS;
	}
	if (!f->seat)
		f->seat_by = SEAT_BY_NONE;
}

void seats_note_address(struct seats *seats, const char *address, const char *label, int64_t now)
{
	struct address_use *use = memory_put(seats->addresses, address, strlen(address), now);

	if (!use)
		return;
	if (use->label[0] && strcmp(use->label, label) != 0 && now - use->when <= LATELY)
		use->several = now;
	strncpy(use->label, label, sizeof(use->label) - 1);
	use->when = now;
}
