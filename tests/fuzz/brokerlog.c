/* The reader of Mosquitto's log: any line. What it points to must lie within the line. */
#include <stdint.h>
#include <stdlib.h>

#include "brokerlog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	struct log_line l;

	log_line_read(&l, line, size, size & 1);
	if (l.id && (l.id < line || l.id + l.id_len > line + size))
		abort();
	if (l.user && (l.user < line || l.user + l.user_len > line + size))
		abort();
	if (l.who && (l.who < line || l.who + l.who_len > line + size))
		abort();
	log_line_fits_id(&l, "x (p2");
	if (l.text < line || l.text + l.text_len > line + size)
		abort();
	return 0;
}
