/* The commands of doorstep-dk, one a file. Each gives the exit code. */
#ifndef DOORSTEP_DK_COMMANDS_H
#define DOORSTEP_DK_COMMANDS_H

#include <stdatomic.h>
#include "options.h"

int cmd_run(const struct options *options, atomic_bool *stop);
int cmd_at(const struct options *options, atomic_bool *stop);
int cmd_firmwares(const struct options *options, atomic_bool *stop);

#endif
