/*
 * Password hashes: sha256$<salt-hex>$<hash-hex>, what `ca/class` writes beside its generated
 * passwords, and $7$<iterations>$<salt>$<hash>, what mosquitto_passwd writes.
 *
 * A check runs on the broker's only thread: an entry whose check would take longer than
 * PASSWORD_CHECK_US on this machine is refused, with the figure. The machine is measured at load.
 */
#ifndef DOORSTEP_POLICY_PASSWORD_H
#define DOORSTEP_POLICY_PASSWORD_H

#include "policy.h"

#define PASSWORD_CHECK_US 1000

/* 0, or -1 with what was expected. */
int password_parse(const char *s, struct password_hash *out, char expected[160]);

/* Microseconds of one check on this machine, by processor time. */
double password_cost_us(const struct password_hash *hash);

bool password_is(const struct password_hash *hash, const void *password, size_t len);

#endif
