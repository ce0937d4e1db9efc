/* Key exchange groups: the broker's own unless class.json sets them for a listener. */
#ifndef DOORSTEP_GROUPS_H
#define DOORSTEP_GROUPS_H

#include <stdbool.h>
#include <openssl/ssl.h>

#include "hello.h"
#include "policy.h"

/* Sets the listener's groups for this handshake; in its ClientHello callback. False if OpenSSL
 * refuses them. */
bool groups_set(SSL *ssl, const struct strings *groups);

/* Does this setting take away what the offer needs: it has none of the set groups, but one of those
 * that the broker would have had without them? */
bool groups_starve(const struct strings *groups, const struct hello *offer);

#endif
