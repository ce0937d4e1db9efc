/* The bundles of the seats: made with a seat, and anew after what boards trust has changed. */
#ifndef DOORSTEP_SEATS_H
#define DOORSTEP_SEATS_H

#include "options.h"
#include "store.h"

/* Prepares the public and the private bundle of one seat; password NULL: it has its file. */
int seats_add_bundles(struct store *store, const struct text *anchor, long tag, const char *label,
		      X509 *cert, const char *password, struct fault *fault);

/* Prepares every seat's bundles in store with this anchor; how many seats, or a negative fault. */
long seats_prepare_bundles(struct store *store, const struct text *anchor, long tag,
			   struct fault *fault);

#endif
