#include "tls_shape.h"

#include <stdio.h>

/* What an application builds in is its own choice; this is ECDHE with all that mbedTLS has beside AES
 * (assumed). A record may have what TLS allows (MBEDTLS_SSL_IN_CONTENT_LEN of the nRF70's samples). */
#define MBEDTLS_CIPHERS                                                                     \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-CCM:" \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"                        \
	"ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:"  \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES128-SHA256:"     \
	"ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:"              \
	"ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
#define TLS_RECORD_MAX 16384

struct tls_shape tls_shape_of(enum stack stack, const struct firmware *firmware)
{
	const struct modem_family *family = firmware_family(firmware);
	struct tls_shape shape = {
		.groups = MODEM_GROUPS,
		.signatures = MODEM_SIGNATURES,
		.chain_max = family->chain_der.max,
		.record_max = family->record_hard.max,
		.sni = firmware->sni,
	};

	if (stack == STACK_MBEDTLS) {
		shape = (struct tls_shape){.record_max = TLS_RECORD_MAX, .sni = true};
		snprintf(shape.ciphers, sizeof(shape.ciphers), "%s", MBEDTLS_CIPHERS);
	} else {
		firmware_ciphers(firmware, shape.ciphers, sizeof(shape.ciphers));
	}
	return shape;
}
