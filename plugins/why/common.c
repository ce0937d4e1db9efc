#include "why.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void why_error(const char *fmt, ...)
{
	struct text line = {.max = 8192}, safe = {.max = 16384};
	char said[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	text_show(&safe, said, strlen(said), 0);
	text_printf(&line, "doorstep-why: %s\n", safe.s ? safe.s : "");
	fflush(stdout);
	if (line.s)
		fputs(line.s, stderr);
	text_free(&line);
	text_free(&safe);
}

long long why_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void why_print(struct text *t)
{
	if (t->broken)
		why_error("out of memory: something was left out");
	if (t->len)
		fwrite(t->s, 1, t->len, stdout);
	fflush(stdout);
	text_reset(t);
}

bool why_parse(struct why *w, const char *s, size_t len, struct line *l)
{
	struct text why = {.max = 512};

	if (line_parse(l, s, len, &why) == 0) {
		text_free(&why);
		return true;
	}
	if (why.s && strncmp(why.s, "journal v", 9) == 0) {
		if (!w->refused_v)
			why_error("%s", why.s);
		w->refused_v = true;
	} else if (w->unreadable++ == 0) {
		why_error(
			"a line of %s is none of ours (%s); it is left out, as are others like it",
			w->journal, why.s ? why.s : "?");
	}
	text_free(&why);
	return false;
}

bool why_is_heard(void)
{
	return !ferror(stdout);
}

bool why_journal_there(const struct why *w)
{
	if (access(w->journal, R_OK) == 0)
		return true;
	if (errno == ENOENT)
		why_error("there is no journal at %s; broker/up starts a class, --class DIR names "
			  "another one",
			  w->journal);
	else
		why_error("%s cannot be read: %s", w->journal, strerror(errno));
	return false;
}
