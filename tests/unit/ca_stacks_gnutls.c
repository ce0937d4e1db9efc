#include <gnutls/x509.h>
#include "ca_stacks.h"

int stack_gnutls(const unsigned char *ca, size_t ca_len, const unsigned char *cert, size_t len)
{
	gnutls_datum_t anchor = {(unsigned char *)(size_t)ca, (unsigned)ca_len};
	gnutls_datum_t leaf = {(unsigned char *)(size_t)cert, (unsigned)len};
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
					 .data = (unsigned char *)(size_t)GNUTLS_KP_TLS_WWW_CLIENT};
	gnutls_x509_trust_list_t list = NULL;
	gnutls_x509_crt_t crt = NULL;
	unsigned status = 1;
	int rc = -1;

	if (gnutls_x509_trust_list_init(&list, 0) == 0 && gnutls_x509_crt_init(&crt) == 0 &&
	    gnutls_x509_trust_list_add_trust_mem(list, &anchor, NULL, GNUTLS_X509_FMT_DER, 0, 0) ==
		    1 &&
	    gnutls_x509_crt_import(crt, &leaf, GNUTLS_X509_FMT_DER) == 0 &&
	    gnutls_x509_trust_list_verify_crt2(list, &crt, 1, &purpose, 1, 0, &status, NULL) == 0)
		rc = (int)status;
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_trust_list_deinit(list, 1);
	return rc;
}
