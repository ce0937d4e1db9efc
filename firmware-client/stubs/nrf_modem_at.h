/* Stub: see README.md. */
#ifndef STUB_NRF_MODEM_AT_H
#define STUB_NRF_MODEM_AT_H

#include <stddef.h>

int nrf_modem_at_cmd(void *buf, size_t len, const char *fmt, ...);

static inline int nrf_modem_at_err(int error)
{
	return error & (int)0xff00ffff;
}

#endif
