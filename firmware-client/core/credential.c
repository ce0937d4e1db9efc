#include "credential.h"

#include <string.h>

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool digest_parse(uint8_t digest[CREDENTIAL_DIGEST_BYTES], const char *hex, size_t len)
{
	if (len != (size_t)2 * CREDENTIAL_DIGEST_BYTES)
		return false;
	for (size_t i = 0; i < CREDENTIAL_DIGEST_BYTES; i++) {
		int high = nibble(hex[2 * i]);
		int low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A decimal number of at most ten digits; NULL if there is none, else what follows it. */
static const char *number_parse(const char *p, uint64_t *value)
{
	int digits = 0;

	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (++digits > 10)
			return NULL;
		*value = *value * 10 + (uint64_t)(*p - '0');
	}
	return digits ? p : NULL;
}

/* Firmware before about 1.3.2 answers 0000..., 0101... and so on instead of a digest. */
static bool is_placeholder(const uint8_t digest[CREDENTIAL_DIGEST_BYTES])
{
	for (size_t i = 1; i < CREDENTIAL_DIGEST_BYTES; i++)
		if (digest[i] != digest[0])
			return false;
	return true;
}

/* One line after "%CMNG:"; false if it is malformed. */
static bool line_read(struct tag *tag, const char *p)
{
	uint64_t number;
	uint64_t type;
	const char *end;
	struct credential *item;

	while (*p == ' ')
		p++;
	p = number_parse(p, &number);
	if (!p || *p++ != ',')
		return false;
	p = number_parse(p, &type);
	if (!p)
		return false;
	if (number != tag->number || type >= CREDENTIAL_TYPES)
		return true;
	item = &tag->items[type];
	item->state = CREDENTIAL_PRESENT;
	if (*p == '\r' || *p == '\n' || *p == '\0')
		return true;
	if (p[0] != ',' || p[1] != '"' || !(end = strchr(p + 2, '"')))
		return false;
	if (!digest_parse(item->digest, p + 2, (size_t)(end - p - 2)))
		return false;
	item->digest_known = !is_placeholder(item->digest);
	return true;
}

int tag_read(struct tag *tag, uint32_t number, const char *answer)
{
	static const char prefix[] = "%CMNG:";

	memset(tag, 0, sizeof(*tag));
	tag->number = number;
	for (size_t i = 0; i < CREDENTIAL_TYPES; i++)
		tag->items[i].state = CREDENTIAL_ABSENT;
	for (const char *p = answer; *p;) {
		const char *next = strchr(p, '\n');

		if (strncmp(p, prefix, sizeof(prefix) - 1) == 0 &&
		    !line_read(tag, p + sizeof(prefix) - 1)) {
			memset(tag, 0, sizeof(*tag));
			tag->number = number;
			return -1;
		}
		if (!next)
			break;
		p = next + 1;
	}
	tag->checked = true;
	return 0;
}

void tag_compare(struct tag *tag, enum credential_type type,
		 const struct credential_expected *expected)
{
	struct credential *item = &tag->items[type];

	if (item->state != CREDENTIAL_PRESENT || !item->digest_known || !expected->set)
		return;
	item->state = memcmp(item->digest, expected->with_newline, CREDENTIAL_DIGEST_BYTES) == 0 ||
				      memcmp(item->digest, expected->without_newline,
					     CREDENTIAL_DIGEST_BYTES) == 0
			      ? CREDENTIAL_SAME
			      : CREDENTIAL_OTHER;
}

const char *credential_name(enum credential_type type)
{
	static const char *const names[CREDENTIAL_TYPES] = {
		[CREDENTIAL_CA] = "CA certificate",
		[CREDENTIAL_CERT] = "client certificate",
		[CREDENTIAL_KEY] = "client key",
	};

	return names[type];
}
