#include "refuse.h"

#include <stdarg.h>
#include <stdio.h>

int refuse(const char *format, ...)
{
	va_list args;

	fputs("doorstep-dk: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}
