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

const char *cme_error_name(int code)
{
	static const struct {
		short code;
		const char *name;
	} names[] = {
		{23, "memory failure"},
		{50, "incorrect parameters"},
		{60, "system error"},
		{513, "not found"},
		{514, "no access"},
		{515, "memory full"},
		{518, "not allowed in active state"},
		{519, "already exists"},
		{520, "authentication failed"},
		{523, "key generation failed"},
		{527, "invalid content"},
		{528, "power-off warning"},
		{529, "no claim token"},
	};

	if (code == 0)
		return "phone failure";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}
