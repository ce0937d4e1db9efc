/*
 * The simulated modem: its firmware, its functional mode, its credentials, whether it has crashed.
 * One at a time may use it (modem_lock), since a terminal and the application share it.
 */
#ifndef DOORSTEP_DK_MODEM_H
#define DOORSTEP_DK_MODEM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include "firmware.h"
#include "store.h"

/* Reading back a credential of more than this crashes the modem (field report 4). */
#define MODEM_READ_BACK_MAX 4096

#define MODEM_FAULT_MEM_MANAGE 0x4

struct modem {
	const struct firmware *firmware;
	struct store store;
	pthread_mutex_t lock;
	char imei[16];
	int cfun;	  /* 0, 1, 4, 20, 21, ... as AT+CFUN has it */
	int cmee;	  /* AT+CMEE */
	int cereg;	  /* AT+CEREG notification level */
	bool network;	  /* there is one to be found */
	bool ipv6;	  /* the PDN has IPv6 */
	bool handshaking; /* one TLS handshake at a time */
	bool low_power;	  /* it warns of a low supply: nothing is written (CME 528) */
	int refuses;	  /* the CME error that each write ends with, on request; 0: none */
	int lists;	  /* the same of each list */
	uint8_t fault;	  /* crashed for this reason; 0: runs */
};

/* imei: 15 digits. */
void modem_init(struct modem *modem, const struct firmware *firmware, const char *imei);
void modem_close(struct modem *modem);

/* Power on, radio off; clears a crash. */
void modem_start(struct modem *modem);

/* Registered: radio on and a network there. */
bool modem_attached(const struct modem *modem);

/* A valid IMEI (with its check digit) made from a name, the same each time. */
void modem_imei_of(char imei[16], const char *name);

#endif
