/* What inspect does with a file that somebody made: facts, text, JSON, budget, host names. */
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "bundle.h"
#include "describe.h"
#include "safe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(X509 *const *chain, size_t count)
{
	struct budget budget = budget_of_chain(chain, count);
	struct text out = {.max = 1 << 22};
	struct fault fault = {.text = ""};

	describe_chain(&out, chain, count, false, 1795226134);
	budget_add_text(&budget, "file", 700, 0, 24);
	budget_print(&out, &budget, 24, 1795226134);
	describe_families(&out, &budget, false);
	must_be_safe(&out, false);
	describe_chain(&out, chain, count, true, 1795226134);
	budget_json(&out, &budget, 24);
	describe_families(&out, &budget, true);
	must_be_safe(&out, true);
	if ((budget_check(&budget, "x", &fault) == 0) != (budget.chain_der <= 4096))
		abort();
	text_free(&out);
}

static void look_at_list(const uint8_t *data, size_t size)
{
	X509_CRL *list = d2i_X509_CRL(NULL, &data, (long)size);

	for (int json = 0; list && json < 2; json++) {
		struct text out = {.max = 1 << 22};

		describe_list(&out, list, json);
		must_be_safe(&out, json);
		text_free(&out);
	}
	X509_CRL_free(list);
	ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = {.text = ""};
	struct bundle bundle;
	struct cert_facts facts;
	struct text file = {0};

	if (cert_facts_of_der(&facts, data, size) == 0) {
		cert_covers_host(&facts, "seat01.class.example");
		cert_covers_host(&facts, "192.0.2.1");
		for (size_t i = 0; i < facts.name_count; i++)
			cert_covers_host(&facts, facts.names[i].text);
		cert_facts_free(&facts);
	}
	if (ERR_peek_error())
		abort();
	look_at_list(data, size);
	text_add(&file, (const char *)data, size);
	if (file.s && bundle_read(&bundle, &file, "fuzz", &fault) == 0) {
		look(bundle.cert, bundle.count);
		bundle_free(&bundle);
	}
	text_free(&file);
	return 0;
}
