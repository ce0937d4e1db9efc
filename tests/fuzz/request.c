/* Requests as they come: PEM, DER, answers of AT%KEYGEN. Names, lists and dates from the same bytes. */
#include <stdlib.h>
#include <string.h>
#include "describe.h"
#include "host.h"
#include "request.h"
#include "roster.h"
#include "safe.h"
#include "when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What inspect says of it: text in the terminal, and JSON without a raw control character. */
static void look(const struct text *file)
{
	X509_REQ *request = request_parse(file);

	for (int json = 0; request && json < 2; json++) {
		struct text out = {.max = 1 << 22};

		describe_request(&out, request, json);
		must_be_safe(&out, json);
		text_free(&out);
	}
	X509_REQ_free(request);
}

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
	look(&file);
	when_parse(file.s, &at);
	host_kind(file.s);
	if (size < 60 && !roster_add_pattern(&roster, file.s, &other))
		for (size_t i = 0; i < roster.count; i++)
			if (!host_is_id(roster.ids[i]))
				abort();
	roster_free(&roster);
	roster_add_lines(&roster, &file, &other);
	roster_free(&roster);
	text_free(&file);
	return 0;
}
