/* The firmware's reader of AT%CMNG=1: whatever a modem may answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct credential_expected expected = {.set = true};
	struct tag tag;
	int16_t dbm;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (tag_read(&tag, 24, text) == 0)
		tag_compare(&tag, CREDENTIAL_CA, &expected);
	else if (tag.checked)
		abort();
	if (signal_read(text, &dbm) && (dbm < -140 || dbm > -43))
		abort();
	free(text);
	return 0;
}
