/* Numbers of the command line. */
#ifndef DOORSTEP_DK_NUMBER_H
#define DOORSTEP_DK_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* A whole decimal number from min to max, and nothing behind it. */
bool number_read(const char *text, uint32_t min, uint32_t max, uint32_t *value);

#endif
