#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include "ca_stacks.h"

int stack_wolfssl(const unsigned char *ca, size_t ca_len, const unsigned char *cert, size_t len)
{
	WOLFSSL_CERT_MANAGER *manager = wolfSSL_CertManagerNew();
	int rc = -1;

	if (!manager)
		return -1;
	if (wolfSSL_CertManagerLoadCABuffer(manager, ca, (long)ca_len, WOLFSSL_FILETYPE_ASN1) ==
	    WOLFSSL_SUCCESS)
		rc = wolfSSL_CertManagerVerifyBuffer(manager, cert, (long)len,
						     WOLFSSL_FILETYPE_ASN1) == WOLFSSL_SUCCESS
			     ? 0
			     : -1;
	wolfSSL_CertManagerFree(manager);
	return rc;
}
