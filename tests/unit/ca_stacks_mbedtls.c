#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#include "ca_stacks.h"

int stack_mbedtls(const unsigned char *ca, size_t ca_len, const unsigned char *cert, size_t len)
{
	mbedtls_x509_crt anchor, leaf;
	uint32_t flags = 0;
	int rc;

	mbedtls_x509_crt_init(&anchor);
	mbedtls_x509_crt_init(&leaf);
	rc = mbedtls_x509_crt_parse_der(&anchor, ca, ca_len);
	if (!rc)
		rc = mbedtls_x509_crt_parse_der(&leaf, cert, len);
	if (!rc)
		rc = mbedtls_x509_crt_verify(&leaf, &anchor, NULL, NULL, &flags, NULL, NULL);
	if (!rc)
		rc = mbedtls_x509_crt_check_key_usage(&leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
	if (!rc)
		rc = mbedtls_x509_crt_check_extended_key_usage(
			&leaf, MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));
	mbedtls_x509_crt_free(&anchor);
	mbedtls_x509_crt_free(&leaf);
	return rc;
}
