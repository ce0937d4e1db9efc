#include "errors.h"

#include <stddef.h>

static const struct {
	const char *name;
	short numbers[3]; /* by enum numbering */
} errors[] = {
	[ERROR_NONE] = {"no error", {0, 0, 0}},
#define X(name, new_number, old_number, linux_number) \
	[ERROR_##name] = {#name, {new_number, old_number, linux_number}},
	ERRORS(X)
#undef X
		[ERROR_OTHER] = {"an unknown error", {0, 0, 0}},
};

enum error error_from(int number, enum numbering numbering)
{
	if (number == 0)
		return ERROR_NONE;
	for (int i = ERROR_NONE + 1; i < ERROR_OTHER; i++)
		if (errors[i].numbers[numbering] == number ||
		    errors[i].numbers[numbering] == -number)
			return (enum error)i;
	return ERROR_OTHER;
}

const char *error_name(enum error error)
{
	return errors[error].name;
}

int error_number(enum error error, enum numbering numbering)
{
	return -errors[error].numbers[numbering];
}

const char *dns_error_name(int code)
{
	static const struct {
		short code;
		const char *name;
	} names[] = {
		{2, "NONAME"}, {3, "AGAIN"},   {4, "FAIL"},    {5, "NODATA"},
		{6, "FAMILY"}, {10, "MEMORY"}, {11, "SYSTEM"}, {100, "INPROGRESS"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code || names[i].code == -code)
			return names[i].name;
	return NULL;
}
