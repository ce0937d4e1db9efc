#include "certfile.h"

#include <errno.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cert.h"
#include "publicfile.h"

static void put_digest(struct text *out, const char *name, const char *bytes, size_t len)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (EVP_Digest(bytes, len, digest, &n, EVP_sha256(), NULL) != 1)
		return;
	text_printf(out, ",\"%s\":\"", name);
	text_hex(out, digest, n);
	text_puts(out, "\"");
}

/* The certificates after the first one: their DER together counts for the modem. */
static size_t more_certificates(BIO *bio, int *count)
{
	size_t bytes = 0;
	X509 *x;

	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		int der = i2d_X509(x, NULL);

		bytes += der > 0 ? (size_t)der : 0;
		(*count)++;
		X509_free(x);
	}
	ERR_clear_error();
	return bytes;
}

void certfile_json(const char *class_dir, struct text *out)
{
	struct text pem = {0};
	struct cert_facts facts = {0};
	BIO *bio = NULL;
	X509 *x = NULL;
	int count = 1, rc = publicfile_read(class_dir, "certs", "server.pem", NULL, &pem);
	size_t trimmed, chain;

	text_puts(out, "{\"file\":\"certs/server.pem\"");
	if (rc != 0) {
		text_field(out, "problem",
			   rc == -EACCES
				   ? "certs/server.pem holds a private key and is not shown: move "
				     "the key to keys/server.key"
			   : rc == -ENOENT ? "there is no certs/server.pem yet: broker/up makes it"
					   : strerror(-rc));
		goto out;
	}
	bio = BIO_new_mem_buf(pem.s, (int)pem.len);
	x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	if (!x || cert_facts_of(&facts, x) != 0) {
		text_field(out, "problem",
			   "certs/server.pem holds no certificate that can be read");
		goto out;
	}
	chain = facts.der_bytes + more_certificates(bio, &count);
	for (trimmed = pem.len;
	     trimmed && (pem.s[trimmed - 1] == '\n' || pem.s[trimmed - 1] == '\r');)
		trimmed--;
	text_field(out, "subject", facts.subject);
	text_field(out, "issuer", facts.issuer);
	text_field(out, "key", facts.key);
	text_printf(out,
		    ",\"ca\":%s,\"certificates\":%d,\"der_bytes\":%zu,\"chain_bytes\":%zu,"
		    "\"pem_bytes\":%zu,\"not_before\":%lld,\"not_after\":%lld,\"names\":[",
		    facts.is_ca ? "true" : "false", count, facts.der_bytes, chain, pem.len,
		    (long long)facts.not_before, (long long)facts.not_after);
	for (size_t i = 0; i < facts.name_count; i++) {
		text_puts(out, i ? "," : "");
		text_json(out, facts.names[i].text, strlen(facts.names[i].text), 0);
	}
	text_puts(out, "],\"sha256\":\"");
	text_hex(out, facts.sha256, sizeof(facts.sha256));
	text_puts(out, "\"");
	put_digest(out, "sha256_pem", pem.s, pem.len);
	put_digest(out, "sha256_pem_trimmed", pem.s, trimmed);
	text_field(out, "pem", pem.s);
out:
	text_puts(out, "}");
	ERR_clear_error();
	cert_facts_free(&facts);
	X509_free(x);
	BIO_free(bio);
	text_free(&pem);
}
