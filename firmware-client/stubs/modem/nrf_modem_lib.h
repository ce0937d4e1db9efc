/* Stub: see README.md. */
#ifndef STUB_NRF_MODEM_LIB_H
#define STUB_NRF_MODEM_LIB_H

#include <nrf_modem.h>

int nrf_modem_lib_init(void);
int nrf_modem_lib_shutdown(void);
void nrf_modem_fault_handler(struct nrf_modem_fault_info *fault_info);

#endif
