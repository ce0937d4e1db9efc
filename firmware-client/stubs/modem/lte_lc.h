/* Stub: see README.md. */
#ifndef STUB_LTE_LC_H
#define STUB_LTE_LC_H

int lte_lc_connect(void);

#endif
