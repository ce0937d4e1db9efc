/* The nRF91 modem: AT commands, credentials, network. */
#include <zephyr/kernel.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <modem/modem_key_mgmt.h>
#include <modem/nrf_modem_lib.h>
#include <nrf_modem.h>
#include <nrf_modem_at.h>
#ifdef CONFIG_LTE_LINK_CONTROL
#include <modem/lte_lc.h>
#endif

#include "app.h"

static volatile uint32_t fault_reason;
static bool started;
static bool attached;

/* Called by the modem library, perhaps from an interrupt: only remembers. */
void nrf_modem_fault_handler(struct nrf_modem_fault_info *fault_info)
{
	fault_reason = fault_info->reason;
}

static uint8_t modem_fault(void *arg)
{
	ARG_UNUSED(arg);
	return (uint8_t)fault_reason;
}

static int modem_start(void *arg)
{
	int rc;

	ARG_UNUSED(arg);
	if (started) {
		nrf_modem_lib_shutdown();
		started = false;
		attached = false;
	}
	fault_reason = 0;
	rc = nrf_modem_lib_init();
	started = rc == 0;
	return rc;
}

/* 0, the CME error number, or a negative errno. Plain "ERROR" counts as CME 50. */
static int modem_at(void *arg, const char *command, char *answer, size_t size)
{
	int rc;

	ARG_UNUSED(arg);
	answer[0] = '\0';
	rc = nrf_modem_at_cmd(answer, size, "%s", command);
	if (rc <= 0) {
		return rc;
	}
	return nrf_modem_at_err(rc) > 0 ? nrf_modem_at_err(rc) : 50;
}

static int modem_credential_write(void *arg, uint32_t tag, enum credential_type type,
				  const char *text, size_t len)
{
	ARG_UNUSED(arg);
	return modem_key_mgmt_write(tag, (enum modem_key_mgmt_cred_type)type, text, len);
}

#ifdef CONFIG_LTE_LINK_CONTROL
static int attach(uint32_t timeout_ms)
{
	ARG_UNUSED(timeout_ms); /* CONFIG_LTE_NETWORK_TIMEOUT is the library's own */
	return lte_lc_connect();
}
#else
/* +CEREG: <n>,<state>: 1 is registered at home, 5 roaming. */
static bool is_registered(const char *answer)
{
	const char *comma = strchr(answer, ',');

	return comma && (comma[1] == '1' || comma[1] == '5') && (comma[2] < '0' || comma[2] > '9');
}

static int attach(uint32_t timeout_ms)
{
	int64_t deadline = k_uptime_get() + timeout_ms;
	char answer[64];
	int rc = modem_at(NULL, "AT+CFUN=1", answer, sizeof(answer));

	if (rc) {
		return rc < 0 ? rc : -EIO;
	}
	while (k_uptime_get() < deadline) {
		rc = modem_at(NULL, "AT+CEREG?", answer, sizeof(answer));
		if (rc < 0) {
			return rc;
		}
		if (rc == 0 && is_registered(answer)) {
			return 0;
		}
		k_sleep(K_SECONDS(1));
	}
	return -ETIMEDOUT;
}
#endif

static bool still_attached(void)
{
	char answer[64];

	/* Somebody with a terminal may have switched the radio off to write credentials. */
	return attached && modem_at(NULL, "AT+CFUN?", answer, sizeof(answer)) == 0 &&
	       strstr(answer, "+CFUN: 1");
}

static int modem_network(void *arg, uint32_t timeout_ms)
{
	int rc;

	ARG_UNUSED(arg);
	if (still_attached()) {
		return 0;
	}
	rc = attach(timeout_ms);
	attached = rc == 0;
	return rc;
}

void platform_port(struct port *port)
{
	port->stack = STACK_MODEM;
	port->numbering = NUMBERING_NEW;
	port->modem_start = modem_start;
	port->at = modem_at;
	port->fault = modem_fault;
	port->credential_write = modem_credential_write;
	port->network = modem_network;
}
