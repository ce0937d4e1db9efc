#include "dk_modem.h"
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "at.h"

struct modem modem;
struct text out;
char pem[4096];

/* A self-signed certificate as text, made for this run. */
static void make_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), 0xAEF87681FA968B61u);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_time_adj_ex(X509_getm_notAfter(cert), 3650, 0, NULL);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	PEM_write_bio_X509(bio, cert);
	len = BIO_get_mem_data(bio, &text);
	snprintf(pem, sizeof(pem), "%.*s", (int)len, text);
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void with_firmware(const char *version)
{
	const char *why;

	if (modem.firmware)
		modem_close(&modem);
	modem_init(&modem, firmware_find(version), "351656100000019");
	modem_start(&modem);
	ck_assert_int_eq(store_open(&modem.store, NULL, &why), 0);
}

void modem_setup(void)
{
	memset(&modem, 0, sizeof(modem));
	make_certificate();
	with_firmware("2.0.2");
}

void modem_teardown(void)
{
	modem_close(&modem);
	text_free(&out);
	memset(&out, 0, sizeof(out));
}

int run(const char *line)
{
	text_reset(&out);
	return at_execute(&modem, line, strlen(line), &out);
}

int put(unsigned tag, unsigned type, const char *text)
{
	char line[9000];

	snprintf(line, sizeof(line), "AT%%CMNG=0,%u,%u,\"%s\"", tag, type, text);
	return run(line);
}
