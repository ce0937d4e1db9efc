/* The faults of the command line: "no-network", "cme:515", "list:60", "slow:delay=MS,loss=PERCENT", "reset:BYTES", ... */
#ifndef DOORSTEP_DK_FAULTS_H
#define DOORSTEP_DK_FAULTS_H

#include <stdbool.h>
#include "board.h"

/* Adds one; false if it is none, or has a number out of its range. */
bool faults_read(struct board_faults *faults, const char *text);

#endif
