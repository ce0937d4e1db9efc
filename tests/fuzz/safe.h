/* What may reach a terminal or a program: text and JSON without a raw control character. */
#ifndef DOORSTEP_FUZZ_SAFE_H
#define DOORSTEP_FUZZ_SAFE_H

#include <stdbool.h>
#include <stdlib.h>
#include "text.h"

/* Ends the fuzzer where there is one; empties the text. */
static inline void must_be_safe(struct text *out, bool json)
{
	for (size_t i = 0; out->s && i < out->len; i++)
		if (((unsigned char)out->s[i] < 0x20 && (json || out->s[i] != '\n')) ||
		    out->s[i] == 0x7f)
			abort();
	text_reset(out);
}

#endif
