#include "number.h"

#include <errno.h>
#include <stdlib.h>

bool number_read(const char *text, uint32_t min, uint32_t max, uint32_t *value)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || n < min || n > max)
		return false;
	*value = (uint32_t)n;
	return true;
}
