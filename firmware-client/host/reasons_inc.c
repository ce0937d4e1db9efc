/*
 * Prints the firmware's part of the catalogue: every reason that a board can name, with its code and
 * title. The output is committed as core/reasons.inc; a test fails when it is stale.
 */
#include "reason.h"

#include <stdio.h>

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

int main(void)
{
	puts("/*\n"
	     " * Made from the catalogue (plugins/reasons.def) by build/test/dk-reasons-inc. Don't edit:\n"
	     " *   build/test/dk-reasons-inc > firmware-client/core/reasons.inc\n"
	     " * HINT(id, \"code\", \"title\")\n"
	     " */");
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		const struct reason *r = reason_get((enum reason_id)i);

		if (r->kind == REASON_KIND_MARK)
			continue;
		printf("HINT(%s, \"%s\", ", r->id, r->code);
		put_string(r->title);
		puts(")");
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
