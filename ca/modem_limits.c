#include "modem_limits.h"

#include <stdio.h>
#include <string.h>

/*
 * Chain: Nordic support quotes "Maximum server certificate chain size has a limit of 4kB" from the
 * modem release notes (DevZone 114031); DER or PEM, and whether 2.0 has it, nobody states. The text
 * limit is certain: a static buffer of 4,096 bytes in modem_key_mgmt takes the answer of a read.
 */
// clang-format off
#define CHAIN {MODEM_CHAIN_DER_MAX, BASIS_REPORTED, \
	"DevZone 114031, quoting the modem release notes"}
#define CHAIN_ASSUMED {MODEM_CHAIN_DER_MAX, BASIS_ASSUMED, \
	"no source for 2.0.x; taken over from nRF9160 (DevZone 114031)"}
#define TEXT {MODEM_TEXT_MAX, BASIS_KNOWN, \
	"sdk-nrf modem_key_mgmt.c scratch_buf[4096]; samples assert < KB(4)"}
#define LINE {MODEM_AT_LINE_MAX, BASIS_KNOWN, "sdk-nrf at_host: AT_HOST_CMD_MAX_LEN 4096"}
#define RECORD {MODEM_RECORD_MAX, BASIS_KNOWN, \
	"sdk-nrf samples/net/mqtt; NRF_SOCKET_TLS_MAX_MESSAGE_SIZE"}
#define RECORD_HARD {MODEM_RECORD_HARD, BASIS_REPORTED, "sdk-nrf PR 20182 and 20162"}
#define SNI {true, BASIS_REPORTED, "since 1.2.1: DevZone 85312"}
// clang-format on
#define SUITES	"nrfxlib nrf_socket.h, cipher suite list"
#define KEYGEN	"AT command reference, %KEYGEN: from 1.3.0"
#define SHA	"nRF Cloud utils: verification from 1.3.2"
#define CONTENT "DevZone 127428 and circuitdojo 692: 527 from 2.0.2"

const struct modem_family modem_families[] = {
	{
		.code = "nrf9160-1.0",
		.title = "nRF9160, modem firmware 1.0 to 1.2.0",
		.chain_der = CHAIN,
		.text = TEXT,
		.at_line = LINE,
		.record = RECORD,
		.record_hard = RECORD_HARD,
		.sni = {false, BASIS_REPORTED, "since 1.2.1 only: DevZone 85312"},
		.gcm = {false, BASIS_KNOWN, SUITES " (patch line 1.1.5 has them)"},
		.shows_sha = {false, BASIS_KNOWN, SHA},
		.keygen = {false, BASIS_KNOWN, KEYGEN},
		.checks_content = {false, BASIS_REPORTED, "DevZone 48688"},
	},
	{
		.code = "nrf9160-1.2",
		.title = "nRF9160, modem firmware 1.2.1 to 1.3.0",
		.chain_der = CHAIN,
		.text = TEXT,
		.at_line = LINE,
		.record = RECORD,
		.record_hard = RECORD_HARD,
		.sni = SNI,
		.gcm = {false, BASIS_KNOWN, SUITES " (patch line 1.2.7 has them)"},
		.shows_sha = {false, BASIS_KNOWN, SHA},
		.keygen = {false, BASIS_KNOWN, KEYGEN " (1.3.0 has it)"},
		.checks_content = {false, BASIS_REPORTED, "DevZone 48688"},
	},
	{
		.code = "nrf9160-1.3",
		.title = "nRF9160, modem firmware 1.3.1 and later",
		.chain_der = CHAIN,
		.text = TEXT,
		.at_line = LINE,
		.record = RECORD,
		.record_hard = RECORD_HARD,
		.sni = SNI,
		.gcm = {true, BASIS_KNOWN, SUITES},
		.shows_sha = {true, BASIS_KNOWN, SHA},
		.keygen = {true, BASIS_KNOWN, KEYGEN},
		.checks_content = {false, BASIS_ASSUMED, "no source for 1.3"},
	},
	{
		.code = "nrf91x1-2.0",
		.title = "nRF9131, nRF9151, nRF9161, modem firmware 2.0",
		.chain_der = CHAIN_ASSUMED,
		.text = TEXT,
		.at_line = LINE,
		.record = RECORD,
		.record_hard = RECORD_HARD,
		.sni = SNI,
		.gcm = {true, BASIS_KNOWN, SUITES},
		.shows_sha = {true, BASIS_KNOWN, SHA},
		.keygen = {true, BASIS_KNOWN, KEYGEN},
		.checks_content = {true, BASIS_REPORTED, CONTENT},
	},
	{0},
};

const struct modem_suite modem_suites[] = {
	{0xC024, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384", false, false},
	{0xC00A, "ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", false, false},
	{0xC023, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256", false, false},
	{0xC009, "ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", false, false},
	{0xC014, "ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", false, false},
	{0xC027, "ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256", false, false},
	{0xC013, "ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", false, false},
	{0x008D, "PSK_WITH_AES_256_CBC_SHA", "PSK-AES256-CBC-SHA", false, true},
	{0x00AE, "PSK_WITH_AES_128_CBC_SHA256", "PSK-AES128-CBC-SHA256", false, true},
	{0x008C, "PSK_WITH_AES_128_CBC_SHA", "PSK-AES128-CBC-SHA", false, true},
	{0xC0A8, "PSK_WITH_AES_128_CCM_8", "PSK-AES128-CCM8", false, true},
	{0xC02B, "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", true,
	 false},
	{0xC030, "ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", true, false},
	{0xC02F, "ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", true, false},
	{0, NULL, NULL, false, false},
};

const struct modem_family *modem_family(const char *code)
{
	for (const struct modem_family *f = modem_families; f->code; f++)
		if (strcmp(f->code, code) == 0)
			return f;
	return NULL;
}

size_t modem_cipher_list(const struct modem_family *family, char *out, size_t size)
{
	size_t len = 0;

	if (size)
		out[0] = '\0';
	for (const struct modem_suite *s = modem_suites; s->openssl; s++) {
		if (s->psk || (s->gcm && !family->gcm.yes))
			continue;
		len += (size_t)snprintf(len < size ? out + len : NULL, len < size ? size - len : 0,
					"%s%s", len ? ":" : "", s->openssl);
	}
	return len;
}
