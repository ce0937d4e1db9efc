#include "seats_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORTH_WRITING 60 /* seconds */

bool seats_note_good(struct seats *seats, const char *label, int64_t wall, const char *subject)
{
	struct last_good *good = memory_put(seats->good, label, strlen(label), wall);

	if (!good || wall - good->wall < WORTH_WRITING)
		return false;
	snprintf(good->label, sizeof(good->label), "%s", label);
	snprintf(good->subject, sizeof(good->subject), "%s", subject);
	good->wall = wall;
	return true;
}

const struct last_good *seats_last_good(const struct seats *seats, const char *label)
{
	return memory_find(seats->good, label, strlen(label));
}

const struct last_good *seats_cert_gone(const struct seats *seats, const struct facts *f)
{
	if (f->cert.present || !f->seat ||
	    (f->seat_by != SEAT_BY_SNI && f->seat_by != SEAT_BY_ADDRESS))
		return NULL;
	return seats_last_good(seats, f->seat->label);
}

static void print_one(void *value, void *arg)
{
	const struct last_good *good = value;
	struct text *out = arg;

	text_printf(out, "%s\t%" PRId64 "\t", good->label, good->wall);
	/* backslashes are the subject's own and stay as they are, however often it is read back */
	text_show(out, good->subject, strlen(good->subject), 0);
	text_puts(out, "\n");
}

void seats_good_print(const struct seats *seats, struct text *out)
{
	memory_each(seats->good, print_one, out);
}

/* "label TAB seconds TAB subject" */
static bool parse_line(struct seats *seats, const char *s, size_t len)
{
	const char *tab = memchr(s, '\t', len), *second;
	char label[64], subject[128], number[24];
	size_t n, rest;
	long long wall;
	char *end;

	if (!tab || tab == s || (size_t)(tab - s) >= sizeof(label))
		return false;
	n = (size_t)(tab - s);
	memcpy(label, s, n);
	label[n] = '\0';
	second = memchr(tab + 1, '\t', len - n - 1);
	if (!second || (size_t)(second - tab - 1) >= sizeof(number))
		return false;
	n = (size_t)(second - tab - 1);
	memcpy(number, tab + 1, n);
	number[n] = '\0';
	wall = strtoll(number, &end, 10);
	if (end == number || *end || wall <= 0)
		return false;
	rest = (size_t)(s + len - second - 1);
	if (memchr(s, '\0', len))
		return false;
	if (rest >= sizeof(subject))
		rest = sizeof(subject) - 1;
	memcpy(subject, second + 1, rest);
	subject[rest] = '\0';
	return seats_note_good(seats, label, wall, subject);
}

size_t seats_good_parse(struct seats *seats, const char *s, size_t len)
{
	size_t taken = 0;

	while (len) {
		const char *nl = memchr(s, '\n', len);
		size_t n = nl ? (size_t)(nl - s) : len;

		/* a line without its end was torn */
		if (nl && parse_line(seats, s, n))
			taken++;
		n += nl != NULL;
		s += n;
		len -= n;
	}
	return taken;
}
