/* The arguments of one AT command, as spans into the line. */
#ifndef DOORSTEP_DK_AT_ARGS_H
#define DOORSTEP_DK_AT_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AT_ARGS 8

struct at_arg {
	const char *text;
	size_t len;
	bool quoted; /* the quotes are not part of text */
};

struct at_args {
	struct at_arg list[AT_ARGS];
	size_t count;
};

/* False if quotes are unbalanced, something follows a closing quote, or there are too many. With
 * `before_command`, arguments end at a ';' outside quotes: another command follows it. */
bool at_args_read(struct at_args *args, const char *text, size_t len, bool before_command);

/* A whole unsigned decimal number up to max. */
bool at_arg_number(const struct at_args *args, size_t index, uint64_t max, uint64_t *value);

/* A quoted string; false if absent or unquoted. */
bool at_arg_string(const struct at_args *args, size_t index, const char **text, size_t *len);

#endif
