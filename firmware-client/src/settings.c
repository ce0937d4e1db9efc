/* Settings from Kconfig, and what was embedded at build time. */
#include <zephyr/kernel.h>

#include "app.h"

/*
 * The generated include is a list of bytes without a NUL: sizeof() of it alone is the file's length.
 * Taking sizeof() - 1 of such a list, as if it were a string, loses the file's last byte. Here a NUL
 * is added, so the length is sizeof() - 1, and mbedTLS, which wants the NUL, gets sizeof().
 */
#ifdef DOORSTEP_HAS_CA
static const char ca[] = {
#include "doorstep_ca.inc"
	0x00};
#endif
#ifdef DOORSTEP_HAS_CERT
static const char cert[] = {
#include "doorstep_cert.inc"
	0x00};
#endif
#ifdef DOORSTEP_HAS_KEY
static const char key[] = {
#include "doorstep_key.inc"
	0x00};
#endif

#define OR_NULL(text) (sizeof(text) > 1 ? (text) : NULL)

const char *settings_ca(size_t *len)
{
#ifdef DOORSTEP_HAS_CA
	BUILD_ASSERT(sizeof(ca) <= 4096, "over 4,095 bytes a credential crashes the modem when it "
					 "is read back: embed one certificate, not a chain");
	*len = sizeof(ca) - 1;
	return ca;
#else
	*len = 0;
	return NULL;
#endif
}

const char *settings_cert(size_t *len)
{
#ifdef DOORSTEP_HAS_CERT
	*len = sizeof(cert) - 1;
	return cert;
#else
	*len = 0;
	return NULL;
#endif
}

const char *settings_key(size_t *len)
{
#ifdef DOORSTEP_HAS_KEY
	*len = sizeof(key) - 1;
	return key;
#else
	*len = 0;
	return NULL;
#endif
}

static void expect_ca(struct settings *settings)
{
#ifdef DOORSTEP_HAS_CA
	struct credential_expected *expected = &settings->expected_ca;

	expected->set = digest_parse(expected->with_newline, DOORSTEP_CA_SHA256, 64) &&
			digest_parse(expected->without_newline, DOORSTEP_CA_SHA256_TRIMMED, 64);
#else
	ARG_UNUSED(settings);
#endif
}

#ifdef CONFIG_DOORSTEP_TLS
#define TLS_FIELDS(host_, tag_)                                             \
	.tls = true, .tag = (tag_),                                         \
	.tls_name = IS_ENABLED(CONFIG_DOORSTEP_HOST_NAME) ? (host_) : NULL, \
	.verify = IS_ENABLED(CONFIG_DOORSTEP_VERIFY),                       \
	.client_cert = IS_ENABLED(CONFIG_DOORSTEP_CLIENT_CERT),             \
	.session_cache = IS_ENABLED(CONFIG_DOORSTEP_SESSION_CACHE),
#else
#define TLS_FIELDS(host_, tag_)
#endif

const struct settings *settings_get(void)
{
	static struct settings settings = {
		.doors = {{.host = CONFIG_DOORSTEP_BROKER_HOST,
			   .port = CONFIG_DOORSTEP_BROKER_PORT,
			   .user = OR_NULL(CONFIG_DOORSTEP_USER),
			   .password = OR_NULL(CONFIG_DOORSTEP_PASSWORD),
			   TLS_FIELDS(CONFIG_DOORSTEP_BROKER_HOST, CONFIG_DOORSTEP_SEC_TAG)}},
		.door_count = 1,
		.failures_before_next_door = 1,
		.client_id = CONFIG_DOORSTEP_CLIENT_ID,
		.publish_topic = CONFIG_DOORSTEP_PUBLISH_TOPIC,
#ifdef CONFIG_DOORSTEP_COMMANDS
		.subscribe_topic = CONFIG_DOORSTEP_SUBSCRIBE_TOPIC,
#endif
		.heartbeat_ms = CONFIG_DOORSTEP_HEARTBEAT_SECONDS * 1000u,
		.network_timeout_ms = CONFIG_DOORSTEP_NETWORK_SECONDS * 1000u,
		.connack_timeout_ms = CONFIG_DOORSTEP_CONNACK_SECONDS * 1000u,
		.backoff_first_ms = CONFIG_DOORSTEP_BACKOFF_FIRST_SECONDS * 1000u,
		.backoff_most_ms = CONFIG_DOORSTEP_BACKOFF_MOST_SECONDS * 1000u,
		.keepalive_s = CONFIG_MQTT_KEEPALIVE,
	};

#ifdef CONFIG_DOORSTEP_FALLBACK
	settings.doors[1] = (struct door){
		.host = CONFIG_DOORSTEP_FALLBACK_HOST,
		.port = CONFIG_DOORSTEP_FALLBACK_PORT,
		.user = OR_NULL(CONFIG_DOORSTEP_FALLBACK_USER),
		.password = OR_NULL(CONFIG_DOORSTEP_FALLBACK_PASSWORD),
		TLS_FIELDS(CONFIG_DOORSTEP_FALLBACK_HOST, CONFIG_DOORSTEP_FALLBACK_SEC_TAG)};
	settings.door_count = 2;
	settings.failures_before_next_door = CONFIG_DOORSTEP_FALLBACK_AFTER;
#endif
#ifdef CONFIG_DOORSTEP_WRITE_CA
	/* To compare, its digests are enough: the text would be in flash for nothing. */
	settings.write_ca = true;
	settings.ca_text = settings_ca(&settings.ca_len);
#endif
	expect_ca(&settings);
	return &settings;
}
