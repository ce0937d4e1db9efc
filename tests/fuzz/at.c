/* The AT interpreter: any bytes on the wire, cut into lines, run one after another on one modem. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "at.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct at_frame frame;
	struct modem modem;
	struct text out = {.max = 1u << 20};
	const char *why;
	size_t versions = 0;

	if (size == 0)
		return 0;
	while (firmwares[versions].version)
		versions++;
	memset(&frame, 0, sizeof(frame));
	modem_init(&modem, &firmwares[data[0] % versions], "351656100000019");
	store_open(&modem.store, NULL, &why);
	modem_start(&modem);
	for (size_t i = 1; i < size; i++) {
		if (at_frame_take(&frame, (char)data[i]) != 1)
			continue;
		if (frame.len >= sizeof(frame.line))
			abort();
		at_answer(&modem, frame.line, frame.len, &out);
		frame.len = 0;
		/* What was answered can be read by the firmware's side. */
		if (modem.store.count > STORE_ITEMS)
			abort();
		text_reset(&out);
	}
	text_free(&out);
	modem_close(&modem);
	return 0;
}
