/*
 * Finds PEM blocks in text that was mangled on its way: through terminals, C source, mail, editors.
 * Pure; any bytes may come in.
 */
#ifndef DOORSTEP_ARMOUR_H
#define DOORSTEP_ARMOUR_H

#include <stdbool.h>
#include <stddef.h>
#include "text.h"

struct armour_block {
	char label[64];	   /* "CERTIFICATE", as it stands in the BEGIN line, blanks made single */
	bool odd;	   /* the dashes, or the END line, are not as they should be */
	struct text bytes; /* decoded; empty if the body is no base64 */
	bool unreadable;
	bool encrypted; /* it has the header lines of an encrypted key */
	bool wrapped_otherwise, spaces;
};

#define ARMOUR_MAX 40

struct armour {
	struct armour_block block[ARMOUR_MAX];
	size_t count;
	bool crlf, literal, quoted, bom, utf16, nul, text_around;
};

void armour_read(struct armour *armour, const char *data, size_t len);
void armour_free(struct armour *armour);

#endif
