/* Stub: see README.md. */
#ifndef STUB_NRF_MODEM_H
#define STUB_NRF_MODEM_H

#include <stdint.h>

struct nrf_modem_fault_info {
	uint32_t reason;
	uint32_t program_counter;
};

#endif
