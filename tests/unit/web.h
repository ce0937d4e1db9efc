/* Journal lines for the page's unit tests. */
#ifndef DOORSTEP_UNIT_WEB_H
#define DOORSTEP_UNIT_WEB_H

#include <stdio.h>
#include <string.h>

#include "record.h"
#include "unit.h"

/* A record of a line with these members after what every line has; sec is its time, seq too. */
static inline struct record *record_of(const char *kind, int sec, const char *members)
{
	struct text t = {0};
	struct line l;
	struct record *r;

	text_printf(&t,
		    "{\"v\":1,\"kind\":\"%s\",\"broker\":\"b\",\"run\":\"00112233\",\"seq\":%d,"
		    "\"t\":\"2026-11-21T%02d:%02d:%02d.000Z\"%s%s}",
		    kind, sec + 1, sec / 3600, sec / 60 % 60, sec % 60, *members ? "," : "",
		    members);
	ck_assert_int_eq(line_parse(&l, t.s, t.len, NULL), 0);
	r = record_new(&l, t.s, t.len);
	ck_assert_ptr_nonnull(r);
	line_free(&l);
	text_free(&t);
	return r;
}

#define VISIT_IN(id, seat)                                                                        \
	"\"id\":\"" id "\",\"seat\":\"" seat "\",\"verdict\":\"accepted\",\"stage\":\"session\"," \
	"\"peer\":\"192.168.1.2:1000\",\"says\":\"let in\""
#define VISIT_AWAY(id, seat, reason)                                                            \
	"\"id\":\"" id "\",\"seat\":\"" seat "\",\"verdict\":\"rejected\",\"reason\":\"" reason \
	"\",\"by\":\"device\",\"stage\":\"hello\",\"peer\":\"192.168.1.2:1000\",\"says\":\"no\""

#define SUITE(name, ...)                                                    \
	int main(void)                                                      \
	{                                                                   \
		const TTest *tests[] = {__VA_ARGS__};                       \
		Suite *suite = suite_create(name);                          \
		TCase *tcase = tcase_create(name);                          \
                                                                            \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) \
			tcase_add_test(tcase, tests[i]);                    \
		suite_add_tcase(suite, tcase);                              \
		return unit_run(suite);                                     \
	}

#endif
