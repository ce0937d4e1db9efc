/* The nRF91 modem: AT commands, credentials, network. */
#include <zephyr/kernel.h>
#include <zephyr/logging/log.h>
#include <errno.h>
#include <string.h>
#include <modem/nrf_modem_lib.h>
#include <nrf_modem.h>
#include <nrf_modem_at.h>
#ifdef CONFIG_MODEM_KEY_MGMT
#include <modem/modem_key_mgmt.h>
#endif
#ifdef CONFIG_LTE_LINK_CONTROL
#include <modem/lte_lc.h>
#endif

#include "app.h"

LOG_MODULE_DECLARE(doorstep, CONFIG_DOORSTEP_LOG_LEVEL);

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

static int modem_start(void *arg)
{
	char answer[16];
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
	if (started) {
		/* Errors with their numbers: without this a failed command says ERROR only. */
		(void)modem_at(NULL, "AT+CMEE=1", answer, sizeof(answer));
	}
	return rc;
}

#ifdef CONFIG_MODEM_KEY_MGMT
static int modem_credential_write(void *arg, uint32_t tag, enum credential_type type,
				  const char *text, size_t len)
{
	ARG_UNUSED(arg);
	return modem_key_mgmt_write(tag, (enum modem_key_mgmt_cred_type)type, text, len);
}
#endif

/* +CEREG: <n>,<state>: 1 is registered at home, 5 roaming. */
static bool is_registered(void)
{
	char answer[96];
	const char *comma;

	if (modem_at(NULL, "AT+CEREG?", answer, sizeof(answer))) {
		return false;
	}
	comma = strchr(answer, ',');
	return comma && (comma[1] == '1' || comma[1] == '5') && (comma[2] < '0' || comma[2] > '9');
}

#ifdef CONFIG_LTE_LINK_CONTROL
static int attach(uint32_t timeout_ms)
{
	ARG_UNUSED(timeout_ms); /* CONFIG_LTE_NETWORK_TIMEOUT is the library's own */
	return lte_lc_connect();
}
#else
static int attach(uint32_t timeout_ms)
{
	int64_t deadline = k_uptime_get() + timeout_ms;
	char answer[16];
	int rc = modem_at(NULL, "AT+CFUN=1", answer, sizeof(answer));

	if (rc) {
		return rc < 0 ? rc : -EIO;
	}
	while (k_uptime_get() < deadline) {
		if (is_registered()) {
			return 0;
		}
		if (fault_reason) {
			return -ESHUTDOWN;
		}
		k_sleep(K_SECONDS(1));
	}
	return -ETIMEDOUT;
}
#endif

static bool radio_is_off(void)
{
	char answer[32];

	return modem_at(NULL, "AT+CFUN?", answer, sizeof(answer)) == 0 &&
	       (strstr(answer, "+CFUN: 4") || strstr(answer, "+CFUN: 0"));
}

/* The radio was on, and somebody at the terminal switched it off to write credentials, which the
 * modem takes with the radio off only: switching it on again is theirs, for a while. */
static void wait_for_terminal(uint32_t timeout_ms)
{
	int64_t deadline = k_uptime_get() + timeout_ms;

	if (!radio_is_off()) {
		return;
	}
	LOG_WRN("radio switched off at the terminal: waiting for AT+CFUN=1, %u s at most",
		timeout_ms / 1000);
	while (radio_is_off() && k_uptime_get() < deadline) {
		k_sleep(K_SECONDS(1));
	}
}

static int modem_network(void *arg, uint32_t timeout_ms)
{
	int rc;

	ARG_UNUSED(arg);
	if (is_registered()) {
		attached = true;
		return 0;
	}
	if (attached) {
		wait_for_terminal(timeout_ms);
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
#ifdef CONFIG_MODEM_KEY_MGMT
	port->credential_write = modem_credential_write;
#endif
	port->network = modem_network;
}
