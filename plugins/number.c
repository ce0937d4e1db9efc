#include "number.h"

#include <stdlib.h>
#include <strings.h>

#define LIST(...)	    __VA_ARGS__
#define MEANS(text, b, src) {text, BASIS_##b, src},
#define ERRNO(now, old, native, name, words, means) \
	{now, old, native, name, words, (const struct cause[]){means{NULL, BASIS_ASSUMED, NULL}}},
#define CODE(where, number, name, words, text, b, src) \
	{CODE_##where, number, name, words, {text, BASIS_##b, src}},

static const struct number numbers[] = {
#include "errnos.def"
};

static const struct code codes[] = {
#include "codes.def"
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const struct number *errno_at(size_t i)
{
	return i < COUNT(numbers) ? &numbers[i] : NULL;
}

int errno_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (strcasecmp(numbers[i].name, name) == 0)
			return numbers[i].now;
	return 0;
}

const struct code *code_at(size_t i)
{
	return i < COUNT(codes) ? &codes[i] : NULL;
}

const char *code_place(const struct code *c)
{
	static const char *const places[] = {
		[CODE_DNS] =
			("as a code of getaddrinfo (mqtt_helper_connect returns it without the "
			 "minus)"),
		[CODE_CONNACK] = "as return code of a CONNACK",
		[CODE_CME] = "as +CME ERROR",
		[CODE_FAULT] = "as reason of a modem that has crashed",
	};

	return places[c->where];
}

bool code_is(const struct code *c, const char *as)
{
	bool hex = strncasecmp(as, "0x", 2) == 0;
	char *end;
	long number = strtol(as, &end, hex ? 16 : 10);

	if (!*as || *end || hex != (c->where == CODE_FAULT))
		return false;
	return number == c->number || (c->where == CODE_DNS && number == -c->number);
}
