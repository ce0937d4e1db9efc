/* The AT commands about credentials: %CMNG, %KEYGEN, %CERTEXPIRY. */
#ifndef DOORSTEP_DK_AT_CREDENTIAL_H
#define DOORSTEP_DK_AT_CREDENTIAL_H

#include "at.h"
#include "at_args.h"

int at_cmng(struct modem *modem, const struct at_args *args, struct text *out);
int at_keygen(struct modem *modem, const struct at_args *args, struct text *out);
int at_certexpiry(struct modem *modem, const struct at_args *args, struct text *out);

#endif
