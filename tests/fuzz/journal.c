/*
 * The journal reader: any bytes as a journal. Forward and backward reading must agree; whatever a
 * line holds, what is shown of it holds no control character; redacting leaves no address behind.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redact.h"
#include "why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES 256

static void must(int holds)
{
	if (!holds)
		abort();
}

static void no_controls(const struct text *t)
{
	const unsigned char *p = (const unsigned char *)t->s;

	for (size_t i = 0; i < t->len; i++) {
		must(p[i] == '\n' || (p[i] >= 0x20 && p[i] != 0x7f));
		/* C1 controls, and what turns the reading direction */
		must(!(p[i] == 0xc2 && i + 1 < t->len && p[i + 1] < 0xa0));
		must(!(p[i] == 0xe2 && i + 2 < t->len && p[i + 1] == 0x80 && p[i + 2] >= 0xa8 &&
		       p[i + 2] <= 0xae));
	}
}

static void one_line(struct why *w, const char *s, size_t len)
{
	struct text out = {.max = 1 << 22}, why = {0};
	struct redact redact = {0};
	struct line l;

	if (line_parse(&l, s, len, &why)) {
		must(why.len > 0);
		no_controls(&why);
		text_free(&why);
		return;
	}
	show_line(w, &out, &l);
	no_controls(&out);
	text_reset(&out);
	story_tell(w, &out, &l);
	no_controls(&out);
	filter_match(&w->filter, &l);
	if (redact_line(&redact, l.json)) {
		const char *peer = line_string(&l, "peer");

		must(!peer || strncmp(peer, "127.0.0.1:", 10) != 0);
	}
	redact_free(&redact);
	line_free(&l);
	text_free(&out);
	text_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	static struct why w;
	uint32_t sums[LINES] = {0};
	size_t n = 0, len;
	const char *s;
	struct tail *t;
	struct tail_back *b;
	FILE *f;

	if (!path[0]) {
		snprintf(path, sizeof(path), "/tmp/doorstep-fuzz-%ld", (long)getpid());
		w = (struct why){.class_dir = "/nonexistent",
				 .filter = {.since = 0, .seat = "*a*", .reason = "n*"}};
		w.paint.width = 120;
		fix_load(&w.fix, w.class_dir);
	}
	f = fopen(path, "w");
	must(f != NULL);
	fwrite(data, 1, size, f);
	fclose(f);
	t = tail_open(path, NULL, NULL);
	while (tail_next(t, &s, &len) == 1) {
		uint32_t sum = 5381;

		must(s[len] == '\0');
		for (size_t i = 0; i < len; i++)
			sum = sum * 33 + (unsigned char)s[i];
		if (n < LINES)
			sums[n] = sum;
		n++;
		one_line(&w, s, len);
	}
	must(tail_counts(t)->torn + tail_counts(t)->truncated + tail_counts(t)->replaced == 0);
	tail_close(t);
	b = tail_back_open(path);
	while (tail_back_next(b, &s, &len) == 1) {
		uint32_t sum = 5381;

		for (size_t i = 0; i < len; i++)
			sum = sum * 33 + (unsigned char)s[i];
		must(n-- > 0);
		must(n >= LINES || sums[n] == sum);
	}
	must(n == 0);
	tail_back_close(b);
	unlink(path);
	return 0;
}
