#include "roster.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host.h"

int roster_add(struct roster *roster, const char *id, struct fault *fault)
{
	char **grown;

	if (!host_is_id(id))
		return misuse(fault,
			      "\"%.80s\" is no device id; expected 1 to 64 of letters, digits and "
			      ". _ : @ + -, and neither . nor - first",
			      id);
	if (roster->count >= ROSTER_MAX)
		return misuse(fault, "more than %d names at once", ROSTER_MAX);
	if (roster->count == roster->room) {
		size_t room = roster->room ? 2 * roster->room : 64;

		grown = realloc(roster->ids, room * sizeof(*grown));
		if (!grown)
			return refuse(fault, "out of memory");
		roster->ids = grown;
		roster->room = room;
	}
	roster->ids[roster->count] = strdup(id);
	if (!roster->ids[roster->count])
		return refuse(fault, "out of memory");
	roster->count++;
	return 0;
}

int roster_add_lines(struct roster *roster, struct text *lines, struct fault *fault)
{
	char *save = NULL, *start = lines->s;
	int rc = 0;

	if (strlen(start) != lines->len)
		return misuse(fault, "the list holds a NUL; expected a name a line, as plain text");
	if (strncmp(start, "\xef\xbb\xbf", 3) == 0)
		start += 3;
	for (char *line = strtok_r(start, "\n", &save); !rc && line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t len = strlen(line);

		while (len && strchr(" \t\r", line[len - 1]))
			line[--len] = '\0';
		line += strspn(line, " \t");
		if (*line && *line != '#')
			rc = roster_add(roster, line, fault);
	}
	return rc;
}

int roster_name(char *out, size_t size, const char *pattern, long number)
{
	const char *percent = strchr(pattern, '%'), *at;
	char *end;
	long width = 0;
	bool zero;
	int n;

	if (!percent)
		return -1;
	at = percent + 1;
	zero = *at == '0';
	if (*at >= '0' && *at <= '9') {
		width = strtol(at, &end, 10);
		at = end;
	}
	if (*at != 'd' || width > 20 || strchr(at, '%'))
		return -1;
	n = snprintf(out, size, zero ? "%.*s%0*ld%s" : "%.*s%*ld%s", (int)(percent - pattern),
		     pattern, (int)width, number, at + 1);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

int roster_add_pattern(struct roster *roster, const char *pattern, struct fault *fault)
{
	const char *colon = strrchr(pattern, ':');
	char form[128], id[128], *end;
	long first = 0, last = -1;
	int rc = 0;

	if (colon && (size_t)(colon - pattern) < sizeof(form)) {
		memcpy(form, pattern, (size_t)(colon - pattern));
		form[colon - pattern] = '\0';
		first = strtol(colon + 1, &end, 10);
		if (end > colon + 1 && *end == '-')
			last = strtol(end + 1, &end, 10);
		if (*end)
			last = -1;
	}
	if (first >= 0 && last >= first && last - first >= ROSTER_MAX)
		return misuse(fault, "--pattern %s: more than %d names at once", pattern,
			      ROSTER_MAX);
	if (first < 0 || last < first || roster_name(id, sizeof(id), form, first))
		return misuse(
			fault,
			"--pattern %s: expected one %%d and a range, such as nrf-%%06d:1-1000",
			pattern);
	for (long i = first; !rc && i <= last; i++) {
		if (roster_name(id, sizeof(id), form, i))
			return misuse(fault, "--pattern %s: a name of it is too long", pattern);
		rc = roster_add(roster, id, fault);
	}
	return rc;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int roster_check_twice(const struct roster *roster, struct fault *fault)
{
	char **sorted = malloc((roster->count + 1) * sizeof(*sorted));
	int rc = 0;

	if (!sorted)
		return refuse(fault, "out of memory");
	for (size_t i = 0; i < roster->count; i++)
		sorted[i] = roster->ids[i];
	qsort(sorted, roster->count, sizeof(*sorted), compare);
	for (size_t i = 1; !rc && i < roster->count; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			rc = misuse(fault, "%s is named twice", sorted[i]);
	free(sorted);
	return rc;
}

void roster_free(struct roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		free(roster->ids[i]);
	free(roster->ids);
	memset(roster, 0, sizeof(*roster));
}
