/*
 * From a policy to mosquitto.conf, and to the rows by which scripts know the listeners.
 *
 * Pure: nothing is read or written but the text. What the file system has to say comes in through
 * `there`. The order of listeners is class.json's, then the doors of exercises that are on.
 */
#ifndef DOORSTEP_CONF_H
#define DOORSTEP_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include "policy.h"
#include "text.h"

struct conf_place {
	const char *dir;    /* the class directory, absolute */
	const char *plugin; /* the plugin's file, absolute */
	const char *user;   /* whom Mosquitto becomes when started as root; NULL: it is not */
	bool neutral; /* this Mosquitto lets a plugin be asked without deciding: 2.1 and later */
	/* Is there such a file? */
	bool (*there)(const char *path);
};

/* Why this place cannot stand in a mosquitto.conf; NULL if it can. The format has no quoting: a
 * path must be absolute, UTF-8 without control characters or blanks at its ends, and of at most
 * POLICY_DIR_MAX bytes. */
const char *conf_place_fault(const struct conf_place *place);

/* Appends the whole of mosquitto.conf. */
void conf_write(struct text *out, const struct policy *policy, const struct conf_place *place);

/* Appends a row a listener: name, port, bind ("*": all), profile, "tls" or "plain", protocol
 * ("mqtt", "websockets"), the exercise of a door or "-"; tabs between. */
void conf_listeners(struct text *out, const struct policy *policy);

#endif
