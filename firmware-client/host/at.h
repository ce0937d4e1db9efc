/*
 * The AT interpreter: one command line in, the answer out, as a board with AT host gives it. It
 * owns no file and no terminal. What no document states is marked where it is done.
 */
#ifndef DOORSTEP_DK_AT_H
#define DOORSTEP_DK_AT_H

#include <stddef.h>
#include "modem.h"
#include "text.h"

#define AT_OK	 0
#define AT_ERROR (-1) /* "ERROR" whatever AT+CMEE says */
#define AT_DEAD	 (-2) /* the modem has crashed */

#define AT_LINE_MAX 4096 /* of the AT host, by default and at most (at_host Kconfig) */

/* CME errors. */
#define CME_PHONE_FAILURE	0
#define CME_MEMORY_FAILURE	23
#define CME_INCORRECT_PARAMETER 50
#define CME_SYSTEM_ERROR	60
#define CME_NOT_FOUND		513
#define CME_NO_ACCESS		514
#define CME_MEMORY_FULL		515
#define CME_ACTIVE_STATE	518
#define CME_ALREADY_EXISTS	519
#define CME_AUTHENTICATION	520
#define CME_KEY_GENERATION	523
#define CME_INVALID_CONTENT	527
#define CME_POWER_OFF_WARNING	528
#define CME_CLAIM_TOKEN		529

/* Runs one command (no line end). Information lines go to out, each with CR LF. AT_OK, AT_ERROR,
 * AT_DEAD or a CME error number. CME 0 is given as -3 (AT_PHONE_FAILURE). */
#define AT_PHONE_FAILURE (-3)
int at_execute(struct modem *modem, const char *line, size_t len, struct text *out);

/* The same, with the final line that a terminal sees: OK, ERROR (from a crashed modem, too) or +CME
 * ERROR. */
int at_answer(struct modem *modem, const char *line, size_t len, struct text *out);

/* Cuts a byte stream into lines: CR or LF ends one, except within quotes. Backspace takes one back,
 * bytes of flow control are passed over. */
struct at_frame {
	char line[AT_LINE_MAX];
	size_t len;
	bool quoted;
	bool too_long;
};

/* Takes one byte. 1: a line is complete in frame->line, and the caller sets len to 0 when it is
 * done with it; 0: not yet; -1: the line was too long and has been thrown away. */
int at_frame_take(struct at_frame *frame, char byte);

#endif
