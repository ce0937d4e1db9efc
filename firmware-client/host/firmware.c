#include "firmware.h"

#include <stdio.h>
#include <string.h>

const struct firmware firmwares[] = {
	{"1.1.4", "mfw_nrf9160_1.1.4", "nRF9160-SICA", "nrf9160-1.0", .remark = ""},
	{"1.1.5", "mfw_nrf9160_1.1.5", "nRF9160-SICA", "nrf9160-1.0", .gcm = true,
	 .remark = "patch line with the GCM suites (known: nrf_socket.h)"},
	{"1.2.0", "mfw_nrf9160_1.2.0", "nRF9160-SICA", "nrf9160-1.0", .remark = ""},
	{"1.2.3", "mfw_nrf9160_1.2.3", "nRF9160-SICA", "nrf9160-1.2", .sni = true, .remark = ""},
	{"1.2.7", "mfw_nrf9160_1.2.7", "nRF9160-SICA", "nrf9160-1.2", .sni = true, .gcm = true,
	 .remark = "patch line with the GCM suites (known: nrf_socket.h)"},
	{"1.3.0", "mfw_nrf9160_1.3.0", "nRF9160-SICA", "nrf9160-1.2", .sni = true, .keygen = true,
	 .remark = "has AT%KEYGEN (known: AT command reference)"},
	{"1.3.1", "mfw_nrf9160_1.3.1", "nRF9160-SICA", "nrf9160-1.3", .sni = true, .gcm = true,
	 .keygen = true, .remark = "digests begin with 1.3.2 (known: nRF Cloud utils)"},
	{"1.3.6", "mfw_nrf9160_1.3.6", "nRF9160-SICA", "nrf9160-1.3", .sni = true, .gcm = true,
	 .shows_sha = true, .keygen = true, .remark = ""},
	{"2.0.0", "mfw_nrf91x1_2.0.0", "nRF9161-LACA", "nrf91x1-2.0", .sni = true, .gcm = true,
	 .shows_sha = true, .keygen = true, .decrypt_tags = true,
	 .remark = "takes any text as a certificate (reported: circuitdojo 692)"},
	{"2.0.2", "mfw_nrf91x1_2.0.2", "nRF9151-LACA", "nrf91x1-2.0", .sni = true, .gcm = true,
	 .shows_sha = true, .keygen = true, .checks_content = true, .decrypt_tags = true,
	 .remark = ""},
	{.version = NULL},
};

const struct firmware *firmware_find(const char *version)
{
	const struct firmware *found = NULL;
	size_t len = strlen(version);

	for (const struct firmware *f = firmwares; f->version; f++) {
		if (strcmp(f->version, version) == 0)
			return f;
		if (len > 2 && strcmp(version + len - 2, ".x") == 0 &&
		    strncmp(f->version, version, len - 1) == 0)
			found = f;
	}
	return found;
}

const struct modem_family *firmware_family(const struct firmware *firmware)
{
	return modem_family(firmware->family);
}

size_t firmware_ciphers(const struct firmware *firmware, char *out, size_t size)
{
	struct modem_family family = *firmware_family(firmware);

	family.gcm.yes = firmware->gcm;
	return modem_cipher_list(&family, out, size);
}
