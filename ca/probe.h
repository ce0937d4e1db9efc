/* inspect HOST:PORT: connects as a modem would and shows what it gets. */
#ifndef DOORSTEP_PROBE_H
#define DOORSTEP_PROBE_H

#include "fault.h"
#include "options.h"

int inspect_server(const struct options *o, const char *target, struct fault *fault);

#endif
