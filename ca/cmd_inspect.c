/* inspect: all that a file holds, in bytes and in words. HOST:PORT is in probe.c. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "bundle.h"
#include "describe.h"
#include "host.h"
#include "key.h"
#include "probe.h"
#include "request.h"

/* What a file holds that a modem could store or a server send. */
struct holding {
	struct bundle bundle;
	bool has_key;
	EVP_PKEY *key; /* NULL, though there is one: it cannot be used, and refused says why */
	struct fault refused;
	bool pkcs8;
	struct budget budget;
	char trimmed[65], whole[65]; /* SHA-256 of the text to store */
};

static void holding_free(struct holding *h)
{
	bundle_free(&h->bundle);
	EVP_PKEY_free(h->key);
}

static void take_key(struct holding *h, const struct text *file, const char *path)
{
	h->has_key = memmem(file->s, file->len, "PRIVATE KEY-----", 16);
	h->pkcs8 = memmem(file->s, file->len, "BEGIN PRIVATE KEY", 17);
	if (h->has_key)
		h->key = key_read(file, path, &h->refused);
}

static void tell_key(struct text *out, const struct holding *h, bool json)
{
	if (json)
		text_puts(out, "\"key\":{");
	if (json && !h->key) {
		text_puts(out, "\"refused\":");
		text_json(out, h->refused.text, strlen(h->refused.text), sizeof(h->refused.text));
	} else if (json) {
		text_printf(out, "\"type\":\"%s\",\"bits\":%d,\"pkcs8\":%s",
			    EVP_PKEY_get0_type_name(h->key), EVP_PKEY_get_bits(h->key),
			    h->pkcs8 ? "true" : "false");
	} else if (!h->key) {
		text_printf(out, "private key: %s\n", h->refused.text);
	} else {
		text_printf(out, "private key: %s, %d bits%s\n", EVP_PKEY_get0_type_name(h->key),
			    EVP_PKEY_get_bits(h->key), h->pkcs8 ? ", PKCS#8" : ", not PKCS#8");
	}
	if (json)
		text_puts(out, "},");
}

/* The revocation lists of a file, PEM or DER; how many. */
static size_t show_lists(const struct text *file, struct text *out, bool json)
{
	const unsigned char *der = (const unsigned char *)file->s;
	BIO *in = file->len ? BIO_new_mem_buf(file->s, (int)file->len) : NULL;
	size_t count = 0;
	X509_CRL *list;

	out->broken |= file->len && !in;
	while (in && ((list = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL ||
		      (!count && (list = d2i_X509_CRL(NULL, &der, (long)file->len)) != NULL))) {
		if (json)
			text_puts(out, count ? "," : "\"lists\":[");
		describe_list(out, list, json);
		X509_CRL_free(list);
		count++;
	}
	if (json && count)
		text_puts(out, "],");
	ERR_clear_error();
	BIO_free(in);
	return count;
}

/* A request or revocation lists, which no tag holds; whether there is something of it. */
static bool show_papers(const struct text *file, struct text *out, bool json)
{
	X509_REQ *request = request_parse(file);
	bool found = request != NULL;

	if (request && json)
		text_puts(out, "\"request\":");
	if (request)
		describe_request(out, request, json);
	if (request && json)
		text_puts(out, ",");
	X509_REQ_free(request);
	return show_lists(file, out, json) || found;
}

/* The text that would be stored: the file as it is, or what a DER file becomes. */
static void text_to_store(struct text *pem, const struct text *file, const struct bundle *bundle)
{
	if (memmem(file->s, file->len, "-----BEGIN", 10)) {
		text_add(pem, file->s, file->len);
		return;
	}
	for (size_t i = 0; i < bundle->count; i++)
		plan_pem(pem, bundle->cert[i]);
}

/* Its budget, and what a modem would list: of the certificates, or of a key alone. */
static void reckon(struct holding *h, const struct options *o, const struct text *file,
		   struct text *out)
{
	struct text pem = {0};

	h->budget = budget_of_chain(h->bundle.cert, h->bundle.count);
	text_to_store(&pem, file, &h->bundle);
	budget_add_text(&h->budget, "file", pem.len, h->bundle.count ? 0 : 2, o->tag);
	export_sha256(h->trimmed, &pem, true);
	export_sha256(h->whole, &pem, false);
	out->broken |= pem.broken;
	key_wipe(&pem);
}

static void tell(struct text *out, const struct options *o, const struct holding *h)
{
	if (h->has_key)
		tell_key(out, h, false);
	describe_chain(out, h->bundle.cert, h->bundle.count, false, when_now());
	text_puts(out, "budget\n");
	budget_print(out, &h->budget, o->tag, when_now());
	text_printf(out, "AT%%CMNG=1 would show\n  %s without its final newline\n  %s with it\n",
		    h->trimmed, h->whole);
	describe_families(out, &h->budget, false);
}

static void tell_json(struct text *out, const struct options *o, const struct holding *h)
{
	if (h->has_key)
		tell_key(out, h, true);
	text_puts(out, "\"chain\":");
	describe_chain(out, h->bundle.cert, h->bundle.count, true, when_now());
	text_puts(out, ",\"budget\":");
	budget_json(out, &h->budget, o->tag);
	text_printf(out, ",\"sha256_without_newline\":\"%s\",\"sha256_with_newline\":\"%s\"",
		    h->trimmed, h->whole);
	text_puts(out, ",\"modems\":");
	describe_families(out, &h->budget, true);
}

static void tell_host(struct text *out, const struct options *o, const struct holding *h)
{
	struct cert_facts facts;
	bool covered;

	if (!o->host || !h->bundle.count || cert_facts_of(&facts, h->bundle.cert[0]))
		return;
	covered = cert_covers_host(&facts, o->host);
	cert_facts_free(&facts);
	if (!o->json) {
		text_printf(out, "%s is %scovered\n", o->host, covered ? "" : "NOT ");
		return;
	}
	text_puts(out, ",\"host\":");
	text_json(out, o->host, strlen(o->host), 255);
	text_printf(out, ",\"covered\":%s", covered ? "true" : "false");
}

static int inspect_file(const struct options *o, const char *path, struct fault *fault)
{
	struct text file = {0}, out = {0};
	struct holding holds = {0};
	bool papers, certificates;
	int rc;

	rc = file_read(AT_FDCWD, path, &file, 1 << 20, fault);
	if (rc)
		goto out;
	take_key(&holds, &file, path);
	certificates = memmem(file.s, file.len, "CERTIFICATE-----", 16);
	if (o->json)
		text_puts(&out, "{");
	papers = show_papers(&file, &out, o->json);
	if (certificates || !(papers || holds.has_key))
		rc = bundle_read(&holds.bundle, &file, path, fault);
	if (rc)
		goto out;
	if (holds.bundle.count || holds.has_key) {
		reckon(&holds, o, &file, &out);
		if (o->json)
			tell_json(&out, o, &holds);
		else
			tell(&out, o, &holds);
		tell_host(&out, o, &holds);
	} else if (o->json && out.len) {
		/* Nothing comes after the last comma. */
		text_cut(&out, out.len - 1);
	}
	if (o->json)
		text_puts(&out, "}\n");
	if (out.broken)
		rc = refuse(fault, "out of memory");
	else
		fputs(out.s, stdout);
out:
	holding_free(&holds);
	key_wipe(&file);
	text_free(&out);
	return rc;
}

int cmd_inspect(const struct options *o, struct fault *fault)
{
	const char *target = o->args[0], *colon = strrchr(target, ':');

	if (!file_exists(AT_FDCWD, target) && strcmp(target, "-") && !colon &&
	    host_kind(target) != HOST_BAD)
		return refuse(fault,
			      "there is no file %s; a server is named with its port, %s:8883",
			      target, target);
	/* A file of that name wins; "host:8883" is a server. */
	if (file_exists(AT_FDCWD, target) || !colon || strchr(colon, '/') ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) || !colon[1])
		return inspect_file(o, target, fault);
	return inspect_server(o, target, fault);
}
