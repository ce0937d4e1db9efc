/* The ClientHello reader, and everything that walks what it found. */
#include <stddef.h>
#include <stdint.h>

#include "hello.h"
#include "looks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text why = {0};
	struct hello h;
	size_t pos, len;

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
