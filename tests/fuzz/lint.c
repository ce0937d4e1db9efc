/* The linter on any bytes, and its two promises: what has no finding of form is its own mended text,
 * and a mended text has no finding of form. */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t forms(const struct lint_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < report->count; i++) {
		const struct lint_rule *rule = lint_rule(report->found[i].id);

		if (!rule || strlen(report->found[i].value) >= sizeof(report->found[i].value))
			abort();
		for (const char *c = report->found[i].value; *c; c++)
			if ((unsigned char)*c < 0x20 || *c == 0x7f)
				abort();
		n += rule->kind == LINT_FORM;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint_setting setting = {
		.host = "seat01.class.example", .tag = 24, .now = 1795226134};
	struct lint_report reports[2];

	if (!size)
		return 0;
	setting.role = (enum lint_role)(data[0] & 3);
	lint_text(&reports[0], (const char *)data + 1, size - 1, &setting);
	lint_text(&reports[1], reports[0].mended.s ? reports[0].mended.s : "",
		  reports[0].mended.len, &setting);
	if (reports[0].mended.len) {
		if (!forms(&reports[0]) && (reports[0].mended.len != size - 1 ||
					    memcmp(reports[0].mended.s, data + 1, size - 1)))
			abort();
		if (forms(&reports[1]))
			abort();
		if (reports[1].mended.len != reports[0].mended.len ||
		    memcmp(reports[1].mended.s, reports[0].mended.s, reports[0].mended.len))
			abort();
	} else {
		forms(&reports[0]);
	}
	lint_match(reports, 2);
	lint_free(&reports[0]);
	lint_free(&reports[1]);
	return 0;
}
