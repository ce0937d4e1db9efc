/*
 * Making a line fit for eyes that are not the teacher's: IMEIs keep their last three digits,
 * addresses their network. Works on every text in the line, wherever a peer may have put one.
 */
#ifndef DOORSTEP_WEB_REDACT_H
#define DOORSTEP_WEB_REDACT_H

#include <cjson/cJSON.h>
#include "text.h"

#define REDACT_IMEI    1U
#define REDACT_ADDRESS 2U

/* The flag of a word in class.json ("imei", "address"); 0 if it is none. */
unsigned redact_flag(const char *word);

/* Appends s with what `flags` name masked. */
void redact_text(struct text *out, const char *s, unsigned flags);

/* Masks every string in json, in place; removes raw bytes and log lines that can't be masked. */
void redact_json(cJSON *json, unsigned flags);

#endif
