/*
 * Takes what points at a person out of a journal's lines: addresses, IMEIs, host names of machines,
 * fingerprints. The same value gets the same stand-in throughout, so that a story stays readable.
 */
#ifndef DOORSTEP_WHY_REDACT_H
#define DOORSTEP_WHY_REDACT_H

#include <stddef.h>
#include <cjson/cJSON.h>
#include "text.h"

struct redact {
	struct {
		char **names;
		size_t n;
	} known[2]; /* addresses, IMEIs */
};

/* Appends the string with each address and each run of 15 digits replaced: "nrf-imei-1",
 * "address-2:51234". */
void redact_string(struct redact *r, struct text *out, const char *s);

/* The same for all strings of a line, in place; the broker's name and fingerprints are replaced whole.
 * False when memory runs out: the line must not be written then. */
bool redact_line(struct redact *r, cJSON *json);

void redact_free(struct redact *r);

#endif
