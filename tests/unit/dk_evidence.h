/* What a test of the diagnosis begins with. */
#ifndef DOORSTEP_DK_EVIDENCE_TEST_H
#define DOORSTEP_DK_EVIDENCE_TEST_H

#include "unit.h"
#include "diagnosis.h"

/* A board whose tag is in order, that failed there with this number. */
static inline struct evidence tls_at(enum step step, int result)
{
	struct evidence e = {.step = step,
			     .result = result,
			     .tls = true,
			     .name_sent = true,
			     .tag = {.number = 24, .checked = true}};

	for (int i = 0; i < CREDENTIAL_TYPES; i++)
		e.tag.items[i].state = CREDENTIAL_SAME;
	return e;
}

#define ASSERT_CODE(evidence, expected)                      \
	do {                                                 \
		struct diagnosis d_ = diagnose(&(evidence)); \
		ck_assert_ptr_nonnull(d_.code);              \
		ck_assert_str_eq(d_.code, expected);         \
	} while (0)

/* The line for people. */
static inline const char *said(const struct evidence *evidence)
{
	static char line[400];
	const struct diagnosis_names names = {
		.host = "seat01.class.example", .client_id = "nrf-1", .tag = 24, .port = 8883};
	struct diagnosis d = diagnose(evidence);

	diagnosis_line(&d, &names, line, sizeof(line));
	return line;
}

#endif
