/* The seats of a class: their tag, and their bundles: made with a seat, and anew after what boards trust has changed. */
#ifndef DOORSTEP_SEATS_H
#define DOORSTEP_SEATS_H

#include <cjson/cJSON.h>
#include "options.h"
#include "store.h"

#define SEATS_FILE "seats.json"
#define SEATS_MAX  (64U << 20)

/* The security tag of the class: what seats.json says, or without one what --tag says. Another --tag
 * than that of the roster is refused, since bundles and hand-out would name two. */
int seats_tag(const struct store *store, const struct options *o, long *tag, struct fault *fault);

/* Prepares the roster, one seat a line, so that a diff shows a seat and an error its line. */
int seats_write(struct store *store, const cJSON *roster, struct fault *fault);

/* Prepares the roster with the digest of a seat's new certificate. */
int seats_renewed(struct store *store, const char *label, X509 *cert, struct fault *fault);

/* Prepares the public and the private bundle of one seat; password NULL: it has its file. */
int seats_add_bundles(struct store *store, const struct text *anchor, long tag, const char *label,
		      X509 *cert, const char *password, struct fault *fault);

/* Prepares every seat's bundles in store with this anchor; how many seats, or a negative fault. */
long seats_prepare_bundles(struct store *store, const struct text *anchor, long tag,
			   struct fault *fault);

#endif
