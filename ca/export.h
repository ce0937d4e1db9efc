/*
 * One certificate in every form that somebody's tool or firmware wants, each right by construction.
 * Pure: material in, files out, in memory.
 */
#ifndef DOORSTEP_EXPORT_H
#define DOORSTEP_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "budget.h"
#include "fault.h"
#include "text.h"

/* PEM with LF and one final newline; empty texts are left out. */
struct material {
	struct text ca;	  /* what the device trusts: one certificate, or two during a rollover */
	struct text cert; /* the device's own */
	struct text key;  /* PKCS#8 */
	long tag;
	const char *client_id; /* NULL: unknown */
};

struct form {
	char name[32]; /* of the file; may hold one directory */
	const char *for_whom;
	struct text content;
	bool secret; /* holds the private key */
};

#define FORMS_MAX 56 /* with a DER file for each of up to 32 certificates to be trusted */

struct forms {
	struct form form[FORMS_MAX];
	size_t count;
};

/* All forms that the material allows: without cert and key what is public, else everything. */
int forms_make(struct forms *forms, const struct material *material, struct fault *fault);
void forms_free(struct forms *forms);

/* What the modem has to hold for this material. */
void material_budget(const struct material *material, struct budget *budget);

/* SHA-256 of a text as AT%CMNG=1 shows it, upper case; with its final newline or without. */
void export_sha256(char out[65], const struct text *pem, bool trimmed);

/* The AT lines that write the material into its tag: commands end in CR LF, PEM lines in LF. */
void export_at_lines(struct text *out, const struct material *material);

#endif
