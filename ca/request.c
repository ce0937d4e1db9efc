#include "request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* base64url without padding, as the modem writes it; blanks that a terminal put in are passed over.
 * Stops at the dot before the COSE part, at the closing quote, or before the OK of the modem. */
static X509_REQ *from_base64url(const char *at, const char *end)
{
	char *plain = malloc((size_t)(end - at) + 8);
	unsigned char *der = malloc((size_t)(end - at) + 8);
	const unsigned char *p = der;
	X509_REQ *request = NULL;
	size_t n = 0, pad;
	int len = -1;

	if (!plain || !der)
		goto out;
	for (; at < end && *at != '.' && *at != '"' && *at != '\''; at++) {
		if (*at == '\n' && end - at > 2 && at[1] == 'O' && at[2] == 'K' &&
		    (end - at == 3 || isspace((unsigned char)at[3])))
			break;
		if (isspace((unsigned char)*at) || *at == '=')
			continue;
		plain[n++] = *at == '-' ? '+' : *at == '_' ? '/' : *at;
	}
	pad = (4 - n % 4) % 4;
	if (!n || pad == 3)
		goto out;
	memset(plain + n, '=', pad);
	len = EVP_DecodeBlock(der, (unsigned char *)plain, (int)(n + pad));
	if (len > 0)
		request = d2i_X509_REQ(NULL, &p, len - (long)pad);
out:
	free(plain);
	free(der);
	return request;
}

/* The answer of AT%KEYGEN, with or without its prefix and quotes, and with the command before it. Every
 * request is a SEQUENCE whose length takes a byte or two of its own, which in base64 begins with MI. */
static X509_REQ *from_answer(const char *at, const char *end)
{
	const char *prefix = memmem(at, (size_t)(end - at), "KEYGEN:", 7);
	X509_REQ *request = NULL;

	if (prefix)
		at = prefix + 7;
	for (int tries = 0; !request && tries < 8; tries++, at += 2) {
		at = memmem(at, (size_t)(end - at), "MI", 2);
		if (!at)
			return NULL;
		request = from_base64url(at, end);
	}
	return request;
}

static X509_REQ *from_pem(const struct text *file)
{
	BIO *in = BIO_new_mem_buf(file->s, (int)file->len);
	X509_REQ *request = in ? PEM_read_bio_X509_REQ(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return request;
}

/* Requests in the file, by their beginnings: one call names one device. */
static size_t count_requests(const struct text *file)
{
	static const char *const beginnings[] = {"CERTIFICATE REQUEST-----", "%KEYGEN: \""};
	const char *end = file->s + file->len;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		size_t len = strlen(beginnings[i]);
		const char *at = file->s;

		while ((at = memmem(at, (size_t)(end - at), beginnings[i], len)) != NULL) {
			/* A PEM block has it twice. */
			count += i ? 2 : 1;
			at += len;
		}
	}
	return count / 2;
}

X509_REQ *request_parse(const struct text *file)
{
	const unsigned char *der = (const unsigned char *)file->s;
	X509_REQ *request = file->len ? from_pem(file) : NULL;

	if (!request && file->len && *der == 0x30)
		request = d2i_X509_REQ(NULL, &der, (long)file->len);
	if (!request && file->len)
		request = from_answer(file->s, file->s + file->len);
	ERR_clear_error();
	return request;
}

X509_REQ *request_read(const struct text *file, const char *where, struct fault *fault)
{
	X509_REQ *request;

	if (!file->len) {
		refuse(fault,
		       "%s is empty; expected a request in PEM or DER, or the answer of AT%%KEYGEN",
		       where);
		return NULL;
	}
	if (count_requests(file) > 1) {
		refuse(fault, "%s holds %zu requests; a call signs one, so that each gets its name",
		       where, count_requests(file));
		return NULL;
	}
	request = request_parse(file);
	if (request && X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1) {
		refuse(fault,
		       "%s: the signature of the request does not fit its key; it was changed on its "
		       "way, copy it again",
		       where);
		X509_REQ_free(request);
		request = NULL;
	}
	ERR_clear_error();
	if (!request)
		refuse(fault,
		       "%s holds no certificate request; expected PEM, DER, or the answer of AT%%KEYGEN "
		       "as the modem gave it (%%KEYGEN: \"...\")",
		       where);
	return request;
}

int request_cn(X509_REQ *request, char *out, size_t size)
{
	X509_NAME *name = X509_REQ_get_subject_name(request);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	int len;

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return -1;
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len <= 0 || (size_t)len >= size || memchr(utf8, 0, (size_t)len)) {
		OPENSSL_free(utf8);
		ERR_clear_error();
		return -1;
	}
	memcpy(out, utf8, (size_t)len);
	out[len] = '\0';
	OPENSSL_free(utf8);
	return 0;
}
