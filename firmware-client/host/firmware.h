/*
 * Modem firmware versions that the virtual DK can be: what each answers to AT+CGMR, which family's
 * limits it has (ca/modem_limits.h), and where a version differs from its family.
 */
#ifndef DOORSTEP_DK_FIRMWARE_H
#define DOORSTEP_DK_FIRMWARE_H

#include <stdbool.h>
#include "modem_limits.h"

struct firmware {
	const char *version; /* "1.2.3" */
	const char *cgmr;    /* as AT+CGMR answers */
	const char *model;   /* as AT+CGMM answers */
	const char *family;  /* code of its struct modem_family */
	bool sni;
	bool gcm;
	bool shows_sha; /* AT%CMNG=1 gives digests, not placeholders */
	bool keygen;
	bool checks_content; /* AT%CMNG=0 refuses what is no certificate (527) */
	bool decrypt_tags;   /* tags from 2147483648 on, whose TLS a tool can decrypt */
	const char *remark;  /* where it differs from its family, and how sure that is */
};

/* Ends with version == NULL. */
extern const struct firmware firmwares[];

/* By version, or by "1.1.x", "1.3.x", "2.0.x" (the newest of a line); NULL if there is none. */
const struct firmware *firmware_find(const char *version);

const struct modem_family *firmware_family(const struct firmware *firmware);

/* OpenSSL's cipher list of its suites; the length it needs. */
size_t firmware_ciphers(const struct firmware *firmware, char *out, size_t size);

#endif
