/* The AT commands about credentials. */
#ifndef DOORSTEP_DK_AT_CREDENTIAL_H
#define DOORSTEP_DK_AT_CREDENTIAL_H

#include "at.h"
#include "at_args.h"

#define TAG_LAST	 2147483647u
#define TAG_LAST_DECRYPT 2147483667u /* TLS that a tool may decrypt, modem firmware 2.0 */

/* The last tag that may be named. */
uint32_t at_last_tag(const struct modem *modem);

/* 0, or the CME error that keeps credentials from being changed. */
int at_may_write(const struct modem *modem);

int at_cmng(struct modem *modem, const struct at_args *args, struct text *out);
int at_keygen(struct modem *modem, const struct at_args *args, struct text *out);
int at_certexpiry(struct modem *modem, const struct at_args *args, struct text *out);

/* What signs with keys that no simulation has: the forms are right, the signatures are nobody's. */
int at_attesttoken(struct modem *modem, const struct at_args *args, struct text *out);
int at_claimtoken(struct modem *modem, const struct at_args *args, struct text *out);
int at_xsudo(struct modem *modem, const struct at_args *args, struct text *out);

#endif
