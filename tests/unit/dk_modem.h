/* A modem with an empty store and newest firmware for each test, and how to give it a command. */
#ifndef DOORSTEP_DK_MODEM_TEST_H
#define DOORSTEP_DK_MODEM_TEST_H

#include "text.h"
#include "modem.h"

extern struct modem modem;
extern struct text out; /* what the last command said */
extern char pem[4096];	/* a self-signed certificate, made for this run */

void modem_setup(void);
void modem_teardown(void);

/* Another modem, empty again. */
void with_firmware(const char *version);

int run(const char *line);
int put(unsigned tag, unsigned type, const char *text);

#endif
