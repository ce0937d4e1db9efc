/* Requests as they come: PEM, DER, answers of AT%KEYGEN. Names, lists and dates from the same bytes. */
#include <stdlib.h>
#include <string.h>
#include "host.h"
#include "request.h"
#include "roster.h"
#include "when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = {.text = ""}, other = {.text = ""};
	struct roster roster = {0};
	struct text file = {0};
	X509_REQ *request;
	char cn[128];
	int64_t at;

	text_add(&file, (const char *)data, size);
	text_add(&file, "", 0);
	if (!file.s)
		return 0;
	request = request_read(&file, "fuzz", &fault);
	if (!request != (fault.code != 0))
		abort();
	if (request && request_cn(request, cn, sizeof(cn)) == 0 && strlen(cn) >= sizeof(cn))
		abort();
	X509_REQ_free(request);
	when_parse(file.s, &at);
	host_kind(file.s);
	if (size < 60 && !roster_add_pattern(&roster, file.s, &other))
		for (size_t i = 0; i < roster.count; i++)
			if (!host_is_id(roster.ids[i]))
				abort();
	roster_free(&roster);
	roster_add_lines(&roster, file.s, &other);
	roster_free(&roster);
	text_free(&file);
	return 0;
}
