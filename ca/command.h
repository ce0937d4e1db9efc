/* What the commands share: each is one file, cmd_*.c, and one row of the table in doorstep-ca.c. */
#ifndef DOORSTEP_COMMAND_H
#define DOORSTEP_COMMAND_H

#include <stdio.h>
#include "export.h"
#include "fault.h"
#include "options.h"
#include "plan.h"
#include "store.h"
#include "when.h"

#define DAYS_CLASS WHEN_YEARS30
#define DAYS_LEAF  397
#define DAYS_WEB   398 /* browsers refuse web certificates of more */

int cmd_server(const struct options *o, struct fault *fault);
int cmd_root(const struct options *o, struct fault *fault);
int cmd_web(const struct options *o, struct fault *fault);
int cmd_device(const struct options *o, struct fault *fault);
int cmd_seats(const struct options *o, struct fault *fault);
int cmd_exercises(const struct options *o, struct fault *fault);
int cmd_sign(const struct options *o, struct fault *fault);
int cmd_revoke(const struct options *o, struct fault *fault);
int cmd_crl(const struct options *o, struct fault *fault);
int cmd_list(const struct options *o, struct fault *fault);
int cmd_expiring(const struct options *o, struct fault *fault);
int cmd_renew(const struct options *o, struct fault *fault);
int cmd_rollover(const struct options *o, struct fault *fault);
int cmd_inspect(const struct options *o, struct fault *fault);
int cmd_lint(const struct options *o, struct fault *fault);
int cmd_export(const struct options *o, struct fault *fault);
int cmd_handout(const struct options *o, struct fault *fault);

/* Whether each argument can stand in a certificate as the name of a host; notes what is doubtful. */
int check_hosts(const struct options *o, struct fault *fault);

/* Dates, hash, serial out of the options: from an hour ago, for days unless --days says more. */
int plan_from_options(struct plan *plan, const struct options *o, long days, struct fault *fault);

/* Never longer than the issuer: cut to its end, or refused where --days asked for more. */
int plan_within(struct plan *plan, const struct options *o, X509 *issuer, const char *name,
		struct fault *fault);

/* The key of --key, or a new one. */
EVP_PKEY *key_new(const struct options *o, const char *kind, struct fault *fault);

/* The same. kept: the key that lies under this name without a certificate,
 * which a call that was cut short left, is used again and *kept says so. */
EVP_PKEY *key_from_options(const struct options *o, const struct store *store, const char *name,
			   const char *kind, bool *kept, struct fault *fault);

/* Whether what --out names can be written: said before anything is issued, not after. */
int check_out(const struct options *o, struct fault *fault);

/* Where words for people go: not into what --out - prints. */
FILE *words(const struct options *o);

/* Checks, or with --force only prints, a budget; then prints it under the name. */
int report_budget(const struct budget *budget, const char *name, const struct options *o,
		  struct fault *fault);

/* One line about a new certificate, then its budget: as a chain to send and as text to store. */
int report_certificate(const struct options *o, const char *path, X509 *const *chain, size_t count,
		       bool sent, bool stored, struct fault *fault);

#endif
