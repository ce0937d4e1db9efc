/*
 * The linter: what is wrong with a certificate or key file, and the file as it should be. Pure:
 * bytes in, findings and a mended text out. Any bytes may come in.
 *
 * What it promises: a file without a finding of form is byte for byte its own mended text, and a
 * mended text has no finding of form.
 */
#ifndef DOORSTEP_LINT_H
#define DOORSTEP_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "text.h"

enum lint_id {
#define LINT(id, ...) LINT_##id,
#include "lint.def"
#undef LINT
	LINT_COUNT
};

enum lint_kind { LINT_FORM, LINT_SENSE };

struct lint_rule {
	const char *code;
	enum lint_kind kind;
	const char *what;
	const char *mend;
};

enum lint_role { ROLE_UNKNOWN, ROLE_CA, ROLE_SERVER, ROLE_DEVICE_CERT };

struct lint_setting {
	enum lint_role role;
	const char *host; /* NULL: not to be checked */
	long tag;
	int64_t now;
};

struct lint_finding {
	enum lint_id id;
	char value[160]; /* what was found, safe to print; "" if there is nothing to add */
};

#define LINT_CERTS 32
#define LINT_KEYS  8

struct lint_report {
	struct lint_finding found[LINT_COUNT]; /* each rule once, with its first value */
	size_t count;
	struct text mended; /* empty if nothing could be read, or a block could not */

	/* SHA-256 of the public keys, to match keys with certificates over several files */
	uint8_t cert_keys[LINT_CERTS][32];
	bool cert_is_ca[LINT_CERTS];
	size_t certs;
	uint8_t keys[LINT_KEYS][32];
	size_t key_count;
};

const struct lint_rule *lint_rule(enum lint_id id);

/* Lints one file. The report owns its text: lint_free(). */
void lint_text(struct lint_report *report, const char *data, size_t len,
	       const struct lint_setting *setting);

/* Adds KEY_OF_ANOTHER to each report whose key fits no certificate of all of them, where there is
 * one that it could fit. */
void lint_match(struct lint_report *reports, size_t count);

bool lint_found(const struct lint_report *report, enum lint_id id);

/* Whether there is something that lint --fix mends. */
bool lint_mendable(const struct lint_report *report);
void lint_free(struct lint_report *report);

#endif
