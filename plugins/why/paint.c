#include "paint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define WIDEST_TEXT 100

void paint_init(struct paint *p, enum paint_when when)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	struct winsize size;

	*p = (struct paint){.tty = isatty(STDOUT_FILENO)};
	if (p->tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		p->width = size.ws_col;
	p->colour = when == PAINT_ALWAYS ||
		    (when == PAINT_AUTO && p->tty && !(no && *no) && term && strcmp(term, "dumb"));
}

static const char *const escapes[] = {
	[INK_PLAIN] = "",	 [INK_GOOD] = "\033[32m",    [INK_BAD] = "\033[1;31m",
	[INK_WARN] = "\033[33m", [INK_PURPOSE] = "\033[35m", [INK_DIM] = "\033[2m",
	[INK_BOLD] = "\033[1m",	 [INK_COMMAND] = "\033[36m",
};

void paint_put(struct text *out, const struct paint *p, enum ink ink, const char *s)
{
	if (!p->colour || ink == INK_PLAIN || !*s) {
		text_puts(out, s);
		return;
	}
	text_puts(out, escapes[ink]);
	text_puts(out, s);
	text_puts(out, "\033[0m");
}

/* The bytes of the character at s and its columns. */
static size_t character(const char *s, int *columns)
{
	wchar_t wide;
	mbstate_t state = {0};
	size_t n = mbrtowc(&wide, s, strnlen(s, 16), &state);

	*columns = 1;
	if (n == 0 || n > 16)
		return *s ? 1 : 0;
	*columns = wcwidth(wide);
	if (*columns < 0)
		*columns = 1;
	return n;
}

int paint_columns(const char *s)
{
	int all = 0, one;

	for (size_t n; *s && (n = character(s, &one)); s += n)
		all += one;
	return all;
}

void paint_cut(char *s, int columns)
{
	int all = 0, one;

	if (paint_columns(s) <= columns)
		return;
	for (size_t n; *s && (n = character(s, &one)); s += n) {
		if (all + one > columns - 1)
			break;
		all += one;
	}
	if (columns > 0 && *s)
		*s++ = '~';
	*s = '\0';
}

void paint_column(struct text *out, const struct paint *p, enum ink ink, const char *s, int columns)
{
	char *cut = strdup(s);

	if (!cut) {
		out->broken = true;
		return;
	}
	if (p->width)
		paint_cut(cut, columns);
	paint_put(out, p, ink, cut);
	for (int used = paint_columns(cut); used < columns; used++)
		text_puts(out, " ");
	free(cut);
}

void paint_wrapped(struct text *out, const struct paint *p, const char *s, int indent, int begun)
{
	int width = p->width && p->width < WIDEST_TEXT ? p->width : WIDEST_TEXT;
	bool between = false; /* a blank is due before the next word */
	int used = begun;

	while (*s) {
		size_t n = strcspn(s, " \n");
		struct text word = {0};
		int columns;

		text_add(&word, s, n);
		columns = word.s ? paint_columns(word.s) : 0;
		if (between && used + 1 + columns > width) {
			text_puts(out, "\n");
			between = false;
			used = 0;
		}
		if (used == 0) {
			text_printf(out, "%*s", indent, "");
			used = indent;
		} else if (between) {
			text_puts(out, " ");
			used++;
		}
		text_add(out, s, n);
		used += columns;
		between = true;
		text_free(&word);
		s += n;
		if (*s == '\n') {
			text_puts(out, "\n");
			between = false;
			used = 0;
			s++;
		} else {
			s += strspn(s, " ");
		}
	}
	if (used)
		text_puts(out, "\n");
}
