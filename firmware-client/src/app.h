/* What the Zephyr side's files share: the settings, and each one's part of the port. */
#ifndef DOORSTEP_APP_H
#define DOORSTEP_APP_H

#include "client.h"
#include "port.h"

/* From Kconfig and the embedded certificate. */
const struct settings *settings_get(void);

/* The embedded CA certificate: its bytes, and one NUL more behind them that mbedTLS wants. */
const char *settings_ca(size_t *len);
/* The embedded client certificate and key where TLS runs on this core; NULL if there are none. */
const char *settings_cert(size_t *len);
const char *settings_key(size_t *len);

/* modem.c or native.c: modem, credentials, network. */
void platform_port(struct port *port);

/* net.c: resolve, connect and everything over MQTT. */
void net_port(struct port *port);

/* leds.c */
void leds_port(struct port *port);

#endif
