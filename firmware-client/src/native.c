/* No modem: TLS by mbedTLS on this core, credentials compiled in, the host's network. */
#include <zephyr/kernel.h>
#include <zephyr/net/tls_credentials.h>
#include <errno.h>

#include "app.h"

/* mbedTLS parses PEM only with its NUL, so lengths are one more here than on the modem. */
static int credential_add(sec_tag_t tag, enum tls_credential_type type, const char *text,
			  size_t len)
{
	int rc;

	if (!text) {
		return 0;
	}
	rc = tls_credential_add(tag, type, text, len + 1);
	return rc == -EEXIST ? 0 : rc;
}

static int native_start(void *arg)
{
	const struct settings *settings = settings_get();
	const char *text;
	size_t len;
	int rc = 0;

	ARG_UNUSED(arg);
	for (int i = 0; i < settings->door_count && rc == 0; i++) {
		sec_tag_t tag = (sec_tag_t)settings->doors[i].tag;

		if (!settings->doors[i].tls) {
			continue;
		}
		text = settings_ca(&len);
		rc = credential_add(tag, TLS_CREDENTIAL_CA_CERTIFICATE, text, len);
		text = settings_cert(&len);
		rc = rc ? rc : credential_add(tag, TLS_CREDENTIAL_SERVER_CERTIFICATE, text, len);
		text = settings_key(&len);
		rc = rc ? rc : credential_add(tag, TLS_CREDENTIAL_PRIVATE_KEY, text, len);
	}
	return rc;
}

static int native_network(void *arg, uint32_t timeout_ms)
{
	ARG_UNUSED(arg);
	ARG_UNUSED(timeout_ms);
	return 0;
}

void platform_port(struct port *port)
{
	port->stack = STACK_MBEDTLS;
	/* native_sim has the host's numbers; any other board the C library's. */
	port->numbering = IS_ENABLED(CONFIG_ARCH_POSIX) ? NUMBERING_LINUX : NUMBERING_NEW;
	port->modem_start = native_start;
	port->network = native_network;
}
