#include "at_args.h"

#include <string.h>

/* Where a ';' outside quotes is, or the end. */
static const char *semicolon(const char *text, const char *end)
{
	bool quoted = false;

	for (; text < end && (quoted || *text != ';'); text++)
		quoted ^= *text == '"';
	return text;
}

bool at_args_read(struct at_args *args, const char *text, size_t len, bool before_command)
{
	const char *end = before_command ? semicolon(text, text + len) : text + len;

	memset(args, 0, sizeof(*args));
	for (const char *p = text;; p++) {
		struct at_arg *arg;
		const char *stop;

		if (args->count == AT_ARGS)
			return false;
		arg = &args->list[args->count++];
		while (p < end && *p == ' ')
			p++;
		if (p < end && *p == '"') {
			stop = memchr(p + 1, '"', (size_t)(end - p - 1));
			if (!stop)
				return false;
			*arg = (struct at_arg){p + 1, (size_t)(stop - p - 1), true};
			for (p = stop + 1; p < end && *p == ' ';)
				p++;
			if (p < end && *p != ',')
				return false;
		} else {
			stop = p < end ? memchr(p, ',', (size_t)(end - p)) : NULL;
			if (!stop)
				stop = end;
			*arg = (struct at_arg){p, (size_t)(stop - p), false};
			while (arg->len && arg->text[arg->len - 1] == ' ')
				arg->len--;
			p = stop;
		}
		if (p >= end)
			return true;
	}
}

bool at_arg_number(const struct at_args *args, size_t index, uint64_t max, uint64_t *value)
{
	const struct at_arg *arg = &args->list[index];

	if (index >= args->count || arg->quoted || arg->len == 0 || arg->len > 10)
		return false;
	*value = 0;
	for (size_t i = 0; i < arg->len; i++) {
		if (arg->text[i] < '0' || arg->text[i] > '9')
			return false;
		*value = *value * 10 + (uint64_t)(arg->text[i] - '0');
	}
	return *value <= max;
}

bool at_arg_string(const struct at_args *args, size_t index, const char **text, size_t *len)
{
	if (index >= args->count || !args->list[index].quoted)
		return false;
	*text = args->list[index].text;
	*len = args->list[index].len;
	return true;
}
