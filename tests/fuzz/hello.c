/* The ClientHello reader, and everything that walks what it found. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hello.h"
#include "looks.h"

static bool same(const struct hello_list *a, const struct hello_list *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, 2 * a->n) == 0);
}

/* What a shorter message tells is what the original told. */
static void remake(const uint8_t *data, size_t size)
{
	static uint8_t whole[70000], small[600];
	struct hello before, after;
	size_t n = hello_condense(whole, sizeof(whole), data, size);

	if (hello_parse(&before, data, size) == 0 && n &&
	    (hello_parse(&after, whole, n) != 0 || !same(&before.suites, &after.suites) ||
	     !same(&before.groups, &after.groups) || !same(&before.sigalgs, &after.sigalgs) ||
	     before.sni_len != after.sni_len || before.ticket != after.ticket))
		abort();
	n = hello_condense(small, sizeof(small), data, size);
	if (n > sizeof(small) ||
	    (n && hello_parse(&after, small, n) != 0 && hello_parse(&before, data, size) == 0))
		abort();
	n = hello_of_v2(small, sizeof(small), data, size);
	if (n && hello_parse(&after, small, n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text why = {0};
	struct hello h;
	size_t pos, len;

	remake(data, size);
	hello_parse(&h, data, size);
	looks_like(&h, &why);
	text_free(&why);
	for (pos = 0; hello_next_extension(&h, &pos) >= 0;)
		;
	for (pos = 0; hello_next_share(&h, &pos) >= 0;)
		;
	for (pos = 0; hello_next_alpn(&h, &pos, &len);)
		;
	return (int)(hello_highest(&h) & 0);
}
